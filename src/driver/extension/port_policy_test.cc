#include "driver/extension/port_policy.h"

#include <doctest/doctest.h>

namespace ovs::driver {
namespace {

using What = VlanVerdict::What;

constexpr VlanVerdict kKeep{What::Keep, 0};
constexpr VlanVerdict kPop{What::Pop, 0};
constexpr VlanVerdict kDrop{What::Drop, 0};
constexpr VlanVerdict push(std::uint16_t vlan) {
  return {What::Push, vlan};
}
const Maybe<std::uint16_t> kUntagged;

PortPolicy access_of(std::uint16_t vlan) {
  PortPolicy policy;
  policy.vlan_mode = VlanMode::Access;
  policy.vlan = vlan;
  return policy;
}

PortPolicy private_of(PvlanMode mode, std::uint16_t primary, std::uint16_t secondary) {
  PortPolicy policy;
  policy.vlan_mode = VlanMode::Private;
  policy.pvlan_mode = mode;
  policy.vlan = primary;
  policy.secondary = secondary;
  return policy;
}

TEST_CASE("PortPolicy: without a VLAN of its own, a port leaves tags to flows") {
  const PortPolicy none;
  CHECK(admit(none, kUntagged) == kKeep);
  CHECK(admit(none, 7) == kKeep);
  CHECK(deliver(none, kUntagged) == kKeep);
  CHECK(deliver(none, 7) == kKeep);
}

TEST_CASE("PortPolicy: an access port's frames are of its VLAN, and have no tag inside") {
  const PortPolicy access = access_of(5);
  CHECK(admit(access, kUntagged) == push(5));
  CHECK(admit(access, 0) == push(5));
  CHECK(admit(access, 5) == kDrop);
  CHECK(deliver(access, 5) == kPop);
  CHECK(deliver(access, 6) == kDrop);
  CHECK(deliver(access, kUntagged) == kDrop);
}

TEST_CASE("PortPolicy: where no flow decides, a port without a VLAN has untagged frames alone") {
  CHECK(deliver_without_flows(PortPolicy(), kUntagged) == kKeep);
  CHECK(deliver_without_flows(PortPolicy(), 5) == kDrop);
  CHECK(deliver_without_flows(access_of(5), 5) == kPop);
}

TEST_CASE("PortPolicy: isolation by a VLAN is access to it") {
  PortPolicy isolated;
  isolated.isolation_vlan = 9;
  CHECK(admit(isolated, kUntagged) == push(9));
  CHECK(deliver(isolated, 9) == kPop);
  CHECK(deliver(isolated, 10) == kDrop);
}

TEST_CASE("PortPolicy: a trunk passes its VLANs tagged and its native one untagged") {
  PortPolicy trunk;
  trunk.vlan_mode = VlanMode::Trunk;
  trunk.vlan = 10;
  trunk.vlans.add(20);
  CHECK(admit(trunk, kUntagged) == push(10));
  CHECK(admit(trunk, 20) == kKeep);
  CHECK(admit(trunk, 30) == kDrop);
  CHECK(deliver(trunk, 10) == kPop);
  CHECK(deliver(trunk, 20) == kKeep);
  CHECK(deliver(trunk, 30) == kDrop);
  CHECK(deliver(trunk, kUntagged) == kDrop);
  trunk.vlan = 0;
  CHECK(admit(trunk, kUntagged) == kKeep);
  CHECK(deliver(trunk, kUntagged) == kKeep);
}

TEST_CASE("PortPolicy: isolated private ports hear promiscuous ones alone") {
  const PortPolicy isolated = private_of(PvlanMode::Isolated, 100, 101);
  CHECK(admit(isolated, kUntagged) == push(101));
  CHECK(admit(isolated, 101) == kDrop);
  CHECK(deliver(isolated, 100) == kPop);
  CHECK(deliver(isolated, 101) == kDrop);
}

TEST_CASE("PortPolicy: a community hears itself, a promiscuous port all of its VLANs") {
  const PortPolicy community = private_of(PvlanMode::Community, 100, 102);
  CHECK(deliver(community, 102) == kPop);
  CHECK(deliver(community, 103) == kDrop);
  PortPolicy promiscuous = private_of(PvlanMode::Promiscuous, 100, 0);
  promiscuous.vlans.add(102);
  CHECK(admit(promiscuous, kUntagged) == push(100));
  CHECK(deliver(promiscuous, 102) == kPop);
  CHECK(deliver(promiscuous, 103) == kDrop);
  CHECK(deliver(promiscuous, kUntagged) == kDrop);
}

TEST_CASE("PortPolicy: another sender's address needs leave to spoof") {
  PortPolicy policy;
  CHECK(may_send_from(policy, 0x020000000001, 0x020000000001));
  CHECK(!may_send_from(policy, 0x020000000002, 0x020000000001));
  policy.may_spoof_mac = true;
  CHECK(may_send_from(policy, 0x020000000002, 0x020000000001));
}

}  // namespace
}  // namespace ovs::driver

// What control promises about memory, and the packet path about memory and locks.
#include <doctest/doctest.h>

#include "datapath/control/control_rig_test.h"
#include "flow/action/action.h"
#include "flow/match/netlink.h"
#include "platform/api/lock.h"
#include "platform/fake/failing_allocator.h"
#include "platform/fake/rcu.h"
#include "wire/netlink/error_numbers.h"

using namespace ovs;
using namespace ovs::datapath;

namespace {

using Frame = std::vector<std::uint8_t>;
using wire::Family;

Frame udp_frame(std::uint8_t last) {
  Frame frame = {2, 0,  0,  0, 0, 2,  2, 0, 0, 0,  0, 1, 8,    0, 0x45, 0, 0, 46, 0,  0, 0,
                 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, last, 0, 1,    0, 2, 0,  26, 0, 0};
  frame.resize(60);
  return frame;
}

int add_port(ControlRig& rig, std::uint32_t number, const char* name, wire::VportType type) {
  return rig.request(Family::Vport, wire::VportCommand::New, [&](wire::Writer& writer) {
    writer.put_u32(wire::VportAttr::Type, std::uint32_t(type));
    writer.put_string(wire::VportAttr::Name, name);
    writer.put_u32(wire::VportAttr::PortNo, number);
    writer.put_u32(wire::VportAttr::UpcallPid, 1);
  });
}

// Packets that come in on `port` and have this destination's last byte.
template <class Actions>
int put_flow(ControlRig& rig, std::uint32_t port, std::uint32_t recirc, std::uint8_t last,
             Actions actions) {
  flow::PacketMetadata metadata;
  metadata.in_port = std::uint16_t(port);
  metadata.recirc_id = recirc;
  const Frame frame = udp_frame(last);
  const flow::FlowKey key = flow::extract(Bytes(frame), metadata);
  flow::FlowMask mask;
  flow::store_number<flow::StorageId::InPort>(mask, 0xffff);
  flow::store_number<flow::StorageId::RecircId>(mask, 0xffffffff);
  flow::store_number<flow::StorageId::EthType>(mask, 0xffff);
  if (last != 0) flow::store_number<flow::StorageId::NwDst>(mask, 0xff);
  return rig.request(
      Family::Flow, wire::FlowCommand::New,
      [&](wire::Writer& writer) {
        const auto key_nest = writer.begin_nest(wire::FlowAttr::Key);
        flow::put_key(writer, key);
        writer.end_nest(key_nest);
        const auto mask_nest = writer.begin_nest(wire::FlowAttr::Mask);
        flow::put_mask(writer, mask, key);
        writer.end_nest(mask_nest);
        const auto list = writer.begin_nest(wire::FlowAttr::Actions);
        actions(writer);
        writer.end_nest(list);
      },
      wire::kFlagCreate | wire::kFlagExclusive);
}

int put_address(ControlRig& rig, std::uint32_t address, std::uint32_t port) {
  return rig.request(Family::Route, wire::RouteCommand::AddressNew, [&](wire::Writer& writer) {
    writer.put_value(wire::RouteAttr::Destination, Be32(address));
    writer.put_u32(wire::RouteAttr::PortNo, port);
  });
}

int put_underlay(ControlRig& rig) {
  int done = put_address(rig, 0xc0a80101, 3);
  if (done == 0) done = put_address(rig, 0xc0a80102, 4);
  if (done != 0) return done;
  done = rig.request(Family::Route, wire::RouteCommand::RouteNew, [&](wire::Writer& writer) {
    writer.put_value(wire::RouteAttr::Destination, Be32(0xc0a80100));
    writer.put_u8(wire::RouteAttr::PrefixLength, 24);
    writer.put_u32(wire::RouteAttr::PortNo, 3);
  });
  if (done != 0) return done;
  return rig.request(Family::Route, wire::RouteCommand::NeighbourNew, [&](wire::Writer& writer) {
    writer.put_value(wire::RouteAttr::Destination, Be32(0xc0a80102));
    writer.put_u32(wire::RouteAttr::PortNo, 3);
    writer.put_value(wire::RouteAttr::LinkAddress, Array<std::uint8_t, 6>{{2, 0, 0, 0, 0, 4}});
  });
}

void set_tunnel(wire::Writer& writer) {
  flow::FlowKey key;
  flow::store_number<flow::StorageId::TunId>(key, 5);
  flow::store_number<flow::StorageId::TunDst>(key, 0xc0a80102);
  flow::store_number<flow::StorageId::TunTtl>(key, 64);
  flow::store_number<flow::StorageId::TunFlags>(key, flow::kTunnelKey | flow::kTunnelChecksum);
  flow::put_set_tunnel(writer, key);
}

int subscribe(ControlRig& rig) {
  return rig.request(
      Family::Control, wire::ControlCommand::SubscribePackets,
      [](wire::Writer& writer) { writer.put_u8(wire::ControlAttr::PacketSubscribe, 1); }, 0,
      platform::DeviceControl::Write);
}

// Ports, a tunnel, an underlay, and a flow for each thing that packets can meet, told apart by the
// destination's last byte.
int build(ControlRig& rig) {
  using wire::VportType;
  const auto to = [](std::uint32_t port) {
    return [port](wire::Writer& writer) { flow::put_output(writer, port); };
  };
  const int steps[] = {
      subscribe(rig),
      add_port(rig, 1, "p1", VportType::Netdev),
      add_port(rig, 2, "p2", VportType::Netdev),
      add_port(rig, 3, "left", VportType::Internal),
      add_port(rig, 4, "right", VportType::Internal),
      add_port(rig, 5, "vx", VportType::Vxlan),
      put_underlay(rig),
      put_flow(rig, 1, 0, 1, to(2)),
      put_flow(
          rig, 1, 0, 2,
          [](wire::Writer& writer) { flow::put_output(writer, 2), flow::put_output(writer, 2); }),
      put_flow(rig, 1, 0, 3,
               [](wire::Writer& writer) {
                 flow::put_push_vlan(writer, Be16(0x8100), Be16(0x1005));
                 flow::put_output(writer, 2);
                 flow::put_pop_vlan(writer);
                 flow::put_recirc(writer, 9);
               }),
      put_flow(rig, 1, 9, 0, to(2)),
      put_flow(rig, 1, 0, 4,
               [](wire::Writer& writer) { set_tunnel(writer), flow::put_output(writer, 5); }),
      put_flow(rig, 3, 0, 0, to(4)),
      put_flow(rig, 5, 0, 0, to(2)),
      put_flow(rig, 1, 0, 5, [](wire::Writer& writer) { flow::put_userspace(writer, {}); }),
  };
  for (const int step : steps) {
    if (step != 0) return step;
  }
  return 0;
}

}  // namespace

TEST_CASE("Datapath: the packet path takes no memory and no lock, whatever packets meet") {
  ControlRig rig;
  REQUIRE(ControlRig::start(rig).ok());
  REQUIRE(build(rig) == 0);
  std::vector<Frame> frames;
  for (std::uint8_t last = 1; last <= 6; ++last) frames.push_back(udp_frame(last));
  {
    // Of the innermost rank: whoever takes any lock while this one is held ends the program.
    SpinLock innermost(LockRank::Leaf);
    const SpinHolder holder(innermost);
    const platform::FailingAllocator memory(0);
    for (int round = 0; round < 50; ++round) {
      for (const Frame& frame : frames) rig.receive(1, frame);
    }
    rig.control().datapath().retry_held(rig.control().datapath().processor(0));
    CHECK(memory.count() == 0);
  }
  // 1: one; 2: two; 3: two; 4: one, through the tunnel and back; 5 and 6: upcalls.
  CHECK(rig.host.sent == 50 * 6);
  CHECK(rig.host.pool().free_count() == rig.host.pool().count());
}

TEST_CASE("Control: whichever allocation fails, nothing leaks, and the answer says why") {
  for (int nth = 0;; ++nth) {
    bool done = false;
    platform::FailingAllocator memory(nth);
    {
      ControlRig rig;
      if (ControlRig::start(rig).ok()) {
        const int error = build(rig);
        done = error == 0;
        const bool is_no_memory = error == -std::int32_t(wire::ErrorNumber::NoMemory) ||
                                  error == -1000 - int(Error::NoMemory);
        CHECK((done || is_no_memory));
        rig.receive(1, udp_frame(1));
      }
      platform::advance_rcu();
    }
    CHECK(memory.live() == 0);
    if (done && !memory.has_failed()) break;  // what tears it down has been made to fail too
    REQUIRE(nth < 2000);
  }
}

TEST_CASE("Control: a device is given back when its port has gone and no reader is left") {
  ControlRig rig;
  REQUIRE(ControlRig::start(rig).ok());
  REQUIRE(add_port(rig, 1, "p1", wire::VportType::Netdev) == 0);
  CHECK(rig.host.attached == 1);
  CHECK(rig.request(Family::Vport, wire::VportCommand::Del,
                    [](wire::Writer& writer) { writer.put_u32(wire::VportAttr::PortNo, 1); }) == 0);
  for (int i = 0; i < 4; ++i) {
    platform::advance_rcu();
    rig.control().maintain(Passive::here());
  }
  CHECK(rig.host.attached == 0);
}

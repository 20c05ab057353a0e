// The parts of the preload library that decide without a device.
#include <doctest/doctest.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <cerrno>
#include <cstring>
#include <string>

#include "netlink/errno_of.h"
#include "netlink/generic_controller.h"
#include "netlink/netlink_socket.h"
#include "netlink/route_requests.h"

using namespace ovs;
using namespace ovs::netlink;

namespace {

// A netlink header, `fixed` bytes, then attributes.
template <class Fill>
Buffer request(std::uint16_t type, std::uint16_t flags, Bytes fixed, Fill fill) {
  Buffer bytes(512);
  wire::Writer writer{MutableBytes(bytes)};
  nlmsghdr header{0, type, flags, 77, 0};
  std::uint8_t room[sizeof header] = {};
  writer.append(room);
  writer.append(fixed);
  fill(writer);
  header.nlmsg_len = std::uint32_t(writer.size());
  store(room, header);
  writer.overwrite(0, room);
  bytes.resize(writer.size());
  return bytes;
}

Buffer ask_for_family(const char* name) {
  const std::uint8_t header[] = {CTRL_CMD_GETFAMILY, 1, 0, 0};
  return request(GENL_ID_CTRL, NLM_F_REQUEST, header, [&](wire::Writer& writer) {
    writer.put_string(CTRL_ATTR_FAMILY_NAME, Text(name));
  });
}

Buffer new_link(std::uint16_t flags, const char* kind) {
  const std::uint8_t header[sizeof(ifinfomsg)] = {};
  return request(RTM_NEWLINK, flags, header, [&](wire::Writer& writer) {
    writer.put_string(IFLA_IFNAME, Text("vxlan_sys_4789"));
    const auto info = writer.begin_nest(IFLA_LINKINFO);
    writer.put_string(IFLA_INFO_KIND, Text(kind));
    writer.end_nest(info);
  });
}

int error_in(const Buffer& message) {
  const auto header = load<nlmsghdr>(message.data());
  if (header.nlmsg_type != NLMSG_ERROR) return 1;
  CHECK(header.nlmsg_seq == 77);
  return load<nlmsgerr>(message.data() + sizeof header).error;
}

}  // namespace

TEST_CASE("Controller: a family of the device has its id, and the vport family a group") {
  const Buffer answer = answer_controller(ask_for_family("ovs_vport"), 5);
  const auto header = load<nlmsghdr>(answer.data());
  CHECK(header.nlmsg_seq == 77);
  CHECK(header.nlmsg_pid == 5);
  CHECK(header.nlmsg_len == answer.size());
  const auto list = wire::Attributes::parse(Bytes(answer).from(20));
  REQUIRE(list.ok());
  CHECK(*list->find(CTRL_ATTR_FAMILY_ID)->u16() == 20);
  const auto groups = wire::Attributes::parse(list->find(CTRL_ATTR_MCAST_GROUPS)->payload);
  const auto group = wire::Attributes::parse((*groups->begin()).payload);
  CHECK(*group->find(CTRL_ATTR_MCAST_GRP_NAME)->string() == Text("ovs_vport"));
  CHECK(*group->find(CTRL_ATTR_MCAST_GRP_ID)->u32() == wire::kVportGroup);
}

TEST_CASE("Controller: another family is no entry, another command not supported") {
  CHECK(error_in(answer_controller(ask_for_family("ethtool"), 5)) == -ENOENT);
  Buffer other = ask_for_family("ovs_vport");
  other[sizeof(nlmsghdr)] = CTRL_CMD_GETPOLICY;
  CHECK(error_in(answer_controller(other, 5)) == -EOPNOTSUPP);
  CHECK(error_in(answer_controller(Bytes(other).first(16), 5)) == -EINVAL);
}

TEST_CASE("Routes: a request that makes a link has a kind that no kernel knows") {
  Buffer creation = new_link(NLM_F_REQUEST | NLM_F_CREATE, "vxlan");
  CHECK(spoil_link_creation(creation));
  CHECK(std::string(creation.begin(), creation.end()).find("-xlan") != std::string::npos);
}

TEST_CASE("Routes: other requests are as they were") {
  Buffer change = new_link(NLM_F_REQUEST, "vxlan");
  const Buffer before = change;
  CHECK(!spoil_link_creation(change));
  CHECK(change == before);
  Buffer cut = new_link(NLM_F_REQUEST | NLM_F_CREATE, "vxlan");
  cut.resize(20);
  CHECK(!spoil_link_creation(cut));
}

TEST_CASE("Errors: the device's numbers have Linux's, whatever they are called") {
  CHECK(errno_of(wire::ErrorNumber::NoDevice) == ENODEV);
  CHECK(errno_of(wire::ErrorNumber::NotSupported) == EOPNOTSUPP);
  CHECK(errno_of(wire::ErrorNumber::NotSupportedHere) == EOPNOTSUPP);
  CHECK(errno_of(wire::ErrorNumber::NoBuffers) == ENOBUFS);
  CHECK(errno_of(wire::ErrorNumber(77)) == EIO);
}

TEST_CASE("Upcalls: their receivers are named by requests for ports alone") {
  const std::uint8_t header[8] = {1, 1};
  const auto fill = [](wire::Writer& writer) {
    const std::uint32_t pids[] = {3, 9};
    writer.put_value(wire::VportAttr::UpcallPid, pids);
  };
  CHECK(upcall_pids(request(20, NLM_F_REQUEST, header, fill)) == std::vector<std::uint32_t>{3, 9});
  CHECK(upcall_pids(request(21, NLM_F_REQUEST, header, fill)).empty());
}

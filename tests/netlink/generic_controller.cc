#include "netlink/generic_controller.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <cerrno>

#include "wire/netlink/message.h"

namespace ovs::netlink {

namespace {

constexpr std::size_t kGenericHeader = sizeof(nlmsghdr) + sizeof(genlmsghdr);

const wire::FamilyInfo* find_family(Text name) {
  for (const wire::FamilyInfo& info : wire::kFamilies) {
    if (name == Text(info.name)) return &info;
  }
  return nullptr;
}

Maybe<Text> asked_for(Bytes request) {
  if (request.count() < kGenericHeader) return {};
  const auto list = wire::Attributes::parse(request.from(kGenericHeader));
  if (!list) return {};
  const auto name = list->find(CTRL_ATTR_FAMILY_NAME);
  if (!name) return {};
  const auto text = name->string();
  return text ? Maybe<Text>(*text) : Maybe<Text>();
}

void put_groups(wire::Writer& writer, const wire::FamilyInfo& info) {
  if (info.family != wire::Family::Vport) return;
  const auto groups = writer.begin_nest(CTRL_ATTR_MCAST_GROUPS);
  const auto group = writer.begin_nest(1);
  writer.put_string(CTRL_ATTR_MCAST_GRP_NAME, Text(info.name));
  writer.put_u32(CTRL_ATTR_MCAST_GRP_ID, wire::kVportGroup);
  writer.end_nest(group);
  writer.end_nest(groups);
}

template <class T>
Bytes bytes_of(const T& value) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(&value), sizeof value);
}

}  // namespace

Buffer error_message(Bytes request, std::uint32_t pid, int error) {
  const auto header = load<nlmsghdr>(request.data());
  struct {
    nlmsghdr header;
    nlmsgerr body;
  } message{};
  message.header = {sizeof message, NLMSG_ERROR, 0, header.nlmsg_seq, pid};
  message.body = {-error, header};
  const Bytes bytes = bytes_of(message);
  return Buffer(bytes.begin(), bytes.end());
}

Buffer answer_controller(Bytes request, std::uint32_t pid) {
  const auto header = load<nlmsghdr>(request.data());
  if (request.count() < kGenericHeader) return error_message(request, pid, EINVAL);
  const auto generic = load<genlmsghdr>(request.data() + sizeof header);
  if (generic.cmd != CTRL_CMD_GETFAMILY) return error_message(request, pid, EOPNOTSUPP);
  const auto name = asked_for(request);
  if (!name) return error_message(request, pid, EINVAL);
  const wire::FamilyInfo* const info = find_family(*name);
  if (info == nullptr) return error_message(request, pid, ENOENT);
  Buffer room(512);
  wire::Writer writer{MutableBytes(room)};
  nlmsghdr reply{0, GENL_ID_CTRL, 0, header.nlmsg_seq, pid};
  writer.append(bytes_of(reply));
  writer.append(bytes_of(genlmsghdr{CTRL_CMD_NEWFAMILY, 2, 0}));
  writer.put_string(CTRL_ATTR_FAMILY_NAME, Text(info->name));
  writer.put_u16(CTRL_ATTR_FAMILY_ID, std::uint16_t(info->family));
  writer.put_u32(CTRL_ATTR_VERSION, info->version);
  writer.put_u32(CTRL_ATTR_HDRSIZE, 4);
  writer.put_u32(CTRL_ATTR_MAXATTR, 16);
  put_groups(writer, *info);
  reply.nlmsg_len = std::uint32_t(writer.size());
  writer.overwrite(0, bytes_of(reply));
  room.resize(writer.size());
  return room;
}

}  // namespace ovs::netlink

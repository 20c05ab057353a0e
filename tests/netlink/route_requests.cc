#include "netlink/route_requests.h"

#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "wire/netlink/attribute.h"

namespace ovs::netlink {

bool spoil_link_creation(MutableBytes request) {
  constexpr std::size_t kFixed = sizeof(nlmsghdr) + sizeof(ifinfomsg);
  if (request.count() < kFixed) return false;
  const auto header = load<nlmsghdr>(request.data());
  if (header.nlmsg_type != RTM_NEWLINK || (header.nlmsg_flags & NLM_F_CREATE) == 0) return false;
  const auto list = wire::Attributes::parse(Bytes(request.data(), request.count()).from(kFixed));
  if (!list) return false;
  const auto info = list->find(IFLA_LINKINFO);
  if (!info) return false;
  const auto nested = wire::Attributes::parse(info->payload);
  if (!nested) return false;
  const auto kind = nested->find(IFLA_INFO_KIND);
  if (!kind || kind->payload.empty()) return false;
  request[std::size_t(kind->payload.data() - request.data())] = '-';
  return true;
}

}  // namespace ovs::netlink

// The network's configuration in the namespace of the process, over rtnetlink.
#pragma once
#include "platform/api/net_config.h"
#include "platform/posix/descriptor.h"

namespace ovs::platform {

class SystemNetConfig final : public NetConfig {
 public:
  // In the network namespace that the calling thread is in, for good.
  static Result<Owned<SystemNetConfig>, OsError> create();
  explicit SystemNetConfig(Descriptor socket) : socket_(std::move(socket)) {}

  Result<void, OsError> list_links(FunctionRef<void(const Link&)> each) override;
  Result<void, OsError> list_addresses(FunctionRef<void(const LinkAddress&)> each) override;
  Result<void, OsError> list_routes(FunctionRef<void(const Route&)> each) override;
  Result<void, OsError> list_neighbours(FunctionRef<void(const Neighbour&)> each) override;
  Result<Boxed<NetEvents>, OsError> follow() override;

  Result<Link, OsError> find_link(Text name) override;
  Result<LinkCounters, OsError> link_counters(LinkIndex link) override;
  Result<void, OsError> set_admin_state(LinkIndex link, LinkState state) override;
  Result<void, OsError> set_mtu(LinkIndex link, std::uint32_t mtu) override;
  Result<void, OsError> set_mac(LinkIndex link, const ovs::MacAddress& mac) override;
  Result<void, OsError> add_address(const LinkAddress& address) override;
  Result<void, OsError> remove_address(const LinkAddress& address) override;
  Result<void, OsError> resolve(LinkIndex link, const IpAddress& address) override;

  // What people may call the link beside its name, which has 15 bytes at most and no blank.
  Result<void, OsError> set_alias(Text name, Text alias);

 private:
  struct Request;
  template <class T>
  Result<void, OsError> list(int type, int family_header_size, FunctionRef<void(const T&)> each);
  // Sends, and hands each message of the answer to `each` until the answer ends.
  Result<void, OsError> transact(Request& request, FunctionRef<void(const void*)> each);
  Result<void, OsError> change(Request& request);

  Descriptor socket_;
  std::uint32_t sequence_ = 0;
};

}  // namespace ovs::platform

// Tells a datapath what the host's network knows: which of its ports own which addresses, where
// routes through them lead, and their neighbours' MACs; and asks the host to resolve the neighbours
// that the datapath wants. Declares the whole and sends the differences, so that nothing has to be
// remembered about the order of events. Loop's thread only.
#pragma once
#include <map>
#include <memory>
#include <set>

#include "daemon/log/log.h"
#include "daemon/run/watch.h"
#include "platform/api/net_config.h"
#include "vswitch/dpif/channel.h"
#include "vswitch/dpif/readiness.h"

namespace ovs::vswitch {

// One row of the datapath's underlay tables.
struct UnderlayRow {
  enum class Kind : std::uint8_t { Address, Route, Neighbour };
  Kind kind = Kind::Address;
  std::uint32_t destination = 0;  // host order, as all addresses here
  std::uint8_t prefix_length = 32;
  std::uint32_t gateway = 0, source = 0, port = 0, priority = 0;
  std::array<std::uint8_t, 6> mac = {};
  auto operator<=>(const UnderlayRow&) const = default;
};

class RouteFeed final : private platform::NetListener {
 public:
  // All outlive it; `device` is the datapath's, `dpif` tells its ports.
  static DpifResult<std::unique_ptr<RouteFeed>> start(platform::NetConfig& net, Dpif& dpif,
                                                      platform::Device& device, daemon::Loop& loop,
                                                      daemon::Log& log);
  ~RouteFeed();

  // The datapath's ports are others now; or what `net` tells is, if its events cannot be waited
  // for.
  void ports_changed() { schedule(); }
  // Does at once what is due; how many rows the datapath has then.
  DpifResult<std::size_t> synchronize_now();

 private:
  struct Parts {
    std::unique_ptr<Channel> requests, events;
    Boxed<platform::NetEvents> changes;
  };
  RouteFeed(platform::NetConfig& net, Dpif& dpif, Parts parts, daemon::Loop& loop,
            daemon::Log& log);

  void on_link(platform::NetChange, const platform::Link&) override { schedule(); }
  void on_address(platform::NetChange, const platform::LinkAddress&) override { schedule(); }
  void on_route(platform::NetChange, const platform::Route&) override { schedule(); }
  void on_neighbour(platform::NetChange, const platform::Neighbour&) override { schedule(); }
  void on_lost() override { schedule(); }

  void schedule();
  void synchronize();
  DpifResult<void> read_rows();
  bool list(std::set<UnderlayRow>& rows);
  void send_differences(std::set<UnderlayRow> rows);
  void send(const UnderlayRow& row, bool remove);
  void read_wanted();
  void resolve(std::uint32_t port, std::uint32_t address);

  platform::NetConfig& net_;
  Dpif& dpif_;
  Parts parts_;
  daemon::LogModule log_;
  daemon::LogLimit limit_{10, 10};
  std::set<UnderlayRow> sent_;  // what the datapath has
  std::map<std::uint32_t, platform::LinkIndex> link_of_port_;
  daemon::Timer timer_;
  Readiness wanted_ready_;
  std::unique_ptr<daemon::Watch> watch_;
};

}  // namespace ovs::vswitch

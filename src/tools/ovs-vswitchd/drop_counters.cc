#include "tools/ovs-vswitchd/drop_counters.h"

namespace ovs::vswitchd {
namespace {

// Where Open vSwitch's datapath in a process has a counter for the same cause, that is its name.
// There, the last two are decided before a packet gets to the datapath.
struct KnownName {
  const char* cause;
  const char* counter;
};
constexpr KnownName kKnownNames[] = {
    {"no_port", "datapath_drop_invalid_port"},
    {"too_many_passes", "datapath_drop_recirc_error"},
    {"bad_tunnel", "datapath_drop_tunnel_pop_error"},
    {"no_listener", "datapath_drop_upcall_error"},
    {"unreadable", "datapath_drop_rx_invalid_packet"},
    {"no_route", "drop_action_tunnel_routing_failed"},
    {"held_too_long", "drop_action_tunnel_neigh_cache_miss"},
};

std::string counter_of(const std::string& cause) {
  for (const KnownName& known : kKnownNames) {
    if (cause == known.cause) return known.counter;
  }
  return "datapath_drop_" + cause;
}

}  // namespace

DropCounters::DropCounters(daemon::Coverage& coverage, CommandedDatapaths& datapaths)
    : coverage_(coverage), datapaths_(datapaths) {
  for (const KnownName& known : kKnownNames) (void)coverage.counter(known.counter);
  coverage.before_looks([this] { update(); });
}

// A datapath that was not there at the last look, or has counted less than then, is a new one. One
// that cannot tell now is asked again; one that two have opened counts once.
void DropCounters::update() {
  std::map<std::string, Totals> seen_now;
  for (vswitch::Dpif* const dpif : datapaths_.in_process()) {
    const auto [entry, is_new] = seen_now.try_emplace(dpif->full_name());
    if (!is_new) continue;
    Totals& seen = entry->second;
    seen = std::move(seen_[dpif->full_name()]);
    const auto drops = dpif->drops();
    if (!drops) continue;
    for (const vswitch::DpifDrop& drop : *drops) {
      std::uint64_t& last = seen[drop.cause];
      if (drop.count < last) last = 0;
      coverage_.counter(counter_of(drop.cause)).add(drop.count - last);
      last = drop.count;
    }
  }
  seen_ = std::move(seen_now);
}

}  // namespace ovs::vswitchd

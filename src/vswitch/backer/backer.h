// A datapath and all bridges over it: answers its upcalls by translation, installs megaflows, and
// keeps them right. Owns the dpif and the threads that do so (docs/design/0006); its functions are
// the control thread's unless said otherwise.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "daemon/log/log.h"
#include "daemon/run/loop.h"
#include "vswitch/backer/revalidators.h"
#include "vswitch/backer/settings.h"
#include "vswitch/backer/upcalls.h"

namespace ovs::vswitch {

class Backer {
 public:
  using ControllerSink = std::function<void(const ControllerPacket&)>;
  using RoundHook = std::function<void(std::uint64_t now_ms)>;
  using SettledHook = std::function<void(std::uint64_t ticket)>;
  // Packets for controllers that handlers have read and the control thread has not; more are lost.
  static constexpr unsigned kMaxControllerPackets = 1024;

  Backer(std::unique_ptr<Dpif> dpif, daemon::Loop& loop, daemon::Log& log);
  ~Backer();
  Backer(const Backer&) = delete;
  Backer& operator=(const Backer&) = delete;

  Dpif& dpif() { return *dpif_; }
  Stamps& stamps() { return state_.stamps; }
  FrozenStates& frozen() { return state_.frozen; }
  void configure(const BackerSettings& settings);
  void set_controller_sink(ControllerSink sink) { controller_sink_ = std::move(sink); }
  // Called after each round: timeouts of rules and addresses are due then.
  void set_round_hook(RoundHook hook) { round_hook_ = std::move(hook); }
  // Called when what settle() gave this ticket for is done, and all before it.
  void set_settled_hook(SettledHook hook) { settled_hook_ = std::move(hook); }

  Shared<SwitchView> view() const { return state_.view(); }
  // Packets see `view` from now on; then `changed` makes stale what depended on it.
  void publish(Shared<SwitchView> view, PendingStamps changed);

  // A round now: statistics, idle flows, stale flows, timeouts; `done` when one is over that began
  // after this call. Stepped datapaths: before it returns.
  void revalidate(std::function<void()> done = {});
  void revalidate_soon();
  // What was published is to be what the datapath does, without waiting for a round. 0: it is so
  // already; else the settled hook tells this number.
  std::uint64_t settle();
  void purge() { revalidators_.purge(); }  // deletes all megaflows
  void set_paused(bool paused) { is_paused_ = paused; }

  // Runs a packet through `actions` (netlink) now.
  void execute(Bytes packet, const flow::FlowKey& key, Bytes actions) {
    state_.execute(packet, key, actions);
  }

  // The vport that tunnel ports of this type and UDP port share; made on first use.
  DpifResult<DpPort> tunnel_vport(const std::string& type, std::uint16_t udp_port);
  void release_tunnel_vport(DpPort port);

  MegaflowTable& megaflows() { return state_.megaflows; }
  const UpcallCounts& counts() const { return state_.counts; }
  std::uint32_t flow_limit() const { return state_.flow_limit; }
  void set_flow_limit(std::uint32_t limit) { state_.flow_limit = limit; }
  std::uint64_t dump_ms() const { return dump_ms_; }
  std::size_t max_flows() const { return state_.max_flows; }
  std::size_t average_flows() const { return average_flows_; }
  ThreadCounts threads() const { return threads_; }  // 0: stepped
  void set_wildcards(Wildcards wildcards);

 private:
  struct Link;
  void start_threads(ThreadCounts counts);
  void start_round();
  void finish_round(const Revalidators::Round& round);
  void adjust_limit();
  void take_controller_packet(ControllerPacket packet);

  struct TunnelVport {
    std::string type;
    std::uint16_t udp_port;
    DpPort port;
    unsigned users;
  };

  std::unique_ptr<Dpif> dpif_;
  daemon::Loop& loop_;
  daemon::Log& log_;
  const bool is_stepped_;
  std::shared_ptr<Link> link_;
  BackerState state_;
  UpcallHandler upcalls_;
  Revalidators revalidators_;
  BackerSettings settings_;
  ThreadCounts threads_{0, 0};
  std::vector<TunnelVport> tunnels_;
  ControllerSink controller_sink_;
  RoundHook round_hook_;
  SettledHook settled_hook_;
  std::vector<std::function<void()>> waiting_now_, waiting_next_;  // for the end of a round
  std::uint64_t dump_ms_ = 1;
  std::size_t average_flows_ = 0;
  std::uint64_t settle_asked_ = 0, settle_done_ = 0;
  bool is_unsettled_ = false;  // something was published since settle() asked, or a round began
  bool is_paused_ = false;
  bool wants_round_ = false;  // as soon as the one under way is over
  daemon::Timer round_;       // last: it calls the rest
};

}  // namespace ovs::vswitch

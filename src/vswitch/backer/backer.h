// A datapath and all bridges over it: answers its upcalls by translation, installs megaflows, and
// revalidates them: replays their statistics, removes the idle ones, translates again those that
// something changed for. Owns the dpif. Control thread; translation itself reads only the published
// view.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "daemon/log/log.h"
#include "daemon/run/loop.h"
#include "vswitch/backer/megaflows.h"
#include "vswitch/backer/settings.h"
#include "vswitch/dpif/dpif.h"
#include "vswitch/translate/cookie.h"

namespace ovs::vswitch {

struct UpcallCounts {
  std::uint64_t misses = 0, installed = 0, refused = 0, executed = 0, unknown_port = 0;
};

class Backer {
 public:
  // A packet that an action or a miss sends to controllers of a bridge.
  struct ControllerPacket {
    Cookie cookie;
    FrozenState state;
    flow::FlowKey key;
    Bytes packet;
  };
  using ControllerSink = std::function<void(const ControllerPacket&)>;
  using RoundHook = std::function<void(std::uint64_t now_ms)>;

  Backer(std::unique_ptr<Dpif> dpif, daemon::Loop& loop, daemon::LogModule log);
  ~Backer();
  Backer(const Backer&) = delete;
  Backer& operator=(const Backer&) = delete;

  Dpif& dpif() { return *dpif_; }
  Stamps& stamps() { return stamps_; }
  FrozenStates& frozen() { return frozen_; }
  void configure(const BackerSettings& settings) { settings_ = settings; }
  void set_controller_sink(ControllerSink sink) { controller_sink_ = std::move(sink); }
  // Called after each round: timeouts of rules and addresses are due then.
  void set_round_hook(RoundHook hook) { round_hook_ = std::move(hook); }

  Shared<SwitchView> view() const { return view_; }
  // Packets see `view` from now on; then `changed` makes stale what depended on it.
  void publish(Shared<SwitchView> view, PendingStamps changed);

  // One round now: statistics, idle flows, stale flows, timeouts.
  void revalidate();
  void revalidate_soon();
  // Now, without waiting for a round: what publish() made stale. Gives up after kMaxSettleMs and
  // leaves the rest to the round that comes soon.
  void settle();
  static constexpr std::uint64_t kMaxSettleMs = 200;
  void purge();  // deletes all megaflows
  void set_paused(bool paused) { is_paused_ = paused; }

  // Runs a packet through `actions` (netlink) now.
  void execute(Bytes packet, const flow::FlowKey& key, Bytes actions);

  // The vport that tunnel ports of this type and UDP port share; made on first use.
  DpifResult<DpPort> tunnel_vport(const std::string& type, std::uint16_t udp_port);
  void release_tunnel_vport(DpPort port);

  const std::unordered_map<Ufid, Megaflow, UfidHash>& megaflows() const { return megaflows_; }
  const UpcallCounts& counts() const { return counts_; }
  std::uint32_t flow_limit() const { return flow_limit_; }
  void set_flow_limit(std::uint32_t limit) { flow_limit_ = limit; }
  std::uint64_t dump_ms() const { return dump_ms_; }
  std::size_t max_flows() const { return max_flows_; }
  std::size_t average_flows() const { return average_flows_; }
  // Whether megaflows may have wildcards.
  enum class Wildcards : bool { Off, On };
  void set_wildcards(Wildcards wildcards);

 private:
  enum class Verdict : std::uint8_t { Keep, Modify, Delete };
  void take_upcalls(std::vector<Upcall>& upcalls);
  void take_miss(Upcall& upcall);
  void take_action(Upcall& upcall);
  void install(const flow::FlowKey& key, Translation& translation, StampTime began,
               std::uint64_t now_ms);
  Translation translate_key(const PortPlace& place, const flow::FlowKey& key,
                            std::uint64_t packets);
  Verdict judge(Megaflow& flow, std::uint64_t now_ms, std::uint64_t max_idle_ms);
  Verdict translate_again(Megaflow& flow);
  void carry_out(Verdict verdict, const Ufid& ufid, const flow::FlowKey& key);
  void refresh(const Ufid& ufid);
  void replay(Megaflow& flow, const DpifFlowStats& stats);
  void remove(const Ufid& ufid, const flow::FlowKey& key);
  void adjust_limit(std::uint64_t took_ms);

  struct TunnelVport {
    std::string type;
    std::uint16_t udp_port;
    DpPort port;
    unsigned users;
  };

  std::unique_ptr<Dpif> dpif_;
  daemon::Loop& loop_;
  daemon::LogModule log_;
  daemon::LogLimit limit_{5, 5};
  Stamps stamps_;
  FrozenStates frozen_;
  BackerSettings settings_;
  Shared<SwitchView> view_;
  std::unordered_map<Ufid, Megaflow, UfidHash> megaflows_;
  std::vector<TunnelVport> tunnels_;
  ControllerSink controller_sink_;
  RoundHook round_hook_;
  UpcallCounts counts_;
  std::uint32_t flow_limit_ = 10'000;
  std::uint64_t dump_number_ = 0, dump_ms_ = 1;
  std::size_t max_flows_ = 0, average_flows_ = 0;
  bool is_paused_ = false;
  bool is_unsettled_ = false;  // something was published since the last settle() or round
  Wildcards wildcards_ = Wildcards::On;
  daemon::Timer round_;  // last: it calls the rest
};

}  // namespace ovs::vswitch

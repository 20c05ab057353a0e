#include "vswitch/backer/backer.h"

#include <algorithm>

namespace ovs::vswitch {

namespace {

constexpr std::uint64_t kSoonMs = 5;  // between two rounds that changes ask for
constexpr std::uint32_t kMinFlowLimit = 1000;
constexpr std::uint64_t kCrowdedIdleMs = 100;  // when there are more flows than can be looked after

}  // namespace

// Between handlers and the control thread. Outlives the Backer by what was posted.
struct Backer::Link {
  Backer* owner;  // null once it is gone; the loop's thread
  std::atomic<unsigned> packets_waiting{0};
};

Backer::Backer(std::unique_ptr<Dpif> dpif, daemon::Loop& loop, daemon::Log& log)
    : dpif_(std::move(dpif)),
      loop_(loop),
      log_(log),
      is_stepped_(dpif_->threading() == Threading::Stepped),
      link_(std::make_shared<Link>()),
      state_(*dpif_, loop.clock(), log.module("ofproto_dpif_upcall")),
      upcalls_(state_,
               [this](ControllerPacket packet) { take_controller_packet(std::move(packet)); }),
      revalidators_(
          state_, loop,
          {.round_done = [this](const Revalidators::Round& round) { finish_round(round); },
           .settled =
               [this](std::uint64_t ticket) {
                 settle_done_ = ticket;
                 if (settled_hook_) settled_hook_(ticket);
               },
           .thread_started =
               [this](unsigned number) {
                 log_.name_this_thread("revalidator" + std::to_string(number + 1));
               }}),
      round_(loop, [this] { revalidate(); }) {
  link_->owner = this;
  start_threads(thread_counts(settings_, std::thread::hardware_concurrency()));
  round_.set_after(settings_.max_revalidator_ms);
}

Backer::~Backer() {
  link_->owner = nullptr;
  dpif_->set_upcall_handler({}, {});
}

void Backer::start_threads(ThreadCounts counts) {
  threads_ = is_stepped_ ? ThreadCounts{0, 0} : counts;
  const auto started = [this](unsigned number) {
    log_.name_this_thread("handler" + std::to_string(number + 1));
  };
  dpif_->set_upcall_handler([this](std::vector<Upcall>& upcalls) { upcalls_.handle(upcalls); },
                            {threads_.handlers, started});
  revalidators_.set_threads(threads_.revalidators);
}

void Backer::configure(const BackerSettings& settings) {
  settings_ = settings;
  const ThreadCounts counts = thread_counts(settings, std::thread::hardware_concurrency());
  if (!is_stepped_ && counts != threads_) start_threads(counts);
}

void Backer::publish(Shared<SwitchView> view, PendingStamps changed) {
  if (!changed.empty()) is_unsettled_ = true;
  state_.publish(std::move(view), std::move(changed));
  revalidate_soon();
}

void Backer::revalidate_soon() {
  round_.set_after(kSoonMs);
}

void Backer::revalidate(std::function<void()> done) {
  round_.set_after(settings_.max_revalidator_ms);
  if (is_paused_) {
    if (done) done();
    return;
  }
  if (done) waiting_next_.push_back(std::move(done));
  if (revalidators_.is_round_running()) {
    wants_round_ = true;
  } else {
    start_round();
  }
}

void Backer::start_round() {
  wants_round_ = false;
  waiting_now_ = std::exchange(waiting_next_, {});
  revalidators_.start_round(state_.megaflows.count() > flow_limit() ? kCrowdedIdleMs
                                                                    : settings_.max_idle_ms);
}

void Backer::finish_round(const Revalidators::Round& round) {
  dump_ms_ = std::max<std::uint64_t>(round.took_ms, 1);
  average_flows_ = (average_flows_ + round.dumped) / 2;
  adjust_limit();
  if (round_hook_) round_hook_(round.began_ms);
  for (const auto& done : std::exchange(waiting_now_, {})) done();
  if (wants_round_) start_round();
}

// So many flows as a round of a second can look after.
void Backer::adjust_limit() {
  std::uint32_t limit = flow_limit();
  if (dump_ms_ > 2000) {
    limit = std::uint32_t(limit / (dump_ms_ / 1000));
  } else if (dump_ms_ > 1300) {
    limit = limit * 3 / 4;
  } else if (dump_ms_ < 1000 && limit < state_.megaflows.count() * 1000 / dump_ms_) {
    limit += 1000;
  }
  state_.flow_limit =
      std::clamp(limit, kMinFlowLimit, std::max(settings_.flow_limit, kMinFlowLimit));
}

std::uint64_t Backer::settle() {
  if (is_paused_) return 0;
  if (std::exchange(is_unsettled_, false)) revalidators_.settle(++settle_asked_);
  return settle_done_ == settle_asked_ ? 0 : settle_asked_;
}

void Backer::set_wildcards(Wildcards wildcards) {
  state_.wildcards = wildcards;
  purge();
}

void Backer::take_controller_packet(ControllerPacket packet) {
  if (is_stepped_) {
    if (controller_sink_) controller_sink_(packet);
    return;
  }
  if (link_->packets_waiting.fetch_add(1) >= kMaxControllerPackets) {
    link_->packets_waiting.fetch_sub(1);
    state_.counts.controller_lost.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  loop_.post([link = link_, packet = std::move(packet)] {
    link->packets_waiting.fetch_sub(1);
    if (link->owner != nullptr && link->owner->controller_sink_) {
      link->owner->controller_sink_(packet);
    }
  });
}

DpifResult<DpPort> Backer::tunnel_vport(const std::string& type, std::uint16_t udp_port) {
  for (TunnelVport& vport : tunnels_) {
    if (vport.type != type || vport.udp_port != udp_port) continue;
    ++vport.users;
    return vport.port;
  }
  DpifPortSpec spec;
  spec.type = type;
  spec.udp_port = udp_port;
  spec.name = type == "gre"      ? "gre_sys"
              : type == "geneve" ? "genev_sys_" + std::to_string(udp_port)
                                 : type + "_sys_" + std::to_string(udp_port);
  auto port = dpif_->port_add(spec);
  if (!port.ok() && port.error().code == Error::Exists) {
    const auto old = dpif_->port_by_name(spec.name);  // of an earlier life of ours
    if (old.ok()) port = old->number;
  }
  if (port.ok()) tunnels_.push_back({type, udp_port, *port, 1});
  return port;
}

void Backer::release_tunnel_vport(DpPort port) {
  const auto at = std::find_if(tunnels_.begin(), tunnels_.end(),
                               [&](const TunnelVport& vport) { return vport.port == port; });
  if (at == tunnels_.end() || --at->users > 0) return;
  (void)dpif_->port_del(port);
  tunnels_.erase(at);
}

}  // namespace ovs::vswitch

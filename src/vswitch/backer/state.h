// What all who translate packets of one datapath share: the published view, stamps, megaflows,
// counters. Handlers, revalidators and the control thread use it at once; who may do what is said
// at each member. Knows no threads itself.
#pragma once
#include <atomic>
#include <mutex>

#include "daemon/log/log.h"
#include "platform/api/clock.h"
#include "platform/api/memory.h"
#include "platform/api/rcu.h"
#include "vswitch/backer/megaflows.h"
#include "vswitch/dpif/dpif.h"

namespace ovs::vswitch {

struct UpcallCounts {
  std::atomic<std::uint64_t> misses{0}, installed{0}, refused{0}, stale{0}, executed{0},
      unknown_port{0}, controller_lost{0};
};

// Whether megaflows may have wildcards.
enum class Wildcards : bool { Off, On };

class BackerState {
 public:
  BackerState(Dpif& datapath, const platform::Clock& time, daemon::LogModule log);
  ~BackerState();

  // The control thread's: packets see `view` from now on; then `changed` makes stale what depended
  // on it.
  void publish(Shared<SwitchView> view, PendingStamps changed);
  Shared<SwitchView> view() const { return published_.current()->view; }
  // Any thread.
  const SwitchView& view(const RcuReader& reader) const { return *published_.read(reader)->view; }
  // Destroys the views that no reader can see any more; never waits. Revalidators do this.
  void reclaim() { (void)retired_.poll(Passive::here()); }

  // What the view of now does with a packet of this key; nothing if no port took it. Any thread.
  struct Translated {
    StampTime began = 0;
    Translation translation;
  };
  std::optional<Translated> translate_key(const flow::FlowKey& key);
  // Runs a packet through `actions` (netlink) now. Any thread.
  void execute(Bytes packet, const flow::FlowKey& key, Bytes actions);

  std::uint64_t now_ms() const { return clock_.now_ms(); }
  bool is_stale(StampTime began, const std::vector<std::uint16_t>& cells) const {
    return stamps.changed_since(began, cells);
  }
  template <class... Args>
  void warn(fmt::format_string<Args...> format, Args&&... args) {
    const std::lock_guard lock(log_mutex_);
    log_.warn(limit_, format, std::forward<Args>(args)...);
  }
  template <class... Args>
  void info(fmt::format_string<Args...> format, Args&&... args) {
    const std::lock_guard lock(log_mutex_);
    log_.info(limit_, format, std::forward<Args>(args)...);
  }

  // Any thread.
  Dpif& dpif;
  Stamps stamps;
  FrozenStates frozen;  // megaflows refer to it
  MegaflowTable megaflows;
  UpcallCounts counts;
  std::atomic<std::uint32_t> flow_limit{10'000};
  std::atomic<std::size_t> max_flows{0};
  std::atomic<std::uint64_t> dump_number{0};
  std::atomic<Wildcards> wildcards{Wildcards::On};

 private:
  struct Published : RcuObject {
    explicit Published(Shared<SwitchView> what) : view(std::move(what)) {}
    const Shared<SwitchView> view;
  };
  static Owned<Published> boxed(Shared<SwitchView> view);

  const platform::Clock& clock_;
  Reclaimer retired_;
  RcuPtr<Published> published_;
  std::mutex log_mutex_;  // guards what follows
  daemon::LogModule log_;
  daemon::LogLimit limit_{5, 5};
};

}  // namespace ovs::vswitch

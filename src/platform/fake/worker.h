// Work that runs when told, on the caller's thread, by a clock that the test moves.
#pragma once
#include "platform/api/work.h"
#include "platform/fake/virtual_clock.h"

namespace ovs::platform {

class FakeWorker final : public Worker {
 public:
  explicit FakeWorker(const VirtualClock& clock) : clock_(clock) {}

  void submit(WorkItem& item) override { queue_.insert(item, clock_.now_ns()); }
  void submit_after(WorkItem& item, std::uint64_t delay_ms) override {
    queue_.insert(item, clock_.now_ns() + delay_ms * 1'000'000);
  }
  void cancel(WorkItem& item, Passive) override { queue_.remove(item); }

  // Runs what is due now, and what that makes due at once; returns how many ran. At most kMaxRuns:
  // work that queues itself again without delay would never end.
  int run_due() {
    int ran = 0;
    for (; ran < kMaxRuns; ++ran) {
      WorkItem* item = queue_.take_due(clock_.now_ns());
      if (item == nullptr) return ran;
      item->run(Passive::here());
    }
    return ran;
  }

 private:
  static constexpr int kMaxRuns = 10000;
  const VirtualClock& clock_;
  WorkQueue queue_;
};

}  // namespace ovs::platform

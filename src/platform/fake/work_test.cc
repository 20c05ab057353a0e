// Workers: the fake one by a virtual clock, the thread by the machine's.
#include <doctest/doctest.h>

#include <functional>
#include <string>

#include "base/core/atomic.h"
#include "platform/fake/list_trace.h"
#include "platform/fake/worker.h"
#include "platform/posix/clock.h"
#include "platform/posix/threads/worker.h"

namespace ovs::platform {
namespace {

struct Job final : WorkItem {
  explicit Job(std::function<void()> work) : what(std::move(work)) {}
  void run(Passive) override { what(); }
  std::function<void()> what;
};

TEST_CASE("FakeWorker: runs what is due, in order of time, when told") {
  VirtualClock clock;
  FakeWorker worker(clock);
  std::string order;
  Job late([&] { order += "late "; });
  Job soon([&] { order += "soon "; });
  Job now([&] { order += "now "; });
  worker.submit_after(late, 20);
  worker.submit_after(soon, 10);
  worker.submit(now);
  worker.submit(now);
  CHECK(worker.run_due() == 1);
  clock.advance_ms(10);
  CHECK(worker.run_due() == 1);
  CHECK(order == "now soon ");
  worker.cancel(late, Passive::here());
  clock.advance_ms(10);
  CHECK(worker.run_due() == 0);
}

TEST_CASE("ThreadWorker: runs items, also those that queue themselves again") {
  const SystemClock clock;
  ThreadWorker worker(clock);
  Atomic<int> runs{0};
  Job* self = nullptr;
  Job job([&] {
    if (runs.fetch_add(1, Order::AcquireRelease) < 4) worker.submit_after(*self, 1);
  });
  self = &job;
  worker.submit(job);
  while (runs.load(Order::Acquire) < 5) std::this_thread::yield();
  worker.cancel(job, Passive::here());
  CHECK(runs.load(Order::Acquire) == 5);
}

TEST_CASE("ThreadWorker: after cancel() an item neither runs nor is queued") {
  const SystemClock clock;
  ThreadWorker worker(clock);
  for (int round = 0; round < 200; ++round) {
    int runs = 0;  // not atomic: cancel() orders it
    Job job([&] { ++runs; });
    worker.submit(job);
    worker.cancel(job, Passive::here());
    CHECK(!job.is_linked());
    CHECK(runs <= 1);
  }
}

TEST_CASE("ListTrace: keeps what it is told") {
  ListTrace trace;
  trace.event({TraceLevel::Warning, "datapath", "port 3 is gone"});
  CHECK(trace.lines() == std::vector<std::string>{"datapath: port 3 is gone"});
}

}  // namespace
}  // namespace ovs::platform

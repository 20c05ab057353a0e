// The kernel's backend of the platform, over a kernel in this process: its library is what the
// driver links, its imports are slots, as in the driver's ELF image.
#include <doctest/doctest.h>
#include <nt_imports.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "emulator/nt/call.h"
#include "emulator/nt/kernel.h"
#include "platform/api/rcu.h"
#include "platform/nt/start.h"

namespace ovs {
namespace {

constexpr unsigned kProcessors = 4;
constexpr GUID kProvider = {1, 2, 3, {4}};

// Before the platform starts, after it ends.
struct Machine {
  Machine() : kernel(config()) {
    kernel.add_functions(imports);
    for (const NtImport* row = nt_imports; row->name != nullptr; ++row) {
      *row->slot = imports.find(row->module, row->name);
      REQUIRE_MESSAGE(*row->slot != nullptr, row->name);
    }
    auto started = platform::nt::Platform::start(kProvider);
    REQUIRE(started.ok());
    platform = std::move(*started);
  }
  ~Machine() {
    platform = nullptr;
    kernel.check_nothing_left(8, "the platform's end");
  }
  static emulator::KernelConfig config() {
    emulator::KernelConfig made;
    made.processors = kProcessors;
    return made;
  }

  emulator::Kernel kernel;
  emulator::ImportTable imports;
  Owned<platform::nt::Platform> platform;
};

void sleep_ms(unsigned ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

TEST_CASE("Nt: a grace period is over when readers of before have ended, and not sooner") {
  Machine machine;
  std::atomic<bool> reading{false}, stop{false};
  std::thread reader([&] {
    const RcuReader here;
    reading = true;
    while (!stop) std::this_thread::yield();
  });
  while (!reading) std::this_thread::yield();
  const GracePeriod period = rcu_start_grace_period();
  sleep_ms(30);
  CHECK(!rcu_is_over(period));
  stop = true;
  reader.join();
  synchronize(Passive::here());
  CHECK(rcu_is_over(period));
}

struct Value : RcuObject {
  explicit Value(std::atomic<int>& destroyed_) : destroyed(destroyed_) {}
  ~Value() {
    alive = 0;
    ++destroyed;
  }
  int alive = 1;
  std::atomic<int>& destroyed;
};

TEST_CASE("Nt: what readers hold is destroyed after them, and all of it is") {
  constexpr int kRounds = 300;
  Machine machine;
  std::atomic<int> destroyed{0}, dead{0};
  {
    auto first = try_make<Value>(destroyed);
    RcuPtr<Value> published(std::move(*first));
    Reclaimer reclaimer;
    std::atomic<bool> stop{false};
    std::vector<std::thread> readers;
    for (unsigned i = 0; i < kProcessors; ++i) {
      readers.emplace_back([&] {
        while (!stop) {
          const RcuReader outer;
          const RcuReader inner;
          if (published.read(inner)->alive != 1) ++dead;
        }
      });
    }
    for (int i = 0; i < kRounds; ++i) {
      auto next = try_make<Value>(destroyed);
      reclaimer.take(published.publish(std::move(*next)));
      reclaimer.poll(Passive::here());
    }
    reclaimer.drain(Passive::here());
    CHECK(destroyed == kRounds);
    stop = true;
    for (std::thread& reader : readers) reader.join();
  }
  CHECK(dead == 0);
  CHECK(destroyed == kRounds + 1);
}

TEST_CASE("Nt: memory is aligned as asked, however much that is") {
  Machine machine;
  for (const std::size_t align : {1, 16, 64, 4096}) {
    void* memory = allocate(100, align, memory_tag("test"));
    REQUIRE(memory != nullptr);
    CHECK(reinterpret_cast<std::uintptr_t>(memory) % align == 0);
    deallocate(memory, 100, align, memory_tag("test"));
  }
  machine.kernel.failures().fail_nth(0);
  CHECK(allocate(100, 64, memory_tag("test")) == nullptr);
}

TEST_CASE("Nt: locks exclude each other, on every processor") {
  Machine machine;
  Guarded<int, LockRank::Ports> spinning(0);
  SleepGuarded<int, LockRank::Control> sleeping(0);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < kProcessors; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 500; ++round) {
        spinning.with([](int& value) { ++value; });
        sleeping.with(Passive::here(), [](int& value) { ++value; });
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(spinning.with([](int& value) { return value; }) == 500 * kProcessors);
  CHECK(sleeping.with(Passive::here(), [](int& value) { return value; }) == 500 * kProcessors);
}

// Notes when it runs, in `order`.
struct Item final : platform::WorkItem {
  Item(int name_, std::vector<int>& order_) : name(name_), order(order_) {}
  void run(Passive) override {
    order.push_back(name);
    ++runs;
  }
  int name;
  std::vector<int>& order;
  std::atomic<int> runs{0};
};

TEST_CASE("Nt: work is done in the order in which it becomes due, and not after it is cancelled") {
  Machine machine;
  platform::Worker& worker = machine.platform->worker();
  std::vector<int> order;
  Item late(1, order), soon(2, order), never(3, order);
  worker.submit_after(late, 60);
  worker.submit_after(never, 30);
  worker.submit(soon);
  worker.cancel(never, Passive::here());
  while (late.runs == 0) sleep_ms(1);
  worker.cancel(late, Passive::here());
  CHECK(order == std::vector<int>{2, 1});
  CHECK(never.runs == 0);
}

TEST_CASE("Nt: clocks go, secrets differ, events have words") {
  Machine machine;
  const platform::Clock& clock = machine.platform->clock();
  const std::uint64_t before = clock.now_ns();
  sleep_ms(2);
  CHECK(clock.now_ns() - before >= 1'000'000);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto wall_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  CHECK(clock.wall_ms() / 60'000 == doctest::Approx(double(wall_ms) / 60'000).epsilon(0.0001));
  CHECK(machine.platform->draw_secret() != machine.platform->draw_secret());
  CHECK(machine.platform->processor_count() == kProcessors);
  machine.platform->trace().event({platform::TraceLevel::Info, "test", "said\x01 once"});
  CHECK(machine.kernel.messages().back() == "test|said? once");
}

}  // namespace
}  // namespace ovs

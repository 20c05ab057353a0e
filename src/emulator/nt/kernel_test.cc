// What the kernel does for drivers that keep the rules, with real threads and by a seed.
#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include "emulator/nt/machine_test.h"

namespace ovs::emulator::test {
namespace {

// Each test of this file runs with real threads, and with a few seeds.
std::vector<KernelConfig> schedules(unsigned processors = 2) {
  std::vector<KernelConfig> all(6);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].processors = processors;
    if (i > 0) all[i].seed = i;
  }
  return all;
}

TEST_CASE("Kernel: what threads take in turns, one at a time has") {
  for (const KernelConfig& config : schedules()) {
    Machine machine(config);
    bool taken = false;
    int count = 0;
    const auto take_often = [&] {
      for (int i = 0; i < 100; ++i) {
        machine.kernel.take(taken);
        const int before = count;
        machine.kernel.sleep_ms(i % 10 == 0 ? 1 : 0);
        count = before + 1;
        machine.kernel.change([&] { taken = false; });
      }
    };
    HostThread one("one", take_often);
    HostThread other("other", take_often);
    one.join();
    other.join();
    CHECK(count == 200);
  }
}

struct Counter {
  KSPIN_LOCK lock = 0;
  FAST_MUTEX mutex;
  int under_lock = 0, under_mutex = 0;
  static VOID NTAPI count(PVOID context) {
    auto& self = *static_cast<Counter*>(context);
    for (int i = 0; i < 50; ++i) {
      const KIRQL level = KeAcquireSpinLockRaiseToDpc(&self.lock);
      ++self.under_lock;
      KeReleaseSpinLock(&self.lock, level);
      ExAcquireFastMutex(&self.mutex);
      ++self.under_mutex;
      ExReleaseFastMutex(&self.mutex);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
    self.under_lock = -1000;  // never reached
  }
};
TEST_CASE("Kernel: threads exclude each other, and end where they say so") {
  for (const KernelConfig& config : schedules()) {
    Machine machine(config);
    Counter counter;
    ExInitializeFastMutex(&counter.mutex);
    std::vector<PVOID> threads;
    for (int i = 0; i < 4; ++i) threads.push_back(start_thread(Counter::count, &counter));
    for (PVOID thread : threads) end_thread(thread);
    CHECK(counter.under_lock == 200);
    CHECK(counter.under_mutex == 200);
    machine.kernel.check_nothing_left(8, "the test");
  }
}

struct Rounds {
  KDPC dpc;
  unsigned processor = 0;
  std::atomic<int> runs{0};
  int* at_dispatch = nullptr;
  bool was_alone = true;
  static VOID NTAPI run(PKDPC, PVOID context, PVOID, PVOID) {
    auto& self = *static_cast<Rounds*>(context);
    ++self.runs;
    self.was_alone = self.was_alone && *self.at_dispatch == 0;
    if (KeGetCurrentProcessorNumberEx(nullptr) != self.processor) self.was_alone = false;
  }
};
TEST_CASE(
    "Kernel: a DPC runs on its processor, once for each time it is queued, and waits for whoever "
    "is there") {
  for (const KernelConfig& config : schedules()) {
    Machine machine(config);
    int at_dispatch = 0;
    Rounds rounds;
    rounds.processor = 1;
    rounds.at_dispatch = &at_dispatch;
    KeInitializeDpc(&rounds.dpc, Rounds::run, &rounds);
    PROCESSOR_NUMBER number = {0, 1, 0};
    REQUIRE(KeSetTargetProcessorDpcEx(&rounds.dpc, &number) == STATUS_SUCCESS);
    run_on(1, DISPATCH_LEVEL, [&] {
      at_dispatch = 1;
      CHECK(KeInsertQueueDpc(&rounds.dpc, nullptr, nullptr) == TRUE);
      CHECK(KeInsertQueueDpc(&rounds.dpc, nullptr, nullptr) == FALSE);
      CHECK(current_processor() == 1);
      CHECK(rounds.runs == 0);
      at_dispatch = 0;
    });
    KeFlushQueuedDpcs();
    CHECK(rounds.runs == 1);
    CHECK(rounds.was_alone);
  }
}

TEST_CASE("Kernel: a DPC that is taken back does not run") {
  Machine machine(seeded(1));
  int at_dispatch = 0;
  Rounds rounds;
  rounds.at_dispatch = &at_dispatch;
  KeInitializeDpc(&rounds.dpc, Rounds::run, &rounds);
  {
    const RaisedLevel raised;
    KeInsertQueueDpc(&rounds.dpc, nullptr, nullptr);
    CHECK(KeRemoveQueueDpc(&rounds.dpc) == TRUE);
    CHECK(KeRemoveQueueDpc(&rounds.dpc) == FALSE);
  }
  KeFlushQueuedDpcs();
  CHECK(rounds.runs == 0);
}

struct PingPong {
  KEVENT ping, pong;
  int turns = 0;
  static VOID NTAPI answer(PVOID context) {
    auto& self = *static_cast<PingPong*>(context);
    for (int i = 0; i < 20; ++i) {
      KeWaitForSingleObject(&self.ping, Executive, KernelMode, FALSE, nullptr);
      ++self.turns;
      KeSetEvent(&self.pong, IO_NO_INCREMENT, FALSE);
    }
  }
};
TEST_CASE("Kernel: a synchronization event wakes one, once") {
  for (const KernelConfig& config : schedules()) {
    Machine machine(config);
    PingPong game;
    KeInitializeEvent(&game.ping, SynchronizationEvent, FALSE);
    KeInitializeEvent(&game.pong, SynchronizationEvent, FALSE);
    PVOID thread = start_thread(PingPong::answer, &game);
    for (int i = 0; i < 20; ++i) {
      CHECK(KeSetEvent(&game.ping, IO_NO_INCREMENT, FALSE) == 0);
      KeWaitForSingleObject(&game.pong, Executive, KernelMode, FALSE, nullptr);
      CHECK(game.turns == i + 1);
    }
    end_thread(thread);
  }
}

TEST_CASE("Kernel: by a seed an hour of waiting takes no time") {
  Machine machine(seeded(1));
  LARGE_INTEGER hour;
  hour.QuadPart = -3600LL * 10'000'000;
  const auto before = std::chrono::steady_clock::now();
  const LONGLONG ticks = KeQueryPerformanceCounter(nullptr).QuadPart;
  run_driver([&] { KeDelayExecutionThread(KernelMode, FALSE, &hour); });
  CHECK(KeQueryPerformanceCounter(nullptr).QuadPart - ticks >= -hour.QuadPart);
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::seconds(60));
  KEVENT never;
  KeInitializeEvent(&never, NotificationEvent, FALSE);
  CHECK(KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, &hour) == STATUS_TIMEOUT);
}

TEST_CASE("Kernel: by a seed, when all wait for ever, that is said") {
  CHECK(broken_rule(
            kBugCheck,
            [] {
              KEVENT never;
              KeInitializeEvent(&never, NotificationEvent, FALSE);
              KeWaitForSingleObject(&never, Executive, KernelMode, FALSE, nullptr);
            },
            "every thread waits", seeded(1)) == "");
}

// Three threads that write their names, and the order in which they came to it.
struct Writers {
  KSPIN_LOCK lock = 0;
  std::string trace;
};
struct Writer {
  Writers* all;
  char name;
  static VOID NTAPI write(PVOID context) {
    auto& self = *static_cast<Writer*>(context);
    for (int i = 0; i < 10; ++i) {
      const KIRQL level = KeAcquireSpinLockRaiseToDpc(&self.all->lock);
      self.all->trace += self.name;
      KeReleaseSpinLock(&self.all->lock, level);
    }
  }
};
std::string trace_of(std::uint64_t seed) {
  Machine machine(seeded(seed));
  Writers all;
  Writer writers[] = {{&all, 'a'}, {&all, 'b'}, {&all, 'c'}};
  std::vector<PVOID> threads;
  for (Writer& writer : writers) threads.push_back(start_thread(Writer::write, &writer));
  for (PVOID thread : threads) end_thread(thread);
  return all.trace;
}
TEST_CASE("Kernel: one seed is one order of things, another is another") {
  CHECK(trace_of(7) == trace_of(7));
  CHECK(trace_of(7).size() == 30);
  int different = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) different += trace_of(seed) != trace_of(100);
  CHECK(different >= 9);
}

TEST_CASE("Kernel: host threads take part, and are waited for") {
  for (const KernelConfig& config : schedules()) {
    Machine machine(config);
    Counter counter;
    ExInitializeFastMutex(&counter.mutex);
    {
      HostThread first("first", [&] {
        const RaisedLevel raised;
        CHECK(current_level() == DISPATCH_LEVEL);
      });
      HostThread second("second", [&] { machine.kernel.sleep_ms(2); });
    }
    CHECK(current_level() == PASSIVE_LEVEL);
  }
}

TEST_CASE("Kernel: a callback inside a call inside a callback goes on on the same stack") {
  Machine machine;
  std::uintptr_t outer = 0, inner = 0, host = 0;
  run_driver([&] {
    int on_outer = 0;
    outer = reinterpret_cast<std::uintptr_t>(&on_outer);
    on_host_stack([&] {
      int on_host = 0;
      host = reinterpret_cast<std::uintptr_t>(&on_host);
      run_driver([&] {
        int on_inner = 0;
        inner = reinterpret_cast<std::uintptr_t>(&on_inner);
      });
    });
  });
  CHECK(inner < outer);
  CHECK(outer - inner < 4096);
  CHECK((host > outer + 65536 || host + 65536 < outer));
}

TEST_CASE("Kernel: lookaside lists and interlocked lists give back what they were given") {
  Machine machine;
  run_driver([] {
    auto* list = static_cast<NPAGED_LOOKASIDE_LIST*>(
        ExAllocatePoolWithTag(NonPagedPoolNx, sizeof(NPAGED_LOOKASIDE_LIST) + 64, kTag));
    void* const block = list;
    list = reinterpret_cast<NPAGED_LOOKASIDE_LIST*>((reinterpret_cast<std::uintptr_t>(list) + 63) &
                                                    ~63ull);
    ExInitializeNPagedLookasideList(list, nullptr, nullptr, POOL_NX_ALLOCATION, 64, kTag, 0);
    void* first = ExAllocateFromNPagedLookasideList(list);
    void* second = ExAllocateFromNPagedLookasideList(list);
    REQUIRE(first != nullptr);
    ExFreeToNPagedLookasideList(list, first);
    CHECK(ExAllocateFromNPagedLookasideList(list) == first);
    ExFreeToNPagedLookasideList(list, first);
    ExFreeToNPagedLookasideList(list, second);
    ExDeleteNPagedLookasideList(list);
    ExFreePoolWithTag(block, kTag);
  });
  machine.kernel.check_nothing_left(8, "the test");
}

TEST_CASE("Kernel: a routine is found by the name that this Windows has for it") {
  Machine machine;
  UNICODE_STRING name;
  RtlInitUnicodeString(&name, u"KeSetEvent");
  CHECK(MmGetSystemRoutineAddress(&name) == machine.imports.find("ntoskrnl.exe", "KeSetEvent"));
  RtlInitUnicodeString(&name, u"KeGetCurrentIrql");
  CHECK(MmGetSystemRoutineAddress(&name) == nullptr);
}

VOID NTAPI note_change(PVOID states, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change, NTSTATUS*) {
  static_cast<std::vector<unsigned>*>(states)->push_back(10 * change->NtNumber + change->State);
}
TEST_CASE("Kernel: a processor that is added is announced, and counted") {
  KernelConfig config;
  config.processors = 1;
  config.max_processors = 3;
  Machine machine(config);
  std::vector<unsigned> states;
  PVOID handle =
      KeRegisterProcessorChangeCallback(note_change, &states, KE_PROCESSOR_CHANGE_ADD_EXISTING);
  machine.kernel.add_processor();
  CHECK(states == std::vector<unsigned>{0, 1, 10, 11});
  CHECK(KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS) == 2);
  CHECK(KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS) == 3);
  KeDeregisterProcessorChangeCallback(handle);
}

}  // namespace
}  // namespace ovs::emulator::test

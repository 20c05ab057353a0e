// Each way of breaking the kernel's rules, and that it is found. Names begin with the rule's number
// in the contract.
#include <atomic>
#include <cstring>
#include <ctime>

#include "emulator/nt/machine_test.h"
#include "emulator/nt/schedule/stack.h"

namespace ovs::emulator::test {
namespace {

void* allocate(std::size_t size = 64) {
  return ExAllocatePoolWithTag(NonPagedPoolNx, size, kTag);
}

KIRQL raise(KSPIN_LOCK& lock) {
  return KeAcquireSpinLockRaiseToDpc(&lock);
}

TEST_CASE(
    "1 Image load: a Windows has the functions that it has had since then, and no later ones") {
  for (const unsigned windows : {0x0600u, 0x0601u, 0x0602u}) {
    CAPTURE(windows);
    KernelConfig config;
    config.windows = windows;
    Kernel kernel(config);
    ImportTable imports;
    kernel.add_functions(imports);
    const auto has = [&](const char* name) {
      return imports.find("ntoskrnl.exe", name) != nullptr;
    };
    CHECK(has("KeSetEvent"));
    CHECK(has("KeSetTargetProcessorDpcEx") == (windows >= 0x0601));
    CHECK(has("KeQuerySystemTimePrecise") == (windows >= 0x0602));
    CHECK(!has("KeGetCurrentIrql"));
  }
}

NTSTATUS NTAPI refuse_and_leak(PDRIVER_OBJECT, PUNICODE_STRING) {
  allocate();
  return STATUS_UNSUCCESSFUL;
}
TEST_CASE("7 DriverEntry: what a driver that fails has left is found") {
  CHECK(expect_violation(
            7,
            [] {
              Machine machine;
              StartedDriver driver(refuse_and_leak);
            },
            "pool 'test': 1 blocks, 64 bytes") == "");
}

// ---- 8: each kind of thing that DriverUnload can leave ----

void (*leak)() = nullptr;
VOID NTAPI unload_nothing(PDRIVER_OBJECT) {}
NTSTATUS NTAPI start_and_leak(PDRIVER_OBJECT object, PUNICODE_STRING) {
  leak();
  object->DriverUnload = unload_nothing;
  return STATUS_SUCCESS;
}
VOID NTAPI wait_for_ever(PVOID event) {
  KeWaitForSingleObject(event, Executive, KernelMode, FALSE, nullptr);
}
VOID NTAPI hear_of_processors(PVOID, PKE_PROCESSOR_CHANGE_NOTIFY_CONTEXT, NTSTATUS*) {}

std::string left_by(void (*leaver)(), std::string_view words) {
  return expect_violation(
      8,
      [&] {
        Machine machine;
        leak = leaver;
        StartedDriver driver(start_and_leak);
        driver.unload();
      },
      words);
}

TEST_CASE("8 DriverUnload: pool that is left is found, by tag") {
  CHECK(left_by([] { allocate(100); }, "pool 'test'") == "");
}
TEST_CASE("8 DriverUnload: a thread that is left is found") {
  CHECK(left_by(
            [] {
              static KEVENT never;
              KeInitializeEvent(&never, NotificationEvent, FALSE);
              ObDereferenceObject(start_thread(wait_for_ever, &never));
            },
            "system thread") == "");
}
TEST_CASE("8 DriverUnload: a processor callback that is left is found") {
  CHECK(left_by([] { KeRegisterProcessorChangeCallback(hear_of_processors, nullptr, 0); },
                "processor callback") == "");
}
TEST_CASE("8 DriverUnload: an ETW provider that is left is found") {
  CHECK(left_by(
            [] {
              REGHANDLE handle = 0;
              const GUID provider = {1, 2, 3, {4}};
              EtwRegister(&provider, nullptr, nullptr, &handle);
            },
            "ETW provider") == "");
}
TEST_CASE("8 DriverUnload: a lookaside list that is left is found") {
  CHECK(left_by(
            [] {
              static NPAGED_LOOKASIDE_LIST list;
              ExInitializeNPagedLookasideList(&list, nullptr, nullptr, POOL_NX_ALLOCATION, 64, kTag,
                                              0);
            },
            "lookaside list") == "");
}
TEST_CASE("8 DriverUnload: an MDL that is left is found") {
  CHECK(left_by([] { IoAllocateMdl(nullptr, 100, FALSE, FALSE, nullptr); }, "MDL") == "");
}
VOID NTAPI wait_for_the_end(PKDPC, PVOID, PVOID, PVOID) {
  static std::atomic<bool> is_over{false};
  while (!is_over) {
    timespec pause = {0, 1'000'000};
    nanosleep(&pause, nullptr);
  }
}
TEST_CASE("8 DriverUnload: a DPC that still runs is found") {
  CHECK(left_by(
            [] {
              static KDPC dpc;
              KeInitializeDpc(&dpc, wait_for_the_end, nullptr);
              KeInsertQueueDpc(&dpc, nullptr, nullptr);
            },
            "DPC") == "");
}
TEST_CASE("8 ObfDereferenceObject: a reference too many is found") {
  CHECK(broken_rule(8, [] {
          int no_object = 0;
          ObfDereferenceObject(&no_object);
        }) == "");
}
TEST_CASE("8 ZwClose: a handle that is none is found") {
  CHECK(broken_rule(8, [] { ZwClose(reinterpret_cast<HANDLE>(0x1234)); }) == "");
}

// ---- 82 ----

TEST_CASE("82 MmMapLockedPagesSpecifyCache: an executable mapping is found") {
  CHECK(broken_rule(
            82,
            [] {
              MDL mdl = {};
              mdl.MdlFlags = MDL_PAGES_LOCKED;
              MmGetSystemAddressForMdlSafe(&mdl, NormalPagePriority);
            },
            "executable") == "");
}

// ---- 86 ----

TEST_CASE("86 KeFlushQueuedDpcs: a call above its level is found") {
  CHECK(broken_rule(
            86,
            [] {
              KSPIN_LOCK lock = 0;
              raise(lock);
              KeFlushQueuedDpcs();
            },
            "KeFlushQueuedDpcs is called at DISPATCH_LEVEL; it may be from PASSIVE_LEVEL") == "");
}
TEST_CASE("86 KeAcquireSpinLockAtDpcLevel: a call below its level is found") {
  CHECK(broken_rule(86, [] {
          KSPIN_LOCK lock = 0;
          KeAcquireSpinLockAtDpcLevel(&lock);
        }) == "");
}
TEST_CASE("86 KeReleaseSpinLock: a level that is lowered while a lock is held is found") {
  CHECK(broken_rule(86, [] {
          KSPIN_LOCK first = 0, second = 0;
          raise(first);
          raise(second);
          KeReleaseSpinLock(&second, PASSIVE_LEVEL);
        }) == "");
}
VOID NTAPI stay_raised(PVOID lock) {
  const KIRQL level = KeAcquireSpinLockRaiseToDpc(static_cast<PKSPIN_LOCK>(lock));
  KeReleaseSpinLockFromDpcLevel(static_cast<PKSPIN_LOCK>(lock));
  (void)level;
}
TEST_CASE("86 callbacks: one that returns at another level is found") {
  CHECK(expect_violation(
            86,
            [] {
              Machine machine;
              KSPIN_LOCK lock = 0;
              call_driver("FILTER_PAUSE", stay_raised, &lock);
            },
            "FILTER_PAUSE") == "");
}

// ---- 87 ----

TEST_CASE("87 KeAcquireSpinLockAtDpcLevel: a lock that is taken twice is found") {
  CHECK(broken_rule(
            87,
            [] {
              KSPIN_LOCK lock = 0;
              raise(lock);
              KeAcquireSpinLockAtDpcLevel(&lock);
            },
            "by the thread that holds it") == "");
}
TEST_CASE("87 spin locks: one that was never initialized is found") {
  CHECK(broken_rule(
            87, [] { raise(*static_cast<PKSPIN_LOCK>(allocate())); }, "never initialized") == "");
}
TEST_CASE("87 KeReleaseSpinLockFromDpcLevel: a lock that nobody holds is found") {
  CHECK(broken_rule(87, [] {
          KSPIN_LOCK held = 0, other = 0;
          raise(held);
          KeReleaseSpinLockFromDpcLevel(&other);
        }) == "");
}
TEST_CASE("87 spin locks: two orders of two locks are found, though nobody waited") {
  CHECK(broken_rule(
            87,
            [] {
              auto* locks = static_cast<KSPIN_LOCK*>(allocate(2 * sizeof(KSPIN_LOCK)));
              for (int first = 0; first < 2; ++first) {
                locks[0] = locks[1] = 0;
                const KIRQL level = KeAcquireSpinLockRaiseToDpc(&locks[first]);
                KeAcquireSpinLockAtDpcLevel(&locks[1 - first]);
                KeReleaseSpinLockFromDpcLevel(&locks[1 - first]);
                KeReleaseSpinLock(&locks[first], level);
              }
            },
            "lock order") == "");
}
TEST_CASE("87 spin locks: an order over three locks is found") {
  CHECK(broken_rule(87, [] {
          auto* locks = static_cast<KSPIN_LOCK*>(allocate(3 * sizeof(KSPIN_LOCK)));
          std::memset(locks, 0, 3 * sizeof(KSPIN_LOCK));
          for (int first = 0; first < 3; ++first) {
            const KIRQL level = KeAcquireSpinLockRaiseToDpc(&locks[first]);
            KeAcquireSpinLockAtDpcLevel(&locks[(first + 1) % 3]);
            KeReleaseSpinLockFromDpcLevel(&locks[(first + 1) % 3]);
            KeReleaseSpinLock(&locks[first], level);
          }
        }) == "");
}
TEST_CASE("87 spin locks: locks on one's own stack, by which drivers raise, have no order") {
  Machine machine;
  run_driver([] {
    KSPIN_LOCK first = 0, second = 0;
    for (int round = 0; round < 2; ++round) {
      PKSPIN_LOCK outer = round == 0 ? &first : &second;
      PKSPIN_LOCK inner = round == 0 ? &second : &first;
      const KIRQL level = KeAcquireSpinLockRaiseToDpc(outer);
      const KIRQL inner_level = KeAcquireSpinLockRaiseToDpc(inner);
      KeReleaseSpinLock(inner, inner_level);
      KeReleaseSpinLock(outer, level);
    }
  });
  CHECK(current_level() == PASSIVE_LEVEL);
}
TEST_CASE("87 callbacks: one that returns with a lock held is found") {
  CHECK(expect_violation(
            87,
            [] {
              Machine machine;
              const RaisedLevel raised;
              auto* lock = static_cast<PKSPIN_LOCK>(allocate());
              *lock = 0;
              run_driver([&] { KeAcquireSpinLockAtDpcLevel(lock); });
            },
            "returns with 1 locks held") == "");
}
TEST_CASE("87 calls into the host: one with a spin lock held is found") {
  CHECK(broken_rule(87, [] {
          auto* lock = static_cast<PKSPIN_LOCK>(allocate());
          *lock = 0;
          raise(*lock);
          IoCompleteRequest(nullptr, IO_NO_INCREMENT);
        }) == "");
}
TEST_CASE("87 ExAcquireFastMutex: a mutex that is taken twice is found") {
  CHECK(broken_rule(87, [] {
          FAST_MUTEX mutex;
          ExInitializeFastMutex(&mutex);
          ExAcquireFastMutex(&mutex);
          ExAcquireFastMutex(&mutex);
        }) == "");
}

// ---- 88 ----

TEST_CASE("88 KeWaitForSingleObject: a wait at DISPATCH_LEVEL is found, a look is not") {
  const auto wait = [](bool may_block) {
    KEVENT event;
    KeInitializeEvent(&event, NotificationEvent, TRUE);
    KSPIN_LOCK lock = 0;
    const KIRQL level = raise(lock);
    LARGE_INTEGER at_once = {};
    KeWaitForSingleObject(&event, Executive, KernelMode, FALSE, may_block ? nullptr : &at_once);
    KeReleaseSpinLock(&lock, level);
  };
  CHECK(broken_rule(
            88, [&] { wait(true); }, "DISPATCH_LEVEL") == "");
  Machine machine;
  run_driver([&] { wait(false); });
  CHECK(current_level() == PASSIVE_LEVEL);
}
TEST_CASE(
    "88 KeWaitForSingleObject: a stack that may be paged out while others write to it is found") {
  CHECK(broken_rule(
            88,
            [] {
              KEVENT event;
              KeInitializeEvent(&event, NotificationEvent, TRUE);
              KeWaitForSingleObject(&event, UserRequest, UserMode, FALSE, nullptr);
            },
            "stack") == "");
}
TEST_CASE("88 KeSetEvent: what is no event is found") {
  CHECK(broken_rule(88, [] {
          KEVENT event = {};
          KeSetEvent(&event, IO_NO_INCREMENT, FALSE);
        }) == "");
}

VOID NTAPI do_nothing(PKDPC, PVOID, PVOID, PVOID) {}
TEST_CASE("88 KeInsertQueueDpc: a DPC on a stack is found") {
  CHECK(broken_rule(
            88,
            [] {
              KDPC dpc;
              KeInitializeDpc(&dpc, do_nothing, nullptr);
              KeInsertQueueDpc(&dpc, nullptr, nullptr);
            },
            "lies on a stack") == "");
}

// ---- 89 ----

TEST_CASE("89 ExAllocatePoolWithTag: executable pool, no tag and no bytes are found") {
  CHECK(broken_rule(
            89, [] { ExAllocatePoolWithTag(NonPagedPool, 64, kTag); }, "type 0") == "");
  CHECK(broken_rule(
            89, [] { ExAllocatePoolWithTag(NonPagedPoolNx, 64, 0); }, "tag") == "");
  CHECK(broken_rule(
            89, [] { ExAllocatePoolWithTag(NonPagedPoolNx, 0, kTag); }, "no bytes") == "");
}
TEST_CASE("89 ExFreePoolWithTag: another tag, a second time and no block are found") {
  CHECK(broken_rule(
            89, [] { ExFreePoolWithTag(allocate(), 0x31323334); }, "'4321'") == "");
  CHECK(broken_rule(
            89,
            [] {
              void* block = allocate();
              ExFreePoolWithTag(block, kTag);
              ExFreePoolWithTag(block, kTag);
            },
            "freed twice") == "");
  CHECK(broken_rule(
            89, [] { ExFreePoolWithTag(static_cast<char*>(allocate()) + 16, kTag); },
            "no pool block") == "");
}
TEST_CASE("89 pool: one byte too many is found, at either end, when the block is freed") {
  for (const int offset : {-1, 64, 4096}) {
    CAPTURE(offset);
    const auto overrun = [offset] {
      auto* block = static_cast<volatile char*>(allocate(offset == 4096 ? 4096 : 64));
      // Past a sanitizer, which would see it here already.
      asm volatile("movb $1, (%0)" : : "r"(block + offset) : "memory");
      ExFreePoolWithTag(const_cast<char*>(block), kTag);
    };
    CHECK(broken_rule(89, overrun, "overwritten") == "");
  }
}
TEST_CASE("89 pool: a block that is written to after it was freed is found") {
  CHECK(expect_violation(
            89,
            [] {
              Machine machine;
              void* block = allocate();
              ExFreePoolWithTag(block, kTag);
              asm volatile("movb $1, (%0)" : : "r"(static_cast<char*>(block) + 8) : "memory");
              machine.kernel.check_nothing_left(8, "the test");
            },
            "written to after it was freed") == "");
}
TEST_CASE(
    "89 pool: with guard pages, reading past a block or a freed one is found where it happens") {
  KernelConfig config;
  config.guarded_pool = true;
  const auto read_at = [](std::size_t offset, bool is_freed) {
    char* block = static_cast<char*>(allocate());
    if (is_freed) ExFreePoolWithTag(block, kTag);
    char got = 0;
    asm volatile("movb (%1), %0" : "=r"(got) : "r"(block + offset) : "memory");
  };
  CHECK(broken_rule(
            89, [&] { read_at(64, false); }, "access", config) == "");
  CHECK(broken_rule(
            89, [&] { read_at(0, true); }, "access", config) == "");
}
TEST_CASE("89 MmBuildMdlForNonPagedPool: memory that is no pool is found") {
  CHECK(broken_rule(89, [] {
          char on_stack[64];
          MmBuildMdlForNonPagedPool(IoAllocateMdl(on_stack, 64, FALSE, FALSE, nullptr));
        }) == "");
}
TEST_CASE("89 ExInitializeNPagedLookasideList: executable pool is found") {
  CHECK(broken_rule(89, [] {
          auto* list = static_cast<NPAGED_LOOKASIDE_LIST*>(allocate(sizeof(NPAGED_LOOKASIDE_LIST)));
          ExInitializeNPagedLookasideList(list, nullptr, nullptr, 0, 64, kTag, 0);
        }) == "");
}

// ---- 90: what may fail fails, once, when it is told to ----

TEST_CASE("90 the n-th call that may fail: fails, and no other") {
  Machine machine;
  for (int nth = 0; nth < 3; ++nth) {
    machine.kernel.failures().fail_nth(nth);
    void* blocks[3] = {};
    run_driver([&] {
      for (void*& block : blocks) block = allocate();
    });
    CHECK(machine.kernel.failures().asked() == 3);
    CHECK(machine.kernel.failures().has_failed());
    for (int i = 0; i < 3; ++i) {
      CHECK((blocks[i] == nullptr) == (i == nth));
      if (blocks[i] != nullptr) ExFreePoolWithTag(blocks[i], kTag);
    }
  }
}

// ---- 91 ----

// A page for each call, which compilers may not fold into one.
[[gnu::noinline]] void use_stack(int pages) {
  char page[4000];
  page[0] = page[3999] = 1;
  asm volatile("" : : "r"(page) : "memory");
  if (pages > 0) use_stack(pages - 1);
  asm volatile("" : : "r"(page) : "memory");
}
TEST_CASE("91 stack: a driver that goes deeper than its pages is found") {
  CHECK(broken_rule(
            91, [] { use_stack(1000); }, "stack") == "");
}
TEST_CASE("91 stack: what a driver used is known, what the host does for it is not counted") {
  Machine machine;
  run_driver([] { allocate(); });
  const std::size_t little = deepest_stack();
  run_driver([] { use_stack(1); });
  CHECK(little < 4000);
  CHECK(deepest_stack() > 8000);
}

// ---- 92, 93 ----

TEST_CASE("92 pool: a block that is freed with a queued DPC in it is found") {
  CHECK(expect_violation(92, [] {
          Machine machine(seeded(1));
          const RaisedLevel raised;
          run_driver([] {
            auto* dpc = static_cast<PKDPC>(allocate(sizeof(KDPC)));
            KeInitializeDpc(dpc, do_nothing, nullptr);
            KeInsertQueueDpc(dpc, nullptr, nullptr);
            ExFreePoolWithTag(dpc, kTag);
          });
        }) == "");
}
TEST_CASE("92 KeInsertQueueDpc: a DPC that was never initialized is found") {
  CHECK(broken_rule(92, [] {
          KDPC dpc = {};
          KeInsertQueueDpc(&dpc, nullptr, nullptr);
        }) == "");
}
std::atomic<unsigned> ran_on{99};
VOID NTAPI note_processor(PKDPC, PVOID, PVOID, PVOID) {
  ran_on = KeGetCurrentProcessorNumberEx(nullptr);
}
TEST_CASE(
    "93 KeInsertQueueDpc: a processor that is not there yet is found, once added it is served") {
  KernelConfig config;
  config.processors = 1;
  config.max_processors = 2;
  const auto queue_there = [] {
    static KDPC dpc;
    KeInitializeDpc(&dpc, note_processor, nullptr);
    PROCESSOR_NUMBER number = {0, 1, 0};
    KeSetTargetProcessorDpcEx(&dpc, &number);
    KeInsertQueueDpc(&dpc, nullptr, nullptr);
  };
  CHECK(broken_rule(93, queue_there, "processor 1", config) == "");
  Machine machine(config);
  machine.kernel.add_processor();
  run_driver(queue_there);
  machine.kernel.flush_dpcs();
  CHECK(ran_on == 1);
}

// More than its share of the processor, however slow that is.
VOID NTAPI run_for_long(PKDPC, PVOID, PVOID, PVOID) {
  constexpr std::int64_t kTenths = 3;
  timespec begin = {}, now = {};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
  const std::int64_t ns = kTenths * 100'000'000 * (is_sanitized() ? 10 : 1);
  do {
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  } while ((now.tv_sec - begin.tv_sec) * 1'000'000'000 + now.tv_nsec - begin.tv_nsec < ns);
}
TEST_CASE("93 KDEFERRED_ROUTINE: a DPC that keeps its processor is found") {
  CHECK(broken_rule(
            93,
            [] {
              static KDPC dpc;
              KeInitializeDpc(&dpc, run_for_long, nullptr);
              KeInsertQueueDpc(&dpc, nullptr, nullptr);
              KeFlushQueuedDpcs();
            },
            "has used its processor") == "");
}

TEST_CASE("Bug check: what the driver said last is in the report") {
  CHECK(broken_rule(
            kBugCheck,
            [] {
              DbgPrintEx(DPFLTR_IHVNETWORK_ID, DPFLTR_ERROR_LEVEL, "port %u of %s is %ws\n", 7u,
                         "br0", u"gone");
              KeBugCheckEx(0x1234, 1, 2, 3, 4);
            },
            "port 7 of br0 is gone") == "");
}

}  // namespace
}  // namespace ovs::emulator::test

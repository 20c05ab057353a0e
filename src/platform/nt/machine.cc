#include "platform/nt/machine.h"

namespace ovs::platform::nt {
namespace {

// A waiter may look between the end of one round and the start of the next: it looks again after
// this long.
constexpr LONGLONG kLookAgain100ns = -10 * 10'000;

}  // namespace

constinit Machine* machine = nullptr;

Result<Owned<Machine>> Machine::create() {
  const ULONG count = KeQueryMaximumProcessorCountEx(ALL_PROCESSOR_GROUPS);
  OVS_TRY(auto processors, try_make_array<Processor>(count, kTag));
  return try_make<Machine>(std::move(processors));
}

Machine::Machine(OwnedArray<Processor> processors) : processors_(std::move(processors)) {
  KeInitializeEvent(&over_, NotificationEvent, TRUE);
  ULONG index = 0;
  for (Processor& processor : processors_) {
    KeInitializeDpc(&processor.dpc, run_dpc, this);
    // What waits for a grace period waits for the slowest processor: interrupt it.
    KeSetImportanceDpc(&processor.dpc, HighImportance);
    PROCESSOR_NUMBER number = {};
    if (NT_SUCCESS(KeGetProcessorNumberFromIndex(index++, &number))) {
      KeSetTargetProcessorDpcEx(&processor.dpc, &number);
    }
  }
}

Machine::~Machine() {
  wait(requested_, Passive::here());
  KeFlushQueuedDpcs();
}

void Machine::note_acquired(LockRank rank) {
  Processor& here = processors_[KeGetCurrentProcessorNumberEx(nullptr)];
  // Locks are taken in increasing order of rank: the last one held has the highest.
  OVS_ASSERT(here.held_count == 0 || here.held[here.held_count - 1] < rank);
  OVS_ASSERT(here.held_count < Processor::kMaxLocksHeld);
  here.held[here.held_count++] = rank;
}

void Machine::note_released(LockRank rank) {
  Processor& here = processors_[KeGetCurrentProcessorNumberEx(nullptr)];
  unsigned at = here.held_count;
  while (at > 0 && here.held[at - 1] != rank) --at;
  OVS_ASSERT(at > 0);
  for (; at < here.held_count; ++at) here.held[at - 1] = here.held[at];
  --here.held_count;
}

std::uint64_t Machine::start_period() {
  const KIRQL level = KeAcquireSpinLockRaiseToDpc(&lock_);
  const std::uint64_t period = ++requested_;
  if (outstanding_.load(Order::Relaxed) == 0) begin_round();
  KeReleaseSpinLock(&lock_, level);
  return period;
}

// Under lock_, with no round running. A processor that is added from now on has no reader of
// before.
void Machine::begin_round() {
  const ULONG active = KeQueryActiveProcessorCountEx(ALL_PROCESSOR_GROUPS);
  OVS_ASSERT(active > 0 && active <= processors_.count());
  round_ = requested_;
  KeClearEvent(&over_);
  outstanding_.store(active, Order::Relaxed);
  for (ULONG i = 0; i < active; ++i) KeInsertQueueDpc(&processors_[i].dpc, nullptr, nullptr);
}

VOID NTAPI Machine::run_dpc(PKDPC, PVOID context, PVOID, PVOID) {
  static_cast<Machine*>(context)->leave_round();
}

void Machine::leave_round() {
  KeAcquireSpinLockAtDpcLevel(&lock_);
  if (outstanding_.fetch_sub(1, Order::AcquireRelease) == 1) {
    completed_.store(round_, Order::Release);
    KeSetEvent(&over_, IO_NO_INCREMENT, FALSE);
    if (requested_ > round_) begin_round();
  }
  KeReleaseSpinLockFromDpcLevel(&lock_);
}

void Machine::wait(std::uint64_t period, Passive) {
  LARGE_INTEGER timeout;
  timeout.QuadPart = kLookAgain100ns;
  while (!is_over(period)) KeWaitForSingleObject(&over_, Executive, KernelMode, FALSE, &timeout);
}

}  // namespace ovs::platform::nt

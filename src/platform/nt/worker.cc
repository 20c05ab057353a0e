#include "platform/nt/worker.h"

namespace ovs::platform::nt {
namespace {

// Whoever waits for an item to end may look between two items: it looks again after this long.
constexpr LONGLONG kLookAgain100ns = -10 * 10'000;
constexpr std::uint64_t kNsPer100ns = 100;

}  // namespace

SystemThreadWorker::SystemThreadWorker(const Clock& clock) : clock_(clock) {
  KeInitializeEvent(&changed_, SynchronizationEvent, FALSE);
  KeInitializeEvent(&finished_, NotificationEvent, TRUE);
}

Result<Owned<SystemThreadWorker>> SystemThreadWorker::create(const Clock& clock) {
  OVS_TRY(auto worker, try_make<SystemThreadWorker>(clock));
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE handle = nullptr;
  const NTSTATUS status = PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, nullptr,
                                               nullptr, thread_main, worker.raw());
  if (!NT_SUCCESS(status)) return Error::Io;
  // A handle that was just made, for any type: it cannot fail.
  const NTSTATUS referenced = ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, nullptr,
                                                        KernelMode, &worker->thread_, nullptr);
  OVS_ASSERT(NT_SUCCESS(referenced));
  ZwClose(handle);
  return worker;
}

SystemThreadWorker::~SystemThreadWorker() {
  if (thread_ == nullptr) return;
  state_.with([](State& state) {
    OVS_ASSERT(state.queue.empty());
    state.stopping = true;
  });
  KeSetEvent(&changed_, IO_NO_INCREMENT, FALSE);
  KeWaitForSingleObject(thread_, Executive, KernelMode, FALSE, nullptr);
  ObDereferenceObject(thread_);
}

void SystemThreadWorker::submit_after(WorkItem& item, std::uint64_t delay_ms) {
  const std::uint64_t due_ns = clock_.now_ns() + delay_ms * 1'000'000;
  state_.with([&](State& state) { state.queue.insert(item, due_ns); });
  KeSetEvent(&changed_, IO_NO_INCREMENT, FALSE);
}

void SystemThreadWorker::cancel(WorkItem& item, Passive) {
  LARGE_INTEGER timeout;
  timeout.QuadPart = kLookAgain100ns;
  // An item that is running may queue itself again, so it is taken out when it has ended.
  while (!state_.with([&](State& state) {
    if (state.running == &item) return false;
    state.queue.remove(item);
    return true;
  })) {
    KeWaitForSingleObject(&finished_, Executive, KernelMode, FALSE, &timeout);
  }
}

VOID NTAPI SystemThreadWorker::thread_main(PVOID context) {
  static_cast<SystemThreadWorker*>(context)->run_until_stopped();
  PsTerminateSystemThread(STATUS_SUCCESS);
}

void SystemThreadWorker::run_until_stopped() {
  for (;;) {
    const Next next = take();
    if (next.item != nullptr) {
      next.item->run(Passive::here());
      finish();
      continue;
    }
    if (next.stopping) return;
    LARGE_INTEGER timeout;
    timeout.QuadPart = -LONGLONG(next.wait_ns / kNsPer100ns) - 1;
    KeWaitForSingleObject(&changed_, Executive, KernelMode, FALSE,
                          next.wait_ns > 0 ? &timeout : nullptr);
  }
}

SystemThreadWorker::Next SystemThreadWorker::take() {
  const std::uint64_t now = clock_.now_ns();
  return state_.with([&](State& state) {
    Next next;
    next.stopping = state.stopping;
    next.item = state.queue.take_due(now);
    state.running = next.item;
    if (next.item != nullptr) {
      KeClearEvent(&finished_);
    } else if (!state.queue.empty()) {
      next.wait_ns = state.queue.next_due_ns() - now;
    }
    return next;
  });
}

void SystemThreadWorker::finish() {
  state_.with([](State& state) { state.running = nullptr; });
  KeSetEvent(&finished_, IO_NO_INCREMENT, FALSE);
}

}  // namespace ovs::platform::nt

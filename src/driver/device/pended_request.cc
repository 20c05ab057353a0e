#include "driver/device/pended_request.h"

#include "driver/device/open_file.h"
#include "driver/status.h"

namespace ovs::driver {

// ---- completions -------------------------------------------------------------------------------

Completions::Completions() {
  KeInitializeDpc(&dpc_, run, this);
}

Completions::~Completions() {
  KeFlushQueuedDpcs();
  OVS_ASSERT(first_.load(Order::Relaxed) == nullptr);
}

void Completions::add(PendedRequest& request) {
  PendedRequest* first = first_.load(Order::Relaxed);
  do {
    request.next_ = first;
  } while (!first_.compare_exchange(first, &request, Order::Release));
  KeInsertQueueDpc(&dpc_, nullptr, nullptr);
}

VOID NTAPI Completions::run(PKDPC, PVOID context, PVOID, PVOID) {
  auto& completions = *static_cast<Completions*>(context);
  PendedRequest* request = completions.first_.exchange(nullptr, Order::Acquire);
  while (request != nullptr) {
    PendedRequest* const next = request->next_;
    request->finish();
    request = next;
  }
}

// ---- one request -------------------------------------------------------------------------------

void PendedRequest::start() {
  IoMarkIrpPending(&irp_);
  irp_.Tail.Overlay.DriverContext[0] = this;
  IoSetCancelRoutine(&irp_, cancel_routine);
  const bool came_cancelled = __atomic_load_n(&irp_.Cancel, __ATOMIC_SEQ_CST) != FALSE;
  if (came_cancelled && IoSetCancelRoutine(&irp_, nullptr) != nullptr) {
    release();  // the cancel routine's: it never runs
    completed(Error::Cancelled);
    return release();
  }
  from_.session.submit(*this);
  // Cancelled before the engine had it.
  if (is_cancelled()) from_.session.cancel(*this);
  release();
}

void PendedRequest::cancel() {
  cancelled_.store(true, Order::Sequential);
  from_.session.cancel(*this);
}

// The cancel lock is held. The IRP cannot go while this has its reference.
VOID NTAPI PendedRequest::cancel_routine(PDEVICE_OBJECT, PIRP irp) {
  auto& request = *static_cast<PendedRequest*>(irp->Tail.Overlay.DriverContext[0]);
  IoReleaseCancelSpinLock(irp->CancelIrql);
  request.cancel();
  request.release();
}

void PendedRequest::completed(Result<std::size_t> outcome) {
  OVS_ASSERT(!outcome || *outcome == 0);
  status_ = outcome ? STATUS_SUCCESS : to_status(outcome.error());
  from_.completions.add(*this);
}

// A request whose cancel routine was called ends as cancelled, though what it waited for has come:
// that waits for the next one.
void PendedRequest::finish() {
  if (IoSetCancelRoutine(&irp_, nullptr) != nullptr) {
    release();
  } else {
    status_ = STATUS_CANCELLED;
  }
  release();
}

bool PendedRequest::try_hold() {
  std::uint32_t count = references_.load(Order::Relaxed);
  while (count != 0) {
    if (references_.compare_exchange(count, count + 1, Order::Relaxed)) return true;
  }
  return false;
}

void PendedRequest::release() {
  if (references_.fetch_sub(1, Order::AcquireRelease) != 1) return;
  irp_.IoStatus.Status = status_;
  irp_.IoStatus.Information = 0;
  IoCompleteRequest(&irp_, IO_NO_INCREMENT);
  from_.file.ended(Owned<PendedRequest>::adopt(this));
}

}  // namespace ovs::driver

// Requests that stay: WRITEs that wait for an event or an upcall, each an IRP that is complete when
// the engine, its canceller and whoever submitted it have let go of it. The engine completes them
// from the packet path, so IRPs are completed by a DPC, where no lock is held.
#pragma once
#include <ntddk.h>

#include "base/containers/list.h"
#include "base/core/atomic.h"
#include "platform/api/device.h"
#include "platform/api/lock.h"
#include "platform/api/memory.h"

namespace ovs::driver {

class OpenFile;
class PendedRequest;

// Where requests wait for the DPC that ends them. One for the device.
class Completions {
 public:
  Completions();
  Completions(const Completions&) = delete;
  // Every file is closed.
  ~Completions();

  // Any level up to DISPATCH_LEVEL, any lock held.
  void add(PendedRequest& request);

 private:
  static KDEFERRED_ROUTINE run;

  KDPC dpc_;
  Atomic<PendedRequest*> first_{nullptr};
};

class PendedRequest final : public platform::DeviceRequest, public ListLink<> {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsI");

  struct Origin {
    OpenFile& file;
    platform::DeviceHandle& session;
    Completions& completions;
  };
  // `input` is read by start() alone.
  PendedRequest(const Origin& from, IRP& irp, Bytes input)
      : DeviceRequest(platform::DeviceControl::Write, input, MutableBytes()),
        from_(from),
        irp_(irp) {}

  // Hands it over to the engine; the IRP is pending from now on, and the request its own owner.
  void start();
  // Ends it if the engine still has it. The caller holds a reference, and no lock.
  void cancel();
  // False: it is ending.
  bool try_hold();
  // The last one completes the IRP and ends the request.
  void release();
  bool is_cancelled() const { return cancelled_.load(Order::Sequential); }

  void completed(Result<std::size_t> outcome) override;

 private:
  friend class Completions;
  // Its completion, its cancel routine, and start() itself.
  static constexpr std::uint32_t kReferences = 3;

  static DRIVER_CANCEL cancel_routine;
  void finish();

  const Origin from_;
  IRP& irp_;
  PendedRequest* next_ = nullptr;  // of Completions
  NTSTATUS status_ = STATUS_CANCELLED;
  Atomic<std::uint32_t> references_{kReferences};
  Atomic<bool> cancelled_{false};
};

}  // namespace ovs::driver

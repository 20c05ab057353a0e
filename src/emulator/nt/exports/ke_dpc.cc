// Ke: deferred procedure calls and processors.
#include "emulator/nt/callback.h"
#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr UCHAR kDpcObject = 19;     // a KDPC's type
constexpr USHORT kTargeted = 0x100;  // Number: a processor was chosen
constexpr unsigned kGroupSize = 64;
constexpr const char* kCallbackKind = "processor callback";

void check_dpc(const KDPC* dpc) {
  if (dpc->Type != kDpcObject)
    violate(92, "what is used as a DPC at " + text_of(dpc) + " was never initialized, or is gone");
}

void initialize_dpc(PRKDPC dpc, PKDEFERRED_ROUTINE routine, PVOID context) {
  {
    const KernelLock lock = parts().scheduler.lock();
    if (parts().processors.find_dpc(dpc, 1) != nullptr)
      violate(92, "DPC " + text_of(dpc) + " is initialized while it is queued or runs");
  }
  *dpc = {};
  dpc->Type = kDpcObject;
  dpc->Importance = MediumImportance;
  dpc->DeferredRoutine = routine;
  dpc->DeferredContext = context;
}

// STATUS_INVALID_PARAMETER where there is none such.
NTSTATUS index_of(const PROCESSOR_NUMBER& number, unsigned& index) {
  index = number.Group * kGroupSize + number.Number;
  const bool is_valid =
      number.Number < kGroupSize && number.Reserved == 0 && index < parts().processors.most();
  return is_valid ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

NTSTATUS set_target_processor(PKDPC dpc, PPROCESSOR_NUMBER number) {
  check_dpc(dpc);
  unsigned index = 0;
  const NTSTATUS status = index_of(*number, index);
  if (NT_SUCCESS(status)) dpc->Number = static_cast<USHORT>(kTargeted + index);
  return status;
}

void set_importance(PRKDPC dpc, KDPC_IMPORTANCE importance) {
  check_dpc(dpc);
  dpc->Importance = static_cast<UCHAR>(importance);
}

BOOLEAN insert_dpc(PRKDPC dpc, PVOID first, PVOID second) {
  check_dpc(dpc);
  check_not_on_stack(dpc, "a DPC");
  Processors& processors = parts().processors;
  const unsigned here = processors.of(Thread::current());
  const unsigned index = dpc->Number >= kTargeted ? dpc->Number - kTargeted : here;
  if (index >= processors.active())
    violate(93,
            "a DPC is queued for processor " + std::to_string(index) + ", which is not there yet");
  const KernelLock lock = parts().scheduler.lock();
  if (dpc->DpcData != nullptr) return FALSE;
  dpc->SystemArgument1 = first;
  dpc->SystemArgument2 = second;
  dpc->DpcData = &processors.at(index);
  processors.at(index).queue(dpc);
  return TRUE;
}

BOOLEAN remove_dpc(PRKDPC dpc) {
  check_dpc(dpc);
  const KernelLock lock = parts().scheduler.lock();
  if (dpc->DpcData == nullptr) return FALSE;
  static_cast<Processor*>(dpc->DpcData)->remove(dpc);
  dpc->DpcData = nullptr;
  return TRUE;
}

void flush_dpcs() {
  Scheduler& scheduler = parts().scheduler;
  KernelLock lock = scheduler.lock();
  scheduler.wait(lock, [] { return parts().processors.are_idle(); }, {});
}

// ---- processors ----

void check_group(USHORT group) {
  const unsigned groups = (parts().processors.most() + kGroupSize - 1) / kGroupSize;
  if (group != ALL_PROCESSOR_GROUPS && group >= groups)
    violate(93, "there is no processor group " + std::to_string(group));
}

ULONG in_group(unsigned count, USHORT group) {
  if (group == ALL_PROCESSOR_GROUPS) return count;
  const unsigned before = group * kGroupSize;
  return count <= before ? 0 : std::min(count - before, kGroupSize);
}

ULONG active_processor_count(USHORT group) {
  check_group(group);
  return in_group(parts().processors.active(), group);
}

ULONG maximum_processor_count(USHORT group) {
  check_group(group);
  return in_group(parts().processors.most(), group);
}

PROCESSOR_NUMBER number_of(unsigned index) {
  return {static_cast<USHORT>(index / kGroupSize), static_cast<UCHAR>(index % kGroupSize), 0};
}

ULONG current_processor_number(PPROCESSOR_NUMBER number) {
  const unsigned index = parts().processors.of(Thread::current());
  if (number != nullptr) *number = number_of(index);
  return index;
}

NTSTATUS processor_number(ULONG index, PPROCESSOR_NUMBER number) {
  if (index >= parts().processors.most()) return STATUS_INVALID_PARAMETER;
  *number = number_of(index);
  return STATUS_SUCCESS;
}

NTSTATUS tell(const ProcessorCallback& callback, KE_PROCESSOR_CHANGE_NOTIFY_STATE state,
              unsigned index) {
  KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change = {state, index, STATUS_SUCCESS, number_of(index)};
  NTSTATUS status = STATUS_SUCCESS;
  call_driver("PROCESSOR_CALLBACK_FUNCTION", callback.function, callback.context, &change, &status);
  return status;
}

PVOID register_processor_callback(PPROCESSOR_CALLBACK_FUNCTION function, PVOID context,
                                  ULONG flags) {
  if (fails_now()) return nullptr;
  PVOID handle = nullptr;
  const ProcessorCallback callback{function, context};
  {
    const KernelLock lock = parts().scheduler.lock();
    handle = reinterpret_cast<PVOID>(parts().next_registration++ << 8);
    parts().processor_callbacks[handle] = callback;
  }
  parts().live.add(kCallbackKind, handle, {});
  if ((flags & KE_PROCESSOR_CHANGE_ADD_EXISTING) == 0) return handle;
  for (unsigned i = 0; i < parts().processors.active(); ++i) {
    tell(callback, KeProcessorAddStartNotify, i);
    tell(callback, KeProcessorAddCompleteNotify, i);
  }
  return handle;
}

void deregister_processor_callback(PVOID handle) {
  if (!parts().live.remove(kCallbackKind, handle))
    violate(8, "processor callback " + text_of(handle) + " is deregistered, and is not registered");
  const KernelLock lock = parts().scheduler.lock();
  parts().processor_callbacks.erase(handle);
}

}  // namespace

void Kernel::add_processor() {
  const unsigned index = parts_->processors.active();
  if (index >= parts_->processors.most())
    violate(93, "the kernel was made for no more than " + std::to_string(index) + " processors");
  std::map<PVOID, ProcessorCallback> callbacks;
  {
    const KernelLock lock = parts_->scheduler.lock();
    callbacks = parts_->processor_callbacks;
  }
  bool is_refused = false;
  for (const auto& [handle, callback] : callbacks) {
    if (!NT_SUCCESS(tell(callback, KeProcessorAddStartNotify, index))) is_refused = true;
  }
  if (!is_refused) parts_->processors.add();
  for (const auto& [handle, callback] : callbacks) {
    tell(callback, is_refused ? KeProcessorAddFailureNotify : KeProcessorAddCompleteNotify, index);
  }
}

void add_ke_dpcs(Exports& exports) {
  constexpr unsigned kServer2008R2 = 0x0601;
  exports.add<initialize_dpc>("KeInitializeDpc", kAnyLevel);
  exports.add<set_target_processor>("KeSetTargetProcessorDpcEx", kAnyLevel, SpinLocks::MayBeHeld,
                                    kServer2008R2);
  exports.add<set_importance>("KeSetImportanceDpc", kAnyLevel);
  exports.add<insert_dpc>("KeInsertQueueDpc", kAnyLevel);
  exports.add<remove_dpc>("KeRemoveQueueDpc", kAnyLevel);
  exports.add<flush_dpcs>("KeFlushQueuedDpcs", kPassive);
  exports.add<active_processor_count>("KeQueryActiveProcessorCountEx", kAnyLevel,
                                      SpinLocks::MayBeHeld, kServer2008R2);
  exports.add<maximum_processor_count>("KeQueryMaximumProcessorCountEx", kAnyLevel,
                                       SpinLocks::MayBeHeld, kServer2008R2);
  exports.add<current_processor_number>("KeGetCurrentProcessorNumberEx", kAnyLevel,
                                        SpinLocks::MayBeHeld, kServer2008R2);
  exports.add<processor_number>("KeGetProcessorNumberFromIndex", kAnyLevel, SpinLocks::MayBeHeld,
                                kServer2008R2);
  exports.add<register_processor_callback>("KeRegisterProcessorChangeCallback", kUpToApc,
                                           SpinLocks::None);
  exports.add<deregister_processor_callback>("KeDeregisterProcessorChangeCallback", kUpToApc,
                                             SpinLocks::None);
}

}  // namespace ovs::emulator

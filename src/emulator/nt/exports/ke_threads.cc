// Ps, Ob and Zw where they concern threads; Ke: time, and the end of the machine.
#include "emulator/nt/parts.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr LONGLONG kTicksPerSecond = 10'000'000;  // as Windows has it under Hyper-V
constexpr LONGLONG k100nsFrom1601To1970 = 116'444'736'000'000'000;

NTSTATUS create_system_thread(PHANDLE handle, ULONG, POBJECT_ATTRIBUTES attributes, HANDLE process,
                              PCLIENT_ID, PKSTART_ROUTINE start, PVOID context) {
  const bool is_of_kernel =
      attributes != nullptr && (attributes->Attributes & OBJ_KERNEL_HANDLE) != 0;
  if (!is_of_kernel)
    violate(88, "a system thread without OBJ_KERNEL_HANDLE: the handle would be the program's");
  if (process != nullptr) violate(88, "a system thread in a program's process");
  if (fails_now()) return STATUS_INSUFFICIENT_RESOURCES;
  *handle = parts().threads.create(start, context);
  return STATUS_SUCCESS;
}

NTSTATUS reference_by_handle(HANDLE handle, ACCESS_MASK, POBJECT_TYPE, KPROCESSOR_MODE mode,
                             PVOID* object, POBJECT_HANDLE_INFORMATION) {
  SystemThread* thread = parts().threads.reference(handle);
  if (thread == nullptr && mode == KernelMode) violate(8, "there is no handle " + text_of(handle));
  if (thread == nullptr) return STATUS_INVALID_HANDLE;
  *object = thread;
  return STATUS_SUCCESS;
}

LONG_PTR dereference(PVOID object) {
  return parts().threads.dereference(object);
}

NTSTATUS close_handle(HANDLE handle) {
  if (!parts().threads.close(handle)) violate(8, "there is no handle " + text_of(handle));
  return STATUS_SUCCESS;
}

// Does not go on in the driver: it leaves this stack from the host's.
NTSTATUS terminate_thread(NTSTATUS) {
  parts().threads.terminate_current();
  return STATUS_UNSUCCESSFUL;
}

LARGE_INTEGER performance_counter(PLARGE_INTEGER frequency) {
  if (frequency != nullptr) frequency->QuadPart = kTicksPerSecond;
  LARGE_INTEGER now;
  now.QuadPart = LONGLONG(parts().scheduler.now_ns() / 100);
  return now;
}

void system_time(PLARGE_INTEGER now) {
  now->QuadPart = LONGLONG(parts().scheduler.wall_ms()) * 10'000 + k100nsFrom1601To1970;
}

void bug_check(ULONG code, ULONG_PTR first, ULONG_PTR second, ULONG_PTR third, ULONG_PTR fourth) {
  std::string text = hex_text(code);
  for (const ULONG_PTR each : {first, second, third, fourth}) text += ", " + hex_text(each);
  const auto said = Kernel::current().messages();
  if (!said.empty()) text += "; the driver last said: " + said.back();
  violate(kBugCheck, text);
}

}  // namespace

void add_ke_threads(Exports& exports) {
  exports.add<create_system_thread>("PsCreateSystemThread", kPassive, SpinLocks::None);
  exports.add<terminate_thread>("PsTerminateSystemThread", kPassive);
  exports.add<reference_by_handle>("ObReferenceObjectByHandle", kPassive);
  exports.add<dereference>("ObfDereferenceObject", kUpToDispatch);
  exports.add<close_handle>("ZwClose", kPassive);
  exports.add<system_time>("KeQuerySystemTimePrecise", kAnyLevel, SpinLocks::MayBeHeld, 0x0602);
  exports.add<bug_check>("KeBugCheckEx", kAnyLevel);
}

void add_hal(Exports& exports) {
  exports.add<performance_counter>("KeQueryPerformanceCounter", kAnyLevel);
}

}  // namespace ovs::emulator

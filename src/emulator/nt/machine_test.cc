#include "emulator/nt/machine_test.h"

namespace ovs::emulator::test {
namespace {

VOID NTAPI run_routine(PVOID body) {
  (*static_cast<FunctionRef<void()>*>(body))();
}

}  // namespace

void run_driver(FunctionRef<void()> body) {
  call_driver("TEST_ROUTINE", run_routine, &body);
}

std::string broken_rule(int rule, const std::function<void()>& body, std::string_view words,
                        const KernelConfig& config) {
  return expect_violation(
      rule,
      [&] {
        Machine machine(config);
        run_driver(body);
      },
      words);
}

PVOID start_thread(PKSTART_ROUTINE start, PVOID context) {
  OBJECT_ATTRIBUTES attributes;
  InitializeObjectAttributes(&attributes, nullptr, OBJ_KERNEL_HANDLE, nullptr, nullptr);
  HANDLE handle = nullptr;
  REQUIRE(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, &attributes, nullptr, nullptr, start,
                               context) == STATUS_SUCCESS);
  PVOID thread = nullptr;
  REQUIRE(ObReferenceObjectByHandle(handle, THREAD_ALL_ACCESS, nullptr, KernelMode, &thread,
                                    nullptr) == STATUS_SUCCESS);
  REQUIRE(ZwClose(handle) == STATUS_SUCCESS);
  return thread;
}

void end_thread(PVOID thread) {
  CHECK(KeWaitForSingleObject(thread, Executive, KernelMode, FALSE, nullptr) == STATUS_SUCCESS);
  ObDereferenceObject(thread);
}

}  // namespace ovs::emulator::test

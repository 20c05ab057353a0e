// The emulated kernel: what it does for drivers that keep the rules, and that it finds each way of
// breaking them. The drivers are functions of this file, called as the host calls drivers.
#include <doctest/doctest.h>

#include <atomic>
#include <thread>

#include "emulator/nt/callback.h"
#include "emulator/nt/driver.h"
#include "emulator/nt/kernel.h"
#include "emulator/nt/processor.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

// The kernel, as an image's import table would see it.
struct Machine {
  explicit Machine(const KernelConfig& config = {}) : kernel(config) {
    kernel.add_functions(imports);
  }
  template <class F>
  F* function(const char* name) {
    void* found = imports.find("ntoskrnl.exe", name);
    REQUIRE(found != nullptr);
    return reinterpret_cast<F*>(found);
  }
  Kernel kernel;
  ImportTable imports;
};

TEST_CASE(
    "Kernel: a DPC runs on its processor, and not while a thread is at DISPATCH_LEVEL there") {
  Machine machine;
  machine.kernel.sleep_ms(1);
}

}  // namespace
}  // namespace ovs::emulator

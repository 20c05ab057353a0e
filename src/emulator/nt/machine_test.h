// A kernel for tests, whose functions the test calls by their names, as a driver does: imports of
// this folder's tests are slots, as in the driver's ELF image.
#pragma once
#include <doctest/doctest.h>
#include <nt_imports.h>

#include <functional>

#include "emulator/nt/callback.h"
#include "emulator/nt/driver.h"
#include "emulator/nt/io/devices.h"
#include "emulator/nt/kernel.h"
#include "emulator/nt/schedule/processor.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator::test {

inline constexpr ULONG kTag = 0x74736574;  // 'test'

class Machine {
 public:
  explicit Machine(const KernelConfig& config = {}) : kernel(config) {
    kernel.add_functions(imports);
    for (const NtImport* row = nt_imports; row->name != nullptr; ++row) {
      *row->slot = imports.find(row->module, row->name);
    }
  }
  Kernel kernel;
  ImportTable imports;
};

// Runs `body` as a driver's callback, on its kernel stack.
void run_driver(FunctionRef<void()> body);

// `body` breaks `rule` when a driver does it.
std::string broken_rule(int rule, const std::function<void()>& body, std::string_view words = {},
                        const KernelConfig& config = {});

inline KernelConfig seeded(std::uint64_t seed) {
  KernelConfig config;
  config.seed = seed;
  return config;
}

// A system thread: its handle has been exchanged for a reference.
PVOID start_thread(PKSTART_ROUTINE start, PVOID context);
// Waits for its end, and lets go of it.
void end_thread(PVOID thread);

}  // namespace ovs::emulator::test

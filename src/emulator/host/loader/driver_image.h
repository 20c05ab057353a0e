// A driver in this process: openvswitch.sys mapped as Windows' kernel would map it, or the same
// source as a shared object. Whoever plays the kernel gives an ImportTable, and calls entry() as
// the kernel calls DriverEntry. Knows nothing of what the driver does. Called by the emulated host.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "emulator/sdk/ntddk.h"

namespace ovs::emulator {

// What the emulated kernel exports: functions in Windows' calling convention, by module and name.
// Modules are compared without case, as Windows does.
class ImportTable {
 public:
  template <class Result, class... Args>
  void add(std::string_view module, std::string_view name, Result(NTAPI* function)(Args...)) {
    add_address(module, name, reinterpret_cast<void*>(function));
  }
  void add_address(std::string_view module, std::string_view name, void* address);
  // Null if the module has no such function.
  void* find(std::string_view module, std::string_view name) const;
  void remove(std::string_view module, std::string_view name);

 private:
  std::map<std::string, void*, std::less<>> functions_;
};

// Why a driver was not loaded, in words that name the rule or the function.
struct LoadError {
  std::string text;
};

// An indirect call inside an image to an address that is no function of it. By default ends the
// process.
using GuardViolation = void (*)(const class DriverImage& image, std::uint64_t target);

class DriverImage {
 public:
  DriverImage() = default;
  DriverImage(const DriverImage&) = delete;
  DriverImage& operator=(const DriverImage&) = delete;
  // Nothing of the driver runs any more, and nobody keeps a pointer to it.
  virtual ~DriverImage() = default;

  virtual DRIVER_INITIALIZE* entry() const = 0;
  // For DRIVER_OBJECT and for reports.
  virtual void* base() const = 0;
  virtual std::size_t size() const = 0;
  // "openvswitch.sys+0x1234", or nothing where `address` is not in the image.
  std::string describe(const void* address) const;

 protected:
  virtual std::string_view file_name() const = 0;
};

// Whether the indirect calls of an image that has guards go by a check; without, they go as they do
// where no kernel enforces them.
enum class CallGuards : bool { Off, On };

// By what the file is. Each load is an instance of its own, with its own variables, however often
// the file is loaded.
Result<std::unique_ptr<DriverImage>, LoadError> load_driver(const std::string& path,
                                                            const ImportTable& imports,
                                                            CallGuards guards = CallGuards::On);

}  // namespace ovs::emulator

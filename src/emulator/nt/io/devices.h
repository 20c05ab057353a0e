// The I/O manager: device objects that drivers make, handles that programs open on them, and the
// requests between the two, with their checks (94-98). Called by emulator/ndis for
// NdisRegisterDeviceEx, and by the host for whoever opens the device.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/span.h"
#include "base/core/result.h"
#include "emulator/sdk/ntddk.h"

namespace ovs::emulator {

struct DeviceSpec {
  PDRIVER_OBJECT driver = nullptr;
  std::string name, link;                       // "\Device\X", "\DosDevices\X"
  std::string access;                           // SDDL; must not open the device to everybody (94)
  const PDRIVER_DISPATCH* functions = nullptr;  // IRP_MJ_MAXIMUM_FUNCTION + 1, copied
  std::size_t extension_size = 0;
};
// PASSIVE_LEVEL. STATUS_OBJECT_NAME_COLLISION, STATUS_INSUFFICIENT_RESOURCES.
Result<PDEVICE_OBJECT, NTSTATUS> create_device(const DeviceSpec& spec);
// No new handles; lives until the last is closed.
void delete_device(PDEVICE_OBJECT device);
// Null if there is none of that link or name.
PDEVICE_OBJECT find_device(std::string_view name);

// What a request ended with.
struct IoAnswer {
  NTSTATUS status = STATUS_SUCCESS;
  std::vector<std::uint8_t> output;  // as many bytes as Information says
};

// One open handle, as a program has it. Any thread at PASSIVE_LEVEL; several requests at a time.
class FileHandle {
 public:
  static Result<std::unique_ptr<FileHandle>, NTSTATUS> open(PDEVICE_OBJECT device);
  FileHandle(const FileHandle&) = delete;
  // Closes.
  ~FileHandle();

  using Done = std::function<void(IoAnswer)>;
  // `done` is called once, on any thread, perhaps before this returns. The number is for cancel().
  std::uint64_t submit(ULONG code, Bytes input, std::size_t capacity, Done done);
  // Waits for the answer.
  IoAnswer control(ULONG code, Bytes input, std::size_t capacity);
  // Nothing happens if the request has ended.
  void cancel(std::uint64_t request);
  // Every request under way, as CancelIoEx does where none is named: also those that a thread is
  // about to bring to the driver.
  void cancel_all();
  // IRP_MJ_CLEANUP, then IRP_MJ_CLOSE. Every request has ended when it returns.
  void close();

  struct Parts;

 private:
  explicit FileHandle(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ovs::emulator

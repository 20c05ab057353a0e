// The driver's control device as other processes reach it: what DeviceServer asks of a
// platform::Device becomes requests of the emulated I/O manager, as CreateFile, DeviceIoControl,
// CancelIoEx and CloseHandle make them. Knows no netlink.
#pragma once
#include <string>

#include "emulator/sdk/ntddk.h"
#include "platform/api/device.h"

namespace ovs::emulator {

class IrpDevice final : public platform::Device {
 public:
  // `name`: the link by which programs know it, "\DosDevices\OpenvSwitchDevice". The device need
  // not be there yet, and may go.
  explicit IrpDevice(std::string name) : name_(std::move(name)) {}

  Result<platform::OpenDevice> open() override;

 private:
  class Handle;
  std::string name_;
};

// What a status of the driver's means to who asked it. For those that are a failure.
Error error_of(NTSTATUS status);

}  // namespace ovs::emulator

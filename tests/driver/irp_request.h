// Requests of the I/O manager as a test makes them, for a device that a driver registered: buffers
// by transfer method, with bytes around them that nobody may touch.
#pragma once
#include <vector>

#include "emulator/host/loader/tiny_kernel_test.h"
#include "platform/api/device.h"

namespace ovs::tests {

class IrpRequest {
 public:
  IrpRequest(emulator::test::Device& device, FILE_OBJECT& file, UCHAR function);
  IrpRequest(emulator::test::Device& device, FILE_OBJECT& file, ULONG control_code, Bytes input,
             std::size_t output_size);
  IrpRequest(const IrpRequest&) = delete;

  // The dispatch function's answer. Checks that it is what the request says of itself.
  NTSTATUS send();
  bool is_complete() const;
  // Waits, at most some seconds.
  NTSTATUS wait() const;
  void cancel();
  IRP& irp() { return irp_; }
  std::size_t size() const { return irp_.IoStatus.Information; }
  // What lies in the output buffer, Information bytes of it.
  Bytes output() const;

 private:
  emulator::test::Device& device_;
  IRP irp_ = {};
  IO_STACK_LOCATION location_ = {};
  MDL mdl_ = {};
  std::vector<std::uint8_t> system_, direct_;
};

// An open handle; its end is CLEANUP and CLOSE.
class IrpFile {
 public:
  explicit IrpFile(emulator::test::Device& device);
  IrpFile(const IrpFile&) = delete;
  ~IrpFile();

  void cleanup();
  FILE_OBJECT& object() { return file_; }

 private:
  emulator::test::Device& device_;
  FILE_OBJECT file_ = {};
  bool is_clean_ = false;
};

// The device as platform/api has it. One handle at a time is enough for a client.
class IrpDevice final : public platform::Device {
 public:
  explicit IrpDevice(emulator::test::Device& device) : device_(device) {}
  Result<platform::OpenDevice> open() override;

 private:
  emulator::test::Device& device_;
};

}  // namespace ovs::tests

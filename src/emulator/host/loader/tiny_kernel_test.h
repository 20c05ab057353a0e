// As much of Windows' kernel as loading and unloading the driver needs, for the loader's tests
// alone: it answers, counts, and checks nothing. The emulated kernel is emulator/nt.
#pragma once
#include <string>
#include <vector>

#include "emulator/host/loader/driver_image.h"
#include "emulator/sdk/ndis.h"

namespace ovs::emulator::test {

// What one driver registered.
struct Filter {
  NDIS_FILTER_DRIVER_CHARACTERISTICS how = {};
  NDIS_HANDLE context = nullptr;
};
struct Device {
  std::string name, access;
  PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1] = {};
  FILE_OBJECT file = {};  // of requests without buffers
};

// One at a time: kernel functions are given no context.
class TinyKernel {
 public:
  explicit TinyKernel(unsigned processor_count = 1);
  TinyKernel(const TinyKernel&) = delete;
  ~TinyKernel();

  ImportTable imports;
  UINT ndis_version = 0x00060055;
  int fail_allocation = -1;  // counts down; the one that reaches zero fails

  int pool_blocks = 0;
  int threads = 0;
  std::vector<Filter*> filters;
  std::vector<Device*> devices;
  std::vector<std::string> messages;
};

// The driver's life in one instance of an image.
class LoadedDriver {
 public:
  explicit LoadedDriver(const DriverImage& image)
      : status(image.entry()(&object, &registry_path)) {}
  void unload() { object.DriverUnload(&object); }

  DRIVER_OBJECT object = {};
  UNICODE_STRING registry_path = {};
  NTSTATUS status;
};

// As IoCancelIrp does. A request is complete when its PendingReturned is TRUE.
void cancel(IRP& irp);

// Status of a request without buffers.
NTSTATUS ask(Device& device, UCHAR function, ULONG control_code);

}  // namespace ovs::emulator::test

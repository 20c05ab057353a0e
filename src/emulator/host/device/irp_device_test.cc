// The bridge from platform::Device to requests of the I/O manager, over a small driver in this
// process.
#include "emulator/host/device/irp_device.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "emulator/host/loader/driver_image.h"
#include "emulator/nt/driver.h"
#include "emulator/nt/io/devices.h"
#include "emulator/nt/kernel.h"

namespace ovs::emulator {
namespace {

using platform::DeviceControl;

// The driver: TRANSACT gives the input back, WRITE is pended until it is cancelled or let go,
// GET_PID has too much to say, READ fails with what `read_status` says.
struct TinyDriver {
  decltype(&IofCompleteRequest) complete_request = nullptr;
  decltype(&IoReleaseCancelSpinLock) release_cancel_lock = nullptr;
  decltype(&MmMapLockedPagesSpecifyCache) map_pages = nullptr;
  PIRP pended = nullptr;
  NTSTATUS create_status = STATUS_SUCCESS, read_status = STATUS_SUCCESS;
  std::string log;
};
TinyDriver* driver = nullptr;

NTSTATUS finish(PIRP irp, NTSTATUS status, ULONG_PTR size = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = size;
  driver->complete_request(irp, 0);
  return status;
}

VOID NTAPI on_cancel(PDEVICE_OBJECT, PIRP irp) {
  driver->release_cancel_lock(irp->CancelIrql);
  driver->pended = nullptr;
  finish(irp, STATUS_CANCELLED);
}

NTSTATUS pend(PIRP irp) {
  IoMarkIrpPending(irp);
  driver->pended = irp;
  IoSetCancelRoutine(irp, on_cancel);
  return STATUS_PENDING;
}

// Ends what is pended, unless somebody else does.
void let_go(NTSTATUS status) {
  if (driver->pended == nullptr) return;
  PIRP irp = std::exchange(driver->pended, nullptr);
  if (IoSetCancelRoutine(irp, nullptr) != nullptr) finish(irp, status);
}

NTSTATUS echo(PIRP irp) {
  const auto& io = IoGetCurrentIrpStackLocation(irp)->Parameters.DeviceIoControl;
  if (io.OutputBufferLength < io.InputBufferLength) return finish(irp, STATUS_BUFFER_TOO_SMALL);
  const auto* from = static_cast<const std::uint8_t*>(irp->AssociatedIrp.SystemBuffer);
  auto* to = static_cast<std::uint8_t*>(
      driver->map_pages(irp->MdlAddress, KernelMode, MmCached, nullptr, FALSE,
                        NormalPagePriority | MdlMappingNoExecute));
  std::copy_n(from, io.InputBufferLength, to);
  return finish(irp, STATUS_SUCCESS, io.InputBufferLength);
}

NTSTATUS NTAPI dispatch(PDEVICE_OBJECT, PIRP irp) {
  const IO_STACK_LOCATION& at = *IoGetCurrentIrpStackLocation(irp);
  switch (at.MajorFunction) {
    case IRP_MJ_CREATE: driver->log += "create "; return finish(irp, driver->create_status);
    case IRP_MJ_CLEANUP:
      driver->log += "cleanup ";
      let_go(STATUS_CANCELLED);
      return finish(irp, STATUS_SUCCESS);
    case IRP_MJ_CLOSE: driver->log += "close "; return finish(irp, STATUS_SUCCESS);
  }
  switch (DeviceControl(at.Parameters.DeviceIoControl.IoControlCode)) {
    case DeviceControl::Transact: return echo(irp);
    case DeviceControl::Write: return pend(irp);
    case DeviceControl::Read: return finish(irp, driver->read_status);
    case DeviceControl::GetPid:
    case DeviceControl::ReadEvent:
    case DeviceControl::ReadPacket: return finish(irp, STATUS_NOT_SUPPORTED);
  }
  return finish(irp, STATUS_INVALID_DEVICE_REQUEST);
}

class Rig {
 public:
  Rig() {
    driver = &tiny_;
    kernel_.add_functions(imports_);
    take("IofCompleteRequest", tiny_.complete_request);
    take("IoReleaseCancelSpinLock", tiny_.release_cancel_lock);
    take("MmMapLockedPagesSpecifyCache", tiny_.map_pages);
    PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1] = {};
    for (const UCHAR each : {IRP_MJ_CREATE, IRP_MJ_CLEANUP, IRP_MJ_CLOSE, IRP_MJ_DEVICE_CONTROL})
      functions[each] = dispatch;
    auto made = create_device({&object_, "\\Device\\Tiny", "\\DosDevices\\Tiny",
                               "D:P(A;;GA;;;SY)(A;;GA;;;BA)", functions, 0});
    REQUIRE(made.ok());
    made_ = *made;
  }
  ~Rig() { delete_device(made_); }

  IrpDevice device{"\\DosDevices\\Tiny"};
  TinyDriver& tiny() { return tiny_; }

 private:
  template <class Function>
  void take(const char* name, Function& into) {
    into = reinterpret_cast<Function>(imports_.find("ntoskrnl.exe", name));
    REQUIRE((into != nullptr));
  }

  Kernel kernel_;
  ImportTable imports_;
  TinyDriver tiny_;
  DRIVER_OBJECT object_ = {};
  PDEVICE_OBJECT made_ = nullptr;
};

class TestRequest final : public platform::DeviceRequest {
 public:
  explicit TestRequest(DeviceControl code, Bytes input = {}, MutableBytes output = {})
      : DeviceRequest(code, input, output) {}
  void completed(Result<std::size_t> result) override {
    ++count;
    outcome = result;
  }
  int count = 0;
  std::optional<Result<std::size_t>> outcome;
};

TEST_CASE("IrpDevice: a handle is created, cleaned up and closed") {
  Rig rig;
  {
    auto opened = rig.device.open();
    REQUIRE(opened.ok());
    CHECK(rig.tiny().log == "create ");
  }
  CHECK(rig.tiny().log == "create cleanup close ");
}

TEST_CASE("IrpDevice: a device that is not there, or refuses, gives no handle") {
  Rig rig;
  CHECK(IrpDevice("\\DosDevices\\Other").open().error() == Error::NotFound);
  rig.tiny().create_status = STATUS_ACCESS_DENIED;
  CHECK(rig.device.open().error() == Error::Denied);
}

TEST_CASE("IrpDevice: input goes in and output comes back") {
  Rig rig;
  const auto opened = rig.device.open();
  REQUIRE(opened.ok());
  const std::uint8_t input[] = {1, 2, 3, 4, 5};
  std::uint8_t output[8] = {};
  const auto answer =
      (*opened)->control(DeviceControl::Transact, Bytes(input, 5), MutableBytes(output, 8));
  REQUIRE(answer.ok());
  CHECK(*answer == 5);
  CHECK(std::vector<int>(output, output + 8) == std::vector<int>{1, 2, 3, 4, 5, 0, 0, 0});
  CHECK((*opened)
            ->control(DeviceControl::Transact, Bytes(input, 5), MutableBytes(output, 4))
            .error() == Error::NoSpace);
  CHECK((*opened)->control(DeviceControl(0x1234), {}, {}).error() == Error::Unsupported);
}

TEST_CASE("IrpDevice: statuses become errors") {
  Rig rig;
  const auto opened = rig.device.open();
  REQUIRE(opened.ok());
  struct Row {
    NTSTATUS status;
    Error error;
  };
  for (const Row& row :
       {Row{STATUS_DEVICE_BUSY, Error::Busy}, Row{STATUS_NOT_FOUND, Error::NotFound},
        Row{STATUS_OBJECT_NAME_COLLISION, Error::Exists},
        Row{STATUS_INSUFFICIENT_RESOURCES, Error::NoMemory}, Row{STATUS_UNSUCCESSFUL, Error::Io}}) {
    rig.tiny().read_status = row.status;
    CHECK((*opened)->control(DeviceControl::Read, {}, {}).error() == row.error);
  }
}

TEST_CASE("IrpDevice: a pended request is completed once, when the driver says so") {
  Rig rig;
  auto opened = rig.device.open();
  REQUIRE(opened.ok());
  TestRequest request(DeviceControl::Write);
  (*opened)->submit(request);
  CHECK(request.count == 0);
  let_go(STATUS_SUCCESS);
  CHECK(request.count == 1);
  CHECK(request.outcome->ok());
  (*opened)->cancel(request);  // too late: nothing happens
  CHECK(request.count == 1);
}

TEST_CASE("IrpDevice: a pended request is cancelled, by itself and with its handle") {
  Rig rig;
  auto opened = rig.device.open();
  REQUIRE(opened.ok());
  TestRequest first(DeviceControl::Write);
  (*opened)->submit(first);
  (*opened)->cancel(first);
  REQUIRE(first.count == 1);
  CHECK(first.outcome->error() == Error::Cancelled);
  TestRequest second(DeviceControl::Write);
  (*opened)->submit(second);
  opened = platform::OpenDevice();
  REQUIRE(second.count == 1);
  CHECK(second.outcome->error() == Error::Cancelled);
}

TEST_CASE("IrpDevice: what answers at once is completed before submit returns") {
  Rig rig;
  const auto opened = rig.device.open();
  REQUIRE(opened.ok());
  const std::uint8_t input[] = {7};
  std::uint8_t output[4] = {};
  TestRequest request(DeviceControl::Transact, Bytes(input, 1), MutableBytes(output, 4));
  (*opened)->submit(request);
  REQUIRE(request.count == 1);
  CHECK(**request.outcome == 1);
  CHECK(output[0] == 7);
}

}  // namespace
}  // namespace ovs::emulator

// Io: handles on a driver's device, and the functions by which a driver ends requests.
#include "emulator/nt/io/devices.h"

#include <algorithm>
#include <cstring>

#include "emulator/nt/io/io_request.h"
#include "emulator/nt/parts.h"
#include "emulator/nt/schedule/spin_lock.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr std::uint64_t kCleanupMs = 10'000;  // pended requests that cleanup leaves are lost
constexpr ULONG kMethodMask = 3;
constexpr USHORT kFileObject = 5;

IoManager& io() {
  return parts().io;
}

std::uint64_t next_number() {
  const KernelLock lock = parts().scheduler.lock();
  return parts().next_registration++;
}

// What a handle's own requests (create, cleanup, close) end with.
NTSTATUS ask(FileHandle::Parts& file, UCHAR function) {
  auto request = std::make_shared<IoRequest>();
  request->number = next_number();
  request->file = &file;
  request->location.MajorFunction = function;
  request->location.DeviceObject = &file.device->object;
  request->location.FileObject = &file.object;
  NTSTATUS status = STATUS_SUCCESS;
  request->done = [&](const IoAnswer& answer) { status = answer.status; };
  io().dispatch(request);
  // Until whoever completed it has let go of the handle, too.
  Kernel::current().wait_until([&] { return file.pending.count(request->number) == 0; });
  return status;
}

// The buffers of a control, by the method that its code names.
void add_buffers(IoRequest& request, ULONG method, Bytes input) {
  const bool is_buffered = method == METHOD_BUFFERED;
  const std::size_t size = is_buffered ? std::max(input.size(), request.capacity) : input.size();
  request.system = GuardedBuffer(size, kFreshByte);
  if (!input.empty()) std::memcpy(request.system.data(), input.data(), input.size());
  if (!is_buffered) request.direct = GuardedBuffer(request.capacity, kProgramByte);
  if (method == METHOD_NEITHER) {
    request.location.Parameters.DeviceIoControl.Type3InputBuffer = request.system.data();
    request.irp.UserBuffer = request.direct.data();
    return;
  }
  request.irp.AssociatedIrp.SystemBuffer = request.system.data();
  if (is_buffered || request.capacity == 0) return;
  const auto at = reinterpret_cast<ULONG_PTR>(request.direct.data());
  request.mdl.Size = sizeof(MDL);
  request.mdl.MdlFlags = MDL_PAGES_LOCKED;
  request.mdl.StartVa = reinterpret_cast<PVOID>(at & ~ULONG_PTR(4095));
  request.mdl.ByteOffset = static_cast<ULONG>(at & 4095);
  request.mdl.ByteCount = static_cast<ULONG>(request.capacity);
  request.irp.MdlAddress = &request.mdl;
}

void acquire_cancel_lock(PKIRQL level) {
  *level = acquire_spin_lock(&parts().cancel_lock);
}

void release_cancel_lock(KIRQL level) {
  release_spin_lock(&parts().cancel_lock, level);
}

void complete_request(PIRP irp, CCHAR) {
  io().complete(irp);
}

}  // namespace

Result<PDEVICE_OBJECT, NTSTATUS> create_device(const DeviceSpec& spec) {
  return io().create(spec);
}

void delete_device(PDEVICE_OBJECT device) {
  io().remove(device);
}

PDEVICE_OBJECT find_device(std::string_view name) {
  return io().find(name);
}

FileHandle::FileHandle(std::unique_ptr<Parts> parts_made) : parts_(std::move(parts_made)) {}

Result<std::unique_ptr<FileHandle>, NTSTATUS> FileHandle::open(PDEVICE_OBJECT object) {
  IoDevice* device = io().acquire(object);
  if (device == nullptr) return STATUS_NO_SUCH_DEVICE;
  auto made = std::make_unique<Parts>();
  made->device = device;
  made->object.Type = kFileObject;
  made->object.Size = sizeof(FILE_OBJECT);
  made->object.DeviceObject = object;
  const NTSTATUS status = ask(*made, IRP_MJ_CREATE);
  if (NT_SUCCESS(status)) return std::unique_ptr<FileHandle>(new FileHandle(std::move(made)));
  io().release(*device);
  return status;
}

FileHandle::~FileHandle() {
  close();
}

std::uint64_t FileHandle::submit(ULONG code, Bytes input, std::size_t capacity, Done done) {
  auto request = std::make_shared<IoRequest>();
  request->number = next_number();
  request->file = parts_.get();
  request->capacity = capacity;
  request->done = std::move(done);
  request->location.MajorFunction = IRP_MJ_DEVICE_CONTROL;
  request->location.DeviceObject = &parts_->device->object;
  request->location.FileObject = &parts_->object;
  auto& control = request->location.Parameters.DeviceIoControl;
  control.IoControlCode = code;
  control.InputBufferLength = static_cast<ULONG>(input.size());
  control.OutputBufferLength = static_cast<ULONG>(capacity);
  add_buffers(*request, code & kMethodMask, input);
  io().dispatch(request);
  return request->number;
}

IoAnswer FileHandle::control(ULONG code, Bytes input, std::size_t capacity) {
  IoAnswer got;
  bool is_over = false;
  submit(code, input, capacity, [&](IoAnswer answer) {
    Kernel::current().change([&] {
      got = std::move(answer);
      is_over = true;
    });
  });
  Kernel::current().wait_until([&] { return is_over; });
  return got;
}

void FileHandle::cancel(std::uint64_t number) {
  std::shared_ptr<IoRequest> request;
  {
    const KernelLock lock = parts().scheduler.lock();
    const auto found = parts_->pending.find(number);
    if (found == parts_->pending.end() || found->second->is_completed) return;
    request = found->second;
  }
  io().cancel(*request);
}

void FileHandle::cancel_all() {
  std::vector<std::shared_ptr<IoRequest>> requests;
  {
    const KernelLock lock = parts().scheduler.lock();
    for (const auto& [number, request] : parts_->pending) {
      if (!request->is_completed) requests.push_back(request);
    }
  }
  for (const auto& request : requests) io().cancel(*request);
}

void FileHandle::close() {
  if (parts_->is_closed) return;
  parts_->is_closed = true;
  ask(*parts_, IRP_MJ_CLEANUP);
  const bool is_idle =
      Kernel::current().wait_until([&] { return parts_->pending.empty(); }, kCleanupMs);
  if (!is_idle)
    violate(97, "a handle of " + parts_->device->name + " is closed, and after its cleanup " +
                    std::to_string(parts_->pending.size()) + " of its requests are still pended");
  ask(*parts_, IRP_MJ_CLOSE);
  Kernel::current().wait_until([&] { return parts_->pending.empty(); });
  io().release(*parts_->device);
}

void add_io(Exports& exports) {
  exports.add<acquire_cancel_lock>("IoAcquireCancelSpinLock", kUpToDispatch);
  exports.add<release_cancel_lock>("IoReleaseCancelSpinLock", kDispatch);
  exports.add<complete_request>("IofCompleteRequest", kUpToDispatch, SpinLocks::None);
}

}  // namespace ovs::emulator

#include "emulator/nt/io/io_request.h"

#include <algorithm>
#include <cstring>

#include "emulator/nt/callback.h"
#include "emulator/nt/parts.h"
#include "emulator/nt/schedule/spin_lock.h"
#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

constexpr const char* kDeviceKind = "device";
constexpr UCHAR kPower = 0x16, kPnp = 0x1b;
constexpr std::size_t kCompletedKept = 256;

// Whom nobody lets near a driver's device: everybody, users, guests, the network.
constexpr std::string_view kStrangers[] = {";;;WD)", ";;;AU)", ";;;BU)", ";;;IU)",
                                           ";;;AN)", ";;;BG)", ";;;NU)", ";;;AC)"};

void check_spec(const DeviceSpec& spec) {
  if (Thread::current().level != PASSIVE_LEVEL) violate(94, "a device is made above PASSIVE_LEVEL");
  if (!spec.access.starts_with("D:P"))
    violate(94, "device " + spec.name + " has no protected access list, but '" + spec.access + "'");
  for (const std::string_view stranger : kStrangers) {
    if (spec.access.find(stranger) != std::string::npos)
      violate(94, "device " + spec.name + " is open to strangers: '" + spec.access + "'");
  }
  if (spec.functions[kPower] != nullptr || spec.functions[kPnp] != nullptr)
    violate(94, "device " + spec.name + " has entries for power or plug and play");
}

std::string request_text(const IoRequest& request) {
  constexpr const char* kUnnamed = "a request";
  const char* kind = kUnnamed;
  switch (request.location.MajorFunction) {
    case IRP_MJ_CREATE: kind = "IRP_MJ_CREATE"; break;
    case IRP_MJ_CLEANUP: kind = "IRP_MJ_CLEANUP"; break;
    case IRP_MJ_CLOSE: kind = "IRP_MJ_CLOSE"; break;
    case IRP_MJ_DEVICE_CONTROL: kind = "IRP_MJ_DEVICE_CONTROL"; break;
  }
  std::string text = std::string(kind) + " " + text_of(&request.irp);
  if (request.location.MajorFunction == IRP_MJ_DEVICE_CONTROL)
    text += ", control " + hex_text(request.location.Parameters.DeviceIoControl.IoControlCode);
  return text;
}

bool is_error(NTSTATUS status) {
  return (static_cast<std::uint32_t>(status) >> 30) == 3;
}

const std::uint8_t* output_of(const IoRequest& request) {
  return request.direct.size() != 0 ? request.direct.data() : request.system.data();
}

bool has_unwritten_bytes(const IoRequest& request, std::size_t size) {
  const std::uint8_t* const output = output_of(request);
  return has_fresh_bytes(output, size) || has_fresh_bytes(output, size, kProgramByte);
}

// With a direct method the program has what lies behind, too.
bool is_untouched_from(const IoRequest& request, std::size_t from) {
  const std::size_t size = request.direct.size();
  if (from >= size) return true;
  const std::uint8_t* const at = request.direct.data() + from;
  return *at == kProgramByte && std::memcmp(at, at + 1, size - from - 1) == 0;
}

void check_completion(const IoRequest& request) {
  const IO_STATUS_BLOCK& io = request.irp.IoStatus;
  const std::string text = request_text(request);
  if (io.Status == STATUS_PENDING) violate(95, text + " is completed as pending");
  if (request.irp.CancelRoutine != nullptr)
    violate(96, text + " is completed while its cancel routine is set");
  const bool is_cancelled = io.Status == STATUS_CANCELLED;
  if (request.was_cancelled_by_routine && !is_cancelled)
    violate(96, text + " was cancelled, and ends with " + status_text(io.Status));
  if (is_cancelled && io.Information != 0)
    violate(96, text + " is cancelled with " + std::to_string(io.Information) + " bytes");
  if (request.location.MajorFunction != IRP_MJ_DEVICE_CONTROL) return;
  if (io.Information > request.capacity)
    violate(95, text + " is completed with " + std::to_string(io.Information) + " bytes of " +
                    std::to_string(request.capacity));
  if (!is_error(io.Status) && has_unwritten_bytes(request, io.Information))
    violate(98, text + " gives the program bytes that nobody wrote");
  if (!is_untouched_from(request, io.Information))
    violate(98, text + " has written behind the " + std::to_string(io.Information) +
                    " bytes that it answers with");
}

IoAnswer answer_of(const IoRequest& request) {
  const IO_STATUS_BLOCK& io = request.irp.IoStatus;
  if (is_error(io.Status) || io.Information == 0) return {io.Status, {}};
  const std::uint8_t* output = output_of(request);
  return {io.Status, {output, output + io.Information}};
}

void check_return(const IoRequest& request, NTSTATUS status) {
  const bool is_marked = (request.location.Control & SL_PENDING_RETURNED) != 0;
  const std::string text = request_text(request);
  if (status == STATUS_PENDING && !is_marked)
    violate(95, text + " is returned as pending, and was not marked so");
  if (status != STATUS_PENDING && is_marked)
    violate(95, text + " was marked pending, and is returned with " + status_text(status));
  if (status == STATUS_PENDING) return;
  if (!request.is_completed)
    violate(95, text + " is returned with " + status_text(status) + ", and was not completed");
  if (request.irp.IoStatus.Status != status)
    violate(95, text + " is returned with " + status_text(status) + ", and was completed with " +
                    status_text(request.irp.IoStatus.Status));
}

}  // namespace

// ---- devices ----

Result<PDEVICE_OBJECT, NTSTATUS> IoManager::create(const DeviceSpec& spec) {
  check_spec(spec);
  if (find(spec.name) != nullptr || find(spec.link) != nullptr) return STATUS_OBJECT_NAME_COLLISION;
  if (fails_now()) return STATUS_INSUFFICIENT_RESOURCES;
  auto device = std::make_unique<IoDevice>();
  device->name = spec.name;
  device->link = spec.link;
  std::copy_n(spec.functions, IRP_MJ_MAXIMUM_FUNCTION + 1, device->functions);
  device->extension = std::make_unique<std::byte[]>(spec.extension_size);
  device->object.Type = 3;
  device->object.Size = sizeof(DEVICE_OBJECT);
  device->object.DriverObject = spec.driver;
  device->object.DeviceExtension = device->extension.get();
  device->object.StackSize = 1;
  const PDEVICE_OBJECT object = &device->object;
  parts().live.add(kDeviceKind, object, spec.name);
  const KernelLock lock = parts().scheduler.lock();
  devices_[object] = std::move(device);
  return object;
}

void IoManager::remove(PDEVICE_OBJECT object) {
  if (!parts().live.remove(kDeviceKind, object))
    violate(8, "device " + text_of(object) + " is deleted, and is none");
  const KernelLock lock = parts().scheduler.lock();
  const auto found = devices_.find(object);
  IoDevice& device = *found->second;
  if (object->DeviceExtension != device.extension.get())
    violate(94, "the device extension pointer of " + device.name + " was changed");
  device.is_deleted = true;
  if (device.handles == 0) devices_.erase(found);
}

PDEVICE_OBJECT IoManager::find(std::string_view name) {
  const KernelLock lock = parts().scheduler.lock();
  for (const auto& [object, device] : devices_) {
    const bool is_named = device->name == name || (device->link == name && !name.empty());
    if (is_named && !device->is_deleted) return object;
  }
  return nullptr;
}

IoDevice* IoManager::acquire(PDEVICE_OBJECT object) {
  const KernelLock lock = parts().scheduler.lock();
  const auto found = devices_.find(object);
  if (found == devices_.end() || found->second->is_deleted) return nullptr;
  ++found->second->handles;
  return found->second.get();
}

void IoManager::release(IoDevice& device) {
  const KernelLock lock = parts().scheduler.lock();
  if (--device.handles == 0 && device.is_deleted) devices_.erase(&device.object);
  parts().scheduler.notify();
}

bool IoManager::has_handles(const DRIVER_OBJECT* driver) const {
  return std::any_of(devices_.begin(), devices_.end(), [&](const auto& each) {
    return each.second->object.DriverObject == driver && each.second->handles != 0;
  });
}

// ---- requests ----

void IoManager::dispatch(const std::shared_ptr<IoRequest>& request) {
  IRP& irp = request->irp;
  irp.Type = 6;
  irp.Size = sizeof(IRP);
  irp.StackCount = irp.CurrentLocation = 1;
  irp.RequestorMode = UserMode;
  irp.Tail.Overlay.CurrentStackLocation = &request->location;
  irp.Tail.Overlay.OriginalFileObject = request->location.FileObject;
  {
    const KernelLock lock = parts().scheduler.lock();
    requests_[&irp] = request;
    request->file->pending[request->number] = request;
  }
  IoDevice& device = *request->file->device;
  PDRIVER_DISPATCH function = device.functions[request->location.MajorFunction];
  if (function == nullptr) {
    const bool must_succeed = request->location.MajorFunction != IRP_MJ_DEVICE_CONTROL;
    irp.IoStatus.Status = must_succeed ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_REQUEST;
    complete(&irp);
    return;
  }
  const NTSTATUS status = call_driver("DRIVER_DISPATCH", function, &device.object, &irp);
  const KernelLock lock = parts().scheduler.lock();
  check_return(*request, status);
}

std::shared_ptr<IoRequest> IoManager::end(PIRP irp) {
  const KernelLock lock = parts().scheduler.lock();
  const auto found = requests_.find(irp);
  if (found == requests_.end()) {
    for (const auto& old : completed_) {
      if (&old->irp == irp) violate(95, request_text(*old) + " is completed twice");
    }
    violate(95, "what is completed at " + text_of(irp) + " is no request");
  }
  std::shared_ptr<IoRequest> request = std::move(found->second);
  check_completion(*request);
  requests_.erase(found);
  completed_.push_back(request);
  if (completed_.size() > kCompletedKept) completed_.pop_front();
  request->is_completed = true;
  return request;
}

void IoManager::complete(PIRP irp) {
  const std::shared_ptr<IoRequest> request = end(irp);
  request->done(answer_of(*request));
  const KernelLock lock = parts().scheduler.lock();
  request->file->pending.erase(request->number);
  parts().scheduler.notify();
}

void IoManager::cancel(IoRequest& request) {
  Thread& thread = Thread::current();
  const std::size_t locks = thread.locks.size();
  const KIRQL before = acquire_spin_lock(&parts().cancel_lock);
  request.irp.Cancel = TRUE;
  PDRIVER_CANCEL routine = IoSetCancelRoutine(&request.irp, nullptr);
  if (routine == nullptr) {
    release_spin_lock(&parts().cancel_lock, before);
    return;
  }
  request.irp.CancelIrql = before;
  request.was_cancelled_by_routine = true;
  // It releases the lock itself.
  run_callback_that_leaves("DRIVER_CANCEL", before, locks,
                           [&] { routine(&request.file->device->object, &request.irp); });
}

}  // namespace ovs::emulator

#include "emulator/host/device/irp_device.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "emulator/nt/io/devices.h"

namespace ovs::emulator {

using platform::DeviceControl;
using platform::DeviceRequest;

namespace {

struct StatusRow {
  NTSTATUS status;
  Error error;
};

constexpr StatusRow kStatusRows[] = {
    {STATUS_BUFFER_TOO_SMALL, Error::NoSpace},
    {STATUS_BUFFER_OVERFLOW, Error::NoSpace},
    {STATUS_INVALID_PARAMETER, Error::Invalid},
    {STATUS_INVALID_BUFFER_SIZE, Error::Truncated},
    {STATUS_NOT_SUPPORTED, Error::Unsupported},
    {STATUS_INVALID_DEVICE_REQUEST, Error::Unsupported},
    {STATUS_NOT_IMPLEMENTED, Error::Unsupported},
    {STATUS_INSUFFICIENT_RESOURCES, Error::NoMemory},
    {STATUS_NO_MEMORY, Error::NoMemory},
    {STATUS_NOT_FOUND, Error::NotFound},
    {STATUS_NO_SUCH_DEVICE, Error::NotFound},
    {STATUS_OBJECT_NAME_NOT_FOUND, Error::NotFound},
    {STATUS_OBJECT_NAME_COLLISION, Error::Exists},
    {STATUS_DEVICE_BUSY, Error::Busy},
    {STATUS_ACCESS_DENIED, Error::Denied},
    {STATUS_DEVICE_NOT_READY, Error::Down},
    {STATUS_INVALID_HANDLE, Error::Closed},
    {STATUS_DELETE_PENDING, Error::Closed},
    {STATUS_TIMEOUT, Error::TimedOut},
    {STATUS_CANCELLED, Error::Cancelled},
};

Result<std::size_t> outcome_of(const IoAnswer& answer, MutableBytes output) {
  if (answer.status != STATUS_SUCCESS) return error_of(answer.status);
  const std::size_t size = std::min(answer.output.size(), output.count());
  std::copy_n(answer.output.begin(), size, output.begin());
  return size;
}

}  // namespace

Error error_of(NTSTATUS status) {
  for (const StatusRow& row : kStatusRows) {
    if (row.status == status) return row.error;
  }
  return Error::Io;
}

class IrpDevice::Handle final : public platform::DeviceHandle {
 public:
  explicit Handle(std::unique_ptr<FileHandle> file) : file_(std::move(file)) {}

  Result<std::size_t> control(DeviceControl code, Bytes input, MutableBytes output) override {
    return outcome_of(file_->control(ULONG(code), input, output.count()), output);
  }
  void submit(DeviceRequest& request) override;
  void cancel(DeviceRequest& request) override;
  void close() override {
    file_->close();
    delete this;
  }

 private:
  // A request's number is known once it was submitted, and it may end before that.
  struct Outstanding {
    std::uint64_t number = 0;
    bool is_numbered = false, is_cancelled = false;
  };
  void end(DeviceRequest& request, const IoAnswer& answer);

  std::unique_ptr<FileHandle> file_;
  std::mutex mutex_;
  std::map<DeviceRequest*, Outstanding> outstanding_;
};

void IrpDevice::Handle::end(DeviceRequest& request, const IoAnswer& answer) {
  {
    const std::lock_guard lock(mutex_);
    outstanding_.erase(&request);
  }
  request.completed(outcome_of(answer, request.output()));
}

void IrpDevice::Handle::submit(DeviceRequest& request) {
  {
    const std::lock_guard lock(mutex_);
    outstanding_[&request] = {};
  }
  // Once submitted the request may be gone: only its address is used afterwards.
  const std::uint64_t number =
      file_->submit(ULONG(request.code()), request.input(), request.output().count(),
                    [this, &request](IoAnswer answer) { end(request, answer); });
  bool is_cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = outstanding_.find(&request);
    if (found == outstanding_.end()) return;
    found->second.number = number;
    found->second.is_numbered = true;
    is_cancelled = found->second.is_cancelled;
  }
  if (is_cancelled) file_->cancel(number);
}

void IrpDevice::Handle::cancel(DeviceRequest& request) {
  std::uint64_t number = 0;
  {
    const std::lock_guard lock(mutex_);
    const auto found = outstanding_.find(&request);
    if (found == outstanding_.end()) return;
    found->second.is_cancelled = true;
    if (!found->second.is_numbered) return;  // submit() sees it
    number = found->second.number;
  }
  file_->cancel(number);
}

Result<platform::OpenDevice> IrpDevice::open() {
  const PDEVICE_OBJECT device = find_device(name_);
  if (device == nullptr) return Error::NotFound;
  auto file = FileHandle::open(device);
  if (!file) return error_of(file.error());
  return platform::OpenDevice(new Handle(std::move(file).value()));
}

}  // namespace ovs::emulator

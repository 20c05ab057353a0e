#include "tests/driver/irp_request.h"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

namespace ovs::tests {
namespace {

constexpr std::uint8_t kUntouched = 0xa5;
constexpr std::size_t kFence = 16;
constexpr ULONG kMethodMask = 3;

}  // namespace

IrpRequest::IrpRequest(emulator::test::Device& device, FILE_OBJECT& file, UCHAR function)
    : device_(device) {
  location_.MajorFunction = function;
  location_.FileObject = &file;
  irp_.Tail.Overlay.CurrentStackLocation = &location_;
}

IrpRequest::IrpRequest(emulator::test::Device& device, FILE_OBJECT& file, ULONG control_code,
                       Bytes input, std::size_t output_size)
    : IrpRequest(device, file, IRP_MJ_DEVICE_CONTROL) {
  auto& control = location_.Parameters.DeviceIoControl;
  control.IoControlCode = control_code;
  control.InputBufferLength = ULONG(input.count());
  control.OutputBufferLength = ULONG(output_size);
  system_.assign(std::max(input.count(), output_size) + kFence, kUntouched);
  std::copy(input.begin(), input.end(), system_.begin());
  irp_.AssociatedIrp.SystemBuffer = system_.data();
  if ((control_code & kMethodMask) == METHOD_BUFFERED || output_size == 0) return;
  direct_.assign(output_size + kFence, kUntouched);
  mdl_.MdlFlags = MDL_MAPPED_TO_SYSTEM_VA | MDL_PAGES_LOCKED;
  mdl_.MappedSystemVa = direct_.data();
  mdl_.ByteCount = ULONG(output_size);
  irp_.MdlAddress = &mdl_;
}

NTSTATUS IrpRequest::send() {
  const NTSTATUS status = device_.functions[location_.MajorFunction](nullptr, &irp_);
  const bool marked = (location_.Control & SL_PENDING_RETURNED) != 0;
  CHECK(marked == (status == STATUS_PENDING));
  if (status == STATUS_PENDING) return status;
  CHECK(is_complete());
  CHECK(irp_.IoStatus.Status == status);
  const auto& fenced = direct_.empty() ? system_ : direct_;
  if (!fenced.empty()) CHECK(fenced[fenced.size() - kFence] == kUntouched);
  if (location_.MajorFunction == IRP_MJ_DEVICE_CONTROL) {
    CHECK(size() <= location_.Parameters.DeviceIoControl.OutputBufferLength);
  }
  return status;
}

bool IrpRequest::is_complete() const {
  return __atomic_load_n(&irp_.PendingReturned, __ATOMIC_SEQ_CST) != FALSE;
}

NTSTATUS IrpRequest::wait() const {
  for (int ms = 0; ms < 5000 && !is_complete(); ++ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  REQUIRE(is_complete());
  return irp_.IoStatus.Status;
}

void IrpRequest::cancel() {
  emulator::test::cancel(irp_);
}

Bytes IrpRequest::output() const {
  return Bytes(direct_.empty() ? system_.data() : direct_.data(), size());
}

// ---- files -------------------------------------------------------------------------------------

IrpFile::IrpFile(emulator::test::Device& device) : device_(device) {
  REQUIRE(IrpRequest(device_, file_, IRP_MJ_CREATE).send() == STATUS_SUCCESS);
}

void IrpFile::cleanup() {
  if (std::exchange(is_clean_, true)) return;
  CHECK(IrpRequest(device_, file_, IRP_MJ_CLEANUP).send() == STATUS_SUCCESS);
}

IrpFile::~IrpFile() {
  cleanup();
  CHECK(IrpRequest(device_, file_, IRP_MJ_CLOSE).send() == STATUS_SUCCESS);
}

// ---- platform::Device --------------------------------------------------------------------------

namespace {

class IrpHandle final : public platform::DeviceHandle {
 public:
  explicit IrpHandle(emulator::test::Device& device) : device_(device), file_(device) {}

  Result<std::size_t> control(platform::DeviceControl code, Bytes input,
                              MutableBytes output) override {
    IrpRequest request(device_, file_.object(), ULONG(code), input, output.count());
    const NTSTATUS status = request.send();
    if (status == STATUS_BUFFER_TOO_SMALL) return Error::NoSpace;
    if (status != STATUS_SUCCESS) return Error::Io;
    const Bytes answer = request.output();
    std::copy(answer.begin(), answer.end(), output.begin());
    return answer.count();
  }
  void submit(platform::DeviceRequest&) override { std::abort(); }
  void cancel(platform::DeviceRequest&) override {}
  void close() override { delete this; }

 private:
  emulator::test::Device& device_;
  IrpFile file_;
};

}  // namespace

Result<platform::OpenDevice> IrpDevice::open() {
  return platform::OpenDevice(new IrpHandle(device_));
}

}  // namespace ovs::tests

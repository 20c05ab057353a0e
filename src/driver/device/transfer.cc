#include "driver/device/transfer.h"

namespace ovs::driver {
namespace {

constexpr ULONG kMethodMask = 3;

ULONG method_of(const IRP& irp) {
  return IoGetCurrentIrpStackLocation(&irp)->Parameters.DeviceIoControl.IoControlCode & kMethodMask;
}

// What the MDL of a direct method describes.
Result<MutableBytes> mapped(const IRP& irp, std::size_t size) {
  if (irp.MdlAddress == nullptr || size == 0) return MutableBytes();
  void* const at =
      MmGetSystemAddressForMdlSafe(irp.MdlAddress, NormalPagePriority | MdlMappingNoExecute);
  if (at == nullptr) return Error::NoMemory;
  return MutableBytes(static_cast<std::uint8_t*>(at), size);
}

std::size_t output_size(const IRP& irp) {
  const std::size_t size =
      IoGetCurrentIrpStackLocation(&irp)->Parameters.DeviceIoControl.OutputBufferLength;
  return size < kMaxOutput ? size : kMaxOutput;
}

// Room of 64 kB, as clients mostly give, is not made zero for an answer of some bytes.
Result<OwnedArray<std::uint8_t>> unwritten(std::size_t size) {
  constexpr MemoryTag kTag = memory_tag("ovsB");
  if (size == 0) return OwnedArray<std::uint8_t>();
  void* const at = allocate(size, alignof(std::uint8_t), kTag);
  if (at == nullptr) return Error::NoMemory;
  return OwnedArray<std::uint8_t>::adopt(static_cast<std::uint8_t*>(at), size, kTag);
}

}  // namespace

Result<Transfer> Transfer::of(const IRP& irp) {
  const auto& sizes = IoGetCurrentIrpStackLocation(&irp)->Parameters.DeviceIoControl;
  Transfer transfer(irp);
  if (sizes.InputBufferLength > kMaxInput) return Error::Range;
  if (sizes.InputBufferLength > 0) {
    const auto* const at = static_cast<const std::uint8_t*>(irp.AssociatedIrp.SystemBuffer);
    transfer.input_ = Bytes(at, sizes.InputBufferLength);
  } else if (method_of(irp) == METHOD_IN_DIRECT) {
    if (sizes.OutputBufferLength > kMaxInput) return Error::Range;
    OVS_TRY(const MutableBytes theirs, mapped(irp, sizes.OutputBufferLength));
    OVS_TRY(transfer.input_copy_, try_copy(theirs));
    transfer.input_ = Bytes(transfer.input_copy_.data(), transfer.input_copy_.count());
  }
  return transfer;
}

Result<MutableBytes> Transfer::compose() {
  // With METHOD_IN_DIRECT the caller's memory may be read only.
  if (method_of(*irp_) == METHOD_IN_DIRECT) return MutableBytes();
  OVS_TRY(theirs_, direct_output());
  OVS_TRY(answer_, unwritten(output_size(*irp_)));
  return MutableBytes(answer_.data(), answer_.count());
}

Result<MutableBytes> Transfer::direct_output() const {
  if (method_of(*irp_) == METHOD_IN_DIRECT) return MutableBytes();
  if (method_of(*irp_) == METHOD_OUT_DIRECT) return mapped(*irp_, output_size(*irp_));
  return MutableBytes(static_cast<std::uint8_t*>(irp_->AssociatedIrp.SystemBuffer),
                      output_size(*irp_));
}

void Transfer::finish(std::size_t size) {
  OVS_ASSERT(size <= answer_.count());
  if (size != 0) __builtin_memcpy(theirs_.data(), answer_.data(), size);
}

}  // namespace ovs::driver

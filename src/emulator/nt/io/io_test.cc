// Devices and requests: what programs get from a driver that keeps the rules, and that each way of
// breaking them is found.
#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "emulator/nt/machine_test.h"

namespace ovs::emulator::test {
namespace {

constexpr ULONG kDevice = 0x22;
constexpr ULONG code(ULONG function, ULONG method) {
  return CTL_CODE(kDevice, function, method, FILE_ANY_ACCESS);
}
// What the test's driver does with a request.
enum Act : ULONG {
  Echo = 1,  // gives the input back
  Pend,      // keeps it until it is cancelled, or the handle is closed
  CompleteTwice,
  NeverComplete,
  PendUnmarked,  // returns pending, without having marked it
  ReturnOther,   // another status than it was completed with
  TooMuch,       // more bytes than there is room for
  ReadPast,      // one byte past the input
  HalfWritten,   // says more bytes than it wrote
  KeepThroughClose,
  CancelWrongly,  // a cancelled request that ends otherwise
  CompleteWithRoutine,
  FillDirect,  // through the MDL
  HideWritten,
};

NTSTATUS finish(PIRP irp, NTSTATUS status, ULONG_PTR size = 0) {
  irp->IoStatus.Status = status;
  irp->IoStatus.Information = size;
  IoCompleteRequest(irp, IO_NO_INCREMENT);
  return status;
}

// The queue of a driver that pends: one request for each handle, under a lock.
struct Queue {
  KSPIN_LOCK lock = 0;
  std::vector<PIRP> waiting;

  bool take(PIRP irp) {
    const KIRQL level = KeAcquireSpinLockRaiseToDpc(&lock);
    const bool is_there = std::erase(waiting, irp) != 0;
    KeReleaseSpinLock(&lock, level);
    return is_there;
  }
};
Queue* queue = nullptr;
bool keeps_through_close = false;

VOID NTAPI cancel(PDEVICE_OBJECT, PIRP irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  if (queue->take(irp)) finish(irp, STATUS_CANCELLED);
}
VOID NTAPI cancel_wrongly(PDEVICE_OBJECT, PIRP irp) {
  IoReleaseCancelSpinLock(irp->CancelIrql);
  if (queue->take(irp)) finish(irp, STATUS_SUCCESS);
}
VOID NTAPI cancel_and_keep_lock(PDEVICE_OBJECT, PIRP) {}

NTSTATUS pend(PIRP irp, PDRIVER_CANCEL routine) {
  IoMarkIrpPending(irp);
  const KIRQL level = KeAcquireSpinLockRaiseToDpc(&queue->lock);
  queue->waiting.push_back(irp);
  IoSetCancelRoutine(irp, routine);
  // Cancelled before the routine was there: nobody else will.
  const bool is_mine = irp->Cancel == TRUE && IoSetCancelRoutine(irp, nullptr) != nullptr;
  if (is_mine) std::erase(queue->waiting, irp);
  KeReleaseSpinLock(&queue->lock, level);
  if (is_mine) finish(irp, STATUS_CANCELLED);
  return STATUS_PENDING;
}

NTSTATUS echo(PIRP irp, const IO_STACK_LOCATION& at) {
  const ULONG size = at.Parameters.DeviceIoControl.InputBufferLength;
  if (size > at.Parameters.DeviceIoControl.OutputBufferLength)
    return finish(irp, STATUS_BUFFER_TOO_SMALL);
  return finish(irp, STATUS_SUCCESS, size);
}

// Says that it has written so much.
NTSTATUS fill_direct(PIRP irp, ULONG_PTR said) {
  void* room =
      MmGetSystemAddressForMdlSafe(irp->MdlAddress, NormalPagePriority | MdlMappingNoExecute);
  if (room == nullptr) return finish(irp, STATUS_INSUFFICIENT_RESOURCES);
  std::memset(room, 7, irp->MdlAddress->ByteCount);
  return finish(irp, STATUS_SUCCESS, said);
}

NTSTATUS read_past(PIRP irp, ULONG size) {
  const char* input = static_cast<const char*>(irp->AssociatedIrp.SystemBuffer);
  char got = 0;
  asm volatile("movb (%1), %0" : "=r"(got) : "r"(input + size) : "memory");
  return finish(irp, got == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL);
}

NTSTATUS NTAPI control(PDEVICE_OBJECT, PIRP irp) {
  const IO_STACK_LOCATION& at = *IoGetCurrentIrpStackLocation(irp);
  const auto& given = at.Parameters.DeviceIoControl;
  switch (Act(given.IoControlCode >> 2 & 0xfff)) {
    case Echo: return echo(irp, at);
    case Pend: return pend(irp, cancel);
    case CompleteTwice: finish(irp, STATUS_SUCCESS); return finish(irp, STATUS_SUCCESS);
    case NeverComplete: return STATUS_SUCCESS;
    case PendUnmarked: finish(irp, STATUS_SUCCESS); return STATUS_PENDING;
    case ReturnOther: finish(irp, STATUS_SUCCESS); return STATUS_UNSUCCESSFUL;
    case TooMuch: return finish(irp, STATUS_SUCCESS, given.OutputBufferLength + 1);
    case ReadPast: return read_past(irp, given.InputBufferLength);
    case HalfWritten: return finish(irp, STATUS_SUCCESS, given.OutputBufferLength);
    case KeepThroughClose: keeps_through_close = true; return pend(irp, cancel);
    case CancelWrongly: return pend(irp, cancel_wrongly);
    case CompleteWithRoutine: IoSetCancelRoutine(irp, cancel); return finish(irp, STATUS_SUCCESS);
    case FillDirect: return fill_direct(irp, given.OutputBufferLength);
    case HideWritten: return fill_direct(irp, given.OutputBufferLength - 1);
  }
  return finish(irp, STATUS_INVALID_DEVICE_REQUEST);
}

NTSTATUS NTAPI accept(PDEVICE_OBJECT, PIRP irp) {
  return finish(irp, STATUS_SUCCESS);
}

NTSTATUS NTAPI clean_up(PDEVICE_OBJECT, PIRP irp) {
  const PFILE_OBJECT file = IoGetCurrentIrpStackLocation(irp)->FileObject;
  std::vector<PIRP> mine;
  if (!keeps_through_close) {
    const KIRQL level = KeAcquireSpinLockRaiseToDpc(&queue->lock);
    for (PIRP each : queue->waiting) {
      if (IoGetCurrentIrpStackLocation(each)->FileObject != file) continue;
      if (IoSetCancelRoutine(each, nullptr) != nullptr) mine.push_back(each);
    }
    std::erase_if(queue->waiting, [&](PIRP each) {
      return std::find(mine.begin(), mine.end(), each) != mine.end();
    });
    KeReleaseSpinLock(&queue->lock, level);
  }
  for (PIRP each : mine) finish(each, STATUS_CANCELLED);
  return finish(irp, STATUS_SUCCESS);
}

struct Host {
  explicit Host(const KernelConfig& config = {}) : machine(config) {
    queue = &own_queue;
    keeps_through_close = false;
    functions[IRP_MJ_CREATE] = functions[IRP_MJ_CLOSE] = accept;
    functions[IRP_MJ_CLEANUP] = clean_up;
    functions[IRP_MJ_DEVICE_CONTROL] = control;
    DeviceSpec spec;
    spec.name = "\\Device\\Test";
    spec.link = "\\DosDevices\\Test";
    spec.access = "D:P(A;;GA;;;SY)(A;;GA;;;BA)";
    spec.functions = functions;
    auto made = create_device(spec);
    REQUIRE(made.ok());
    device = *made;
  }
  ~Host() { delete_device(device); }
  std::unique_ptr<FileHandle> open() {
    auto file = FileHandle::open(device);
    REQUIRE(file.ok());
    return std::move(*file);
  }

  Queue own_queue;
  Machine machine;
  PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1] = {};
  PDEVICE_OBJECT device = nullptr;
};

Bytes bytes_of(const std::string& text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST_CASE("Io: a control gives back what the driver wrote, by every method") {
  Host host;
  auto file = host.open();
  const IoAnswer answer = file->control(code(Echo, METHOD_BUFFERED), bytes_of("hello"), 100);
  CHECK(answer.status == STATUS_SUCCESS);
  CHECK(std::string(answer.output.begin(), answer.output.end()) == "hello");
  CHECK(file->control(code(Echo, METHOD_BUFFERED), bytes_of("hello"), 4).status ==
        STATUS_BUFFER_TOO_SMALL);
  const IoAnswer direct = file->control(code(FillDirect, METHOD_OUT_DIRECT), bytes_of("x"), 5000);
  CHECK(direct.output == std::vector<std::uint8_t>(5000, 7));
  CHECK(find_device("\\DosDevices\\Test") == host.device);
}

TEST_CASE("90 MmMapLockedPagesSpecifyCache: a mapping that fails is null") {
  Host host;
  auto file = host.open();
  host.machine.kernel.failures().fail_nth(0);
  CHECK(file->control(code(FillDirect, METHOD_OUT_DIRECT), {}, 100).status ==
        STATUS_INSUFFICIENT_RESOURCES);
}

TEST_CASE("Io: a request that pends ends once, however cancelling and closing meet it") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    Host host(seeded(seed));
    auto file = host.open();
    auto other = host.open();
    int ended = 0, others_ended = 0;
    const auto done = [&](const IoAnswer& answer) {
      CHECK(answer.status == STATUS_CANCELLED);
      ++ended;
    };
    const auto number = file->submit(code(Pend, METHOD_BUFFERED), bytes_of("x"), 10, done);
    other->submit(code(Pend, METHOD_BUFFERED), {}, 10, [&](const IoAnswer&) { ++others_ended; });
    {
      HostThread canceller("canceller", [&] { file->cancel(number); });
      file->submit(code(Pend, METHOD_BUFFERED), {}, 10, done);
      HostThread closer("closer", [&] {
        host.machine.kernel.sleep_ms(seed % 2);
        canceller.join();
        file->close();
      });
    }
    CHECK(ended == 2);
    CHECK(others_ended == 0);
    other->close();
    CHECK(others_ended == 1);
  }
}

TEST_CASE("99 handles: one that is open outlives its device, and no other is had") {
  Machine machine;
  auto host = std::make_unique<PDRIVER_DISPATCH[]>(IRP_MJ_MAXIMUM_FUNCTION + 1);
  DeviceSpec spec;
  spec.name = "\\Device\\Short";
  spec.access = "D:P(A;;GA;;;SY)";
  spec.functions = host.get();
  const PDEVICE_OBJECT device = *create_device(spec);
  CHECK(create_device(spec).error() == STATUS_OBJECT_NAME_COLLISION);
  auto file = std::move(*FileHandle::open(device));
  delete_device(device);
  CHECK(FileHandle::open(device).error() == STATUS_NO_SUCH_DEVICE);
  CHECK(file->control(0, {}, 0).status == STATUS_INVALID_DEVICE_REQUEST);
}

// ---- the rules ----

std::string broken_by(int rule, Act act, std::string_view words = {},
                      ULONG method = METHOD_BUFFERED) {
  return expect_violation(
      rule,
      [&] {
        Host host;
        host.open()->control(code(act, method), bytes_of("12345678"), 64);
      },
      words);
}

TEST_CASE("94 devices: one that is open to everybody, or to whom is not said, is found") {
  for (const char* access :
       {"", "D:P(A;;GA;;;WD)", "D:P(A;;GA;;;SY)(A;;GR;;;BU)", "D:(A;;GA;;;SY)"}) {
    CAPTURE(access);
    CHECK(expect_violation(94, [&] {
            Machine machine;
            PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1] = {};
            DeviceSpec spec;
            spec.name = "\\Device\\Open";
            spec.access = access;
            spec.functions = functions;
            (void)create_device(spec);
          }) == "");
  }
}
TEST_CASE("94 devices: an extension pointer that was changed is found") {
  CHECK(expect_violation(94, [] {
          Host host;
          host.device->DeviceExtension = &host;
        }) == "");
}
TEST_CASE("95 IofCompleteRequest: a second completion is found") {
  CHECK(broken_by(95, CompleteTwice, "completed twice") == "");
}
TEST_CASE("95 dispatch: a status without a completion is found") {
  CHECK(broken_by(95, NeverComplete, "was not completed") == "");
}
TEST_CASE("95 dispatch: pending that was not marked is found") {
  CHECK(broken_by(95, PendUnmarked, "not marked") == "");
}
TEST_CASE("95 dispatch: another status than that of the completion is found") {
  CHECK(broken_by(95, ReturnOther) == "");
}
TEST_CASE("95 IofCompleteRequest: more bytes than there is room for are found") {
  CHECK(broken_by(95, TooMuch, "65 bytes of 64") == "");
}
TEST_CASE("96 cancel: a cancelled request that ends otherwise is found") {
  CHECK(expect_violation(96, [] {
          Host host;
          auto file = host.open();
          file->cancel(file->submit(code(CancelWrongly, METHOD_BUFFERED), {}, 10, [](IoAnswer) {}));
        }) == "");
}
TEST_CASE("96 IofCompleteRequest: a cancel routine that is still set is found") {
  CHECK(broken_by(96, CompleteWithRoutine) == "");
}
TEST_CASE("97 cleanup: a request that it leaves pended is found") {
  CHECK(expect_violation(
            97,
            [] {
              Host host(seeded(1));
              auto file = host.open();
              file->submit(code(KeepThroughClose, METHOD_BUFFERED), {}, 10, [](IoAnswer) {});
            },
            "1 of its requests") == "");
}
TEST_CASE("98 buffers: a byte past the input is found where it is read") {
  CHECK(broken_by(98, ReadPast, "buffer of a program", METHOD_OUT_DIRECT) == "");
}
TEST_CASE("98 buffers: bytes that the driver did not write are found") {
  CHECK(broken_by(98, HalfWritten) == "");
  CHECK(broken_by(98, HalfWritten, "nobody wrote", METHOD_OUT_DIRECT) == "");
}
TEST_CASE(
    "98 buffers: bytes behind what the driver answers with are found in the program's memory") {
  CHECK(broken_by(98, HideWritten, "behind the 63 bytes", METHOD_OUT_DIRECT) == "");
}
TEST_CASE("86 cancel: a routine that keeps the cancel lock is found") {
  CHECK(expect_violation(
            86,
            [] {
              Host host;
              auto file = host.open();
              const auto number =
                  file->submit(code(Pend, METHOD_BUFFERED), {}, 10, [](IoAnswer) {});
              IoSetCancelRoutine(queue->waiting[0], cancel_and_keep_lock);
              file->cancel(number);
            },
            "DRIVER_CANCEL") == "");
}

}  // namespace
}  // namespace ovs::emulator::test

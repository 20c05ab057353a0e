// Devices, and requests under way: what the I/O manager knows of each, and what it checks (94-98).
// Inside emulator/nt.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <string>

#include "emulator/nt/io/devices.h"
#include "emulator/nt/io/guarded_buffer.h"

namespace ovs::emulator {

struct IoDevice {
  DEVICE_OBJECT object = {};
  std::string name, link;
  PDRIVER_DISPATCH functions[IRP_MJ_MAXIMUM_FUNCTION + 1] = {};
  std::unique_ptr<std::byte[]> extension;
  unsigned handles = 0;  // under the scheduler's lock
  bool is_deleted = false;
};

// What a program's own memory holds, with a direct method: no byte of the pool's.
inline constexpr std::uint8_t kProgramByte = 0xab;

struct IoRequest {
  IRP irp = {};
  IO_STACK_LOCATION location = {};
  MDL mdl = {};
  GuardedBuffer system, direct;
  std::size_t capacity = 0;
  std::uint64_t number = 0;
  FileHandle::Parts* file = nullptr;
  FileHandle::Done done;
  // ---- under the scheduler's lock ----
  bool is_completed = false, was_cancelled_by_routine = false;
  const char* completed_in = nullptr;
};

struct FileHandle::Parts {
  IoDevice* device = nullptr;
  FILE_OBJECT object = {};
  // ---- under the scheduler's lock ----
  std::map<std::uint64_t, std::shared_ptr<IoRequest>> pending;
  bool is_closed = false;
};

class IoManager {
 public:
  Result<PDEVICE_OBJECT, NTSTATUS> create(const DeviceSpec& spec);
  void remove(PDEVICE_OBJECT device);
  PDEVICE_OBJECT find(std::string_view name);
  IoDevice* acquire(PDEVICE_OBJECT object);  // null: gone
  void release(IoDevice& device);
  bool has_handles(const DRIVER_OBJECT* driver) const;  // under the scheduler's lock

  // Sends it to the driver; `done` is called when it is completed.
  void dispatch(const std::shared_ptr<IoRequest>& request);
  void complete(PIRP irp);
  void cancel(IoRequest& request);

 private:
  std::shared_ptr<IoRequest> end(PIRP irp);
  void forget_old();

  // Under the scheduler's lock, all of it.
  std::map<PDEVICE_OBJECT, std::unique_ptr<IoDevice>> devices_;
  std::map<PIRP, std::shared_ptr<IoRequest>> requests_;
  std::deque<std::shared_ptr<IoRequest>> completed_;  // for whoever completes them again
};

}  // namespace ovs::emulator

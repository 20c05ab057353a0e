// A network device that gives and takes Ethernet frames: AF_PACKET on a veth, a TAP, a test's
// memory. One thread uses a port at a time. Not a datapath port: it knows nothing of flows. Called
// by userdp.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/bytes/address.h"
#include "base/bytes/span.h"
#include "base/core/boxed.h"
#include "base/core/result.h"
#include "base/text/text.h"
#include "platform/api/os_error.h"

namespace ovs::platform {

// What the sender's stack left to its device: bytes [start, size) are to be summed, the sum to be
// stored at start + offset, where the pseudo-header's sum already stands. start 0: nothing is left
// to do.
struct PartialChecksum {
  std::uint16_t start = 0;
  std::uint16_t offset = 0;
};

// Where a frame goes, and then what came.
struct FrameRoom {
  std::uint8_t* data = nullptr;
  std::size_t capacity = 0;
  std::size_t size = 0;  // set by receive()
  PartialChecksum partial;
  // TCP payload bytes that each segment is to carry; 0: it is one packet as it is. Only where a
  // port was opened to say so, and always with a partial checksum.
  std::uint16_t segment_size = 0;
};

// A frame to send, in two parts that follow each other.
struct FrameParts {
  Bytes head;
  Bytes tail;
  PartialChecksum partial;  // what the device is to sum; `start` 0: all checksums are in the frame
  std::uint16_t segment_size = 0;  // as a FrameRoom's
  bool is_verified = false;        // whoever received it found its checksums right
};

struct FramePortCounters {
  std::uint64_t rx_truncated = 0;  // frames larger than their room, dropped
  std::uint64_t rx_errors = 0;
  std::uint64_t tx_dropped = 0;  // the device had no room
  std::uint64_t tx_errors = 0;
  std::uint64_t rx_calls = 0;  // into the operating system
  std::uint64_t tx_calls = 0;
};

class FramePort {
 public:
  FramePort() = default;
  FramePort(const FramePort&) = delete;
  FramePort& operator=(const FramePort&) = delete;
  virtual ~FramePort() = default;

  virtual Text name() const = 0;
  virtual MacAddress mac() const = 0;
  virtual std::uint32_t mtu() const = 0;
  virtual bool is_up() const = 0;  // administratively, as last read
  virtual FramePortCounters counters() const = 0;
  virtual Result<void, OsError> set_mac(const MacAddress& mac) = 0;
  virtual Result<void, OsError> set_mtu(std::uint32_t mtu) = 0;
  virtual Result<void, OsError> set_up(bool up) = 0;

  // Fills rooms from the first on, without waiting. How many; 0: nothing is there now. Errors:
  // Closed when the device is gone.
  virtual Result<std::size_t> receive(Span<FrameRoom> rooms) = 0;
  // Sends frames in order, without waiting. How many the device took; the rest are dropped and
  // counted by the port.
  virtual std::size_t send(Span<const FrameParts> frames) = 0;
  // What a FrameWait waits on. Its number is the backend's own business (a file descriptor, a
  // handle).
  virtual std::int64_t readiness() const = 0;
};

// A thread's sleep over several ports. add, remove and wait are that thread's; wake may come from
// any.
class FrameWait {
 public:
  FrameWait() = default;
  FrameWait(const FrameWait&) = delete;
  FrameWait& operator=(const FrameWait&) = delete;
  virtual ~FrameWait() = default;

  virtual Result<void> add(FramePort& port) = 0;
  virtual void remove(FramePort& port) = 0;
  // Until a port may have a frame, or wake() was called since the last wait returned, or the time
  // is over.
  virtual void wait(std::uint32_t timeout_ms) = 0;
  virtual void wake() = 0;
};

// Where a program gets its ports. Errors: NotFound (no such device), Denied, Busy, Io.
class FramePorts {
 public:
  // A network device that exists: its frames come here, also on their way to the operating system.
  virtual Result<Boxed<FramePort>, OsError> open_link(Text name) = 0;
  // A device that this makes, or that is there already and is of this kind: what the operating
  // system sends through it comes here, and the reverse. It goes with the port.
  virtual Result<Boxed<FramePort>, OsError> open_tap(Text name) = 0;
  virtual Boxed<FrameWait> make_wait() = 0;

 protected:
  ~FramePorts() = default;
};

}  // namespace ovs::platform

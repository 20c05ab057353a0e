// The far side of a NIC as the emulated host keeps it: a backend for a switch, and what the host
// asks of it beside. LinuxNic is one; a test's memory another.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/bytes/address.h"
#include "base/core/result.h"
#include "emulator/vmswitch/nic_backend.h"
#include "emulator/vmswitch/switch_types.h"

namespace ovs::emulator {

// Why there is no such NIC: words for people.
struct NicError {
  std::string text;
};

struct HostNicCounters {
  std::uint64_t from_system_frames = 0, from_system_bytes = 0;
  std::uint64_t to_system_frames = 0, to_system_bytes = 0;
  std::uint64_t to_system_dropped = 0;  // the device had no room, was down, or has gone
  std::uint64_t not_taken = 0;          // read, but the switch took no frames from this NIC
  // Frames that the device or its user has still to cut into segments.
  std::uint64_t from_system_large = 0, to_system_large = 0;
  std::uint64_t from_system_refused = 0;  // the device said of them what cannot be
};

struct TapSpec {
  std::string name_space;  // as in_namespace() takes it
  std::string link;        // the device's name there, at most 15 bytes
  std::string alias;       // what people may call it instead
  MacAddress mac;
  std::uint32_t mtu = 1500;
  NicOffloads offloads;  // what its user may leave to it
};

class HostNic : public NicBackend {
 public:
  // Given frames that the far side sends; how many were taken. On a thread of the NIC's.
  using Receiver = std::function<std::size_t(Span<const NicFrame>)>;

  virtual ~HostNic() = default;
  virtual const std::string& link() const = 0;
  virtual MacAddress mac() const = 0;
  virtual std::uint32_t mtu() const = 0;
  // A link's wire has somebody at its other end. TAPs always have.
  virtual bool has_carrier() const = 0;
  // What the device's user sees of a cable. Nothing happens to links.
  virtual void set_carrier(bool present) = 0;
  // Reads from now on. What came before is discarded. One receiver at a time.
  virtual void start(Receiver receiver) = 0;
  // On return the receiver is not called any more. Not from the receiver.
  virtual void stop() = 0;
  virtual HostNicCounters counters() const = 0;
  // Somebody has taken the device away; nothing comes from it any more.
  virtual bool has_gone() const = 0;
};

class HostNics {
 public:
  // A device that is made here, is up, and goes with the NIC.
  virtual Result<std::unique_ptr<HostNic>, NicError> make_tap(const TapSpec& spec) = 0;
  // A link that exists, which others may use as well.
  virtual Result<std::unique_ptr<HostNic>, NicError> open_link(const std::string& link) = 0;

 protected:
  ~HostNics() = default;
};

}  // namespace ovs::emulator

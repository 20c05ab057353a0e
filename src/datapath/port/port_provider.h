// Where vports get their devices: the host knows NICs by name, the engine does not. Called by
// control/ where waiting is allowed.
#pragma once
#include "base/core/maybe.h"
#include "datapath/port/vport.h"
#include "flow/match/extract.h"

namespace ovs::datapath {

struct PortDevice {
  void* device = nullptr;  // given back to the host with each packet; null: the port waits until
                           // attach() finds it
  MacAddress mac;
  std::uint32_t mtu = 1500;
};

struct PortState {
  MacAddress mac;
  std::uint32_t mtu = 1500;
  bool is_up = false;  // administratively
  bool has_carrier = false;
  std::uint64_t speed_bps = 0;  // 0: not known
  Text status = {};             // what it waits for, in words; static storage
};

// What is to be different; what is not given stays.
struct PortChange {
  Maybe<MacAddress> mac;
  Maybe<std::uint32_t> mtu;
  Maybe<bool> up;
};

class PortProvider {
 public:
  // The number that a port of this name would like; kNoPort: any.
  virtual PortNo preferred_number(Text name, VportKind kind) = 0;
  // A device for Device and Internal ports; from now on its packets may come in as `number`.
  // Errors: NotFound, Busy (it is another port's), Denied, NoMemory, Io.
  virtual Result<PortDevice> attach(Text name, VportKind kind, PortNo number) = 0;
  // No packets come from it any more once this returns; some may still be sent to it.
  virtual void detach(void* device) = 0;
  // Nobody uses it any more. On any thread.
  virtual void release(void* device) = 0;
  virtual PortState state(void* device) = 0;
  // Errors: Unsupported, Denied, Range, Io.
  virtual Result<void> change(void* device, const PortChange& change) = 0;

 protected:
  ~PortProvider() = default;
};

// Runs a packet through a program now, on a processor that the host chooses.
class PacketRunner {
 public:
  // Errors: NoMemory (no packet is free), Range (larger than packets can be).
  virtual Result<void> run(Bytes frame, const flow::PacketMetadata& metadata,
                           const class Program& program) = 0;

 protected:
  ~PacketRunner() = default;
};

}  // namespace ovs::datapath

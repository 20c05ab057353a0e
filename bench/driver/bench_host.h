// The driver in an emulated host for measuring: a private switch with five virtual machines' NICs
// as vports 1 to 5, a case's flows, and that case's packets from the first NIC in chains of 32.
#pragma once
#include <memory>
#include <string>

#include "bench/driver/plain_packets.h"
#include "bench/engine/bare_engine.h"

namespace ovs::bench {

// Who is between the NICs and the driver.
enum class Between {
  PlainPackets,       // plain_packets.h, on a kernel without detectors
  PlainGuestPackets,  // the same, from memory that a guest may still write to
  Switch,             // the emulated switch, without detectors
  Judges,             // the emulated switch with all of them
};

class BenchHost {
 public:
  // With the case's flows, and settled: its upkeep has looked at them.
  BenchHost(const std::string& image, Between between, const Case& which);
  ~BenchHost();
  BenchHost(const BenchHost&) = delete;

  // Ticks a packet of one run. Fails where a packet is lost.
  double run();
  // How many runs a figure is made of: fewer of what costs more.
  unsigned runs() const;

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ovs::bench

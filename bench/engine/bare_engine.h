// The engine by itself, on one processor: a buffer is taken, a frame copied into it, received,
// parsed, looked up, counted, acted on, sent to a port that gives it back.
#pragma once
#include <memory>

#include "bench/engine/cases.h"

namespace ovs::bench {

// Ends the process with `what`.
[[noreturn]] void fail(const char* what);

class BareEngine {
 public:
  // With the case's flows, and settled: it has run for a while.
  explicit BareEngine(const Case& which);
  ~BareEngine();
  BareEngine(const BareEngine&) = delete;

  // Ticks a packet of one run of kPacketsPerRun. Fails where a packet is lost.
  double run();
  // Taking, copying and giving back alone.
  double run_floor();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ovs::bench

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
  BareEngine();
  ~BareEngine();
  BareEngine(const BareEngine&) = delete;

  // Fails where a packet is lost.
  Ticks measure(const Case& which);
  // Taking, copying and giving back alone.
  Ticks measure_floor();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace ovs::bench

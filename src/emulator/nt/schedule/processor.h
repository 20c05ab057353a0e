// Interrupt levels and processors. A thread at DISPATCH_LEVEL is the only one on its processor;
// DPCs of a processor run when nobody is at that level there. Below it threads are on no
// particular processor. Called by whoever calls drivers.
#pragma once
#include "base/core/function_ref.h"
#include "emulator/sdk/ntddk.h"

namespace ovs::emulator {

KIRQL current_level();
// Stays the same while the level is DISPATCH_LEVEL.
unsigned current_processor();

// The calling thread is at `level` while one lives; raising only. Waits for a processor.
class RaisedLevel {
 public:
  explicit RaisedLevel(KIRQL level = DISPATCH_LEVEL);
  RaisedLevel(const RaisedLevel&) = delete;
  ~RaisedLevel();

 private:
  KIRQL before_;
};

// Runs `fn` on that processor at that level, on the calling thread, which is below DISPATCH_LEVEL.
void run_on(unsigned processor, KIRQL level, FunctionRef<void()> fn);

}  // namespace ovs::emulator

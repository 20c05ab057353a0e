// Everything that can happen to the driver at once, by chance: packets, ports, adapters, policies,
// flows, tunnels, handles with pended requests, pauses, detaching; then it is unloaded and has left
// nothing. Same seed, same events, where the kernel is seeded. Called by churn_test.cc.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>

#include "tests/driver/switch_rig.h"

namespace ovs::tests {

// What happened, in numbers that a test asserts a minimum of.
enum class Event : unsigned {
  FrameSent,
  FrameArrived,
  TunnelFrameSent,
  TunnelFrameReturned,
  Upcall,
  Executed,
  VportAdded,
  VportDeleted,
  FlowPut,
  FlowDeleted,
  FlowsFlushed,
  Dumped,
  NeighbourSet,
  RequestPended,
  RequestCancelled,
  ClosedWithPended,
  PortAdded,
  PortRemoved,
  PortRefused,
  PortRenamed,
  NicConnected,
  NicDisconnected,
  NicUpdated,
  PolicySet,
  Paused,
  Resumed,
  Detached,
  Attached,
  OidCancelled,
  SendCancelled,
  kCount
};
const char* text_of(Event event);

struct Tally {
  std::array<std::atomic<std::uint64_t>, std::size_t(Event::kCount)> counts{};
  void count(Event event, std::uint64_t n = 1) { counts[std::size_t(event)] += n; }
};

enum class Scheduling : bool { Seeded, Threads };

// One driver's life, in which each thread takes so many steps. A violation, or a host that serves
// nobody afterwards, ends the process.
void churn(std::uint64_t seed, Scheduling scheduling, unsigned steps, Tally& tally);

}  // namespace ovs::tests

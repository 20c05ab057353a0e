// What is measured: packets of flows of their own under masks, and what is done to them. The same
// for the engine alone, the engine in its driver, and, by dpdk_peer.py, the peer.
#pragma once
#include <cstdint>
#include <vector>

#include "flow/match/key.h"

namespace ovs::bench {

inline constexpr std::size_t kFrameSize = 60;
inline constexpr unsigned kRuns = 99;
inline constexpr std::size_t kPacketsPerRun = 1 << 17;  // short: the least disturbed run shows

struct Frame {
  alignas(64) std::uint8_t bytes[64];
};

// From port 1. Port 2 and those after it give their packets back.
struct Case {
  const char* name;
  std::uint32_t flows;
  unsigned masks;
  const char* actions;
};
inline constexpr Case kCases[] = {
    {"flows=1,masks=1", 1, 1, "2"},
    {"flows=1000,masks=1", 1000, 1, "2"},
    {"flows=100000,masks=1", 100000, 1, "2"},
    {"flows=1000,masks=20", 1000, 20, "2"},
    {"flows=100000,masks=20", 100000, 20, "2"},
    {"push_vlan", 1000, 1, "push_vlan(vid=5,pcp=0),2"},
    {"output_to_4", 1000, 1, "2,3,4,5"},
};

// A UDP packet whose destination, port and source say which it is.
Frame make_frame(std::uint32_t number);
// As many as the case has flows, in no order.
std::vector<Frame> frames_of(const Case& which);
// The megaflow of a frame: each has one of its own with one mask, else a mask has few.
flow::FlowKey key_of(const Frame& frame);
flow::FlowMask mask_of(const flow::FlowKey& key, unsigned masks);
// The case's actions as netlink has them.
std::vector<std::uint8_t> actions_of(const Case& which);

// This thread runs there alone from now on.
void pin_to_first_processor();

// Least, median and most, in ticks a packet.
struct Ticks {
  double least, median, most;
};
Ticks ticks_of(std::vector<double> runs);

}  // namespace ovs::bench

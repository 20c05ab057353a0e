// A flow as the packet path sees it: one line, its key under its mask. Read without locks; who
// writes, and when a record may be used again, is flow_table.h's business.
#pragma once
#include "base/core/atomic.h"
#include "flow/match/key.h"

namespace ovs::datapath {

enum class FlowIndex : std::uint32_t {};
inline constexpr FlowIndex kNoFlow{0};  // a record that is dead for ever

enum class MaskId : std::uint16_t {};
inline constexpr MaskId kNoMask{0};

// What flows do, for the pipeline to know; many may do the same.
struct FlowProgram {};

// Of one flow: what it does, and the cold words of its key, packed as the mask lists them.
struct FlowBody {
  Atomic<const FlowProgram*> program{nullptr};
  std::uint64_t cold[flow::kColdWords] = {};
};

struct alignas(64) FlowRecord {
  std::uint64_t hot[flow::kHotWords];
  Atomic<MaskId> mask;  // kNoMask: dead. Written last when a flow is born, first when it dies
  std::uint16_t cold_count;
  Atomic<std::uint32_t> only_port;  // not kNoOnlyPort: all that the flow does is output there
  Atomic<const FlowBody*> body;
};
static_assert(sizeof(FlowRecord) == 64);
inline constexpr std::uint32_t kNoOnlyPort = 0xffffffff;

struct alignas(64) HotMask {
  std::uint64_t words[8];  // the last two zero
};

struct ColdMask {
  std::uint32_t count = 0;
  std::uint8_t places[flow::kColdWords];  // of each value, in PacketKey::cold
  std::uint64_t values[flow::kColdWords];
};

// One flow and one processor: written by that processor alone.
struct FlowCounters {
  Atomic<std::uint64_t> packets, bytes, used_ms;
  Atomic<std::uint32_t> tcp_flags;
  std::uint32_t unused;
};
static_assert(sizeof(FlowCounters) == 32);

}  // namespace ovs::datapath

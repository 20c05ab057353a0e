#include "bench/engine/cases.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <random>

#include "flow/action/action_text.h"
#include "flow/match/extract.h"

namespace ovs::bench {

Frame make_frame(std::uint32_t number) {
  Frame frame{};
  const std::uint8_t head[] = {2, 0,    0, 0, 0,  2, 2, 0, 0, 0,  0,  1, 8,
                               0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17, 0, 0};
  std::memcpy(frame.bytes, head, sizeof head);
  store(frame.bytes + 26, Be32(0x0a000000u | (number >> 8)));
  store(frame.bytes + 30, Be32(0x0b000000u | number));
  store(frame.bytes + 34, Be16(std::uint16_t(1024 + number % 50000)));
  store(frame.bytes + 36, Be16(std::uint16_t(number % 60000)));
  store(frame.bytes + 38, Be16(26));
  return frame;
}

std::vector<Frame> frames_of(const Case& which) {
  std::vector<Frame> frames;
  for (std::uint32_t i = 0; i < which.flows; ++i) frames.push_back(make_frame(i));
  std::shuffle(frames.begin(), frames.end(), std::mt19937_64(5));
  return frames;
}

flow::FlowKey key_of(const Frame& frame) {
  flow::PacketMetadata metadata;
  metadata.in_port = 1;
  return flow::extract(Bytes(frame.bytes, kFrameSize), metadata);
}

// Mask m looks at the destination and, by its number, at some bits of the source: as many masks
// as are wanted, disjoint by the destination's low bits.
flow::FlowMask mask_of(const flow::FlowKey& key, unsigned masks) {
  flow::FlowMask mask;
  flow::store_number<flow::StorageId::InPort>(mask, 0xffffffff);
  flow::store_number<flow::StorageId::EthType>(mask, 0xffff);
  flow::store_number<flow::StorageId::NwDst>(mask, 0xffffffff);
  flow::store_number<flow::StorageId::NwProto>(mask, 0xff);
  const unsigned which = unsigned(flow::load_stored<flow::StorageId::NwDst>(key)) % masks;
  const std::uint64_t source = masks == 1 ? 0 : (std::uint64_t{1} << which) - 1;
  flow::store_number<flow::StorageId::NwSrc>(mask, source);
  return mask;
}

std::vector<std::uint8_t> actions_of(const Case& which) {
  auto actions = flow::parse_actions(which.actions);
  if (!actions) std::abort();
  return std::move(*actions);
}

void pin_to_first_processor() {
  cpu_set_t first;
  CPU_ZERO(&first);
  CPU_SET(0, &first);
  sched_setaffinity(0, sizeof first, &first);
}

Ticks ticks_of(std::vector<double> runs) {
  std::sort(runs.begin(), runs.end());
  return {runs.front(), runs[runs.size() / 2], runs.back()};
}

}  // namespace ovs::bench

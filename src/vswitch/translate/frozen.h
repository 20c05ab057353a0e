// Where a translation stopped, under a number that a datapath can carry: what is needed to say more
// about a packet later than its headers tell. Equal states share a number. Any thread.
#pragma once
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "flow/match/key.h"

namespace ovs::vswitch {

struct FrozenState {
  std::uint64_t bridge = 0;
  std::uint8_t table = 0;
  flow::PipelineKey pipeline;  // in_port, registers, metadata
  std::uint64_t tun_id = 0;
  bool operator==(const FrozenState&) const = default;
};

class FrozenStates {
 public:
  static constexpr std::size_t kMaxStates = 65536;

  // Nothing when there are too many.
  std::optional<std::uint32_t> freeze(const FrozenState& state);
  std::optional<FrozenState> find(std::uint32_t id) const;
  std::size_t count() const;

 private:
  static std::uint64_t hash(const FrozenState& state);

  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<std::uint32_t, FrozenState> states_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_content_;
  std::uint32_t next_ = 1;
};

}  // namespace ovs::vswitch

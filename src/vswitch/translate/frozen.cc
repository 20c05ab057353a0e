#include "vswitch/translate/frozen.h"

namespace ovs::vswitch {

std::uint64_t FrozenStates::hash(const FrozenState& state) {
  return flow::hash(state.pipeline, state.bridge ^ std::uint64_t{state.table} << 56 ^ state.tun_id);
}

std::optional<std::uint32_t> FrozenStates::freeze(const FrozenState& state) {
  const std::uint64_t content = hash(state);
  const std::lock_guard lock(mutex_);
  const auto [first, last] = by_content_.equal_range(content);
  for (auto at = first; at != last; ++at) {
    if (states_[at->second] == state) return at->second;
  }
  if (states_.size() >= kMaxStates) return std::nullopt;
  const std::uint32_t id = next_++;
  states_.emplace(id, state);
  by_content_.emplace(content, id);
  return id;
}

std::optional<FrozenState> FrozenStates::find(std::uint32_t id) const {
  const std::lock_guard lock(mutex_);
  const auto at = states_.find(id);
  if (at == states_.end()) return std::nullopt;
  return at->second;
}

std::size_t FrozenStates::count() const {
  const std::lock_guard lock(mutex_);
  return states_.size();
}

}  // namespace ovs::vswitch

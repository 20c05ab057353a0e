#include "vswitch/translate/frozen.h"

namespace ovs::vswitch {

FrozenRef::~FrozenRef() {
  if (states_ != nullptr) states_->release(id_);
}

std::uint64_t FrozenStates::hash(const FrozenState& state) {
  return flow::hash(state.pipeline, state.bridge ^ std::uint64_t{state.table} << 56 ^ state.tun_id);
}

std::uint32_t FrozenStates::free_id() {
  do {
    ++last_;
  } while (last_ == 0 || states_.contains(last_));
  return last_;
}

std::optional<FrozenRef> FrozenStates::freeze(const FrozenState& state) {
  const std::uint64_t content = hash(state);
  const std::lock_guard lock(mutex_);
  const auto [first, last] = by_content_.equal_range(content);
  for (auto at = first; at != last; ++at) {
    Entry& entry = states_.find(at->second)->second;
    if (entry.state != state) continue;
    ++entry.users;
    return FrozenRef(*this, at->second);
  }
  if (states_.size() >= kMaxStates) return std::nullopt;
  const std::uint32_t id = free_id();
  states_.emplace(id, Entry{state, 1, 0});
  by_content_.emplace(content, id);
  return FrozenRef(*this, id);
}

void FrozenStates::release(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  Entry& entry = states_.find(id)->second;
  if (--entry.users > 0) return;
  entry.unused_since = round_;
  unused_.push_back(id);
}

void FrozenStates::forget(std::uint32_t id) {
  const auto at = states_.find(id);
  const auto [first, last] = by_content_.equal_range(hash(at->second.state));
  for (auto name = first; name != last; ++name) {
    if (name->second != id) continue;
    by_content_.erase(name);
    break;
  }
  states_.erase(at);
}

void FrozenStates::end_round() {
  const std::lock_guard lock(mutex_);
  ++round_;
  std::erase_if(unused_, [this](std::uint32_t id) {
    const auto at = states_.find(id);
    if (at == states_.end() || at->second.users > 0) return true;
    if (at->second.unused_since + 2 > round_) return false;
    forget(id);
    return true;
  });
}

std::optional<FrozenState> FrozenStates::find(std::uint32_t id) const {
  const std::lock_guard lock(mutex_);
  const auto at = states_.find(id);
  if (at == states_.end()) return std::nullopt;
  return at->second.state;
}

std::size_t FrozenStates::count() const {
  const std::lock_guard lock(mutex_);
  return states_.size();
}

}  // namespace ovs::vswitch

// Where a translation stopped, under a number that a datapath can carry: what is needed to say more
// about a packet later than its headers tell. Equal states share a number. A state lives while
// someone holds a FrozenRef to it, and then for the packets that may still be on their way with its
// number: until the round after the next of revalidation has ended. Any thread.
#pragma once
#include <cstdint>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "flow/match/key.h"

namespace ovs::vswitch {

struct FrozenState {
  std::uint64_t bridge = 0;
  std::uint8_t table = 0;
  flow::PipelineKey pipeline;  // in_port, registers, metadata
  std::uint64_t tun_id = 0;
  bool operator==(const FrozenState&) const = default;
};

class FrozenStates;

// Keeps one state alive. Ends before the FrozenStates.
class FrozenRef {
 public:
  FrozenRef(FrozenRef&& other) noexcept
      : states_(std::exchange(other.states_, nullptr)), id_(other.id_) {}
  FrozenRef& operator=(FrozenRef&& other) noexcept {
    std::swap(states_, other.states_);
    std::swap(id_, other.id_);
    return *this;
  }
  ~FrozenRef();

  std::uint32_t id() const { return id_; }

 private:
  friend class FrozenStates;
  FrozenRef(FrozenStates& states, std::uint32_t id) : states_(&states), id_(id) {}

  FrozenStates* states_;
  std::uint32_t id_;
};

class FrozenStates {
 public:
  static constexpr std::size_t kMaxStates = 65536;

  // Nothing when there are too many.
  std::optional<FrozenRef> freeze(const FrozenState& state);
  std::optional<FrozenState> find(std::uint32_t id) const;
  // A round of revalidation is over.
  void end_round();
  std::size_t count() const;

 private:
  friend class FrozenRef;
  struct Entry {
    FrozenState state;
    unsigned users = 0;
    std::uint64_t unused_since = 0;  // the round in which the last user went
  };
  static std::uint64_t hash(const FrozenState& state);
  void release(std::uint32_t id);
  std::uint32_t free_id();
  void forget(std::uint32_t id);

  mutable std::mutex mutex_;  // guards what follows
  std::unordered_map<std::uint32_t, Entry> states_;
  std::unordered_multimap<std::uint64_t, std::uint32_t> by_content_;
  std::vector<std::uint32_t> unused_;  // perhaps used again since
  std::uint64_t round_ = 0;
  std::uint32_t last_ = 0;
};

}  // namespace ovs::vswitch

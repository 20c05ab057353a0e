// The groups of one switch: what they do (immutable, in a table that versions share) and what they
// counted; and how the control thread edits them by group-mods. Knows no connections.
#pragma once
#include <atomic>
#include <cstdint>
#include <map>
#include <vector>

#include "openflow/core/error.h"
#include "openflow/message/group.h"
#include "vswitch/tables/shared.h"
#include "vswitch/tables/stamps.h"

namespace ovs::vswitch {

struct PacketCount : SharedCount {
  std::atomic<std::uint64_t> packets{0}, bytes{0};
};

struct Group : SharedCount {
  struct Bucket {
    openflow::Bucket does;  // with its number
    Shared<PacketCount> count;
  };
  std::uint32_t id = 0;
  openflow::GroupType type = openflow::GroupType::All;
  std::vector<Bucket> buckets;
  openflow::GroupProperties properties;
  Shared<PacketCount> count;
  std::uint64_t created_ms = 0;
};

struct GroupTable : SharedCount {
  std::map<std::uint32_t, Shared<Group>> groups;

  // Null if there is none.
  const Group* find(std::uint32_t id) const {
    const auto at = groups.find(id);
    return at == groups.end() ? nullptr : at->second.raw();
  }
};

class Groups {
 public:
  // `bridge` keeps the stamps of different switches apart.
  explicit Groups(std::uint64_t bridge) : bridge_(bridge), table_(new_shared<GroupTable>()) {}

  // The numbers of groups that went are appended to `removed`: flows that name them go too.
  Result<void, openflow::OfError> apply(const openflow::GroupMod& mod, std::uint64_t now_ms,
                                        std::vector<std::uint32_t>& removed);
  void clear();

  bool contains(std::uint32_t id) const { return table_->find(id) != nullptr; }
  const Shared<GroupTable>& table() const { return table_; }
  // What has changed since the last call; to be touched once the new table is published.
  PendingStamps take_changes() { return std::exchange(changes_, {}); }
  bool has_changes() const { return !changes_.empty(); }

 private:
  using Done = Result<void, openflow::OfError>;
  enum class Counters : bool { Fresh, Kept };
  Done put(const openflow::GroupMod& mod, std::uint64_t now_ms);
  Done remove(std::uint32_t id, std::vector<std::uint32_t>& removed);
  Done insert_buckets(const openflow::GroupMod& mod);
  Done remove_buckets(const openflow::GroupMod& mod);
  Group* editable(std::uint32_t id);  // null if there is none

  const std::uint64_t bridge_;
  Shared<GroupTable> table_;
  PendingStamps changes_;
};

}  // namespace ovs::vswitch

#include "vswitch/tables/groups.h"

#include <algorithm>

namespace ovs::vswitch {

using openflow::GroupCommand;
using openflow::GroupMod;
using openflow::OfError;

namespace {

using Buckets = std::vector<Group::Bucket>;

Buckets::iterator find_bucket(Buckets& buckets, std::uint32_t id) {
  return std::find_if(buckets.begin(), buckets.end(),
                      [id](const Group::Bucket& bucket) { return bucket.does.id == id; });
}

// Those that a controller did not number get the lowest numbers that are free.
void append(Buckets& all, const std::vector<openflow::Bucket>& more) {
  const std::size_t begin = all.size();
  for (const openflow::Bucket& bucket : more) {
    all.push_back({bucket, new_shared<PacketCount>()});
  }
  std::uint32_t next = 0;
  for (std::size_t i = begin; i < all.size(); ++i) {
    if (all[i].does.id <= openflow::kBucketMax) continue;
    while (find_bucket(all, next) != all.end()) ++next;
    all[i].does.id = next;
  }
}

}  // namespace

Group* Groups::editable(std::uint32_t id) {
  if (!contains(id)) return nullptr;
  changes_.add(StampKind::Group, bridge_, id);
  return &own(own(table_).groups.find(id)->second);
}

Groups::Done Groups::apply(const GroupMod& mod, std::uint64_t now_ms,
                           std::vector<std::uint32_t>& removed) {
  switch (mod.command) {
    case GroupCommand::Add:
      if (mod.id > openflow::kGroupMax) return OfError::OFPGMFC_INVALID_GROUP;
      if (contains(mod.id)) return OfError::OFPGMFC_GROUP_EXISTS;
      return put(mod, now_ms);
    case GroupCommand::Modify:
      if (!contains(mod.id)) return OfError::OFPGMFC_UNKNOWN_GROUP;
      return put(mod, now_ms);
    case GroupCommand::AddOrModify:
      if (mod.id > openflow::kGroupMax) return OfError::OFPGMFC_INVALID_GROUP;
      return put(mod, now_ms);
    case GroupCommand::Delete: return remove(mod.id, removed);
    case GroupCommand::InsertBucket: return insert_buckets(mod);
    case GroupCommand::RemoveBucket: return remove_buckets(mod);
  }
  return OfError::OFPGMFC_BAD_COMMAND;
}

// A group that is modified counts from nothing, and is as old as before.
Groups::Done Groups::put(const GroupMod& mod, std::uint64_t now_ms) {
  const Group* old = table_->find(mod.id);
  auto group = new_shared<Group>();
  group->id = mod.id;
  group->type = mod.type;
  group->properties = mod.properties;
  group->count = new_shared<PacketCount>();
  group->created_ms = old != nullptr ? old->created_ms : now_ms;
  append(group->buckets, mod.buckets);
  own(table_).groups.insert_or_assign(mod.id, std::move(group));
  changes_.add(StampKind::Group, bridge_, mod.id);
  return kOk;
}

Groups::Done Groups::remove(std::uint32_t id, std::vector<std::uint32_t>& removed) {
  const bool all = id == openflow::kGroupAll;
  if (!all && id > openflow::kGroupMax) return OfError::OFPGMFC_INVALID_GROUP;
  std::vector<std::uint32_t> gone;
  for (const auto& [number, group] : table_->groups) {
    if (all || number == id) gone.push_back(number);
  }
  for (const std::uint32_t number : gone) {
    own(table_).groups.erase(number);
    changes_.add(StampKind::Group, bridge_, number);
  }
  removed.insert(removed.end(), gone.begin(), gone.end());
  return kOk;
}

void Groups::clear() {
  std::vector<std::uint32_t> removed;
  (void)remove(openflow::kGroupAll, removed);
}

Groups::Done Groups::insert_buckets(const GroupMod& mod) {
  const Group* group = table_->find(mod.id);
  if (group == nullptr) return OfError::OFPGMFC_UNKNOWN_GROUP;
  if (group->type == openflow::GroupType::Indirect) return OfError::OFPGMFC_OUT_OF_BUCKETS;
  Buckets all = group->buckets;
  for (const openflow::Bucket& bucket : mod.buckets) {
    if (find_bucket(all, bucket.id) != all.end()) return OfError::OFPGMFC_BUCKET_EXISTS;
  }
  const std::size_t count = all.size();
  std::size_t at = count;
  if (mod.bucket_id == openflow::kBucketFirst) {
    at = 0;
  } else if (mod.bucket_id <= openflow::kBucketMax) {
    const auto before = find_bucket(all, mod.bucket_id);
    if (before == all.end()) return OfError::OFPGMFC_UNKNOWN_BUCKET;
    at = std::size_t(before - all.begin()) + 1;
  }
  append(all, mod.buckets);
  std::rotate(all.begin() + std::ptrdiff_t(at), all.begin() + std::ptrdiff_t(count), all.end());
  editable(mod.id)->buckets = std::move(all);
  return kOk;
}

Groups::Done Groups::remove_buckets(const GroupMod& mod) {
  const Group* group = table_->find(mod.id);
  if (group == nullptr) return OfError::OFPGMFC_UNKNOWN_GROUP;
  Buckets all = group->buckets;
  if (mod.bucket_id == openflow::kBucketAll) {
    all.clear();
  } else if (mod.bucket_id == openflow::kBucketFirst) {
    if (!all.empty()) all.erase(all.begin());
  } else if (mod.bucket_id == openflow::kBucketLast) {
    if (!all.empty()) all.pop_back();
  } else {
    const auto bucket = find_bucket(all, mod.bucket_id);
    if (bucket == all.end()) return OfError::OFPGMFC_UNKNOWN_BUCKET;
    all.erase(bucket);
  }
  editable(mod.id)->buckets = std::move(all);
  return kOk;
}

}  // namespace ovs::vswitch

// Bodies about groups: what a group is, what it counted, what a switch's groups can do.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "openflow/action/action.h"
#include "openflow/action/action_set.h"
#include "openflow/core/port.h"

namespace ovs::openflow {

enum class GroupCommand : std::uint16_t {
  Add = 0,
  Modify = 1,
  Delete = 2,
  InsertBucket = 3,
  RemoveBucket = 5,
  AddOrModify = 0x8000,
};
enum class GroupType : std::uint8_t { All, Select, Indirect, FastFailover };
inline constexpr std::size_t kGroupTypeCount = 4;

// Buckets' own numbers, and where in a group's list buckets go to or come from.
inline constexpr std::uint32_t kBucketMax = 0xffffff00, kBucketFirst = 0xfffffffd,
                               kBucketLast = 0xfffffffe, kBucketAll = 0xffffffff;
struct Bucket {
  std::uint32_t id = kBucketAll;  // not said: whoever encodes gives it one
  std::uint16_t weight = 0;
  OfPort watch_port = kPortAny;
  std::uint32_t watch_group = kGroupAny;
  Actions actions;
  bool operator==(const Bucket&) const = default;
  bool has_liveness() const { return watch_port != kPortAny || watch_group != kGroupAny; }
};

// How a select group chooses: "hash" over the masked fields, "dp_hash", or empty for the default.
struct GroupField {
  flow::FieldId field;
  flow::FieldValue mask;
  bool operator==(const GroupField&) const = default;
};
struct GroupProperties {
  std::string method;
  std::uint64_t parameter = 0;
  std::vector<GroupField> fields;  // in the order of their ids
  bool operator==(const GroupProperties&) const = default;
};

struct GroupMod {
  GroupCommand command = GroupCommand::Add;
  GroupType type = GroupType::All;
  std::uint32_t id = kGroupAny;
  std::uint32_t bucket_id = kBucketAll;  // of inserting and removing buckets
  std::vector<Bucket> buckets;
  GroupProperties properties;
};

struct GroupDesc {
  std::uint32_t id = 0;
  GroupType type = GroupType::All;
  std::vector<Bucket> buckets;
  GroupProperties properties;
};
struct GroupDescReply {
  std::vector<GroupDesc> groups;
};

struct BucketStats {
  std::uint64_t packets = 0, bytes = 0;
};
struct GroupStats {
  std::uint32_t id = 0, ref_count = 0;
  std::uint64_t packets = 0, bytes = 0;
  std::uint32_t duration_s = 0xffffffff, duration_ns = 0xffffffff;  // all ones: not said
  std::vector<BucketStats> buckets;
};
struct GroupStatsReply {
  std::vector<GroupStats> groups;
};

// OFPGFC_*.
inline constexpr std::uint32_t kSelectWeight = 1u << 0, kSelectLiveness = 1u << 1,
                               kChaining = 1u << 2, kChainingChecks = 1u << 3;
struct GroupFeatures {
  std::uint32_t types = 0;  // bit n: type n
  std::uint32_t capabilities = 0;
  std::uint32_t max_groups[kGroupTypeCount] = {};
  ActionSet actions[kGroupTypeCount] = {};
};

}  // namespace ovs::openflow

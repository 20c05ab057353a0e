// Bodies about groups.
#pragma once
#include "openflow/message/describe.h"

namespace ovs::openflow {

// Versions 1.0 (Nicira's extension) and 1.5 number buckets and give them properties.
constexpr bool has_bucket_ids(Version version) {
  return version == Version::V10 || version == Version::V15;
}

template <class A>
void bucket11(A& a, Of<A, Bucket>& m) {
  a.be(m.weight);
  a.wide_port(m.watch_port, OfError::OFPGMFC_BAD_WATCH);
  a.be(m.watch_group);
  a.pad(4);
  actions(a, m.actions);
}

inline constexpr std::uint16_t kBucketWeight = 0, kBucketWatchPort = 1, kBucketWatchGroup = 2;

inline void bucket_properties(In& in, Bucket& m, GroupType type) {
  m.weight = type == GroupType::Select ? 1 : 0;
  read_properties(in, [&](In& property, std::uint16_t number) {
    switch (number) {
      case kBucketWeight: property.be(m.weight); return property.pad(property.remaining());
      case kBucketWatchPort: return property.wide_port(m.watch_port, OfError::OFPGMFC_BAD_WATCH);
      case kBucketWatchGroup: return property.be(m.watch_group);
      default: return unknown_property(property, number);
    }
  });
}
inline void bucket_properties(Out& out, const Bucket& m, GroupType type) {
  if (type == GroupType::Select || m.weight != 0) {
    write_property(out, kBucketWeight, [&](Out& p) {
      p.be(m.weight);
      p.pad(2);
    });
  }
  if (m.watch_port != kPortAny) {
    write_property(out, kBucketWatchPort, [&](Out& p) { p.wide_port(m.watch_port); });
  }
  if (m.watch_group != kGroupAny) {
    write_property(out, kBucketWatchGroup, [&](Out& p) { p.be(m.watch_group); });
  }
}

template <class A>
void bucket15(A& a, Of<A, Bucket>& m, GroupType type) {
  LengthAhead<A> length(a);
  a.be(m.id);
  length.measure([&](A& part) { actions(part, m.actions); });
  bucket_properties(a, m, type);
}

// Numbers are kept, the missing ones are the smallest that nothing else has.
inline std::vector<Bucket> numbered(std::vector<Bucket> buckets) {
  std::uint32_t next = 0;
  const auto is_taken = [&](std::uint32_t id) {
    return std::any_of(buckets.begin(), buckets.end(),
                       [&](const Bucket& bucket) { return bucket.id == id; });
  };
  for (Bucket& bucket : buckets) {
    if (bucket.id <= kBucketMax) continue;
    while (is_taken(next)) ++next;
    bucket.id = next;
  }
  return buckets;
}

inline void check_bucket_ids(In& in, const std::vector<Bucket>& buckets) {
  std::vector<std::uint32_t> ids;
  for (const Bucket& bucket : buckets) ids.push_back(bucket.id);
  std::sort(ids.begin(), ids.end());
  const bool twice = std::adjacent_find(ids.begin(), ids.end()) != ids.end();
  if (twice || (!ids.empty() && ids.back() > kBucketMax)) in.fail(OfError::OFPGMFC_BAD_BUCKET);
}

inline void buckets(In& in, std::vector<Bucket>& all, GroupType type) {
  const bool has_ids = has_bucket_ids(in.version());
  In list = in.over(in.take_rest(), OfError::OFPGMFC_BAD_BUCKET);
  sized_list(list, all, [&](In& part, Bucket& bucket) {
    if (has_ids) return bucket15(part, bucket, type);
    bucket11(part, bucket);
  });
  if (!has_ids) {
    for (std::size_t i = 0; i < all.size(); ++i) all[i].id = std::uint32_t(i);
  }
  check_bucket_ids(list, all);
  in.absorb(list);
}
inline void buckets(Out& out, const std::vector<Bucket>& all, GroupType type) {
  if (!has_bucket_ids(out.version())) {
    return sized_list(out, all, [](Out& part, const Bucket& bucket) { bucket11(part, bucket); });
  }
  sized_list(out, numbered(all),
             [&](Out& part, const Bucket& bucket) { bucket15(part, bucket, type); });
}

// Netronome's property, under its own number and one that it had before it had one.
inline constexpr std::uint32_t kSelectionMethod = 1, kSelectionMethodVendorOnce = 0x00001540;
inline constexpr std::size_t kMethodSize = 16;

inline void read_group_fields(In& in, GroupProperties& m) {
  while (in.ok() && !in.at_end()) {
    const Result<OxmEntry, OfError> entry = read_oxm_entry(in);
    if (!entry) return in.fail(entry.error());
    if (entry->header.field == nullptr) return in.fail(OfError::OFPBMC_BAD_FIELD);
    if (entry->header.masked) return in.fail(OfError::OFPBMC_BAD_MASK);
    const flow::FieldId id = entry->header.field->id;
    for (const GroupField& other : m.fields) {
      if (other.field == id) return in.fail(OfError::OFPBMC_DUP_FIELD);
    }
    m.fields.push_back({id, entry->value});
  }
  std::sort(m.fields.begin(), m.fields.end(),
            [](const GroupField& a, const GroupField& b) { return a.field < b.field; });
}
inline void read_selection_method(In& in, GroupProperties& m) {
  in.pad(4);
  in.text(m.method, kMethodSize);
  in.be(m.parameter);
  if (!in.ok()) return;
  const bool fields = !in.at_end();
  if (m.method != "hash" && (m.method != "dp_hash" || fields)) {
    return in.fail(OfError::OFPBPC_BAD_VALUE);
  }
  read_group_fields(in, m);
}

inline void group_properties(In& in, GroupProperties& m, GroupType type, GroupCommand command) {
  read_properties(in, [&](In& property, std::uint16_t number) {
    if (number != kExperimenterProperty) return property.fail(OfError::OFPBPC_BAD_TYPE);
    const auto vendor = property.read<std::uint32_t>();
    const auto subtype = property.read<std::uint32_t>();
    const bool known = vendor == kNetronomeVendor || vendor == kSelectionMethodVendorOnce;
    if (!known || subtype != kSelectionMethod) return property.fail(OfError::OFPBPC_BAD_EXP_TYPE);
    const bool sets = command == GroupCommand::Add || command == GroupCommand::Modify ||
                      command == GroupCommand::AddOrModify;
    if (type != GroupType::Select || !sets) return property.fail(OfError::OFPBPC_BAD_VALUE);
    read_selection_method(property, m);
  });
}
inline void group_properties(Out& out, const GroupProperties& m, GroupType, GroupCommand) {
  if (m.method.empty()) return;
  write_property(out, kExperimenterProperty, [&](Out& property) {
    property.be(kNetronomeVendor);
    property.be(kSelectionMethod);
    property.pad(4);
    property.text(m.method, kMethodSize);
    property.be(m.parameter);
    for (const GroupField& field : m.fields) {
      const flow::FieldValue exact = flow::Match::exact_mask(field.field);
      write_oxm_entry(property, field.field, field.mask, exact, oxm_style(out.version()));
    }
  });
}

// --- group-mod ---

inline void check_bucket_command(In& in, const GroupMod& m) {
  const bool remove = m.command == GroupCommand::RemoveBucket;
  const bool one =
      m.bucket_id <= kBucketMax || m.bucket_id == kBucketFirst || m.bucket_id == kBucketLast;
  const bool some = remove || m.command == GroupCommand::InsertBucket;
  const bool fine = m.bucket_id == kBucketAll ? remove || !some : some && one;
  if (!fine) in.fail(OfError::OFPGMFC_BAD_BUCKET);
}

inline bool is_known(GroupCommand command) {
  switch (command) {
    case GroupCommand::Add:
    case GroupCommand::Modify:
    case GroupCommand::Delete:
    case GroupCommand::InsertBucket:
    case GroupCommand::RemoveBucket:
    case GroupCommand::AddOrModify: return true;
  }
  return false;
}

inline void check_bucket(In& in, const GroupMod& m, const Bucket& bucket) {
  const bool weightless = m.type != GroupType::Select && m.command != GroupCommand::InsertBucket;
  if (bucket.weight != 0 && weightless) return in.fail(OfError::OFPGMFC_INVALID_GROUP);
  const bool watches = bucket.has_liveness();
  switch (m.type) {
    case GroupType::All:
    case GroupType::Indirect:
      if (watches) in.fail(OfError::OFPGMFC_WATCH_UNSUPPORTED);
      return;
    case GroupType::Select: return;
    case GroupType::FastFailover:
      if (!watches) in.fail(OfError::OFPGMFC_INVALID_GROUP);
      return;
  }
}
inline void check_group_mod(In& in, const GroupMod& m) {
  if (m.type > GroupType::FastFailover) return in.fail(OfError::OFPGMFC_BAD_TYPE);
  const bool deletes = m.command == GroupCommand::Delete;
  if (m.type == GroupType::Indirect && !deletes && m.buckets.size() != 1) {
    return in.fail(OfError::OFPGMFC_INVALID_GROUP);
  }
  if (!is_known(m.command)) return in.fail(OfError::OFPGMFC_BAD_COMMAND);
  if (m.command == GroupCommand::RemoveBucket && !m.buckets.empty()) {
    return in.fail(OfError::OFPGMFC_BAD_BUCKET);
  }
  if (deletes && in.version() >= Version::V13 && in.version() < Version::V15 &&
      !m.buckets.empty()) {
    return in.fail(OfError::OFPGMFC_INVALID_GROUP);
  }
  for (const Bucket& bucket : m.buckets) check_bucket(in, m, bucket);
}

template <class A>
void describe(A& a, Of<A, GroupMod>& m, const Dialect&) {
  a.be(m.command);
  a.be(m.type);
  a.pad(1);
  a.be(m.id);
  if (!has_bucket_ids(a.version())) {
    buckets(a, m.buckets, m.type);
  } else {
    LengthAhead<A> length(a);
    a.pad(2);
    a.be(m.bucket_id);
    if constexpr (A::kReading) check_bucket_command(a, m);
    length.measure([&](A& part) { buckets(part, m.buckets, m.type); });
    group_properties(a, m.properties, m.type, m.command);
  }
  if constexpr (A::kReading) check_group_mod(a, m);
}

// --- what groups are and counted ---

template <class A>
void group_desc(A& a, Of<A, GroupDesc>& m) {
  a.be(m.type);
  a.pad(1);
  a.be(m.id);
  if (!has_bucket_ids(a.version())) return buckets(a, m.buckets, m.type);
  LengthAhead<A> length(a);
  a.pad(6);
  length.measure([&](A& part) { buckets(part, m.buckets, m.type); });
  group_properties(a, m.properties, m.type, GroupCommand::Add);
}
template <class A>
void describe(A& a, Of<A, GroupDescReply>& m, const Dialect&) {
  sized_list(a, m.groups, [](A& archive, auto& group) { group_desc(archive, group); });
}

template <class A>
void group_stats(A& a, Of<A, GroupStats>& m) {
  a.pad(2);
  a.be(m.id);
  a.be(m.ref_count);
  a.pad(4);
  a.be(m.packets);
  a.be(m.bytes);
  if (a.version() != Version::V11 && a.version() != Version::V12) {
    a.be(m.duration_s);
    a.be(m.duration_ns);
  }
  list(a, m.buckets, [](A& archive, auto& bucket) {
    archive.be(bucket.packets);
    archive.be(bucket.bytes);
  });
}
template <class A>
void describe(A& a, Of<A, GroupStatsReply>& m, const Dialect&) {
  sized_list(a, m.groups, [](A& archive, auto& group) { group_stats(archive, group); });
}

template <class A>
void describe(A& a, Of<A, GroupFeatures>& m, const Dialect&) {
  a.be(m.types);
  a.be(m.capabilities);
  for (auto& limit : m.max_groups) a.be(limit);
  for (auto& set : m.actions) {
    std::uint32_t bitmap = action_bitmap(set, a.version());
    a.be(bitmap);
    if constexpr (A::kReading) set = action_set_of(bitmap, a.version());
  }
}

}  // namespace ovs::openflow

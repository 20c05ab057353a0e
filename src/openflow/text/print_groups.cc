// Printers of bodies about groups.
#include <fmt/format.h>

#include "openflow/action/action_text.h"
#include "openflow/text/print_parts.h"

namespace ovs::openflow {
namespace {

bool has_bucket_ids(Version version) {
  return version == Version::V10 || version == Version::V15;
}

std::string bucket_id_text(std::uint32_t id) {
  if (id == kBucketFirst) return "first";
  if (id == kBucketLast) return "last";
  return id == kBucketAll ? "all" : fmt::format("{}", id);
}

std::string bucket_text(const Bucket& m, GroupType type, Version version,
                        const PrintOptions& options) {
  std::string text = "bucket=";
  if (has_bucket_ids(version)) text += fmt::format("bucket_id:{},", bucket_id_text(m.id));
  const std::uint16_t usual = type == GroupType::Select ? 1 : 0;
  if (m.weight != usual) text += fmt::format("weight:{},", m.weight);
  if (m.watch_port != kPortAny) text += "watch_port:" + port_text(m.watch_port, options) + ",";
  if (m.watch_group != kGroupAny) text += fmt::format("watch_group:{},", m.watch_group);
  return text + "actions=" + format_actions(m.actions, options.ports);
}

// A field whose mask is all ones is named, others are set to their masks.
std::string field_text(const GroupField& m) {
  const flow::Field& field = flow::field(m.field);
  const flow::FieldValue exact = flow::Match::exact_mask(m.field);
  std::string name(std::string_view(field.name));
  if (m.mask == exact) return name;
  return name + "=" + flow::format_value(field, m.mask, exact);
}

std::string properties_text(const GroupProperties& m) {
  if (m.method.empty()) return {};
  std::string text = ",selection_method=" + m.method;
  if (m.parameter != 0) text += fmt::format(",selection_method_param={}", m.parameter);
  std::string fields;
  for (const GroupField& field : m.fields) fields += "," + field_text(field);
  if (fields.empty()) return text;
  fields.erase(0, 1);
  return text + (m.fields.size() == 1 ? ",fields=" + fields : ",fields(" + fields + ")");
}

enum class ShowType : bool { No, Yes };
template <class Group>
std::string group_text(const Group& m, ShowType type, Version version,
                       const PrintOptions& options) {
  constexpr const char* kTypes[] = {"all", "select", "indirect", "ff", "unknown"};
  std::string text = fmt::format("group_id={}", m.id);
  if (type == ShowType::Yes) {
    text += fmt::format(",type={}", kTypes[std::min<std::size_t>(std::size_t(m.type), 4)]);
  }
  text += properties_text(m.properties);
  for (const Bucket& bucket : m.buckets) {
    text += "," + bucket_text(bucket, m.type, version, options);
  }
  return text;
}

std::string command_text(GroupCommand command) {
  switch (command) {
    case GroupCommand::Add: return "ADD";
    case GroupCommand::Modify: return "MOD";
    case GroupCommand::Delete: return "DEL";
    case GroupCommand::InsertBucket: return "INSERT_BUCKET";
    case GroupCommand::RemoveBucket: return "REMOVE_BUCKET";
    case GroupCommand::AddOrModify: return "ADD_OR_MOD";
  }
  return fmt::format("cmd:{}", std::uint16_t(command));
}

std::string group_stats_text(const GroupStats& m) {
  std::string text = fmt::format("group_id={},", m.id);
  if (says_duration(m.duration_s)) {
    text += "duration=" + format_duration(m.duration_s, m.duration_ns) + ",";
  }
  text +=
      fmt::format("ref_count={},packet_count={},byte_count={}", m.ref_count, m.packets, m.bytes);
  for (std::size_t i = 0; i < m.buckets.size(); ++i) {
    const BucketStats& bucket = m.buckets[i];
    if (bucket.packets == kUnknownCount) continue;
    text += fmt::format(",bucket{}:packet_count={},byte_count={}", i, bucket.packets, bucket.bytes);
  }
  return text;
}

}  // namespace

std::string format_group_mod(const GroupMod& m, Version version, const PrintOptions& options) {
  const bool some =
      m.command == GroupCommand::InsertBucket || m.command == GroupCommand::RemoveBucket;
  std::string text = command_text(m.command) + " ";
  if (some && has_bucket_ids(version)) {
    text += fmt::format("command_bucket_id:{},", bucket_id_text(m.bucket_id));
  }
  return text + group_text(m, some ? ShowType::No : ShowType::Yes, version, options);
}

std::string format_group(const GroupDesc& m, Version version, const PrintOptions& options) {
  return group_text(m, ShowType::Yes, version, options);
}

std::string print_body(const GroupMod& m, const Message& message, const PrintOptions& options) {
  return "\n " + format_group_mod(m, message.version, options);
}

std::string print_body(const GroupDescReply& m, const Message& message,
                       const PrintOptions& options) {
  std::string text;
  for (const GroupDesc& group : m.groups) {
    text += "\n " + format_group(group, message.version, options);
  }
  return text;
}

std::string print_body(const GroupStatsReply& m, const Message&, const PrintOptions&) {
  std::string text;
  for (const GroupStats& group : m.groups) text += "\n " + group_stats_text(group);
  return text;
}

std::string print_body(const GroupFeatures& m, const Message&, const PrintOptions&) {
  constexpr const char* kTypes[] = {"all", "select", "indirect", "fast failover"};
  std::string text = fmt::format("\n Group table:\n    Types:  0x{:x}\n    Capabilities:  0x{:x}\n",
                                 m.types, m.capabilities);
  for (std::size_t i = 0; i < kGroupTypeCount; ++i) {
    if ((m.types >> i & 1) == 0) continue;
    text += fmt::format("    {} group:\n       max_groups={}\n       actions: {}\n", kTypes[i],
                        flow::sharp_hex_text(m.max_groups[i]), format_action_set(m.actions[i]));
  }
  return text;
}

}  // namespace ovs::openflow

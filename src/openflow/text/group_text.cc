#include "openflow/text/group_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "openflow/action/action_text.h"
#include "openflow/match/oxm.h"

namespace ovs::openflow {
namespace {

using flow::TextError;
using Parsed = Result<void, TextError>;

constexpr Protocols kBucketIdProtocols = kOf10Protocols | kNxmProtocols | kOf15AndUp;
constexpr std::size_t kMethodLimit = 15;

// What a command's text may say.
struct Keys {
  bool type = false, buckets = false, bucket_id = false, all_buckets = false;
};
Keys keys_of(GroupCommand command) {
  switch (command) {
    case GroupCommand::Add:
    case GroupCommand::Modify:
    case GroupCommand::AddOrModify: return {true, true, false, false};
    case GroupCommand::Delete: return {};
    case GroupCommand::InsertBucket: return {false, true, true, false};
    case GroupCommand::RemoveBucket: return {false, false, true, true};
  }
  return {};
}

template <class T>
Result<T, TextError> number(std::string_view text, std::string_view name) {
  OVS_TRY(const std::uint64_t value, parse_limited(text, std::uint64_t(T(~T{0})), name));
  return T(value);
}

Result<std::uint32_t, TextError> parse_bucket_id(std::string_view text, const Keys& keys) {
  std::uint32_t id = kBucketAll;
  if (text == "first") {
    id = kBucketFirst;
  } else if (text == "last") {
    id = kBucketLast;
  } else if (text != "all") {
    OVS_TRY(id, number<std::uint32_t>(text, "command_bucket_id"));
    if (id > kBucketMax && id < kBucketFirst) {
      return text_error(fmt::format("invalid command bucket id {}", id));
    }
  }
  if (id == kBucketAll && !keys.all_buckets) {
    return text_error("command_bucket_id=all is not permitted");
  }
  return id;
}

Result<GroupType, TextError> parse_type(std::string_view text) {
  if (text == "all") return GroupType::All;
  if (text == "select") return GroupType::Select;
  if (text == "indirect") return GroupType::Indirect;
  if (text == "ff" || text == "fast_failover") return GroupType::FastFailover;
  return text_error(fmt::format("invalid group type {}", text));
}

Parsed parse_field(const Word& word, const TextContext& context, GroupProperties& properties) {
  const flow::Field* field = flow::find_field(Text(word.key));
  if (field == nullptr) return text_error(fmt::format("{}: unknown field {}", "", word.key));
  for (const GroupField& other : properties.fields) {
    if (other.field == field->id) return text_error(fmt::format("{}: duplicate field", word.key));
  }
  GroupField wanted{field->id, flow::Match::exact_mask(field->id)};
  if (!word.value.empty()) {
    OVS_TRY(const flow::MaskedValue mask, flow::parse_value(*field, word.value, context.ports));
    if (mask.value.is_zero()) {
      return text_error(fmt::format("{}: values are wildcards here and must not be all-zeros", ""));
    }
    wanted.mask = mask.value;
    const bool whole = wanted.mask == flow::Match::exact_mask(field->id);
    if (!whole && field->masking == flow::Masking::Exact) {
      return text_error(fmt::format("{}: invalid mask for field {}", word.value, word.key));
    }
  }
  properties.fields.push_back(wanted);
  return kOk;
}

Parsed parse_fields(std::string_view text, const TextContext& context,
                    GroupProperties& properties) {
  Words words(text);
  while (const auto word = words.next()) OVS_TRY(parse_field(*word, context, properties));
  std::sort(properties.fields.begin(), properties.fields.end(),
            [](const GroupField& a, const GroupField& b) { return a.field < b.field; });
  return kOk;
}

Parsed parse_property(const Word& word, const TextContext& context, GroupMod& mod) {
  if (word.key == "selection_method") {
    if (word.value.size() > kMethodLimit) {
      return text_error(fmt::format("selection method is longer than {} bytes long", kMethodLimit));
    }
    mod.properties.method = word.value;
    return kOk;
  }
  if (word.key == "fields") return parse_fields(word.value, context, mod.properties);
  OVS_TRY(mod.properties.parameter, number<std::uint64_t>(word.value, "selection_method_param"));
  return kOk;
}

// The words of one change, before its buckets.
struct HeadParser {
  const Keys keys;
  const TextContext& context;
  GroupMod& mod;
  Protocols& usable;
  bool had_type = false, had_bucket_id = false;

  Parsed property(const Word& word, std::string_view error) {
    if (!keys.type) return text_error(std::string(error));
    usable &= kBucketIdProtocols;
    return parse_property(word, context, mod);
  }
  Parsed word(const Word& word) {
    if (word.key == "command_bucket_id") {
      if (!keys.bucket_id) return text_error("command bucket id is not needed");
      OVS_TRY(mod.bucket_id, parse_bucket_id(word.value, keys));
      had_bucket_id = true;
    } else if (word.key == "group_id") {
      if (word.value == "all") {
        mod.id = kGroupAll;
        return kOk;
      }
      OVS_TRY(mod.id, number<std::uint32_t>(word.value, "group_id"));
      if (mod.id != kGroupAll && mod.id > kGroupMax) {
        return text_error(fmt::format("invalid group id {}", mod.id));
      }
    } else if (word.key == "type") {
      if (!keys.type) return text_error("type is not needed");
      OVS_TRY(mod.type, parse_type(word.value));
      had_type = true;
    } else if (word.key == "selection_method") {
      return property(word, "selection method is not needed");
    } else if (word.key == "selection_method_param") {
      return property(word, "selection method param is not needed");
    } else if (word.key == "fields") {
      return property(word, "fields are not needed");
    } else {
      return text_error(fmt::format("unknown keyword {}", word.key));
    }
    return kOk;
  }
  Parsed finish() const {
    if (mod.id == kGroupAny) return text_error("must specify a group_id");
    if (keys.type && !had_type) return text_error("must specify a type");
    if (mod.properties.method != "hash" && !mod.properties.fields.empty()) {
      return text_error("fields may only be specified with \"selection_method=hash\"");
    }
    if (mod.properties.method.empty() && mod.properties.parameter != 0) {
      return text_error("selection_method_param is only allowed with \"selection_method\"");
    }
    if (keys.bucket_id && !keys.all_buckets && !had_bucket_id) {
      return text_error("must specify a command bucket id");
    }
    return kOk;
  }
};

Parsed parse_watch_port(const Word& word, const TextContext& context, Bucket& bucket) {
  const auto port = flow::parse_port(word.value, context.ports);
  const bool fine =
      port.ok() && (*port < kPortMax || *port == kPortAny || *port == kPortController);
  if (!fine) return text_error(fmt::format("{}: invalid watch_port", word.value));
  bucket.watch_port = *port;
  return kOk;
}

// What is no word of a bucket's is an action; the actions' text is collected.
Parsed parse_bucket_word(const Word& word, const TextContext& context, Bucket& bucket,
                         std::string& actions, Protocols& usable) {
  if (word.key == "weight") {
    OVS_TRY(bucket.weight, number<std::uint16_t>(word.value, "weight"));
  } else if (word.key == "watch_port") {
    return parse_watch_port(word, context, bucket);
  } else if (word.key == "watch_group") {
    OVS_TRY(bucket.watch_group, number<std::uint32_t>(word.value, "watch_group"));
    if (bucket.watch_group > kGroupMax) {
      return text_error(fmt::format("invalid watch_group id {}", bucket.watch_group));
    }
  } else if (word.key == "bucket_id") {
    OVS_TRY(bucket.id, number<std::uint32_t>(word.value, "bucket_id"));
    if (bucket.id > kBucketMax) {
      return text_error(fmt::format("invalid bucket_id id {}", bucket.id));
    }
    usable &= kBucketIdProtocols;
  } else if (word.key == "action" || word.key == "actions") {
    actions += std::string(word.value) + std::string(word.tail) + ",";
  } else {
    actions += std::string(word.whole) + ",";
  }
  return kOk;
}

Result<Bucket, TextError> parse_bucket(std::string_view text, GroupType type,
                                       const TextContext& context, Protocols& usable) {
  Bucket bucket;
  bucket.weight = type == GroupType::Select ? 1 : 0;
  std::string actions;
  Words words(text);
  while (const auto word = words.next()) {
    OVS_TRY(parse_bucket_word(*word, context, bucket, actions, usable));
  }
  if (actions.empty()) return text_error("bucket must specify actions");
  if (type == GroupType::FastFailover && !bucket.has_liveness()) {
    return text_error("fast failover bucket requires watch_port or watch_group");
  }
  actions.pop_back();
  OVS_TRY(bucket.actions, parse_actions(actions, context.ports, usable, ActionsContext::List));
  return bucket;
}

Parsed parse_buckets(std::string_view text, const TextContext& context, GroupMod& mod,
                     Protocols& usable) {
  constexpr std::string_view kBegin = "bucket=";
  while (!text.empty()) {
    text.remove_prefix(kBegin.size());
    const std::string_view one = text.substr(0, std::min(text.find(kBegin), text.size()));
    text.remove_prefix(one.size());
    OVS_TRY(Bucket bucket, parse_bucket(one, mod.type, context, usable));
    const bool weightless =
        mod.command != GroupCommand::InsertBucket && mod.type != GroupType::Select;
    if (weightless && bucket.weight != 0) {
      return text_error("Only select groups can have bucket weights.");
    }
    mod.buckets.push_back(std::move(bucket));
  }
  if (mod.type == GroupType::Indirect && mod.buckets.size() > 1) {
    return text_error("Indirect groups can have at most one bucket.");
  }
  return kOk;
}

struct CommandWord {
  std::string_view word;
  GroupCommand command;
};
constexpr CommandWord kCommandWords[] = {{"add", GroupCommand::Add},
                                         {"delete", GroupCommand::Delete},
                                         {"modify", GroupCommand::Modify},
                                         {"add_or_mod", GroupCommand::AddOrModify},
                                         {"insert_bucket", GroupCommand::InsertBucket},
                                         {"remove_bucket", GroupCommand::RemoveBucket}};

}  // namespace

Result<GroupMod, TextError> parse_group_mod(std::string_view text, GroupCommand command,
                                            const TextContext& context, Protocols& usable) {
  GroupMod mod;
  mod.command = command;
  const Keys keys = keys_of(command);
  if (keys.bucket_id) usable &= kBucketIdProtocols;
  if (command == GroupCommand::Delete && trimmed(text).empty()) {
    mod.id = kGroupAll;
    return mod;
  }
  const std::size_t begin = std::min(text.find("bucket="), text.size());
  if (begin != text.size() && !keys.buckets) return text_error("bucket is not needed");
  HeadParser head{keys, context, mod, usable};
  Words words(text.substr(0, begin));
  while (const auto word = words.next()) OVS_TRY(head.word(*word));
  OVS_TRY(head.finish());
  OVS_TRY(parse_buckets(text.substr(begin), context, mod, usable));
  return mod;
}

Result<GroupMod, TextError> parse_group_line(std::string_view text, GroupCommand otherwise,
                                             const TextContext& context, Protocols& usable) {
  const std::string_view line = trimmed(text);
  const std::size_t end = std::min(line.find_first_of(", \t"), line.size());
  for (const CommandWord& row : kCommandWords) {
    if (line.substr(0, end) == row.word) {
      return parse_group_mod(line.substr(end), row.command, context, usable);
    }
  }
  return parse_group_mod(line, otherwise, context, usable);
}

std::optional<std::uint32_t> parse_group_id(std::string_view text) {
  if (text == "all" || text == "ALL") return kGroupAll;
  if (text == "any" || text == "ANY") return kGroupAny;
  const auto id = parse_unsigned(text);
  if (!id || *id > kGroupMax) return std::nullopt;
  return std::uint32_t(*id);
}

}  // namespace ovs::openflow

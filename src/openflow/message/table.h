// Bodies about what tables can do (version 1.3 and later) and how they are set (1.4 and later).
#pragma once
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "flow/field/field.h"
#include "openflow/action/action_set.h"

namespace ovs::openflow {

using FieldSet = std::bitset<flow::kFieldCount>;  // by FieldId
using TableSet = std::bitset<256>;

struct ActionFeatures {
  ActionSet actions = 0;
  FieldSet set_fields;
  bool operator==(const ActionFeatures&) const = default;
};
// What flows may do, or what happens where no flow matches.
struct InstructionFeatures {
  TableSet next;
  std::uint32_t instructions = 0;  // bit n: instruction n of the protocol
  ActionFeatures write, apply;
};

enum class TableCommand : std::uint8_t { Replace, Modify, Enable, Disable };
// Capabilities, from 1.4 on.
inline constexpr std::uint32_t kEviction = 1u << 2, kVacancyEvents = 1u << 3;
struct TableFeatures {
  std::uint8_t table = 0;
  TableCommand command = TableCommand::Replace;
  std::string name;
  std::uint64_t metadata_match = 0, metadata_write = 0;
  std::uint32_t capabilities = 0, max_entries = 0;
  InstructionFeatures flows, miss;
  FieldSet match, mask, wildcard;
  bool any_properties = true;
};
struct TableFeaturesMessage {  // requests change, replies tell
  std::vector<TableFeatures> tables;
};

// How a table makes room, and when it tells that it lacks room; percent.
struct Vacancy {
  std::uint8_t down = 0, up = 0, current = 0;
};
struct TableDesc {
  std::uint8_t table = 0;
  std::uint32_t config = 0;
  std::optional<std::uint32_t> eviction_flags;
  std::optional<Vacancy> vacancy;
};
struct TableDescReply {
  std::vector<TableDesc> tables;
};
struct TableStatus {
  std::uint8_t reason = 0;
  TableDesc table;
};

}  // namespace ovs::openflow

// Printers of bodies about what tables can do and how they are set.
#include <fmt/format.h>

#include <algorithm>

#include "openflow/text/print_parts.h"
#include "openflow/text/words.h"

namespace ovs::openflow {
namespace {

// How much both begin with, up to and with their last "_" in common.
std::size_t common_prefix(std::string_view a, std::string_view b) {
  std::size_t end = 0;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()) && a[i] == b[i]; ++i) {
    if (a[i] == '_') end = i + 1;
  }
  return end;
}

// "reg3": its number, and what stands before it.
struct Numbered {
  std::string_view name;
  std::optional<std::uint64_t> number;
};
Numbered numbered(std::string_view name) {
  const std::size_t digits = name.find_last_not_of("0123456789") + 1;
  return {name.substr(0, digits), parse_unsigned(name.substr(digits))};
}

std::size_t prefix_run(Span<const std::string> names, std::size_t prefix, std::size_t& extra) {
  extra = 0;
  if (names.count() < 2) return names.count();
  const std::string_view first = std::string_view(names[0]).substr(prefix);
  std::size_t shared = common_prefix(first, std::string_view(names[1]).substr(prefix));
  if (shared == 0) return 1;
  std::size_t run = 2;
  for (; run < names.count(); ++run) {
    const std::size_t next = common_prefix(first, std::string_view(names[run]).substr(prefix));
    if (next == 0) break;
    shared = std::min(shared, next);
  }
  extra = shared;
  return run;
}
std::size_t number_run(Span<const std::string> names) {
  const Numbered first = numbered(names[0]);
  std::size_t run = 1;
  if (!first.number) return run;
  for (; run < names.count(); ++run) {
    const Numbered next = numbered(names[run]);
    if (next.name != first.name || next.number != *first.number + run) break;
  }
  return run;
}

// "eth_{src,dst} reg0...reg7"
std::string names_text(Span<const std::string> names, std::size_t prefix) {
  std::string text;
  while (names.count() > 0) {
    if (!text.empty()) text += prefix > 0 ? ',' : ' ';
    std::size_t extra = 0;
    const std::size_t by_prefix = prefix_run(names, prefix, extra), by_number = number_run(names);
    const std::size_t run = std::max(by_prefix, by_number);
    if (by_number >= by_prefix) {
      text += names[0].substr(prefix);
      if (run > 1) text += "..." + names[run - 1].substr(prefix);
    } else {
      text += names[0].substr(prefix, extra) + "{";
      text += names_text(Span<const std::string>(names.data(), run), prefix + extra) + "}";
    }
    names = Span<const std::string>(names.data() + run, names.count() - run);
  }
  return text;
}

std::string fields_text(const FieldSet& fields) {
  std::vector<std::string> names;
  for (const flow::Field& field : flow::kFieldRows) {
    if (fields.test(std::size_t(field.id))) names.emplace_back(std::string_view(field.name));
  }
  return names_text(Span<const std::string>(names.data(), names.size()), 0);
}

std::string actions_text(const ActionFeatures& m) {
  std::string text;
  if (m.actions != 0) text += "        actions: " + format_action_set(m.actions) + "\n";
  if (m.set_fields.any()) {
    text += "        supported on Set-Field: " + fields_text(m.set_fields) + "\n";
  }
  return text;
}

std::string next_text(const TableSet& next) {
  std::string text;
  for (unsigned start = 0; start < 255; ++start) {
    if (!next.test(start)) continue;
    unsigned end = start;
    while (end + 1 < 255 && next.test(end + 1)) ++end;
    text += end == start ? fmt::format("{},", start) : fmt::format("{}-{},", start, end);
    start = end;
  }
  text.pop_back();
  return text;
}

std::string instruction_names(std::uint32_t instructions) {
  constexpr const char* kNames[] = {
      "",     "goto_table", "write_metadata", "write_actions", "apply_actions", "clear_actions",
      "meter"};
  // In the order in which they are carried out.
  constexpr unsigned kOrder[] = {6, 4, 5, 3, 2, 1};
  std::string text;
  for (const unsigned type : kOrder) {
    if (instructions >> type & 1)
      text += fmt::format("{}{}", text.empty() ? "" : " ", kNames[type]);
  }
  return text;
}

std::string instructions_text(const InstructionFeatures& m, const InstructionFeatures* before) {
  std::string text;
  if (m.next.any()) text += "      next tables: " + next_text(m.next) + "\n";
  if (m.instructions != 0) {
    text += before != nullptr && before->instructions == m.instructions
                ? "      (same instructions)\n"
                : "      instructions: " + instruction_names(m.instructions) + "\n";
  }
  const bool same = before != nullptr && m.write == before->write && m.apply == before->apply;
  if (same && m.write.set_fields.any()) return text + "      (same actions)\n";
  if (!(m.write == m.apply)) {
    return text + "      Write-Actions features:\n" + actions_text(m.write) +
           "      Apply-Actions features:\n" + actions_text(m.apply);
  }
  const std::string both = actions_text(m.write);
  return both.empty() ? text : text + "      Write-Actions and Apply-Actions features:\n" + both;
}

// That a table cannot go back to itself is no difference between neighbours.
bool same_next(const InstructionFeatures& a, unsigned table_a, const InstructionFeatures& b,
               unsigned table_b) {
  TableSet difference = a.next ^ b.next;
  if (table_b == table_a + 1 && a.next.test(table_b)) difference.reset(table_b);
  if (table_a == table_b + 1 && b.next.test(table_a)) difference.reset(table_a);
  return difference.none();
}
bool same(const InstructionFeatures& a, unsigned table_a, const InstructionFeatures& b,
          unsigned table_b) {
  return same_next(a, table_a, b, table_b) && a.instructions == b.instructions &&
         a.write == b.write && a.apply == b.apply;
}
bool is_empty(const InstructionFeatures& m) {
  return m.next.none() && m.instructions == 0 && m.write == ActionFeatures{} &&
         m.apply == ActionFeatures{};
}
bool same_features(const TableFeatures& a, const TableFeatures& b) {
  return a.metadata_match == b.metadata_match && a.metadata_write == b.metadata_write &&
         a.capabilities == b.capabilities && a.max_entries == b.max_entries &&
         same(a.flows, a.table, b.flows, b.table) && same(a.miss, a.table, b.miss, b.table) &&
         a.match == b.match;
}

std::string both_instructions_text(const TableFeatures& m, const TableFeatures* before) {
  const bool as_before = before != nullptr &&
                         same(m.flows, m.table, before->flows, before->table) &&
                         same(m.miss, m.table, before->miss, before->table);
  if (as_before) return is_empty(m.flows) ? "" : "    (same instructions)\n";
  const InstructionFeatures* flows = before == nullptr ? nullptr : &before->flows;
  const InstructionFeatures* miss = before == nullptr ? nullptr : &before->miss;
  if (!same(m.flows, m.table, m.miss, m.table)) {
    return "    instructions (other than table miss):\n" + instructions_text(m.flows, flows) +
           "    instructions (table miss):\n" + instructions_text(m.miss, miss);
  }
  if (is_empty(m.flows)) return {};
  return "    instructions (table miss and others):\n" + instructions_text(m.flows, flows);
}

std::string matching_text(const TableFeatures& m, const TableFeatures* before) {
  if (m.match.none()) return {};
  if (before != nullptr && before->match == m.match) return "    (same matching)\n";
  std::string text = "    matching:\n";
  const auto line = [&](const char* title, const FieldSet& fields) {
    if (fields.any()) text += fmt::format("      {}: {}\n", title, fields_text(fields));
  };
  line("arbitrary mask", m.match & m.mask & m.wildcard);
  line("exact match or wildcard", m.match & ~m.mask & m.wildcard);
  line("must exact match", m.match & ~m.mask & ~m.wildcard);
  return text;
}

std::string features_text(const TableFeatures& m, const TableFeatures* before, Version version) {
  std::string text;
  if (m.metadata_match != 0 || m.metadata_write != 0) {
    text += fmt::format("    metadata: match={} write={}\n", flow::sharp_hex_text(m.metadata_match),
                        flow::sharp_hex_text(m.metadata_write));
  }
  if (version >= Version::V14) {
    text += fmt::format("    eviction: {}supported\n", m.capabilities & kEviction ? "" : "not ");
    text += fmt::format("    vacancy events: {}supported\n",
                        m.capabilities & kVacancyEvents ? "" : "not ");
  }
  if (m.max_entries != 0) text += fmt::format("    max_entries={}\n", m.max_entries);
  return text + both_instructions_text(m, before) + matching_text(m, before);
}

std::string ditto_text(int first, int last) {
  if (first < 0) return {};
  if (first == last) return fmt::format("\n  table {}: ditto\n", first);
  return fmt::format("\n  tables {}...{}: ditto\n", first, last);
}

std::string eviction_text(const std::optional<std::uint32_t>& flags) {
  constexpr BitName kNames[] = {{1u << 0, "OTHER"}, {1u << 1, "IMPORTANCE"}, {1u << 2, "LIFETIME"}};
  return flags ? bit_names(*flags, kNames, "|") : "(default)";
}

std::string desc_text(const TableDesc& m, const PrintOptions& options) {
  std::string text =
      fmt::format("\n  table {}:\n   eviction={} eviction_flags={}\n   vacancy={}",
                  table_text(m.table, options), m.config & kEviction ? "on" : "off",
                  eviction_text(m.eviction_flags), m.config & kVacancyEvents ? "on" : "off");
  if (m.config & kVacancyEvents) {
    const Vacancy vacancy = m.vacancy.value_or(Vacancy{});
    text += fmt::format(" vacancy_down={}% vacancy_up={}% vacancy={}%", vacancy.down, vacancy.up,
                        vacancy.current);
  }
  return text + "\n";
}

}  // namespace

std::string print_body(const TableFeaturesMessage& m, const Message& message, const PrintOptions&) {
  constexpr const char* kCommands[] = {"replace", "modify", "enable", "disable"};
  std::string text;
  int first = -1, last = -1;
  const TableFeatures* before = nullptr;
  for (const TableFeatures& table : m.tables) {
    if (before == nullptr && table.command != TableCommand::Replace) {
      text += fmt::format("\n  command: {}", kCommands[std::size_t(table.command) & 3]);
    }
    const bool as_before = before != nullptr && same_features(table, *before);
    if (as_before && table.name.empty()) {
      if (first < 0) first = table.table;
      last = table.table;
      before = &table;
      continue;
    }
    text += ditto_text(first, last);
    first = -1;
    text += fmt::format("\n  table {}", table.table);
    if (!table.name.empty()) text += fmt::format(" (\"{}\")", table.name);
    text += as_before ? ": ditto" : ":\n" + features_text(table, before, message.version);
    before = &table;
  }
  return text + ditto_text(first, last);
}

std::string print_body(const TableDescReply& m, const Message&, const PrintOptions& options) {
  std::string text;
  for (const TableDesc& table : m.tables) text += desc_text(table, options);
  return text;
}

std::string print_body(const TableStatus& m, const Message&, const PrintOptions& options) {
  constexpr std::uint8_t kDown = 3, kUp = 4;
  std::string text;
  if (m.reason == kDown) text = " reason=VACANCY_DOWN";
  if (m.reason == kUp) text = " reason=VACANCY_UP";
  return text + "\ntable_desc:-" + desc_text(m.table, options);
}

}  // namespace ovs::openflow

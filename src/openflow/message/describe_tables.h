// Bodies about what tables can do and how they are set.
#pragma once
#include "openflow/message/describe.h"

namespace ovs::openflow {

// --- features ---

// Property 2n is of flows, 2n + 1 of what happens where none matches.
enum class TableProperty : std::uint16_t {
  Instructions = 0,
  NextTables = 2,
  WriteActions = 4,
  ApplyActions = 6,
  Match = 8,
  Wildcards = 10,
  WriteSetField = 12,
  ApplySetField = 14,
};
inline constexpr std::uint32_t kRequiredTableProperties = 0x5555;

// Types of four bytes, or of more for experimenters'.
inline std::uint32_t read_types(In& in) {
  std::uint32_t types = 0;
  while (in.ok() && !in.at_end()) {
    const auto type = in.read<std::uint16_t>();
    const auto length = in.read<std::uint16_t>();
    if (length < 4) in.fail(OfError::OFPBPC_BAD_LEN);
    if (in.ok()) in.pad(length - 4u);
    if (type < 32) types |= 1u << type;
  }
  return types;
}
inline void write_types(Out& out, std::uint32_t types) {
  for (std::uint16_t type = 0; type < 32; ++type) {
    if ((types >> type & 1) == 0) continue;
    out.be(type);
    out.be(std::uint16_t(4));
  }
}

// Fields that this switch does not know are passed over.
inline void read_fields(In& in, FieldSet& exact, FieldSet* masked) {
  while (in.ok() && !in.at_end()) {
    const Result<OxmHeader, OfError> header = read_oxm_header(in);
    if (!header) return in.fail(header.error());
    if (header->field == nullptr) continue;
    if (header->masked && masked == nullptr) return in.fail(OfError::OFPBMC_BAD_MASK);
    (header->masked ? *masked : exact).set(std::size_t(header->field->id));
  }
}
inline void write_fields(Out& out, const FieldSet& fields, const FieldSet& masked) {
  for (const flow::Field& field : flow::kFieldRows) {
    if (!field.nxm.present && !field.oxm.present) continue;
    if (!fields.test(std::size_t(field.id))) continue;
    const bool mask = masked.test(std::size_t(field.id));
    write_oxm_header(out, field.id, oxm_style(out.version()),
                     std::uint8_t(field.width * (mask ? 2 : 1)), mask);
  }
}

inline void read_instruction_property(In& in, TableProperty type, InstructionFeatures& m) {
  switch (type) {
    case TableProperty::Instructions: m.instructions = read_types(in); return;
    case TableProperty::NextTables:
      for (const std::uint8_t table : in.take_rest()) m.next.set(table);
      return;
    case TableProperty::WriteActions:
      m.write.actions = action_set_of(read_types(in), in.version());
      return;
    case TableProperty::ApplyActions:
      m.apply.actions = action_set_of(read_types(in), in.version());
      return;
    case TableProperty::WriteSetField: return read_fields(in, m.write.set_fields, nullptr);
    case TableProperty::ApplySetField: return read_fields(in, m.apply.set_fields, nullptr);
    case TableProperty::Match:
    case TableProperty::Wildcards: break;
  }
  in.fail(OfError::OFPBPC_BAD_TYPE);
}
inline void read_table_property(In& in, std::uint16_t type, TableFeatures& m) {
  if (type == std::uint16_t(TableProperty::Match)) return read_fields(in, m.match, &m.mask);
  if (type == std::uint16_t(TableProperty::Wildcards)) {
    return read_fields(in, m.wildcard, nullptr);
  }
  read_instruction_property(in, TableProperty(type & ~1u), type % 2 == 0 ? m.flows : m.miss);
}

// What is not said of misses is as it is for flows.
inline void complete(TableFeatures& m, std::uint32_t seen) {
  const auto said = [&](TableProperty type) { return (seen >> (unsigned(type) + 1) & 1) != 0; };
  if (!said(TableProperty::Instructions)) m.miss.instructions = m.flows.instructions;
  if (!said(TableProperty::NextTables)) m.miss.next = m.flows.next;
  if (!said(TableProperty::WriteActions)) m.miss.write.actions = m.flows.write.actions;
  if (!said(TableProperty::ApplyActions)) m.miss.apply.actions = m.flows.apply.actions;
  if (!said(TableProperty::WriteSetField)) m.miss.write.set_fields = m.flows.write.set_fields;
  if (!said(TableProperty::ApplySetField)) m.miss.apply.set_fields = m.flows.apply.set_fields;
  m.match |= m.mask;
  m.wildcard |= m.mask;
}

inline void table_properties(In& in, TableFeatures& m) {
  std::uint32_t seen = 0;
  m.any_properties = !in.at_end();
  read_properties(in, [&](In& property, std::uint16_t type) {
    if (type > 15) return unknown_property(property, type);
    if (seen >> type & 1) return property.fail(OfError::OFPTFFC_BAD_FEATURES);
    seen |= 1u << type;
    read_table_property(property, type, m);
  });
  if (!in.ok()) return;
  const bool wants = m.any_properties || in.version() < Version::V15;
  if (wants && (seen & kRequiredTableProperties) != kRequiredTableProperties) {
    return in.fail(OfError::OFPTFFC_BAD_FEATURES);
  }
  if (m.any_properties) complete(m, seen);
}

inline void write_instruction_properties(Out& out, const InstructionFeatures& m, unsigned miss) {
  const auto put = [&](TableProperty type, auto write) {
    write_property(out, std::uint16_t(unsigned(type) + miss), write);
  };
  const auto put_actions = [&](TableProperty type, ActionSet set) {
    put(type, [&](Out& p) { write_types(p, action_bitmap(set, p.version())); });
  };
  put(TableProperty::Instructions, [&](Out& p) { write_types(p, m.instructions); });
  put(TableProperty::NextTables, [&](Out& p) {
    for (unsigned table = 0; table < m.next.size(); ++table) {
      if (m.next.test(table)) p.be(std::uint8_t(table));
    }
  });
  put_actions(TableProperty::WriteActions, m.write.actions);
  put_actions(TableProperty::ApplyActions, m.apply.actions);
  put(TableProperty::WriteSetField, [&](Out& p) { write_fields(p, m.write.set_fields, {}); });
  put(TableProperty::ApplySetField, [&](Out& p) { write_fields(p, m.apply.set_fields, {}); });
}
inline void table_properties(Out& out, const TableFeatures& m) {
  if (!m.any_properties) return;
  write_instruction_properties(out, m.flows, 0);
  write_instruction_properties(out, m.miss, 1);
  write_property(out, std::uint16_t(TableProperty::Match),
                 [&](Out& p) { write_fields(p, m.match, m.mask); });
  write_property(out, std::uint16_t(TableProperty::Wildcards),
                 [&](Out& p) { write_fields(p, m.wildcard, {}); });
}

template <class A>
void table_features(A& a, Of<A, TableFeatures>& m) {
  a.be(m.table);
  a.be(m.command);
  a.pad(4);
  a.text(m.name, 32);
  a.be(m.metadata_match);
  a.be(m.metadata_write);
  a.be(m.capabilities);
  a.be(m.max_entries);
  if constexpr (A::kReading) {
    if (a.version() < Version::V15) m.command = TableCommand::Replace;
    if (m.command > TableCommand::Disable) return a.fail(OfError::OFPTFFC_BAD_COMMAND);
    if (m.table == kAllTables) return a.fail(OfError::OFPTFFC_BAD_TABLE);
  }
  table_properties(a, m);
}
template <class A>
void describe(A& a, Of<A, TableFeaturesMessage>& m, const Dialect&) {
  sized_list(a, m.tables, [](A& archive, auto& table) { table_features(archive, table); });
}

// --- settings ---

inline constexpr std::uint16_t kEvictionProperty = 2, kVacancyProperty = 3;

inline void table_settings(In& in, TableDesc& m) {
  read_properties(in, [&](In& property, std::uint16_t type) {
    if (type == kEvictionProperty) {
      m.eviction_flags = property.read<std::uint32_t>();
    } else if (type == kVacancyProperty) {
      Vacancy vacancy;
      property.be(vacancy.down);
      property.be(vacancy.up);
      property.be(vacancy.current);
      property.pad(1);
      m.vacancy = vacancy;
    } else {
      unknown_property(property, type);
    }
  });
}
inline void table_settings(Out& out, const TableDesc& m) {
  if (m.eviction_flags) {
    write_property(out, kEvictionProperty, [&](Out& p) { p.be(*m.eviction_flags); });
  }
  if (!m.vacancy) return;
  write_property(out, kVacancyProperty, [&](Out& p) {
    p.be(m.vacancy->down);
    p.be(m.vacancy->up);
    p.be(m.vacancy->current);
    p.pad(1);
  });
}
template <class A>
void table_desc(A& a, Of<A, TableDesc>& m) {
  a.be(m.table);
  a.pad(1);
  a.be(m.config);
  table_settings(a, m);
}
template <class A>
void describe(A& a, Of<A, TableDescReply>& m, const Dialect&) {
  sized_list(a, m.tables, [](A& archive, auto& table) { table_desc(archive, table); });
}

inline void describe(In& in, TableStatus& m, const Dialect&) {
  in.be(m.reason);
  in.pad(7);
  in.pad(2);  // the length of the rest
  table_desc(in, m.table);
}
inline void describe(Out& out, const TableStatus& m, const Dialect&) {
  out.be(m.reason);
  out.pad(7);
  Out desc(out.string(), out.version());
  desc.pad(2);
  table_desc(desc, m.table);
  desc.patch(0, desc.offset());
}

}  // namespace ovs::openflow

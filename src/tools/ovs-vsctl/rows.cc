#include "tools/ovs-vsctl/rows.h"

#include <algorithm>
#include <cctype>

#include "ovsdb/data/text_form.h"

namespace ovs::vsctl {

using ovsdb::ColumnSchema;
using ovsdb::ColumnType;

namespace {

// How well `name` fits: 0 not at all, then as a beginning, apart from case and dashes, exactly.
enum Fit : int { kNoFit, kPrefix, kLoose, kExact };

char folded(char c) {
  return c == '-' ? '_' : char(std::tolower(static_cast<unsigned char>(c)));
}

Fit fit_of(std::string_view candidate, std::string_view name) {
  if (candidate == name) return kExact;
  if (name.size() > candidate.size()) return kNoFit;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (folded(candidate[i]) != folded(name[i])) return kNoFit;
  }
  return name.size() == candidate.size() ? kLoose : kPrefix;
}

template <class Items>
struct Search {
  const typename Items::value_type* best = nullptr;
  bool is_ambiguous = false;
};

template <class Items>
Search<Items> search(const Items& items, std::string_view name, std::size_t skip = SIZE_MAX) {
  Search<Items> found;
  Fit best = kNoFit;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i == skip) continue;
    const Fit fit = fit_of(items[i].name, name);
    if (fit == kNoFit || fit < best) continue;
    found.is_ambiguous = fit == best;
    found.best = &items[i];
    best = fit;
  }
  return found;
}

// All that `name` may begin, for people who must choose.
template <class Items>
std::string candidates(const Items& items, std::string_view name) {
  std::string text;
  for (const auto& item : items) {
    if (fit_of(item.name, name) == kNoFit) continue;
    if (!text.empty()) text += ", ";
    text += item.name;
  }
  return text;
}

// How a record of a table is called, if not by its UUID: by a column of its own, or through the
// column of another table that refers to it.
struct RecordName {
  const char* table;
  const char* name_table;
  const char* name_column;
  const char* reference;  // column of name_table; null: name_table is the table itself
};
constexpr RecordName kRecordNames[] = {
    {"Bridge", "Bridge", "name", nullptr},
    {"Controller", "Bridge", "name", "controller"},
    {"Interface", "Interface", "name", nullptr},
    {"Mirror", "Mirror", "name", nullptr},
    {"Manager", "Manager", "target", nullptr},
    {"NetFlow", "Bridge", "name", "netflow"},
    {"Port", "Port", "name", nullptr},
    {"QoS", "Port", "name", "qos"},
    {"sFlow", "Bridge", "name", "sflow"},
    {"IPFIX", "Bridge", "name", "ipfix"},
    {"AutoAttach", "Bridge", "name", "auto_attach"},
    {"Flow_Table", "Flow_Table", "name", nullptr},
    {"CT_Zone", "CT_Zone", "", nullptr},
};

bool is_hex_prefix(std::string_view text) {
  if (text.size() < 4) return false;
  return std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return std::isxdigit(c) || c == '-'; });
}

CommandResult<Uuid> by_uuid_prefix(Context& context, const TableSchema& table,
                                   std::string_view prefix) {
  Uuid found;
  if (!is_hex_prefix(prefix)) return found;
  for (const Uuid& row : context.transaction().rows(table)) {
    if (row.text().compare(0, prefix.size(), prefix) != 0) continue;
    if (!found.is_zero()) {
      return fail("{} contains 2 or more rows whose UUIDs begin with {}: at least {} and {}",
                  table.name, prefix, found.text(), row.text());
    }
    found = row;
  }
  return found;
}

CommandResult<Uuid> by_name(Context& context, const TableSchema& table, const RecordName& how,
                            std::string_view name) {
  const TableSchema& name_table = context.table_named(how.name_table);
  const ColumnSchema* column = name_table.find(how.name_column);
  if (column == nullptr) return Uuid();
  Uuid found;
  for (const Uuid& row : context.transaction().rows(name_table)) {
    const Datum& value = context.transaction().read(name_table, row, column->index);
    if (value.count() != 1 || value.key(0).string() != name) continue;
    Uuid target = row;
    if (how.reference != nullptr) {
      const Datum& reference = context.transaction().read(name_table, row, how.reference);
      if (reference.empty()) return Uuid();
      if (reference.count() > 1) {
        return fail("multiple {} records are referenced by {} \"{}\"", table.name, how.name_table,
                    name);
      }
      target = reference.key(0).uuid();
    } else {
      context.transaction().verify(name_table, row, column->index);
    }
    if (!found.is_zero()) {
      return fail("multiple rows in {} match \"{}\"", table.name, name);
    }
    found = target;
  }
  return found;
}

}  // namespace

CommandResult<const TableSchema*> find_table(Context& context, std::string_view name) {
  const auto found = search(context.schema().tables, name);
  if (found.best == nullptr) return fail("unknown table \"{}\"", name);
  if (found.is_ambiguous) {
    return fail("\"{}\" matches multiple table names: {}", name,
                candidates(context.schema().tables, name));
  }
  return found.best;
}

CommandResult<const ColumnSchema*> find_column(const TableSchema& table, std::string_view name) {
  const auto found = search(table.columns, name, ovsdb::kVersionColumn);
  if (found.best == nullptr) {
    return fail("{} does not contain a column whose name matches \"{}\"", table.name, name);
  }
  if (found.is_ambiguous) {
    return fail("{} contains more than one column whose name matches \"{}\": {}", table.name, name,
                candidates(table.columns, name));
  }
  return found.best;
}

CommandResult<Uuid> find_record(Context& context, const TableSchema& table, std::string_view record,
                                MustExist must) {
  Uuid found;
  Uuid literal;
  if (Uuid::parse(record, literal)) {
    if (context.transaction().exists(table, literal)) return literal;
  } else if (record == ".") {
    const std::vector<Uuid> rows = context.transaction().rows(table);
    if (rows.size() == 1) return rows.front();
  } else if (!record.empty() && record[0] == '@') {
    const ovsdb::Symbol* symbol = context.attempt->symbols.find(record);
    if (symbol != nullptr && symbol->created) return symbol->uuid;
  }
  for (const RecordName& how : kRecordNames) {
    if (table.name != how.table) continue;
    OVS_TRY(found, by_name(context, table, how, record));
    if (!found.is_zero()) return found;
  }
  OVS_TRY(found, by_uuid_prefix(context, table, record));
  if (found.is_zero() && must == MustExist::Yes) {
    return fail("no row \"{}\" in table {}", record, table.name);
  }
  return found;
}

CommandResult<Setting> parse_setting(const TableSchema& table, std::string_view word,
                                     std::span<const std::string_view> operators) {
  std::string_view rest = word;
  auto name = ovsdb::take_token(rest);
  if (!name) return fail("{}: {}", word, name.error().text);
  if (name->empty()) return fail("{}: missing column name", word);
  Setting setting;
  OVS_TRY(setting.column, find_column(table, *name));
  if (!rest.empty() && rest[0] == ':') {
    rest.remove_prefix(1);
    auto key = ovsdb::take_token(rest);
    if (!key) return fail("{}: {}", word, key.error().text);
    if (key->empty() && rest.empty()) return fail("{}: missing key name", word);
    setting.key = std::move(key).value();
  }
  if (rest.empty()) return setting;
  for (const std::string_view op : operators) {
    if (rest.substr(0, op.size()) != op) continue;
    setting.op = op;
    setting.value = rest.substr(op.size());
    if (setting.value.empty() && op.size() == 1) {
      return fail("{}: missing value", word);
    }
    return setting;
  }
  if (operators.empty()) return fail("{}: trailing garbage \"{}\" in argument", word, rest);
  return fail("{}: argument does not end in {} followed by a value.", word,
              operators.size() == 1
                  ? "\"=\""
                  : "\"=\", \"!=\", \"<\", \">\", \"<=\", \">=\", \"{=}\", \"{!=}\", \"{<}\", "
                    "\"{>}\", \"{<=}\", \"{>=}\", \"{in}\", or \"{not-in}\"");
}

CommandResult<Datum> parse_value(Context& context, const ColumnType& type, std::string_view text) {
  auto parsed = ovsdb::parse_datum(type, text, &context.attempt->symbols);
  if (!parsed) return CommandError{parsed.error().text};
  return std::move(parsed).value();
}

// The value is one atom to its end, whatever stands in it: column:key=aa:bb needs no quotes.
CommandResult<Datum> parse_pair(Context& context, const ColumnType& type, std::string_view key,
                                std::string_view value) {
  ovsdb::TextStore store;
  auto* symbols = &context.attempt->symbols;
  auto key_atom = ovsdb::parse_atom(type.key, key, symbols, store);
  if (!key_atom) return CommandError{key_atom.error().text};
  auto value_atom = ovsdb::parse_atom(type.value, value, symbols, store);
  if (!value_atom) return CommandError{value_atom.error().text};
  ovsdb::DatumBuilder pair(type.key.type, type.value.type);
  pair.add(*key_atom, *value_atom);
  return pair.build();
}

CommandResult<void> check_mutable(const TableSchema& table, const Uuid& row,
                                  const ColumnSchema& column, Context& context) {
  const bool is_read_only = column.index < ovsdb::kFirstColumn ||
                            (!column.is_mutable && !context.transaction().was_inserted(row));
  if (!is_read_only) return kOk;
  return fail("cannot modify read-only column {} in table {}", column.name, table.name);
}

void note_written(Context& context, const TableSchema& table, const Uuid& row,
                  const ColumnSchema& column) {
  struct Place {
    std::string_view table, column;
  };
  static constexpr Place kPlaces[] = {
      {"Open_vSwitch", "bridges"}, {"Bridge", "name"},      {"Bridge", "ports"},  {"Port", "name"},
      {"Port", "interfaces"},      {"Port", "fake_bridge"}, {"Interface", "name"}};
  bool is_place = std::any_of(std::begin(kPlaces), std::end(kPlaces), [&](const Place& place) {
    return place.table == table.name && place.column == column.name;
  });
  if (table.name == "Port" && column.name == "tag") {
    const Datum& fake = context.transaction().read(table, row, "fake_bridge");
    is_place = !fake.empty() && fake.key(0).boolean();
  }
  if (is_place) context.model().forget();
}

CommandResult<void> set_column(Context& context, const TableSchema& table, const Uuid& row,
                               std::string_view word) {
  static constexpr std::string_view kAssign[] = {"="};
  OVS_TRY(const Setting setting, parse_setting(table, word, kAssign));
  if (setting.op.empty()) {
    return fail("{}: argument does not end in \"=\" followed by a value.", word);
  }
  const ColumnSchema& column = *setting.column;
  OVS_TRY(check_mutable(table, row, column, context));
  if (!setting.key) {
    OVS_TRY(Datum value, parse_value(context, column.type, setting.value));
    context.transaction().write(table, row, column.index, std::move(value));
    note_written(context, table, row, column);
    return kOk;
  }
  if (!column.type.is_map()) {
    return fail("cannot specify key to set for non-map column {}", column.name);
  }
  OVS_TRY(const Datum pair, parse_pair(context, column.type, *setting.key, setting.value));
  context.transaction().verify(table, row, column.index);
  const Datum& now = context.transaction().read(table, row, column.index);
  ovsdb::DatumBuilder key_only(column.type.key.type);
  key_only.add(pair.key(0));
  const Datum rest = ovsdb::datum_subtract(now, key_only.build());
  Datum merged = ovsdb::datum_union(rest, pair);
  if (merged.count() > column.type.max) {
    return fail("{}: too many pairs in column", word);
  }
  context.transaction().write(table, row, column.index, std::move(merged));
  return kOk;
}

namespace {

constexpr std::string_view kOperators[] = {"{!=}",     "{<=}", "{>=}", "{=}", "{<}", "{>}", "{in}",
                                           "{not-in}", "!=",   "<=",   ">=",  "=",   "<",   ">"};

bool compare_order(std::string_view op, int order) {
  if (op == "=") return order == 0;
  if (op == "!=") return order != 0;
  if (op == "<") return order < 0;
  if (op == ">") return order > 0;
  return op == "<=" ? order <= 0 : order >= 0;
}

// {=} and its like: as sets.
bool compare_sets(std::string_view op, const Datum& here, const Datum& asked) {
  if (op == "{=}") return here == asked;
  if (op == "{!=}") return !(here == asked);
  const bool is_subset = here.is_subset_of(asked), is_superset = asked.is_subset_of(here);
  if (op == "{<}") return is_subset && here.count() < asked.count();
  if (op == "{<=}" || op == "{in}") return is_subset;
  if (op == "{>}") return is_superset && here.count() > asked.count();
  if (op == "{>=}") return is_superset;
  return here.is_disjoint_from(asked);  // {not-in}
}

CommandResult<bool> is_key_condition_met(Context& context, const Setting& setting,
                                         const Datum& here) {
  const ColumnType& type = setting.column->type;
  ovsdb::TextStore store;
  auto key = ovsdb::parse_atom(type.key, *setting.key, nullptr, store);
  if (!key) return CommandError{key.error().text};
  const std::size_t at = here.find(*key);
  if (setting.op.empty()) return at != Datum::kNone;
  ColumnType value_type;
  value_type.key = type.value;
  value_type.min = 0;
  value_type.max = ovsdb::kUnlimited;
  OVS_TRY(const Datum asked, parse_value(context, value_type, setting.value));
  const bool is_set_form = setting.op[0] == '{';
  if (at == Datum::kNone && !is_set_form) return false;
  const Datum value =
      at == Datum::kNone ? Datum::empty(type.value.type) : Datum::scalar(here.value(at));
  if (is_set_form) return compare_sets(setting.op, value, asked);
  return compare_order(setting.op, Datum::compare(value, asked));
}

}  // namespace

CommandResult<bool> is_condition_met(Context& context, const TableSchema& table, const Uuid& row,
                                     std::string_view word) {
  OVS_TRY(const Setting setting, parse_setting(table, word, kOperators));
  const ColumnType& type = setting.column->type;
  const Datum& here = context.transaction().read(table, row, setting.column->index);
  if (setting.key) {
    if (!type.is_map()) {
      return fail("cannot specify key to check for non-map column {}", setting.column->name);
    }
    return is_key_condition_met(context, setting, here);
  }
  if (setting.op.empty()) {
    return fail(
        "{}: argument does not end in \"=\", \"!=\", \"<\", \">\", \"<=\", \">=\", "
        "\"{{=}}\" or the like, followed by a value",
        word);
  }
  OVS_TRY(const Datum asked, parse_value(context, type.unconstrained(), setting.value));
  if (setting.op[0] == '{') return compare_sets(setting.op, here, asked);
  if (setting.op == "=") return here == asked;
  if (setting.op == "!=") return !(here == asked);
  return compare_order(setting.op, Datum::compare(here, asked));
}

}  // namespace ovs::vsctl

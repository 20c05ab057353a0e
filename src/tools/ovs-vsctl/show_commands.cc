// The `show` command: the database as a tree.
#include "ovsdb/data/text_form.h"
#include "tools/ovs-vsctl/context.h"

namespace ovs::vsctl {
namespace {

// What is shown of a table: the column that names its rows, and columns below it, in order; those
// that refer to a shown table are shown as rows.
struct Shown {
  const char* table;
  const char* name;  // null: the UUID
  const char* columns[6];
};
constexpr Shown kShown[] = {
    {"Open_vSwitch", nullptr, {"manager_options", "bridges", "ovs_version"}},
    {"Bridge", "name", {"controller", "fail_mode", "datapath_type", "datapath_version", "ports"}},
    {"Port", "name", {"tag", "trunks", "interfaces"}},
    {"Interface", "name", {"type", "options", "error", "bfd_status"}},
    {"Controller", "target", {"is_connected"}},
    {"Manager", "target", {"is_connected"}},
};

const Shown* find_shown(std::string_view table) {
  for (const Shown& shown : kShown) {
    if (table == shown.table) return &shown;
  }
  return nullptr;
}

bool is_worth_showing(const ovsdb::ColumnType& type, const Datum& value) {
  if (value.empty()) return false;
  if (type.is_map()) return true;
  switch (value.key_type()) {
    case AtomType::Boolean: return value.count() != 1 || value.key(0).boolean();
    case AtomType::String: return value.count() != 1 || !value.key(0).string().empty();
    case AtomType::Void:
    case AtomType::Integer:
    case AtomType::Real:
    case AtomType::Uuid: return true;
  }
  return true;
}

class Tree {
 public:
  explicit Tree(Context& context) : context_(context) {}

  void show_row(const TableSchema& table, const Uuid& row, unsigned level) {
    const Shown& shown = *find_shown(table.name);
    indent(level);
    if (shown.name == nullptr) {
      context_.output += row.text() + "\n";
    } else {
      const Datum& name = context_.transaction().read(table, row, shown.name);
      context_.output += table.name + " " + ovsdb::datum_text(name) + "\n";
    }
    for (const char* column : shown.columns) {
      if (column != nullptr) show_column(table, row, column, level + 1);
    }
  }

 private:
  void indent(unsigned level) { context_.output.append(4 * level, ' '); }

  void show_column(const TableSchema& table, const Uuid& row, const char* name, unsigned level) {
    const ovsdb::ColumnSchema* column = table.find(name);
    if (column == nullptr || std::string_view(name) == "datapath_version") return;
    const Datum value = context_.transaction().read(table, row, column->index);
    const TableSchema* target = context_.schema().find(column->type.key.ref_table);
    if (target != nullptr && find_shown(target->name) != nullptr) {
      for (std::size_t i = 0; i < value.count(); ++i) {
        show_row(*target, value.key(i).uuid(), level);
      }
      return;
    }
    if (!is_worth_showing(column->type, value)) return;
    indent(level);
    context_.output += std::string(name) + ": " + ovsdb::datum_text(value) + "\n";
  }

  Context& context_;
};

CommandResult<void> run_show(Context& context) {
  if (context.has("--filter")) return fail("show --filter: not supported yet");
  const TableSchema& table = context.table_named("Open_vSwitch");
  for (const Uuid& row : context.transaction().rows(table)) Tree(context).show_row(table, row, 0);
  return kOk;
}

constexpr Command kCommands[] = {{"show", 0, 0, "", "--filter=", run_show}};

}  // namespace

std::span<const Command> show_commands() {
  return kCommands;
}

}  // namespace ovs::vsctl

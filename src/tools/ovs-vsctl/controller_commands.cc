// Commands about controllers, the fail mode and managers.
#include <algorithm>
#include <set>

#include "tools/ovs-vsctl/edit.h"

namespace ovs::vsctl {
namespace {

// A real bridge's row: controllers of a fake bridge are its parent's.
CommandResult<ModelBridge*> find_real_bridge(Context& context) {
  OVS_TRY(ModelBridge* const bridge, find_bridge(context, context.argument(1), false));
  return bridge->parent != nullptr ? bridge->parent : bridge;
}

CommandResult<ModelBridge*> find_only_real_bridge(Context& context) {
  OVS_TRY(ModelBridge* const bridge, find_bridge(context, context.argument(1), false));
  if (bridge->parent != nullptr)
    return fail("{}: {} is not a real bridge", context.argument(0), bridge->name);
  return bridge;
}

// Rows of `table` that a column of references points at, told by their targets.
void list_targets(Context& context, const TableSchema& owner, const Uuid& row, const char* column,
                  const char* table_name) {
  const TableSchema& table = context.table_named(table_name);
  const Datum references = context.transaction().read(owner, row, column);
  std::set<std::string> targets;
  for (std::size_t i = 0; i < references.count(); ++i) {
    const Datum& target = context.transaction().read(table, references.key(i).uuid(), "target");
    targets.insert(text_in(target));
  }
  for (const std::string& target : targets) context.output += target + "\n";
}

void delete_targets(Context& context, const TableSchema& owner, const Uuid& row, const char* column,
                    const char* table_name) {
  const Datum references = context.transaction().read(owner, row, column);
  for (std::size_t i = 0; i < references.count(); ++i) {
    context.transaction().erase(context.table_named(table_name), references.key(i).uuid());
  }
  context.transaction().write(owner, row, column, Datum::empty(AtomType::Uuid));
}

CommandResult<void> set_targets(Context& context, const TableSchema& owner, const Uuid& row,
                                const char* column, const char* table_name,
                                std::size_t first_target) {
  delete_targets(context, owner, row, column, table_name);
  const TableSchema& table = context.table_named(table_name);
  std::set<std::string> seen;
  const auto probe = context.options.find("--inactivity-probe");
  for (std::size_t i = first_target; i < context.count(); ++i) {
    const std::string& target = context.argument(i);
    if (!seen.insert(target).second) {
      return fail("{}: duplicate targets are not allowed", target);
    }
    const Uuid new_row = context.transaction().insert(table);
    context.transaction().write(table, new_row, "target", Datum::scalar(std::string_view(target)));
    if (probe != context.options.end()) {
      std::int64_t ms = 0;
      if (!parse_decimal(probe->second, ms) || ms < 0) {
        return fail("{}: inactivity probe must be a number of milliseconds", probe->second);
      }
      context.transaction().write(table, new_row, "inactivity_probe", Datum::scalar(ms));
    }
    add_reference(context, owner, row, column, new_row);
  }
  return kOk;
}

CommandResult<void> run_get_controller(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_real_bridge(context));
  list_targets(context, context.table_named("Bridge"), bridge->row, "controller", "Controller");
  return kOk;
}

CommandResult<void> run_del_controller(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_only_real_bridge(context));
  delete_targets(context, context.table_named("Bridge"), bridge->row, "controller", "Controller");
  return kOk;
}

CommandResult<void> run_set_controller(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_only_real_bridge(context));
  return set_targets(context, context.table_named("Bridge"), bridge->row, "controller",
                     "Controller", 2);
}

CommandResult<void> run_get_fail_mode(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_real_bridge(context));
  const Datum& mode =
      context.transaction().read(context.table_named("Bridge"), bridge->row, "fail_mode");
  if (!mode.empty()) context.output = text_in(mode) + "\n";
  return kOk;
}

CommandResult<void> run_del_fail_mode(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_only_real_bridge(context));
  context.transaction().write(context.table_named("Bridge"), bridge->row, "fail_mode",
                              Datum::empty(AtomType::String));
  return kOk;
}

CommandResult<void> run_set_fail_mode(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_only_real_bridge(context));
  const std::string& mode = context.argument(2);
  if (mode != "standalone" && mode != "secure") {
    return fail("fail-mode must be \"standalone\" or \"secure\"");
  }
  context.transaction().write(context.table_named("Bridge"), bridge->row, "fail_mode",
                              Datum::scalar(std::string_view(mode)));
  return kOk;
}

CommandResult<void> run_get_manager(Context& context) {
  list_targets(context, context.table_named("Open_vSwitch"), context.model().root(),
               "manager_options", "Manager");
  return kOk;
}

CommandResult<void> run_del_manager(Context& context) {
  delete_targets(context, context.table_named("Open_vSwitch"), context.model().root(),
                 "manager_options", "Manager");
  return kOk;
}

CommandResult<void> run_set_manager(Context& context) {
  return set_targets(context, context.table_named("Open_vSwitch"), context.model().root(),
                     "manager_options", "Manager", 1);
}

constexpr Command kCommands[] = {
    {"get-controller", 1, 1, "BRIDGE", "", run_get_controller},
    {"del-controller", 1, 1, "BRIDGE", "", run_del_controller},
    {"set-controller", 1, kManyArguments, "BRIDGE TARGET...",
     "--inactivity-probe=", run_set_controller},
    {"get-fail-mode", 1, 1, "BRIDGE", "", run_get_fail_mode},
    {"del-fail-mode", 1, 1, "BRIDGE", "", run_del_fail_mode},
    {"set-fail-mode", 2, 2, "BRIDGE MODE", "", run_set_fail_mode},
    {"get-manager", 0, 0, "", "", run_get_manager},
    {"del-manager", 0, kManyArguments, "", "", run_del_manager},
    {"set-manager", 1, kManyArguments, "TARGET...", "--inactivity-probe=", run_set_manager},
};

}  // namespace

std::span<const Command> controller_commands() {
  return kCommands;
}

}  // namespace ovs::vsctl

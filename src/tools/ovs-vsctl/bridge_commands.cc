// Commands about Open vSwitch as a whole and about bridges.
#include <algorithm>

#include "tools/ovs-vsctl/context.h"
#include "tools/ovs-vsctl/edit.h"

namespace ovs::vsctl {
namespace {

CommandResult<void> run_init(Context& context) {
  context.model().root();
  return kOk;
}

CommandResult<void> run_emer_reset(Context& context) {
  ClientTransaction& transaction = context.transaction();
  auto clear = [&](const char* table_name, std::initializer_list<const char*> columns) {
    const TableSchema& table = context.table_named(table_name);
    for (const Uuid& row : transaction.rows(table)) {
      for (const char* name : columns) {
        const ovsdb::ColumnSchema* column = table.find(name);
        if (column != nullptr) {
          transaction.write(table, row, column->index, column->type.default_datum());
        }
      }
    }
  };
  const TableSchema& bridges = context.table_named("Bridge");
  for (const Uuid& row : transaction.rows(bridges)) {
    const Datum other = transaction.read(bridges, row, "other_config");
    ovsdb::DatumBuilder kept(AtomType::String, AtomType::String);
    const std::string_view hwaddr = other.text_of("hwaddr");
    if (!hwaddr.empty()) kept.add(Atom("hwaddr"), Atom(hwaddr));
    transaction.write(bridges, row, "other_config", kept.build());
  }
  clear("Open_vSwitch", {"manager_options", "ssl"});
  clear("Bridge",
        {"controller", "fail_mode", "mirrors", "netflow", "sflow", "ipfix", "flood_vlans"});
  clear("Port", {"other_config"});
  clear("Interface", {"ingress_policing_rate", "ingress_policing_burst"});
  for (const char* name : {"Mirror", "Controller", "Manager", "NetFlow", "SSL", "sFlow", "IPFIX",
                           "Flow_Sample_Collector_Set"}) {
    const TableSchema* table = context.schema().find(name);
    if (table == nullptr) continue;
    for (const Uuid& row : transaction.rows(*table)) transaction.erase(*table, row);
  }
  context.model().forget();
  return kOk;
}

CommandResult<void> may_exist(Context& context, const ModelBridge& bridge, bool wants_fake,
                              const std::string& parent, std::int64_t vlan) {
  const std::string& name = bridge.name;
  if (!wants_fake && bridge.parent != nullptr) {
    return fail("\"--may-exist add-br {}\" but {} is a VLAN bridge for VLAN {}", name, name,
                bridge.vlan);
  }
  if (!wants_fake) return kOk;
  if (bridge.parent == nullptr) {
    return fail("\"--may-exist add-br {} {} {}\" but {} is not a VLAN bridge", name, parent, vlan,
                name);
  }
  if (bridge.parent->name != parent) {
    return fail("\"--may-exist add-br {} {} {}\" but {} has the wrong parent {}", name, parent,
                vlan, name, bridge.parent->name);
  }
  if (bridge.vlan != vlan) {
    return fail("\"--may-exist add-br {} {} {}\" but {} is a VLAN bridge for the wrong VLAN {}",
                name, parent, vlan, name, bridge.vlan);
  }
  (void)context;
  return kOk;
}

CommandResult<std::int64_t> parse_vlan(const std::string& text) {
  std::int64_t vlan = 0;
  if (!parse_decimal(text, vlan) || vlan < 0 || vlan > 4095) {
    return fail("vlan must be between 0 and 4095");
  }
  return vlan;
}

CommandResult<void> run_add_br(Context& context) {
  Model& model = context.model();
  model.load();
  const std::string name = context.argument(1);
  if (name.empty()) return fail("bridge name must not be empty string");
  const bool wants_fake = context.count() > 2;
  std::string parent_name;
  std::int64_t vlan = 0;
  if (context.count() == 3) {
    return fail("'{}' command takes exactly 1 or 3 arguments", context.argument(0));
  }
  if (wants_fake) {
    parent_name = context.argument(2);
    OVS_TRY(vlan, parse_vlan(context.argument(3)));
  }
  if (context.has("--may-exist")) {
    const ModelBridge* there = model.find_bridge(name);
    if (there != nullptr) return may_exist(context, *there, wants_fake, parent_name, vlan);
  }
  OVS_TRY(check_name_is_free(context, name, "a bridge"));
  if (!wants_fake) {
    create_bridge(context, name);
    return kOk;
  }
  ModelBridge* parent = model.find_bridge(parent_name);
  if (parent != nullptr && parent->parent != nullptr) {
    return fail("cannot create bridge with fake bridge as parent");
  }
  if (parent == nullptr) return fail("parent bridge {} does not exist", parent_name);
  for (const ModelBridge* other : model.bridges()) {
    if (other->parent == parent && other->vlan == vlan) {
      return fail("bridge {} already has a child VLAN bridge {} on VLAN {}", parent_name,
                  other->name, vlan);
    }
  }
  create_fake_bridge(context, name, *parent, std::uint16_t(vlan));
  return kOk;
}

CommandResult<void> run_del_br(Context& context) {
  OVS_TRY(ModelBridge* const bridge,
          find_bridge(context, context.argument(1), context.has("--if-exists")));
  if (bridge != nullptr) delete_bridge(context, *bridge);
  return kOk;
}

CommandResult<void> run_list_br(Context& context) {
  context.model().load();
  const bool real = context.has("--real"), fake = context.has("--fake");
  for (const ModelBridge* bridge : context.model().bridges()) {
    const bool is_fake = bridge->parent != nullptr;
    if (real == fake || is_fake == fake) context.output += bridge->name + "\n";
  }
  return kOk;
}

CommandResult<void> run_br_exists(Context& context) {
  context.model().load();
  if (context.model().find_bridge(context.argument(1)) == nullptr) return CommandError{"", 2};
  return kOk;
}

CommandResult<void> run_br_to_vlan(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_bridge(context, context.argument(1), false));
  context.output = fmt::format("{}\n", bridge->vlan);
  return kOk;
}

CommandResult<void> run_br_to_parent(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_bridge(context, context.argument(1), false));
  context.output = (bridge->parent != nullptr ? bridge->parent->name : bridge->name) + "\n";
  return kOk;
}

// The external-ids of a fake bridge are those of its port, each key behind a prefix.
struct ExternalIds {
  const TableSchema* table;
  Uuid row;
  std::string prefix;
};
constexpr const char* kFakePrefix = "fake-bridge-";

ExternalIds external_ids_of(Context& context, const ModelBridge& bridge) {
  if (bridge.parent == nullptr) return {&context.table_named("Bridge"), bridge.row, ""};
  const ModelPort* port = context.model().find_port(bridge.name);
  return {&context.table_named("Port"), port->row, kFakePrefix};
}

CommandResult<void> run_br_set_external_id(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_bridge(context, context.argument(1), false));
  const ExternalIds ids = external_ids_of(context, *bridge);
  const std::string key = ids.prefix + context.argument(2);
  const Datum now = context.transaction().read(*ids.table, ids.row, "external_ids");
  ovsdb::DatumBuilder builder(AtomType::String, AtomType::String);
  if (context.count() > 3)
    builder.add(Atom(std::string_view(key)), Atom(std::string_view(context.argument(3))));
  for (std::size_t i = 0; i < now.count(); ++i) {
    if (now.key(i).string() != key) builder.add(now.key(i), now.value(i));
  }
  builder.sort_unique();
  context.transaction().write(*ids.table, ids.row, "external_ids", builder.build());
  return kOk;
}

CommandResult<void> run_br_get_external_id(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_bridge(context, context.argument(1), false));
  const ExternalIds ids = external_ids_of(context, *bridge);
  const Datum now = context.transaction().read(*ids.table, ids.row, "external_ids");
  for (std::size_t i = 0; i < now.count(); ++i) {
    std::string_view key = now.key(i).string();
    if (key.substr(0, ids.prefix.size()) != ids.prefix) continue;
    key.remove_prefix(ids.prefix.size());
    if (context.count() == 2) {
      context.output += fmt::format("{}={}\n", key, now.value(i).string());
    } else if (key == context.argument(2)) {
      context.output += fmt::format("{}\n", now.value(i).string());
    }
  }
  return kOk;
}

constexpr Command kCommands[] = {
    {"init", 0, 0, "", "", run_init},
    {"emer-reset", 0, 0, "", "", run_emer_reset},
    {"add-br", 1, 3, "NEW-BRIDGE [PARENT] [NEW-VLAN]", "--may-exist", run_add_br},
    {"del-br", 1, 1, "BRIDGE", "--if-exists", run_del_br},
    {"list-br", 0, 0, "", "--real,--fake", run_list_br},
    {"br-exists", 1, 1, "BRIDGE", "", run_br_exists},
    {"br-to-vlan", 1, 1, "BRIDGE", "", run_br_to_vlan},
    {"br-to-parent", 1, 1, "BRIDGE", "", run_br_to_parent},
    {"br-set-external-id", 2, 3, "BRIDGE KEY [VALUE]", "", run_br_set_external_id},
    {"br-get-external-id", 1, 2, "BRIDGE [KEY]", "", run_br_get_external_id},
};

}  // namespace

std::span<const Command> bridge_commands() {
  return kCommands;
}

}  // namespace ovs::vsctl

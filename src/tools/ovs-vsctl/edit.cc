#include "tools/ovs-vsctl/edit.h"

#include <charconv>

namespace ovs::vsctl {

bool parse_decimal(std::string_view text, std::int64_t& number) {
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  return end.ec == std::errc() && end.ptr == text.data() + text.size();
}

CommandResult<ModelBridge*> find_bridge(Context& context, const std::string& name,
                                        bool may_be_absent) {
  context.model().load();
  ModelBridge* bridge = context.model().find_bridge(name);
  if (bridge == nullptr && !may_be_absent) return fail("no bridge named {}", name);
  return bridge;
}

CommandResult<void> check_name_is_free(Context& context, const std::string& name,
                                       const char* what) {
  const std::string message = fmt::format("cannot create {} named {} because ", what, name);
  Model& model = context.model();
  if (model.find_bridge(name) != nullptr) {
    return fail("{}a bridge named {} already exists", message, name);
  }
  if (const ModelPort* port = model.find_port(name); port != nullptr) {
    return fail("{}a port named {} already exists on bridge {}", message, name, port->bridge->name);
  }
  if (const ModelInterface* interface = model.find_interface(name); interface != nullptr) {
    return fail("{}an interface named {} already exists on bridge {}", message, name,
                interface->port->bridge->name);
  }
  return kOk;
}

void add_reference(Context& context, const TableSchema& table, const Uuid& row,
                   std::string_view column, const Uuid& target) {
  context.transaction().verify(table, row, table.find(column)->index);
  const Datum now = context.transaction().read(table, row, column);
  context.transaction().write(table, row, column, ovsdb::datum_union(now, Datum::scalar(target)));
}

void remove_reference(Context& context, const TableSchema& table, const Uuid& row,
                      std::string_view column, const Uuid& target) {
  context.transaction().verify(table, row, table.find(column)->index);
  const Datum now = context.transaction().read(table, row, column);
  context.transaction().write(table, row, column,
                              ovsdb::datum_subtract(now, Datum::scalar(target)));
}

void create_bridge(Context& context, const std::string& name) {
  const TableSchema& table = context.table_named("Bridge");
  const Uuid row = context.transaction().insert(table);
  context.transaction().write(table, row, "name", Datum::scalar(std::string_view(name)));
  ModelBridge& bridge = context.model().add_bridge(name, row, nullptr, 0);
  NewPort local;
  local.name = name;
  local.interfaces = {name};
  local.is_internal = true;
  create_port(context, bridge, local);
  add_reference(context, context.table_named("Open_vSwitch"), context.model().root(), "bridges",
                row);
}

void create_fake_bridge(Context& context, const std::string& name, ModelBridge& parent,
                        std::uint16_t vlan) {
  NewPort port;
  port.name = name;
  port.interfaces = {name};
  port.is_internal = port.is_fake_bridge = true;
  port.vlan = vlan;
  ModelBridge& bridge = context.model().add_bridge(name, parent.row, &parent, vlan);
  create_port(context, bridge, port);
}

void delete_bridge(Context& context, ModelBridge& bridge) {
  Model& model = context.model();
  if (bridge.parent == nullptr) {
    for (ModelBridge* child : model.bridges()) {
      if (child->parent == &bridge) delete_bridge(context, *child);
    }
  }
  while (!bridge.ports.empty()) delete_port(context, *bridge.ports.front());
  if (bridge.parent == nullptr) {
    remove_reference(context, context.table_named("Open_vSwitch"), model.root(), "bridges",
                     bridge.row);
    context.transaction().erase(context.table_named("Bridge"), bridge.row);
  }
  model.remove_bridge(bridge);
}

Uuid create_port(Context& context, ModelBridge& bridge, const NewPort& port) {
  ClientTransaction& transaction = context.transaction();
  const TableSchema& ports = context.table_named("Port");
  const TableSchema& interfaces = context.table_named("Interface");
  const Uuid row = transaction.insert(ports);
  transaction.write(ports, row, "name", Datum::scalar(std::string_view(port.name)));
  if (port.is_fake_bridge) transaction.write(ports, row, "fake_bridge", Datum::scalar(true));
  const std::uint16_t vlan = port.is_fake_bridge ? port.vlan : bridge.vlan;
  if (vlan != 0 || bridge.parent != nullptr) {
    transaction.write(ports, row, "tag", Datum::scalar(std::int64_t(vlan)));
  }
  ModelPort& model_port = context.model().add_port(port.name, row, bridge);
  for (const std::string& name : port.interfaces) {
    const Uuid interface = transaction.insert(interfaces);
    transaction.write(interfaces, interface, "name", Datum::scalar(std::string_view(name)));
    if (port.is_internal) {
      transaction.write(interfaces, interface, "type", Datum::scalar(std::string_view("internal")));
    }
    add_reference(context, ports, row, "interfaces", interface);
    context.model().add_interface(name, interface, model_port);
    context.attempt->new_interfaces.push_back(name);
  }
  add_reference(context, context.table_named("Bridge"), bridge.row, "ports", row);
  return row;
}

void create_interface(Context& context, ModelPort& port, const std::string& name) {
  const TableSchema& interfaces = context.table_named("Interface");
  const Uuid row = context.transaction().insert(interfaces);
  context.transaction().write(interfaces, row, "name", Datum::scalar(std::string_view(name)));
  add_reference(context, context.table_named("Port"), port.row, "interfaces", row);
  context.model().add_interface(name, row, port);
  context.attempt->new_interfaces.push_back(name);
}

void delete_interface(Context& context, ModelInterface& interface) {
  remove_reference(context, context.table_named("Port"), interface.port->row, "interfaces",
                   interface.row);
  context.transaction().erase(context.table_named("Interface"), interface.row);
  context.model().remove_interface(interface);
}

void delete_port(Context& context, ModelPort& port) {
  ClientTransaction& transaction = context.transaction();
  for (const ModelInterface* interface : port.interfaces) {
    transaction.erase(context.table_named("Interface"), interface->row);
  }
  remove_reference(context, context.table_named("Bridge"), port.bridge->row, "ports", port.row);
  transaction.erase(context.table_named("Port"), port.row);
  context.model().remove_port(port);
}

}  // namespace ovs::vsctl

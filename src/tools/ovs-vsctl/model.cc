#include "tools/ovs-vsctl/model.h"

#include <algorithm>

namespace ovs::vsctl {

using ovsdb::Datum;
using ovsdb::TableSchema;
using ovsdb::Uuid;

std::string text_in(const Datum& datum) {
  return datum.empty() ? std::string() : std::string(datum.key(0).string());
}

std::optional<std::int64_t> integer_in(const Datum& datum) {
  if (datum.empty()) return std::nullopt;
  return datum.key(0).integer();
}

const TableSchema& Model::table(std::string_view name) const {
  return *transaction_.replica().schema().find(name);
}

Uuid Model::root() {
  const TableSchema& open = table("Open_vSwitch");
  const std::vector<Uuid> rows = transaction_.rows(open);
  return rows.empty() ? transaction_.insert(open) : rows.front();
}

void Model::forget() {
  is_loaded_ = false;
  bridges_.clear();
  ports_.clear();
  interfaces_.clear();
}

void Model::load() {
  if (is_loaded_) return;
  is_loaded_ = true;
  const Datum bridges = transaction_.read(table("Open_vSwitch"), root(), "bridges");
  for (std::size_t i = 0; i < bridges.count(); ++i) load_bridge(bridges.key(i).uuid());
}

void Model::load_bridge(const Uuid& row) {
  const TableSchema& bridge_table = table("Bridge");
  const TableSchema& port_table = table("Port");
  if (!transaction_.exists(bridge_table, row)) return;
  const std::string name = text_in(transaction_.read(bridge_table, row, "name"));
  ModelBridge& bridge = add_bridge(name, row, nullptr, 0);
  const Datum ports = transaction_.read(bridge_table, row, "ports");
  std::map<std::int64_t, ModelBridge*> fakes;
  auto is_fake = [&](const Uuid& port) {
    const Datum& fake = transaction_.read(port_table, port, "fake_bridge");
    return !fake.empty() && fake.key(0).boolean();
  };
  for (std::size_t i = 0; i < ports.count(); ++i) {
    const Uuid port = ports.key(i).uuid();
    const auto tag = integer_in(transaction_.read(port_table, port, "tag"));
    if (!is_fake(port) || !tag || *tag < 0 || *tag > 4095) continue;
    const std::string fake_name = text_in(transaction_.read(port_table, port, "name"));
    fakes[*tag] = &add_bridge(fake_name, row, &bridge, std::uint16_t(*tag));
  }
  for (std::size_t i = 0; i < ports.count(); ++i) {
    const Uuid port = ports.key(i).uuid();
    const auto tag = integer_in(transaction_.read(port_table, port, "tag"));
    const auto fake = tag ? fakes.find(*tag) : fakes.end();
    load_port(port, fake == fakes.end() ? bridge : *fake->second);
  }
}

void Model::load_port(const Uuid& row, ModelBridge& bridge) {
  const TableSchema& port_table = table("Port");
  const TableSchema& interface_table = table("Interface");
  if (!transaction_.exists(port_table, row)) return;
  ModelPort& port = add_port(text_in(transaction_.read(port_table, row, "name")), row, bridge);
  const Datum interfaces = transaction_.read(port_table, row, "interfaces");
  for (std::size_t i = 0; i < interfaces.count(); ++i) {
    const Uuid interface = interfaces.key(i).uuid();
    add_interface(text_in(transaction_.read(interface_table, interface, "name")), interface, port);
  }
}

namespace {

template <class Map>
auto* find_named(Map& map, std::string_view name) {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : found->second.get();
}

}  // namespace

ModelBridge* Model::find_bridge(std::string_view name) {
  return find_named(bridges_, name);
}
ModelPort* Model::find_port(std::string_view name) {
  return find_named(ports_, name);
}
ModelInterface* Model::find_interface(std::string_view name) {
  return find_named(interfaces_, name);
}

std::vector<ModelBridge*> Model::bridges() {
  std::vector<ModelBridge*> bridges;
  for (const auto& [name, bridge] : bridges_) bridges.push_back(bridge.get());
  return bridges;
}

ModelBridge& Model::add_bridge(std::string name, const Uuid& row, ModelBridge* parent,
                               std::uint16_t vlan) {
  auto& slot = bridges_[name];
  slot = std::make_unique<ModelBridge>(ModelBridge{std::move(name), row, parent, vlan, {}});
  return *slot;
}

ModelPort& Model::add_port(std::string name, const Uuid& row, ModelBridge& bridge) {
  auto& slot = ports_[name];
  slot = std::make_unique<ModelPort>(ModelPort{std::move(name), row, &bridge, {}});
  bridge.ports.push_back(slot.get());
  return *slot;
}

ModelInterface& Model::add_interface(std::string name, const Uuid& row, ModelPort& port) {
  auto& slot = interfaces_[name];
  slot = std::make_unique<ModelInterface>(ModelInterface{std::move(name), row, &port});
  port.interfaces.push_back(slot.get());
  return *slot;
}

void Model::remove_bridge(ModelBridge& bridge) {
  bridges_.erase(bridges_.find(bridge.name));
}

void Model::remove_interface(ModelInterface& interface) {
  auto& siblings = interface.port->interfaces;
  siblings.erase(std::find(siblings.begin(), siblings.end(), &interface));
  interfaces_.erase(interfaces_.find(interface.name));
}

void Model::remove_port(ModelPort& port) {
  for (const ModelInterface* interface : port.interfaces) {
    interfaces_.erase(interfaces_.find(interface->name));
  }
  auto& siblings = port.bridge->ports;
  siblings.erase(std::find(siblings.begin(), siblings.end(), &port));
  ports_.erase(ports_.find(port.name));
}

}  // namespace ovs::vsctl

// Bridges, ports and interfaces of the transaction as the commands speak of them: found by name,
// fake bridges (a VLAN of another bridge) among the real ones. Read once, then kept by the commands
// that change it.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovsdb/client/transaction.h"

namespace ovs::vsctl {

struct ModelPort;

struct ModelBridge {
  std::string name;
  ovsdb::Uuid row;  // of Bridge; of a fake bridge, its parent's
  ModelBridge* parent = nullptr;
  std::uint16_t vlan = 0;         // of a fake bridge
  std::vector<ModelPort*> ports;  // those of fake bridges are under the fake bridge alone
};

struct ModelInterface {
  std::string name;
  ovsdb::Uuid row;
  ModelPort* port = nullptr;
};

struct ModelPort {
  std::string name;
  ovsdb::Uuid row;
  ModelBridge* bridge = nullptr;
  std::vector<ModelInterface*> interfaces;
};

class Model {
 public:
  explicit Model(ovsdb::ClientTransaction& transaction) : transaction_(transaction) {}

  // Reads the transaction's rows unless that was done.
  void load();
  // A command has changed rows by other ways.
  void forget();

  ModelBridge* find_bridge(std::string_view name);
  ModelPort* find_port(std::string_view name);
  ModelInterface* find_interface(std::string_view name);
  std::vector<ModelBridge*> bridges();  // by name

  ModelBridge& add_bridge(std::string name, const ovsdb::Uuid& row, ModelBridge* parent,
                          std::uint16_t vlan);
  ModelPort& add_port(std::string name, const ovsdb::Uuid& row, ModelBridge& bridge);
  ModelInterface& add_interface(std::string name, const ovsdb::Uuid& row, ModelPort& port);
  void remove_bridge(ModelBridge& bridge);
  void remove_port(ModelPort& port);
  void remove_interface(ModelInterface& interface);

  // The single row of Open_vSwitch, made if there is none.
  ovsdb::Uuid root();

 private:
  template <class T>
  using Named = std::map<std::string, std::unique_ptr<T>, std::less<>>;
  void load_bridge(const ovsdb::Uuid& row);
  void load_port(const ovsdb::Uuid& row, ModelBridge& bridge);
  const ovsdb::TableSchema& table(std::string_view name) const;

  ovsdb::ClientTransaction& transaction_;
  bool is_loaded_ = false;
  Named<ModelBridge> bridges_;
  Named<ModelPort> ports_;
  Named<ModelInterface> interfaces_;
};

// A column that has at most one string, or integer.
std::string text_in(const ovsdb::Datum& datum);
std::optional<std::int64_t> integer_in(const ovsdb::Datum& datum);

}  // namespace ovs::vsctl

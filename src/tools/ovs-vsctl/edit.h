// Changes that several commands make: rows of bridges, ports and interfaces, together with the
// model of them.
#pragma once
#include "tools/ovs-vsctl/context.h"

namespace ovs::vsctl {

bool parse_decimal(std::string_view text, std::int64_t& number);  // all of it

// Null only if it need not exist.
CommandResult<ModelBridge*> find_bridge(Context& context, const std::string& name,
                                        bool may_be_absent);
// Refuses a name that a bridge, port or interface has; `what` is "a bridge", "a port".
CommandResult<void> check_name_is_free(Context& context, const std::string& name, const char* what);

void create_bridge(Context& context, const std::string& name);
void create_fake_bridge(Context& context, const std::string& name, ModelBridge& parent,
                        std::uint16_t vlan);
void delete_bridge(Context& context, ModelBridge& bridge);

struct NewPort {
  std::string name;
  std::vector<std::string> interfaces;
  bool is_fake_bridge = false;
  bool is_internal = false;
  std::uint16_t vlan = 0;  // 0: none
};
// The Port's row.
Uuid create_port(Context& context, ModelBridge& bridge, const NewPort& port);
void delete_port(Context& context, ModelPort& port);
void create_interface(Context& context, ModelPort& port, const std::string& name);
void delete_interface(Context& context, ModelInterface& interface);

// Adds to, or takes from, a column that is a set of references.
void add_reference(Context& context, const TableSchema& table, const Uuid& row,
                   std::string_view column, const Uuid& target);
void remove_reference(Context& context, const TableSchema& table, const Uuid& row,
                      std::string_view column, const Uuid& target);

}  // namespace ovs::vsctl

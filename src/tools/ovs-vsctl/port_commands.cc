// Commands about ports and interfaces.
#include <algorithm>

#include "tools/ovs-vsctl/edit.h"
#include "tools/ovs-vsctl/rows.h"

namespace ovs::vsctl {
namespace {

CommandResult<ModelPort*> find_port(Context& context, const std::string& name, bool may_be_absent) {
  context.model().load();
  ModelPort* port = context.model().find_port(name);
  // A port that is a fake bridge is a bridge to people.
  if (port != nullptr && port->name == port->bridge->name) port = nullptr;
  if (port == nullptr && !may_be_absent) return fail("no port named {}", name);
  return port;
}

std::vector<std::string> sorted(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return names;
}

CommandResult<void> run_list_ports(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_bridge(context, context.argument(1), false));
  std::vector<std::string> names;
  for (const ModelPort* port : bridge->ports) {
    if (port->name != bridge->name) names.push_back(port->name);
  }
  for (const std::string& name : sorted(std::move(names))) context.output += name + "\n";
  return kOk;
}

CommandResult<void> run_list_ifaces(Context& context) {
  OVS_TRY(const ModelBridge* const bridge, find_bridge(context, context.argument(1), false));
  std::vector<std::string> names;
  for (const ModelPort* port : bridge->ports) {
    for (const ModelInterface* interface : port->interfaces) {
      if (interface->name != bridge->name) names.push_back(interface->name);
    }
  }
  for (const std::string& name : sorted(std::move(names))) context.output += name + "\n";
  return kOk;
}

// `--may-exist` with a port of that name: whether it is the one that was asked for.
CommandResult<void> check_existing(const ModelPort& port, const ModelBridge& bridge,
                                   const std::vector<std::string>& interfaces,
                                   const std::string& command) {
  if (port.bridge != &bridge) {
    return fail("\"{}\" but {} is actually attached to bridge {}", command, port.name,
                port.bridge->name);
  }
  std::vector<std::string> here;
  for (const ModelInterface* interface : port.interfaces) here.push_back(interface->name);
  here = sorted(std::move(here));
  if (here == sorted(interfaces)) return kOk;
  std::string names;
  for (const std::string& name : here) names += (names.empty() ? "" : ", ") + name;
  return fail("\"{}\" but {} actually has interface(s) {}", command, port.name, names);
}

CommandResult<void> add_port(Context& context, const std::vector<std::string>& interfaces,
                             std::size_t first_setting) {
  OVS_TRY(ModelBridge* const bridge, find_bridge(context, context.argument(1), false));
  const std::string& name = context.argument(2);
  if (name.empty()) return fail("port name must not be empty string");
  if (context.has("--may-exist")) {
    const ModelPort* there = context.model().find_port(name);
    if (there != nullptr) {
      std::string command =
          fmt::format("--may-exist {} {} {}", context.argument(0), bridge->name, name);
      if (interfaces.size() > 1) {
        for (const std::string& each : interfaces) command += " " + each;
      }
      return check_existing(*there, *bridge, interfaces, command);
    }
  }
  OVS_TRY(check_name_is_free(context, name, "a port"));
  for (const std::string& interface : interfaces) {
    if (interface.empty()) return fail("interface name must not be empty string");
    OVS_TRY(check_name_is_free(context, interface, "an interface"));
  }
  const Uuid row = create_port(context, *bridge, {name, interfaces});
  for (std::size_t i = first_setting; i < context.count(); ++i) {
    OVS_TRY(set_column(context, context.table_named("Port"), row, context.argument(i)));
  }
  return kOk;
}

CommandResult<void> run_add_port(Context& context) {
  return add_port(context, {context.argument(2)}, 3);
}

CommandResult<void> run_add_bond(Context& context) {
  std::vector<std::string> interfaces;
  std::size_t next = 3;
  while (next < context.count() && context.argument(next).find('=') == std::string::npos) {
    interfaces.push_back(context.argument(next++));
  }
  if (interfaces.size() < 2) {
    return fail("add-bond requires at least 2 interfaces, but only {} were specified",
                interfaces.size());
  }
  return add_port(context, interfaces, next);
}

CommandResult<void> run_add_bond_iface(Context& context) {
  OVS_TRY(ModelPort* const port, find_port(context, context.argument(1), false));
  const std::string& name = context.argument(2);
  if (context.has("--may-exist")) {
    const ModelInterface* there = context.model().find_interface(name);
    if (there != nullptr && there->port == port) return kOk;
    if (there != nullptr) {
      return fail("\"--may-exist add-bond-iface {} {}\" but {} is actually attached to port {}",
                  port->name, name, name, there->port->name);
    }
  }
  OVS_TRY(check_name_is_free(context, name, "an interface"));
  create_interface(context, *port, name);
  return kOk;
}

CommandResult<void> run_del_bond_iface(Context& context) {
  const bool has_port = context.count() == 3;
  const std::string& name = context.argument(has_port ? 2 : 1);
  context.model().load();
  ModelInterface* interface = context.model().find_interface(name);
  if (interface == nullptr) {
    if (context.has("--if-exists")) return kOk;
    return fail("no interface named {}", name);
  }
  if (has_port) {
    OVS_TRY(const ModelPort* const port, find_port(context, context.argument(1), false));
    if (interface->port != port) {
      if (context.has("--if-exists")) return kOk;
      return fail("port {} does not have an interface {}", port->name, name);
    }
  }
  if (interface->port->interfaces.size() == 1) {
    return fail("cannot delete last interface from port {}", interface->port->name);
  }
  delete_interface(context, *interface);
  return kOk;
}

CommandResult<void> run_del_port(Context& context) {
  const bool may_be_absent = context.has("--if-exists");
  const bool has_bridge = context.count() == 3;
  const std::string& name = context.argument(has_bridge ? 2 : 1);
  context.model().load();
  ModelPort* port = context.model().find_port(name);
  if (port == nullptr && context.has("--with-iface")) {
    const ModelInterface* interface = context.model().find_interface(name);
    if (interface != nullptr) port = interface->port;
  }
  if (port == nullptr) {
    if (may_be_absent) return kOk;
    if (context.has("--with-iface")) return fail("no port or interface named {}", name);
    return fail("no port named {}", name);
  }
  if (has_bridge) {
    OVS_TRY(const ModelBridge* const bridge, find_bridge(context, context.argument(1), false));
    if (port->bridge != bridge) {
      if (port->bridge->parent == bridge) {
        return fail("bridge {} does not have a port {} (although its child bridge {} does)",
                    bridge->name, name, port->bridge->name);
      }
      if (bridge->parent == port->bridge) {
        return fail("bridge {} does not have a port {} (although its parent bridge {} does)",
                    bridge->name, name, bridge->parent->name);
      }
      return fail("bridge {} does not have a port {}", bridge->name, name);
    }
  }
  if (port->name == port->bridge->name) {
    if (may_be_absent) return kOk;
    return fail(
        "cannot delete port {} because it is the local port for bridge {} "
        "(deleting this port requires deleting the entire bridge)",
        port->name, port->bridge->name);
  }
  delete_port(context, *port);
  return kOk;
}

CommandResult<void> run_port_to_br(Context& context) {
  OVS_TRY(const ModelPort* const port, find_port(context, context.argument(1), false));
  context.output = port->bridge->name + "\n";
  return kOk;
}

CommandResult<void> run_iface_to_br(Context& context) {
  context.model().load();
  const ModelInterface* interface = context.model().find_interface(context.argument(1));
  if (interface == nullptr || interface->name == interface->port->bridge->name) {
    return fail("no interface named {}", context.argument(1));
  }
  context.output = interface->port->bridge->name + "\n";
  return kOk;
}

constexpr Command kCommands[] = {
    {"list-ports", 1, 1, "BRIDGE", "", run_list_ports},
    {"add-port", 2, kManyArguments, "BRIDGE NEW-PORT [COLUMN[:KEY]=VALUE]...", "--may-exist",
     run_add_port},
    {"add-bond", 4, kManyArguments, "BRIDGE BOND IFACE... [COLUMN[:KEY]=VALUE]...",
     "--may-exist,--fake-iface", run_add_bond},
    {"add-bond-iface", 2, 2, "BOND IFACE", "--may-exist", run_add_bond_iface},
    {"del-bond-iface", 1, 2, "[BOND] IFACE", "--if-exists", run_del_bond_iface},
    {"del-port", 1, 2, "[BRIDGE] PORT|IFACE", "--if-exists,--with-iface", run_del_port},
    {"port-to-br", 1, 1, "PORT", "", run_port_to_br},
    {"list-ifaces", 1, 1, "BRIDGE", "", run_list_ifaces},
    {"iface-to-br", 1, 1, "IFACE", "", run_iface_to_br},
};

}  // namespace

std::span<const Command> port_commands() {
  return kCommands;
}

}  // namespace ovs::vsctl

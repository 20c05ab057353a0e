// Commands about what datapaths and devices can do: most of it cannot be chosen, and these say so.
#include <fmt/format.h>

#include "base/text/parse.h"
#include "vswitch/commands/command_parts.h"

namespace ovs::vswitch {

using daemon::ControlCall;

namespace {

struct Feature {
  const char* name;
  const char* title;
  const char* value;  // the only one there is
};

// What translation could do without, or with. A tunnel's header is put on by the datapath's own
// port.
constexpr Feature kFeatures[] = {
    {"masked_set_action", "Masked set action", "true"},
    {"tnl_push_pop", "Tunnel push pop", "false"},
    {"ufid", "Ufid", "true"},
    {"trunc", "Truncate action", "true"},
    {"clone", "Clone action", "true"},
    {"check_pkt_len", "Check pkt length action", "true"},
};

const char* yes_or_no(std::string_view value) {
  return value == "true" ? "Yes" : "No";
}

void show_features(Switches::Impl& switches, ControlCall& call) {
  if (find_bridge(switches, call.argument(1)) == nullptr) {
    return call.reply_error("no such bridge");
  }
  std::string text;
  for (const Feature& feature : kFeatures) {
    text += fmt::format("{}: {}\n", feature.title, yes_or_no(feature.value));
  }
  call.reply(text);
}

void set_feature(Switches::Impl& switches, ControlCall& call) {
  if (find_bridge(switches, call.argument(1)) == nullptr) {
    return call.reply_error("no such bridge");
  }
  const std::string& name = call.argument(2);
  const std::string& value = call.argument(3);
  for (const Feature& feature : kFeatures) {
    if (name == feature.name && value == feature.value) return call.reply("");
  }
  call.reply_error(fmt::format("{}: {} as {}: not supported yet", call.argument(0), name, value));
}

void list_datapaths(Switches::Impl& switches, ControlCall& call) {
  std::string text;
  for (const auto& backer : switches.backers) text += backer->dpif().full_name() + "\n";
  call.reply(text);
}

// ofproto/list-tunnels: how a tunnel's ends and keys are told.
std::string end_text(bool by_flow, std::optional<std::uint32_t> address) {
  if (by_flow) return "flow";
  if (!address) return "::";
  return fmt::format("{}.{}.{}.{}", *address >> 24, *address >> 16 & 0xff, *address >> 8 & 0xff,
                     *address & 0xff);
}
std::string key_text(bool by_flow, std::optional<std::uint64_t> key) {
  return by_flow ? "flow" : fmt::format("{:#x}", key.value_or(0));
}

std::string tunnel_line(const Port& port) {
  const TunnelSettings& tunnel = *port.settings.tunnel;
  const std::string in = key_text(tunnel.in_key_by_flow, tunnel.in_key);
  const std::string out = key_text(tunnel.out_key_by_flow, tunnel.out_key);
  std::string text = fmt::format("port {}: {} ({}: {}->{}, ", std::uint32_t(port.datapath_port),
                                 port.settings.name, port.settings.type,
                                 end_text(tunnel.local_by_flow, tunnel.local_ip),
                                 end_text(tunnel.remote_by_flow, tunnel.remote_ip));
  const auto plain = [](const std::string& key) { return key == "0x0" ? std::string("0") : key; };
  text += in == out ? fmt::format("key={}", plain(in))
                    : fmt::format("in_key={}, out_key={}", plain(in), plain(out));
  text += fmt::format(", legacy_l2, dp port={}", std::uint32_t(port.datapath_port));
  if (tunnel.tos_inherit) text += ", tos=inherit";
  if (tunnel.tos != 0) text += fmt::format(", tos={:#x}", tunnel.tos);
  text += tunnel.ttl_inherit ? ", ttl=inherit" : fmt::format(", ttl={}", tunnel.ttl);
  if (!tunnel.dont_fragment) text += ", df=false";
  if (tunnel.checksum) text += ", csum=true";
  return text + ")\n";
}

void list_tunnels(Switches::Impl& switches, ControlCall& call) {
  std::string text;
  for (const Ofproto::Impl* bridge : bridges_of(switches)) {
    for (const auto& [number, port] : bridge->ports) {
      if (port.settings.tunnel) text += tunnel_line(port);
    }
  }
  call.reply(text);
}

// Queues are priorities, which devices here do not schedule by.
void show_qos(Switches::Impl& switches, ControlCall& call) {
  for (const Ofproto::Impl* bridge : bridges_of(switches)) {
    if (bridge->find(call.argument(1)) == nullptr) continue;
    return call.reply(fmt::format("QoS not configured on {}\n", call.argument(1)));
  }
  call.reply_error("no such interface");
}

void refuse(Switches::Impl&, ControlCall& call) {
  call.reply_error(call.argument(0) + ": not supported yet");
}

// Dumps always tell flows whole.
void disable_ufids(Switches::Impl&, ControlCall& call) {
  call.reply("Datapath dumping tersely using UFID disabled");
}

void list_bonds(Switches::Impl&, ControlCall& call) {
  call.reply("bond\ttype\trecircID\tmembers\n");
}

// A port of several interfaces is refused when it is configured, so that no bond exists.
void find_bond(Switches::Impl&, ControlCall& call) {
  call.arguments().size() > 1 ? call.reply_error("no such bond") : call.reply("");
}

// A bond would spread packets by this hash; there are none.
void hash_for_bond(Switches::Impl& switches, ControlCall& call) {
  const auto is_number = [](const std::string& text) {
    return bool(parse_integer<std::uint32_t>(text, Radix::Decimal));
  };
  const std::string &vlan = call.argument(2), &basis = call.argument(3);
  if (!vlan.empty() && !is_number(vlan)) return call.reply_error("invalid vlan");
  if (!basis.empty() && !is_number(basis)) return call.reply_error("invalid basis");
  if (!parse_mac(call.argument(1))) return call.reply_error("invalid mac");
  refuse(switches, call);
}

struct Command {
  const char* name;
  const char* usage;
  unsigned least, most;
  void (*run)(Switches::Impl&, ControlCall&);
};
constexpr Command kCommands[] = {
    {"dpif/dump-dps", "", 0, 0, list_datapaths},
    {"dpif/show-dp-features", "bridge", 1, 1, show_features},
    {"dpif/set-dp-features", "bridge feature value", 3, 3, set_feature},
    {"ofproto/list-tunnels", "", 0, 0, list_tunnels},
    {"upcall/disable-ufid", "", 0, 0, disable_ufids},
    {"upcall/enable-ufid", "", 0, 0, refuse},
    {"qos/show", "interface", 1, 1, show_qos},
    {"qos/show-types", "interface", 1, 1, refuse},
    {"bond/list", "", 0, 0, list_bonds},
    {"bond/show", "[port]", 0, 1, find_bond},
    {"bond/migrate", "port hash member", 3, 3, find_bond},
    {"bond/set-active-member", "port member", 2, 2, find_bond},
    {"bond/enable-member", "port member", 2, 2, find_bond},
    {"bond/disable-member", "port member", 2, 2, find_bond},
    {"bond/hash", "mac [vlan] [basis]", 1, 3, hash_for_bond},
};

}  // namespace

void add_feature_commands(daemon::ControlServer& server, Switches::Impl& switches) {
  for (const Command& command : kCommands) {
    server.add(command.name, command.usage, command.least, command.most,
               [&switches, run = command.run](ControlCall call) { run(switches, call); });
  }
}

}  // namespace ovs::vswitch

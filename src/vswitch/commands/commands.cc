#include "vswitch/commands/commands.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>

#include "base/text/parse.h"
#include "daemon/control/unixctl.h"
#include "flow/action/action_text.h"
#include "flow/field/value_text.h"
#include "flow/match/match_text.h"
#include "flow/match/odp_text.h"
#include "openflow/action/action_text.h"
#include "vswitch/commands/command_parts.h"
#include "vswitch/dpif/flow_text.h"
#include "vswitch/ofproto/switches_impl.h"

namespace ovs::vswitch {

using daemon::ControlCall;

namespace {

constexpr const char* kNoBridge = "no such bridge";

std::string port_text(const Ofproto::Impl&, OfPort port) {
  return flow::format_port(std::uint16_t(port), nullptr);
}

std::optional<std::uint16_t> parse_vlan(std::string_view text) {
  std::uint16_t vlan = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), vlan);
  if (error != std::errc{} || rest != text.data() + text.size() || vlan >= kVlanCount) {
    return std::nullopt;
  }
  return vlan;
}

void fdb_show(const Ofproto::Impl& bridge, ControlCall& call) {
  std::string text = " port  VLAN  MAC                Age\n";
  for (const MacEntry& entry : bridge.macs->entries()) {
    const std::string age =
        entry.is_static ? "static" : fmt::format("{:3}", (bridge.now_ms() - entry.used_ms) / 1000);
    text += fmt::format("{:>5}  {:4}  {}  {}\n", port_text(bridge, entry.port), entry.vlan,
                        flow::mac_text(flow::FieldValue::of(Bytes(entry.mac.bytes))), age);
  }
  call.reply(text);
}

void fdb_stats_show(const Ofproto::Impl& bridge, ControlCall& call) {
  const MacTableCounters counters = bridge.macs->counters();
  const auto entries = bridge.macs->entries();
  const auto statics = std::count_if(entries.begin(), entries.end(),
                                     [](const MacEntry& entry) { return entry.is_static; });
  call.reply(
      fmt::format("Statistics for bridge \"{}\":\n"
                  "  Current/maximum MAC entries in the table: {}/{}\n"
                  "  Current static MAC entries in the table : {}\n"
                  "  Total number of learned MAC entries     : {}\n"
                  "  Total number of expired MAC entries     : {}\n"
                  "  Total number of evicted MAC entries     : {}\n"
                  "  Total number of port moved MAC entries  : {}\n",
                  bridge.name, entries.size(), bridge.macs->max_count(), statics, counters.learned,
                  counters.expired, counters.evicted, counters.moved));
}

void fdb_add(const Ofproto::Impl& bridge, ControlCall& call) {
  const Port* port = bridge.find(call.argument(2));
  const auto vlan = parse_vlan(call.argument(3));
  const auto mac = parse_mac(call.argument(4));
  if (port == nullptr)
    return call.reply_error("software error, odp port is present but no ofp port");
  if (!vlan) return call.reply_error("Invalid vlan ID");
  if (!mac) return call.reply_error("bad MAC address");
  bridge.macs->add_static(*mac, *vlan, port->number, bridge.now_ms());
  call.reply("");
}

void fdb_del(const Ofproto::Impl& bridge, ControlCall& call) {
  const auto vlan = parse_vlan(call.argument(2));
  const auto mac = parse_mac(call.argument(3));
  if (!vlan || !mac) return call.reply_error("bad MAC address or VLAN");
  if (bridge.macs->remove_static(*mac, *vlan) != MacTable::Removal::Removed) {
    return call.reply_error("could not find static mac entry");
  }
  call.reply("");
}

void dump_flows(const Ofproto::Impl& bridge, ControlCall& call) {
  std::string text;
  const std::uint64_t now = bridge.now_ms();
  for (const Shared<Rule>& rule :
       bridge.tables.select(openflow::FlowStatsRequest{}, FlowTables::Hidden::Include)) {
    if (rule->spec.cookie != 0) text += fmt::format("cookie={:#x}, ", rule->spec.cookie);
    if (rule->spec.table != 0) text += fmt::format("table_id={}, ", rule->spec.table);
    text += fmt::format("duration={}s, n_packets={}, n_bytes={}, ",
                        (now - rule->spec.created_ms) / 1000, rule->counters->packets.load(),
                        rule->counters->bytes.load());
    const std::string match =
        flow::format_match(rule->match.expanded(), nullptr, rule->spec.priority);
    text += match + (match.ends_with(',') ? "" : ",");
    text += "actions=" + openflow::format_actions(rule->actions->list) + "\n";
  }
  call.reply(text);
}

void dump_megaflows(const Ofproto::Impl& bridge, ControlCall& call) {
  FlowTextOptions options;
  options.ufid_end = " ";
  options.dialect = dialect_of(bridge.backer.dpif().type());
  std::optional<bool> wants_names;
  for (std::size_t i = 1; i + 1 < call.arguments().size(); ++i) {
    const std::string& option = call.argument(i);
    if (option == "-m") options.style = flow::OdpStyle::Verbose;
    if (option == "--names") wants_names = true;
    if (option == "--no-names") wants_names = false;
  }
  const DpPortNames names(bridge.backer.dpif());
  options.with_ufid = options.style == flow::OdpStyle::Verbose;
  if (wants_names.value_or(options.with_ufid)) options.names = &names;
  const Shared<SwitchView> view = bridge.backer.view();
  std::string text;
  const auto done = bridge.backer.dpif().flow_dump([&](DpifFlow& flow) {
    const PortPlace place = find_ingress(*view, flow.key);
    if (!place || place.bridge->id != bridge.id) return;
    text += format_flow(flow, bridge.now_ms(), options) + "\n";
  });
  if (done.ok()) {
    call.reply(text);
  } else {
    call.reply_error("dpif/dump_flows failed: " + done.error().text);
  }
}

std::uint16_t usual_udp_port(std::string_view type) {
  return type == "vxlan" ? 4789 : type == "geneve" ? 6081 : 0;
}

std::string end_text(bool by_flow, std::uint32_t ip) {
  if (by_flow) return "flow";
  return fmt::format("{}.{}.{}.{}", ip >> 24, ip >> 16 & 0xff, ip >> 8 & 0xff, ip & 0xff);
}

// A tunnel's options as the database would have them, by name; what is usual is left out.
std::map<std::string, std::string> tunnel_options(const TunnelSettings& tunnel,
                                                  std::string_view type) {
  std::map<std::string, std::string> options;
  const auto put_key = [&](const char* name, bool by_flow, std::optional<std::uint64_t> key) {
    if (by_flow || key) options[name] = by_flow ? "flow" : std::to_string(*key);
  };
  if (tunnel.in_key == tunnel.out_key && tunnel.in_key_by_flow == tunnel.out_key_by_flow) {
    put_key("key", tunnel.in_key_by_flow, tunnel.in_key);
  } else {
    put_key("in_key", tunnel.in_key_by_flow, tunnel.in_key);
    put_key("out_key", tunnel.out_key_by_flow, tunnel.out_key);
  }
  if (tunnel.local_by_flow || tunnel.local_ip) {
    options["local_ip"] = end_text(tunnel.local_by_flow, tunnel.local_ip.value_or(0));
  }
  if (tunnel.remote_by_flow || tunnel.remote_ip) {
    options["remote_ip"] = end_text(tunnel.remote_by_flow, tunnel.remote_ip.value_or(0));
  }
  if (tunnel.tos != 0) options["tos"] = fmt::format("{:#x}", tunnel.tos);
  if (tunnel.tos_inherit) options["tos"] = "inherit";
  if (tunnel.ttl != TunnelSettings{}.ttl) options["ttl"] = std::to_string(tunnel.ttl);
  if (tunnel.ttl_inherit) options["ttl"] = "inherit";
  if (!tunnel.dont_fragment) options["df_default"] = "false";
  if (tunnel.checksum) options["csum"] = "true";
  if (tunnel.udp_port != 0 && tunnel.udp_port != usual_udp_port(type)) {
    options["dst_port"] = std::to_string(tunnel.udp_port);
  }
  return options;
}

std::string tunnel_text(const TunnelSettings& tunnel, std::string_view type) {
  std::string text;
  for (const auto& [name, value] : tunnel_options(tunnel, type)) {
    text += fmt::format("{}{}={}", text.empty() ? ": " : ", ", name, value);
  }
  return text;
}

std::string show_port(const Port& port, const DpPortNames& names) {
  const std::string number =
      port.datapath_port == kNoDpPort ? "none" : std::to_string(std::uint32_t(port.datapath_port));
  std::string type = port.settings.type, details;
  if (port.settings.tunnel) {
    details = tunnel_text(*port.settings.tunnel, type);
  } else if (type == "patch") {
    details = ": peer=" + port.settings.peer;
  } else {
    type = names.type(port.datapath_port).value_or(type);
  }
  return fmt::format("    {} {}/{}: ({}{})\n", port.settings.name, std::uint16_t(port.number),
                     number, type, details);
}

void show_datapaths(Switches::Impl& switches, ControlCall& call) {
  std::string text;
  for (const auto& backer : switches.backers) {
    const auto stats = backer->dpif().stats();
    text += fmt::format("{}: hit:{} missed:{}\n", backer->dpif().full_name(),
                        stats.ok() ? stats->hit : 0, stats.ok() ? stats->missed : 0);
    const DpPortNames names(backer->dpif());
    for (const Ofproto::Impl* bridge : bridges_of(switches)) {
      if (&bridge->backer != backer.get()) continue;
      text += fmt::format("  {}:\n", bridge->name);
      for (const auto& [name, number] : bridge->port_numbers) {
        text += show_port(bridge->ports.find(number)->second, names);
      }
    }
  }
  call.reply(text);
}

std::string show_upcalls(Backer& backer) {
  std::string text = fmt::format(
      "{}:\n"
      "  flows         : (current {}) (avg {}) (max {}) (limit {})\n"
      "  dump duration : {}ms\n"
      "  ufid enabled : true\n\n",
      backer.dpif().full_name(), backer.megaflows().count(), backer.average_flows(),
      backer.max_flows(), backer.flow_limit(), backer.dump_ms());
  // All revalidators work at all flows; a line shows a share of them.
  std::vector<std::size_t> shares(std::max(backer.threads().revalidators, 1u));
  std::size_t next = 0;
  backer.megaflows().for_each_shard(
      [&](MegaflowTable::Shard& shard) { shares[next++ % shares.size()] += shard.count(); });
  for (std::size_t i = 0; i < shares.size(); ++i) {
    text += fmt::format("  {}: (keys {})\n", i + 1, shares[i]);
  }
  return text;
}

void show_upcalls(Switches::Impl& switches, ControlCall& call) {
  std::string text;
  for (const auto& backer : switches.backers) text += show_upcalls(*backer);
  call.reply(text);
}

// Answered when all datapaths have been through a round that began after the question.
void wait_for_revalidators(Switches::Impl& switches, ControlCall& call) {
  const auto waiting = std::make_shared<ControlCall>(std::move(call));
  const auto left = std::make_shared<std::size_t>(switches.backers.size());
  if (*left == 0) return waiting->reply("");
  for (const auto& backer : switches.backers) {
    backer->revalidate([waiting, left] {
      if (--*left == 0) waiting->reply("");
    });
  }
}

// One bridge's table of addresses when the call names it, else every bridge's.
void change_macs(Switches::Impl& switches, ControlCall& call, void (MacTable::*change)(),
                 const char* done) {
  if (call.arguments().size() > 1) {
    const Ofproto::Impl* bridge = find_bridge(switches, call.argument(1));
    if (bridge == nullptr) return call.reply_error(kNoBridge);
    (*bridge->macs.*change)();
  } else {
    for (const Ofproto::Impl* bridge : bridges_of(switches)) (*bridge->macs.*change)();
  }
  call.reply(done);
}

void flush_macs(Switches::Impl& switches, ControlCall& call) {
  change_macs(switches, call, &MacTable::flush, "table successfully flushed");
}

void clear_mac_stats(Switches::Impl& switches, ControlCall& call) {
  change_macs(switches, call, &MacTable::clear_counters, "statistics successfully cleared");
}

}  // namespace

Ofproto::Impl* find_bridge(Switches::Impl& switches, std::string_view name) {
  for (const auto& ofproto : switches.ofprotos) {
    if (ofproto->name() == name) return &ofproto->impl();
  }
  return nullptr;
}

std::vector<Ofproto::Impl*> bridges_of(Switches::Impl& switches) {
  std::vector<Ofproto::Impl*> bridges;
  for (const auto& ofproto : switches.ofprotos) bridges.push_back(&ofproto->impl());
  std::sort(bridges.begin(), bridges.end(),
            [](const auto* a, const auto* b) { return a->name < b->name; });
  return bridges;
}

void add_switch_commands(Switches& all_switches, daemon::ControlServer& server) {
  Switches::Impl& switches = all_switches.impl();
  using OnBridge = void (*)(const Ofproto::Impl&, ControlCall&);
  // Commands about one bridge, which is the argument at `at`; 0: the last one.
  const auto add_for_bridge = [&](const char* name, const char* usage, unsigned least,
                                  unsigned most, unsigned at, OnBridge run) {
    server.add(name, usage, least, most, [&switches, at, run](ControlCall call) {
      const std::size_t index = at == 0 ? call.arguments().size() - 1 : at;
      const Ofproto::Impl* bridge = find_bridge(switches, call.argument(index));
      if (bridge == nullptr) return call.reply_error(kNoBridge);
      run(*bridge, call);
    });
  };
  using OnAll = void (*)(Switches::Impl&, ControlCall&);
  const auto add_for_all = [&](const char* name, const char* usage, unsigned least, unsigned most,
                               OnAll run) {
    server.add(name, usage, least, most,
               [&switches, run](ControlCall call) { run(switches, call); });
  };
  using OnBacker = void (*)(Backer&);
  const auto add_for_backers = [&](const char* name, const char* usage, const char* answer,
                                   OnBacker run) {
    server.add(name, usage, 0, 0, [&switches, answer, run](ControlCall call) {
      for (const auto& backer : switches.backers) run(*backer);
      call.reply(answer);
    });
  };
  add_feature_commands(server, switches);
  add_for_bridge("fdb/show", "bridge", 1, 1, 1, fdb_show);
  add_for_bridge("fdb/stats-show", "bridge", 1, 1, 1, fdb_stats_show);
  add_for_bridge("fdb/add", "bridge port vlan mac", 4, 4, 1, fdb_add);
  add_for_bridge("fdb/del", "bridge vlan mac", 3, 3, 1, fdb_del);
  add_for_bridge("bridge/dump-flows", "[--offload-stats] bridge", 1, 2, 0, dump_flows);
  add_for_bridge("dpif/dump-flows", "[-m] [--names | --no-names] bridge", 1, 3, 0, dump_megaflows);
  add_for_all("fdb/flush", "[bridge]", 0, 1, flush_macs);
  add_for_all("fdb/stats-clear", "[bridge]", 0, 1, clear_mac_stats);
  add_for_all("dpif/show", "", 0, 0, show_datapaths);
  add_for_all("upcall/show", "", 0, 0, show_upcalls);
  add_for_all("ofproto/list", "", 0, 0, [](Switches::Impl& all, ControlCall& call) {
    std::string text;
    for (const Ofproto::Impl* bridge : bridges_of(all)) text += bridge->name + "\n";
    call.reply(text);
  });
  add_for_all("ofproto/trace", "{[dp_name] odp_flow | bridge br_flow} [OPTIONS] [-generate|packet]",
              1, kMaxTraceArguments, trace_command);
  add_for_all("revalidator/wait", "", 0, 0, wait_for_revalidators);
  add_for_backers("revalidator/purge", "", "", [](Backer& backer) { backer.purge(); });
  add_for_backers("revalidator/pause", nullptr, "",
                  [](Backer& backer) { backer.set_paused(true); });
  add_for_backers("revalidator/resume", nullptr, "", [](Backer& backer) {
    backer.set_paused(false);
    backer.revalidate_soon();
  });
  add_for_backers("upcall/disable-megaflows", "", "megaflows disabled",
                  [](Backer& backer) { backer.set_wildcards(Wildcards::Off); });
  add_for_backers("upcall/enable-megaflows", "", "megaflows enabled",
                  [](Backer& backer) { backer.set_wildcards(Wildcards::On); });
  add_for_all("upcall/set-flow-limit", "flow-limit-number", 1, 1,
              [](Switches::Impl& all, ControlCall& call) {
                std::uint32_t limit = 0;
                const std::string& text = call.argument(1);
                std::from_chars(text.data(), text.data() + text.size(), limit);
                for (const auto& backer : all.backers) backer->set_flow_limit(limit);
                call.reply(fmt::format("set flow_limit to {}\n", limit));
              });
}

}  // namespace ovs::vswitch

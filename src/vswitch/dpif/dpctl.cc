#include "vswitch/dpif/dpctl.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/control/unixctl.h"
#include "flow/action/action_text.h"
#include "vswitch/dpif/flow_text.h"

namespace ovs::vswitch {
namespace {

DpifError invalid(std::string text) {
  return DpifError{Error::Invalid, std::move(text)};
}

// A UFID for a flow that came without one: of its masked key, so that the same flow has the same.
Ufid ufid_of(const flow::FlowKey& key, const flow::FlowMask& mask) {
  const flow::FlowKey masked = key.under(mask);
  return Ufid{flow::hash(masked, flow::hash(mask)), flow::hash(masked, ~flow::hash(mask))};
}

std::string count_text(std::uint64_t count) {
  return count == kNotCounted ? "?" : std::to_string(count);
}

std::string port_stats_text(const DpifPortStats& stats) {
  return fmt::format(
      "    RX packets:{} errors:{} dropped:{} overruns:? frame:?\n"
      "    TX packets:{} errors:{} dropped:{} aborted:? carrier:?\n"
      "    collisions:?\n"
      "    RX bytes:{}  TX bytes:{}\n"
      "    UPCALL packets:? errors:?\n",
      stats.rx_packets, count_text(stats.rx_errors), count_text(stats.rx_dropped), stats.tx_packets,
      count_text(stats.tx_errors), count_text(stats.tx_dropped), stats.rx_bytes, stats.tx_bytes);
}

}  // namespace

// The words after the command, options apart.
struct Dpctl::Arguments {
  std::vector<std::string> words;
  std::vector<std::string> options;  // "-m", "--names"

  bool has(std::string_view option) const {
    return std::find(options.begin(), options.end(), option) != options.end();
  }
  std::string take() {
    std::string first = std::move(words.front());
    words.erase(words.begin());
    return first;
  }
};

struct Dpctl::Command {
  const char* name;
  const char* usage;
  unsigned min_words, max_words;
  DpctlReply (Dpctl::*run)(Arguments&);  // null: not supported yet
};

constexpr unsigned kManyWords = 64;
const Dpctl::Command Dpctl::kCommands[] = {
    {"add-dp", "dp [iface...]", 1, kManyWords, nullptr},
    {"del-dp", "dp", 1, 1, nullptr},
    {"add-if", "dp iface...", 2, kManyWords, &Dpctl::add_if},
    {"del-if", "dp iface...", 2, kManyWords, &Dpctl::del_if},
    {"set-if", "dp iface...", 2, kManyWords, nullptr},
    {"dump-dps", "", 0, 0, &Dpctl::dump_dps},
    {"show", "[-s] [dp...]", 0, kManyWords, &Dpctl::show},
    {"dump-flows", "[-m] [--names] [dp] [filter=..] [type=..] [pmd=..]", 0, 6, &Dpctl::dump_flows},
    {"add-flow", "[dp] flow actions", 2, 3, &Dpctl::add_flow},
    {"mod-flow", "[dp] flow actions", 2, 3, &Dpctl::mod_flow},
    {"get-flow", "[dp] ufid", 1, 2, &Dpctl::find_flow},
    {"del-flow", "[dp] flow", 1, 2, &Dpctl::del_flow},
    {"add-flows", "[dp] file", 1, 2, nullptr},
    {"mod-flows", "[dp] file", 1, 2, nullptr},
    {"del-flows", "[dp] [file]", 0, 2, &Dpctl::del_flows},
    {"dump-conntrack", "[-m] [-s] [dp] [zone=N]", 0, 4, nullptr},
    {"flush-conntrack",
     "[dp] [zone=N] [mark=X[/M]] [labels=Y[/N]] [ct-orig-tuple [ct-reply-tuple]]", 0, 6, nullptr},
    {"ct-stats-show", "[dp] [zone=N]", 0, 3, nullptr},
    {"ct-get-maxconns", "[dp]", 0, 1, nullptr},
    {"ct-get-nconns", "[dp]", 0, 1, nullptr},
    {"ct-get-limits", "[dp] [zone=N1[,N2]...]", 0, 2, nullptr},
    {"list-commands", "", 0, kManyWords, &Dpctl::list_commands},
    {"parse-actions", "actions", 1, kManyWords, &Dpctl::parse_actions},
};

Dpctl::Dpctl(Datapaths datapaths, const platform::Clock& clock)
    : datapaths_(std::move(datapaths)), clock_(clock) {}

DpctlReply Dpctl::run(std::string_view command, const std::vector<std::string>& words) {
  Arguments arguments;
  for (const std::string& word : words) {
    const bool is_option = word.size() > 1 && word[0] == '-';
    (is_option ? arguments.options : arguments.words).push_back(word);
  }
  for (const Command& row : kCommands) {
    if (command != row.name) continue;
    if (row.run == nullptr) {
      return DpifError{Error::Unsupported, fmt::format("dpctl/{}: not supported yet", command)};
    }
    if (arguments.words.size() < row.min_words) {
      return invalid(fmt::format("\"dpctl/{}\" command requires at least {} arguments", command,
                                 row.min_words));
    }
    if (arguments.words.size() > row.max_words) {
      return invalid(
          fmt::format("\"dpctl/{}\" command takes at most {} arguments", command, row.max_words));
    }
    return (this->*row.run)(arguments);
  }
  return invalid(fmt::format("unknown command 'dpctl/{}'", command));
}

void Dpctl::add_commands(daemon::ControlServer& server) {
  for (const Command& row : kCommands) {
    server.add(fmt::format("dpctl/{}", row.name), row.usage, 0, daemon::ControlServer::kAnyNumber,
               [this, &row](daemon::ControlCall call) {
                 const auto& all = call.arguments();
                 const auto reply = run(row.name, {all.begin() + 1, all.end()});
                 if (reply) {
                   call.reply(*reply);
                 } else {
                   call.reply_error(reply.error().text);
                 }
               });
  }
}

DpctlReply Dpctl::list_commands(Arguments&) {
  std::string text = "The available commands are:\n";
  for (const Command& row : kCommands) {
    text += fmt::format("  dpctl/{:<23} {}\n", row.name, row.usage);
  }
  return text;
}

DpifResult<Dpif*> Dpctl::take_datapath(Arguments& arguments, std::size_t others) {
  const std::vector<Dpif*> all = datapaths_();
  if (arguments.words.size() <= others) {
    if (all.empty()) return invalid("no datapaths exist");
    if (all.size() > 1) {
      return invalid("please specify a datapath: several exist (see dpctl/dump-dps)");
    }
    return all.front();
  }
  const std::string name = arguments.take();
  for (Dpif* dpif : all) {
    const bool is_system = dpif->type() == "system" && name == dpif->name();
    if (name == dpif->full_name() || is_system) return dpif;
  }
  return DpifError{Error::NotFound, fmt::format("datapath not found ({})", name)};
}

DpctlReply Dpctl::dump_dps(Arguments&) {
  std::string text;
  for (const Dpif* dpif : datapaths_()) text += dpif->full_name() + "\n";
  return text;
}

DpctlReply Dpctl::show(Arguments& arguments) {
  std::string text;
  if (arguments.words.empty()) {
    for (Dpif* dpif : datapaths_()) {
      OVS_TRY(const std::string one, show_one(*dpif, arguments.has("-s")));
      text += one;
    }
    return text;
  }
  while (!arguments.words.empty()) {
    OVS_TRY(Dpif* const dpif, take_datapath(arguments, 0));
    OVS_TRY(const std::string one, show_one(*dpif, arguments.has("-s")));
    text += one;
  }
  return text;
}

DpctlReply Dpctl::show_one(Dpif& dpif, bool with_stats) {
  OVS_TRY(const DpifStats stats, dpif.stats());
  OVS_TRY(std::vector<DpifPort> ports, dpif.port_dump());
  std::string text =
      fmt::format("{}:\n  lookups: hit:{} missed:{} lost:{}\n  flows: {}\n", dpif.full_name(),
                  stats.hit, stats.missed, stats.lost, stats.flows);
  if (dpif.type() == "system") {
    const std::uint64_t packets = stats.hit + stats.missed;
    text += fmt::format("  masks: hit:{} total:{} hit/pkt:{:.2f}\n", stats.mask_hit, stats.masks,
                        packets == 0 ? 0.0 : double(stats.mask_hit) / double(packets));
  }
  std::sort(ports.begin(), ports.end(),
            [](const DpifPort& a, const DpifPort& b) { return a.number < b.number; });
  for (const DpifPort& port : ports) {
    text += fmt::format("  port {}: {}", std::uint32_t(port.number), port.name);
    if (port.type != "system") text += fmt::format(" ({})", port.type);
    text += "\n";
    if (!with_stats) continue;
    OVS_TRY(const DpifPortStats port_stats, dpif.port_stats(port.number));
    text += port_stats_text(port_stats);
  }
  return text;
}

DpctlReply Dpctl::dump_flows(Arguments& arguments) {
  auto is_named = [](const std::string& word) { return word.find('=') != std::string::npos; };
  for (const std::string& word : arguments.words) {
    if (word.rfind("filter=", 0) == 0) {
      return DpifError{Error::Unsupported, "dpctl/dump-flows: filter=: not supported yet"};
    }
  }
  arguments.words.erase(std::remove_if(arguments.words.begin(), arguments.words.end(), is_named),
                        arguments.words.end());
  OVS_TRY(Dpif* const dpif, take_datapath(arguments, 0));
  OVS_TRY(const std::vector<DpifPort> ports, dpif->port_dump());
  const DpPortNames names(ports);
  const bool verbose = arguments.has("-m");
  FlowTextOptions options;
  options.style = verbose ? flow::OdpStyle::Verbose : flow::OdpStyle::Normal;
  options.dialect = dialect_of(dpif->type());
  options.with_ufid = verbose;
  const bool with_names = arguments.has("--names") || (verbose && !arguments.has("--no-names"));
  options.names = with_names ? &names : nullptr;
  options.source = verbose ? "dp:ovs" : "";
  // A datapath of the daemon's own threads says which thread a flow belongs to.
  std::string text = dpif->type() == "system" ? "" : "flow-dump from the main thread:\n";
  const std::uint64_t now_ms = clock_.now_ms();
  bool any = false;
  OVS_TRY(dpif->flow_dump([&](const DpifFlow& flow) {
    any = true;
    text += format_flow(flow, now_ms, options) + "\n";
  }));
  return any ? text : std::string();
}

DpctlReply Dpctl::put_flow(Arguments& arguments, FlowPutMode mode) {
  OVS_TRY(Dpif* const dpif, take_datapath(arguments, 2));
  OVS_TRY(const std::vector<DpifPort> ports, dpif->port_dump());
  const DpPortNames names(ports);
  std::string flow_text = arguments.words[0];
  std::optional<Ufid> ufid;
  if (flow_text.rfind("ufid:", 0) == 0) {
    const std::size_t end = flow_text.find_first_of(", ");
    ufid =
        parse_ufid(std::string_view(flow_text).substr(5, end == std::string::npos ? end : end - 5));
    if (!ufid) return invalid("malformed UFID");
    const std::size_t rest = flow_text.find_first_not_of(", ", end);
    flow_text = rest == std::string::npos ? "" : flow_text.substr(rest);
  }
  const auto parsed = flow::parse_odp(flow_text, &names);
  if (!parsed) return invalid(fmt::format("parsing flow key ({})", parsed.error().message));
  const auto actions = flow::parse_actions(arguments.words[1], &names);
  if (!actions) return invalid(fmt::format("parsing actions ({})", actions.error().message));
  FlowPut put;
  put.mode = mode;
  put.key = parsed->key;
  put.mask = parsed->mask;
  put.ufid = ufid ? *ufid : ufid_of(put.key, put.mask);
  put.actions = *actions;
  OVS_TRY(dpif->flow_put(put));
  return std::string();
}

DpctlReply Dpctl::add_flow(Arguments& arguments) {
  return put_flow(arguments, FlowPutMode::Create);
}

DpctlReply Dpctl::mod_flow(Arguments& arguments) {
  return put_flow(arguments, FlowPutMode::Modify);
}

DpctlReply Dpctl::find_flow(Arguments& arguments) {
  OVS_TRY(Dpif* const dpif, take_datapath(arguments, 1));
  const std::string& word = arguments.words[0];
  const auto ufid = word.rfind("ufid:", 0) == 0 ? parse_ufid(word.substr(5)) : std::nullopt;
  if (!ufid)
    return invalid("getting flow requires a UFID: ufid:xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx");
  OVS_TRY(const DpifFlow flow, dpif->flow_find(*ufid, flow::FlowKey{}));
  FlowTextOptions options;
  options.dialect = dialect_of(dpif->type());
  options.with_ufid = true;
  return format_flow(flow, clock_.now_ms(), options) + "\n";
}

DpctlReply Dpctl::del_flow(Arguments& arguments) {
  OVS_TRY(Dpif* const dpif, take_datapath(arguments, 1));
  const std::string& word = arguments.words[0];
  if (word.rfind("ufid:", 0) == 0) {
    const auto ufid = parse_ufid(word.substr(5));
    if (!ufid) return invalid("malformed UFID");
    OVS_TRY(const DpifFlowStats by_ufid, dpif->flow_del(*ufid, flow::FlowKey{}));
    return format_flow_stats(by_ufid, clock_.now_ms()) + "\n";
  }
  OVS_TRY(const std::vector<DpifPort> ports, dpif->port_dump());
  const DpPortNames names(ports);
  const auto parsed = flow::parse_odp(word, &names);
  if (!parsed) return invalid(fmt::format("parsing flow key ({})", parsed.error().message));
  OVS_TRY(const DpifFlowStats stats,
          dpif->flow_del(ufid_of(parsed->key, parsed->mask), parsed->key));
  return format_flow_stats(stats, clock_.now_ms()) + "\n";
}

DpctlReply Dpctl::del_flows(Arguments& arguments) {
  OVS_TRY(Dpif* const dpif, take_datapath(arguments, 0));
  OVS_TRY(dpif->flow_flush());
  return std::string();
}

DpctlReply Dpctl::add_if(Arguments& arguments) {
  OVS_TRY(Dpif* const dpif, take_datapath(arguments, 0));
  for (const std::string& word : arguments.words) {
    DpifPortSpec spec;
    spec.name = word.substr(0, word.find(','));
    const std::size_t type = word.find(",type=");
    spec.type =
        type == std::string::npos ? "system" : word.substr(type + 6, word.find(',', type + 1));
    OVS_TRY([[maybe_unused]] const DpPort port, dpif->port_add(spec));
  }
  return std::string();
}

DpctlReply Dpctl::del_if(Arguments& arguments) {
  OVS_TRY(Dpif* const dpif, take_datapath(arguments, 0));
  for (const std::string& word : arguments.words) {
    OVS_TRY(const DpifPort port, dpif->port_by_name(word));
    OVS_TRY(dpif->port_del(port.number));
  }
  return std::string();
}

DpctlReply Dpctl::parse_actions(Arguments& arguments) {
  std::string text;
  for (const std::string& word : arguments.words) {
    const auto bytes = flow::parse_actions(word);
    if (!bytes) return invalid(fmt::format("parsing actions ({})", bytes.error().message));
    const auto list = flow::ActionList::parse(*bytes);
    if (!list) return invalid("the actions that were parsed are malformed");
    text += flow::format_actions(*list) + "\n";
  }
  return text;
}

}  // namespace ovs::vswitch

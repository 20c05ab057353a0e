#include "vswitch/router/route_commands.h"

#include <fmt/format.h>

#include "base/text/formatter.h"
#include "base/text/parse.h"
#include "flow/field/value_text.h"

namespace ovs::vswitch {

using daemon::ControlCall;
using wire::Json;

namespace {

constexpr std::uint64_t kNeighbourAgingS = 600;  // what was given by hand stays longer than that

std::string text_of(const IpAddress& address) {
  char room[64];
  Formatter formatter{Span<char>(room)};
  return std::string(formatter.address(address).text());
}

std::optional<std::uint32_t> number_of(std::string_view text) {
  const auto parsed = parse_integer<std::uint32_t>(text, Radix::Decimal);
  return parsed ? std::optional(*parsed) : std::nullopt;
}

// What follows "name=", if the word begins so.
std::optional<std::string_view> value_of(std::string_view word, std::string_view name) {
  if (!word.starts_with(name) || word.size() <= name.size() || word[name.size()] != '=') {
    return std::nullopt;
  }
  return word.substr(name.size() + 1);
}

std::optional<std::uint32_t> table_of(std::string_view text) {
  if (text == "local") return kLocalTable;
  if (text == "main") return kMainTable;
  if (text == "default") return kDefaultTable;
  return number_of(text);
}

bool is_standard(std::uint32_t table) {
  return table == kLocalTable || table == kMainTable || table == kDefaultTable;
}

enum class Parsed : std::uint8_t { Yes, No, BadTable };

// pkt_mark=, src=, table= or a gateway.
Parsed parse_option(const std::string& word, RouteEntry& route) {
  if (const auto mark = value_of(word, "pkt_mark")) {
    const auto number = number_of(*mark);
    if (!number) return Parsed::No;
    route.mark = *number;
    return Parsed::Yes;
  }
  if (const auto table = value_of(word, "table")) {
    const auto number = number_of(*table);
    if (!number || *number == 0) return Parsed::BadTable;
    route.table = *number;
    return Parsed::Yes;
  }
  const auto source = value_of(word, "src");
  const auto address = parse_ip(source.value_or(word));
  if (!address || address->is_ipv4() != route.destination.is_ipv4()) return Parsed::No;
  (source ? route.source : route.gateway) = *address;
  return Parsed::Yes;
}

void add_route(RouteTable& table, ControlCall& call) {
  const auto network = parse_network(call.argument(1));
  if (!network) return call.reply_error("Invalid 'ip/plen' parameter");
  RouteEntry route;
  route.destination = network->address;
  route.prefix_length = network->prefix_length;
  route.device = call.argument(2);
  for (std::size_t i = 3; i < call.arguments().size(); ++i) {
    const Parsed parsed = parse_option(call.argument(i), route);
    if (parsed == Parsed::BadTable) return call.reply_error("Invalid table format");
    if (parsed == Parsed::No) return call.reply_error("Invalid pkt_mark, IP gateway or src_ip");
  }
  if (table.add(std::move(route)) == RouteTable::Outcome::Refused) {
    return call.reply_error("Error while inserting route.");
  }
  call.reply("OK");
}

void del_route(RouteTable& table, ControlCall& call) {
  const auto network = parse_network(call.argument(1));
  if (!network) return call.reply_error("Invalid parameters");
  RouteEntry route;
  route.destination = network->address;
  route.prefix_length = network->prefix_length;
  for (std::size_t i = 2; i < call.arguments().size(); ++i) {
    const Parsed parsed = parse_option(call.argument(i), route);
    if (parsed == Parsed::BadTable) return call.reply_error("Invalid table format");
    if (parsed == Parsed::No || !route.gateway.is_none() || !route.source.is_none()) {
      return call.reply_error("Invalid pkt_mark or table");
    }
  }
  if (!table.has_table(route.table)) return call.reply_error("Table not found");
  const bool is_done = table.remove(route) == RouteTable::Outcome::Done;
  is_done ? call.reply("OK") : call.reply_error("Not found");
}

std::string route_text(const RouteEntry& route, bool names_table) {
  std::string text = fmt::format("{}: {}/{}", route.is_user ? "User" : "Cached",
                                 text_of(route.destination), route.prefix_length);
  if (route.mark != 0) text += fmt::format(" MARK {}", route.mark);
  text += " dev " + route.device;
  if (!route.gateway.is_none()) text += " GW " + text_of(route.gateway);
  text += " SRC " + text_of(route.source);
  if (route.table == kLocalTable && !route.is_user) text += " local";
  if (names_table && !is_standard(route.table)) text += fmt::format(" table {}", route.table);
  return text + "\n";
}

Json route_json(const RouteEntry& route) {
  Json hop = Json::object("dev", route.device);
  if (!route.gateway.is_none()) hop.members().append("gateway", text_of(route.gateway));
  Json json = Json::object("dst", text_of(route.destination), "local",
                           route.table == kLocalTable && !route.is_user, "nexthops",
                           Json::array(std::move(hop)), "prefix", route.prefix_length, "prefsrc",
                           text_of(route.source), "table", route.table, "user", route.is_user);
  if (route.mark != 0) json.members().append("mark", route.mark);
  return json;
}

void show_routes(const RouteTable& table, ControlCall& call) {
  const std::string& word = call.argument(1);
  std::optional<std::uint32_t> wanted;
  const bool wants_all = word == "table=all";
  if (!word.empty() && !wants_all) {
    const auto value = value_of(word, "table");
    wanted = value ? table_of(*value) : std::nullopt;
    if (!wanted) return call.reply_error("Invalid table format");
    if (!table.has_table(*wanted)) {
      return call.reply_error(fmt::format("Table '{}' not found", word));
    }
  }
  wire::JsonArray all;
  std::string text = wants_all ? ""
                     : wanted  ? fmt::format("Route Table #{}:\n", *wanted)
                               : "Route Table:\n";
  for (const RouteEntry& route : table.routes()) {
    if (wanted ? route.table != *wanted : !wants_all && !is_standard(route.table)) continue;
    text += route_text(route, wants_all);
    all.push_back(route_json(route));
  }
  if (call.format() == daemon::ControlFormat::Json) return call.reply_json(Json(std::move(all)));
  call.reply(text);
}

void look_up(const RouteTable& table, ControlCall& call) {
  const auto address = parse_ip(call.argument(1));
  if (!address) return call.reply_error("Invalid 'ip/plen' parameter");
  RouteEntry asked;
  asked.destination = *address;
  for (std::size_t i = 2; i < call.arguments().size(); ++i) {
    const bool is_option =
        value_of(call.argument(i), "pkt_mark") || value_of(call.argument(i), "src");
    if (!is_option || parse_option(call.argument(i), asked) != Parsed::Yes) {
      return call.reply_error("Invalid pkt_mark or src");
    }
  }
  const auto route = table.find({asked.destination, asked.source, asked.mark});
  if (!route) return call.reply_error("Not found");
  call.reply(fmt::format("src {}\ngateway {}\ndev {}\n", text_of(route->source),
                         text_of(route->gateway), route->device));
}

// ---- rules ----

std::string table_text(std::uint32_t table) {
  if (table == kLocalTable) return "local";
  if (table == kMainTable) return "main";
  return table == kDefaultTable ? "default" : std::to_string(table);
}

std::string rule_text(const RouteRule& rule) {
  std::string from = "all";
  if (rule.prefix_length != 0) {
    from = text_of(rule.from);
    const bool is_whole = rule.prefix_length == (rule.is_ipv4 ? 32 : 128);
    if (!is_whole) from += fmt::format("/{} ", rule.prefix_length);
  }
  return fmt::format("{}: {}: {}from {} lookup {}\n", rule.is_user ? "User" : "Cached",
                     rule.priority, rule.is_inverted ? "not " : "", from, table_text(rule.table));
}

Json rule_json(const RouteRule& rule) {
  const std::string from = rule.prefix_length == 0 ? "all" : text_of(rule.from);
  return Json::object("from", from, "invert", rule.is_inverted, "ipv4", rule.is_ipv4, "lookup",
                      rule.table, "priority", rule.priority, "src-prefix", rule.prefix_length,
                      "user", rule.is_user);
}

void show_rules(const RouteTable& table, ControlCall& call) {
  const std::string& word = call.argument(1);
  if (!word.empty() && word != "-6") return call.reply_error("Invalid parameters");
  wire::JsonArray all;
  std::string text;
  for (const RouteRule& rule : table.rules()) {
    if (rule.is_ipv4 != word.empty()) continue;
    text += rule_text(rule);
    all.push_back(rule_json(rule));
  }
  if (call.format() == daemon::ControlFormat::Json) return call.reply_json(Json(std::move(all)));
  call.reply(text);
}

struct TypedRule {
  RouteRule rule;
  std::optional<std::uint32_t> priority;
};
struct RuleError {
  std::string text;
};

// [-6] [not] from=all|ip/plen [prio=num] table=local|main|default|id
Result<TypedRule, RuleError> parse_rule(const std::vector<std::string>& words) {
  TypedRule typed;
  std::size_t next = 1;
  if (next < words.size() && words[next] == "-6") {
    typed.rule.is_ipv4 = false;
    ++next;
  }
  if (next < words.size() && words[next] == "not") {
    typed.rule.is_inverted = true;
    ++next;
  }
  const auto from = next < words.size() ? value_of(words[next], "from") : std::nullopt;
  if (!from) return RuleError{"Invalid 'from' parameter"};
  ++next;
  if (*from != "all") {
    const auto network = parse_network(*from);
    if (!network || network->address.is_ipv4() != typed.rule.is_ipv4) {
      return RuleError{"Invalid from=ip/plen"};
    }
    typed.rule.from = network_of(network->address, network->prefix_length);
    typed.rule.prefix_length = network->prefix_length;
  }
  if (next == words.size()) return RuleError{"Not enough arguments"};
  if (const auto priority = value_of(words[next], "prio")) {
    typed.priority = number_of(*priority);
    if (!typed.priority || ++next == words.size()) return RuleError{"Not enough arguments"};
  }
  const auto table = value_of(words[next], "table");
  const auto number = table ? table_of(*table) : std::nullopt;
  if (!number) return RuleError{"Invalid 'table' format"};
  typed.rule.table = *number;
  return typed;
}

void add_rule(RouteTable& table, ControlCall& call) {
  const auto typed = parse_rule(call.arguments());
  if (!typed) return call.reply_error(typed.error().text);
  table.add_rule(typed->rule, typed->priority);
  call.reply("OK");
}

void del_rule(RouteTable& table, ControlCall& call) {
  const auto typed = parse_rule(call.arguments());
  if (!typed) return call.reply_error(typed.error().text);
  if (table.remove_rule(typed->rule, typed->priority) == RouteTable::Outcome::Refused) {
    return call.reply_error("Failed to delete router rule: 2 (No such file or directory)");
  }
  call.reply("OK");
}

// ---- neighbours ----

void set_neighbour(RouteTable& table, ControlCall& call) {
  const auto address = parse_ip(call.argument(2));
  const auto mac = parse_mac(call.argument(3));
  if (!address) return call.reply_error("bad IP address");
  if (!mac) return call.reply_error("bad MAC address");
  table.set_neighbour({call.argument(1), *address, *mac});
  call.reply("OK");
}

void show_neighbours(RouteTable& table, ControlCall& call) {
  std::string text = fmt::format("{:<45} {:<19} Bridge\n{:=<74}\n", "IP", "MAC", "");
  for (const NeighbourEntry& neighbour : table.neighbours()) {
    text += fmt::format("{:<45} {}   {}\n", text_of(neighbour.address),
                        flow::mac_text(flow::FieldValue::of(Bytes(neighbour.mac.bytes))),
                        neighbour.device);
  }
  call.reply(text);
}

void flush_neighbours(RouteTable& table, ControlCall& call) {
  table.flush_neighbours();
  call.reply("OK");
}

// What is given by hand does not age here, so there is nothing to change.
void show_aging(RouteTable&, ControlCall& call) {
  if (call.arguments().size() == 1) return call.reply(std::to_string(kNeighbourAgingS));
  call.reply_error(call.argument(0) + ": another time than the usual one: not supported yet");
}

struct Command {
  const char* name;
  const char* usage;
  unsigned least, most;
  void (*run)(RouteTable&, ControlCall&);
};

constexpr const char* kRuleUsage =
    "[-6] [not] from=all|ip/plen [prio=num] table=local|main|default|id";
constexpr Command kCommands[] = {
    {"ovs/route/add", "ip/plen dev [gw] [pkt_mark=mark] [src=src_ip] [table=id]", 2, 6, add_route},
    {"ovs/route/del", "ip/plen [pkt_mark=mark] [table=id]", 1, 3, del_route},
    {"ovs/route/show", "[table=all|id]", 0, 1,
     [](RouteTable& table, ControlCall& call) { show_routes(table, call); }},
    {"ovs/route/lookup", "ip_addr [pkt_mark=mark] [src=src_ip]", 1, 3,
     [](RouteTable& table, ControlCall& call) { look_up(table, call); }},
    {"ovs/route/rule/show", "[-6]", 0, 1,
     [](RouteTable& table, ControlCall& call) { show_rules(table, call); }},
    {"ovs/route/rule/add", kRuleUsage, 2, 5, add_rule},
    {"ovs/route/rule/del", kRuleUsage, 2, 5, del_rule},
    {"tnl/neigh/set", "BRIDGE IP MAC", 3, 3, set_neighbour},
    {"tnl/neigh/show", "", 0, 0, show_neighbours},
    {"tnl/neigh/flush", "", 0, 0, flush_neighbours},
    {"tnl/neigh/aging", "[SECS]", 0, 1, show_aging},
    {"tnl/arp/set", "BRIDGE IP MAC", 3, 3, set_neighbour},
    {"tnl/arp/show", "", 0, 0, show_neighbours},
    {"tnl/arp/flush", "", 0, 0, flush_neighbours},
    {"tnl/arp/aging", "[SECS]", 0, 1, show_aging},
};

}  // namespace

std::optional<TypedNetwork> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned whole = address->is_ipv4() ? 32 : 128;
  if (slash == std::string_view::npos) return TypedNetwork{*address, std::uint8_t(whole)};
  const auto length = number_of(text.substr(slash + 1));
  if (!length || *length > whole) return std::nullopt;
  return TypedNetwork{*address, std::uint8_t(*length)};
}

void add_route_commands(daemon::ControlServer& server, RouteTable& table) {
  for (const Command& command : kCommands) {
    server.add(command.name, command.usage, command.least, command.most,
               [&table, run = command.run](ControlCall call) { run(table, call); });
  }
}

void refuse_route_commands(daemon::ControlServer& server) {
  for (const Command& command : kCommands) {
    server.add(command.name, command.usage, command.least, command.most, [](ControlCall call) {
      call.reply_error(call.argument(0) +
                       ": not supported yet where routes are the host's own; use its tools");
    });
  }
}

}  // namespace ovs::vswitch

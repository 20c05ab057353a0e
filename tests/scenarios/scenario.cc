#include "tests/scenarios/scenario.h"

#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "flow/match/odp_text.h"
#include "tests/scenarios/frame_check.h"
#include "tests/scenarios/words.h"
#include "tests/support/datapath_client.h"

namespace ovs::tests {

namespace {

struct Counter {
  std::string_view name;
  std::uint64_t value;
};

// "rx=3 tx=2": each that is named, against what has been counted.
std::string check_counters(std::string_view wanted, std::initializer_list<Counter> counted) {
  while (!wanted.empty()) {
    std::string_view value = word(wanted);
    const std::string_view name = until(value, "=");
    const auto found = std::find_if(counted.begin(), counted.end(),
                                    [&](const Counter& counter) { return counter.name == name; });
    if (found == counted.end()) return "no such counter: " + std::string(name);
    if (found->value != number(value))
      return std::string(name) + " is " + std::to_string(found->value);
  }
  return "";
}

class Runner {
 public:
  explicit Runner(ScenarioHost& host) : host_(host), client_(host.device()) {}

  std::string begin() {
    std::string why = client_.subscribe_upcalls();
    if (why.empty()) why = client_.subscribe_group(wire::kNeighbourGroup);
    if (why.empty()) why = client_.subscribe_group(wire::kVportGroup);
    return why;
  }
  std::string run(std::string_view line);
  std::string end() {
    collect();
    if (!sent_.empty())
      return "a frame that nobody expected went out on " + describe(sent_.front());
    if (!upcalls_.empty())
      return "an upcall that nobody expected: " + flow::format_odp_key(upcalls_.front().key);
    return "";
  }

 private:
  using Handler = std::string (Runner::*)(std::string_view rest);
  struct Command {
    std::string_view name;
    Handler handler;
  };
  static const Command kCommands[];

  // ports and what is under them
  std::string port(std::string_view rest) { return add_port(rest, wire::VportType::Netdev); }
  std::string internal(std::string_view rest) { return add_port(rest, wire::VportType::Internal); }
  std::string vxlan(std::string_view rest) { return add_tunnel(rest, wire::VportType::Vxlan); }
  std::string gre(std::string_view rest) { return add_tunnel(rest, wire::VportType::Gre); }
  std::string vport(std::string_view rest);
  std::string remove(std::string_view rest);
  std::string link(std::string_view rest);
  std::string address(std::string_view rest);
  std::string route(std::string_view rest);
  std::string neighbour(std::string_view rest);
  std::string forget(std::string_view rest);
  std::string add_port(std::string_view rest, wire::VportType type);
  std::string add_tunnel(std::string_view rest, wire::VportType type);
  std::string add_vport(std::string_view name, wire::VportType type, std::uint32_t number,
                        std::uint16_t udp_port = 0);
  // flows
  std::string flow(std::string_view rest);
  std::string change(std::string_view rest);
  std::string refuse(std::string_view rest);
  std::string del(std::string_view rest) { return client_.del_flow(rest); }
  std::string flush(std::string_view) { return client_.flush_flows(); }
  std::string hits(std::string_view rest);
  // packets
  std::string in(std::string_view rest);
  std::string execute(std::string_view rest);
  std::string out(std::string_view rest);
  std::string some(std::string_view rest);
  std::string nothing(std::string_view rest);
  std::string upcall(std::string_view rest);
  // the rest
  std::string event(std::string_view wanted);
  std::string wait(std::string_view rest);
  std::string count(std::string_view rest);
  std::string stats(std::string_view rest);

  void collect() {
    for (SentFrame& frame : host_.sent()) sent_.push_back(std::move(frame));
    for (ClientUpcall& upcall : client_.upcalls()) upcalls_.push_back(std::move(upcall));
    for (std::string& event : client_.events()) events_.push_back(std::move(event));
  }
  std::deque<SentFrame>::iterator find_sent(std::string_view device) {
    return std::find_if(sent_.begin(), sent_.end(),
                        [&](const SentFrame& frame) { return frame.device == device; });
  }
  static std::string describe(const SentFrame& frame) {
    return frame.device + ": " + describe_frame(frame.bytes);
  }

  ScenarioHost& host_;
  DatapathClient client_;
  std::deque<SentFrame> sent_;
  std::deque<ClientUpcall> upcalls_;
  std::deque<std::string> events_;
};

// ---- ports -------------------------------------------------------------------------------------

std::string Runner::add_vport(std::string_view name, wire::VportType type, std::uint32_t number,
                              std::uint16_t udp_port) {
  std::string why = client_.add_port(name, type, number, udp_port);
  collect();
  std::erase(events_, "port added " + std::string(name));
  return why;
}

std::string Runner::add_port(std::string_view rest, wire::VportType type) {
  const std::uint32_t port = std::uint32_t(number(word(rest)));
  DeviceSpec spec;
  spec.name = word(rest);
  spec.is_internal = type == wire::VportType::Internal;
  while (!rest.empty()) {
    const std::string_view what = word(rest);
    if (what == "on") {
      spec.switch_name = word(rest);
    } else if (what == "mtu") {
      spec.mtu = std::uint32_t(number(word(rest)));
    } else {
      return "a port has no '" + std::string(what) + "'";
    }
  }
  const std::string why = host_.add_device(spec);
  return why.empty() ? add_vport(spec.name, type, port) : why;
}

std::string Runner::add_tunnel(std::string_view rest, wire::VportType type) {
  const std::uint32_t port = std::uint32_t(number(word(rest)));
  const std::string_view name = word(rest);
  const std::uint16_t udp_port = std::uint16_t(number(word(rest)));
  if (word(rest) != ":") return add_vport(name, type, port, udp_port);
  const std::string why = add_vport(name, type, port, udp_port);
  if (why.empty()) return "the tunnel was accepted";
  return why.find(rest) == std::string::npos ? "it was refused with: " + why : "";
}

std::string Runner::vport(std::string_view rest) {
  const std::uint32_t port = std::uint32_t(number(word(rest)));
  const std::string_view name = word(rest);
  const bool is_internal = word(rest) == "internal";
  return add_vport(name, is_internal ? wire::VportType::Internal : wire::VportType::Netdev, port);
}

std::string Runner::remove(std::string_view rest) {
  return client_.del_port(std::uint32_t(number(rest)));
}

std::string Runner::link(std::string_view rest) {
  collect();
  const std::string_view name = word(rest);
  const std::string state = client_.link_state(name);
  return state == rest ? "" : "its link is: " + state;
}

std::string Runner::address(std::string_view rest) {
  const std::string_view address = word(rest);
  return client_.add_address(address, std::uint32_t(number(word(rest))));
}

std::string Runner::route(std::string_view rest) {
  const std::string_view prefix = word(rest);
  const std::uint32_t port = std::uint32_t(number(word(rest)));
  const std::string_view gateway = word(rest) == "via" ? word(rest) : std::string_view();
  return client_.add_route(prefix, port, gateway);
}

std::string Runner::neighbour(std::string_view rest) {
  const std::string_view address = word(rest);
  const std::uint32_t port = std::uint32_t(number(word(rest)));
  return client_.add_neighbour(address, port, word(rest));
}

std::string Runner::forget(std::string_view rest) {
  const std::string_view what = word(rest), which = word(rest);
  const std::uint32_t port = std::uint32_t(number(word(rest)));
  if (what == "address") return client_.del_address(which, port);
  if (what == "route") return client_.del_route(which, port);
  if (what == "neighbour") return client_.del_neighbour(which, port);
  return "forget what?";
}

// ---- flows -------------------------------------------------------------------------------------

std::string Runner::flow(std::string_view rest) {
  const std::string_view match = until(rest, "->");
  return client_.put_flow(match, rest);
}

std::string Runner::change(std::string_view rest) {
  const std::string_view match = until(rest, "->");
  return client_.set_flow(match, rest);
}

std::string Runner::refuse(std::string_view rest) {
  const std::string_view match = until(rest, "->");
  const std::size_t colon = rest.rfind(" : ");
  if (colon == std::string_view::npos) return "refuse: the text is missing";
  const std::string_view wanted = trim(rest.substr(colon + 3));
  const std::string why = client_.put_flow(match, trim(rest.substr(0, colon)));
  if (why.empty()) return "the flow was accepted";
  return why.find(wanted) == std::string::npos ? "it was refused with: " + why : "";
}

std::string Runner::hits(std::string_view rest) {
  const std::uint64_t wanted = number(word(rest));
  const auto match = flow::parse_odp(rest);
  if (!match) return match.error().message;
  const std::string text = flow::format_odp(match->key, match->mask);
  for (const ClientFlow& flow : client_.flows()) {
    if (flow.match != text) continue;
    return flow.packets == wanted ? "" : "the flow has counted " + std::to_string(flow.packets);
  }
  return "there is no such flow: " + text;
}

// ---- packets -----------------------------------------------------------------------------------

std::string Runner::in(std::string_view rest) {
  const std::string_view name = word(rest);
  const auto frame = make_frame(rest);
  return frame ? host_.receive(name, *frame) : frame.error();
}

std::string Runner::execute(std::string_view rest) {
  const std::string_view key = until(rest, "->");
  const std::string_view actions = until(rest, " : ");
  const auto frame = make_frame(rest);
  if (!frame) return frame.error();
  return client_.execute(*frame, key, actions);
}

std::string Runner::out(std::string_view rest) {
  collect();
  const auto found = find_sent(word(rest));
  if (found == sent_.end()) {
    return sent_.empty() ? "nothing went out"
                         : "nothing went out there, but on " + describe(sent_.front());
  }
  const SentFrame frame = std::move(*found);
  sent_.erase(found);
  return check_frame(frame.bytes, rest);
}

std::string Runner::some(std::string_view rest) {
  const std::string_view name = word(rest);
  collect();
  if (find_sent(name) == sent_.end()) return "nothing went out there";
  std::string why;
  for (auto at = find_sent(name); at != sent_.end() && why.empty(); at = find_sent(name)) {
    why = check_frame(at->bytes, rest);
    sent_.erase(at);
  }
  return why;
}

std::string Runner::nothing(std::string_view rest) {
  collect();
  const auto found = rest.empty() ? sent_.begin() : find_sent(rest);
  return found == sent_.end() ? "" : "a frame went out on " + describe(*found);
}

std::string Runner::upcall(std::string_view rest) {
  collect();
  const std::string_view kind = word(rest);
  if (upcalls_.empty()) return "there was no upcall";
  const ClientUpcall upcall = std::move(upcalls_.front());
  upcalls_.pop_front();
  const bool is_miss = upcall.reason == wire::PacketCommand::Miss;
  if (is_miss != (kind == "miss")) return is_miss ? "it was a miss" : "it was an action's";
  return check_upcall(upcall.key, upcall.packet, upcall.userdata, rest);
}

// ---- the rest ----------------------------------------------------------------------------------

std::string Runner::event(std::string_view wanted) {
  collect();
  if (events_.empty()) return "there was no event";
  const std::string event = events_.front();
  events_.pop_front();
  return event == wanted ? "" : "the event was: " + event;
}

std::string Runner::wait(std::string_view rest) {
  host_.advance_ms(number(rest));
  return "";
}

std::string Runner::count(std::string_view rest) {
  const wire::VportStats stats = client_.port_stats(std::uint32_t(number(word(rest))));
  return check_counters(rest, {{"packets", stats.rx_packets},
                               {"bytes", stats.rx_bytes},
                               {"errors", stats.rx_errors},
                               {"tx_packets", stats.tx_packets},
                               {"tx_bytes", stats.tx_bytes},
                               {"tx_dropped", stats.tx_dropped}});
}

std::string Runner::stats(std::string_view rest) {
  const wire::DatapathStats stats = client_.datapath_stats();
  return check_counters(
      rest,
      {{"hit", stats.hit}, {"missed", stats.missed}, {"lost", stats.lost}, {"flows", stats.flows}});
}

const Runner::Command Runner::kCommands[] = {
    {"port", &Runner::port},       {"internal", &Runner::internal},
    {"vxlan", &Runner::vxlan},     {"gre", &Runner::gre},
    {"vport", &Runner::vport},     {"remove", &Runner::remove},
    {"link", &Runner::link},       {"address", &Runner::address},
    {"route", &Runner::route},     {"neighbour", &Runner::neighbour},
    {"forget", &Runner::forget},   {"flow", &Runner::flow},
    {"change", &Runner::change},   {"refuse", &Runner::refuse},
    {"delete", &Runner::del},      {"flush", &Runner::flush},
    {"hits", &Runner::hits},       {"in", &Runner::in},
    {"execute", &Runner::execute}, {"out", &Runner::out},
    {"some", &Runner::some},       {"nothing", &Runner::nothing},
    {"upcall", &Runner::upcall},   {"event", &Runner::event},
    {"wait", &Runner::wait},       {"count", &Runner::count},
    {"stats", &Runner::stats},
};

std::string Runner::run(std::string_view line) {
  std::string_view rest = line;
  const std::string_view what = word(rest);
  for (const Command& command : kCommands) {
    if (command.name == what) return (this->*command.handler)(rest);
  }
  return host_.command(what, rest);
}

}  // namespace

namespace {

// What every file may use.
constexpr std::string_view kKnownNames =
    "let link eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02)\n"
    "let from_a $link,eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,tos=0,ttl=64,frag=no\n"
    "let udp $from_a,proto=17),udp(src=1,dst=2)\n"
    "let tcp $from_a,proto=6),tcp(src=1,dst=2),tcp_flags(0x010)\n"
    "let sctp $from_a,proto=132),sctp(src=1,dst=2)\n"
    "let icmp $from_a,proto=1),icmp(type=8,code=0)\n"
    "let from_a6 $link,eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0,tclass=0,hlimit=64\n"
    "let udp6 $from_a6,proto=17,frag=no),udp(src=1,dst=2)\n"
    "let tcp6 $from_a6,proto=6,frag=no),tcp(src=1,dst=2),tcp_flags(0x010)\n"
    "let icmp6 $from_a6,proto=58,frag=no),icmpv6(type=128,code=0)\n"
    "let arp eth(src=02:00:00:00:00:01,dst=ff:ff:ff:ff:ff:ff),eth_type(0x0806),arp(sip=10.0.0.1,"
    "tip=10.0.0.2,op=1,sha=02:00:00:00:00:01,tha=00:00:00:00:00:00)\n"
    "let ip eth(),eth_type(0x0800),ipv4(frag=no)\n"
    "let ip6 eth(),eth_type(0x86dd),ipv6(frag=no)\n";

bool is_of_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

class Reader {
 public:
  Reader() { read(kKnownNames); }

  std::vector<ScenarioLine> read(std::string_view text) {
    std::vector<ScenarioLine> lines;
    for (unsigned number = 1; !text.empty(); ++number) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      std::string_view line = text.substr(0, end);
      text = text.substr(std::min(end + 1, text.size()));
      line = line.substr(0, line.find('#'));
      const bool continues = !line.empty() && std::isspace(static_cast<unsigned char>(line[0]));
      if (trim(line).empty()) continue;
      if (!continues || lines.empty()) {
        define(lines);
        lines.push_back({number, ""});
      } else {
        lines.back().text += ' ';
      }
      lines.back().text += expanded(trim(line));
    }
    define(lines);
    return lines;
  }

 private:
  // "let NAME TEXT" is no line.
  void define(std::vector<ScenarioLine>& lines) {
    if (lines.empty()) return;
    std::string_view rest = lines.back().text;
    if (word(rest) != "let") return;
    const std::string name(word(rest));
    names_[name] = rest;
    lines.pop_back();
  }
  // What is not known stays, and will not be understood.
  std::string expanded(std::string_view line) const {
    std::string text;
    while (!line.empty()) {
      const std::size_t at = std::min(line.find('$'), line.size());
      text += line.substr(0, at);
      line = line.substr(at);
      if (line.empty()) break;
      std::size_t end = 1;
      while (end < line.size() && is_of_name(line[end])) ++end;
      const auto known = names_.find(line.substr(1, end - 1));
      text += known == names_.end() ? line.substr(0, end) : std::string_view(known->second);
      line = line.substr(end);
    }
    return text;
  }

  std::map<std::string, std::string, std::less<>> names_;
};

}  // namespace

std::vector<ScenarioLine> scenario_lines(std::string_view text) {
  return Reader().read(text);
}

bool needs_driver(std::string_view text) {
  const auto lines = scenario_lines(text);
  return !lines.empty() && lines.front().text == "driver";
}

std::vector<ScenarioFile> scenario_files(const std::string& folder) {
  std::vector<ScenarioFile> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".scenario") continue;
    std::ifstream file(entry.path());
    std::stringstream text;
    text << file.rdbuf();
    files.push_back({std::filesystem::relative(entry.path(), folder).string(), text.str()});
  }
  std::sort(files.begin(), files.end(),
            [](const ScenarioFile& a, const ScenarioFile& b) { return a.name < b.name; });
  return files;
}

std::string run_scenario(std::string_view text, ScenarioHost& host) {
  Runner runner(host);
  std::string why = runner.begin();
  if (!why.empty()) return "before the first line: " + why;
  for (const ScenarioLine& line : scenario_lines(text)) {
    why = runner.run(line.text);
    if (!why.empty())
      return "line " + std::to_string(line.number) + ": " + line.text + "\n  " + why;
  }
  why = runner.end();
  return why.empty() ? "" : "at the end: " + why;
}

}  // namespace ovs::tests

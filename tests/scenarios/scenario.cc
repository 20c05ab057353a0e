#include "tests/scenarios/scenario.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstring>
#include <deque>
#include <map>

#include "base/bytes/checksum.h"
#include "flow/action/action_text.h"
#include "flow/match/compose.h"
#include "flow/match/extract.h"
#include "flow/match/odp_text.h"
#include "tests/scenarios/frame_check.h"
#include "tests/support/datapath_client.h"

namespace ovs::tests {

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front())))
    text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())))
    text.remove_suffix(1);
  return text;
}

// The first word, taken off.
std::string_view word(std::string_view& rest) {
  rest = trim(rest);
  const std::size_t end = std::min(rest.find_first_of(" \t"), rest.size());
  const std::string_view first = rest.substr(0, end);
  rest = trim(rest.substr(end));
  return first;
}

// What stands before `mark`, taken off together with it; all of it if there is none.
std::string_view until(std::string_view& rest, std::string_view mark) {
  const std::size_t at = rest.find(mark);
  const std::string_view before = trim(rest.substr(0, at));
  rest = at == std::string_view::npos ? std::string_view() : trim(rest.substr(at + mark.size()));
  return before;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
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
  std::string add_port(std::string_view rest, wire::VportType type);
  std::string underlay(std::string_view what, std::string_view rest);
  std::string refuse(std::string_view rest);
  std::string out(std::string_view rest);
  std::string upcall(std::string_view rest);
  std::string event(std::string_view wanted);
  std::string execute(std::string_view rest);
  std::string hits(std::string_view rest);
  std::string nothing();
  void collect() {
    for (SentFrame& frame : host_.sent()) sent_.push_back(std::move(frame));
    for (ClientUpcall& upcall : client_.upcalls()) upcalls_.push_back(std::move(upcall));
    for (std::string& event : client_.events()) events_.push_back(std::move(event));
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

std::string Runner::add_port(std::string_view rest, wire::VportType type) {
  const std::uint32_t port = std::uint32_t(number(word(rest)));
  const std::string_view name = word(rest);
  std::string why = client_.add_port(name, type, port, std::uint16_t(number(word(rest))));
  collect();
  const std::string added = "port added " + std::string(name);
  std::erase(events_, added);
  return why;
}

std::string Runner::underlay(std::string_view what, std::string_view rest) {
  const std::string_view address = word(rest);
  const std::uint32_t port = std::uint32_t(number(word(rest)));
  if (what == "address") return client_.add_address(address, port);
  if (what == "neighbour") return client_.add_neighbour(address, port, word(rest));
  std::string_view gateway;
  if (word(rest) == "via") gateway = word(rest);
  return client_.add_route(address, port, gateway);
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

std::string Runner::out(std::string_view rest) {
  collect();
  const std::string_view name = word(rest);
  const auto found = std::find_if(sent_.begin(), sent_.end(),
                                  [&](const SentFrame& frame) { return frame.device == name; });
  if (found == sent_.end()) {
    return sent_.empty() ? "nothing went out"
                         : "nothing went out there, but on " + describe(sent_.front());
  }
  const SentFrame frame = std::move(*found);
  sent_.erase(found);
  return check_frame(frame.bytes, rest);
}

std::string Runner::upcall(std::string_view rest) {
  collect();
  const std::string_view kind = word(rest);
  if (upcalls_.empty()) return "there was no upcall";
  const ClientUpcall upcall = std::move(upcalls_.front());
  upcalls_.pop_front();
  const bool is_miss = upcall.reason == wire::PacketCommand::Miss;
  if (is_miss != (kind == "miss")) return is_miss ? "it was a miss" : "it was an action's";
  return check_key(upcall.key, rest);
}

std::string Runner::event(std::string_view wanted) {
  collect();
  if (events_.empty()) return "there was no event";
  const std::string event = events_.front();
  events_.pop_front();
  return event == wanted ? "" : "the event was: " + event;
}

std::string Runner::execute(std::string_view rest) {
  const std::string_view key = until(rest, "->");
  const std::string_view actions = until(rest, " : ");
  const auto frame = make_frame(rest);
  if (!frame) return frame.error();
  return client_.execute(*frame, key, actions);
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

std::string Runner::nothing() {
  collect();
  return sent_.empty() ? "" : "a frame went out on " + describe(sent_.front());
}

std::string Runner::run(std::string_view line) {
  std::string_view rest = line;
  const std::string_view what = word(rest);
  if (what == "port") return add_port(rest, wire::VportType::Netdev);
  if (what == "internal") return add_port(rest, wire::VportType::Internal);
  if (what == "vxlan") return add_port(rest, wire::VportType::Vxlan);
  if (what == "gre") return add_port(rest, wire::VportType::Gre);
  if (what == "address" || what == "route" || what == "neighbour") return underlay(what, rest);
  if (what == "flow") {
    const std::string_view match = until(rest, "->");
    return client_.put_flow(match, rest);
  }
  if (what == "refuse") return refuse(rest);
  if (what == "delete") return client_.del_flow(rest);
  if (what == "flush") return client_.flush_flows();
  if (what == "in") {
    const std::string_view name = word(rest);
    const auto frame = make_frame(rest);
    if (!frame) return frame.error();
    host_.receive(name, *frame);
    return "";
  }
  if (what == "execute") return execute(rest);
  if (what == "out") return out(rest);
  if (what == "nothing") return nothing();
  if (what == "upcall") return upcall(rest);
  if (what == "event") return event(rest);
  if (what == "wait") {
    host_.advance_ms(number(rest));
    return "";
  }
  if (what == "hits") return hits(rest);
  if (what == "count") {
    const std::uint32_t port = std::uint32_t(number(word(rest)));
    const std::uint64_t packets = client_.port_stats(port).rx_packets;
    return rest == "packets=" + std::to_string(packets)
               ? ""
               : "it has counted " + std::to_string(packets);
  }
  return "unknown command: " + std::string(what);
}

struct Line {
  unsigned number;
  std::string text;
};

std::vector<Line> lines_of(std::string_view text) {
  std::vector<Line> lines;
  for (unsigned number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text = text.substr(std::min(end + 1, text.size()));
    line = line.substr(0, line.find('#'));
    const bool continues = !line.empty() && std::isspace(static_cast<unsigned char>(line.front()));
    if (trim(line).empty()) continue;
    if (continues && !lines.empty()) {
      lines.back().text.append(" ").append(trim(line));
    } else {
      lines.push_back({number, std::string(trim(line))});
    }
  }
  return lines;
}

}  // namespace

std::string run_scenario(std::string_view text, ScenarioHost& host) {
  Runner runner(host);
  std::string why = runner.begin();
  if (!why.empty()) return "before the first line: " + why;
  for (const Line& line : lines_of(text)) {
    why = runner.run(line.text);
    if (!why.empty())
      return "line " + std::to_string(line.number) + ": " + line.text + "\n  " + why;
  }
  why = runner.end();
  return why.empty() ? "" : "at the end: " + why;
}

}  // namespace ovs::tests

// ofproto/trace: what would happen to a packet, and why.
#include <fmt/format.h>

#include "base/text/hex.h"
#include "flow/action/action_text.h"
#include "flow/match/compose.h"
#include "flow/match/extract.h"
#include "flow/match/match_text.h"
#include "flow/match/netlink.h"
#include "flow/match/odp_text.h"
#include "vswitch/commands/command_parts.h"
#include "vswitch/commands/trace.h"
#include "vswitch/translate/stored.h"

namespace ovs::vswitch {

namespace {

using flow::StorageId;

struct TraceError {
  std::string text;
};
template <class T>
using TraceResult = Result<T, TraceError>;

struct TraceArguments {
  std::vector<std::string> words;  // bridge or datapath, flow, packet
  Sending sending = Sending::No;
  bool generates = false;
  bool wants_names = false;
  std::string unsupported;  // an option that would change the answer
};

TraceArguments sort_arguments(const daemon::ControlCall& call) {
  TraceArguments sorted;
  for (std::size_t i = 1; i < call.arguments().size(); ++i) {
    const std::string& word = call.argument(i);
    if (word == "-generate" || word == "--generate") {
      sorted.generates = true;
    } else if (word == "--names") {
      sorted.wants_names = true;
    } else if (word == "--ct-next" || word == "--l7" || word == "--l7-len") {
      sorted.unsupported = word;
      ++i;
    } else if (word != "-consistent" && word != "--consistent" && word != "--no-names") {
      sorted.words.push_back(word);
    }
  }
  return sorted;
}

// OpenFlow's names of one bridge's ports.
class BridgePortNames final : public flow::PortNames {
 public:
  explicit BridgePortNames(const Ofproto::Impl& bridge) : bridge_(bridge) {}
  std::optional<std::string> name(std::uint32_t number) const override {
    const auto at = bridge_.ports.find(std::uint16_t(number));
    if (at == bridge_.ports.end()) return std::nullopt;
    return at->second.settings.name;
  }
  std::optional<std::uint32_t> number(std::string_view name) const override {
    const Port* port = bridge_.find(name);
    if (port == nullptr) return std::nullopt;
    return std::uint32_t(port->number);
  }

 private:
  const Ofproto::Impl& bridge_;
};

struct Subject {
  Ofproto::Impl* bridge = nullptr;
  flow::MatchKey key;
};

Backer* find_backer(Switches::Impl& switches, std::string_view name) {
  for (const auto& backer : switches.backers) {
    const Dpif& dpif = backer->dpif();
    if (name.empty() || name == dpif.name() || name == dpif.full_name()) return backer.get();
  }
  return nullptr;
}

TraceResult<Subject> parse_datapath_flow(Switches::Impl& switches, Backer& backer,
                                         const std::string& text) {
  const DpPortNames names(backer.dpif());
  const auto parsed = flow::parse_odp(text, &names);
  if (!parsed.ok()) return TraceError{parsed.error().message};
  const Shared<SwitchView> view = backer.view();
  const PortPlace place = find_ingress(*view, parsed->key);
  if (!place) {
    const flow::MatchKey key{parsed->key, {}};
    const bool is_tunnelled =
        stored(key, StorageId::TunSrc) != 0 || stored(key, StorageId::TunDst) != 0;
    return TraceError{
        fmt::format("no OpenFlow {}port for this packet", is_tunnelled ? "tunnel " : "")};
  }
  return Subject{switches.find(place.bridge->id), pipeline_key(parsed->key, place.port->number)};
}

TraceResult<Subject> parse_openflow_flow(Ofproto::Impl& bridge, const std::string& text) {
  const BridgePortNames names(bridge);
  const auto match = flow::parse_match(text, &names);
  if (!match.ok())
    return TraceError{"Bad openflow flow syntax: " + text + ": " + match.error().message};
  Subject subject{&bridge, match->key()};
  const Port* port = bridge.find(OfPort(std::uint16_t(stored(subject.key, StorageId::OfInPort))));
  const bool has_port = port != nullptr && port->datapath_port != kNoDpPort;
  set_stored(subject.key, StorageId::InPort,
             has_port ? std::uint32_t(port->datapath_port) : flow::kNoInPort);
  return subject;
}

TraceResult<Subject> find_subject(Switches::Impl& switches, TraceArguments& arguments) {
  std::vector<std::string>& words = arguments.words;
  if (words.size() == 1) {
    Backer* backer = switches.backers.size() == 1 ? switches.backers.front().get() : nullptr;
    if (backer == nullptr) return TraceError{"a datapath must be named: there is not exactly one"};
    auto subject = parse_datapath_flow(switches, *backer, words[0]);
    if (subject.ok()) return subject;
    return TraceError{fmt::format("{} (or the bridge name was omitted)", subject.error().text)};
  }
  Ofproto::Impl* bridge = find_bridge(switches, words[0]);
  if (bridge != nullptr) return parse_openflow_flow(*bridge, words[1]);
  Backer* backer = find_backer(switches, words[0]);
  if (backer != nullptr) return parse_datapath_flow(switches, *backer, words[1]);
  return TraceError{words[0] + ": unknown bridge"};
}

// All that there is to know of a packet, as a match, so that it prints.
flow::Match whole(const flow::MatchKey& key) {
  flow::MatchMask mask{flow::exact_mask_of(key.flow), {}};
  mark(mask, StorageId::VlanTci);
  unmark(mask, StorageId::InPort);
  for (const StorageId id : {StorageId::RecircId, StorageId::SkbPriority, StorageId::PktMark,
                             StorageId::DpHash, StorageId::Metadata}) {
    stored(key, id) == 0 ? unmark(mask, id) : mark(mask, id);
  }
  for (const StorageId id : kTunnelStorage) {
    const std::uint8_t* bytes = stored_bytes(key, id);
    const unsigned size = flow::storage(id).size;
    const bool is_set =
        std::any_of(bytes, bytes + size, [](std::uint8_t byte) { return byte != 0; });
    is_set ? mark(mask, id) : unmark(mask, id);
  }
  mark(mask, StorageId::OfInPort);
  const std::uint8_t* registers = stored_bytes(key, StorageId::Registers);
  std::uint8_t* register_mask = stored_bytes(mask, StorageId::Registers);
  for (unsigned at = 0; at < 64; at += 4) {
    if (load<std::uint32_t>(registers + at) != 0) store(register_mask + at, ~std::uint32_t{0});
  }
  return flow::Match(key, mask);
}

// Whether a match's text begins with what is known of a packet beside its bytes.
bool is_about_context(std::string_view text) {
  for (const std::string_view name : {"pkt_mark=", "recirc_id=", "dp_hash=", "conj_id=",
                                      "skb_priority=", "actset_output=", "ct_"}) {
    if (text.starts_with(name)) return true;
  }
  return false;
}

std::string megaflow_line(const flow::MatchKey& key, const flow::MatchMask& wildcards,
                          const flow::PortNames* names) {
  flow::MatchMask mask = wildcards;
  unmark(mask, StorageId::InPort);
  mark(mask, StorageId::OfInPort);
  if (stored(key, StorageId::VlanTci) == 0) unmark(mask, StorageId::VlanTci);
  if (stored(key, StorageId::Vlan2Tci) == 0) unmark(mask, StorageId::Vlan2Tci);
  std::string line = flow::format_match(flow::Match(key, mask), names);
  // Megaflows are of Ethernet packets, which is said where the packet's own fields begin: in_port
  // is always one.
  std::size_t at = 0;
  while (is_about_context(std::string_view(line).substr(at))) at = line.find(',', at) + 1;
  return line.insert(at, "eth,");
}

std::string trace(Switches::Impl&, const Subject& subject, const TraceArguments& arguments) {
  const Ofproto::Impl& bridge = *subject.bridge;
  const BridgePortNames all_names(bridge);
  const flow::PortNames* names = arguments.wants_names ? &all_names : nullptr;
  const Shared<SwitchView> view = bridge.backer.view();
  Trace told(names);
  TranslationRequest request;
  request.view = view.raw();
  request.bridge = view->find_bridge(bridge.id);
  request.key = subject.key;
  request.frozen = &bridge.backer.frozen();
  request.sending = arguments.sending;
  request.listener = &told;
  const Translation translation = translate(request);
  if (arguments.sending == Sending::Yes) translation.effects.learn(bridge.now_ms());

  std::string text = "Flow: " + flow::format_match(whole(subject.key), names) + "\n" + told.text();
  const bool is_unchanged = translation.final_key == subject.key;
  text += "\nFinal flow: " +
          (is_unchanged ? std::string("unchanged")
                        : flow::format_match(whole(translation.final_key), names)) +
          "\n";
  text += "Megaflow: " + megaflow_line(subject.key, translation.wildcards, names) + "\n";
  const DpPortNames datapath_names(bridge.backer.dpif());
  const auto actions = flow::ActionList::parse(translation.actions);
  text += "Datapath actions: ";
  text += actions.ok()
              ? flow::format_actions(*actions, arguments.wants_names ? &datapath_names : nullptr)
              : "(malformed)";
  if (translation.error != TranslationError::None) {
    text += fmt::format("\nTranslation failed ({}), packet is dropped.",
                        translation_error_text(translation.error));
  }
  return text + "\n";
}

}  // namespace

void trace_command(Switches::Impl& switches, daemon::ControlCall& call) {
  TraceArguments arguments = sort_arguments(call);
  if (!arguments.unsupported.empty()) {
    return call.reply_error(
        fmt::format("ofproto/trace: {}: not supported yet", arguments.unsupported));
  }
  std::vector<std::uint8_t> packet;
  if (arguments.words.size() > 1) {
    auto bytes = parse_hex<std::vector<std::uint8_t>>(arguments.words.back(), Blanks::Refuse);
    if (bytes) packet = std::move(bytes).value();
  }
  if (!packet.empty()) arguments.words.pop_back();
  if (!packet.empty() || arguments.generates) arguments.sending = Sending::Yes;
  if (arguments.words.empty() || arguments.words.size() > 2) {
    return call.reply_error("Must specify a flow, or a bridge or a datapath and a flow");
  }
  switches.commit();
  auto subject = find_subject(switches, arguments);
  if (!subject.ok()) return call.reply_error(subject.error().text);
  if (!packet.empty()) {
    flow::PacketMetadata metadata;
    metadata.in_port = std::uint16_t(stored(subject->key, StorageId::InPort));
    const auto in_port = OfPort(std::uint16_t(stored(subject->key, StorageId::OfInPort)));
    subject->key = pipeline_key(flow::extract(packet, metadata), in_port);
  }
  call.reply(trace(switches, *subject, arguments));
}

}  // namespace ovs::vswitch

// Commands about bytes that no switch is asked for: streams of messages, packets, captures, VLAN
// matches.
#include <fmt/format.h>

#include "base/text/hex.h"
#include "flow/match/compose.h"
#include "openflow/match/oxm_text.h"
#include "openflow/match/wire_match.h"
#include "tools/ovs-ofctl/exchange.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

int ofp_parse(Call& call) {
  const auto stream = read_input(call, call.word(1));
  if (!stream) return 1;
  std::string_view rest = *stream;
  while (!rest.empty()) {
    const std::string cut = call.word(1) + ": unexpected end of file mid-message";
    if (rest.size() < kHeaderSize) return call.fail(cut);
    const std::size_t size = load<Be16>(rest.data() + 2).host();
    if (size < kHeaderSize) {
      return call.fail(
          fmt::format("{}: {}-byte message is too short for OpenFlow", call.word(1), size));
    }
    if (size > rest.size()) return call.fail(cut);
    put(print_message(bytes_of(rest.substr(0, size)), {call.options.verbosity + 2}));
    rest.remove_prefix(size);
  }
  return 0;
}

int parse_key_value(Call& call) {
  for (std::size_t i = 1; i < call.count(); ++i) {
    Words words(call.word(i));
    std::string line;
    while (const auto word = words.next()) {
      if (!line.empty()) line += ", ";
      line += word->key;
      if (word->value.empty() && word->tail.empty()) continue;
      line += fmt::format("={}{}{}", word->value, word->tail.empty() ? "" : ")", word->tail);
    }
    put(line + "\n");
  }
  return 0;
}

// --- packets ---

int parse_packet(Call& call) {
  const auto packet = read_input(call, "-");
  if (!packet) return 1;
  put(format_packet(bytes_of(*packet)) + "\n");
  return 0;
}

std::string hex_digits(Bytes bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

int compose_packet(Call& call) {
  if (call.count() > 2) {
    return call.fail("compose-packet: a payload of one's own: not supported yet");
  }
  if (call.options.bad_checksum) return call.fail("--bad-csum: not supported yet");
  const auto match = flow::parse_match(call.word(1));
  if (!match.ok()) return call.fail(match.error().message);
  std::vector<std::uint8_t> room(flow::kComposedMaximum);
  const auto size = flow::compose(match->key().flow, flow::kComposedPayload,
                                  MutableBytes(room.data(), room.size()));
  if (!size) return call.fail("the flow describes no packet that fits");
  const Bytes packet(room.data(), *size);
  put(call.options.bare ? hex_digits(packet) : hex_dump(packet, Characters::No));
  return 0;
}

// A capture in the classic format, of either byte order.
class Capture {
 public:
  explicit Capture(std::string_view bytes) : rest_(bytes) {
    constexpr std::size_t kHeader = 24;
    if (rest_.size() < kHeader) return;
    const auto magic = number(0);
    swapped_ = magic == 0xd4c3b2a1 || magic == 0x4d3cb2a1;
    valid_ = swapped_ || magic == 0xa1b2c3d4 || magic == 0xa1b23c4d;
    rest_.remove_prefix(kHeader);
  }
  bool is_valid() const { return valid_; }
  // The next packet; nothing at the end, or where it is cut.
  std::optional<std::string_view> next() {
    constexpr std::size_t kRecord = 16, kSizeAt = 8;
    if (rest_.size() < kRecord) return std::nullopt;
    const std::size_t size = swapped_ ? swap(number(kSizeAt)) : number(kSizeAt);
    if (size > rest_.size() - kRecord) return std::nullopt;
    const std::string_view packet = rest_.substr(kRecord, size);
    rest_.remove_prefix(kRecord + size);
    return packet;
  }

 private:
  // As in big-endian captures; little-endian ones are "swapped".
  std::uint32_t number(std::size_t at) const { return load<Be32>(rest_.data() + at).host(); }
  static std::uint32_t swap(std::uint32_t n) { return __builtin_bswap32(n); }

  std::string_view rest_;
  bool swapped_ = false, valid_ = false;
};

int parse_pcap(Call& call) {
  int status = 0;
  for (std::size_t i = 1; i < call.count(); ++i) {
    const auto bytes = read_input(call, call.word(i));
    if (!bytes) return 1;
    Capture capture(*bytes);
    if (!capture.is_valid()) status = call.fail(call.word(i) + ": no capture that can be read");
    while (const auto packet = capture.next()) {
      put(format_received_packet(bytes_of(*packet)) + "\n");
    }
  }
  return status;
}

// --- VLANs ---

std::string tci_text(const flow::Match& match) {
  return fmt::format("{:04x}/{:04x}", match.value(flow::FieldId::VlanTci).low(),
                     match.mask(flow::FieldId::VlanTci).low());
}

std::string oxm_vlan_text(const flow::Match& match) {
  constexpr std::uint64_t kVidAndPresent = 0x1fff;
  const std::uint64_t tci = match.value(flow::FieldId::VlanTci).low();
  const std::uint64_t mask = match.mask(flow::FieldId::VlanTci).low();
  std::string text = fmt::format("{:04x}/{:04x},", tci & kVidAndPresent, mask & kVidAndPresent);
  const bool priority = (tci & kVidAndPresent) != 0 && mask >> 13 != 0;
  return text + (priority ? fmt::format("{:02}", tci >> 13) : "--");
}

std::string through_oxm(const flow::Match& match, OxmStyle style) {
  std::string bytes;
  Out out(bytes, Version::V12);
  write_oxm_fields(out, match, style);
  std::string text = format_oxm_list(bytes_of(bytes), style);
  if (text.empty()) text = "<any>";
  In in(bytes_of(bytes), Version::V12, OfError::OFPBMC_BAD_LEN);
  const auto again = read_oxm_fields(in, UnknownFields::Refuse);
  if (!again.ok()) return fmt::format("{} -> {}", text, error_name(again.error()));
  return text + " -> " + (style == OxmStyle::Nxm ? tci_text(*again) : oxm_vlan_text(*again));
}

// Where a standard match has its VLAN, and which bits say that it does not matter.
struct VlanPlace {
  std::size_t wildcards, vlan, priority;
  std::uint32_t any_vlan, any_priority;
};
constexpr VlanPlace kPlace10{0, 18, 20, 1u << 1, 1u << 20}, kPlace11{8, 36, 38, 1u << 1, 1u << 2};

std::string raw_vlan_text(const std::string& bytes, const VlanPlace& place) {
  const std::uint32_t wildcards = load<Be32>(bytes.data() + place.wildcards).host();
  return fmt::format("{:04x}/{},{:02x}/{}", load<Be16>(bytes.data() + place.vlan).host(),
                     (wildcards & place.any_vlan) != 0 ? 1 : 0, std::uint8_t(bytes[place.priority]),
                     (wildcards & place.any_priority) != 0 ? 1 : 0);
}

std::string through_standard(const flow::Match& match, bool eleven) {
  const Version version = eleven ? Version::V11 : Version::V10;
  std::string bytes;
  Out out(bytes, version);
  if (eleven) {
    write_match11(out, match);
  } else {
    write_match10(out, match);
  }
  In in(bytes_of(bytes), version, OfError::OFPBMC_BAD_LEN);
  const flow::Match again = eleven ? read_match11(in) : read_match10(in);
  return raw_vlan_text(bytes, eleven ? kPlace11 : kPlace10) + " -> " + tci_text(again);
}

int check_vlan(Call& call) {
  const auto tci = parse_unsigned("0x" + call.word(1)), mask = parse_unsigned("0x" + call.word(2));
  if (!tci || !mask || *tci > 0xffff || *mask > 0xffff) return call.fail("bad VLAN TCI");
  flow::Match match;
  match.set_masked(flow::FieldId::VlanTci, flow::FieldValue::of(*tci), flow::FieldValue::of(*mask));
  const std::string text = flow::format_match(match);
  const auto again = flow::parse_match(text);
  if (!again.ok()) return call.fail(again.error().message);
  put(fmt::format("{} -> {}\nNXM: {}\nOXM: {}\nOF1.0: {}\nOF1.1: {}\n", text, tci_text(*again),
                  through_oxm(match, OxmStyle::Nxm), through_oxm(match, OxmStyle::Of12),
                  through_standard(match, false), through_standard(match, true)));
  return 0;
}

constexpr Command kCommands[] = {
    {"ofp-parse", "file", 1, 1, ofp_parse},
    {"parse-key-value", nullptr, 1, kAnyCount, parse_key_value},
    {"parse-packet", nullptr, 0, 0, parse_packet},
    {"compose-packet", nullptr, 1, 2, compose_packet},
    {"parse-pcap", nullptr, 1, kAnyCount, parse_pcap},
    {"check-vlan", nullptr, 2, 2, check_vlan},
};

}  // namespace

Span<const Command> packet_commands() {
  return kCommands;
}

}  // namespace ovs::tools::ofctl

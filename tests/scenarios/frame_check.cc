#include "tests/scenarios/frame_check.h"

#include <algorithm>
#include <charconv>

#include "flow/match/compose.h"
#include "flow/match/extract.h"
#include "flow/match/odp_text.h"

namespace ovs::tests {

namespace {

using Frame = std::vector<std::uint8_t>;

unsigned word_at(const Frame& frame, std::size_t at) {
  return unsigned(frame[at]) << 8 | frame[at + 1];
}

// The ones' complement sum, word by word, as RFC 1071 says it: nothing of the engine's.
unsigned sum(const Frame& frame, std::size_t from, std::size_t to, unsigned start = 0) {
  unsigned long total = start;
  for (std::size_t i = from; i < to; i += 2)
    total += i + 1 < to ? word_at(frame, i) : unsigned(frame[i]) << 8;
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  return unsigned(total);
}

struct Headers {
  std::size_t l3 = 0, l4 = 0, end = 0;
  unsigned type = 0, protocol = 0;
  bool fragment = false, is_routed = false;
};

// Past IPv6's extension headers: hop-by-hop, routing, fragment, authentication, destination.
void skip_extensions(const Frame& frame, Headers& found) {
  while (found.l4 + 8 <= frame.size() && found.l4 + 8 <= found.end) {
    const unsigned next = frame[found.l4], length = frame[found.l4 + 1];
    switch (found.protocol) {
      case 0:
      case 60: found.l4 += (length + 1) * 8; break;
      case 43:
        found.is_routed = frame[found.l4 + 3] != 0;
        found.l4 += (length + 1) * 8;
        break;
      case 51: found.l4 += (length + 2) * 4; break;
      case 44:
        found.fragment = (word_at(frame, found.l4 + 2) & 0xfff9) != 0;
        found.l4 += 8;
        break;
      default: return;
    }
    found.protocol = next;
  }
}

// CRC-32c, a bit at a time (RFC 9260, appendix A).
std::uint32_t crc32c(const Frame& frame, std::size_t from, std::size_t to) {
  std::uint32_t crc = ~0u;
  for (std::size_t i = from; i < to; ++i) {
    const std::uint32_t byte = i >= from + 8 && i < from + 12 ? 0u : frame[i];
    crc ^= byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
  }
  return ~crc;
}

Headers headers_of(const Frame& frame) {
  Headers found;
  std::size_t at = 12;
  while (at + 2 <= frame.size() && (word_at(frame, at) == 0x8100 || word_at(frame, at) == 0x88a8))
    at += 4;
  if (at + 2 > frame.size()) return found;
  found.type = word_at(frame, at);
  found.l3 = at + 2;
  if (found.type == 0x0800 && found.l3 + 20 <= frame.size()) {
    found.l4 = found.l3 + (frame[found.l3] & 15u) * 4;
    found.end = found.l3 + word_at(frame, found.l3 + 2);
    found.protocol = frame[found.l3 + 9];
    found.fragment = (word_at(frame, found.l3 + 6) & 0x3fff) != 0;
  } else if (found.type == 0x86dd && found.l3 + 40 <= frame.size()) {
    found.l4 = found.l3 + 40;
    found.end = found.l4 + word_at(frame, found.l3 + 4);
    found.protocol = frame[found.l3 + 6];
    skip_extensions(frame, found);
  }
  return found;
}

std::string check_sctp(const Frame& frame, const Headers& at) {
  const std::uint32_t crc = crc32c(frame, at.l4, at.end);
  for (unsigned i = 0; i < 4; ++i) {
    if (frame[at.l4 + 8 + i] != std::uint8_t(crc >> 8 * i)) return "the SCTP checksum is wrong";
  }
  return "";
}

// Bytes of a transport header up to its checksum's end; 0 for one without.
std::size_t checked_size(unsigned protocol) {
  switch (protocol) {
    case 1:
    case 58: return 4;
    case 6: return 18;
    case 17: return 8;
    case 132: return 12;
    default: return 0;
  }
}

std::string check_transport(const Frame& frame, const Headers& at) {
  const std::size_t needed = checked_size(at.protocol);
  if (needed == 0 || at.l4 + needed > at.end || at.is_routed) return "";
  const std::size_t size = at.end - at.l4;
  const bool v6 = at.type == 0x86dd;
  const unsigned pseudo = v6 ? sum(frame, at.l3 + 8, at.l3 + 40, unsigned(at.protocol + size))
                             : sum(frame, at.l3 + 12, at.l3 + 20, unsigned(at.protocol + size));
  switch (at.protocol) {
    case 1: return sum(frame, at.l4, at.end) == 0xffff ? "" : "the ICMP checksum is wrong";
    case 6: return sum(frame, at.l4, at.end, pseudo) == 0xffff ? "" : "the TCP checksum is wrong";
    case 17:
      if (word_at(frame, at.l4 + 6) == 0) return v6 ? "UDP over IPv6 without a checksum" : "";
      return sum(frame, at.l4, at.end, pseudo) == 0xffff ? "" : "the UDP checksum is wrong";
    case 58:
      return sum(frame, at.l4, at.end, pseudo) == 0xffff ? "" : "the ICMPv6 checksum is wrong";
    case 132: return check_sctp(frame, at);
  }
  return "";
}

std::string check_sums(const Frame& frame) {
  const Headers at = headers_of(frame);
  if (at.l4 == 0) return "";
  if (at.end > frame.size()) return "the IP packet is longer than the frame";
  if (at.type == 0x0800 && sum(frame, at.l3, at.l4) != 0xffff) return "the IPv4 checksum is wrong";
  return at.fragment ? "" : check_transport(frame, at);
}

flow::FlowKey key_of(const Frame& frame) {
  return flow::extract(Bytes(frame), flow::PacketMetadata{});
}

// What a tunnel packet carries, and under which number.
bool unwrap(const Frame& frame, Frame& inner, unsigned long& id) {
  const Headers at = headers_of(frame);
  if (at.protocol == 17) {
    if (at.l4 + 16 > frame.size() || frame[at.l4 + 8] != 0x08) return false;
    id = (unsigned long)word_at(frame, at.l4 + 12) << 8 | frame[at.l4 + 14];
    inner.assign(frame.begin() + long(at.l4 + 16), frame.end());
    return true;
  }
  if (at.protocol != 47 || word_at(frame, at.l4 + 2) != 0x6558) return false;
  const unsigned flags = word_at(frame, at.l4);
  std::size_t size = 4;
  if ((flags & 0x8000) != 0) {
    if (sum(frame, at.l4, at.end) != 0xffff) return false;
    size += 4;
  }
  id = 0;
  if ((flags & 0x2000) != 0) {
    id = (unsigned long)word_at(frame, at.l4 + size) << 16 | word_at(frame, at.l4 + size + 2);
    size += 4;
  }
  inner.assign(frame.begin() + long(at.l4 + size), frame.end());
  return true;
}

Result<Frame, std::string> parse_hex(std::string_view text) {
  Frame frame;
  unsigned value = 0, digits = 0;
  for (const char c : text) {
    if (c == ' ') continue;
    const char* at = std::char_traits<char>::find("0123456789abcdef", 16, c);
    if (at == nullptr) return std::string("not a hexadecimal digit");
    value = value << 4 | unsigned(at - "0123456789abcdef");
    if (++digits % 2 == 0) frame.push_back(std::uint8_t(value));
  }
  return frame;
}

// A key, and what stands behind it: "name(content)", each after a space.
struct Wanted {
  std::string key;
  std::vector<std::pair<std::string_view, std::string_view>> more;

  std::string_view find(std::string_view name) const {
    for (const auto& [known, content] : more) {
      if (known == name) return content;
    }
    return {};
  }
};

bool is_extra(std::string_view name) {
  for (const std::string_view known : {"id", "inner", "size", "cut", "at", "data", "userdata"}) {
    if (name == known) return true;
  }
  return false;
}

// What stands before the first space that is in no brackets, taken off.
std::string_view item_of(std::string_view& text) {
  int depth = 0;
  std::size_t end = 0;
  for (; end < text.size() && (depth > 0 || text[end] != ' '); ++end) {
    depth += text[end] == '(' ? 1 : text[end] == ')' ? -1 : 0;
  }
  const std::string_view item = text.substr(0, end);
  while (end < text.size() && text[end] == ' ') ++end;
  text = text.substr(end);
  return item;
}

Wanted wanted_of(std::string_view text) {
  Wanted wanted;
  while (!text.empty()) {
    const std::string_view item = item_of(text);
    const std::size_t open = std::min(item.find('('), item.size());
    const std::string_view name = item.substr(0, open);
    if (!is_extra(name) || item.back() != ')') {
      wanted.key += item;
    } else {
      wanted.more.push_back({name, item.substr(open + 1, item.size() - open - 2)});
    }
  }
  return wanted;
}

std::size_t number_of(std::string_view text) {
  std::size_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "OFFSET,HEX"
std::string check_bytes(const Frame& frame, std::string_view text) {
  const std::size_t comma = std::min(text.find(','), text.size());
  const std::size_t at = number_of(text.substr(0, comma));
  const auto bytes = parse_hex(text.substr(std::min(comma + 1, text.size())));
  if (!bytes) return bytes.error();
  const bool is_long_enough = at + bytes->size() <= frame.size();
  if (is_long_enough && std::equal(bytes->begin(), bytes->end(), frame.begin() + long(at)))
    return "";
  return "other bytes are at " + std::to_string(at) + ": " + describe_frame(frame);
}

std::string check_size(std::size_t size, const Wanted& wanted) {
  const bool is_cut = !wanted.find("cut").empty();
  const std::string_view text = wanted.find(is_cut ? "cut" : "size");
  if (text.empty() || std::to_string(size) == text) return "";
  return "it has " + std::to_string(size) + " bytes";
}

std::string check_key(const flow::FlowKey& key, std::string_view text) {
  const auto wanted = flow::parse_odp(text);
  if (!wanted) return wanted.error().message;
  if (key.equals_under(wanted->key, wanted->mask)) return "";
  return "its key is " + flow::format_odp_key(key);
}

std::string check_inner(const Frame& frame, std::string_view wanted, std::string_view id_text) {
  Frame inner;
  unsigned long id = 0;
  if (!unwrap(frame, inner, id))
    return "it is no tunnel packet, or a bad one: " + describe_frame(frame);
  if (!id_text.empty() && std::to_string(id) != id_text)
    return "its tunnel key is " + std::to_string(id);
  return check_frame(inner, wanted);
}

}  // namespace

std::string describe_frame(const Frame& frame) {
  std::string text =
      flow::format_odp_key(key_of(frame)) + ", " + std::to_string(frame.size()) + " bytes";
  const std::string bad = check_sums(frame);
  return bad.empty() ? text : text + ", " + bad;
}

Result<Frame, std::string> make_frame(std::string_view text) {
  if (text.starts_with("hex:")) return parse_hex(text.substr(4));
  const Wanted wanted = wanted_of(text);
  const auto flow = flow::parse_odp(wanted.key);
  if (!flow) return flow.error().message;
  const std::size_t data = number_of(wanted.find("data"));
  Frame frame(flow::kComposedMaximum + data);
  const auto size = flow::compose(flow->key, data, frame);
  if (!size) return std::string("the frame cannot be composed");
  frame.resize(*size);
  return frame;
}

std::string check_upcall(const flow::FlowKey& key, const Frame& packet, const Frame& userdata,
                         std::string_view text) {
  const Wanted wanted = wanted_of(text);
  auto data = parse_hex(wanted.find("userdata"));
  if (!data) return data.error();
  constexpr std::size_t least = 8;  // an action's text is filled up to that
  if (!data->empty() && data->size() < least) data->resize(least);
  if (!data->empty() && *data != userdata) return "its userdata are others";
  const std::string why = check_size(packet.size(), wanted);
  return why.empty() ? check_key(key, wanted.key) : why;
}

std::string check_frame(const Frame& frame, std::string_view text) {
  if (text.starts_with("hex:")) {
    const auto bytes = parse_hex(text.substr(4));
    if (!bytes) return bytes.error();
    return *bytes == frame ? "" : "it is " + describe_frame(frame);
  }
  const Wanted wanted = wanted_of(text);
  const std::string bad = wanted.find("cut").empty() ? check_sums(frame) : "";
  if (!bad.empty()) return bad + ": " + describe_frame(frame);
  std::string why = check_size(frame.size(), wanted);
  if (why.empty()) why = check_key(key_of(frame), wanted.key);
  for (const auto& [name, content] : wanted.more) {
    if (!why.empty()) return why;
    if (name == "at") why = check_bytes(frame, content);
    if (name == "inner") why = check_inner(frame, content, wanted.find("id"));
  }
  return why;
}

}  // namespace ovs::tests

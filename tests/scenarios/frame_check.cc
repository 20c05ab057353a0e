#include "tests/scenarios/frame_check.h"

#include <cstdio>

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
  bool fragment = false;
};

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
  }
  return found;
}

std::string check_transport(const Frame& frame, const Headers& at) {
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

// "name(…)" at the end of the text, taken off; its content.
bool take_suffix(std::string_view& text, std::string_view name, std::string_view& content) {
  const std::size_t at = text.rfind(name);
  if (at == std::string_view::npos || (at != 0 && text[at - 1] != ' ') || text.back() != ')')
    return false;
  content = text.substr(at + name.size(), text.size() - at - name.size() - 1);
  text = text.substr(0, at);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return true;
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
  const auto flow = flow::parse_odp(text);
  if (!flow) return flow.error().message;
  Frame frame(flow::kComposedMaximum);
  const auto size = flow::compose(flow->key, 0, frame);
  if (!size) return std::string("the frame cannot be composed");
  frame.resize(*size);
  return frame;
}

std::string check_key(const flow::FlowKey& key, std::string_view text) {
  const auto wanted = flow::parse_odp(text);
  if (!wanted) return wanted.error().message;
  if (key.equals_under(wanted->key, wanted->mask)) return "";
  return "its key is " + flow::format_odp_key(key);
}

std::string check_frame(const Frame& frame, std::string_view text) {
  const std::string bad = check_sums(frame);
  if (!bad.empty()) return bad + ": " + describe_frame(frame);
  if (text.starts_with("hex:")) {
    const auto wanted = parse_hex(text.substr(4));
    if (!wanted) return wanted.error();
    return *wanted == frame ? "" : "it is " + describe_frame(frame);
  }
  std::string_view inner, id, size;
  if (take_suffix(text, "size(", size) && std::to_string(frame.size()) != size) {
    return "it has " + std::to_string(frame.size()) + " bytes";
  }
  const bool has_inner = take_suffix(text, "inner(", inner);
  take_suffix(text, "id(", id);
  const std::string why = check_key(key_of(frame), text);
  return why.empty() && has_inner ? check_inner(frame, inner, id) : why;
}

}  // namespace ovs::tests

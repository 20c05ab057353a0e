#include "openflow/text/print.h"

#include <fmt/format.h>

#include <algorithm>

#include "flow/match/match_text.h"
#include "openflow/text/print_literal.h"
#include "openflow/text/print_parts.h"

namespace ovs::openflow {
namespace {

std::string dump_with(std::string title, Bytes message) {
  return std::move(title) + hex_dump(message, Characters::Yes);
}

std::string decode_error(OfError error) {
  return fmt::format("***decode error: {}***\n", error_name(error));
}

std::string print_short(Bytes bytes) {
  if (bytes.empty()) return "OpenFlow message is empty\n";
  return dump_with(fmt::format("OpenFlow packet too short (only {} bytes):\n", bytes.count()),
                   bytes);
}

std::string print_truncated(Bytes bytes, std::size_t length) {
  std::string text;
  if (const auto envelope = peek_envelope(bytes)) {
    text = message_title(envelope->encoding, envelope->wire_version, envelope->xid) + "\n";
  }
  text += fmt::format("(***truncated to {} bytes from {}***)\n", bytes.count(), length);
  return dump_with(std::move(text), bytes);
}

std::string print_whole(Bytes bytes, const PrintOptions& options) {
  const Result<Envelope, EnvelopeError> envelope = open_envelope(bytes);
  const Result<Message, DecodeError> message = decode(bytes, TableIds::Present, options.remarks);
  if (!envelope) return dump_with(decode_error(envelope.error().error), bytes);
  std::string text = message_title(envelope->encoding, envelope->wire_version, envelope->xid);
  if (!message) return dump_with(text + " " + decode_error(message.error().error), bytes);
  if (message->more) text += " flags=[more]";
  PrintOptions own = options;
  constexpr int kLiteral = 3;
  if (options.verbosity >= kLiteral && message->kind() == Kind::FlowMod) {
    own.literal_match = literal_match(*envelope);
  }
  text +=
      std::visit([&](const auto& body) { return print_body(body, *message, own); }, message->body);
  if (text.back() != '\n') text += '\n';
  return text;
}

}  // namespace

std::string message_title(Encoding encoding, std::uint8_t wire_version, std::uint32_t xid) {
  std::string text(row(encoding).name);
  const bool known = wire_version >= 1 && wire_version <= 6;
  if (!known) {
    text += fmt::format(" (OF 0x{:02x})", wire_version);
  } else if (Version(wire_version) != Version::V10) {
    text += fmt::format(" (OF{})", version_number(Version(wire_version)));
  }
  return text + fmt::format(" (xid=0x{:x}):", xid);
}

std::string print_message(Bytes bytes, const PrintOptions& options) {
  if (bytes.count() < kHeaderSize) return print_short(bytes);
  const std::size_t length = load<Be16>(bytes.data() + 2).host();
  if (length > bytes.count()) return print_truncated(bytes, length);
  if (length < bytes.count()) {
    return dump_with(fmt::format("(***only uses {} bytes out of {}***)\n", length, bytes.count()),
                     bytes);
  }
  return print_whole(bytes, options);
}

std::string format_duration(std::uint32_t seconds, std::uint32_t nanoseconds) {
  constexpr std::uint32_t kPerMillisecond = 1000000;
  if (nanoseconds == 0) return fmt::format("{}s", seconds);
  if (nanoseconds % kPerMillisecond == 0) {
    return fmt::format("{}.{:03}s", seconds, nanoseconds / kPerMillisecond);
  }
  std::string text = fmt::format("{}.{:09}", seconds, nanoseconds);
  while (text.back() == '0') text.pop_back();
  return text + "s";
}

std::string port_text(OfPort port, const PrintOptions& options) {
  return flow::format_port(port, options.ports);
}

std::string table_text(std::uint8_t table, const PrintOptions& options) {
  if (options.tables != nullptr) {
    if (const auto name = options.tables->name(table)) return *name;
  }
  return fmt::format("{}", table);
}

std::string bit_names(std::uint32_t bits, Span<const BitName> names, const char* separator) {
  std::string text;
  for (const BitName& name : names) {
    if ((bits & name.bit) == 0) continue;
    if (!text.empty()) text += separator;
    text += name.name;
    bits &= ~name.bit;
  }
  if (bits != 0) text += fmt::format("{}0x{:x}", text.empty() ? "" : separator, bits);
  return text.empty() ? "0" : text;
}

}  // namespace ovs::openflow

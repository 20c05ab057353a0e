// The frame of every request and reply on an Open vSwitch device: 24 bytes that are a netlink
// header, a generic netlink header and the datapath's number, in host order. Attributes follow.
#pragma once
#include "wire/netlink/attribute.h"
#include "wire/netlink/families.h"

namespace ovs::wire {

struct Message {
  std::uint32_t length = 0;  // of the whole message
  std::uint16_t type = 0;    // a Family, or one of kMessage…
  std::uint16_t flags = 0;
  std::uint32_t sequence = 0;
  std::uint32_t pid = 0;
  std::uint8_t command = 0;
  std::uint8_t version = 0;
  std::uint16_t reserved = 0;
  std::uint32_t dp_ifindex = 0;

  bool operator==(const Message&) const = default;
};
inline constexpr std::size_t kMessageSize = 24;
inline constexpr std::size_t kNetlinkHeader = 16;
static_assert(sizeof(Message) == kMessageSize);

inline constexpr std::uint16_t kMessageNoop = 1, kMessageError = 2, kMessageDone = 3,
                               kMessageOverrun = 4;
inline constexpr std::uint16_t kFlagRequest = 1, kFlagMulti = 2, kFlagAck = 4, kFlagEcho = 8,
                               kFlagRoot = 0x100, kFlagMatch = 0x200, kFlagDump = 0x300,
                               kFlagReplace = 0x100, kFlagExclusive = 0x200, kFlagCreate = 0x400;

// A message and what stands behind its header.
struct MessageView {
  Message header;
  Bytes payload;  // attributes
  Bytes rest;     // behind the message: the next one begins here
};
// Truncated: fewer bytes than its length says. Malformed: a length below kMessageSize.
Result<MessageView> parse_message(Bytes bytes);

// Writes the header; `begin` returns where it is, and `end` puts the length there.
std::size_t begin_message(Writer& writer, const Message& header);
void end_message(Writer& writer, std::size_t at);

// An error reply: a netlink header, a negative number of error_numbers.h, the header of the
// request; then, when `text` is not empty, an attribute of its own (type 1) with the text, as
// Linux's extended acknowledgements have.
inline constexpr std::size_t kErrorMessageSize = 36;
struct ErrorMessage {
  std::int32_t error = 0;
  std::uint32_t request_sequence = 0;
  Text text;
};
void put_error(Writer& writer, const Message& request, std::int32_t error, Text text);
Result<ErrorMessage> parse_error(Bytes message);
// The end of a dump.
void put_done(Writer& writer, const Message& request);

}  // namespace ovs::wire

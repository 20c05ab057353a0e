#include "wire/netlink/message.h"

namespace ovs::wire {
namespace {

struct ErrorBody {
  std::uint32_t length;
  std::uint16_t type, flags;
  std::uint32_t sequence, pid;
  std::int32_t error;
  std::uint32_t request_length;
  std::uint16_t request_type, request_flags;
  std::uint32_t request_sequence, request_pid;
};
static_assert(sizeof(ErrorBody) == kErrorMessageSize);

constexpr std::uint16_t kErrorText = 1;  // NLMSGERR_ATTR_MSG
constexpr std::uint16_t kFlagHasText = 0x200, kFlagCapped = 0x100;

}  // namespace

Result<MessageView> parse_message(Bytes bytes) {
  if (bytes.count() < kMessageSize) return Error::Truncated;
  MessageView view{load<Message>(bytes.data()), {}, {}};
  if (view.header.length < kMessageSize) return Error::Malformed;
  if (view.header.length > bytes.count()) return Error::Truncated;
  const std::size_t padded = attribute_pad(view.header.length);
  view.payload = bytes.part(kMessageSize, view.header.length - kMessageSize);
  view.rest = bytes.from(padded < bytes.count() ? padded : bytes.count());
  return view;
}

std::size_t begin_message(Writer& writer, const Message& header) {
  const std::size_t at = writer.size();
  std::uint8_t bytes[kMessageSize];
  store(bytes, header);
  writer.append(bytes);
  return at;
}

void end_message(Writer& writer, std::size_t at) {
  std::uint8_t length[4];
  store(length, std::uint32_t(writer.size() - at));
  writer.overwrite(at, length);
}

void put_error(Writer& writer, const Message& request, std::int32_t error, Text text) {
  const std::size_t at = writer.size();
  ErrorBody body{};
  body.type = kMessageError;
  body.flags = text.empty() ? std::uint16_t{0} : std::uint16_t(kFlagHasText | kFlagCapped);
  body.sequence = body.request_sequence = request.sequence;
  body.pid = body.request_pid = request.pid;
  body.error = error;
  body.request_length = request.length;
  body.request_type = request.type;
  body.request_flags = request.flags;
  std::uint8_t bytes[sizeof body];
  store(bytes, body);
  writer.append(bytes);
  if (!text.empty()) writer.put_string(kErrorText, text);
  end_message(writer, at);
}

Result<ErrorMessage> parse_error(Bytes message) {
  if (message.count() < kErrorMessageSize) return Error::Truncated;
  const auto body = load<ErrorBody>(message.data());
  if (body.type != kMessageError || body.length < kErrorMessageSize) return Error::Malformed;
  if (body.length > message.count()) return Error::Truncated;
  ErrorMessage error{body.error, body.request_sequence, {}};
  if ((body.flags & kFlagHasText) == 0) return error;
  OVS_TRY(const auto attributes,
          Attributes::parse(message.part(kErrorMessageSize, body.length - kErrorMessageSize)));
  if (const auto text = attributes.find(kErrorText)) {
    OVS_TRY(error.text, text->string());
  }
  return error;
}

void put_done(Writer& writer, const Message& request) {
  Message done = request;
  done.type = kMessageDone;
  done.flags = kFlagMulti;
  end_message(writer, begin_message(writer, done));
}

}  // namespace ovs::wire

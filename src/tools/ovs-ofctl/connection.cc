#include "tools/ovs-ofctl/connection.h"

#include <fmt/format.h>

#include "daemon/run/directories.h"
#include "platform/api/file.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

constexpr std::uint16_t kOpenFlowPort = 6653;

Bytes bytes_of(std::string_view text) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

std::uint32_t xid_of(std::string_view message) {
  return load<Be32>(message.data() + 4).host();
}

}  // namespace

Result<std::string, Failure> method_of(Call& call, const std::string& remote,
                                       Connection::Socket socket) {
  if (remote.find(':') != std::string::npos) return remote;
  const char* suffix = socket == Connection::Socket::Snoop ? "snoop" : "mgmt";
  const std::string path = fmt::format("{}/{}.{}", call.program.directories().run, remote, suffix);
  if (call.program.files().info(path).ok()) return "unix:" + path;
  if (call.program.files().info(remote).ok()) return "unix:" + remote;
  return Failure{remote + " is not a bridge or a socket"};
}

Connection::Connection(Call& call, std::string name)
    : call_(call),
      name_(std::move(name)),
      loop_(call.program.clock()),
      network_(loop_, call.program.log(), call.program.directories().run, kOpenFlowPort) {}

Failure Connection::failure(std::string_view what) const {
  return Failure{fmt::format("{} ({})", what, close_reason_)};
}

Result<void, Failure> Connection::wait(const std::function<bool()>& done) {
  const Maybe<std::uint64_t> limit = call_.options.timeout.milliseconds();
  const std::uint64_t start = loop_.now_ms();
  constexpr std::uint64_t kTurn_ms = 1000;
  while (!done() && !closed_) {
    const std::uint64_t spent = loop_.now_ms() - start;
    if (limit && spent >= *limit) {
      Timeout::expire(call_.program);
      return Failure{"timed out"};
    }
    loop_.run_once(limit ? std::min(*limit - spent, kTurn_ms) : kTurn_ms);
  }
  return kOk;
}

void Connection::on_read(std::string_view bytes) {
  if (consumed_ > 0) {
    input_.erase(0, consumed_);
    consumed_ = 0;
  }
  input_.append(bytes);
}

// What goes over the connection, for who asks the log for it.
void Connection::tell(std::string_view verb, std::string_view messages) const {
  const daemon::LogModule module = call_.program.log().module("vconn");
  if (!module.is_enabled(daemon::LogLevel::Dbg)) return;
  while (messages.size() >= kHeaderSize) {
    const auto size = message_size(bytes_of(messages));
    if (!size.ok() || *size == 0) return;
    std::string text = print_message(bytes_of(messages.substr(0, *size)));
    if (text.ends_with('\n')) text.pop_back();
    module.dbg("{}: {}: {}", name_, verb, text);
    messages.remove_prefix(*size);
  }
}

void Connection::send(std::string message) {
  tell("sent (Success)", message);
  stream_->write(std::move(message));
}

Result<void, Failure> Connection::connect(const std::string& method) {
  bool done = false;
  daemon::IoError error;
  connecting_ = network_.connect(
      method, [&](Result<std::unique_ptr<daemon::Stream>, daemon::IoError> result) {
        done = true;
        if (result.ok()) {
          stream_ = std::move(result).value();
        } else {
          error = std::move(result).error();
        }
      });
  OVS_TRY(wait([&] { return done; }));
  if (!stream_) return Failure{fmt::format("connecting to {} ({})", name_, error.text())};
  stream_->start({[this](std::string_view bytes) { on_read(bytes); },
                  [this](const daemon::IoError& e) {
                    closed_ = true;
                    close_reason_ = e.text();
                  },
                  {}});
  return kOk;
}

Result<void, Failure> Connection::shake_hands(VersionBitmap versions) {
  send(encode_hello(versions, next_xid()));
  OVS_TRY(const std::string bytes, receive());
  const auto message = decode(bytes_of(bytes));
  if (!message.ok() || message->as<Hello>() == nullptr) {
    return Failure{fmt::format("{}: received something other than a hello", name_)};
  }
  const VersionBitmap both = versions & message->as<Hello>()->versions & kAllVersions;
  if (both == 0) {
    close_reason_ = "Protocol error";
    return failure(fmt::format("{}: version negotiation failed", name_));
  }
  for (const Version version : kVersions) {
    if (both & bit(version)) version_ = version;
  }
  protocol_ = protocol_of(version_);
  return kOk;
}

Result<std::unique_ptr<Connection>, Failure> Connection::open(Call& call, const std::string& remote,
                                                              VersionBitmap versions,
                                                              Socket socket) {
  OVS_TRY(const std::string method, method_of(call, remote, socket));
  std::unique_ptr<Connection> connection(new Connection(call, method));
  OVS_TRY(connection->connect(method));
  OVS_TRY(connection->shake_hands(versions));
  return connection;
}

Result<std::string, Failure> Connection::receive() {
  while (true) {
    const auto size_now = [this]() -> std::size_t {
      const auto size = message_size(bytes_of(std::string_view(input_).substr(consumed_)));
      return size.ok() ? *size : 0;
    };
    OVS_TRY(wait([&] { return size_now() > 0; }));
    const std::size_t size = size_now();
    if (size == 0) return failure("OpenFlow receive failed");
    std::string message = input_.substr(consumed_, size);
    consumed_ += size;
    tell("received", message);
    const auto envelope = peek_envelope(bytes_of(message));
    if (!envelope.ok() || kind_of(envelope->encoding) != Kind::EchoRequest) return message;
    message[1] = 3;  // the reply says the same
    send(std::move(message));
  }
}

Result<std::string, Failure> Connection::reply_to(std::uint32_t xid) {
  while (true) {
    OVS_TRY(std::string message, receive());
    if (xid_of(message) == xid) return message;
  }
}

Result<std::string, Failure> Connection::transact(const Message& request) {
  send(encode(request));
  return reply_to(request.xid);
}

Result<Message, Failure> Connection::ask(const Message& request) {
  OVS_TRY(const std::string reply, transact(request));
  auto message = decode(bytes_of(reply));
  if (!message.ok()) {
    return Failure{
        fmt::format("{}: reply cannot be decoded ({})", name_, error_name(message.error().error))};
  }
  return std::move(message).value();
}

Result<void, Failure> Connection::commit(std::string messages) {
  const std::uint32_t barrier = next_xid();
  messages += encode(make_message(Kind::BarrierRequest, version_, barrier, Empty{}));
  send(std::move(messages));
  bool refused = false;
  while (true) {
    OVS_TRY(const std::string bytes, receive());
    const auto message = decode(bytes_of(bytes));
    const bool error = message.ok() && message->kind() == Kind::Error;
    if (error) {
      const std::string text = print_message(bytes_of(bytes), {call_.options.verbosity + 1});
      std::fwrite(text.data(), 1, text.size(), stderr);
      refused = true;
    }
    if (xid_of(bytes) == barrier) break;
  }
  if (refused) return Failure{};
  return kOk;
}

namespace {
// Bundles are all or nothing, and in order. There is one a connection.
constexpr std::uint16_t kBundleFlags = kBundleAtomic | kBundleOrdered;
constexpr std::uint32_t kBundleId = 0;

bool is_error(std::string_view message) {
  const auto envelope = peek_envelope(bytes_of(message));
  return envelope.ok() && kind_of(envelope->encoding) == Kind::Error;
}
}  // namespace

Result<bool, Failure> Connection::control_bundle(BundleType type,
                                                 std::vector<std::string>& errors) {
  BundleControl control;
  control.id = kBundleId;
  control.type = type;
  control.flags = kBundleFlags;
  OVS_TRY(std::string reply,
          transact(make_message(Kind::BundleControl, version_, next_xid(), control)));
  const auto message = decode(bytes_of(reply));
  const auto* answer = message.ok() ? message->as<BundleControl>() : nullptr;
  if (answer != nullptr) return unsigned(answer->type) == unsigned(type) + 1;
  if (is_error(reply)) errors.push_back(std::move(reply));
  return false;
}

Result<void, Failure> Connection::add_to_bundle(const std::vector<std::string>& messages,
                                                std::vector<std::string>& errors) {
  for (const std::string& message : messages) {
    BundleAdd add;
    add.id = kBundleId;
    add.flags = kBundleFlags;
    add.message.assign(message.begin(), message.end());
    send(encode(make_message(Kind::BundleAddMessage, version_, xid_of(message), add)));
  }
  const std::uint32_t barrier = next_xid();
  send(encode(make_message(Kind::BarrierRequest, version_, barrier, Empty{})));
  while (true) {
    OVS_TRY(std::string reply, receive());
    const bool last = xid_of(reply) == barrier;
    if (is_error(reply)) errors.push_back(std::move(reply));
    if (last) return kOk;
  }
}

// Each error with the message that it refuses, whole where it was one of ours.
void Connection::print_errors(const std::vector<std::string>& errors,
                              const std::vector<std::string>& messages) const {
  const PrintOptions options{call_.options.verbosity + 1};
  for (const std::string& error : errors) {
    const auto decoded = decode(bytes_of(error));
    const auto* body = decoded.ok() ? decoded->as<ErrorMessage>() : nullptr;
    if (body == nullptr || !body->error) {
      std::fputs("***decode error***", stderr);
      continue;
    }
    std::string refused(body->payload.begin(), body->payload.end());
    for (const std::string& message : messages) {
      if (xid_of(message) == decoded->xid) refused = message;
    }
    const std::string text = fmt::format("Error {} for: {}", error_name(*body->error),
                                         print_message(bytes_of(refused), options));
    std::fwrite(text.data(), 1, text.size(), stderr);
  }
  std::fflush(stderr);
}

Result<void, Failure> Connection::commit_bundle(const std::vector<std::string>& messages) {
  std::vector<std::string> errors;
  OVS_TRY(bool fine, control_bundle(BundleType::OpenRequest, errors));
  if (fine) {
    OVS_TRY(add_to_bundle(messages, errors));
    fine = errors.empty();
    OVS_TRY(const bool ended,
            control_bundle(fine ? BundleType::CommitRequest : BundleType::DiscardRequest, errors));
    fine = fine && ended;
  }
  print_errors(errors, messages);
  if (fine) return kOk;
  return Failure{fmt::format("talking to {} (Protocol error)", name_)};
}

Result<void, Failure> Connection::use_protocol(Protocols usable) {
  if (bit(protocol_) & usable) return kOk;
  for (unsigned i = 0; i < 9; ++i) {
    const Protocol wanted = Protocol(1u << i);
    if (!(bit(wanted) & usable) || version_of(wanted) != version_) continue;
    std::string messages;
    const bool nxm = (bit(wanted) & kNxmProtocols) != 0;
    if (nxm != ((bit(protocol_) & kNxmProtocols) != 0)) {
      messages +=
          encode(make_message(Kind::SetFlowFormat, version_, next_xid(), SetFlowFormat{nxm}));
      OVS_TRY(commit(std::move(messages)));
      messages.clear();
    }
    const bool table_id = has_table_id(wanted);
    if (table_id != has_table_id(protocol_)) {
      messages += encode(
          make_message(Kind::FlowModTableId, version_, next_xid(), FlowModTableId{table_id}));
      OVS_TRY(commit(std::move(messages)));
    }
    protocol_ = wanted;
    return kOk;
  }
  return Failure{fmt::format("{}: switch does not support any of the usable flow formats ({})",
                             name_, format_protocols(usable))};
}

}  // namespace ovs::tools::ofctl

// The client over an io_context of its own, so that every wait has a limit.
#include "daemon/control/client.h"

#include "daemon/run/asio_setup.h"
//
#include <asio/io_context.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/write.hpp>
#include <chrono>

#include "daemon/stream/jsonrpc.h"
#include "wire/json/parse.h"

namespace ovs::daemon {
namespace {

using Local = asio::local::stream_protocol;
using RealClock = std::chrono::steady_clock;

constexpr std::size_t kMaxSocketPath = 107;
constexpr std::size_t kReadSize = 65536;

}  // namespace

struct ControlClient::Impl {
  // Runs until `is_done`, or until there is no time left.
  Result<void, IoError> wait(const bool& is_done, const asio::error_code& error);
  Result<wire::Json, IoError> read_message();

  asio::io_context io{1};
  Local::socket socket{io};
  Maybe<std::uint64_t> timeout_ms;
  RealClock::time_point start = RealClock::now();
  wire::JsonStream parser;
  std::int64_t next_id = 0;
};

Result<void, IoError> ControlClient::Impl::wait(const bool& is_done,
                                                const asio::error_code& error) {
  io.restart();
  if (timeout_ms) {
    io.run_until(start + std::chrono::milliseconds(*timeout_ms));
  } else {
    io.run();
  }
  if (!is_done) return IoError{ETIMEDOUT, ""};
  if (!error) return kOk;
  return IoError{error == asio::error::eof ? IoError::kEndOfFile : error.value(), ""};
}

Result<wire::Json, IoError> ControlClient::Impl::read_message() {
  std::vector<char> buffer(kReadSize);
  while (true) {
    auto json = parser.next();
    if (!json.ok()) return IoError{EPROTO, ""};
    if (!json->is_null()) return std::move(*json);
    bool is_done = false;
    asio::error_code error;
    std::size_t count = 0;
    socket.async_read_some(asio::buffer(buffer), [&](const asio::error_code& e, std::size_t n) {
      is_done = true;
      error = e;
      count = n;
    });
    OVS_TRY(wait(is_done, error));
    parser.feed(std::string_view(buffer.data(), count));
  }
}

ControlClient::ControlClient(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlClient::ControlClient(ControlClient&&) noexcept = default;
ControlClient& ControlClient::operator=(ControlClient&&) noexcept = default;
ControlClient::~ControlClient() = default;

Result<ControlClient, IoError> ControlClient::connect(const std::string& path,
                                                      Maybe<std::uint64_t> timeout_ms) {
  if (path.size() > kMaxSocketPath) return IoError{ENAMETOOLONG, ""};
  auto impl = std::make_unique<Impl>();
  impl->timeout_ms = timeout_ms;
  asio::error_code error;
  impl->socket.connect(Local::endpoint(path), error);
  if (error) return IoError{error.value(), ""};
  return ControlClient(std::move(impl));
}

Result<ControlReply, IoError> ControlClient::transact(std::string_view command,
                                                      const std::vector<std::string>& arguments) {
  wire::JsonArray params;
  for (const std::string& argument : arguments) params.emplace_back(argument);
  std::string text;
  const wire::Json id(impl_->next_id++);
  JsonRpcMessage::request(std::string(command), std::move(params), id.clone()).append_to(text);
  bool is_done = false;
  asio::error_code error;
  asio::async_write(impl_->socket, asio::buffer(text), [&](const asio::error_code& e, std::size_t) {
    is_done = true;
    error = e;
  });
  OVS_TRY(impl_->wait(is_done, error));
  while (true) {
    OVS_TRY(wire::Json json, impl_->read_message());
    auto message = JsonRpcMessage::from_json(std::move(json));
    if (!message.ok()) return IoError{EPROTO, ""};
    const bool is_error = message->kind == JsonRpcMessage::Kind::Error;
    const bool is_answer = is_error || message->kind == JsonRpcMessage::Kind::Reply;
    if (is_answer && message->id == id) return ControlReply{is_error, std::move(message->body)};
  }
}

}  // namespace ovs::daemon

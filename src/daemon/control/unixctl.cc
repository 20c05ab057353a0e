// The control server: sessions that run one command at a time, and the registry of commands.
#include "daemon/control/unixctl.h"

#include <fmt/format.h>

#include <algorithm>

#include "daemon/control/arguments.h"
#include "daemon/stream/jsonrpc.h"

namespace ovs::daemon {

using wire::Json;

namespace {

// Clients up to release 3.4 print what they hear as it is.
Json whole_lines(Json body) {
  const std::string_view text = body.string();
  if (text.empty() || text.ends_with('\n')) return body;
  return Json(std::string(text) + '\n');
}

}  // namespace

// Where an answer goes: a session, or a test.
ControlCall::ControlCall(std::shared_ptr<Sink> sink, std::vector<std::string> arguments)
    : sink_(std::move(sink)), arguments_(std::move(arguments)) {}

ControlCall::~ControlCall() {
  if (sink_) reply_error("the command was abandoned");
}

ControlCall& ControlCall::operator=(ControlCall&& other) noexcept {
  std::swap(sink_, other.sink_);
  std::swap(arguments_, other.arguments_);
  return *this;
}

const std::string& ControlCall::argument(std::size_t index) const {
  static const std::string kNothing;
  return index < arguments_.size() ? arguments_[index] : kNothing;
}

ControlFormat ControlCall::format() const {
  return sink_ ? sink_->format : ControlFormat::Text;
}

void ControlCall::finish(Json body, bool is_error) {
  const std::shared_ptr<Sink> sink = std::exchange(sink_, nullptr);
  if (sink) sink->answer(std::move(body), is_error);
}

void ControlCall::reply(std::string_view text) {
  if (format() == ControlFormat::Text) return finish(Json(text), false);
  finish(Json::object("reply", text, "reply-format", "plain"), false);
}

void ControlCall::reply_json(Json value) {
  finish(std::move(value), false);
}

void ControlCall::reply_error(std::string_view text) {
  finish(Json(text), true);
}

struct ControlServer::Impl {
  struct Command {
    const char* usage;
    unsigned min_arguments;
    unsigned max_arguments;
    std::shared_ptr<Handler> handler;  // shared, because it may remove its own command
  };
  struct Session;

  explicit Impl(Log& log)
      : unixctl_log(log.module("unixctl")), jsonrpc_log(log.module("jsonrpc")) {}

  void accept(std::unique_ptr<Stream> stream);
  void run(ControlCall call);

  LogModule unixctl_log;
  LogModule jsonrpc_log;
  std::map<std::string, Command, std::less<>> commands;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<std::shared_ptr<Session>> sessions;
};

// One client. It outlives its connection while a call is under way.
struct ControlServer::Impl::Session final : ControlCall::Sink,
                                            std::enable_shared_from_this<Session> {
  Session(Impl& the_server, std::unique_ptr<Stream> stream)
      : server(&the_server), connection(std::move(stream), the_server.jsonrpc_log) {}

  void start();
  void on_message(JsonRpcMessage message);
  void close();
  void answer(Json body, bool is_error) override;

  Impl* server;  // null once the session is closed
  JsonRpcConnection connection;
  Json id;
};

void ControlServer::Impl::accept(std::unique_ptr<Stream> stream) {
  sessions.push_back(std::make_shared<Session>(*this, std::move(stream)));
  sessions.back()->start();
}

void ControlServer::Impl::Session::start() {
  connection.start({.on_message = [this](JsonRpcMessage m) { on_message(std::move(m)); },
                    .on_close = [this](const IoError&) { close(); },
                    .on_drained = nullptr});
}

void ControlServer::Impl::Session::close() {
  if (server == nullptr) return;
  const auto self = shared_from_this();
  std::erase(std::exchange(server, nullptr)->sessions, self);
}

void ControlServer::Impl::Session::on_message(JsonRpcMessage message) {
  if (server == nullptr) return;
  const auto self = shared_from_this();
  if (message.kind != JsonRpcMessage::Kind::Request) {
    server->unixctl_log.warn("{}: received unexpected message", connection.name());
    return close();
  }
  std::vector<std::string> arguments{message.method};
  id = std::move(message.id);
  for (const Json& argument : message.body.elements()) {
    if (!argument.is_string()) {
      return answer(Json(fmt::format("\"{}\" command has non-string argument", message.method)),
                    true);
    }
    arguments.emplace_back(argument.string());
  }
  connection.set_reading(Stream::Reading::Paused);
  server->run(ControlCall(self, std::move(arguments)));
}

void ControlServer::Impl::Session::answer(Json body, bool is_error) {
  if (server == nullptr) return;
  const auto self = shared_from_this();
  if (format == ControlFormat::Text && body.is_string()) body = whole_lines(std::move(body));
  connection.send(is_error ? JsonRpcMessage::error(std::move(body), std::move(id))
                           : JsonRpcMessage::reply(std::move(body), std::move(id)));
  connection.set_reading(Stream::Reading::Active);
}

void ControlServer::Impl::run(ControlCall call) {
  const std::string& name = call.argument(0);
  const std::size_t count = call.arguments().size() - 1;
  const auto found = commands.find(name);
  if (found == commands.end()) {
    return call.reply_error(fmt::format(
        "\"{}\" is not a valid command (use \"list-commands\" to see a list of valid commands)",
        name));
  }
  const Command& command = found->second;
  if (count < command.min_arguments) {
    return call.reply_error(
        fmt::format("\"{}\" command requires at least {} arguments", name, command.min_arguments));
  }
  if (count > command.max_arguments) {
    return call.reply_error(
        fmt::format("\"{}\" command takes at most {} arguments", name, command.max_arguments));
  }
  const std::shared_ptr<Handler> handler = command.handler;
  (*handler)(std::move(call));
}

ControlServer::ControlServer(Log& log) : impl_(std::make_unique<Impl>(log)) {
  add("list-commands", "", 0, 0, [this](ControlCall call) {
    if (call.format() == ControlFormat::Text) return call.reply(commands_text());
    Json all = Json::empty_object();
    for (const auto& [name, command] : impl_->commands) {
      if (command.usage != nullptr) all.members().append(name, command.usage);
    }
    call.reply_json(std::move(all));
  });
  add("set-options", "[--format text|json]", 1, 2, [](ControlCall call) { call.set_options(); });
}

ControlServer::~ControlServer() {
  close();
}

void ControlServer::add(std::string name, const char* usage, unsigned min_arguments,
                        unsigned max_arguments, Handler handler) {
  impl_->commands.insert_or_assign(std::move(name),
                                   Impl::Command{usage, min_arguments, max_arguments,
                                                 std::make_shared<Handler>(std::move(handler))});
}

void ControlServer::remove(std::string_view name) {
  const auto found = impl_->commands.find(name);
  if (found != impl_->commands.end()) impl_->commands.erase(found);
}

Result<void, IoError> ControlServer::listen(Network& network, std::string_view method) {
  OVS_TRY(auto listener,
          network.listen(method, [impl = impl_.get()](std::unique_ptr<Stream> stream) {
            impl->accept(std::move(stream));
          }));
  impl_->listeners.push_back(std::move(listener));
  return kOk;
}

void ControlServer::close() {
  impl_->listeners.clear();
  const auto sessions = std::exchange(impl_->sessions, {});
  for (const auto& session : sessions) session->server = nullptr;
}

void ControlServer::run(ControlCall call) {
  impl_->run(std::move(call));
}

std::string ControlServer::commands_text() const {
  std::string text = "The available commands are:\n";
  for (const auto& [name, command] : impl_->commands) {
    if (command.usage == nullptr) continue;
    fmt::format_to(std::back_inserter(text), "  {:<23} {}\n", name, command.usage);
  }
  return text;
}

void ControlCall::set_options() {
  std::string value;
  const Result<void, std::string> parsed = parse_format_option(arguments_, value);
  if (!parsed.ok()) return reply_error(parsed.error());
  if (value == "json") {
    sink_->format = ControlFormat::Json;
  } else if (value == "text") {
    sink_->format = ControlFormat::Text;
  } else if (!value.empty()) {
    return reply_error(fmt::format("option format has invalid value {}", value));
  }
  reply("");
}

}  // namespace ovs::daemon

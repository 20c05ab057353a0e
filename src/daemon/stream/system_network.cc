// Sockets that listen and sockets that connect, for tcp and unix alike; socket_stream.cc carries
// the bytes.
#include "daemon/stream/system_network.h"

#include <fmt/format.h>

#include <asio/ip/tcp.hpp>
#include <asio/ip/v6_only.hpp>
#include <asio/local/stream_protocol.hpp>
#include <filesystem>

#include "daemon/run/loop_impl.h"
#include "daemon/stream/method.h"
#include "daemon/stream/socket_stream.h"
#include "daemon/stream/tls.h"

namespace ovs::daemon {
namespace {

using asio::ip::tcp;
using Local = asio::local::stream_protocol;
using TypeOfService = asio::detail::socket_option::integer<IPPROTO_IP, IP_TOS>;
using TrafficClass = asio::detail::socket_option::integer<IPPROTO_IPV6, IPV6_TCLASS>;

// One less than the room for a path in a socket address.
constexpr std::size_t kMaxSocketPath = 107;
// A burst of clients finds room; upstream's number.
constexpr int kBacklog = 64;

IoError io_error(const asio::error_code& error) {
  return IoError{error.value(), ""};
}

void set_dscp(auto& socket, bool is_v6, std::uint8_t dscp) {
  asio::error_code ignored;  // a preference: connections without it work
  if (is_v6) {
    socket.set_option(TrafficClass(dscp << 2), ignored);
  } else {
    socket.set_option(TypeOfService(dscp << 2), ignored);
  }
}

std::string address_text(const asio::ip::address& address) {
  return address.is_v6() ? "[" + address.to_string() + "]" : address.to_string();
}

}  // namespace

struct SystemNetwork::Shared {
  Loop& loop;
  LogModule socket_log;
  LogModule unix_log;
  std::string run_directory;
  std::uint16_t default_port;
  Tls tls;
  ReadBuffer buffer = std::make_shared<std::vector<char>>(kReadSize);
  unsigned unix_streams = 0;

  asio::io_context& io() { return loop.impl().io; }
  std::unique_ptr<Stream> stream(tcp::socket socket, std::string name, std::uint8_t dscp) {
    asio::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    const auto local = socket.local_endpoint(ignored);
    set_dscp(socket, local.address().is_v6(), dscp);
    return make_socket_stream(std::move(socket), std::move(name), buffer);
  }
  std::unique_ptr<Stream> stream(Local::socket socket, std::string name, std::uint8_t) {
    return make_socket_stream(std::move(socket), std::move(name), buffer);
  }
  std::string peer_name(const tcp::socket& socket) {
    asio::error_code error;
    const tcp::endpoint peer = socket.remote_endpoint(error);
    return fmt::format("tcp:{}:{}", address_text(peer.address()), peer.port());
  }
  std::string peer_name(const Local::socket&) { return fmt::format("unix#{}", unix_streams++); }
};

namespace {

using SharedPtr = std::shared_ptr<SystemNetwork::Shared>;

// Accepting, one connection after the other. The handle dies first, the callback then finds it
// closed.
template <class Protocol>
struct Acceptor : std::enable_shared_from_this<Acceptor<Protocol>> {
  Acceptor(SharedPtr the_shared, AcceptHandler the_handler, std::uint8_t the_dscp)
      : shared(std::move(the_shared)),
        acceptor(shared->io()),
        handler(std::move(the_handler)),
        dscp(the_dscp) {}

  void accept_next() {
    acceptor.async_accept([self = this->shared_from_this()](const asio::error_code& error,
                                                            typename Protocol::socket socket) {
      if (!self->acceptor.is_open()) return;
      if (!error) {
        std::string name = self->shared->peer_name(socket);
        self->handler(self->shared->stream(std::move(socket), std::move(name), self->dscp));
      } else {
        self->shared->socket_log.warn(self->limit, "accept: {}", io_error(error).text());
      }
      if (!self->acceptor.is_open()) return;
      if (!error) return self->accept_next();
      // Out of descriptors, perhaps: trying at once again would spin.
      self->shared->loop.after_real_ms(kRetryMs, [self] {
        if (self->acceptor.is_open()) self->accept_next();
      });
    });
  }

  static constexpr std::uint64_t kRetryMs = 100;

  SharedPtr shared;
  typename Protocol::acceptor acceptor;
  AcceptHandler handler;
  std::uint8_t dscp;
  LogLimit limit{1, 5};
};

template <class Protocol>
class SocketListener final : public Listener {
 public:
  SocketListener(std::shared_ptr<Acceptor<Protocol>> acceptor, std::string name, std::uint16_t port,
                 std::string path)
      : acceptor_(std::move(acceptor)),
        name_(std::move(name)),
        port_(port),
        path_(std::move(path)) {}
  ~SocketListener() override {
    asio::error_code ignored;
    acceptor_->acceptor.close(ignored);
    std::error_code not_there;
    if (!path_.empty()) std::filesystem::remove(path_, not_there);
  }
  const std::string& name() const override { return name_; }
  std::uint16_t port() const override { return port_; }

 private:
  std::shared_ptr<Acceptor<Protocol>> acceptor_;
  std::string name_;
  std::uint16_t port_;
  std::string path_;  // to remove with it
};

using ListenResult = Result<std::unique_ptr<Listener>, IoError>;

ListenResult listen_tcp(const SharedPtr& shared, std::string_view text, const Method& method,
                        AcceptHandler handler, std::uint8_t dscp) {
  asio::error_code error;
  asio::ip::address address = asio::ip::address_v4::any();
  if (!method.host.empty()) address = asio::ip::make_address(method.host, error);
  if (error) return IoError{EINVAL, fmt::format("{}: bad IP address \"{}\"", text, method.host)};
  auto acceptor = std::make_shared<Acceptor<tcp>>(shared, std::move(handler), dscp);
  const tcp::endpoint endpoint(address, method.port);
  auto& socket = acceptor->acceptor;
  socket.open(endpoint.protocol(), error);
  if (!error) socket.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) set_dscp(socket, address.is_v6(), dscp);
  if (!error) socket.bind(endpoint, error);
  if (!error) socket.listen(kBacklog, error);
  if (error) {
    shared->socket_log.err("{}: bind: {}", text.substr(text.find(':') + 1), io_error(error).text());
    return io_error(error);
  }
  const std::uint16_t port = socket.local_endpoint(error).port();
  // Scripts that let the system choose the port read it here.
  if (method.port == 0) {
    shared->socket_log.info("{}:{}: listening on port {}", method.port, address_text(address),
                            port);
  }
  acceptor->accept_next();
  const std::string name =
      fmt::format("{}:{}:{}", text.substr(0, text.find(':')), port, address_text(address));
  return ListenResult(std::make_unique<SocketListener<tcp>>(acceptor, name, port, ""));
}

ListenResult listen_unix(const SharedPtr& shared, const Method& method, AcceptHandler handler) {
  const std::string path = absolute_path(shared->run_directory, method.path);
  if (path.size() > kMaxSocketPath) return IoError{ENAMETOOLONG, ""};
  std::error_code not_there;
  std::filesystem::remove(path, not_there);
  auto acceptor = std::make_shared<Acceptor<Local>>(shared, std::move(handler), std::uint8_t{0});
  auto& socket = acceptor->acceptor;
  asio::error_code error;
  socket.open(Local(), error);
  if (!error) socket.bind(Local::endpoint(path), error);
  // Before listen(), so that nobody connects in between: for owner and group alone.
  using std::filesystem::perms;
  if (!error)
    std::filesystem::permissions(path, perms::owner_all | perms::group_read | perms::group_exec,
                                 error);
  if (!error) socket.listen(kBacklog, error);
  if (error) {
    shared->unix_log.err("{}: binding failed: {}", path, io_error(error).text());
    return io_error(error);
  }
  acceptor->accept_next();
  return ListenResult(std::make_unique<SocketListener<Local>>(acceptor, "punix:" + method.path,
                                                              std::uint16_t{0}, path));
}

// An attempt, held by its callbacks; the handle only says that nobody cares any more.
template <class Protocol>
struct Attempt : std::enable_shared_from_this<Attempt<Protocol>> {
  Attempt(SharedPtr the_shared, std::string the_name, ConnectHandler the_handler,
          std::uint8_t the_dscp)
      : shared(std::move(the_shared)),
        socket(shared->io()),
        resolver(shared->io()),
        name(std::move(the_name)),
        handler(std::move(the_handler)),
        dscp(the_dscp) {}

  void finish(const asio::error_code& error) {
    if (!handler) return;
    const ConnectHandler done = std::exchange(handler, nullptr);
    if (error) return done(io_error(error));
    done(shared->stream(std::move(socket), name, dscp));
  }
  void connect(const typename Protocol::endpoint& endpoint) {
    socket.async_connect(endpoint, [self = this->shared_from_this()](
                                       const asio::error_code& error) { self->finish(error); });
  }
  void fail(IoError error) {
    shared->loop.post([self = this->shared_from_this(), error = std::move(error)] {
      if (!self->handler) return;
      std::exchange(self->handler, nullptr)(error);
    });
  }
  void cancel() {
    handler = nullptr;
    asio::error_code ignored;
    socket.close(ignored);
    resolver.cancel();
  }

  SharedPtr shared;
  typename Protocol::socket socket;
  tcp::resolver resolver;
  std::string name;
  ConnectHandler handler;
  std::uint8_t dscp;
};

template <class Protocol>
class SocketConnecting final : public Connecting {
 public:
  explicit SocketConnecting(std::shared_ptr<Attempt<Protocol>> attempt)
      : attempt_(std::move(attempt)) {}
  ~SocketConnecting() override { attempt_->cancel(); }

 private:
  std::shared_ptr<Attempt<Protocol>> attempt_;
};

void start(const std::shared_ptr<Attempt<Local>>& attempt, const Method& method) {
  const std::string path = absolute_path(attempt->shared->run_directory, method.path);
  if (path.size() > kMaxSocketPath) return attempt->fail(IoError{ENAMETOOLONG, ""});
  attempt->connect(Local::endpoint(path));
}

void start(const std::shared_ptr<Attempt<tcp>>& attempt, const Method& method) {
  asio::error_code error;
  const auto address = asio::ip::make_address(method.host, error);
  if (!error) return attempt->connect(tcp::endpoint(address, method.port));
  attempt->resolver.async_resolve(
      method.host, std::to_string(method.port),
      [attempt](const asio::error_code& failure, const tcp::resolver::results_type& results) {
        if (!attempt->handler) return;
        if (failure || results.empty())
          return attempt->finish(failure ? failure : asio::error::host_not_found);
        attempt->connect(results.begin()->endpoint());
      });
}

template <class Protocol>
std::unique_ptr<Connecting> connect_by(const SharedPtr& shared, std::string_view text,
                                       const Result<Method, IoError>& method, ConnectHandler done,
                                       std::uint8_t dscp) {
  auto attempt =
      std::make_shared<Attempt<Protocol>>(shared, std::string(text), std::move(done), dscp);
  if (!method.ok()) {
    attempt->fail(method.error());
  } else {
    start(attempt, *method);
  }
  return std::make_unique<SocketConnecting<Protocol>>(attempt);
}

// A socket that connects, then peers that agree.
struct TlsConnecting final : Connecting {
  std::unique_ptr<Connecting> stage;
};

std::unique_ptr<Connecting> connect_tls(const SharedPtr& shared, std::string_view text,
                                        const Result<Method, IoError>& method, ConnectHandler done,
                                        std::uint8_t dscp) {
  auto connecting = std::make_unique<TlsConnecting>();
  connecting->stage = connect_by<tcp>(
      shared, text, method,
      [raw = connecting.get(), shared, name = std::string(text),
       done = std::move(done)](Result<std::unique_ptr<Stream>, IoError> stream) {
        if (!stream.ok()) return done(std::move(stream));
        // Ends this function's own stage, which has handed over all that it had.
        raw->stage = shared->tls.connect(std::move(*stream), name, done);
      },
      dscp);
  return connecting;
}

}  // namespace

SystemNetwork::SystemNetwork(Loop& loop, Log& log, std::string run_directory,
                             std::uint16_t default_port)
    : shared_(new Shared{.loop = loop,
                         .socket_log = log.module("socket_util"),
                         .unix_log = log.module("stream_unix"),
                         .run_directory = std::move(run_directory),
                         .default_port = default_port,
                         .tls = Tls(loop, log)}) {}

SystemNetwork::~SystemNetwork() = default;

void SystemNetwork::set_tls(const TlsSettings& settings) {
  shared_->tls.configure(settings);
}

ListenResult SystemNetwork::listen(std::string_view text, AcceptHandler accept, std::uint8_t dscp) {
  OVS_TRY(const Method method, parse_method(text, shared_->default_port));
  switch (method.kind) {
    case MethodKind::PassiveTcp: return listen_tcp(shared_, text, method, std::move(accept), dscp);
    case MethodKind::PassiveUnix: return listen_unix(shared_, method, std::move(accept));
    case MethodKind::PassiveSsl:
      accept = [shared = shared_.get(), accept = std::move(accept)](std::unique_ptr<Stream> plain) {
        if (auto stream = shared->tls.serve(std::move(plain))) accept(std::move(stream));
      };
      return listen_tcp(shared_, text, method, std::move(accept), dscp);
    case MethodKind::Tcp:
    case MethodKind::Ssl:
    case MethodKind::Unix: break;
  }
  return IoError{EAFNOSUPPORT, ""};
}

std::unique_ptr<Connecting> SystemNetwork::connect(std::string_view text, ConnectHandler done,
                                                   std::uint8_t dscp) {
  Result<Method, IoError> method = parse_method(text, shared_->default_port);
  if (!method.ok()) return connect_by<tcp>(shared_, text, method, std::move(done), dscp);
  switch (method->kind) {
    case MethodKind::Unix: return connect_by<Local>(shared_, text, method, std::move(done), dscp);
    case MethodKind::Tcp: break;
    case MethodKind::Ssl: return connect_tls(shared_, text, method, std::move(done), dscp);
    case MethodKind::PassiveTcp:
    case MethodKind::PassiveSsl:
    case MethodKind::PassiveUnix: method = IoError{EAFNOSUPPORT, ""}; break;
  }
  return connect_by<tcp>(shared_, text, method, std::move(done), dscp);
}

}  // namespace ovs::daemon

#include "daemon/device/device_server.h"

#include <array>
#include <asio/buffer.hpp>
#include <atomic>
#include <deque>
#include <filesystem>
#include <map>
#include <set>
#include <vector>

#include "daemon/device/packet_socket.h"
#include "daemon/run/loop_impl.h"
#include "wire/device/frame.h"

namespace ovs::daemon {

using wire::DeviceFrame;
using wire::DeviceFrameKind;

namespace {

constexpr int kBacklog = 64;
constexpr std::uint64_t kAcceptRetryMs = 100;  // after running out of descriptors

using Buffer = std::unique_ptr<std::uint8_t[]>;

Buffer make_buffer(std::size_t size) {
  return std::make_unique_for_overwrite<std::uint8_t[]>(size);
}

IoError io_error(const asio::error_code& error) {
  return IoError{error.value(), ""};
}

// A packet on its way to a client.
struct Outgoing {
  std::array<std::uint8_t, wire::kDeviceFrameHeader> header;
  Buffer payload;
  std::size_t size = 0;
};

}  // namespace

struct DeviceServer::Impl {
  Impl(platform::Device& the_device, Loop& the_loop, Log& the_log, std::string the_path,
       DeviceServerLimits the_limits)
      : device(the_device),
        loop(the_loop),
        log(the_log.module("device")),
        path(std::move(the_path)),
        limits(the_limits),
        acceptor(the_loop.impl().io) {}

  void turn_away(PacketSocket socket, Error why);
  void welcome(const std::shared_ptr<Impl>& self, PacketSocket socket);
  static void accept_next(const std::shared_ptr<Impl>& self);

  platform::Device& device;
  Loop& loop;
  LogModule log;
  LogLimit log_limit{10, 10};
  std::string path;
  DeviceServerLimits limits;
  PacketAcceptor acceptor;
  std::set<std::shared_ptr<Connection>> connections;
  DeviceServerCounts counts;
  unsigned next_name = 0;
};

// One client and its handle. Callbacks and requests hold it; is_open says whether it still counts.
class DeviceServer::Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<Impl> server, PacketSocket socket, platform::OpenDevice handle)
      : server_(std::move(server)),
        socket_(std::move(socket)),
        handle_(std::move(handle)),
        number_(server_->next_name++),
        input_(make_buffer(wire::kMaxDeviceFrame + 1)) {}

  void start();
  void close();

 private:
  class Request;

  void receive();
  void take(std::size_t size);
  void take_request(const DeviceFrame& frame);
  void finish(std::uint32_t id);
  void reply(std::uint32_t id, Result<std::size_t> outcome, Buffer output);
  void flush();
  void wait_to_flush();
  void fail_frame(Error why);

  std::shared_ptr<Impl> server_;
  PacketSocket socket_;
  platform::OpenDevice handle_;
  unsigned number_;
  Buffer input_;
  asio::socket_base::message_flags flags_ = 0;
  std::map<std::uint32_t, std::shared_ptr<Request>> requests_;
  std::deque<Outgoing> queue_;
  bool is_open_ = true;
  bool is_receiving_ = false;
};

// A request with the device. Has its own copy of the input, which a client cannot rewrite, and
// keeps itself until it is completed: its connection may close before.
class DeviceServer::Connection::Request final : public platform::DeviceRequest {
 public:
  Request(std::shared_ptr<Connection> owner, const DeviceFrame& frame, Buffer input, Buffer output)
      : DeviceRequest(platform::DeviceControl(frame.code),
                      Bytes(input.get(), frame.payload.count()),
                      MutableBytes(output.get(), frame.capacity)),
        owner_(std::move(owner)),
        id_(frame.id),
        input_(std::move(input)),
        output_(std::move(output)) {}

  static std::shared_ptr<Request> create(std::shared_ptr<Connection> owner,
                                         const DeviceFrame& frame) {
    Buffer input = make_buffer(frame.payload.count());
    std::copy(frame.payload.begin(), frame.payload.end(), input.get());
    auto request = std::make_shared<Request>(std::move(owner), frame, std::move(input),
                                             make_buffer(frame.capacity));
    request->self_ = request;
    return request;
  }

  void completed(Result<std::size_t> outcome) override {
    std::shared_ptr<Request> self = std::move(self_);
    outcome_ = outcome;
    // Still within submit(): who called that goes on. Otherwise this ends on the loop.
    if (phase_.exchange(Phase::Completed) == Phase::Submitting) return;
    Loop& loop = owner_->server_->loop;
    loop.post([self = std::move(self)] { self->owner_->finish(self->id_); });
  }

  // After submit(): whether the request is done already.
  bool is_done() {
    Phase expected = Phase::Submitting;
    return !phase_.compare_exchange_strong(expected, Phase::Pended);
  }
  Result<std::size_t> outcome() const { return outcome_; }
  Buffer take_output() { return std::move(output_); }

 private:
  enum class Phase : std::uint8_t { Submitting, Pended, Completed };

  std::shared_ptr<Connection> owner_;
  std::uint32_t id_;
  Buffer input_, output_;
  Result<std::size_t> outcome_ = Error::Io;
  std::atomic<Phase> phase_{Phase::Submitting};
  std::shared_ptr<Request> self_;
};

void DeviceServer::Connection::start() {
  reply(0, std::size_t{0}, nullptr);  // as CREATE is answered
  receive();
}

// A client that does not take its replies is not read from: what it can queue is limited so.
void DeviceServer::Connection::receive() {
  if (!is_open_ || is_receiving_ || !queue_.empty()) return;
  is_receiving_ = true;
  socket_.async_receive(
      asio::buffer(input_.get(), wire::kMaxDeviceFrame + 1), flags_, flags_,
      [self = shared_from_this()](const asio::error_code& error, std::size_t size) {
        self->is_receiving_ = false;
        if (!self->is_open_) return;
        if (error || size == 0) return self->close();
        self->take(size);
        self->receive();
      });
}

void DeviceServer::Connection::take(std::size_t size) {
  const auto frame = wire::parse_device_frame(Bytes(input_.get(), size));
  if (!frame) return fail_frame(frame.error());
  switch (frame->kind) {
    case DeviceFrameKind::Request: take_request(*frame); break;
    case DeviceFrameKind::Cancel: {
      ++server_->counts.cancels;
      const auto found = requests_.find(frame->id);
      if (found != requests_.end()) handle_->cancel(*found->second);
      break;
    }
    case DeviceFrameKind::Reply: return fail_frame(Error::Invalid);
  }
}

void DeviceServer::Connection::take_request(const DeviceFrame& frame) {
  if (requests_.count(frame.id) != 0) return fail_frame(Error::Exists);
  ++server_->counts.requests;
  if (requests_.size() >= server_->limits.outstanding) {
    ++server_->counts.refused;
    return reply(frame.id, Error::Full, nullptr);
  }
  const std::shared_ptr<Request> request = Request::create(shared_from_this(), frame);
  requests_.emplace(frame.id, request);
  handle_->submit(*request);
  if (request->is_done()) finish(frame.id);
}

void DeviceServer::Connection::finish(std::uint32_t id) {
  const auto found = requests_.find(id);
  if (found == requests_.end()) return;
  const std::shared_ptr<Request> request = std::move(found->second);
  requests_.erase(found);
  if (is_open_) reply(id, request->outcome(), request->take_output());
}

void DeviceServer::Connection::reply(std::uint32_t id, Result<std::size_t> outcome, Buffer output) {
  DeviceFrame frame;
  frame.kind = DeviceFrameKind::Reply;
  frame.id = id;
  if (outcome) {
    frame.payload = Bytes(output.get(), *outcome);
  } else {
    frame.failure = outcome.error();
  }
  Outgoing packet;
  wire::put_device_frame_header(packet.header, frame);
  packet.size = frame.payload.count();
  packet.payload = std::move(output);
  queue_.push_back(std::move(packet));
  if (queue_.size() == 1) flush();
}

void DeviceServer::Connection::flush() {
  while (!queue_.empty()) {
    const Outgoing& packet = queue_.front();
    const std::array<asio::const_buffer, 2> parts = {
        asio::buffer(packet.header), asio::buffer(packet.payload.get(), packet.size)};
    asio::error_code error;
    socket_.send(parts, 0, error);
    // A packet goes whole or not at all, so the next try is the same.
    if (error == asio::error::would_block) return wait_to_flush();
    if (error) return close();
    queue_.pop_front();
  }
}

void DeviceServer::Connection::wait_to_flush() {
  socket_.async_wait(PacketSocket::wait_write,
                     [self = shared_from_this()](const asio::error_code& error) {
                       if (!self->is_open_) return;
                       if (error) return self->close();
                       self->flush();
                       self->receive();
                     });
}

void DeviceServer::Connection::fail_frame(Error why) {
  ++server_->counts.bad_frames;
  server_->log.warn(server_->log_limit, "{}#{}: bad frame ({}), closing the connection",
                    server_->path, number_, error_name(why));
  close();
}

void DeviceServer::Connection::close() {
  if (!is_open_) return;
  is_open_ = false;
  const auto self = shared_from_this();
  server_->counts.vanished += requests_.size();
  handle_ = platform::OpenDevice();  // cancels what is pended
  requests_.clear();
  queue_.clear();
  asio::error_code ignored;
  socket_.close(ignored);
  server_->connections.erase(self);
}

void DeviceServer::Impl::turn_away(PacketSocket socket, Error why) {
  ++counts.turned_away;
  log.warn(log_limit, "{}: a connection is turned away ({})", path, error_name(why));
  DeviceFrame frame;
  frame.kind = DeviceFrameKind::Reply;
  frame.failure = why;
  std::uint8_t header[wire::kDeviceFrameHeader];
  wire::put_device_frame_header(header, frame);
  asio::error_code ignored;  // the closing tells enough
  socket.send(asio::buffer(header), 0, ignored);
}

void DeviceServer::Impl::welcome(const std::shared_ptr<Impl>& self, PacketSocket socket) {
  asio::error_code ignored;
  socket.non_blocking(true, ignored);
  if (connections.size() >= limits.connections) return turn_away(std::move(socket), Error::Full);
  auto handle = device.open();
  if (!handle) return turn_away(std::move(socket), handle.error());
  ++counts.accepted;
  const auto connection =
      std::make_shared<Connection>(self, std::move(socket), std::move(handle).value());
  connections.insert(connection);
  connection->start();
}

void DeviceServer::Impl::accept_next(const std::shared_ptr<Impl>& self) {
  self->acceptor.async_accept([self](const asio::error_code& error, PacketSocket socket) {
    if (!self->acceptor.is_open()) return;
    if (!error) {
      self->welcome(self, std::move(socket));
      return accept_next(self);
    }
    self->log.warn(self->log_limit, "{}: accept: {}", self->path, io_error(error).text());
    self->loop.after_real_ms(kAcceptRetryMs, [self] {
      if (self->acceptor.is_open()) accept_next(self);
    });
  });
}

DeviceServer::DeviceServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<DeviceServer>, IoError> DeviceServer::listen(platform::Device& device,
                                                                    Loop& loop, Log& log,
                                                                    std::string path,
                                                                    DeviceServerLimits limits) {
  if (path.size() > kMaxPacketSocketPath) return IoError{ENAMETOOLONG, ""};
  std::error_code not_there;
  std::filesystem::remove(path, not_there);
  auto impl = std::make_shared<Impl>(device, loop, log, path, limits);
  const auto endpoint = packet_endpoint(path);
  asio::error_code error;
  impl->acceptor.open(endpoint.protocol(), error);
  if (!error) impl->acceptor.bind(endpoint, error);
  using std::filesystem::perms;
  if (!error) {
    std::filesystem::permissions(path, perms::owner_all | perms::group_read | perms::group_write,
                                 error);
  }
  if (!error) impl->acceptor.listen(kBacklog, error);
  if (error) return io_error(error);
  Impl::accept_next(impl);
  return std::unique_ptr<DeviceServer>(new DeviceServer(std::move(impl)));
}

DeviceServer::~DeviceServer() {
  asio::error_code ignored;
  impl_->acceptor.close(ignored);
  while (!impl_->connections.empty()) {
    const std::shared_ptr<Connection> connection = *impl_->connections.begin();
    connection->close();
  }
  std::error_code not_there;
  std::filesystem::remove(impl_->path, not_there);
}

const DeviceServerCounts& DeviceServer::counts() const {
  return impl_->counts;
}

unsigned DeviceServer::connection_count() const {
  return unsigned(impl_->connections.size());
}

}  // namespace ovs::daemon

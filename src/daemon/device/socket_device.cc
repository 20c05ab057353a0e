#include "daemon/device/socket_device.h"

#include <algorithm>
#include <array>
#include <asio/buffer.hpp>
#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "daemon/device/packet_socket.h"
#include "wire/device/frame.h"

namespace ovs::daemon {

using platform::DeviceControl;
using platform::DeviceRequest;
using wire::DeviceFrame;
using wire::DeviceFrameKind;

namespace {

constexpr std::uint32_t kOpenId = 0;  // what the greeting answers

// A request whose caller waits for it.
class WaitingRequest final : public DeviceRequest {
 public:
  using DeviceRequest::DeviceRequest;

  void completed(Result<std::size_t> outcome) override {
    const std::lock_guard lock(mutex_);
    outcome_ = outcome;
    is_done_ = true;
    changed_.notify_all();
  }
  bool wait_ms(std::uint32_t timeout_ms) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::milliseconds(timeout_ms),
                             [this] { return is_done_; });
  }
  Result<std::size_t> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_done_; });
    return outcome_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_done_ = false;
  Result<std::size_t> outcome_ = Error::Io;
};

Error connect_error(const asio::error_code& error) {
  if (error == asio::error::connection_refused || error.value() == ENOENT) return Error::NotFound;
  if (error == asio::error::access_denied) return Error::Denied;
  return Error::Io;
}

DeviceFrame cancel_frame(std::uint32_t id) {
  DeviceFrame frame;
  frame.kind = DeviceFrameKind::Cancel;
  frame.id = id;
  return frame;
}

DeviceFrame request_frame(const DeviceRequest& request) {
  DeviceFrame frame;
  frame.code = std::uint32_t(request.code());
  frame.capacity =
      std::uint32_t(std::min<std::size_t>(request.output().count(), wire::kMaxDevicePayload));
  frame.payload = request.input();
  return frame;
}

}  // namespace

struct SocketDevice::Impl {
  Impl(std::string the_path, SocketDeviceTimes the_times)
      : path(std::move(the_path)), times(the_times), reader([this] { io.run(); }) {}
  ~Impl() {
    work.reset();
    reader.join();
  }

  std::string path;
  SocketDeviceTimes times;
  asio::io_context io{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
  std::thread reader;  // last: it uses the rest
};

class SocketDevice::Handle final : public platform::DeviceHandle,
                                   public std::enable_shared_from_this<Handle> {
 public:
  explicit Handle(Impl& device) : device_(device), socket_(device.io) {}

  Result<void> start();

  Result<std::size_t> control(DeviceControl code, Bytes input, MutableBytes output) override;
  void submit(DeviceRequest& request) override;
  void cancel(DeviceRequest& request) override;
  void close() override;

 private:
  using Requests = std::map<std::uint32_t, DeviceRequest*>;

  std::uint32_t add(DeviceRequest& request);
  void send(const DeviceFrame& frame);
  bool forget(std::uint32_t id);
  void receive();
  bool take(std::size_t size);
  void end(Error why);
  void wait_for_completions();

  Impl& device_;
  PacketSocket socket_;
  asio::socket_base::message_flags flags_ = 0;
  std::unique_ptr<std::uint8_t[]> input_ =
      std::make_unique_for_overwrite<std::uint8_t[]>(wire::kMaxDeviceFrame + 1);
  std::mutex sending_;  // one packet at a time; never taken by the reader
  std::mutex mutex_;
  std::condition_variable changed_;
  Requests requests_;
  Maybe<Error> over_;        // why no request can be made any more
  unsigned completing_ = 0;  // requests that are out of requests_ and not yet told so
  std::uint32_t next_id_ = kOpenId + 1;
  std::shared_ptr<Handle> self_;  // until close()
};

// Connected, and greeted.
Result<void> SocketDevice::Handle::start() {
  if (device_.path.size() > kMaxPacketSocketPath) return Error::Range;
  asio::error_code error;
  socket_.connect(packet_endpoint(device_.path), error);
  if (error) return connect_error(error);
  // At once, so that the socket's flags do not change while two threads use it.
  socket_.native_non_blocking(true, error);
  self_ = shared_from_this();
  WaitingRequest greeting(DeviceControl{}, Bytes(), MutableBytes());
  requests_.emplace(kOpenId, &greeting);
  asio::post(device_.io, [self = self_] { self->receive(); });
  const bool in_time = greeting.wait_ms(device_.times.open_ms);
  if (!in_time && forget(kOpenId)) return Error::TimedOut;
  OVS_TRY(greeting.wait());
  return kOk;
}

std::uint32_t SocketDevice::Handle::add(DeviceRequest& request) {
  const std::lock_guard lock(mutex_);
  if (over_) return kOpenId;
  while (next_id_ == kOpenId || requests_.count(next_id_) != 0) ++next_id_;
  requests_.emplace(next_id_, &request);
  return next_id_++;
}

// What cannot be sent has no reply: the reader finds the connection closed, and ends all.
void SocketDevice::Handle::send(const DeviceFrame& frame) {
  std::array<std::uint8_t, wire::kDeviceFrameHeader> header;
  wire::put_device_frame_header(header, frame);
  const std::array<asio::const_buffer, 2> parts = {
      asio::buffer(header), asio::buffer(frame.payload.data(), frame.payload.count())};
  const std::lock_guard lock(sending_);
  asio::error_code error;
  socket_.send(parts, 0, error);
  if (error) socket_.shutdown(PacketSocket::shutdown_both, error);
}

// True: `id` was outstanding, and its request will not be completed any more.
bool SocketDevice::Handle::forget(std::uint32_t id) {
  const std::lock_guard lock(mutex_);
  return requests_.erase(id) != 0;
}

Result<std::size_t> SocketDevice::Handle::control(DeviceControl code, Bytes input,
                                                  MutableBytes output) {
  if (input.count() > wire::kMaxDevicePayload) return Error::Range;
  WaitingRequest request(code, input, output);
  DeviceFrame frame = request_frame(request);
  frame.id = add(request);
  if (frame.id == kOpenId) return Error::Closed;
  send(frame);
  const bool in_time = request.wait_ms(device_.times.control_ms);
  if (!in_time && forget(frame.id)) {
    send(cancel_frame(frame.id));
    return Error::TimedOut;
  }
  return request.wait();
}

void SocketDevice::Handle::submit(DeviceRequest& request) {
  if (request.input().count() > wire::kMaxDevicePayload) return request.completed(Error::Range);
  // Once it is outstanding it may complete, and be gone, at any time: nothing of it is used then.
  const std::vector<std::uint8_t> input(request.input().begin(), request.input().end());
  DeviceFrame frame = request_frame(request);
  frame.payload = input;
  frame.id = add(request);
  if (frame.id == kOpenId) return request.completed(Error::Closed);
  send(frame);
}

void SocketDevice::Handle::cancel(DeviceRequest& request) {
  std::uint32_t id = kOpenId;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [number, outstanding] : requests_) {
      if (outstanding == &request) id = number;
    }
  }
  if (id != kOpenId) send(cancel_frame(id));
}

void SocketDevice::Handle::receive() {
  socket_.async_receive(
      asio::buffer(input_.get(), wire::kMaxDeviceFrame + 1), flags_, flags_,
      [self = shared_from_this()](const asio::error_code& error, std::size_t size) {
        if (error || size == 0) return self->end(Error::Closed);
        if (!self->take(size)) return self->end(Error::Malformed);
        self->receive();
      });
}

bool SocketDevice::Handle::take(std::size_t size) {
  const auto frame = wire::parse_device_frame(Bytes(input_.get(), size));
  if (!frame || frame->kind != DeviceFrameKind::Reply) return false;
  std::unique_lock lock(mutex_);
  const auto found = requests_.find(frame->id);
  if (found == requests_.end()) return true;  // its caller has stopped waiting
  DeviceRequest& request = *found->second;
  if (frame->payload.count() > request.output().count()) return false;
  requests_.erase(found);
  ++completing_;
  lock.unlock();
  std::copy(frame->payload.begin(), frame->payload.end(), request.output().begin());
  if (frame->failure) {
    request.completed(*frame->failure);
  } else {
    request.completed(frame->payload.count());
  }
  lock.lock();
  --completing_;
  changed_.notify_all();
  return true;
}

// Ends whatever is outstanding, for one reason; later requests end at once.
void SocketDevice::Handle::end(Error why) {
  Requests requests;
  {
    const std::lock_guard lock(mutex_);
    if (!over_) over_ = why;
    requests.swap(requests_);
    completing_ += unsigned(requests.size());
  }
  asio::error_code ignored;
  socket_.shutdown(PacketSocket::shutdown_both, ignored);
  for (const auto& [id, request] : requests) request->completed(why);
  const std::lock_guard lock(mutex_);
  completing_ -= unsigned(requests.size());
  changed_.notify_all();
}

// Nobody is told of an outcome once this has returned, unless it runs within such a telling.
void SocketDevice::Handle::wait_for_completions() {
  if (std::this_thread::get_id() == device_.reader.get_id()) return;
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return completing_ == 0; });
}

void SocketDevice::Handle::close() {
  end(Error::Cancelled);
  wait_for_completions();
  const std::shared_ptr<Handle> last = std::move(self_);  // the reader may still hold it
}

SocketDevice::SocketDevice(std::string path, SocketDeviceTimes times)
    : impl_(std::make_unique<Impl>(std::move(path), times)) {}

SocketDevice::~SocketDevice() = default;

const std::string& SocketDevice::path() const {
  return impl_->path;
}

Result<platform::OpenDevice> SocketDevice::open() {
  const auto handle = std::make_shared<Handle>(*impl_);
  const auto started = handle->start();
  if (started) return platform::OpenDevice(handle.get());
  handle->close();
  return started.error();
}

}  // namespace ovs::daemon

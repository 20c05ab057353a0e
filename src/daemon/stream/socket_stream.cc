// Reading and writing of sockets: waits for readiness, then one bulk read, or gathered writes until
// the system takes no more. The handle (SocketStream) and the state that callbacks hold (Core) are
// apart, so that the one may die first.
#include "daemon/stream/socket_stream.h"

#include <algorithm>
#include <asio/post.hpp>
#include <asio/write.hpp>

#include "daemon/stream/write_queue.h"

namespace ovs::daemon {
namespace {

// What one gathered write takes; a buffer sequence as Asio understands it.
struct Gather {
  static constexpr std::size_t kMax = 64;
  asio::const_buffer buffers[kMax];
  std::size_t count = 0;

  const asio::const_buffer* begin() const { return buffers; }
  const asio::const_buffer* end() const { return buffers + count; }
};

struct Core : std::enable_shared_from_this<Core> {
  Core(Socket the_socket, std::string the_name, ReadBuffer the_buffer)
      : socket(std::move(the_socket)), name(std::move(the_name)), buffer(std::move(the_buffer)) {}

  void want_read();
  void read();
  void want_flush();
  void flush();
  bool write_some();
  void fail(const asio::error_code& error);
  void abandon();

  Socket socket;
  std::string name;
  ReadBuffer buffer;
  Stream::Handlers handlers;
  StreamCounters counters;
  WriteQueue queue;
  bool is_closed = false;
  bool is_reading = false;  // wanted
  bool waits_to_read = false;
  bool waits_to_write = false;  // or a flush is posted
};

void Core::want_read() {
  if (waits_to_read || is_closed || !is_reading) return;
  waits_to_read = true;
  socket.async_wait(Socket::wait_read, [self = shared_from_this()](const asio::error_code& error) {
    self->waits_to_read = false;
    if (error || self->is_closed || !self->is_reading) return;
    self->read();
  });
}

void Core::read() {
  asio::error_code error;
  const std::size_t count = socket.read_some(asio::buffer(buffer->data(), buffer->size()), error);
  if (error == asio::error::would_block || error == asio::error::try_again) return want_read();
  if (error) return fail(error);
  counters.read_bytes += count;
  // A copy of the function would be safe too, but costs; Core lives, and abandon() only marks.
  if (handlers.on_read) handlers.on_read(std::string_view(buffer->data(), count));
  want_read();
}

void Core::want_flush() {
  if (waits_to_write || is_closed) return;
  waits_to_write = true;
  asio::post(socket.get_executor(), [self = shared_from_this()] {
    self->waits_to_write = false;
    if (!self->is_closed) self->flush();
  });
}

void Core::flush() {
  while (!queue.empty()) {
    if (!write_some()) return;
  }
  if (handlers.on_drained) handlers.on_drained();
}

// One gathered write. False if there will be no more for now.
bool Core::write_some() {
  Gather gather;
  gather.count = std::min(Gather::kMax, queue.block_count());
  for (std::size_t i = 0; i < gather.count; ++i) {
    const std::string_view block = queue.block(i);
    gather.buffers[i] = asio::const_buffer(block.data(), block.size());
  }
  asio::error_code error;
  const std::size_t count = socket.write_some(gather, error);
  if (error == asio::error::would_block || error == asio::error::try_again) {
    waits_to_write = true;
    socket.async_wait(Socket::wait_write, [self = shared_from_this()](const asio::error_code& e) {
      self->waits_to_write = false;
      if (!e && !self->is_closed) self->flush();
    });
    return false;
  }
  if (error) {
    fail(error);
    return false;
  }
  counters.written_bytes += count;
  queue.pop(count);
  return true;
}

void Core::fail(const asio::error_code& error) {
  is_closed = true;
  asio::error_code ignored;
  socket.close(ignored);
  const int number = error == asio::error::eof ? IoError::kEndOfFile : error.value();
  const auto on_close = std::move(handlers.on_close);
  if (on_close) on_close(IoError{number, ""});
}

// The owner has gone: what the system takes at once still goes out, nothing is called any more.
void Core::abandon() {
  if (!is_closed && !queue.empty()) {
    handlers.on_close = nullptr;
    while (!queue.empty() && write_some()) {
    }
  }
  is_closed = true;
  asio::error_code ignored;
  socket.close(ignored);
}

class SocketStream final : public Stream {
 public:
  explicit SocketStream(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  ~SocketStream() override { core_->abandon(); }

  void start(Handlers handlers) override {
    core_->handlers = std::move(handlers);
    set_reading(Reading::Active);
  }
  void set_reading(Reading reading) override {
    core_->is_reading = reading == Reading::Active;
    core_->want_read();
  }
  void write(std::string bytes) override {
    core_->queue.push(std::move(bytes));
    core_->want_flush();
  }
  void write(SharedBytes bytes) override {
    core_->queue.push(std::move(bytes));
    core_->want_flush();
  }
  std::size_t queued_bytes() const override { return core_->queue.size(); }
  const StreamCounters& counters() const override { return core_->counters; }
  const std::string& name() const override { return core_->name; }

 private:
  std::shared_ptr<Core> core_;
};

}  // namespace

std::unique_ptr<Stream> make_socket_stream(Socket socket, std::string name, ReadBuffer buffer) {
  asio::error_code ignored;
  socket.non_blocking(true, ignored);
  return std::make_unique<SocketStream>(
      std::make_shared<Core>(std::move(socket), std::move(name), std::move(buffer)));
}

}  // namespace ovs::daemon

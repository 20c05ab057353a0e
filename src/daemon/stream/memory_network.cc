// Two ends joined in memory. Bytes travel by one turn of the loop, so that order and reentrancy are
// as with sockets.
#include "daemon/stream/memory_network.h"

#include <cerrno>
#include <map>
#include <vector>

#include "daemon/stream/write_queue.h"

namespace ovs::daemon {
namespace {

std::string address_of(std::string_view method) {
  const std::size_t colon = method.find(':');
  return std::string(method.substr(colon == method.npos ? 0 : colon + 1));
}

struct End;

}  // namespace

struct MemoryNetwork::Shared {
  Loop& loop;
  std::map<std::string, std::weak_ptr<AcceptHandler>> listeners;
  std::vector<std::weak_ptr<End>> ends;
  Cable cable = Cable::Mended;
  unsigned accepted = 0;
};

namespace {

using SharedPtr = std::shared_ptr<MemoryNetwork::Shared>;

struct End : std::enable_shared_from_this<End> {
  End(SharedPtr the_shared, std::string the_name)
      : shared(std::move(the_shared)), name(std::move(the_name)) {}

  void want_delivery() {
    if (is_posted) return;
    is_posted = true;
    shared->loop.post([self = shared_from_this()] { self->deliver(); });
  }
  // Moves what this end has written to the other's reader.
  void deliver() {
    is_posted = false;
    const std::shared_ptr<End> other = peer.lock();
    if (is_closed || shared->cable == MemoryNetwork::Cable::Cut) return;
    if (!other || other->is_closed) return close(IoError{IoError::kEndOfFile, ""});
    bool moved = false;
    while (!queue.empty() && other->is_reading && !other->is_closed) {
      const std::string bytes(queue.block(0));
      queue.pop(bytes.size());
      counters.written_bytes += bytes.size();
      other->counters.read_bytes += bytes.size();
      moved = true;
      if (other->handlers.on_read) other->handlers.on_read(bytes);
    }
    if (moved && !is_closed && !is_abandoned && queue.empty() && handlers.on_drained)
      handlers.on_drained();
  }
  void close(IoError error) {
    if (is_closed) return;
    is_closed = true;
    const auto on_close = std::move(handlers.on_close);
    if (!is_abandoned && on_close) on_close(error);
  }

  SharedPtr shared;
  std::string name;
  std::weak_ptr<End> peer;
  Stream::Handlers handlers;
  StreamCounters counters;
  WriteQueue queue;
  bool is_reading = false;
  bool is_closed = false;
  bool is_posted = false;
  bool is_abandoned = false;  // its Stream has gone; the handlers go with the next turn
};

class MemoryStream final : public Stream {
 public:
  explicit MemoryStream(std::shared_ptr<End> end) : end_(std::move(end)) {}
  ~MemoryStream() override {
    end_->shared->loop.post([end = end_] {
      end->handlers = {};
      end->deliver();  // what was written before
      end->is_closed = true;
      if (const auto peer = end->peer.lock()) peer->want_delivery();
    });
    end_->is_abandoned = true;
    end_->is_reading = false;
  }
  void start(Handlers handlers) override {
    end_->handlers = std::move(handlers);
    set_reading(Reading::Active);
  }
  void set_reading(Reading reading) override {
    end_->is_reading = reading == Reading::Active;
    if (const auto peer = end_->peer.lock()) peer->want_delivery();
  }
  void write(std::string bytes) override {
    end_->queue.push(std::move(bytes));
    end_->want_delivery();
  }
  void write(SharedBytes bytes) override {
    end_->queue.push(std::move(bytes));
    end_->want_delivery();
  }
  std::size_t queued_bytes() const override { return end_->queue.size(); }
  const StreamCounters& counters() const override { return end_->counters; }
  const std::string& name() const override { return end_->name; }

 private:
  std::shared_ptr<End> end_;
};

class MemoryListener final : public Listener {
 public:
  MemoryListener(SharedPtr shared, std::string name, std::shared_ptr<AcceptHandler> handler)
      : shared_(std::move(shared)), name_(std::move(name)), handler_(std::move(handler)) {}
  ~MemoryListener() override { shared_->listeners.erase(address_of(name_)); }
  const std::string& name() const override { return name_; }
  std::uint16_t port() const override { return 0; }

 private:
  SharedPtr shared_;
  std::string name_;
  std::shared_ptr<AcceptHandler> handler_;
};

struct MemoryAttempt final : Connecting {
  explicit MemoryAttempt(std::shared_ptr<ConnectHandler> the_handler)
      : handler(std::move(the_handler)) {}
  ~MemoryAttempt() override { *handler = nullptr; }
  std::shared_ptr<ConnectHandler> handler;
};

void make_connection(const SharedPtr& shared, const std::string& method, ConnectHandler& done) {
  const auto found = shared->listeners.find(address_of(method));
  const auto accept = found == shared->listeners.end() ? nullptr : found->second.lock();
  if (!accept) return std::exchange(done, nullptr)(IoError{ECONNREFUSED, ""});
  auto near = std::make_shared<End>(shared, method);
  auto far = std::make_shared<End>(shared, "memory#" + std::to_string(shared->accepted++));
  near->peer = far;
  far->peer = near;
  shared->ends.push_back(near);
  shared->ends.push_back(far);
  (*accept)(std::make_unique<MemoryStream>(far));
  std::unique_ptr<Stream> stream = std::make_unique<MemoryStream>(near);
  if (done) std::exchange(done, nullptr)(std::move(stream));
}

}  // namespace

MemoryNetwork::MemoryNetwork(Loop& loop)
    : shared_(new Shared{.loop = loop, .listeners = {}, .ends = {}}) {}
MemoryNetwork::~MemoryNetwork() = default;

Result<std::unique_ptr<Listener>, IoError> MemoryNetwork::listen(std::string_view method,
                                                                 AcceptHandler accept,
                                                                 std::uint8_t) {
  if (!is_passive_method(method)) return IoError{EAFNOSUPPORT, ""};
  std::weak_ptr<AcceptHandler>& slot = shared_->listeners[address_of(method)];
  if (!slot.expired()) return IoError{EADDRINUSE, ""};
  auto handler = std::make_shared<AcceptHandler>(std::move(accept));
  slot = handler;
  std::unique_ptr<Listener> listener =
      std::make_unique<MemoryListener>(shared_, std::string(method), std::move(handler));
  return listener;
}

std::unique_ptr<Connecting> MemoryNetwork::connect(std::string_view method, ConnectHandler done,
                                                   std::uint8_t) {
  auto handler = std::make_shared<ConnectHandler>(std::move(done));
  shared_->loop.post([shared = shared_, handler, name = std::string(method)] {
    if (!*handler || shared->cable == Cable::Cut) return;
    if (!is_active_method(name)) return std::exchange(*handler, nullptr)(IoError{EAFNOSUPPORT, ""});
    make_connection(shared, name, *handler);
  });
  return std::make_unique<MemoryAttempt>(std::move(handler));
}

void MemoryNetwork::set_cable(Cable cable) {
  shared_->cable = cable;
  if (cable == Cable::Cut) return;
  for (const auto& weak : shared_->ends) {
    if (const auto end = weak.lock()) end->want_delivery();
  }
}

void MemoryNetwork::reset_streams() {
  const auto ends = std::exchange(shared_->ends, {});
  for (const auto& weak : ends) {
    shared_->loop.post([weak] {
      if (const auto end = weak.lock()) end->close(IoError{ECONNRESET, ""});
    });
  }
}

}  // namespace ovs::daemon

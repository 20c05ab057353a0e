// A device behind a socket, over real sockets and threads: the server has a loop in a thread of its
// own, as in another process.
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <vector>

#include "daemon/device/device_server.h"
#include "daemon/device/socket_device.h"
#include "daemon/log/memory_log_output.h"
#include "platform/fake/virtual_clock.h"
#include "wire/device/frame.h"

namespace ovs::daemon {
namespace {

using platform::DeviceControl;
using platform::DeviceRequest;
using platform::OpenDevice;
using ByteVector = std::vector<std::uint8_t>;

// Transact answers with its input turned round; Read with as many bytes as there is room for;
// Write pends, one request a handle, until wake().
class FakeDevice final : public platform::Device {
 public:
  Result<OpenDevice> open() override {
    const std::lock_guard lock(mutex_);
    if (handles_.size() >= max_handles) return Error::Full;
    auto* handle = new Handle(*this);
    handles_.insert(handle);
    ++opened;
    return OpenDevice(handle);
  }
  // Completes what is pended, from the caller's thread.
  void wake() {
    std::vector<DeviceRequest*> pended;
    {
      const std::lock_guard lock(mutex_);
      for (Handle* handle : handles_) {
        if (handle->pended != nullptr) pended.push_back(std::exchange(handle->pended, nullptr));
      }
    }
    const std::lock_guard lock(waking_);
    for (DeviceRequest* request : pended) request->completed(std::size_t{0});
  }
  std::size_t pended_count() {
    const std::lock_guard lock(mutex_);
    return std::size_t(std::count_if(handles_.begin(), handles_.end(),
                                     [](Handle* handle) { return handle->pended != nullptr; }));
  }
  std::size_t handle_count() {
    const std::lock_guard lock(mutex_);
    return handles_.size();
  }

  std::size_t max_handles = 1000;
  std::atomic<unsigned> opened{0};

 private:
  class Handle final : public platform::DeviceHandle {
   public:
    explicit Handle(FakeDevice& device) : device_(device) {}

    Result<std::size_t> control(DeviceControl code, Bytes input, MutableBytes output) override {
      if (code == DeviceControl::Transact) {
        if (input.count() > output.count()) return Error::NoSpace;
        std::reverse_copy(input.begin(), input.end(), output.begin());
        return input.count();
      }
      if (code != DeviceControl::Read) return Error::Unsupported;
      std::fill(output.begin(), output.end(), std::uint8_t{0x5a});
      return output.count();
    }
    void submit(DeviceRequest& request) override {
      if (request.code() != DeviceControl::Write) {
        return request.completed(control(request.code(), request.input(), request.output()));
      }
      {
        const std::lock_guard lock(device_.mutex_);
        if (pended == nullptr) {
          pended = &request;
          return;
        }
      }
      request.completed(Error::Busy);
    }
    void cancel(DeviceRequest& request) override {
      {
        const std::lock_guard lock(device_.mutex_);
        if (pended != &request) return;
        pended = nullptr;
      }
      request.completed(Error::Cancelled);
    }
    void close() override {
      DeviceRequest* request = nullptr;
      {
        const std::lock_guard lock(device_.mutex_);
        request = std::exchange(pended, nullptr);
        device_.handles_.erase(this);
      }
      if (request != nullptr) request->completed(Error::Cancelled);
      const std::lock_guard wait_for_wake(device_.waking_);
      delete this;
    }

    DeviceRequest* pended = nullptr;

   private:
    FakeDevice& device_;
  };

  std::mutex mutex_, waking_;
  std::set<Handle*> handles_;
};

class TestRequest final : public DeviceRequest {
 public:
  explicit TestRequest(DeviceControl code = DeviceControl::Write)
      : DeviceRequest(code, Bytes(), MutableBytes()) {}

  void completed(Result<std::size_t> outcome) override {
    const std::lock_guard lock(mutex_);
    ++times_;
    outcome_ = outcome;
    changed_.notify_all();
  }
  Result<std::size_t> wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return times_ != 0; });
    return outcome_;
  }
  unsigned times() {
    const std::lock_guard lock(mutex_);
    return times_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  unsigned times_ = 0;
  Result<std::size_t> outcome_ = Error::Io;
};

bool eventually(const std::function<bool()>& holds) {
  for (unsigned i = 0; i < 5000 && !holds(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return holds();
}

std::string socket_path() {
  static std::atomic<unsigned> next{0};
  const auto name = "ovs-device-" + std::to_string(getpid()) + "-" + std::to_string(next++);
  return (std::filesystem::temp_directory_path() / name).string();
}

// The other process.
class Host {
 public:
  explicit Host(FakeDevice& device, std::string path, DeviceServerLimits limits = {})
      : log_(clock_, output_, "host", 1) {
    auto server = DeviceServer::listen(device, loop_, log_, std::move(path), limits);
    REQUIRE(server.ok());
    server_ = std::move(server).value();
    thread_ = std::thread([this] { loop_.run(); });
  }
  ~Host() {
    loop_.post([this] {
      server_.reset();
      loop_.stop();
    });
    thread_.join();
  }

  DeviceServerCounts counts() {
    return ask<DeviceServerCounts>([this] { return server_->counts(); });
  }
  unsigned connection_count() {
    return ask<unsigned>([this] { return server_->connection_count(); });
  }
  std::string log() {
    return ask<std::string>([this] { return output_.console; });
  }
  // Answers nobody until end() is called.
  class Pause {
   public:
    explicit Pause(Host& host) {
      host.loop_.post([state = state_] {
        std::unique_lock lock(state->mutex);
        state->changed.wait(lock, [&] { return state->is_over; });
      });
    }
    void end() {
      const std::lock_guard lock(state_->mutex);
      state_->is_over = true;
      state_->changed.notify_all();
    }

   private:
    struct State {
      std::mutex mutex;
      std::condition_variable changed;
      bool is_over = false;
    };
    std::shared_ptr<State> state_ = std::make_shared<State>();
  };

 private:
  template <class T>
  T ask(std::function<T()> question) {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<T> answer;
    loop_.post([&] {
      T value = question();
      const std::lock_guard lock(mutex);
      answer = std::move(value);
      changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return answer.has_value(); });
    return *answer;
  }

  platform::VirtualClock clock_;
  Loop loop_{clock_};
  MemoryLogOutput output_;
  Log log_;
  std::unique_ptr<DeviceServer> server_;
  std::thread thread_;
};

struct Fixture {
  FakeDevice device;
  std::string path = socket_path();
  std::optional<Host> host{std::in_place, device, path};
  SocketDevice client{path, {.open_ms = 5000, .control_ms = 5000}};

  OpenDevice open() {
    auto handle = client.open();
    REQUIRE(handle.ok());
    return std::move(handle).value();
  }
};

Result<ByteVector> transact(OpenDevice& handle, ByteVector input, std::size_t room) {
  ByteVector output(room);
  OVS_TRY(const std::size_t size, handle->control(DeviceControl::Transact, input, output));
  output.resize(size);
  return output;
}

Error failure(const Result<std::size_t>& outcome) {
  REQUIRE(!outcome.ok());
  return outcome.error();
}

// A client that sends what it likes.
class RawClient {
 public:
  explicit RawClient(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    REQUIRE(connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(receive().size() == wire::kDeviceFrameHeader);  // the greeting
  }
  ~RawClient() { ::close(socket_); }

  void send(const ByteVector& packet) {
    REQUIRE(::send(socket_, packet.data(), packet.size(), MSG_NOSIGNAL) == ssize_t(packet.size()));
  }
  // Empty: the server has closed.
  ByteVector receive() {
    ByteVector packet(4096);
    const ssize_t size = recv(socket_, packet.data(), packet.size(), 0);
    packet.resize(size > 0 ? std::size_t(size) : 0);
    return packet;
  }

 private:
  int socket_ = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
};

ByteVector packet_of(wire::DeviceFrame frame) {
  ByteVector packet(wire::kDeviceFrameHeader);
  wire::put_device_frame_header(packet, frame);
  packet.insert(packet.end(), frame.payload.begin(), frame.payload.end());
  return packet;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "SocketDevice: a request is answered as the device answers it") {
  OpenDevice handle = open();
  CHECK(*transact(handle, {1, 2, 3}, 16) == ByteVector{3, 2, 1});
  CHECK(transact(handle, {1, 2, 3}, 2).error() == Error::NoSpace);
  CHECK(transact(handle, {}, 16)->empty());
  CHECK(failure(handle->control(DeviceControl::GetPid, Bytes(), MutableBytes())) ==
        Error::Unsupported);
  CHECK(device.opened == 1);
}

TEST_CASE_FIXTURE(Fixture, "SocketDevice: payloads up to the limit go through, larger do not") {
  OpenDevice handle = open();
  ByteVector large(wire::kMaxDevicePayload);
  large[0] = 7;
  const auto answer = transact(handle, large, large.size());
  REQUIRE(answer.ok());
  CHECK(answer->back() == 7);
  large.push_back(0);
  CHECK(transact(handle, large, large.size()).error() == Error::Range);
  // Room beyond the limit is not used.
  ByteVector output(wire::kMaxDevicePayload + 100);
  const auto read = handle->control(DeviceControl::Read, Bytes(), output);
  CHECK(*read == wire::kMaxDevicePayload);
}

TEST_CASE_FIXTURE(Fixture, "SocketDevice: a pended request completes when the device says so") {
  OpenDevice handle = open();
  TestRequest request, second;
  handle->submit(request);
  REQUIRE(eventually([&] { return device.pended_count() == 1; }));
  CHECK(*transact(handle, {1, 2}, 16) == ByteVector{2, 1});  // others go by
  handle->submit(second);
  CHECK(failure(second.wait()) == Error::Busy);
  CHECK(request.times() == 0);
  device.wake();
  CHECK(*request.wait() == 0);
}

TEST_CASE_FIXTURE(Fixture, "SocketDevice: cancelling completes what is pended, and nothing else") {
  OpenDevice handle = open();
  TestRequest request, other;
  handle->submit(request);
  handle->cancel(other);  // never submitted
  handle->cancel(request);
  CHECK(failure(request.wait()) == Error::Cancelled);
  handle->cancel(request);  // done already
  TestRequest again;
  handle->submit(again);
  device.wake();
  CHECK(eventually([&] {
    device.wake();
    return again.times() == 1;
  }));
  CHECK(request.times() == 1);
}

TEST_CASE_FIXTURE(Fixture, "SocketDevice: closing cancels, here and with the device") {
  TestRequest request;
  {
    OpenDevice handle = open();
    handle->submit(request);
    REQUIRE(eventually([&] { return device.pended_count() == 1; }));
  }
  CHECK(request.times() == 1);
  CHECK(failure(request.wait()) == Error::Cancelled);
  CHECK(eventually([&] { return device.handle_count() == 0; }));
  CHECK(host->counts().vanished == 1);
  CHECK(host->connection_count() == 0);
}

TEST_CASE_FIXTURE(Fixture, "SocketDevice: a request that pends is not controlled for ever") {
  SocketDevice hasty(path, {.open_ms = 5000, .control_ms = 50});
  auto handle = hasty.open();
  REQUIRE(handle.ok());
  CHECK(failure((*handle)->control(DeviceControl::Write, Bytes(), MutableBytes())) ==
        Error::TimedOut);
  CHECK(eventually([&] { return device.pended_count() == 0; }));
  CHECK(host->counts().cancels == 1);
  CHECK(*transact(*handle, {1, 2}, 16) == ByteVector{2, 1});
}

TEST_CASE_FIXTURE(Fixture, "SocketDevice: when the host goes all ends, and opening anew works") {
  OpenDevice handle = open();
  TestRequest request, late;
  handle->submit(request);
  host.reset();
  CHECK(failure(request.wait()) == Error::Closed);
  CHECK(device.handle_count() == 0);
  CHECK(eventually([&] { return transact(handle, {1}, 1).error() == Error::Closed; }));
  handle->submit(late);
  CHECK(failure(late.wait()) == Error::Closed);
  CHECK(client.open().error() == Error::NotFound);
  host.emplace(device, path);
  OpenDevice anew = open();
  CHECK(*transact(anew, {1, 2}, 16) == ByteVector{2, 1});
}

TEST_CASE_FIXTURE(Fixture, "SocketDevice: a host that does not answer is not awaited for ever") {
  SocketDevice hasty(path, {.open_ms = 50, .control_ms = 50});
  auto handle = hasty.open();
  REQUIRE(handle.ok());
  Host::Pause pause(*host);
  CHECK(transact(*handle, {1}, 16).error() == Error::TimedOut);
  CHECK(hasty.open().error() == Error::TimedOut);
  pause.end();
  CHECK(eventually([&] { return transact(*handle, {1, 2}, 16).ok(); }));
}

TEST_CASE("DeviceServer: one connection too many is told so, as is one that the device refuses") {
  FakeDevice device;
  const std::string path = socket_path();
  device.max_handles = 1;
  Host host(device, path, {.connections = 2, .outstanding = 4});
  SocketDevice client(path);
  auto first = client.open();
  REQUIRE(first.ok());
  CHECK(client.open().error() == Error::Full);
  device.max_handles = 2;
  auto second = client.open();
  REQUIRE(second.ok());
  CHECK(client.open().error() == Error::Full);
  CHECK(host.counts().turned_away == 2);
  CHECK(host.counts().accepted == 2);
  first = Error::Closed;
  CHECK(eventually([&] { return client.open().ok(); }));
}

TEST_CASE("DeviceServer: requests over the limit are refused and counted") {
  FakeDevice device;
  const std::string path = socket_path();
  Host host(device, path, {.connections = 2, .outstanding = 1});
  SocketDevice client(path);
  auto handle = client.open();
  REQUIRE(handle.ok());
  TestRequest request, second;
  (*handle)->submit(request);
  (*handle)->submit(second);
  CHECK(failure(second.wait()) == Error::Full);
  CHECK(host.counts().refused == 1);
  device.wake();
  CHECK(request.wait().ok());
  CHECK(transact(*handle, {1}, 1).ok());
}

TEST_CASE_FIXTURE(Fixture, "DeviceServer: a bad frame costs its connection, and is logged") {
  wire::DeviceFrame pend;
  pend.id = 5;
  pend.code = std::uint32_t(DeviceControl::Write);
  wire::DeviceFrame reply;
  reply.kind = wire::DeviceFrameKind::Reply;
  ByteVector cut = packet_of(pend);
  cut.pop_back();
  const std::vector<std::vector<ByteVector>> dialogues = {
      {{1, 2, 3}},                         // no header
      {cut},                               // not as long as it says
      {packet_of(reply)},                  // not for a device
      {packet_of(pend), packet_of(pend)},  // an id twice
      {ByteVector(wire::kMaxDeviceFrame + 64)},
  };
  OpenDevice bystander = open();
  for (const auto& packets : dialogues) {
    RawClient raw(path);
    for (const ByteVector& packet : packets) raw.send(packet);
    CHECK(raw.receive().empty());
  }
  CHECK(host->counts().bad_frames == dialogues.size());
  CHECK(host->log().find("bad frame (truncated), closing the connection") != std::string::npos);
  CHECK(eventually([&] { return device.handle_count() == 1; }));
  CHECK(transact(bystander, {1}, 1).ok());
}

TEST_CASE_FIXTURE(Fixture, "DeviceServer: who does not take replies is not read from") {
  RawClient raw(path);
  wire::DeviceFrame read;
  read.code = std::uint32_t(DeviceControl::Read);
  read.capacity = wire::kMaxDevicePayload;
  constexpr unsigned kRequests = 40;
  for (read.id = 1; read.id <= kRequests; ++read.id) raw.send(packet_of(read));
  CHECK(eventually([&] { return host->counts().requests > 0; }));
  CHECK(host->counts().requests < kRequests);
  for (unsigned i = 0; i < kRequests; ++i) REQUIRE(!raw.receive().empty());
  CHECK(host->counts().requests == kRequests);
}

namespace {

// Opens, asks, pends, cancels and closes, as often as told. Whatever happens to the host, every
// request completes exactly once.
unsigned churn(SocketDevice& client, unsigned rounds) {
  unsigned answered = 0;
  for (unsigned round = 0; round < rounds; ++round) {
    TestRequest pended, busy;
    auto handle = client.open();
    if (!handle) continue;
    (*handle)->submit(pended);
    (*handle)->submit(busy);
    const auto answer = transact(*handle, {1, 2, 3}, 8);
    if (answer && *answer == ByteVector{3, 2, 1}) ++answered;
    if (round % 3 == 0) (*handle)->cancel(pended);
    if (round % 3 == 0) (void)pended.wait();
    handle = Error::Closed;
    CHECK(pended.times() == 1);
    CHECK(busy.times() == 1);
  }
  return answered;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "SocketDevice: every request ends once, whoever goes first") {
  std::atomic<bool> is_over{false};
  std::atomic<unsigned> answered{0};
  std::thread waker([&] {
    while (!is_over) {
      device.wake();
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
  });
  std::vector<std::thread> clients;
  for (unsigned i = 0; i < 4; ++i) {
    clients.emplace_back([&] { answered += churn(client, 150); });
  }
  for (unsigned i = 0; i < 10; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    host.reset();
    host.emplace(device, path);
  }
  for (std::thread& thread : clients) thread.join();
  is_over = true;
  waker.join();
  CHECK(answered > 0);
  CHECK(eventually([&] { return device.handle_count() == 0; }));
  host.reset();
}

}  // namespace ovs::daemon

// A reader's thread against a device that pends requests, completes them from another thread, and
// refuses them.
#include "vswitch/dpif/upcall_reader.h"

#include <doctest/doctest.h>

#include <deque>

#include "flow/match/netlink.h"
#include "flow/match/odp_text.h"

namespace ovs::vswitch {
namespace {

using platform::DeviceControl;
using platform::DeviceRequest;

// Holds upcalls, and one pended request while there are none.
class RingDevice final : public platform::Device, public platform::DeviceHandle {
 public:
  Result<platform::OpenDevice> open() override { return platform::OpenDevice(this); }
  Result<std::size_t> control(DeviceControl code, Bytes, MutableBytes output) override {
    if (code == DeviceControl::GetPid) {
      store(output.data(), std::uint32_t{77});
      return std::size_t{4};
    }
    const std::lock_guard lock(mutex_);
    if (code != DeviceControl::ReadPacket || ring_.empty()) return std::size_t{0};
    const std::vector<std::uint8_t> message = std::move(ring_.front());
    ring_.pop_front();
    std::copy(message.begin(), message.end(), output.begin());
    return message.size();
  }
  void submit(DeviceRequest& request) override {
    const Result<std::size_t> now = admit(request);
    if (now.ok() || now.error() != Error::Busy) request.completed(now);
  }
  void cancel(DeviceRequest& request) override {
    if (take_pended(&request) != nullptr) request.completed(Error::Cancelled);
  }
  void close() override {}

  // A packet comes in, on the caller's thread.
  void bring(std::uint16_t port) {
    const auto key = flow::parse_odp("in_port(" + std::to_string(port) +
                                     "),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02),"
                                     "eth_type(0x1234)");
    REQUIRE(key.ok());
    std::vector<std::uint8_t> bytes;
    wire::ContainerRoom<std::vector<std::uint8_t>> room(bytes);
    wire::Writer writer(room);
    wire::Message header;
    header.type = std::uint16_t(wire::Family::Packet);
    header.command = std::uint8_t(wire::PacketCommand::Miss);
    const std::size_t at = wire::begin_message(writer, header);
    writer.put(wire::PacketAttr::Packet, std::vector<std::uint8_t>(60));
    const wire::Writer::Nest nest = writer.begin_nest(wire::PacketAttr::Key);
    flow::put_key(writer, key->key);
    writer.end_nest(nest);
    wire::end_message(writer, at);
    bytes.resize(writer.size());
    {
      const std::lock_guard lock(mutex_);
      ring_.push_back(std::move(bytes));
    }
    if (DeviceRequest* request = take_pended(nullptr)) request->completed(std::size_t{0});
  }
  void refuse() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
  }

 private:
  // Busy: it stays here.
  Result<std::size_t> admit(DeviceRequest& request) {
    const std::lock_guard lock(mutex_);
    if (is_closed_) return Error::Closed;
    if (!ring_.empty()) return std::size_t{0};
    pended_ = &request;
    return Error::Busy;
  }
  // `wanted` null: whichever.
  DeviceRequest* take_pended(DeviceRequest* wanted) {
    const std::lock_guard lock(mutex_);
    if (wanted != nullptr && pended_ != wanted) return nullptr;
    return std::exchange(pended_, nullptr);
  }

  std::mutex mutex_;
  std::deque<std::vector<std::uint8_t>> ring_;
  DeviceRequest* pended_ = nullptr;
  bool is_closed_ = false;
};

struct Heard {
  std::mutex mutex;
  std::condition_variable changed;
  unsigned count = 0;

  void wait_for(unsigned wanted) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return count >= wanted; });
  }
};

}  // namespace

TEST_CASE("Upcall reader: what comes is handled on its thread, and it ends while it waits") {
  RingDevice device;
  Heard heard;
  const auto reading = std::this_thread::get_id();
  bool is_own_thread = false;
  const Dpif::UpcallHandler handler = [&](std::vector<Upcall>& upcalls) {
    const std::lock_guard lock(heard.mutex);
    is_own_thread = std::this_thread::get_id() != reading;
    heard.count += unsigned(upcalls.size());
    heard.changed.notify_all();
  };
  auto channel = Channel::open(device);
  REQUIRE(channel.ok());
  device.bring(1);
  UpcallReader reader(std::move(*channel), {}, handler);
  CHECK(reader.pid() == 77);
  for (std::uint16_t port = 0; port < 1000; ++port) {
    device.bring(port);
    if (port % 100 == 0) heard.wait_for(port);
  }
  heard.wait_for(1001);
  CHECK(heard.count == 1001);
  CHECK(is_own_thread);
}

TEST_CASE("Upcall reader: a device that takes no request is not asked again and again") {
  RingDevice device;
  unsigned handled = 0;
  const Dpif::UpcallHandler handler = [&](std::vector<Upcall>&) { ++handled; };
  auto channel = Channel::open(device);
  REQUIRE(channel.ok());
  device.refuse();
  { const UpcallReader reader(std::move(*channel), {}, handler); }
  CHECK(handled == 0);
}

}  // namespace ovs::vswitch

#include "userdp/dummy_datapath.h"

#include <algorithm>
#include <charconv>
#include <deque>
#include <map>
#include <mutex>

#include "userdp/injector.h"

namespace ovs::userdp {

using datapath::Control;
using datapath::PacketPool;
using datapath::PortDevice;
using datapath::PortNo;
using datapath::PortState;
using datapath::VportKind;

namespace {

constexpr std::size_t kPackets = 1024;
constexpr std::size_t kMaxQueued = 4096;  // frames that frames lead to before a device call returns

}  // namespace

std::uint32_t dummy_port_number(std::string_view name) {
  const std::size_t digits = name.find_first_of("0123456789");
  if (digits == std::string_view::npos) return std::uint32_t(datapath::kNoPort);
  std::uint32_t number = 0;
  const auto [end, error] =
      std::from_chars(name.data() + digits, name.data() + name.size(), number);
  if (error != std::errc()) return std::uint32_t(datapath::kNoPort);
  if (name.starts_with("br")) number += 100;
  return number == 0 || number >= datapath::kMaxPorts ? std::uint32_t(datapath::kNoPort) : number;
}

class DummyDatapath::Impl final : public datapath::PortProvider {
 public:
  explicit Impl(Owned<PacketPool> received, Owned<PacketPool> injected)
      : host_(std::move(received)), injector_(std::move(injected)) {}

  Result<void> start(const std::string& name, const platform::Clock& clock) {
    Control::Config how;
    how.processors = 2;
    how.secret = 1;  // runs are to be repeatable
    how.name = datapath::PortName::cut(name);
    OVS_TRY(control_, Control::create(how, {clock, *this, injector_}));
    control_->datapath().processor(0).host = &host_;
    injector_.start(control_->datapath(), 1);
    return kOk;
  }
  ~Impl() {
    datapath::Processor& processor = control_->datapath().processor(0);
    for (unsigned i = 0; i < processor.held_count; ++i) {
      host_.release(Span<datapath::Packet* const>(&processor.held[i].packet, 1));
    }
    control_ = nullptr;
  }

  Control& control() { return *control_; }

  struct Device final : FrameSink {
    Impl& owner;
    std::string name;
    DummyDeviceState state;
    Listener listener;

    Device(Impl& owner_, std::string_view name_) : owner(owner_), name(name_) {}
    void send(Span<const platform::FrameParts> frames) override { owner.collect(*this, frames); }
  };

  Device& add(std::string_view name) {
    const std::lock_guard lock(mutex_);
    return add_locked(name);
  }

  // ---- PortProvider ----
  PortNo preferred_number(Text name, VportKind) override { return PortNo{dummy_port_number(name)}; }

  Result<PortDevice> attach(Text name, VportKind, PortNo number) override {
    const std::lock_guard lock(mutex_);
    Device& device = add_locked(name);
    if (device.state.attached) return Error::Busy;
    device.state.attached = true;
    device.state.port_number = std::uint32_t(number);
    return PortDevice{static_cast<FrameSink*>(&device), device.state.mac, device.state.mtu};
  }
  void detach(void* device) override {
    const std::lock_guard lock(mutex_);
    static_cast<Device*>(static_cast<FrameSink*>(device))->state.attached = false;
  }
  void release(void*) override {}
  PortState state(void* device) override {
    const std::lock_guard lock(mutex_);
    const DummyDeviceState& state = static_cast<Device*>(static_cast<FrameSink*>(device))->state;
    return {.mac = state.mac, .mtu = state.mtu, .is_up = state.is_up, .has_carrier = state.is_up};
  }
  Result<void> change(void* device, const datapath::PortChange& change) override {
    const std::lock_guard lock(mutex_);
    DummyDeviceState& state = static_cast<Device*>(static_cast<FrameSink*>(device))->state;
    if (change.mac) state.mac = *change.mac;
    if (change.mtu) state.mtu = *change.mtu;
    if (change.up) state.is_up = *change.up;
    return kOk;
  }

  // ---- frames ----
  void receive(Device& device, Bytes frame) {
    {
      const std::lock_guard lock(mutex_);
      if (queue_.size() >= kMaxQueued) return;
      queue_.push_back({&device, std::vector<std::uint8_t>(frame.begin(), frame.end())});
    }
    deliver();
  }

  void run() {
    {
      const std::lock_guard lock(switching_);
      control_->datapath().retry_held(control_->datapath().processor(0));
    }
    injector_.retry_held();
    control_->maintain(Passive::here());
    deliver();
  }

  void set_waiting_handler(std::function<void()> handler) {
    const std::lock_guard lock(mutex_);
    waiting_handler_ = std::move(handler);
  }

  // Until nothing is left; a listener that puts frames in finds this running and leaves them to it.
  void deliver() {
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(delivering_, true)) return;
    }
    for (;;) {
      Queued received;
      hand_out();
      if (take(queue_, received)) {
        switch_frame(received);
        continue;
      }
      const std::lock_guard lock(mutex_);
      if (!queue_.empty() || !sent_.empty()) continue;
      delivering_ = false;
      return;
    }
  }

  template <class F>
  Result<void> with(std::string_view name, F use) {
    const std::lock_guard lock(mutex_);
    const auto found = devices_.find(name);
    if (found == devices_.end()) return Error::NotFound;
    return use(*found->second);
  }
  Device* find(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto found = devices_.find(name);
    return found == devices_.end() ? nullptr : found->second.get();
  }
  std::vector<std::string> names() {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> names;
    for (const auto& [name, device] : devices_) names.push_back(name);
    return names;
  }
  Result<void> remove(std::string_view name) {
    const std::lock_guard lock(mutex_);
    const auto found = devices_.find(name);
    if (found == devices_.end()) return Error::NotFound;
    if (found->second->state.attached) return Error::Busy;
    // Packets on their way may still name it: it is only forgotten.
    forgotten_.push_back(std::move(found->second));
    devices_.erase(found);
    return kOk;
  }

 private:
  struct Queued {
    Device* device;
    std::vector<std::uint8_t> frame;
  };

  Device& add_locked(std::string_view name) {
    const auto found = devices_.find(name);
    if (found != devices_.end()) return *found->second;
    auto device = std::make_unique<Device>(*this, name);
    const unsigned number = created_++;
    device->state.mac.bytes = {
        {0xaa, 0x55, 0xaa, 0x55, std::uint8_t(number >> 8), std::uint8_t(number)}};
    return *devices_.emplace(std::string(name), std::move(device)).first->second;
  }

  // What the engine sends is listened to only when it has let go of its locks and readers.
  void collect(Device& device, Span<const platform::FrameParts> frames) {
    const std::lock_guard lock(mutex_);
    if (!delivering_ && sent_.empty() && waiting_handler_) waiting_handler_();
    for (const platform::FrameParts& frame : frames) {
      ++device.state.tx_packets;
      sent_.push_back({&device, std::vector<std::uint8_t>(frame.head.begin(), frame.head.end())});
    }
  }

  bool take(std::deque<Queued>& from, Queued& into) {
    const std::lock_guard lock(mutex_);
    if (from.empty()) return false;
    into = std::move(from.front());
    from.pop_front();
    return true;
  }

  void switch_frame(const Queued& queued) {
    flow::PacketMetadata metadata;
    {
      const std::lock_guard lock(mutex_);
      DummyDeviceState& state = queued.device->state;
      if (!state.is_up || !state.attached) return;
      ++state.rx_packets;
      metadata.in_port = std::uint16_t(state.port_number);
    }
    const std::lock_guard lock(switching_);
    datapath::Packet* packet = make_packet(host_.pool(), queued.frame, metadata);
    if (packet == nullptr) return;
    control_->datapath().receive(control_->datapath().processor(0),
                                 Span<datapath::Packet* const>(&packet, 1));
  }

  void hand_out() {
    Queued sent;
    while (take(sent_, sent)) {
      Listener listener;
      {
        const std::lock_guard lock(mutex_);
        listener = sent.device->listener;
      }
      if (listener) listener(Bytes(sent.frame));
    }
  }

  PooledHost host_;
  Injector injector_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Device>, std::less<>> devices_;
  std::vector<std::unique_ptr<Device>> forgotten_;
  std::deque<Queued> queue_, sent_;
  bool delivering_ = false;
  std::function<void()> waiting_handler_;
  unsigned created_ = 0;
  std::mutex switching_;
  Owned<Control> control_;
};

DummyDatapath::DummyDatapath(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DummyDatapath::~DummyDatapath() = default;

Result<std::unique_ptr<DummyDatapath>> DummyDatapath::create(const std::string& name,
                                                             const platform::Clock& clock) {
  OVS_TRY(auto received, PacketPool::create(kPackets, kMaxFrame));
  OVS_TRY(auto injected, PacketPool::create(kPackets, kMaxFrame));
  auto impl = std::make_unique<Impl>(std::move(received), std::move(injected));
  OVS_TRY(impl->start(name, clock));
  return std::unique_ptr<DummyDatapath>(new DummyDatapath(std::move(impl)));
}

platform::Device& DummyDatapath::device() {
  return impl_->control();
}
void DummyDatapath::add_device(std::string_view name) {
  impl_->add(name);
}
Result<void> DummyDatapath::remove_device(std::string_view name) {
  return impl_->remove(name);
}
std::vector<std::string> DummyDatapath::device_names() const {
  return impl_->names();
}

Result<DummyDeviceState> DummyDatapath::state(std::string_view name) const {
  DummyDeviceState state;
  OVS_TRY(impl_->with(name, [&](Impl::Device& device) -> Result<void> {
    state = device.state;
    return kOk;
  }));
  return state;
}
Result<void> DummyDatapath::set_up(std::string_view name, bool up) {
  return impl_->with(name, [&](Impl::Device& device) -> Result<void> {
    device.state.is_up = up;
    return kOk;
  });
}
Result<void> DummyDatapath::set_mac(std::string_view name, const MacAddress& mac) {
  return impl_->with(name, [&](Impl::Device& device) -> Result<void> {
    device.state.mac = mac;
    return kOk;
  });
}
Result<void> DummyDatapath::set_mtu(std::string_view name, std::uint32_t mtu) {
  return impl_->with(name, [&](Impl::Device& device) -> Result<void> {
    device.state.mtu = mtu;
    return kOk;
  });
}
Result<void> DummyDatapath::set_listener(std::string_view name, Listener listener) {
  return impl_->with(name, [&](Impl::Device& device) -> Result<void> {
    device.listener = std::move(listener);
    return kOk;
  });
}

Result<void> DummyDatapath::receive(std::string_view name, Bytes frame) {
  Impl::Device* device = impl_->find(name);
  if (device == nullptr) return Error::NotFound;
  impl_->receive(*device, frame);
  return kOk;
}

void DummyDatapath::set_waiting_handler(std::function<void()> handler) {
  impl_->set_waiting_handler(std::move(handler));
}

void DummyDatapath::deliver() {
  impl_->deliver();
}

void DummyDatapath::run() {
  impl_->run();
}

}  // namespace ovs::userdp

#include "userdp/user_datapath.h"

#include "userdp/injector.h"
#include "userdp/worker.h"

namespace ovs::userdp {

using datapath::Control;
using datapath::PacketPool;
using datapath::PortDevice;
using datapath::PortNo;
using datapath::VportKind;

namespace {

constexpr auto kUpkeep = std::chrono::milliseconds(250);
constexpr std::size_t kInjectedPackets = 128;

// What the engine holds is the sink that its packets go to.
void* sink_of(SharedPort& port) {
  return static_cast<FrameSink*>(&port);
}
SharedPort& port_of(void* device) {
  return *static_cast<SharedPort*>(static_cast<FrameSink*>(device));
}

}  // namespace

class UserDatapath::Impl final : public datapath::PortProvider {
 public:
  Impl(platform::FramePorts& ports, Owned<PacketPool> injected)
      : frame_ports_(ports), injector_(std::move(injected)) {}

  ~Impl() {
    {
      const std::lock_guard lock(upkeep_mutex_);
      stop_ = true;
    }
    upkeep_changed_.notify_all();
    if (upkeep_.joinable()) upkeep_.join();
    // Ports go back to their workers first; then packets, which workers hold; then tables.
    if (control_) detach_all();
    workers_.clear();
    control_ = nullptr;
  }

  Result<void> start(const UserDatapathConfig& config, const platform::Clock& clock) {
    Control::Config how;
    how.processors = config.threads + 1;
    how.secret = config.secret;
    how.name = datapath::PortName::cut(config.name);
    OVS_TRY(control_, Control::create(how, {clock, *this, injector_}));
    for (unsigned i = 0; i < config.threads; ++i) {
      OVS_TRY(auto pool, PacketPool::create(config.packets_per_thread, kMaxFrame));
      workers_.push_back(std::make_unique<Worker>(control_->datapath(), i, std::move(pool),
                                                  frame_ports_.make_wait(), config.waiting));
    }
    injector_.start(control_->datapath(), config.threads);
    upkeep_ = std::thread([this] { keep_up(); });
    return kOk;
  }

  Control& control() { return *control_; }

  // ---- PortProvider ----
  PortNo preferred_number(Text, VportKind) override { return datapath::kNoPort; }

  Result<PortDevice> attach(Text name, VportKind kind, PortNo number) override {
    auto opened =
        kind == VportKind::Internal ? frame_ports_.open_tap(name) : frame_ports_.open_link(name);
    if (!opened) return opened.error().kind;
    auto port = std::make_unique<SharedPort>(std::move(*opened), std::uint32_t(number));
    const PortDevice device{sink_of(*port), port->port().mac(), port->port().mtu()};
    Worker* worker = workers_.front().get();
    for (const auto& candidate : workers_) {
      if (candidate->port_count() < worker->port_count()) worker = candidate.get();
    }
    worker->add(*port);
    const std::lock_guard lock(ports_mutex_);
    const datapath::PortState seen = state(sink_of(*port));
    attached_.push_back({std::move(port), worker, seen});
    return device;
  }

  void detach(void* device) override {
    Worker* worker = nullptr;
    {
      const std::lock_guard lock(ports_mutex_);
      for (Attached& row : attached_) {
        if (row.port.get() == &port_of(device)) worker = std::exchange(row.worker, nullptr);
      }
    }
    if (worker != nullptr) worker->remove(port_of(device));
  }

  void release(void* device) override {
    const std::lock_guard lock(ports_mutex_);
    std::erase_if(attached_,
                  [&](const Attached& row) { return row.port.get() == &port_of(device); });
  }

  datapath::PortState state(void* device) override {
    const platform::FramePort& port = port_of(device).port();
    return {
        .mac = port.mac(), .mtu = port.mtu(), .is_up = port.is_up(), .has_carrier = port.is_up()};
  }

  Result<void> change(void* device, const datapath::PortChange& change) override {
    platform::FramePort& port = port_of(device).port();
    const auto plain = [](Result<void, platform::OsError> done) -> Result<void> {
      if (!done) return done.error().kind;
      return kOk;
    };
    if (change.mac) {
      OVS_TRY(plain(port.set_mac(*change.mac)));
    }
    if (change.mtu) {
      OVS_TRY(plain(port.set_mtu(*change.mtu)));
    }
    return change.up ? plain(port.set_up(*change.up)) : Result<void>();
  }

 private:
  struct Attached {
    std::unique_ptr<SharedPort> port;
    Worker* worker;  // null once it is detached
    datapath::PortState seen;
  };

  // Devices change by other hands too.
  void look_for_changes() {
    std::vector<std::uint32_t> changed;
    {
      const std::lock_guard lock(ports_mutex_);
      for (Attached& row : attached_) {
        const datapath::PortState now = state(sink_of(*row.port));
        const bool same =
            now.mac == row.seen.mac && now.mtu == row.seen.mtu && now.is_up == row.seen.is_up;
        row.seen = now;
        if (!same && row.worker != nullptr) changed.push_back(row.port->number());
      }
    }
    for (const std::uint32_t number : changed) control_->port_changed(PortNo{number});
  }

  void detach_all() {
    std::vector<SharedPort*> ports;
    {
      const std::lock_guard lock(ports_mutex_);
      for (Attached& row : attached_) ports.push_back(row.port.get());
    }
    for (SharedPort* port : ports) detach(sink_of(*port));
  }

  void keep_up() {
    std::unique_lock lock(upkeep_mutex_);
    while (!upkeep_changed_.wait_for(lock, kUpkeep, [this] { return stop_; })) {
      control_->maintain(Passive::here());
      injector_.retry_held();
      look_for_changes();
    }
  }

  platform::FramePorts& frame_ports_;
  Injector injector_;
  std::mutex ports_mutex_;
  std::vector<Attached> attached_;
  Owned<Control> control_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::mutex upkeep_mutex_;
  std::condition_variable upkeep_changed_;
  bool stop_ = false;
  std::thread upkeep_;
};

UserDatapath::UserDatapath(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UserDatapath::~UserDatapath() = default;

Result<std::unique_ptr<UserDatapath>> UserDatapath::create(const UserDatapathConfig& config,
                                                           const platform::Clock& clock,
                                                           platform::FramePorts& ports) {
  OVS_TRY(auto injected, PacketPool::create(kInjectedPackets, kMaxFrame));
  auto impl = std::make_unique<Impl>(ports, std::move(injected));
  OVS_TRY(impl->start(config, clock));
  return std::unique_ptr<UserDatapath>(new UserDatapath(std::move(impl)));
}

platform::Device& UserDatapath::device() {
  return impl_->control();
}

}  // namespace ovs::userdp

// A machine whose switches and NICs are a test's memory: switches that remember what was asked of
// them, NICs that nobody is behind.
#pragma once
#include <algorithm>
#include <map>

#include "emulator/host/machine/machine.h"

namespace ovs::emulator::test {

struct FakePort {
  PortSpec spec;
  VlanPolicy vlan;
  SecurityPolicy security;
  IsolationPolicy isolation;
  std::vector<SavedNic> restored;
  NicSpec nic;
  NicBackend* backend = nullptr;
};

class FakeSwitch final : public SwitchDoor {
 public:
  explicit FakeSwitch(const SwitchSpec& spec) {
    view_.spec = spec;
    for (const PhysicalNicSpec& nic : spec.physical) members.push_back(nic.nic.name);
  }

  SwitchView view() const override { return view_; }
  SwitchResult<PortId> add_port(const PortSpec& spec) override {
    if (refuse_ports) return SwitchError{"the driver vetoed the port", 0};
    const auto id = PortId(++last_port_);
    ports[id].spec = spec;
    return id;
  }
  SwitchResult<void> remove_port(PortId port) override {
    if (ports.erase(port) == 0) return SwitchError{"no such port", 0};
    return kOk;
  }
  SwitchResult<void> rename_port(PortId port, std::string_view friendly_name) override {
    ports[port].spec.friendly_name = friendly_name;
    return kOk;
  }
  SwitchResult<void> set_vlan(PortId port, const VlanPolicy& policy) override {
    ports[port].vlan = policy;
    return kOk;
  }
  SwitchResult<void> set_security(PortId port, const SecurityPolicy& policy) override {
    ports[port].security = policy;
    return kOk;
  }
  SwitchResult<void> set_isolation(PortId port, const IsolationPolicy& policy) override {
    ports[port].isolation = policy;
    return kOk;
  }
  SwitchResult<void> connect_nic(PortId port, const NicSpec& spec, NicBackend& backend) override {
    if (refuse_nics) return SwitchError{"the driver vetoed the NIC", 0};
    ports[port].nic = spec;
    ports[port].backend = &backend;
    return kOk;
  }
  SwitchResult<void> disconnect_nic(PortId port) override {
    ports[port].backend = nullptr;
    return kOk;
  }
  SwitchResult<void> update_nic(PortId port, const NicUpdate& update) override {
    if (!update.friendly_name.empty()) ports[port].nic.friendly_name = update.friendly_name;
    if (update.mtu != 0) ports[port].nic.mtu = update.mtu;
    return kOk;
  }
  SwitchResult<std::vector<SavedNic>> save_nic(PortId port) override {
    return std::vector<SavedNic>{{{}, {}, {std::uint8_t(port)}}};
  }
  SwitchResult<void> restore_nic(PortId port, const std::vector<SavedNic>& saved) override {
    ports[port].restored = saved;
    return kOk;
  }
  SwitchResult<void> add_physical_nic(const PhysicalNicSpec& spec) override {
    members.push_back(spec.nic.name);
    return kOk;
  }
  SwitchResult<void> remove_physical_nic(std::string_view name) override {
    std::erase(members, name);
    return kOk;
  }
  std::optional<NicAddress> find_physical_nic(std::string_view name) const override {
    const auto found = std::find(members.begin(), members.end(), name);
    if (found == members.end()) return std::nullopt;
    return NicAddress{PortId(1), std::uint16_t(1 + (found - members.begin()))};
  }
  SwitchResult<void> set_link(std::string_view name, LinkState state) override {
    links[std::string(name)] = state;
    return kOk;
  }
  std::size_t transmit(NicAddress nic, Span<const NicFrame> frames) override {
    transmitted[nic.port] += frames.count();
    return frames.count();
  }
  SwitchResult<void> enable_extension() override {
    view_.extension.enabled = view_.extension.running = true;
    return kOk;
  }
  SwitchResult<void> disable_extension() override {
    view_.extension.enabled = view_.extension.running = false;
    return kOk;
  }

  std::map<PortId, FakePort> ports;
  std::map<PortId, std::size_t> transmitted;
  std::vector<std::string> members;        // of the team, by name
  std::map<std::string, LinkState> links;  // of physical NICs, as last told
  bool refuse_ports = false, refuse_nics = false;

 private:
  SwitchView view_{{}, true, {"Open vSwitch Extension", false, false}, {}};
  std::uint32_t last_port_ = 9;
};

class FakeNic final : public HostNic {
 public:
  FakeNic(std::string link, const MacAddress& mac, std::uint32_t mtu)
      : link_(std::move(link)), mac_(mac), mtu_(mtu) {}

  const std::string& link() const override { return link_; }
  MacAddress mac() const override { return mac_; }
  std::uint32_t mtu() const override { return mtu_; }
  void set_mtu(std::uint32_t mtu) { mtu_ = mtu; }
  bool has_carrier() const override { return is_linked; }
  void set_carrier(bool present) override { is_linked = present; }
  void start(Receiver receiver) override { receiver_ = std::move(receiver); }
  void stop() override { receiver_ = nullptr; }
  void deliver(const NicFrame&) override { ++counters_.to_system_frames; }
  HostNicCounters counters() const override { return counters_; }
  bool has_gone() const override { return is_gone; }

  bool is_reading() const { return receiver_ != nullptr; }
  bool is_linked = true, is_gone = false;

 private:
  std::string link_;
  MacAddress mac_;
  std::uint32_t mtu_;
  Receiver receiver_;
  HostNicCounters counters_;
};

class FakeNics final : public HostNics {
 public:
  Result<std::unique_ptr<HostNic>, NicError> make_tap(const TapSpec& spec) override {
    if (spec.name_space == "nowhere")
      return NicError{"network namespace \"nowhere\": No such file or directory"};
    taps.push_back(spec);
    return std::unique_ptr<HostNic>(std::make_unique<FakeNic>(spec.link, spec.mac, spec.mtu));
  }
  Result<std::unique_ptr<HostNic>, NicError> open_link(const std::string& link) override {
    if (link == "none0") return NicError{"none0: No such device"};
    return std::unique_ptr<HostNic>(std::make_unique<FakeNic>(link, MacAddress(), 1500));
  }

  std::vector<TapSpec> taps;
};

class FakeFaults final : public FaultDoor {
 public:
  void fail_nth(std::int64_t nth) override { nth_ = nth; }
  std::int64_t nth() const override { return nth_; }
  std::int64_t asked() const override { return 7; }
  bool has_failed() const override { return nth_ >= 0 && nth_ < asked(); }

 private:
  std::int64_t nth_ = -1;
};

struct FakeMachine {
  FakeFaults faults;
  FakeNics nics;
  std::vector<FakeSwitch*> made;  // that live, in the order they were made, if none was removed
  Machine machine{
      Machine::Parts{[this](const SwitchSpec& spec) -> SwitchResult<std::unique_ptr<SwitchDoor>> {
                       auto door = std::make_unique<FakeSwitch>(spec);
                       made.push_back(door.get());
                       return std::unique_ptr<SwitchDoor>(std::move(door));
                     },
                     nics, "test", &faults}};
};

}  // namespace ovs::emulator::test

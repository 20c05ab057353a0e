#include "emulator/host/machine/real_switch.h"

#include "emulator/ndis/module/filter_driver.h"
#include "emulator/ndis/ndis_impl.h"

namespace ovs::emulator {

namespace {

// As the driver that is registered calls itself.
std::string registered_name() {
  NdisImpl& ndis = NdisImpl::current();
  const std::lock_guard lock(ndis.mutex);
  return ndis.drivers.empty() ? "" : narrow(ndis.drivers.front()->friendly_name);
}

class RealSwitch final : public SwitchDoor {
 public:
  explicit RealSwitch(std::unique_ptr<VirtualSwitch> made) : switch_(std::move(made)) {}

  SwitchView view() const override {
    SwitchView view = switch_->view();
    view.extension.name = registered_name();
    return view;
  }
  SwitchResult<PortId> add_port(const PortSpec& spec) override { return switch_->add_port(spec); }
  SwitchResult<void> remove_port(PortId port) override { return switch_->remove_port(port); }
  SwitchResult<void> rename_port(PortId port, std::string_view friendly_name) override {
    return switch_->rename_port(port, friendly_name);
  }
  SwitchResult<void> set_vlan(PortId port, const VlanPolicy& policy) override {
    return switch_->set_vlan(port, policy);
  }
  SwitchResult<void> set_security(PortId port, const SecurityPolicy& policy) override {
    return switch_->set_security(port, policy);
  }
  SwitchResult<void> set_isolation(PortId port, const IsolationPolicy& policy) override {
    return switch_->set_isolation(port, policy);
  }
  SwitchResult<void> connect_nic(PortId port, const NicSpec& spec, NicBackend& backend) override {
    return switch_->connect_nic(port, spec, backend);
  }
  SwitchResult<void> disconnect_nic(PortId port) override { return switch_->disconnect_nic(port); }
  SwitchResult<void> update_nic(PortId port, const NicUpdate& update) override {
    return switch_->update_nic(port, update);
  }
  SwitchResult<std::vector<SavedNic>> save_nic(PortId port) override {
    return switch_->save_nic(port);
  }
  SwitchResult<void> restore_nic(PortId port, const std::vector<SavedNic>& saved) override {
    return switch_->restore_nic(port, saved);
  }
  SwitchResult<void> add_physical_nic(const PhysicalNicSpec& spec) override {
    return switch_->add_physical_nic(spec);
  }
  SwitchResult<void> remove_physical_nic(std::string_view name) override {
    return switch_->remove_physical_nic(name);
  }
  std::optional<NicAddress> find_physical_nic(std::string_view name) const override {
    return switch_->find_physical_nic(name);
  }
  SwitchResult<void> set_link(std::string_view name, LinkState state) override {
    return switch_->set_link(name, state);
  }
  std::size_t transmit(NicAddress nic, Span<const NicFrame> frames) override {
    return switch_->transmit(nic, frames);
  }
  SwitchResult<void> enable_extension() override { return switch_->enable_extension(); }
  SwitchResult<void> disable_extension() override { return switch_->disable_extension(); }

 private:
  std::unique_ptr<VirtualSwitch> switch_;
};

}  // namespace

SwitchFactory real_switches(Ndis& ndis) {
  return [&ndis](const SwitchSpec& spec) -> SwitchResult<std::unique_ptr<SwitchDoor>> {
    OVS_TRY(auto made, VirtualSwitch::create(ndis, spec));
    return std::unique_ptr<SwitchDoor>(std::make_unique<RealSwitch>(std::move(made)));
  };
}

}  // namespace ovs::emulator

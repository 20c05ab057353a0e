// What the emulated host asks of a virtual switch: VirtualSwitch's own functions, behind an
// interface, so that the host's commands can be tested without a kernel.
#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include "emulator/vmswitch/virtual_switch.h"

namespace ovs::emulator {

// Functions are those of VirtualSwitch.
class SwitchDoor {
 public:
  virtual ~SwitchDoor() = default;
  virtual SwitchView view() const = 0;
  virtual SwitchResult<PortId> add_port(const PortSpec& spec) = 0;
  virtual SwitchResult<void> remove_port(PortId port) = 0;
  virtual SwitchResult<void> rename_port(PortId port, std::string_view friendly_name) = 0;
  virtual SwitchResult<void> set_vlan(PortId port, const VlanPolicy& policy) = 0;
  virtual SwitchResult<void> set_security(PortId port, const SecurityPolicy& policy) = 0;
  virtual SwitchResult<void> set_isolation(PortId port, const IsolationPolicy& policy) = 0;
  virtual SwitchResult<void> connect_nic(PortId port, const NicSpec& spec, NicBackend& backend) = 0;
  virtual SwitchResult<void> disconnect_nic(PortId port) = 0;
  virtual SwitchResult<void> update_nic(PortId port, const NicUpdate& update) = 0;
  virtual SwitchResult<std::vector<SavedNic>> save_nic(PortId port) = 0;
  virtual SwitchResult<void> restore_nic(PortId port, const std::vector<SavedNic>& saved) = 0;
  virtual SwitchResult<void> add_physical_nic(const PhysicalNicSpec& spec) = 0;
  virtual SwitchResult<void> remove_physical_nic(std::string_view name) = 0;
  virtual std::optional<NicAddress> find_physical_nic(std::string_view name) const = 0;
  virtual SwitchResult<void> set_link(std::string_view name, LinkState state) = 0;
  virtual std::size_t transmit(NicAddress nic, Span<const NicFrame> frames) = 0;
  virtual SwitchResult<void> enable_extension() = 0;
  virtual SwitchResult<void> disable_extension() = 0;
};

using SwitchFactory =
    std::function<SwitchResult<std::unique_ptr<SwitchDoor>>(const SwitchSpec& spec)>;

}  // namespace ovs::emulator

// The emulated Hyper-V machine as its administrator knows it: virtual switches, VMs' adapters, the
// management OS's adapters, and which is plugged in where. Speaks to switches and to NICs' far
// sides; knows no command line. One thread at a time.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/host/command/parameters.h"
#include "emulator/host/machine/fault_door.h"
#include "emulator/host/machine/switch_door.h"
#include "emulator/host/nic/host_nic.h"

namespace ovs::emulator {

template <class T>
using CommandResult = Result<T, CommandError>;

// Each is a limit of Hyper-V's own or far beyond what one machine has use for.
inline constexpr std::size_t kMaxSwitches = 64;
inline constexpr std::size_t kMaxAdapters = 1024;

// A physical NIC of a switch. One of a team whose wire is cut is out of the switch until it is
// back.
struct MachineUplink {
  std::unique_ptr<HostNic> nic;
  bool is_in = true;
};

struct MachineSwitch {
  std::string id;  // a GUID
  std::string name;
  SwitchKind kind = SwitchKind::Private;
  bool allow_management_os = false;
  std::vector<MachineUplink> physical;  // before the door, which uses them
  std::unique_ptr<SwitchDoor> door;
};

// Where an adapter of a saved VM was plugged in, and what the extension keeps of it.
struct SavedAdapter {
  std::string switch_name;  // empty: it was not
  std::vector<SavedNic> data;
};

// A VM's adapter, or the management OS's where `vm` is empty.
struct MachineAdapter {
  std::string id;  // a GUID
  std::string vm;
  std::string name;
  std::string name_space;  // where its device is
  std::string ovs_port;    // the port's friendly name, where one was given
  VlanPolicy vlan;
  SecurityPolicy security;
  IsolationPolicy isolation;
  NicOffloads offloads;
  MacAddress mac;
  std::uint32_t mtu = 1500;  // as its switch has been told
  MachineSwitch* plugged = nullptr;
  PortId port{};                      // while plugged
  std::optional<SavedAdapter> saved;  // its VM is
  std::unique_ptr<HostNic> nic;

  bool is_management() const { return vm.empty(); }
};

struct NewSwitch {
  std::string name;
  SwitchKind kind = SwitchKind::Private;
  std::vector<std::string> links;  // External
  bool allow_management_os = false;
};

struct NewAdapter {
  std::string vm;  // empty: the management OS
  std::string name;
  std::string name_space;
  std::string link;  // empty: the next of eth0, eth1, ...
  MacAddress mac;    // zero: the machine makes one
  std::uint32_t mtu = 1500;
  NicOffloads offloads = {.checksum = true, .segmentation = true};
};

// Which adapters a command means; what is empty fits all.
struct AdapterChoice {
  std::string vm;
  std::string name;
  bool management = false;
  bool everyone = false;  // VMs' and the management OS's
};

class Machine {
 public:
  struct Parts {
    SwitchFactory make_switch;
    HostNics& nics;
    std::string name;             // of which the machine's MAC addresses are made
    FaultDoor* faults = nullptr;  // null: nothing fails on demand
  };

  explicit Machine(Parts parts);
  // Unplugs and removes everything.
  ~Machine();
  Machine(const Machine&) = delete;
  Machine& operator=(const Machine&) = delete;

  const std::vector<std::unique_ptr<MachineSwitch>>& switches() const { return switches_; }
  const std::vector<std::unique_ptr<MachineAdapter>>& adapters() const { return adapters_; }
  CommandResult<MachineSwitch*> find_switch(std::string_view name) const;
  // In the order in which they were made. Without one that fits: an error that says so.
  CommandResult<std::vector<MachineAdapter*>> find_adapters(const AdapterChoice& choice) const;
  CommandResult<MachineAdapter*> find_adapter(const AdapterChoice& choice) const;  // the only one

  CommandResult<MachineSwitch*> new_switch(const NewSwitch& wanted);
  CommandResult<void> remove_switch(std::string_view name);
  CommandResult<MachineAdapter*> add_adapter(const NewAdapter& wanted);
  CommandResult<void> remove_adapter(MachineAdapter& adapter);
  CommandResult<void> rename_adapter(MachineAdapter& adapter, const std::string& name);
  // Out of the switch that it is in, if it is in one.
  CommandResult<void> plug(MachineAdapter& adapter, MachineSwitch& into);
  CommandResult<void> unplug(MachineAdapter& adapter);
  CommandResult<void> set_ovs_port(MachineAdapter& adapter, const std::string& name);
  CommandResult<void> set_vlan(MachineAdapter& adapter, const VlanPolicy& policy);
  CommandResult<void> set_security(MachineAdapter& adapter, const SecurityPolicy& policy);
  CommandResult<void> set_isolation(MachineAdapter& adapter, const IsolationPolicy& policy);

  // A VM whose state is saved has its adapters out of their switches; started, they are back in
  // them, and the extension gets what it had kept of them.
  CommandResult<void> save_vm(std::string_view vm);
  CommandResult<void> start_vm(std::string_view vm);

  // Looks at what Linux alone knows, and tells the switches: wires that were cut or mended,
  // adapters whose MTU was changed by their users. To be called again and again.
  void watch();
  FaultDoor* faults() { return parts_.faults; }

 private:
  void watch_team(MachineSwitch& at);
  CommandResult<void> join(MachineSwitch& at, MachineUplink& uplink);
  void leave(MachineSwitch& at, MachineUplink& uplink);
  CommandResult<void> start(MachineAdapter& adapter);
  CommandResult<void> open_physical(const NewSwitch& wanted, MachineSwitch& made);
  CommandResult<void> add_management_adapter(MachineSwitch& made);
  CommandResult<void> connect(MachineAdapter& adapter, MachineSwitch& to, PortId port);
  SwitchSpec spec_of(const MachineSwitch& made) const;
  std::string free_link(const NewAdapter& wanted) const;
  bool is_link_taken(std::string_view name_space, std::string_view link) const;
  std::string next_id();
  MacAddress next_mac();

  Parts parts_;
  std::vector<std::unique_ptr<MachineSwitch>> switches_;
  std::vector<std::unique_ptr<MachineAdapter>> adapters_;  // after the switches that they are in
  std::uint32_t next_id_ = 1;
  std::uint8_t next_mac_ = 0;
  std::uint16_t machine_hash_ = 0;
};

// "vEthernet (external)", as Windows calls the management OS's adapter of that name.
std::string management_name(std::string_view name);

}  // namespace ovs::emulator

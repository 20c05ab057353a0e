// The state of a switch: ports, their NICs, policies, references. Both edges change it, under one
// lock, and neither calls the driver or a waiting function while they hold it. No NDIS structures.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "emulator/vmswitch/nic_backend.h"
#include "emulator/vmswitch/switch_types.h"

namespace ovs::emulator {

struct SharedCounters {
  std::atomic<std::uint64_t> sent_frames = 0, sent_bytes = 0, delivered_frames = 0,
                             delivered_bytes = 0, dropped_sends = 0, dropped_deliveries = 0;
  NicCounters read() const;
};

enum class NicKind : std::uint8_t { External, Synthetic, Emulated, Internal };
NicKind nic_kind_of(PortKind kind);

struct SwitchNic {
  NicAddress address;
  NicSpec spec;
  NicBackend* backend = nullptr;  // null: the external port's own NIC, which stands for its team
  NicState state = NicState::Created;
  LinkState link = LinkState::There;        // a physical NIC's
  std::atomic<std::int64_t> in_flight = 0;  // its packets that the extension has
  std::atomic<int> references = 0;          // the extension's
  SharedCounters counters;
};

struct SwitchPort {
  PortId id{};
  PortSpec spec;
  PortPolicies policies;
  std::uint32_t property_versions[3] = {};  // by PropertyKind; 0: the port has none
  bool is_torn_down = false;
  bool is_validation = false;
  bool has_had_nic = false;  // of its own
  std::atomic<int> references = 0;
  std::vector<std::unique_ptr<SwitchNic>> nics;  // by no order

  SwitchNic* find_nic(std::uint16_t index) const;
};

enum class PropertyKind : std::uint8_t { Security, Vlan, Isolation };

class SwitchModel {
 public:
  explicit SwitchModel(SwitchSpec spec) : spec_(std::move(spec)) {}

  const SwitchSpec& spec() const { return spec_; }
  const SwitchHabits& habits() const { return spec_.habits; }
  bool is_active() const { return is_active_; }
  void set_active() { is_active_ = true; }

  std::shared_mutex& mutex() const { return mutex_; }
  // --- with the mutex held; to change anything but atomics: exclusively
  SwitchPort* find_port(PortId id) const;
  SwitchNic* find_nic(NicAddress address) const;
  SwitchPort* external_port() const;
  std::map<PortId, std::unique_ptr<SwitchPort>>& ports() { return ports_; }
  const std::map<PortId, std::unique_ptr<SwitchPort>>& ports() const { return ports_; }

  // Odd while a port's policy is being changed: the extension may know it or not.
  std::atomic<std::uint32_t> policy_generation = 0;
  // Empty: the truth is told. Changed while no request is under way.
  Lie lie;

  // --- with it free
  PortId next_port_id() { return PortId(++last_port_id_); }
  SwitchView view() const;  // without the extension

 private:
  const SwitchSpec spec_;
  std::atomic<bool> is_active_ = false;
  std::atomic<std::uint32_t> last_port_id_ = 0;
  mutable std::shared_mutex mutex_;
  std::map<PortId, std::unique_ptr<SwitchPort>> ports_;
};

using ReadLock = std::shared_lock<std::shared_mutex>;
using WriteLock = std::unique_lock<std::shared_mutex>;

}  // namespace ovs::emulator

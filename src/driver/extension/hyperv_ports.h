// The ports of one Hyper-V switch and the adapters on them, as the switch has told. Packets find an
// adapter by (port id, adapter index) without a lock, and from a vport's device the adapter that it
// is bound to. Who changes it holds the bindings' mutex (port_bindings.h).
#pragma once
#include <ndis.h>

#include "base/bytes/address.h"
#include "base/containers/list.h"
#include "base/text/fixed_text.h"
#include "datapath/port/vport.h"
#include "driver/extension/port_policy.h"

namespace ovs::driver {

class SwitchModule;
class HypervNic;
class HypervPorts;
class VportDevice;

// An address as a number, so that it is read and written at once: its first byte the highest of 48
// bits.
constexpr std::uint64_t mac_bits(const MacAddress& mac) {
  std::uint64_t bits = 0;
  for (const std::uint8_t byte : mac.bytes) bits = bits << 8 | byte;
  return bits;
}
constexpr MacAddress mac_of(std::uint64_t bits) {
  MacAddress mac;
  for (unsigned i = 0; i < 6; ++i) mac.bytes.items[i] = std::uint8_t(bits >> (40 - 8 * i));
  return mac;
}

inline constexpr std::uint32_t kMaxNicIndex = 0xff;  // a packet's source has 8 bits for it

// External: the physical network's. Internal: the management system's. Vm: synthetic or emulated.
enum class NicKind : std::uint8_t { External, Internal, Vm };

class HypervPort final : public RcuObject {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsh");

  HypervPort(NDIS_SWITCH_PORT_ID id, Owned<PublishedPolicy> policy)
      : id_(id), policy_(std::move(policy)) {}

  NDIS_SWITCH_PORT_ID id() const { return id_; }
  const PortPolicy& policy(const RcuReader& reader) const { return policy_.read(reader)->policy; }
  // Mostly one; a team has several.
  const HypervNic* first_nic(const RcuReader&) const { return first_nic_.load(Order::Acquire); }

 private:
  friend class HypervPorts;
  friend class PortBindings;

  const NDIS_SWITCH_PORT_ID id_;
  RcuPtr<PublishedPolicy> policy_;
  std::uint32_t heard_properties_ = 0;  // a bit for each; under the bindings' policy lock
  Atomic<HypervNic*> first_nic_;
  Atomic<std::uint32_t> is_refused_;     // the switch has vetoed it: to be removed
  Atomic<std::uint32_t> leaving_count_;  // adapters that are being disconnected
  // The writer's.
  datapath::PortName friendly_name_;
  bool is_torn_down_ = false;
  bool wants_policy_ = false;  // to be asked for
};

class HypervNic final : public RcuObject {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsi");

  HypervNic(const SwitchModule& module, HypervPort& port, NDIS_SWITCH_NIC_INDEX index, NicKind kind)
      : module_(module), port_(port), index_(index), kind_(kind) {}

  // Each outlives it as long as a reader holds it.
  const SwitchModule& module() const { return module_; }
  const HypervPort& port() const { return port_; }
  NDIS_SWITCH_PORT_ID port_id() const { return port_.id(); }
  NDIS_SWITCH_NIC_INDEX index() const { return index_; }
  NicKind kind() const { return kind_; }
  // Of its port; for a team, the next member.
  const HypervNic* next(const RcuReader&) const { return next_.load(Order::Acquire); }

  // Packets may be sent to it. Whoever commits it as a destination has held one RcuReader since
  // before this was asked: a disconnect waits for readers before it is passed on.
  bool is_connected() const { return is_connected_.load(Order::Acquire) != 0; }
  // A physical adapter's cable has somebody at its other end, as far as it has said.
  bool has_link() const { return is_cut_.load(Order::Relaxed) == 0; }
  // The vport that its packets come in on; kNoPort: none is bound to it.
  datapath::PortNo number() const { return datapath::PortNo{number_.load(Order::Acquire)}; }
  std::uint64_t mac_bits() const { return mac_.load(Order::Relaxed); }
  std::uint32_t mtu() const { return mtu_.load(Order::Relaxed); }

 private:
  friend class HypervPorts;
  friend class PortBindings;

  const SwitchModule& module_;
  HypervPort& port_;
  const NDIS_SWITCH_NIC_INDEX index_;
  const NicKind kind_;
  Atomic<HypervNic*> next_;
  Atomic<std::uint32_t> is_connected_;
  Atomic<std::uint32_t> is_cut_;
  Atomic<std::uint32_t> number_{std::uint32_t(datapath::kNoPort)};
  Atomic<std::uint32_t> mtu_{1500};
  Atomic<std::uint64_t> mac_;
  Atomic<std::uint32_t> is_refused_;  // as the port's
  Atomic<std::uint32_t> is_changed_;  // the datapath is to be told
  // The writer's.
  datapath::PortName friendly_name_;
  VportDevice* device_ = nullptr;
};

// What a vport of the datapath has as its device, from attach() to release(): the datapath hands it
// to PacketHost::transmit. It waits for an adapter, or is bound to one.
class VportDevice final : public RcuObject, public ListLink<VportDevice> {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsd");

  VportDevice(datapath::PortName name, datapath::VportKind kind, datapath::PortNo number)
      : name_(name), kind_(kind), number_(number) {}
  static const VportDevice& of(const void* device) {
    return *static_cast<const VportDevice*>(device);
  }

  datapath::PortNo number() const { return number_; }
  // Null while it waits. Its module is where packets for it are sent.
  const HypervNic* nic(const RcuReader&) const { return nic_.load(Order::Acquire); }

 private:
  friend class PortBindings;

  const datapath::PortName name_;
  const datapath::VportKind kind_;
  const datapath::PortNo number_;
  Atomic<HypervNic*> nic_;
  // The writer's.
  HypervPorts* home_ = nullptr;  // the switch of its adapter, or of the last that it had
  bool is_changed_ = false;
};

// Of one switch. Ids have 16 bits, because packets have no more room for them.
class HypervPorts final : public ListLink<HypervPorts> {
 public:
  static constexpr std::uint32_t kMaxPortId = 0xffff;

  explicit HypervPorts(const SwitchModule& module) : module_(module) {}
  HypervPorts(const HypervPorts&) = delete;
  // It is empty, and no reader is left.
  ~HypervPorts();

  // ---- for packets ----
  const HypervPort* find_port(NDIS_SWITCH_PORT_ID id, const RcuReader&) const { return port(id); }
  // The adapter itself; null: not known.
  const HypervNic* find(NDIS_SWITCH_PORT_ID id, NDIS_SWITCH_NIC_INDEX index,
                        const RcuReader&) const {
    return nic(id, index);
  }
  // Each adapter that is known, connected or not, in order of port ids: for a learning switch that
  // floods. Pages without ports are passed over.
  template <class F>
  void for_each_nic(const RcuReader&, F&& use) const {
    for (std::uint32_t page = 0; page < kPages; ++page) {
      const Page* ports = pages_[page].load(Order::Acquire);
      for (std::uint32_t at = 0; ports != nullptr && at < kPagePorts; ++at) {
        const HypervPort* port = ports->ports[at].load(Order::Acquire);
        const HypervNic* nic = port != nullptr ? port->first_nic_.load(Order::Acquire) : nullptr;
        for (; nic != nullptr; nic = nic->next_.load(Order::Acquire)) use(*nic);
      }
    }
  }
  // A vport is, or was, bound to one of its adapters.
  bool is_claimed() const { return claim_count_.load(Order::Acquire) != 0; }

 private:
  friend class PortBindings;

  static constexpr std::uint32_t kPagePorts = 256;
  static constexpr std::uint32_t kPages = (kMaxPortId + 1) / kPagePorts;
  struct Page {
    static constexpr MemoryTag kTag = memory_tag("ovsh");
    Atomic<HypervPort*> ports[kPagePorts];
  };
  // What went while the switch's lists were asked for: such a list may still name it.
  struct Graves {
    static constexpr MemoryTag kTag = memory_tag("ovsh");
    std::uint64_t ports[(kMaxPortId + 1) / 64] = {};
    std::uint64_t nics[(kMaxPortId + 1) / 64] = {};  // at index 0
    std::uint64_t members[(kMaxNicIndex + 1) / 64] = {};
  };

  // ---- the writer's ----
  HypervPort* port(NDIS_SWITCH_PORT_ID id) const;
  HypervNic* nic(NDIS_SWITCH_PORT_ID id, NDIS_SWITCH_NIC_INDEX index) const;
  // The next port at or after this id; null at the end.
  HypervPort* next_port(std::uint32_t from) const;
  // Its id is free. Error::NoMemory; then the port is still the caller's.
  Result<void> add(Owned<HypervPort>& port);
  void add(Owned<HypervNic> nic);
  // The port has no adapter left.
  [[nodiscard]] Retired<HypervPort> remove(HypervPort& port);
  [[nodiscard]] Retired<HypervNic> remove(HypervNic& nic);
  void bury_port(NDIS_SWITCH_PORT_ID id);
  void bury_nic(NDIS_SWITCH_PORT_ID id, NDIS_SWITCH_NIC_INDEX index);
  bool is_buried(NDIS_SWITCH_PORT_ID id) const;
  bool is_buried(NDIS_SWITCH_PORT_ID id, NDIS_SWITCH_NIC_INDEX index) const;

  const SwitchModule& module_;
  Atomic<std::uint32_t> claim_count_;
  datapath::PortName switch_name_;
  Owned<Graves> graves_;         // null unless the lists are being asked for
  Atomic<Page*> pages_[kPages];  // made when a port of theirs comes, kept to the end
};

}  // namespace ovs::driver

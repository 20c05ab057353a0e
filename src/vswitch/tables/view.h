// What packets see of the switches: immutable once published, so that translation reads without
// locks. The control thread makes the next view of what changed and shares the rest with the last
// one.
#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "openflow/message/body.h"
#include "vswitch/dpif/dpif.h"
#include "vswitch/tables/classifier.h"
#include "vswitch/tables/groups.h"
#include "vswitch/tables/mac_table.h"
#include "vswitch/tables/settings.h"
#include "vswitch/tables/shared.h"

namespace ovs::vswitch {

inline constexpr unsigned kTableCount = 255;       // 0 to 254
inline constexpr std::uint8_t kHiddenTable = 254;  // the switch's own

// Traffic that a datapath's port counters do not tell: of patch ports, and of tunnels that share a
// vport.
struct PortCounters : SharedCount {
  std::atomic<std::uint64_t> rx_packets{0}, rx_bytes{0}, tx_packets{0}, tx_bytes{0};
};

struct TableCounters : SharedCount {
  struct One {
    std::atomic<std::uint64_t> lookups{0}, matches{0};
  };
  std::array<One, kTableCount> of;
};

struct BundleView : SharedCount {
  BundleSettings settings;
  bool floodable = true;

  bool trunks(std::uint16_t vlan) const {
    return settings.mode != VlanMode::Access &&
           (settings.trunks.none() || settings.trunks.test(vlan & 0xfff));
  }
  bool includes(std::uint16_t vlan) const {
    switch (settings.mode) {
      case VlanMode::Access: return vlan == settings.vlan;
      case VlanMode::Trunk: return trunks(vlan);
      case VlanMode::NativeTagged:
      case VlanMode::NativeUntagged: return vlan == settings.vlan || trunks(vlan);
    }
    return false;
  }
};

struct BridgeView;

struct PortView : SharedCount {
  OfPort number{};
  std::string name, type;
  DpPort datapath_port = kNoDpPort;  // none: a patch port
  std::uint32_t config = 0;          // openflow::kPortDown, kNoFlood, ...
  bool is_up = true;                 // its link, and what controllers and administrators want
  std::optional<TunnelSettings> tunnel;
  std::uint16_t tunnel_udp_port = 0;
  std::string peer;
  Shared<BundleView> bundle;
  Shared<PortCounters> counters;

  bool is_patch() const { return type == "patch"; }
  bool has(std::uint32_t bit) const { return (config & bit) != 0; }
};

// The ports of a bridge. Shared by all its views until a port or a bundle changes.
struct PortTable : SharedCount {
  std::vector<Shared<PortView>> ports;      // by rising number
  std::vector<Shared<BundleView>> bundles;  // in the order of their making
  std::unordered_map<std::uint16_t, PortView*> by_number;
};

enum class MissPolicy : std::uint8_t { Drop, SendToController };

struct BridgeView : SharedCount {
  std::uint64_t id = 0;  // of the switch, never reused
  std::string name;
  std::vector<Shared<Classifier>> tables;  // by number; null or absent: empty
  Shared<GroupTable> groups;
  Shared<PortTable> ports;
  Shared<MacTable> macs;
  Shared<TableCounters> table_counters;
  MissPolicy on_miss = MissPolicy::Drop;
  openflow::Fragments fragments = openflow::Fragments::Normal;
  bool forward_bpdu = false;

  const PortView* find_port(OfPort number) const {
    const auto at = ports->by_number.find(std::uint16_t(number));
    return at == ports->by_number.end() ? nullptr : at->second;
  }
  const Classifier* table(std::uint8_t number) const {
    return number < tables.size() ? tables[number].raw() : nullptr;
  }
};

struct PortPlace {
  const BridgeView* bridge = nullptr;
  const PortView* port = nullptr;
  explicit operator bool() const { return port != nullptr; }
};

// Which port of which bridge something is. Shared by all views until a port changes.
struct PlaceTable : SharedCount {
  struct Place {
    std::size_t bridge = 0;  // index in SwitchView::bridges
    Shared<PortView> port;
  };
  std::unordered_map<std::uint32_t, Place> by_datapath_port;      // without tunnels
  std::unordered_map<std::uint32_t, std::vector<Place>> tunnels;  // by the vport they share
  std::unordered_map<std::string, Place> patches;                 // by name
};

// All bridges over one datapath.
struct SwitchView : SharedCount {
  std::vector<Shared<BridgeView>> bridges;
  Shared<PlaceTable> places;

  const BridgeView* find_bridge(std::uint64_t id) const {
    for (const Shared<BridgeView>& bridge : bridges) {
      if (bridge->id == id) return bridge.raw();
    }
    return nullptr;
  }
  PortPlace at(const PlaceTable::Place& place) const {
    return {bridges[place.bridge].raw(), place.port.raw()};
  }
  PortPlace find_patch(const std::string& name) const {
    const auto found = places->patches.find(name);
    return found == places->patches.end() ? PortPlace{} : at(found->second);
  }
};

}  // namespace ovs::vswitch

// What the bridge tells an OpenFlow switch about ports, bundles of ports and addresses. Plain
// values, compared member by member so that only differences are applied. Knows neither the
// database nor the datapath.
#pragma once
#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes/address.h"

namespace ovs::vswitch {

// A port's number in OpenFlow 1.0's 16 bits, reserved numbers included.
enum class OfPort : std::uint16_t {};
inline constexpr std::uint16_t kMaxOfPorts = 0xff00;  // the first number that no port can have
inline constexpr OfPort kPortUnset{0xfff7}, kPortInPort{0xfff8}, kPortTable{0xfff9},
    kPortNormal{0xfffa}, kPortFlood{0xfffb}, kPortAll{0xfffc}, kPortController{0xfffd},
    kPortLocal{0xfffe}, kPortNone{0xffff};

// How a tunnel port of OpenFlow chooses what it takes and what it sends.
struct TunnelSettings {
  std::optional<std::uint32_t> remote_ip, local_ip;  // host order; none: any, or by flow
  bool remote_by_flow = false, local_by_flow = false;
  std::optional<std::uint64_t> in_key = 0, out_key = 0;  // none: no key at all
  bool in_key_by_flow = false, out_key_by_flow = false;
  std::uint8_t tos = 0, ttl = 64;
  bool tos_inherit = false, ttl_inherit = false;
  bool dont_fragment = true, checksum = false;
  std::uint16_t udp_port = 0;  // 0: the type's own
  bool operator==(const TunnelSettings&) const = default;
};

// What a device says of itself.
struct LinkSettings {
  MacAddress mac;
  std::uint32_t mtu = 1500;
  bool is_up = true;  // administratively
  bool carrier = true;
  std::uint32_t current_kbps = 0, max_kbps = 0;
  std::uint32_t features = 0;  // OFPPF_* of OpenFlow 1.1
  bool operator==(const LinkSettings&) const = default;
};

struct PortSettings {
  std::string name;
  std::string type;                 // of the interface: "internal", "system", "patch", "vxlan", ...
  std::optional<OfPort> requested;  // honoured if it is free
  std::optional<TunnelSettings> tunnel;  // tunnel types
  std::string peer;                      // of a patch port: the other patch port's name
  LinkSettings link;
  bool is_local() const { return requested == kPortLocal; }
};

enum class VlanMode : std::uint8_t { Access, Trunk, NativeTagged, NativeUntagged };
enum class PriorityTags : std::uint8_t { Never, IfNonzero, Always };
inline constexpr unsigned kVlanCount = 4096;

// One port of the database: its interfaces (more than one: a bond) and how VLANs pass it.
struct BundleSettings {
  std::string name;
  std::vector<OfPort> ports;
  VlanMode mode = VlanMode::Trunk;
  std::uint16_t vlan = 0;          // access and native modes
  std::bitset<kVlanCount> trunks;  // none set: all
  PriorityTags priority_tags = PriorityTags::Never;
  bool is_protected = false;
  bool operator==(const BundleSettings&) const = default;
};

struct MacTableSettings {
  std::uint64_t idle_ms = 300'000;
  std::size_t max_entries = 8192;
  std::bitset<kVlanCount> flood_vlans;  // nothing is learned in these
};

}  // namespace ovs::vswitch

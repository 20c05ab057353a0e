// What the owner of a Hyper-V port has set for it, and the switch leaves to its forwarding
// extension: VLANs, MAC spoofing, isolation. A value, made of port properties
// (port_properties.h). What it says of a frame is asked here, and done in packets/.
#pragma once
#include "base/core/maybe.h"
#include "platform/api/memory.h"
#include "platform/api/rcu.h"

namespace ovs::driver {

inline constexpr unsigned kVlanCount = 4096;

class VlanSet {
 public:
  constexpr bool has(std::uint16_t vlan) const {
    return vlan < kVlanCount && (words_[vlan / 64] >> vlan % 64 & 1) != 0;
  }
  constexpr void add(std::uint16_t vlan) {
    if (vlan < kVlanCount) words_[vlan / 64] |= std::uint64_t{1} << vlan % 64;
  }
  constexpr bool operator==(const VlanSet& other) const {
    for (unsigned i = 0; i < kVlanCount / 64; ++i) {
      if (words_[i] != other.words_[i]) return false;
    }
    return true;
  }

 private:
  std::uint64_t words_[kVlanCount / 64] = {};
};

enum class VlanMode : std::uint8_t { None, Access, Trunk, Private };  // None: flows alone decide
enum class PvlanMode : std::uint8_t { Isolated, Community, Promiscuous };

struct PortPolicy {
  VlanMode vlan_mode = VlanMode::None;
  PvlanMode pvlan_mode = PvlanMode::Isolated;
  std::uint16_t vlan = 0;       // Access: its; Trunk: the native one; Private: the primary
  std::uint16_t secondary = 0;  // Private
  VlanSet vlans;                // Trunk: those that pass; Private, promiscuous: the secondary ones

  std::uint16_t isolation_vlan = 0;  // isolated by this VLAN, as if it were Access; 0: not

  bool may_spoof_mac = false;
  bool may_send_priority = false;  // in tags

  // Else flows alone decide what becomes of tags.
  constexpr bool rules_vlans() const { return vlan_mode != VlanMode::None || isolation_vlan != 0; }
  constexpr bool operator==(const PortPolicy&) const = default;
};

// As readers of a port find it.
struct PublishedPolicy : RcuObject {
  static constexpr MemoryTag kTag = memory_tag("ovsY");

  explicit PublishedPolicy(const PortPolicy& policy_) : policy(policy_) {}
  PortPolicy policy;  // constant once it is published
};

// What is to become of a frame's outermost 802.1Q tag at a port. Push: a tag of this VLAN in front
// (of a tag of VLAN 0, which bears a priority alone: into it). Pop: the frame goes on without.
struct VlanVerdict {
  enum class What : std::uint8_t { Keep, Push, Pop, Drop };
  What what = What::Keep;
  std::uint16_t vlan = 0;  // Push: which

  constexpr bool operator==(const VlanVerdict&) const = default;
};
// A frame that comes in from a port's adapter; `vlan` is nothing where it has no tag.
VlanVerdict admit(const PortPolicy& policy, Maybe<std::uint16_t> vlan);
// A frame that is to go out to it.
VlanVerdict deliver(const PortPolicy& policy, Maybe<std::uint16_t> vlan);
// The same for an adapter inside a switch that no flow decides for: a port without a VLAN of its
// own has the frames without one.
VlanVerdict deliver_without_flows(const PortPolicy& policy, Maybe<std::uint16_t> vlan);
// Whether a virtual machine's adapter of address `own` may send a frame whose source is `source`
// (each as mac_bits has it). Adapters of other kinds may.
constexpr bool may_send_from(const PortPolicy& policy, std::uint64_t source, std::uint64_t own) {
  return policy.may_spoof_mac || source == own;
}

}  // namespace ovs::driver

// What a virtual switch is told and what it tells: specifications, port policies, and what there is
// to see of ports and NICs. Values only.
#pragma once
#include <array>
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes/address.h"

namespace ovs::emulator {

class NicBackend;

enum class PortId : std::uint32_t {};  // NDIS_SWITCH_PORT_ID; 0 is no port
inline constexpr std::uint16_t kMaxTeamMembers = 8;
struct NicAddress {
  PortId port{};
  std::uint16_t index = 0;  // 0: the port's own NIC; from 1: physical NICs of the external port
  bool operator==(const NicAddress&) const = default;
};

enum class SwitchKind : std::uint8_t { External, Internal, Private };
enum class PortKind : std::uint8_t { External, Synthetic, Emulated, Internal };
enum class NicState : std::uint8_t { None, Created, Connected, Disconnected };
enum class LinkState : bool { Cut, There };
// How tags come with a NIC's frames: moved to the packet's metadata, as synthetic and physical
// NICs do, or left in the bytes.
enum class TagForm : std::uint8_t { Metadata, InFrame };

// What an extension is told, by a request (an NDIS_OID) or an answer to one, may be changed on its
// way: bytes, and how many there are. For tests of extensions that believe nothing. Whatever the
// extension then says or refuses is right; what is left of the truth is its host's alone.
using Lie = std::function<void(std::uint32_t oid, std::vector<std::byte>& told)>;

struct SwitchError {
  std::string text;       // for people: "switch 'external': no port 7"
  std::int32_t status{};  // the NDIS_STATUS behind it, 0 if there was none
};

// What a NIC can do for those who send through it; the switch does the rest in software.
struct NicOffloads {
  bool checksum = false;      // takes frames with a partial checksum
  bool segmentation = false;  // takes frames with a segment size
};

// The form in which a guest's stack asks for segments.
enum class LargeSends : std::uint8_t { V1, V2 };

struct NicSpec {
  std::string name;           // the adapter's unique name; a GUID on Windows
  std::string friendly_name;  // "Network Adapter", "vEthernet (internal)", "Ethernet 2"
  std::string vm_name;        // synthetic and emulated NICs
  std::string vm_friendly_name;
  MacAddress mac;
  std::uint32_t mtu = 1500;  // without the Ethernet header
  NicOffloads offloads;
  TagForm tags = TagForm::Metadata;
  LargeSends large_sends = LargeSends::V2;
  bool guest_memory = true;  // its frames lie in memory that the guest can still write
};

// A physical NIC of an external switch.
struct PhysicalNicSpec {
  NicSpec nic;
  NicBackend* backend = nullptr;  // outlives the switch
};

// Which of the shapes that Windows allows an extension meets.
enum class Revisions : std::uint8_t {
  Oldest,
  Newest,
  Longer
};  // Longer: one that nobody knows yet
struct SwitchHabits {
  Revisions revisions = Revisions::Newest;
  std::uint32_t element_padding = 8;  // bytes behind each element of an array
  // Answers to an array query that ask for more room than the one before, though there was enough.
  std::uint32_t growing_answers = 0;
  std::uint16_t free_destinations = 1;  // slots that a packet comes with
  // Frames that a NIC sends together, and of which there is the same to say, come in one list, so
  // many at most.
  std::uint16_t frames_in_list = 1;
  // Every n-th list is for Hyper-V's own forwarding (NativeForwardingRequired); 0: a port's policy
  // decides.
  std::uint16_t native_every = 0;
  // Bytes of a guest's packet that were copied out of its memory (SafePacketDataSize).
  std::uint16_t safe_data_size = 0;
  // Judges every frame that the driver changed before it reaches a NIC (rule 79). Costs time.
  bool checks_frames = true;
  // A frame longer than the MTU of the NIC it goes to is a violation, not a drop.
  bool mtu_is_strict = false;
  // Packets of the switch's own, without a source port: nobody's policies hold for them (rule 74).
  bool default_source_is_allowed = true;
  bool drops_are_reported = true;                // rule 66
  std::uint32_t reference_patience_ms = 10'000;  // how long a delete may be withheld (rule 44)
};

struct SwitchSpec {
  std::string name;           // unique, a GUID on Windows
  std::string friendly_name;  // what people call it
  SwitchKind kind = SwitchKind::Private;
  std::vector<PhysicalNicSpec> physical;  // External: one, or several as a team
  bool is_active = true;                  // false: activate() follows
  SwitchHabits habits;
};

struct PortSpec {
  PortKind kind = PortKind::Synthetic;
  std::string name;           // unique; empty: the switch makes one
  std::string friendly_name;  // what an extension knows it by: the OVS port name
};

// --- policies
enum class VlanMode : std::uint8_t { Untagged, Access, Trunk };
struct VlanPolicy {
  VlanMode mode = VlanMode::Untagged;
  std::uint16_t access = 0;  // Access: untagged inside, this VLAN outside
  std::uint16_t native = 0;  // Trunk: the VLAN of untagged frames
  std::bitset<4096> trunk;   // Trunk: those that pass
  bool operator==(const VlanPolicy&) const = default;
};
struct SecurityPolicy {
  bool allow_mac_spoofing = false;
  bool allow_priority_tag = false;
  bool allow_teaming = false;
  std::uint32_t virtual_subnet = 0;
  bool operator==(const SecurityPolicy&) const = default;
};
enum class IsolationMode : std::uint8_t { None, NativeVirtualSubnet, ExternalVirtualSubnet, Vlan };
struct IsolationPolicy {
  IsolationMode mode = IsolationMode::None;
  bool allow_untagged = false;
  std::uint32_t default_id = 0;
  bool operator==(const IsolationPolicy&) const = default;
};
struct PortPolicies {
  VlanPolicy vlan;
  SecurityPolicy security;
  IsolationPolicy isolation;
};

// What an extension saved of a NIC.
struct SavedNic {
  std::array<std::uint8_t, 16> extension{}, feature{};  // GUIDs as they lie in memory
  std::vector<std::uint8_t> data;
};

// --- what there is to see
struct NicCounters {
  std::uint64_t sent_frames = 0, sent_bytes = 0;  // by the NIC's far side, into the switch
  std::uint64_t delivered_frames = 0, delivered_bytes = 0;  // to it
  std::uint64_t dropped_sends = 0;       // completed with a failure, or without a destination
  std::uint64_t dropped_deliveries = 0;  // refused by policy, MTU, or the NIC's state
};
struct NicView {
  std::uint16_t index = 0;
  NicSpec spec;
  NicState state = NicState::None;
  NicCounters counters;
};
struct PortView {
  PortId id{};
  PortSpec spec;
  PortPolicies policies;
  bool torn_down = false;
  std::vector<NicView> nics;
};
struct ExtensionView {
  std::string name;  // as the driver registered; empty: none is registered
  bool enabled = false;
  bool running = false;
};
struct SwitchView {
  SwitchSpec spec;
  bool active = false;
  ExtensionView extension;
  std::vector<PortView> ports;  // by number
};

}  // namespace ovs::emulator

// What a port lets pass: VLAN mode, MAC spoofing, isolation, as the built-in switch decides and an
// extension has to decide in its place.
#pragma once
#include <optional>

#include "emulator/vmswitch/switch_model.h"

namespace ovs::emulator {

struct Tag {
  std::uint16_t vlan = 0;  // 0: none, or a priority tag
  std::uint8_t priority = 0;
  bool is_present() const { return vlan != 0 || priority != 0; }
  bool operator==(const Tag&) const = default;
};

// Null: it passes.
const char* ingress_denial(const SwitchPort& port, const SwitchNic& nic, const MacAddress& source,
                           const Tag& tag);
// The VLAN that a frame from this port belongs to; 0: none.
std::uint16_t vlan_of(const SwitchPort& port, const Tag& tag);

// Built-in switching: whether a frame of `vlan` leaves at this port, and with which VLAN in its
// tag (0: without).
std::optional<std::uint16_t> egress_vlan(const SwitchPort& port, std::uint16_t vlan);
// What an extension delivers at a port: a frame of `vlan`, with `tag` on it. Null: the built-in
// switch would have done so too.
const char* egress_denial(const SwitchPort& port, std::uint16_t vlan, const Tag& tag);

}  // namespace ovs::emulator

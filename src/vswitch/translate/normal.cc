// NORMAL: an Ethernet switch that learns, with VLANs.
#include "flow/field/value_text.h"
#include "vswitch/translate/translator.h"

namespace ovs::vswitch {

namespace {

// 01:80:c2:00:00:00 to 0f: of the link, not of the bridge behind it.
constexpr bool is_reserved(const MacAddress& mac) {
  const auto& bytes = mac.bytes;
  return bytes[0] == 0x01 && bytes[1] == 0x80 && bytes[2] == 0xc2 && bytes[3] == 0 &&
         bytes[4] == 0 && (bytes[5] & 0xf0) == 0;
}

}  // namespace

bool Translator::admits(const BundleView& bundle, std::uint16_t vlan) {
  const std::string& name = bundle.settings.name;
  switch (bundle.settings.mode) {
    case VlanMode::Access:
      if (vlan == 0) return true;
      note(NoteKind::Warning,
           "dropping VLAN {} tagged packet received on port {} configured as VLAN {} access port",
           vlan, name, bundle.settings.vlan);
      return false;
    case VlanMode::NativeTagged:
    case VlanMode::NativeUntagged:
      if (vlan == 0 || vlan == bundle.settings.vlan) return true;
      [[fallthrough]];
    case VlanMode::Trunk:
      if (bundle.trunks(vlan)) return true;
      note(NoteKind::Warning,
           "dropping VLAN {} packet received on port {} not configured for trunking VLAN {}", vlan,
           name, vlan);
      return false;
  }
  return false;
}

// An ARP that announces its sender: it moves addresses at once, and reflections of it do not move
// them back.
bool Translator::is_gratuitous_arp() {
  if (eth_type() != 0x0806) return false;
  look_at(StorageId::EthDst);
  if (!mac(StorageId::EthDst).is_broadcast()) return false;
  look_at(StorageId::NwProto);
  const std::uint64_t operation = number(StorageId::NwProto);
  if (operation == 2) return true;
  if (operation != 1) return false;
  look_at(StorageId::NwSrc);
  look_at(StorageId::NwDst);
  return number(StorageId::NwSrc) == number(StorageId::NwDst);
}

void Translator::learn_source(const BundleView& bundle, const PortView& port, std::uint16_t vlan,
                              bool gratuitous) {
  const MacAddress source = mac(StorageId::EthSrc);
  if (source.is_multicast()) return;
  result_.effects.add(MacSeen{bridge_->macs, source, vlan, port.number,
                              gratuitous ? GratuitousArp::Yes : GratuitousArp::No});
  if (request_.listener == nullptr || request_.sending == Sending::No) return;
  const auto known = bridge_->macs->find(source, vlan);
  if (known == port.number) return;
  note(NoteKind::Detail, "learned that {} is on port {} in VLAN {}",
       flow::mac_text(flow::FieldValue::of(Bytes(source.bytes))), bundle.settings.name, vlan);
}

void Translator::normal() {
  look_at(StorageId::EthSrc);
  look_at(StorageId::EthDst);
  look_at(StorageId::VlanTci, kVlanVidBits | kVlanPresentBit);
  const PortView* port = bridge_->find_port(in_port());
  if (port == nullptr || !port->bundle) {
    note(NoteKind::Warning, "no input bundle, dropping");
    return;
  }
  const BundleView& in = *port->bundle;
  const std::uint64_t tci = number(StorageId::VlanTci);
  Tag tag{std::uint16_t(tci & kVlanVidBits), std::uint16_t((tci & kVlanPcpBits) >> 13)};
  if (!admits(in, tag.vlan)) return;
  if (tag.vlan == 0 && in.settings.mode != VlanMode::Trunk) tag.vlan = in.settings.vlan;
  const MacAddress destination = mac(StorageId::EthDst);
  if (is_reserved(destination) && !bridge_->forward_bpdu) {
    note(NoteKind::Warning, "packet has reserved destination MAC, dropping");
    return;
  }
  learn_source(in, *port, tag.vlan, is_gratuitous_arp());

  result_.dependencies.add(bridge_->macs->stamp(destination, tag.vlan));
  const auto known =
      destination.is_multicast() ? std::nullopt : bridge_->macs->find(destination, tag.vlan);
  if (!known) {
    note(NoteKind::Detail, "no learned MAC for destination, flooding");
    normal_flood(in, tag);
    return;
  }
  const PortView* to = bridge_->find_port(*known);
  if (to == nullptr || !to->bundle) {
    note(NoteKind::Warning, "learned port is unknown, dropping");
  } else if (to->bundle.raw() == &in) {
    note(NoteKind::Detail, "learned port is input port, dropping");
  } else {
    note(NoteKind::Detail, "forwarding to learned port");
    output_normal(*to->bundle, tag);
  }
}

void Translator::normal_flood(const BundleView& in, const Tag& tag) {
  for (const Shared<BundleView>& bundle : bridge_->ports->bundles) {
    if (bundle.raw() == &in || !bundle->floodable || !bundle->includes(tag.vlan)) continue;
    if (in.settings.is_protected && bundle->settings.is_protected) continue;
    output_normal(*bundle, tag);
  }
}

void Translator::output_normal(const BundleView& out, const Tag& tag) {
  const auto port = std::find_if(out.settings.ports.begin(), out.settings.ports.end(),
                                 [&](OfPort each) { return bridge_->find_port(each) != nullptr; });
  if (port == out.settings.ports.end()) return;
  const bool is_native =
      out.settings.mode == VlanMode::Access || out.settings.mode == VlanMode::NativeUntagged;
  const std::uint16_t vlan = is_native && tag.vlan == out.settings.vlan ? 0 : tag.vlan;
  const bool priority_tag =
      vlan == 0 && (out.settings.priority_tags == PriorityTags::Always ||
                    (out.settings.priority_tags == PriorityTags::IfNonzero && tag.pcp != 0));
  const std::uint64_t old_tci = number(StorageId::VlanTci), old_tpid = number(StorageId::VlanTpid);
  if (vlan != 0 || priority_tag) {
    set_number(StorageId::VlanTci, vlan | std::uint64_t(tag.pcp) << 13 | kVlanPresentBit);
    if (old_tpid == 0) set_number(StorageId::VlanTpid, 0x8100);
  } else {
    set_number(StorageId::VlanTci, 0);
    set_number(StorageId::VlanTpid, 0);
  }
  compose_output(*bridge_->find_port(*port));
  set_number(StorageId::VlanTci, old_tci);
  set_number(StorageId::VlanTpid, old_tpid);
}

}  // namespace ovs::vswitch

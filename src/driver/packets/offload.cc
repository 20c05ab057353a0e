#include "driver/packets/offload.h"

#include "base/bytes/big.h"
#include "base/bytes/checksum.h"
#include "datapath/pipeline/header_set.h"

namespace ovs::driver {
namespace {

using datapath::Packet;

constexpr std::uint32_t kAddresses = 12, kTagEnd = 18, kIpv4Size = 20;
constexpr std::uint16_t kTagged = 0x8100, kVlanMask = 0x0fff;
constexpr std::uint16_t kTcpChecksum = 16, kUdpChecksum = 6;

bool has_tag(const Packet& packet) {
  return packet.head_size >= kTagEnd && load<Be16>(packet.data + kAddresses).host() == kTagged;
}

std::uint16_t tci_in(const Packet& packet) {
  return load<Be16>(packet.data + kAddresses + 2).host();
}

void fill_ipv4_checksum(Packet& packet, std::uint32_t l3) {
  if (l3 == 0 || l3 + kIpv4Size > packet.head_size) return;
  std::uint8_t* const header = packet.data + l3;
  const std::uint32_t size = (header[0] & 15u) * 4;
  if (header[0] >> 4 != 4 || size < kIpv4Size || l3 + size > packet.head_size) return;
  store(header + 10, Be16());
  store(header + 10, checksum(Bytes(header, size)));
}

std::uint16_t memory_order(std::uint16_t value) {
  const Be16 big(value);
  return load<std::uint16_t>(reinterpret_cast<const std::uint8_t*>(&big));
}

}  // namespace

std::uint32_t tag_info(std::uint16_t tci) {
  NDIS_NET_BUFFER_LIST_8021Q_INFO info = {};
  info.TagHeader.UserPriority = tci >> 13 & 7;
  info.TagHeader.CanonicalFormatId = tci >> 12 & 1;
  info.TagHeader.VlanId = tci & kVlanMask;
  return std::uint32_t(reinterpret_cast<ULONG_PTR>(info.Value));
}

std::uint16_t tci_of(std::uint32_t entry) {
  NDIS_NET_BUFFER_LIST_8021Q_INFO info = {};
  info.Value = reinterpret_cast<PVOID>(ULONG_PTR{entry});
  return std::uint16_t(info.TagHeader.UserPriority << 13 | info.TagHeader.CanonicalFormatId << 12 |
                       info.TagHeader.VlanId);
}

Maybe<std::uint16_t> vlan_of(const Packet& packet) {
  if (!has_tag(packet)) return {};
  return std::uint16_t(tci_in(packet) & kVlanMask);
}

std::uint32_t tag_in(const Packet& packet) {
  return has_tag(packet) ? tag_info(tci_in(packet)) : 0;
}

void put_tag(Packet& packet, std::uint16_t tci) {
  const bool fits = datapath::push_vlan(packet, memory_order(kTagged), memory_order(tci));
  OVS_ASSERT(fits || packet.head_size < kAddresses + 2);
}

std::uint32_t take_tag(Packet& packet) {
  const std::uint32_t info = tag_in(packet);
  if (has_tag(packet)) datapath::pop_vlan(packet);
  return info;
}

void set_vlan(Packet& packet, std::uint16_t vlan) {
  if (!has_tag(packet)) return put_tag(packet, vlan);
  const auto priority = std::uint16_t(tci_in(packet) & ~kVlanMask);
  store(packet.data + kAddresses + 2, Be16(std::uint16_t(priority | vlan)));
}

void take_send_checksum(Packet& packet, std::uint32_t entry, const flow::HeaderOffsets& at) {
  NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = {};
  info.Value = reinterpret_cast<PVOID>(ULONG_PTR{entry});
  if (info.Transmit.IpHeaderChecksum != 0) fill_ipv4_checksum(packet, at.l3);
  if (info.Transmit.IsIPv4 == 0 && info.Transmit.IsIPv6 == 0) return;
  if (at.l4 == 0) return;
  if (info.Transmit.TcpChecksum != 0) packet.open = {at.l4, kTcpChecksum};
  if (info.Transmit.UdpChecksum != 0) packet.open = {at.l4, kUdpChecksum};
}

std::uint32_t send_checksum_info(const Packet& packet) {
  const datapath::OpenChecksum open = packet.open;
  if (open.start == 0 || packet.head_size <= packet.at.l3) return 0;
  const bool is_tcp = open.offset == kTcpChecksum;
  if (!is_tcp && open.offset != kUdpChecksum) return 0;
  const unsigned version = packet.data[packet.at.l3] >> 4;
  if (packet.at.l3 == 0 || (version != 4 && version != 6)) return 0;
  NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info = {};
  info.Transmit.IsIPv4 = version == 4;
  info.Transmit.IsIPv6 = version == 6;
  info.Transmit.TcpChecksum = is_tcp;
  info.Transmit.UdpChecksum = !is_tcp;
  info.Transmit.TcpHeaderOffset = open.start & 0x3ff;
  return std::uint32_t(reinterpret_cast<ULONG_PTR>(info.Value));
}

}  // namespace ovs::driver

#include "driver/packets/offload.h"

#include "base/bytes/big.h"
#include "base/bytes/checksum.h"
#include "datapath/pipeline/header_set.h"

namespace ovs::driver {
namespace {

using datapath::Packet;

constexpr std::uint32_t kAddresses = 12, kIpv4Size = 20;
constexpr std::uint16_t kTagged = 0x8100, kVlanMask = 0x0fff;
constexpr std::uint16_t kTcpChecksum = 16, kUdpChecksum = 6;

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

// ---- large sends -------------------------------------------------------------------------------

namespace {

constexpr std::uint32_t kMostTcpOffset = 0x3ff, kIpv6Size = 40, kTcpSize = 20;
constexpr std::uint8_t kTcp = 6;

unsigned version_at(const Packet& packet, std::uint32_t l3) {
  return l3 == 0 || l3 >= packet.head_size ? 0 : packet.data[l3] >> 4;
}

// NDIS leaves the length out of the pseudo-header's sum where a device makes segments.
void add_to_sum(std::uint8_t* at, std::uint32_t length, bool is_less) {
  Checksum sum;
  sum.add(load<Be16>(at));
  const Be32 word(is_less ? ~length : length);
  sum.add(word);
  store(at, Be16(sum.sum()));
}

bool is_tcp_at(const Packet& packet, const flow::HeaderOffsets& at) {
  const unsigned version = version_at(packet, at.l3);
  if (version != 4 && version != 6) return false;
  if (at.l4 < at.l3 + (version == 4 ? kIpv4Size : kIpv6Size)) return false;
  return at.payload >= at.l4 + kTcpSize && at.payload <= packet.head_size;
}

}  // namespace

void fix_ip_length(Packet& packet, std::uint32_t l3) {
  const unsigned version = version_at(packet, l3);
  const std::uint32_t fixed = version == 6 ? kIpv6Size : 0;
  if ((version != 4 && version != 6) || l3 + kIpv4Size > packet.head_size) return;
  if (packet.size() < l3 + fixed) return;
  const std::uint32_t size = packet.size() - l3 - fixed;
  store(packet.data + l3 + (version == 4 ? 2 : 4),
        Be16(std::uint16_t(size < 0xffff ? size : 0xffff)));
  if (version == 4) fill_ipv4_checksum(packet, l3);
}

bool take_large_send(Packet& packet, std::uint32_t entry, const flow::HeaderOffsets& at) {
  NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = {};
  info.Value = reinterpret_cast<PVOID>(ULONG_PTR{entry});
  const std::uint32_t size = info.LsoV2Transmit.MSS;  // where version 1 has it as well
  if (size == 0 || size > 0xffff || !is_tcp_at(packet, at)) return false;
  packet.open = {at.l4, kTcpChecksum};
  add_to_sum(packet.data + at.l4 + kTcpChecksum, packet.size() - at.l4, false);
  if (packet.size() - at.payload > size) packet.segment_size = std::uint16_t(size);
  return true;
}

bool can_leave_segments(const Packet& packet) {
  const datapath::OpenChecksum open = packet.open;
  if (packet.segment_size == 0 || packet.at.l4 > kMostTcpOffset) return false;
  if (open.start != 0 && open.start != packet.at.l4) return false;
  return is_tcp_at(packet, packet.at);
}

std::uint32_t put_large_send(Packet& packet) {
  const datapath::OpenChecksum open = packet.open;
  OVS_ASSERT(can_leave_segments(packet) && open.start != 0);
  fix_ip_length(packet, packet.at.l3);
  add_to_sum(packet.data + open.start + kTcpChecksum, packet.size() - open.start, true);
  NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = {};
  info.LsoV2Transmit.MSS = packet.segment_size;
  info.LsoV2Transmit.TcpHeaderOffset = open.start & kMostTcpOffset;
  info.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
  info.LsoV2Transmit.IPVersion = version_at(packet, packet.at.l3) == 6
                                     ? NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6
                                     : NDIS_TCP_LARGE_SEND_OFFLOAD_IPv4;
  return std::uint32_t(reinterpret_cast<ULONG_PTR>(info.Value));
}

std::uint32_t large_send_completion(std::uint32_t entry, std::uint32_t payload) {
  NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info = {}, done = {};
  info.Value = reinterpret_cast<PVOID>(ULONG_PTR{entry});
  done.Transmit.Type = info.Transmit.Type;
  if (info.Transmit.Type == NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE) {
    done.LsoV1TransmitComplete.TcpPayload = payload & 0x3fffffff;
  }
  return std::uint32_t(reinterpret_cast<ULONG_PTR>(done.Value));
}

// ---- received ----------------------------------------------------------------------------------

void take_received(Packet& packet, std::uint32_t checksum, std::uint32_t coalesced,
                   const flow::HeaderOffsets& at) {
  constexpr std::uint32_t kVerdicts = 0x3f;  // failed and succeeded, of TCP, UDP and IP
  packet.verdict = std::uint8_t(checksum & kVerdicts);
  NDIS_RSC_NBL_INFO info = {};
  info.Value = reinterpret_cast<PVOID>(ULONG_PTR{coalesced});
  const std::uint32_t count = info.Info.CoalescedSegCount;
  if (count < 2 || !is_tcp_at(packet, at)) return;
  const std::uint32_t size = (packet.size() - at.payload + count - 1) / count;
  if (size <= 0xffff) packet.segment_size = std::uint16_t(size);
}

std::uint32_t coalesced_info(const Packet& packet) {
  if (packet.segment_size == 0 || packet.size() <= packet.at.payload) return 0;
  const std::uint32_t payload = packet.size() - packet.at.payload;
  NDIS_RSC_NBL_INFO info = {};
  info.Info.CoalescedSegCount = USHORT((payload + packet.segment_size - 1) / packet.segment_size);
  return std::uint32_t(reinterpret_cast<ULONG_PTR>(info.Value));
}

void leave_segments_open(Packet& packet) {
  if (!is_tcp_at(packet, packet.at)) return;
  const bool is_v4 = version_at(packet, packet.at.l3) == 4;
  const std::uint8_t* const ip = packet.data + packet.at.l3;
  Checksum sum;
  sum.add(is_v4 ? Bytes(ip + 12, 8) : Bytes(ip + 8, 32));
  sum.add(Be16(kTcp));
  sum.add(Be32(packet.size() - packet.at.l4));
  store(packet.data + packet.at.l4 + kTcpChecksum, Be16(sum.sum()));
  packet.open = {packet.at.l4, kTcpChecksum};
}

}  // namespace ovs::driver

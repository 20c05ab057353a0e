#include "emulator/vmswitch/offload_info.h"

#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO checksum_info(NET_BUFFER_LIST* list) {
  NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info;
  info.Value = NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo);
  return info;
}
NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO large_send_info(NET_BUFFER_LIST* list) {
  NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info;
  info.Value = NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo);
  return info;
}
NDIS_RSC_NBL_INFO coalescing_info(NET_BUFFER_LIST* list) {
  NDIS_RSC_NBL_INFO info;
  info.Value = NET_BUFFER_LIST_INFO(list, TcpRecvSegCoalesceInfo);
  return info;
}

// The first version knows IPv4 alone.
bool has_second_version(const Headers& headers, LargeSends large_sends) {
  return large_sends == LargeSends::V2 || headers.ip_version == 6;
}

void put_large_send(NET_BUFFER_LIST* list, const NicFrame& frame, LargeSends large_sends,
                    const Headers& headers) {
  NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO info;
  info.Value = nullptr;
  info.LsoV2Transmit.MSS = frame.segment_size;
  info.LsoV2Transmit.TcpHeaderOffset = static_cast<ULONG>(headers.l4);
  if (has_second_version(headers, large_sends)) {
    info.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
    info.LsoV2Transmit.IPVersion = headers.ip_version == 6 ? NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6
                                                           : NDIS_TCP_LARGE_SEND_OFFLOAD_IPv4;
  }
  NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo) = info.Value;
}

[[noreturn]] void refuse(const char* what) {
  violate(78, std::string("NdisFSendNetBufferLists: ") + what);
}

bool is_verified(NET_BUFFER_LIST* list) {
  const auto& found = checksum_info(list).Receive;
  return found.TcpChecksumSucceeded != 0 || found.UdpChecksumSucceeded != 0;
}

void read_receive(NET_BUFFER_LIST* list, Parcel& parcel) {
  if (large_send_info(list).Value != nullptr) {
    refuse("a large send on a packet whose source is the external NIC");
  }
  if (checksum_info(list).Transmit.TcpHeaderOffset != 0) {
    refuse("a send checksum on a packet whose source is the external NIC");
  }
  parcel.is_verified = is_verified(list);
  const std::size_t count = coalescing_info(list).Info.CoalescedSegCount;
  if (count < 2) return;
  const Headers headers = headers_of(parcel.frame);
  if (headers.transport != Transport::Tcp) return;
  parcel.segment_size = (headers.payload() + count - 1) / count;
}

void read_send(NET_BUFFER_LIST* list, Parcel& parcel) {
  const auto checksum = checksum_info(list);
  const auto& wanted = checksum.Transmit;
  const bool wants_any =
      wanted.TcpChecksum != 0 || wanted.UdpChecksum != 0 || wanted.IpHeaderChecksum != 0;
  const bool has_family = wanted.IsIPv4 != 0 || wanted.IsIPv6 != 0;
  if (wants_any && !has_family) {
    refuse("a receive checksum on a packet whose source is not the external NIC");
  }
  if (coalescing_info(list).Value != nullptr) {
    refuse("coalesced segments on a packet whose source is not the external NIC");
  }
  parcel.wants_ip_checksum = wanted.IpHeaderChecksum != 0;
  parcel.wants_transport_checksum = wanted.TcpChecksum != 0 || wanted.UdpChecksum != 0;
  const auto large = large_send_info(list);
  if (large.Value == nullptr) return;
  parcel.segment_size = large.LsoV2Transmit.MSS;
  parcel.wants_ip_checksum = parcel.wants_transport_checksum = true;
}

}  // namespace

void put_tag(NET_BUFFER_LIST* list, const Tag& tag) {
  NDIS_NET_BUFFER_LIST_8021Q_INFO info;
  info.Value = nullptr;
  info.TagHeader.VlanId = tag.vlan;
  info.TagHeader.UserPriority = tag.priority;
  NET_BUFFER_LIST_INFO(list, Ieee8021QNetBufferListInfo) = info.Value;
}

Tag tag_of(NET_BUFFER_LIST* list) {
  NDIS_NET_BUFFER_LIST_8021Q_INFO info;
  info.Value = NET_BUFFER_LIST_INFO(list, Ieee8021QNetBufferListInfo);
  return {static_cast<std::uint16_t>(info.TagHeader.VlanId),
          static_cast<std::uint8_t>(info.TagHeader.UserPriority)};
}

void complete_large_send(NET_BUFFER_LIST* list) {
  auto info = large_send_info(list);
  if (info.Value == nullptr) return;
  const ULONG type = info.Transmit.Type;
  info.Value = nullptr;
  info.Transmit.Type = type;
  NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo) = info.Value;
}

// Of the first version nothing tells a size of segments with a header's offset from a payload that
// was sent but that the offset is not zero; no payload here is that large.
bool is_large_send_open(NET_BUFFER_LIST* list) {
  const auto info = large_send_info(list);
  return info.Value != nullptr && info.LsoV2Transmit.TcpHeaderOffset != 0;
}

void put_send_info(NET_BUFFER_LIST* list, const NicFrame& frame, LargeSends large_sends,
                   MutableBytes bytes) {
  if (frame.partial.start == 0) return;
  const Headers headers = headers_of(bytes);
  if (headers.transport == Transport::None) return;
  if (frame.segment_size != 0 && headers.transport == Transport::Tcp) {
    put_pseudo_sum(bytes, headers, PseudoLength::Without);
    put_large_send(list, frame, large_sends, headers);
    // As Linux's stack does it over Hyper-V; the first version has the length.
    if (has_second_version(headers, large_sends)) leave_out_length(bytes, headers);
    return;
  }
  put_pseudo_sum(bytes, headers, PseudoLength::With);
  NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info;
  info.Value = nullptr;
  info.Transmit.IsIPv4 = headers.ip_version == 4;
  info.Transmit.IsIPv6 = headers.ip_version == 6;
  info.Transmit.TcpChecksum = headers.transport == Transport::Tcp;
  info.Transmit.UdpChecksum = headers.transport == Transport::Udp;
  info.Transmit.TcpHeaderOffset = static_cast<ULONG>(headers.l4) & 0x3ff;
  NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) = info.Value;
}

void put_receive_info(NET_BUFFER_LIST* list, const NicFrame& frame, MutableBytes bytes) {
  const Headers headers = headers_of(bytes);
  if (frame.partial.start != 0) complete_transport_checksum(bytes, headers);
  if (headers.ip_version == 0 || !fault_of(bytes).empty()) return;
  NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info;
  info.Value = nullptr;
  info.Receive.IpChecksumSucceeded = headers.ip_version == 4;
  info.Receive.TcpChecksumSucceeded = headers.transport == Transport::Tcp;
  info.Receive.UdpChecksumSucceeded = headers.transport == Transport::Udp;
  NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) = info.Value;
  if (frame.segment_size == 0 || headers.transport != Transport::Tcp) return;
  const std::size_t count = (headers.payload() + frame.segment_size - 1) / frame.segment_size;
  if (count < 2) return;
  NDIS_RSC_NBL_INFO coalesced;
  coalesced.Value = nullptr;
  coalesced.Info.CoalescedSegCount = static_cast<USHORT>(count);
  NET_BUFFER_LIST_INFO(list, TcpRecvSegCoalesceInfo) = coalesced.Value;
}

void read_info(NET_BUFFER_LIST* list, InfoFormat format, Parcel& parcel) {
  if (format == InfoFormat::Receive) return read_receive(list, parcel);
  read_send(list, parcel);
}

}  // namespace ovs::emulator

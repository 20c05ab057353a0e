// What a NET_BUFFER_LIST says of its packets besides the bytes: checksums, segmentation, VLAN tag,
// virtual subnet, coalesced segments. Each is one pointer-sized entry of NetBufferListInfo.
#pragma once
#include "emulator/sdk/net/net_buffer.h"

struct NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO {
  union {
    struct {
      ULONG IsIPv4 : 1, IsIPv6 : 1, TcpChecksum : 1, UdpChecksum : 1, IpHeaderChecksum : 1;
      ULONG Reserved : 11, TcpHeaderOffset : 10;
    } Transmit;
    struct {
      ULONG TcpChecksumFailed : 1, UdpChecksumFailed : 1, IpChecksumFailed : 1;
      ULONG TcpChecksumSucceeded : 1, UdpChecksumSucceeded : 1, IpChecksumSucceeded : 1;
      ULONG Loopback : 1, TcpChecksumValueInvalid : 1, IpChecksumValueInvalid : 1;
    } Receive;
    PVOID Value;
  };
};

inline constexpr ULONG NDIS_TCP_LARGE_SEND_OFFLOAD_V1_TYPE = 0;
inline constexpr ULONG NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE = 1;
inline constexpr ULONG NDIS_TCP_LARGE_SEND_OFFLOAD_IPv4 = 0;
inline constexpr ULONG NDIS_TCP_LARGE_SEND_OFFLOAD_IPv6 = 1;
struct NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO {
  union {
    struct {
      ULONG Unused : 30, Type : 1, Reserved2 : 1;
    } Transmit;
    struct {
      ULONG MSS : 20, TcpHeaderOffset : 10, Type : 1, Reserved2 : 1;
    } LsoV1Transmit;
    struct {
      ULONG TcpPayload : 30, Type : 1, Reserved2 : 1;
    } LsoV1TransmitComplete;
    struct {
      ULONG MSS : 20, TcpHeaderOffset : 10, Type : 1, IPVersion : 1;
    } LsoV2Transmit;
    struct {
      ULONG Reserved : 30, Type : 1, Reserved2 : 1;
    } LsoV2TransmitComplete;
    PVOID Value;
  };
};

struct NDIS_NET_BUFFER_LIST_8021Q_INFO {
  union {
    struct {
      UINT32 UserPriority : 3, CanonicalFormatId : 1, VlanId : 12, Reserved : 16;
    } TagHeader;
    PVOID Value;
  };
};

struct NDIS_NET_BUFFER_LIST_VIRTUAL_SUBNET_INFO {
  union {
    struct {
      UINT32 VirtualSubnetId : 24, ReservedVsidBits : 8;
      UINT32 Reserved;
    };
    PVOID Value;
  };
};

union NDIS_RSC_NBL_INFO {
  struct {
    USHORT CoalescedSegCount, DupAckCount;
  } Info;
  PVOID Value;
};

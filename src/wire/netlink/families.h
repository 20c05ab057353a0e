// The numbers of the Open vSwitch netlink families as the Windows device speaks them: those of
// Linux's openvswitch.h, with static family ids, two families of Windows' own (CTRL, NETDEV), and
// one of ours (ROUTE). An ABI: nothing here may change.
#pragma once
#include <cstdint>

namespace ovs::wire {

enum class Family : std::uint16_t {
  Control = 17,
  Datapath = 18,
  Packet = 19,
  Vport = 20,
  Flow = 21,
  Netdev = 22,
  Conntrack = 23,  // a placeholder: requests carry netfilter's own types, 0x100 and up
  CtLimit = 24,
  Meter = 25,
  Route = 26,
};
struct FamilyInfo {
  Family family;
  const char* name;
  std::uint8_t version;
};
inline constexpr FamilyInfo kFamilies[] = {
    {Family::Control, "ovs_win_control", 1}, {Family::Datapath, "ovs_datapath", 2},
    {Family::Packet, "ovs_packet", 1},       {Family::Vport, "ovs_vport", 1},
    {Family::Flow, "ovs_flow", 1},           {Family::Netdev, "ovs_win_netdev", 1},
    {Family::CtLimit, "ovs_ct_limit", 1},    {Family::Meter, "ovs_meter", 1},
    {Family::Route, "ovs_win_route", 1},
};
inline constexpr std::uint32_t kVportGroup = 101;  // multicast group of vport events

// CTRL (17).
enum class ControlCommand : std::uint8_t {
  PendRequest = 0,
  PendPacketRequest = 1,
  SubscribeEvents = 2,
  SubscribePackets = 3,
  EventNotify = 4,
  ReadNotify = 5,
  SocketProperty = 6,
};
enum class ControlAttr : std::uint16_t {
  McastGroup = 0,
  McastJoin = 1,
  PacketSubscribe = 2,
  PacketPid = 3
};
enum class SocketAttr : std::uint16_t { Protocol = 0, Pid = 1 };
inline constexpr std::uint32_t kNetlinkGeneric = 16, kNetlinkNetfilter = 12;

// DATAPATH (18).
enum class DatapathCommand : std::uint8_t { New = 1, Del = 2, Find = 3, Set = 4 };
enum class DatapathAttr : std::uint16_t {
  Name = 1,
  UpcallPid = 2,
  Stats = 3,
  MegaflowStats = 4,
  UserFeatures = 5,
  Pad = 6,
  MasksCacheSize = 7,
  PerCpuPids = 8,
  Ifindex = 9,
};
inline constexpr unsigned kMaxDatapathAttr = 9;
inline constexpr std::uint32_t kFeatureUnaligned = 1, kFeatureVportPids = 2,
                               kFeatureTcRecircSharing = 4, kFeatureDispatchPerCpu = 8;
struct DatapathStats {
  std::uint64_t hit, missed, lost, flows;
};
struct MegaflowStats {
  std::uint64_t mask_hit;
  std::uint32_t masks, pad0;
  std::uint64_t cache_hit, pad1;
};
static_assert(sizeof(DatapathStats) == 32 && sizeof(MegaflowStats) == 32);

// VPORT (20).
enum class VportCommand : std::uint8_t { New = 1, Del = 2, Find = 3, Set = 4 };
enum class VportAttr : std::uint16_t {
  PortNo = 1,
  Type = 2,
  Name = 3,
  Options = 4,
  UpcallPid = 5,
  Stats = 6,
  Pad = 7,
  Ifindex = 8,
  Netnsid = 9,
  UpcallStats = 10,
};
inline constexpr unsigned kMaxVportAttr = 10;
enum class VportType : std::uint32_t { Netdev = 1, Internal = 2, Gre = 3, Vxlan = 4, Geneve = 5 };
enum class TunnelOptionAttr : std::uint16_t { DstPort = 1, Extension = 2 };
struct VportStats {
  std::uint64_t rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped,
      tx_dropped;
};
static_assert(sizeof(VportStats) == 64);

// FLOW (21).
enum class FlowCommand : std::uint8_t { New = 1, Del = 2, Find = 3, Set = 4 };
enum class FlowAttr : std::uint16_t {
  Key = 1,
  Actions = 2,
  Stats = 3,
  TcpFlags = 4,
  Used = 5,
  Clear = 6,
  Mask = 7,
  Probe = 8,
  Ufid = 9,
  UfidFlags = 10,
  Pad = 11,
};
inline constexpr unsigned kMaxFlowAttr = 11;
inline constexpr std::uint32_t kUfidOmitKey = 1, kUfidOmitMask = 2, kUfidOmitActions = 4;
struct FlowStats {
  std::uint64_t packets, bytes;
};
static_assert(sizeof(FlowStats) == 16);

// PACKET (19).
enum class PacketCommand : std::uint8_t { Miss = 1, Action = 2, Execute = 3 };
enum class PacketAttr : std::uint16_t {
  Packet = 1,
  Key = 2,
  Actions = 3,
  Userdata = 4,
  EgressTunnelKey = 5,
  Unused1 = 6,
  Unused2 = 7,
  Probe = 8,
  Mru = 9,
  Len = 10,
  Hash = 11,
  UpcallPid = 12,
};
inline constexpr unsigned kMaxPacketAttr = 12;

// NETDEV (22). SET and the attributes from Speed on are ours.
enum class NetdevCommand : std::uint8_t { Find = 1, Set = 2 };
enum class NetdevAttr : std::uint16_t {
  PortNo = 1,
  Type = 2,
  Name = 3,
  MacAddress = 4,
  Mtu = 5,
  IfFlags = 6,
  Speed = 7,    // u64, bits per second
  Carrier = 8,  // u8
  Status = 9,   // string: what a pending port waits for
};
inline constexpr unsigned kMaxNetdevAttr = 9;
inline constexpr std::uint32_t kNetdevUp = 1, kNetdevPromisc = 2;

// ROUTE (26), ours: the engine's routes, local addresses and neighbours, fed by the daemon.
enum class RouteCommand : std::uint8_t {
  RouteNew = 1,
  RouteDel = 2,
  RouteFind = 3,
  AddressNew = 4,
  AddressDel = 5,
  AddressFind = 6,
  NeighbourNew = 7,
  NeighbourDel = 8,
  NeighbourFind = 9,
  Flush = 10,
  NeighbourWanted = 11,  // an event
};
enum class RouteAttr : std::uint16_t {
  Destination = 1,   // 4 or 16 bytes
  PrefixLength = 2,  // u8
  Gateway = 3,       // 4 or 16 bytes; absent: on link
  Source = 4,        // 4 or 16 bytes, preferred source
  PortNo = 5,        // u32: the port that leads there, or that owns the address
  Priority = 6,      // u32, lower wins
  Mark = 7,          // u32
  LinkAddress = 8,   // 6 bytes
  Mtu = 9,           // u32
};
inline constexpr unsigned kMaxRouteAttr = 9;
inline constexpr std::uint32_t kNeighbourGroup = 102;  // multicast group of NeighbourWanted

// METER (25) and CTLIMIT (24).
enum class MeterCommand : std::uint8_t { Features = 1, Set = 2, Del = 3, Find = 4 };
enum class MeterAttr : std::uint16_t {
  Id = 1,
  Kbps = 2,
  Stats = 3,
  Bands = 4,
  Used = 5,
  Clear = 6,
  MaxMeters = 7,
  MaxBands = 8,
};
enum class MeterBandAttr : std::uint16_t { Type = 1, Rate = 2, Burst = 3, Stats = 4 };
enum class CtLimitCommand : std::uint8_t { Set = 1, Del = 2, Find = 3 };
enum class CtLimitAttr : std::uint16_t { ZoneLimit = 1 };

// Keys. What each holds is in flow/field/odp.h.
enum class KeyAttr : std::uint16_t {
  Unspec = 0,
  Encap = 1,
  Priority = 2,
  InPort = 3,
  Ethernet = 4,
  Vlan = 5,
  EtherType = 6,
  Ipv4 = 7,
  Ipv6 = 8,
  Tcp = 9,
  Udp = 10,
  Icmp = 11,
  Icmpv6 = 12,
  Arp = 13,
  Nd = 14,
  SkbMark = 15,
  Tunnel = 16,
  Sctp = 17,
  TcpFlags = 18,
  DpHash = 19,
  RecircId = 20,
  Mpls = 21,
  CtState = 22,
  CtZone = 23,
  CtMark = 24,
  CtLabels = 25,
  CtOrigTupleIpv4 = 26,
  CtOrigTupleIpv6 = 27,
  Nsh = 28,
  PacketType = 29,
  NdExtensions = 30,
};
inline constexpr unsigned kMaxKeyAttr = 31;
enum class TunnelAttr : std::uint16_t {
  Id = 0,
  Ipv4Src = 1,
  Ipv4Dst = 2,
  Tos = 3,
  Ttl = 4,
  DontFragment = 5,
  Csum = 6,
  Oam = 7,
  GeneveOpts = 8,
  TpSrc = 9,
  TpDst = 10,
  VxlanOpts = 11,
  Ipv6Src = 12,
  Ipv6Dst = 13,
  Pad = 14,
  ErspanOpts = 15,
  GtpuOpts = 16,
};
inline constexpr unsigned kMaxTunnelAttr = 16;
enum class FragType : std::uint8_t { None = 0, First = 1, Later = 2 };

// Actions. Their payloads are in flow/action/action.h.
enum class ActionAttr : std::uint16_t {
  Unspec = 0,
  Output = 1,
  Userspace = 2,
  Set = 3,
  PushVlan = 4,
  PopVlan = 5,
  Sample = 6,
  Recirc = 7,
  Hash = 8,
  PushMpls = 9,
  PopMpls = 10,
  SetMasked = 11,
  Ct = 12,
  Trunc = 13,
  PushEth = 14,
  PopEth = 15,
  CtClear = 16,
  PushNsh = 17,
  PopNsh = 18,
  Meter = 19,
  Clone = 20,
  CheckPktLen = 21,
  AddMpls = 22,
  DecTtl = 23,
  Drop = 24,
  Psample = 25,
  // Of user space alone, numbered behind the others.
  TunnelPush = 26,
  TunnelPop = 27,
  LbOutput = 28,
};
enum class UserspaceAttr : std::uint16_t { Pid = 1, Userdata = 2, EgressTunPort = 3, Actions = 4 };
enum class SampleAttr : std::uint16_t { Probability = 1, Actions = 2, Arg = 3 };
enum class CtAttr : std::uint16_t {
  Commit = 1,
  Zone = 2,
  Mark = 3,
  Labels = 4,
  Helper = 5,
  Nat = 6,
  ForceCommit = 7,
  EventMask = 8,
  Timeout = 9,
};
enum class NatAttr : std::uint16_t {
  Src = 1,
  Dst = 2,
  IpMin = 3,
  IpMax = 4,
  ProtoMin = 5,
  ProtoMax = 6,
  Persistent = 7,
  ProtoHash = 8,
  ProtoRandom = 9,
};
enum class CheckPktLenAttr : std::uint16_t { PktLen = 1, Greater = 2, LessEqual = 3 };
enum class DecTtlAttr : std::uint16_t { Action = 1 };
enum class PsampleAttr : std::uint16_t { Group = 1, Cookie = 2 };

}  // namespace ovs::wire

// What each message says, decoded: one struct a body, and Message, which is one of them with its
// header. The same struct serves every version; what a version cannot say stays at its default.
// Decoding and encoding are codec.h's, texts text/print.h's.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes/address.h"
#include "flow/match/match.h"
#include "openflow/action/action.h"
#include "openflow/core/port.h"
#include "openflow/message/group.h"
#include "openflow/message/kind.h"
#include "openflow/message/meter.h"
#include "openflow/message/monitor.h"
#include "openflow/message/table.h"

namespace ovs::openflow {

using ByteString = std::vector<std::uint8_t>;

struct Empty {};  // requests that say nothing but their kind

struct Hello {
  VersionBitmap versions = 0;
  bool understood = true;  // false: there was more than the elements that are known
  ByteString whole;        // then the message as it came
};
struct ErrorMessage {
  std::optional<OfError> error;  // nothing: numbers that mean nothing to us
  ErrorCode code{};
  ByteString payload;  // the beginning of what was refused
};
struct Echo {
  ByteString payload;
};

// Ports' link properties: one bit each, in version 1.1's numbers.
using LinkFeatures = std::uint32_t;
inline constexpr LinkFeatures kOther = 1u << 10, kCopper = 1u << 11, kFiber = 1u << 12,
                              kAutoNegotiation = 1u << 13, kPause = 1u << 14,
                              kPauseAsymmetric = 1u << 15;
// OFPPC_*; the ones of 1.0 alone have their 1.0 numbers.
inline constexpr std::uint32_t kPortDown = 1u << 0, kNoStp = 1u << 1, kNoReceive = 1u << 2,
                               kNoReceiveStp = 1u << 3, kNoFlood = 1u << 4, kNoForward = 1u << 5,
                               kNoPacketIn = 1u << 6;
// OFPPS_*, and version 1.0's spanning tree state in bits 8 and 9.
inline constexpr std::uint32_t kLinkDown = 1u << 0, kBlocked = 1u << 1, kLive = 1u << 2,
                               kStpMask = 3u << 8;
struct Port {
  OfPort number = kPortNone;
  MacAddress address;
  std::string name;
  std::uint32_t config = 0, state = 0;
  LinkFeatures current = 0, advertised = 0, supported = 0, peer = 0;
  std::uint32_t current_kbps = 0, maximum_kbps = 0;
};

// OFPC_* of features replies, in the numbers of 1.1 and later; ARP_MATCH_IP is 1.0's.
inline constexpr std::uint32_t kFlowStats = 1u << 0, kTableStats = 1u << 1, kPortStats = 1u << 2,
                               kGroupStats = 1u << 3, kIpReassembly = 1u << 5,
                               kQueueStats = 1u << 6, kArpMatchIp = 1u << 7, kPortBlocked = 1u << 8,
                               kBundles = 1u << 9, kFlowMonitoring = 1u << 10,
                               kStp = 1u << 31;  // of 1.0
struct FeaturesReply {
  std::uint64_t datapath_id = 0;
  std::uint32_t buffers = 0;
  std::uint8_t tables = 0;
  std::uint8_t auxiliary_id = 0;
  std::uint32_t capabilities = 0;
  std::uint32_t actions = 0;  // version 1.0: bit n is its action n
  std::vector<Port> ports;    // up to 1.2
};

enum class Fragments : std::uint8_t { Normal, Drop, Reassemble, NxMatch };
struct SwitchConfig {
  Fragments fragments = Fragments::Normal;
  std::optional<bool> invalid_ttl_to_controller;  // versions 1.1 and 1.2
  std::uint16_t miss_send_length = 0;
};

struct PacketIn {
  ByteString packet;
  std::uint16_t total_length = 0;
  std::uint32_t buffer = kNoBuffer;
  PacketInReason reason = PacketInReason::NoMatch;
  std::uint8_t table = 0;
  std::optional<std::uint64_t> cookie;  // nothing: the version does not say
  flow::Match metadata;                 // in_port and whatever else is known
  ByteString userdata;
  ByteString continuation;  // a paused packet's NXPINT properties, opaque to controllers
  bool has_continuation = false;
};
struct Resume {
  PacketIn packet_in;
};

struct FlowRemoved {
  flow::Match match;
  std::uint64_t cookie = 0;
  std::uint16_t priority = 0;
  FlowRemovedReason reason = FlowRemovedReason::IdleTimeout;
  std::uint8_t table = kAllTables;  // 255: not said
  std::uint32_t duration_s = 0, duration_ns = 0;
  std::uint16_t idle_timeout = 0, hard_timeout = 0;
  std::uint64_t packets = 0, bytes = 0;
};

enum class PortReason : std::uint8_t { Add, Delete, Modify };
struct PortStatus {
  PortReason reason = PortReason::Add;
  Port port;
};
struct PortMod {
  OfPort port = kPortNone;
  MacAddress address;
  std::uint32_t config = 0, mask = 0;
  LinkFeatures advertise = 0;
};

struct PacketOut {
  std::uint32_t buffer = kNoBuffer;
  flow::Match metadata;  // in_port, and in 1.5 other pipeline fields
  Actions actions;
  ByteString packet;
};

enum class FlowCommand : std::uint8_t { Add, Modify, ModifyStrict, Delete, DeleteStrict };
inline constexpr std::uint16_t kSendFlowRemoved = 1 << 0, kCheckOverlap = 1 << 1,
                               kResetCounts = 1 << 2, kNoPacketCounts = 1 << 3,
                               kNoByteCounts = 1 << 4, kEmergency = 1 << 5;
struct FlowMod {
  FlowCommand command = FlowCommand::Add;
  flow::Match match;
  std::uint16_t priority = 0;
  std::uint64_t cookie = 0, cookie_mask = 0;  // what a modify or delete looks for
  std::uint64_t new_cookie = 0;               // what an add, or a modify that says so, sets
  bool modify_cookie = false;
  std::uint8_t table = kAllTables;
  std::uint16_t idle_timeout = 0, hard_timeout = 0, importance = 0;
  std::uint32_t buffer = kNoBuffer;
  OfPort out_port = kPortAny;
  std::uint32_t out_group = kGroupAny;
  std::uint16_t flags = 0;
  Actions actions;
};

struct TableMod {
  std::uint8_t table = 0;
  std::uint32_t config = 0;
};

struct Desc {
  std::string manufacturer, hardware, software, serial, datapath;
};

struct FlowStatsRequest {  // also the aggregate request
  flow::Match match;
  std::uint64_t cookie = 0, cookie_mask = 0;
  OfPort out_port = kPortAny;
  std::uint32_t out_group = kGroupAny;
  std::uint8_t table = kAllTables;
};
inline constexpr std::uint64_t kUnknownCount = ~std::uint64_t{0};
struct FlowStats {
  flow::Match match;
  std::uint64_t cookie = 0;
  std::uint8_t table = 0;
  std::uint16_t priority = 0, idle_timeout = 0, hard_timeout = 0, importance = 0;
  std::uint32_t duration_s = 0, duration_ns = 0;
  std::int32_t idle_age_s = -1, hard_age_s = -1;  // -1: not said
  std::uint64_t packets = kUnknownCount, bytes = kUnknownCount;
  std::uint16_t flags = 0;
  Actions actions;
};
struct FlowStatsReply {
  std::vector<FlowStats> flows;
};
struct AggregateReply {
  std::uint64_t packets = 0, bytes = 0;
  std::uint32_t flows = 0;
};

struct TableStats {
  std::uint8_t table = 0;
  std::string name;
  std::uint32_t active = 0, maximum = 0;
  std::uint64_t lookups = 0, matches = 0;
  // What the table can do, up to 1.2, in the version's own bits.
  std::uint64_t wildcards = 0, matchable = 0, write_fields = 0, apply_fields = 0,
                metadata_match = 0, metadata_write = 0;
  std::uint32_t instructions = 0, write_actions = 0, apply_actions = 0, config = 0;
};
struct TableStatsReply {
  std::vector<TableStats> tables;
};

struct PortRequest {  // port stats; port desc in 1.5
  OfPort port = kPortAny;
};
struct PortStats {
  OfPort port = kPortNone;
  std::uint64_t rx_packets = kUnknownCount, tx_packets = kUnknownCount, rx_bytes = kUnknownCount,
                tx_bytes = kUnknownCount, rx_dropped = kUnknownCount, tx_dropped = kUnknownCount,
                rx_errors = kUnknownCount, tx_errors = kUnknownCount,
                rx_frame_errors = kUnknownCount, rx_overruns = kUnknownCount,
                rx_crc_errors = kUnknownCount, collisions = kUnknownCount;
  std::uint32_t duration_s = 0xffffffff, duration_ns = 0xffffffff;  // all ones: not said
  // 1.4 and later, Intel's property: packets by size and by address; empty if not said.
  std::vector<std::uint64_t> custom_rfc2819;
  std::vector<std::pair<std::string, std::uint64_t>> custom;
};
struct PortStatsReply {
  std::vector<PortStats> ports;
};
struct PortDescReply {
  std::vector<Port> ports;
};

struct QueueRequest {
  OfPort port = kPortAny;
  std::uint32_t queue = kAllQueues;
};
struct QueueStats {
  OfPort port = kPortNone;
  std::uint32_t queue = 0;
  std::uint64_t tx_bytes = kUnknownCount, tx_packets = kUnknownCount, tx_errors = kUnknownCount;
  std::uint32_t duration_s = 0xffffffff, duration_ns = 0xffffffff;
};
struct QueueStatsReply {
  std::vector<QueueStats> queues;
};

enum class Role : std::uint8_t { NoChange, Equal, Primary, Secondary };
struct RoleMessage {  // request and reply
  Role role = Role::NoChange;
  std::optional<std::uint64_t> generation;
};

// Which asynchronous messages a controller gets, by message and reason bit; [0] as primary or
// equal, [1] as secondary. Where a version has properties a change may leave some out: bit n of
// `said` is property n's, an even one of secondaries and the next of the others.
struct AsyncConfig {
  std::uint32_t packet_in[2] = {}, port_status[2] = {}, flow_removed[2] = {}, role_status[2] = {},
                table_status[2] = {}, request_forward[2] = {};
  std::uint32_t said = 0xfff;
};
// What is in force after a change.
AsyncConfig applied(AsyncConfig before, const AsyncConfig& change);

enum class PacketInFormat : std::uint8_t { Standard = 0, Nxt = 1, Nxt2 = 2 };
struct SetPacketInFormat {
  PacketInFormat format = PacketInFormat::Standard;
};
struct SetFlowFormat {
  bool nxm = false;
};
struct FlowModTableId {
  bool on = false;
};
struct ControllerId {
  std::uint16_t id = 0;
};

enum class BundleType : std::uint8_t {
  OpenRequest,
  OpenReply,
  CloseRequest,
  CloseReply,
  CommitRequest,
  CommitReply,
  DiscardRequest,
  DiscardReply,
};
inline constexpr std::uint16_t kBundleAtomic = 1 << 0, kBundleOrdered = 1 << 1;
struct BundleControl {
  std::uint32_t id = 0;
  BundleType type = BundleType::OpenRequest;
  std::uint16_t flags = 0;
};
struct BundleAdd {
  std::uint32_t id = 0;
  std::uint16_t flags = 0;
  ByteString message;  // whole, of the same xid
};

enum class RoleReason : std::uint8_t { PrimaryRequest, Configuration, ExperimenterData };
struct RoleStatus {
  Role role = Role::NoChange;
  RoleReason reason = RoleReason::PrimaryRequest;
  std::optional<std::uint64_t> generation;
};

inline constexpr std::uint16_t kNoRate = 0xffff;
struct QueueConfig {
  OfPort port = kPortAny;
  std::uint32_t queue = 0;
  std::uint16_t minimum_rate = kNoRate, maximum_rate = kNoRate;  // in tenths of a percent
};
struct QueueConfigRequest {
  OfPort port = kPortAny;
  std::uint32_t queue = kAllQueues;  // from 1.4 on
};
struct QueueConfigReply {
  OfPort port = kPortAny;  // until 1.3 all are one port's
  std::vector<QueueConfig> queues;
};

// What asks about one group or meter, or all of them.
struct IdRequest {
  std::uint32_t id = kGroupAll;
};
struct ZoneFlush {
  std::uint16_t zone = 0;
};

// A change that another controller asked for.
struct RequestForward {
  std::uint32_t xid = 0;  // of that request
  std::variant<GroupMod, MeterMod> request;
};

// A body of a kind that is not decoded yet.
struct Undecoded {
  ByteString body;
};

using Body = std::variant<
    Empty, Hello, ErrorMessage, Echo, FeaturesReply, SwitchConfig, PacketIn, Resume, FlowRemoved,
    PortStatus, PortMod, PacketOut, FlowMod, TableMod, Desc, FlowStatsRequest, FlowStatsReply,
    AggregateReply, TableStatsReply, PortRequest, PortStatsReply, PortDescReply, QueueRequest,
    QueueStatsReply, RoleMessage, AsyncConfig, SetPacketInFormat, SetFlowFormat, FlowModTableId,
    ControllerId, BundleControl, BundleAdd, RoleStatus, QueueConfigRequest, QueueConfigReply,
    IdRequest, ZoneFlush, GroupMod, GroupDescReply, GroupStatsReply, GroupFeatures, MeterMod,
    MeterConfigReply, MeterStatsReply, MeterFeatures, RequestForward, FlowMonitorRequest,
    MonitorCancel, FlowMonitorReply, TlvTableMod, TlvTableReply, IpfixBridgeReply, IpfixFlowReply,
    CtFlush, TableFeaturesMessage, TableDescReply, TableStatus, Undecoded>;

struct Message {
  Encoding encoding = Encoding::OfptHello;
  Version version = Version::V10;
  std::uint32_t xid = 0;
  bool more = false;  // multipart: another part follows
  Body body;

  Kind kind() const { return kind_of(encoding); }
  template <class T>
  const T* as() const {
    return std::get_if<T>(&body);
  }
};

}  // namespace ovs::openflow

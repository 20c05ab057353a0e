// Bodies about watching a switch's flows, and what its extensions tell and do.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/containers/array.h"
#include "flow/match/match.h"
#include "openflow/action/action.h"
#include "openflow/core/port.h"

namespace ovs::openflow {

enum class MonitorCommand : std::uint8_t { Add, Modify, Delete };
// OFPFMF_* of version 1.4; older versions number the last one differently.
inline constexpr std::uint16_t kMonitorInitial = 1 << 0, kMonitorAdd = 1 << 1,
                               kMonitorDelete = 1 << 2, kMonitorModify = 1 << 3,
                               kMonitorActions = 1 << 4, kMonitorNoAbbrev = 1 << 5,
                               kMonitorOwn = 1 << 6;
struct FlowMonitor {
  std::uint32_t id = 0;
  MonitorCommand command = MonitorCommand::Add;
  std::uint16_t flags = 0;
  OfPort out_port = kPortAny;
  std::uint32_t out_group = kGroupAny;
  std::uint8_t table = kAllTables;
  flow::Match match;
};
struct FlowMonitorRequest {
  std::vector<FlowMonitor> monitors;
};
struct MonitorCancel {
  std::uint32_t id = 0;
};

enum class FlowRemovedReason : std::uint8_t {
  IdleTimeout,
  HardTimeout,
  Delete,
  GroupDelete,
  MeterDelete,
  Eviction,
};

// In version 1.4's order.
enum class FlowEvent : std::uint16_t {
  Initial,
  Added,
  Deleted,
  Modified,
  Abbreviated,
  Paused,
  Resumed,
};
struct FlowUpdate {
  FlowEvent event = FlowEvent::Added;
  FlowRemovedReason reason = FlowRemovedReason::IdleTimeout;
  std::uint16_t priority = 0, idle_timeout = 0, hard_timeout = 0;
  std::uint8_t table = 0;
  std::uint64_t cookie = 0;
  flow::Match match;
  Actions actions;
  std::uint32_t xid = 0;  // of one's own change, abbreviated
};
struct FlowMonitorReply {
  std::vector<FlowUpdate> updates;
};

// --- which tunnel options are which fields ---

enum class TlvCommand : std::uint16_t { Add, Delete, Clear };
struct TlvMap {
  std::uint16_t option_class = 0;
  std::uint8_t type = 0, length = 0;
  std::uint16_t index = 0;  // tun_metadata<index>
  bool operator==(const TlvMap&) const = default;
};
struct TlvTableMod {
  TlvCommand command = TlvCommand::Add;
  std::vector<TlvMap> maps;
};
struct TlvTableReply {
  std::uint32_t max_space = 0;
  std::uint16_t max_fields = 0;
  std::vector<TlvMap> maps;
};

// --- IPFIX ---

struct IpfixStats {
  std::uint32_t collector_set = 0;  // of flow statistics
  std::uint64_t total_flows = 0, current_flows = 0, packets = 0, ipv4_packets = 0, ipv6_packets = 0,
                error_packets = 0, ipv4_errors = 0, ipv6_errors = 0, tx_packets = 0, tx_errors = 0;
};
struct IpfixBridgeReply {
  IpfixStats stats;
};
struct IpfixFlowReply {
  std::vector<IpfixStats> sets;
};

// --- connections to forget ---

using Address16 = Array<std::uint8_t, 16>;  // IPv4 as ::ffff:a.b.c.d
struct CtTuple {
  Address16 source{}, destination{};
  std::uint16_t source_port = 0, destination_port = 0, icmp_id = 0;
  std::uint8_t icmp_type = 0, icmp_code = 0;
  bool operator==(const CtTuple&) const = default;
};
struct CtFlush {
  std::uint8_t protocol = 0;
  std::uint8_t family = 0;  // 4, 6, 0: no address was said
  CtTuple original, reply;
  std::optional<std::uint16_t> zone;
  std::uint32_t mark = 0, mark_mask = 0;
  Address16 labels{}, labels_mask{};
};

}  // namespace ovs::openflow

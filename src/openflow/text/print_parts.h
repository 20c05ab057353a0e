// What the printers of single bodies share.
#pragma once
#include <string>

#include "flow/match/match_text.h"
#include "openflow/text/print.h"

namespace ovs::openflow {

// Each prints what follows the title. Total: anything that decodes prints.
std::string print_body(const Empty&, const Message&, const PrintOptions&);
std::string print_body(const Hello&, const Message&, const PrintOptions&);
std::string print_body(const ErrorMessage&, const Message&, const PrintOptions&);
std::string print_body(const Echo&, const Message&, const PrintOptions&);
std::string print_body(const FeaturesReply&, const Message&, const PrintOptions&);
std::string print_body(const SwitchConfig&, const Message&, const PrintOptions&);
std::string print_body(const PacketIn&, const Message&, const PrintOptions&);
std::string print_body(const Resume&, const Message&, const PrintOptions&);
std::string print_body(const FlowRemoved&, const Message&, const PrintOptions&);
std::string print_body(const PortStatus&, const Message&, const PrintOptions&);
std::string print_body(const PortMod&, const Message&, const PrintOptions&);
std::string print_body(const PacketOut&, const Message&, const PrintOptions&);
std::string print_body(const FlowMod&, const Message&, const PrintOptions&);
std::string print_body(const TableMod&, const Message&, const PrintOptions&);
std::string print_body(const Desc&, const Message&, const PrintOptions&);
std::string print_body(const FlowStatsRequest&, const Message&, const PrintOptions&);
std::string print_body(const FlowStatsReply&, const Message&, const PrintOptions&);
std::string print_body(const AggregateReply&, const Message&, const PrintOptions&);
std::string print_body(const TableStatsReply&, const Message&, const PrintOptions&);
std::string print_body(const PortRequest&, const Message&, const PrintOptions&);
std::string print_body(const PortStatsReply&, const Message&, const PrintOptions&);
std::string print_body(const PortDescReply&, const Message&, const PrintOptions&);
std::string print_body(const QueueRequest&, const Message&, const PrintOptions&);
std::string print_body(const QueueStatsReply&, const Message&, const PrintOptions&);
std::string print_body(const RoleMessage&, const Message&, const PrintOptions&);
std::string print_body(const AsyncConfig&, const Message&, const PrintOptions&);
std::string print_body(const SetPacketInFormat&, const Message&, const PrintOptions&);
std::string print_body(const SetFlowFormat&, const Message&, const PrintOptions&);
std::string print_body(const FlowModTableId&, const Message&, const PrintOptions&);
std::string print_body(const ControllerId&, const Message&, const PrintOptions&);
std::string print_body(const BundleControl&, const Message&, const PrintOptions&);
std::string print_body(const BundleAdd&, const Message&, const PrintOptions&);
std::string print_body(const RoleStatus&, const Message&, const PrintOptions&);
std::string print_body(const QueueConfigRequest&, const Message&, const PrintOptions&);
std::string print_body(const QueueConfigReply&, const Message&, const PrintOptions&);
std::string print_body(const IdRequest&, const Message&, const PrintOptions&);
std::string print_body(const ZoneFlush&, const Message&, const PrintOptions&);
std::string print_body(const GroupMod&, const Message&, const PrintOptions&);
std::string print_body(const GroupDescReply&, const Message&, const PrintOptions&);
std::string print_body(const GroupStatsReply&, const Message&, const PrintOptions&);
std::string print_body(const GroupFeatures&, const Message&, const PrintOptions&);
std::string print_body(const MeterMod&, const Message&, const PrintOptions&);
std::string print_body(const MeterConfigReply&, const Message&, const PrintOptions&);
std::string print_body(const MeterStatsReply&, const Message&, const PrintOptions&);
std::string print_body(const MeterFeatures&, const Message&, const PrintOptions&);
std::string print_body(const RequestForward&, const Message&, const PrintOptions&);
std::string print_body(const FlowMonitorRequest&, const Message&, const PrintOptions&);
std::string print_body(const MonitorCancel&, const Message&, const PrintOptions&);
std::string print_body(const FlowMonitorReply&, const Message&, const PrintOptions&);
std::string print_body(const TlvTableMod&, const Message&, const PrintOptions&);
std::string print_body(const TlvTableReply&, const Message&, const PrintOptions&);
std::string print_body(const IpfixBridgeReply&, const Message&, const PrintOptions&);
std::string print_body(const IpfixFlowReply&, const Message&, const PrintOptions&);
std::string print_body(const CtFlush&, const Message&, const PrintOptions&);
std::string print_body(const TableFeaturesMessage&, const Message&, const PrintOptions&);
std::string print_body(const TableDescReply&, const Message&, const PrintOptions&);
std::string print_body(const TableStatus&, const Message&, const PrintOptions&);
std::string print_body(const Undecoded&, const Message&, const PrintOptions&);

std::string format_ports(std::vector<Port> ports, const PrintOptions& options);
// Whether statistics say how old something is.
inline bool says_duration(std::uint32_t seconds) {
  return seconds != 0xffffffff;
}
std::string removed_reason_text(FlowRemovedReason reason);
std::string port_text(OfPort port, const PrintOptions& options);
std::string table_text(std::uint8_t table, const PrintOptions& options);

// The names of the bits that are set, and a number for those that have none.
struct BitName {
  std::uint32_t bit;
  const char* name;
};
std::string bit_names(std::uint32_t bits, Span<const BitName> names, const char* separator);

}  // namespace ovs::openflow

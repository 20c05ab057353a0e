// Which messages there are, how each version encodes them, and the headers in front of their
// bodies. The rows are in kind_rows.h. Bodies are body.h's.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes/span.h"
#include "openflow/core/error.h"

namespace ovs::openflow {

// What a message is about, whatever encodes it.
enum class Kind : std::uint8_t {
  Hello,
  Error,
  EchoRequest,
  EchoReply,
  FeaturesRequest,
  FeaturesReply,
  GetConfigRequest,
  GetConfigReply,
  SetConfig,
  PacketIn,
  FlowRemoved,
  PortStatus,
  PacketOut,
  FlowMod,
  GroupMod,
  PortMod,
  TableMod,
  BarrierRequest,
  BarrierReply,
  QueueGetConfigRequest,
  QueueGetConfigReply,
  RoleRequest,
  RoleReply,
  GetAsyncRequest,
  GetAsyncReply,
  SetAsyncConfig,
  MeterMod,
  RoleStatus,
  TableStatus,
  RequestForward,
  BundleControl,
  BundleAddMessage,
  DescStatsRequest,
  DescStatsReply,
  FlowStatsRequest,
  FlowStatsReply,
  AggregateStatsRequest,
  AggregateStatsReply,
  TableStatsRequest,
  TableStatsReply,
  PortStatsRequest,
  PortStatsReply,
  QueueStatsRequest,
  QueueStatsReply,
  GroupStatsRequest,
  GroupStatsReply,
  GroupDescStatsRequest,
  GroupDescStatsReply,
  GroupFeaturesStatsRequest,
  GroupFeaturesStatsReply,
  MeterStatsRequest,
  MeterStatsReply,
  MeterConfigStatsRequest,
  MeterConfigStatsReply,
  MeterFeaturesStatsRequest,
  MeterFeaturesStatsReply,
  TableFeaturesStatsRequest,
  TableFeaturesStatsReply,
  TableDescRequest,
  TableDescReply,
  PortDescStatsRequest,
  PortDescStatsReply,
  FlowMonitorStatsRequest,
  FlowMonitorStatsReply,
  FlowMonitorCancel,
  FlowMonitorPaused,
  FlowMonitorResumed,
  SetFlowFormat,
  FlowModTableId,
  SetPacketInFormat,
  FlowAge,
  SetControllerId,
  TlvTableMod,
  TlvTableRequest,
  TlvTableReply,
  Resume,
  CtFlushZone,
  CtFlush,
  IpfixBridgeStatsRequest,
  IpfixBridgeStatsReply,
  IpfixFlowStatsRequest,
  IpfixFlowStatsReply,
};

// One encoding of a kind: a row.
enum class Encoding : std::uint8_t {
#define OVS_OF_MESSAGE(kind, encoding, ...) encoding,
#include "openflow/message/kind_rows.h"
#undef OVS_OF_MESSAGE
};

// Which header carries a body. Plain is OpenFlow's own eight bytes.
enum class Carrier : std::uint8_t {
  Plain,
  Nx,
  Onf,
  StatsRequest,
  StatsReply,
  NxStatsRequest,
  NxStatsReply,
  OnfStatsRequest,
  OnfStatsReply,
};

struct EncodingRow {
  Encoding encoding;
  Kind kind;
  Carrier carrier;
  Version first, last;
  bool any_version;  // also those that do not exist yet (hello, echo, error)
  std::uint32_t number;
  std::string_view name;  // "OFPT_FLOW_MOD", "OFPST_FLOW reply"
  std::uint16_t body_minimum, body_unit;
};
const EncodingRow& row(Encoding encoding);
inline Kind kind_of(Encoding encoding) {
  return row(encoding).kind;
}

inline constexpr std::size_t kHeaderSize = 8;
inline constexpr std::size_t kMaxMessageSize = 0xffff;

// The header of any message, and what follows it. `version` may be one that does not exist.
struct Header {
  std::uint8_t version;
  std::uint8_t type;
  std::uint16_t length;
  std::uint32_t xid;
};
Header read_header(const std::uint8_t (&bytes)[kHeaderSize]);

// A message whose headers are understood and whose body has an allowed size.
struct Envelope {
  Encoding encoding;
  Version version;            // V10 also for versions that do not exist
  std::uint8_t wire_version;  // as received
  std::uint32_t xid;
  bool more;  // a multipart reply (or request) that goes on
  Bytes body;
};
struct EnvelopeError {
  OfError error = OfError::OFPBRC_BAD_TYPE;
  std::string text;  // for the log: "unknown OpenFlow message (version 0, type 187)"
};
// `message` is whole: its header's length is its size. Checks the body's size.
Result<Envelope, EnvelopeError> open_envelope(Bytes message);
// The same without the check of the size, for messages that are cut off.
Result<Envelope, EnvelopeError> peek_envelope(Bytes message);

// Whether a version has this encoding; the encoding of a kind in a version, standard ones first.
bool exists(Encoding encoding, Version version);
std::optional<Encoding> encoding_of(Kind kind, Version version);
std::size_t header_size(Carrier carrier, Version version);
// Appends the headers of a message; its length is left zero for whoever knows it.
void put_headers(Encoding encoding, Version version, std::uint32_t xid, bool more,
                 std::string& out);
bool is_stats(Carrier carrier);
bool is_stats_reply(Carrier carrier);

}  // namespace ovs::openflow

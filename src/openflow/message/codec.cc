#include "openflow/message/codec.h"

#include <algorithm>

#include "openflow/message/describe_control.h"
#include "openflow/message/describe_extensions.h"
#include "openflow/message/describe_flow_stats.h"
#include "openflow/message/describe_flows.h"
#include "openflow/message/describe_groups.h"
#include "openflow/message/describe_meters.h"
#include "openflow/message/describe_monitors.h"
#include "openflow/message/describe_ports.h"
#include "openflow/message/describe_tables.h"
#include "openflow/text/flow_text.h"

namespace ovs::openflow {
namespace {

template <class T>
Body read_as(In& in, const Dialect& dialect) {
  T body{};
  describe(in, body, dialect);
  return body;
}

Body read_hello(In& in, const Dialect& dialect, Bytes message) {
  Hello hello;
  const std::uint8_t version = message[0];
  const unsigned highest = std::min<unsigned>(version, 31);
  hello.versions = VersionBitmap((std::uint64_t{2} << highest) - 2);
  describe(in, hello, dialect);
  if (!hello.understood) hello.whole.assign(message.begin(), message.end());
  return hello;
}

// Monitors, extensions and tables; whatever has no body of its own.
Body read_newer_body(In& in, const Dialect& dialect) {
  switch (kind_of(dialect.encoding)) {
    case Kind::FlowMonitorStatsRequest: return read_as<FlowMonitorRequest>(in, dialect);
    case Kind::FlowMonitorStatsReply: return read_as<FlowMonitorReply>(in, dialect);
    case Kind::FlowMonitorCancel: return read_as<MonitorCancel>(in, dialect);
    case Kind::TlvTableMod: return read_as<TlvTableMod>(in, dialect);
    case Kind::TlvTableReply: return read_as<TlvTableReply>(in, dialect);
    case Kind::IpfixBridgeStatsReply: return read_as<IpfixBridgeReply>(in, dialect);
    case Kind::IpfixFlowStatsReply: return read_as<IpfixFlowReply>(in, dialect);
    case Kind::CtFlush: return read_as<CtFlush>(in, dialect);
    case Kind::TableFeaturesStatsRequest:
      if (in.at_end()) return Empty{};
      return read_as<TableFeaturesMessage>(in, dialect);
    case Kind::TableFeaturesStatsReply: return read_as<TableFeaturesMessage>(in, dialect);
    case Kind::TableDescReply: return read_as<TableDescReply>(in, dialect);
    case Kind::TableStatus: return read_as<TableStatus>(in, dialect);
    default: return in.at_end() ? Body(Empty{}) : read_as<Undecoded>(in, dialect);
  }
}

Body read_body(In& in, const Dialect& dialect) {
  switch (kind_of(dialect.encoding)) {
    case Kind::Error: return read_as<ErrorMessage>(in, dialect);
    case Kind::EchoRequest:
    case Kind::EchoReply: return read_as<Echo>(in, dialect);
    case Kind::FeaturesReply: return read_as<FeaturesReply>(in, dialect);
    case Kind::GetConfigReply:
    case Kind::SetConfig: return read_as<SwitchConfig>(in, dialect);
    case Kind::PacketIn: return read_as<PacketIn>(in, dialect);
    case Kind::Resume: return read_as<Resume>(in, dialect);
    case Kind::FlowRemoved: return read_as<FlowRemoved>(in, dialect);
    case Kind::PortStatus: return read_as<PortStatus>(in, dialect);
    case Kind::PortMod: return read_as<PortMod>(in, dialect);
    case Kind::PacketOut: return read_as<PacketOut>(in, dialect);
    case Kind::FlowMod: return read_as<FlowMod>(in, dialect);
    case Kind::TableMod: return read_as<TableMod>(in, dialect);
    case Kind::DescStatsReply: return read_as<Desc>(in, dialect);
    case Kind::FlowStatsRequest:
    case Kind::AggregateStatsRequest: return read_as<FlowStatsRequest>(in, dialect);
    case Kind::FlowStatsReply: return read_as<FlowStatsReply>(in, dialect);
    case Kind::AggregateStatsReply: return read_as<AggregateReply>(in, dialect);
    case Kind::TableStatsReply: return read_as<TableStatsReply>(in, dialect);
    case Kind::PortStatsRequest: return read_as<PortRequest>(in, dialect);
    case Kind::PortDescStatsRequest:
      if (in.version() < Version::V15) return Empty{};
      return read_as<PortRequest>(in, dialect);
    case Kind::PortStatsReply: return read_as<PortStatsReply>(in, dialect);
    case Kind::PortDescStatsReply: return read_as<PortDescReply>(in, dialect);
    case Kind::QueueStatsRequest: return read_as<QueueRequest>(in, dialect);
    case Kind::QueueStatsReply: return read_as<QueueStatsReply>(in, dialect);
    case Kind::RoleRequest:
    case Kind::RoleReply: return read_as<RoleMessage>(in, dialect);
    case Kind::GetAsyncReply:
    case Kind::SetAsyncConfig: return read_as<AsyncConfig>(in, dialect);
    case Kind::BundleControl: return read_as<BundleControl>(in, dialect);
    case Kind::BundleAddMessage: return read_as<BundleAdd>(in, dialect);
    case Kind::RoleStatus: return read_as<RoleStatus>(in, dialect);
    case Kind::QueueGetConfigRequest: return read_as<QueueConfigRequest>(in, dialect);
    case Kind::QueueGetConfigReply: return read_as<QueueConfigReply>(in, dialect);
    case Kind::GroupDescStatsRequest:
      if (dialect.encoding == Encoding::Ofpst11GroupDescRequest) return IdRequest{};
      return read_as<IdRequest>(in, dialect);
    case Kind::GroupMod: return read_as<GroupMod>(in, dialect);
    case Kind::GroupDescStatsReply: return read_as<GroupDescReply>(in, dialect);
    case Kind::GroupStatsReply: return read_as<GroupStatsReply>(in, dialect);
    case Kind::GroupFeaturesStatsReply: return read_as<GroupFeatures>(in, dialect);
    case Kind::MeterMod: return read_as<MeterMod>(in, dialect);
    case Kind::MeterConfigStatsReply: return read_as<MeterConfigReply>(in, dialect);
    case Kind::MeterStatsReply: return read_as<MeterStatsReply>(in, dialect);
    case Kind::MeterFeaturesStatsReply: return read_as<MeterFeatures>(in, dialect);
    case Kind::RequestForward: return read_as<RequestForward>(in, dialect);
    case Kind::GroupStatsRequest:
    case Kind::MeterStatsRequest:
    case Kind::MeterConfigStatsRequest: return read_as<IdRequest>(in, dialect);
    case Kind::CtFlushZone: return read_as<ZoneFlush>(in, dialect);
    case Kind::SetPacketInFormat: return read_as<SetPacketInFormat>(in, dialect);
    case Kind::SetFlowFormat: return read_as<SetFlowFormat>(in, dialect);
    case Kind::FlowModTableId: return read_as<FlowModTableId>(in, dialect);
    case Kind::SetControllerId: return read_as<ControllerId>(in, dialect);
    default: return read_newer_body(in, dialect);
  }
}

void finish_length(std::string& message, std::size_t start) {
  store(message.data() + start + 2, Be16{std::uint16_t(message.size() - start)});
}

std::string encode_with(const Message& message, const Dialect& dialect) {
  std::string bytes;
  put_headers(message.encoding, message.version, message.xid, message.more, bytes);
  Out out(bytes, message.version);
  std::visit([&](const auto& body) { describe(out, body, dialect); }, message.body);
  finish_length(bytes, 0);
  return bytes;
}

// The size that a multipart reply is kept under, so that whatever entry comes next still fits.
constexpr std::size_t kPartTarget = 0xffff - 64;

// Encodes a reply's items, beginning a new message whenever one would become too long.
template <class Reply, class T>
std::string encode_items(const Message& message, std::vector<T> Reply::*member) {
  std::string all;
  std::string part;
  const auto begin = [&] {
    part.clear();
    put_headers(message.encoding, message.version, message.xid, message.more, part);
  };
  const auto close = [&](bool more) {
    constexpr std::size_t kFlags = 10;
    if (more || message.more) part[kFlags + 1] = 1;
    finish_length(part, 0);
    all += part;
  };
  begin();
  const std::size_t headers = part.size();
  Reply one;
  (one.*member).resize(1);
  for (const T& item : std::get_if<Reply>(&message.body)->*member) {
    std::string bytes;
    Out out(bytes, message.version);
    (one.*member)[0] = item;
    describe(out, std::as_const(one), Dialect{message.encoding});
    if (part.size() + bytes.size() > kPartTarget && part.size() > headers) {
      close(true);
      begin();
    }
    part += bytes;
  }
  close(false);
  return all;
}

// Only the standard matches can say what their protocols do not have.
void normalize_flow(FlowMod& mod, Remarks* remarks) {
  normalize(mod.match, {nullptr, nullptr, remarks});
}

}  // namespace

Result<Message, DecodeError> decode(Bytes bytes, TableIds table_ids, Remarks* remarks) {
  const Result<Envelope, EnvelopeError> envelope = open_envelope(bytes);
  if (!envelope) {
    if (!envelope.error().text.empty()) {
      remark(remarks, "ofp_msgs", Remark::Level::Warn, envelope.error().text);
    }
    return DecodeError{envelope.error().error, envelope.error().text};
  }
  Message message;
  message.encoding = envelope->encoding;
  message.version = envelope->version;
  message.xid = envelope->xid;
  message.more = envelope->more;
  In in(envelope->body, envelope->version, OfError::OFPBRC_BAD_LEN);
  in.tell(remarks);
  const Dialect dialect{envelope->encoding, table_ids, envelope->xid, remarks};
  message.body = kind_of(envelope->encoding) == Kind::Hello ? read_hello(in, dialect, bytes)
                                                            : read_body(in, dialect);
  if (!in.ok()) return DecodeError{in.error(), {}};
  if (!in.at_end()) return DecodeError{OfError::OFPBRC_BAD_LEN, {}};
  if (auto* mod = std::get_if<FlowMod>(&message.body)) normalize_flow(*mod, remarks);
  return message;
}

std::string encode(const Message& message) {
  return encode_with(message, {message.encoding, TableIds::Absent});
}

std::string encode_parts(const Message& message) {
  if (message.as<FlowStatsReply>()) return encode_items(message, &FlowStatsReply::flows);
  if (message.as<PortStatsReply>()) return encode_items(message, &PortStatsReply::ports);
  if (message.as<PortDescReply>()) return encode_items(message, &PortDescReply::ports);
  if (message.as<TableStatsReply>()) return encode_items(message, &TableStatsReply::tables);
  if (message.as<QueueStatsReply>()) return encode_items(message, &QueueStatsReply::queues);
  if (message.as<GroupDescReply>()) return encode_items(message, &GroupDescReply::groups);
  if (message.as<GroupStatsReply>()) return encode_items(message, &GroupStatsReply::groups);
  if (message.as<FlowMonitorReply>()) return encode_items(message, &FlowMonitorReply::updates);
  if (message.as<IpfixFlowReply>()) return encode_items(message, &IpfixFlowReply::sets);
  if (message.as<TableFeaturesMessage>()) {
    return encode_items(message, &TableFeaturesMessage::tables);
  }
  if (message.as<TableDescReply>()) return encode_items(message, &TableDescReply::tables);
  if (message.as<MeterConfigReply>()) return encode_items(message, &MeterConfigReply::meters);
  if (message.as<MeterStatsReply>()) return encode_items(message, &MeterStatsReply::meters);
  return encode(message);
}

Message make_message(Kind kind, Version version, std::uint32_t xid, Body body) {
  const std::optional<Encoding> encoding = encoding_of(kind, version);
  OVS_ASSERT(encoding.has_value());
  return {*encoding, version, xid, false, std::move(body)};
}

std::string encode_flow_mod(const FlowMod& mod, Protocol protocol, std::uint32_t xid) {
  const Version version = version_of(protocol);
  Message message = make_message(Kind::FlowMod, version, xid, mod);
  if ((bit(protocol) & kNxmProtocols) != 0) message.encoding = Encoding::NxtFlowMod;
  const bool table_ids = (bit(protocol) & kTableIdProtocols) != 0;
  return encode_with(message, {message.encoding, table_ids ? TableIds::Present : TableIds::Absent});
}

Message make_flow_stats_request(Kind kind, const FlowStatsRequest& request, Protocol protocol,
                                std::uint32_t xid) {
  Message message = make_message(kind, version_of(protocol), xid, request);
  if ((bit(protocol) & kNxmProtocols) != 0) {
    message.encoding =
        kind == Kind::FlowStatsRequest ? Encoding::NxstFlowRequest : Encoding::NxstAggregateRequest;
  }
  return message;
}

AsyncConfig applied(AsyncConfig before, const AsyncConfig& change) {
  for (std::uint16_t type = 0; type < kAsyncPropertyCount; ++type) {
    if ((change.said >> type & 1) == 0) continue;
    const AsyncRow& row = kAsyncRows[type / 2];
    const unsigned role = type % 2 == 0 ? 1 : 0;
    (before.*row.reasons)[role] = (change.*row.reasons)[role];
  }
  return before;
}

std::string encode_error(OfError error, Bytes request) {
  constexpr std::size_t kQuoted = 64;
  ErrorMessage body;
  body.error = error;
  const Bytes quoted = request.first(std::min(request.count(), kQuoted));
  body.payload.assign(quoted.begin(), quoted.end());
  Message message{Encoding::OfptError, Version::V10, 0, false, std::move(body)};
  if (request.count() >= kHeaderSize) {
    const std::uint8_t version = request[0];
    message.version = version >= 1 && version <= 6 ? Version(version) : Version::V10;
    message.xid = load<Be32>(request.data() + 4).host();
  }
  return encode(message);
}

std::string encode_hello(VersionBitmap versions, std::uint32_t xid) {
  Version highest = Version::V10;
  for (const Version version : kVersions) {
    if (versions & bit(version)) highest = version;
  }
  Hello hello;
  hello.versions = versions;
  // A peer infers the versions up to the header's; a bitmap is sent when that would be wrong.
  const VersionBitmap inferred = VersionBitmap((2u << unsigned(highest)) - 2);
  Message message{Encoding::OfptHello, highest, xid, false, hello};
  if (inferred == versions) message.body = Empty{};
  return encode(message);
}

Result<std::size_t> message_size(Bytes stream) {
  if (stream.count() < kHeaderSize) return std::size_t{0};
  const std::size_t length = load<Be16>(stream.data() + 2).host();
  if (length < kHeaderSize) return Error::Malformed;
  return stream.count() < length ? std::size_t{0} : length;
}

}  // namespace ovs::openflow

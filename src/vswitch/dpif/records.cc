#include "vswitch/dpif/records.h"

#include <algorithm>

#include "flow/match/netlink.h"

namespace ovs::vswitch {
namespace {

using wire::FlowAttr;
using wire::PacketAttr;
using wire::VportAttr;

// Four words in host order, so that every program has the same text for them.
Result<Ufid> parse_ufid(const wire::Attribute& attribute) {
  if (attribute.payload.count() != 16) return Error::Malformed;
  const auto word = [&](unsigned i) {
    return std::uint64_t{load<std::uint32_t>(attribute.payload.data() + 4 * i)};
  };
  return Ufid{word(0) << 32 | word(1), word(2) << 32 | word(3)};
}

std::vector<std::uint8_t> copy(Bytes bytes) {
  return std::vector<std::uint8_t>(bytes.begin(), bytes.end());
}

}  // namespace

void put_ufid(wire::Writer& writer, const Ufid& ufid) {
  const std::uint64_t words[] = {ufid.high >> 32, ufid.high, ufid.low >> 32, ufid.low};
  std::uint8_t bytes[16];
  for (unsigned i = 0; i < 4; ++i) store(bytes + 4 * i, std::uint32_t(words[i]));
  writer.put(FlowAttr::Ufid, bytes);
}

Result<VportRecord> parse_vport(const wire::MessageView& message) {
  OVS_TRY(const auto table, wire::AttributeTable<wire::kMaxVportAttr>::parse(message.payload));
  if (!table.has(VportAttr::PortNo) || !table.has(VportAttr::Type) || !table.has(VportAttr::Name)) {
    return Error::Malformed;
  }
  VportRecord record;
  OVS_TRY(const std::uint32_t number, table[VportAttr::PortNo]->u32());
  OVS_TRY(const std::uint32_t type, table[VportAttr::Type]->u32());
  OVS_TRY(const Text name, table[VportAttr::Name]->string());
  record.number = DpPort(number);
  record.type = wire::VportType(type);
  record.name = std::string(name);
  if (table.has(VportAttr::Stats)) {
    OVS_TRY(const auto stats, table[VportAttr::Stats]->as<wire::VportStats>());
    record.stats = {stats.rx_packets, stats.tx_packets, stats.rx_bytes,   stats.tx_bytes,
                    stats.rx_errors,  stats.tx_errors,  stats.rx_dropped, stats.tx_dropped};
  }
  return record;
}

Result<DpifLink> parse_netdev(const wire::MessageView& message) {
  using wire::NetdevAttr;
  OVS_TRY(const auto table, wire::AttributeTable<wire::kMaxNetdevAttr>::parse(message.payload));
  DpifLink link;
  if (table.has(NetdevAttr::MacAddress)) {
    const Bytes mac = table[NetdevAttr::MacAddress]->payload;
    if (mac.count() != link.mac.bytes.size()) return Error::Malformed;
    std::copy(mac.begin(), mac.end(), link.mac.bytes.begin());
  }
  if (table.has(NetdevAttr::Mtu)) {
    OVS_TRY(link.mtu, table[NetdevAttr::Mtu]->u32());
  }
  if (table.has(NetdevAttr::IfFlags)) {
    OVS_TRY(const std::uint32_t flags, table[NetdevAttr::IfFlags]->u32());
    link.is_up = (flags & wire::kNetdevUp) != 0;
  }
  link.carrier = link.is_up;  // a datapath that does not tell has no better word for it
  if (table.has(NetdevAttr::Carrier)) {
    OVS_TRY(const std::uint8_t carrier, table[NetdevAttr::Carrier]->u8());
    link.carrier = carrier != 0;
  }
  if (table.has(NetdevAttr::Speed)) {
    OVS_TRY(link.speed_bps, table[NetdevAttr::Speed]->u64());
  }
  if (table.has(NetdevAttr::Status)) {
    OVS_TRY(const Text status, table[NetdevAttr::Status]->string());
    link.status = std::string(status);
  }
  return link;
}

Result<DpifStats> parse_datapath_stats(const wire::MessageView& message) {
  using wire::DatapathAttr;
  OVS_TRY(const auto table, wire::AttributeTable<wire::kMaxDatapathAttr>::parse(message.payload));
  DpifStats result;
  if (table.has(DatapathAttr::Stats)) {
    OVS_TRY(const auto stats, table[DatapathAttr::Stats]->as<wire::DatapathStats>());
    result.hit = stats.hit;
    result.missed = stats.missed;
    result.lost = stats.lost;
    result.flows = stats.flows;
  }
  if (table.has(DatapathAttr::MegaflowStats)) {
    OVS_TRY(const auto stats, table[DatapathAttr::MegaflowStats]->as<wire::MegaflowStats>());
    result.mask_hit = stats.mask_hit;
    result.cache_hit = stats.cache_hit;
    result.masks = stats.masks;
  }
  return result;
}

Result<std::vector<DpifDrop>> parse_drops(const wire::MessageView& message) {
  OVS_TRY(const auto list, wire::Attributes::parse(message.payload));
  const auto nest = list.find(wire::kDatapathDrops);
  if (!nest) return Error::NotFound;
  OVS_TRY(const auto rows, wire::Attributes::parse(nest->payload));
  std::vector<DpifDrop> drops;
  for (const wire::Attribute row : rows) {
    constexpr std::size_t kCount = sizeof(std::uint64_t);
    if (row.payload.count() < kCount) return Error::Malformed;
    const Bytes name = row.payload.from(kCount);
    drops.push_back(
        {std::string(name.begin(), name.end()), load<std::uint64_t>(row.payload.data())});
  }
  return drops;
}

Result<DpifFlow> parse_flow(const wire::MessageView& message) {
  OVS_TRY(const auto table, wire::AttributeTable<wire::kMaxFlowAttr>::parse(message.payload));
  DpifFlow result;
  if (table.has(FlowAttr::Ufid)) {
    OVS_TRY(result.ufid, parse_ufid(*table[FlowAttr::Ufid]));
  }
  if (table.has(FlowAttr::Key)) {
    auto key = flow::parse_key(table[FlowAttr::Key]->payload);
    if (!key) return key.error().error;
    result.key = *key;
    result.mask = flow::exact_mask_of(result.key);
  }
  if (table.has(FlowAttr::Mask)) {
    auto mask = flow::parse_mask(table[FlowAttr::Mask]->payload, result.key);
    if (!mask) return mask.error().error;
    result.mask = *mask;
  }
  if (table.has(FlowAttr::Actions)) result.actions = copy(table[FlowAttr::Actions]->payload);
  if (table.has(FlowAttr::Stats)) {
    OVS_TRY(const auto stats, table[FlowAttr::Stats]->as<wire::FlowStats>());
    result.stats.packets = stats.packets;
    result.stats.bytes = stats.bytes;
  }
  if (table.has(FlowAttr::Used)) {
    OVS_TRY(result.stats.used_ms, table[FlowAttr::Used]->u64());
  }
  if (table.has(FlowAttr::TcpFlags)) {
    // One byte from Linux, two from a datapath that keeps all twelve flags; network order.
    const Bytes flags = table[FlowAttr::TcpFlags]->payload;
    for (const std::uint8_t byte : flags) {
      result.stats.tcp_flags = std::uint16_t(result.stats.tcp_flags << 8 | byte);
    }
  }
  return result;
}

Result<Upcall> parse_upcall(const wire::MessageView& message) {
  OVS_TRY(const auto table, wire::AttributeTable<wire::kMaxPacketAttr>::parse(message.payload));
  if (!table.has(PacketAttr::Packet) || !table.has(PacketAttr::Key)) return Error::Malformed;
  Upcall upcall;
  upcall.reason = message.header.command == std::uint8_t(wire::PacketCommand::Action)
                      ? UpcallReason::Action
                      : UpcallReason::Miss;
  auto key = flow::parse_key(table[PacketAttr::Key]->payload);
  if (!key) return key.error().error;
  upcall.key = *key;
  upcall.packet = copy(table[PacketAttr::Packet]->payload);
  if (table.has(PacketAttr::Userdata)) upcall.userdata = copy(table[PacketAttr::Userdata]->payload);
  return upcall;
}

}  // namespace ovs::vswitch

// Printers of bodies about meters, and of forwarded requests.
#include <fmt/format.h>

#include "openflow/text/print_parts.h"

namespace ovs::openflow {
namespace {

std::string meter_id_text(std::uint32_t id) {
  switch (id) {
    case kMeterSlowPath: return "slowpath";
    case kMeterController: return "controller";
    case kMeterAll: return "all";
    default: return id <= kMeterMax ? fmt::format("{}", id) : "unknown";
  }
}

std::string flags_text(std::uint16_t flags) {
  constexpr BitName kNames[] = {{kMeterKbps, "kbps "},
                                {kMeterPktps, "pktps "},
                                {kMeterBurst, "burst "},
                                {kMeterStats, "stats "}};
  std::string text;
  for (const BitName& name : kNames) {
    if (flags & name.bit) text += name.name;
  }
  const unsigned rest = flags & ~unsigned(kMeterKbps | kMeterPktps | kMeterBurst | kMeterStats);
  return rest == 0 ? text : text + fmt::format("flags:0x{:x} ", rest);
}

std::string band_text(const MeterBand& m, std::uint16_t flags) {
  std::string text = m.type == BandType::Drop ? "\ntype=drop" : "\ntype=dscp_remark";
  text += fmt::format(" rate={}", m.rate);
  if (flags & kMeterBurst) text += fmt::format(" burst_size={}", m.burst_size);
  if (m.type == BandType::DscpRemark) text += fmt::format(" prec_level={}", m.prec_level);
  return text;
}

constexpr BitName kBandNames[] = {{1u << 1, "drop"}, {1u << 2, "dscp_remark"}};
constexpr BitName kCapabilityNames[] = {
    {kMeterKbps, "kbps"}, {kMeterPktps, "pktps"}, {kMeterBurst, "burst"}, {kMeterStats, "stats"}};

}  // namespace

std::string format_meter(const MeterConfig& m) {
  std::string text = "meter=" + meter_id_text(m.id) + " " + flags_text(m.flags) + "bands=";
  for (const MeterBand& band : m.bands) text += band_text(band, m.flags);
  return text + "\n";
}

std::string format_meter_mod(const MeterMod& m) {
  constexpr const char* kCommands[] = {"ADD", "MOD", "DEL"};
  return fmt::format(" {} ", kCommands[std::size_t(m.command)]) + format_meter(m.meter);
}

std::string print_body(const MeterMod& m, const Message&, const PrintOptions&) {
  return format_meter_mod(m);
}

std::string print_body(const MeterConfigReply& m, const Message&, const PrintOptions&) {
  std::string text;
  for (const MeterConfig& meter : m.meters) text += "\n" + format_meter(meter);
  return text;
}

std::string print_body(const MeterStatsReply& m, const Message&, const PrintOptions&) {
  std::string text;
  for (const MeterStats& meter : m.meters) {
    text += fmt::format(
        "\nmeter:{} flow_count:{} packet_in_count:{} byte_in_count:{} duration:{} bands:\n",
        meter_id_text(meter.id), meter.flows, meter.packets_in, meter.bytes_in,
        format_duration(meter.duration_s, meter.duration_ns));
    for (std::size_t i = 0; i < meter.bands.size(); ++i) {
      text += fmt::format("{}: packet_count:{} byte_count:{}\n", i, meter.bands[i].packets,
                          meter.bands[i].bytes);
    }
  }
  return text;
}

std::string print_body(const MeterFeatures& m, const Message&, const PrintOptions&) {
  return fmt::format("\nmax_meter:{} max_bands:{} max_color:{}\nband_types: {}\ncapabilities: {}\n",
                     m.max_meters, m.max_bands, m.max_color,
                     bit_names(m.band_types, kBandNames, " "),
                     bit_names(m.capabilities, kCapabilityNames, " "));
}

std::string print_body(const RequestForward& m, const Message& message,
                       const PrintOptions& options) {
  if (const auto* group = std::get_if<GroupMod>(&m.request)) {
    return " reason=group_mod\n " + format_group_mod(*group, message.version, options);
  }
  return " reason=meter_mod" + format_meter_mod(*std::get_if<MeterMod>(&m.request));
}

}  // namespace ovs::openflow

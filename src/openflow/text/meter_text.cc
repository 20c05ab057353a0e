#include "openflow/text/meter_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

namespace ovs::openflow {
namespace {

using flow::TextError;
using Parsed = Result<void, TextError>;

// "name=value" and lone names, apart at commas and blanks.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) {}

  std::string_view name() { return next("=, \t\r\n"); }
  Result<std::string_view, TextError> value(std::string_view name) {
    const std::string_view value = next(", \t\r\n");
    if (value.empty()) return text_error(fmt::format("field {} missing value", name));
    return value;
  }

 private:
  std::string_view next(std::string_view separators) {
    rest_.remove_prefix(std::min(rest_.find_first_not_of(separators), rest_.size()));
    const std::string_view token =
        rest_.substr(0, std::min(rest_.find_first_of(separators), rest_.size()));
    rest_.remove_prefix(std::min(token.size() + 1, rest_.size()));
    return token;
  }

  std::string_view rest_;
};

template <class T>
Parsed set(std::string_view text, std::string_view name, T& target) {
  OVS_TRY(const std::uint64_t value, parse_limited(text, std::numeric_limits<T>::max(), name));
  target = T(value);
  return kOk;
}

Result<std::uint32_t, TextError> parse_meter_id(std::string_view text) {
  if (text == "all") return kMeterAll;
  if (text == "controller") return kMeterController;
  if (text == "slowpath") return kMeterSlowPath;
  std::uint32_t id = 0;
  OVS_TRY(set(text, "meter", id));
  if (id == 0 || id > kMeterMax) return text_error("invalid value for meter");
  return id;
}

struct FlagWord {
  std::string_view word;
  std::uint16_t flag;
};
constexpr FlagWord kFlagWords[] = {
    {"kbps", kMeterKbps}, {"pktps", kMeterPktps}, {"burst", kMeterBurst}, {"stats", kMeterStats}};

enum class Flags : bool { No, Yes };
Parsed parse_head(std::string_view text, Flags flags, MeterConfig& meter) {
  Tokens tokens(text);
  for (std::string_view name = tokens.name(); !name.empty(); name = tokens.name()) {
    const auto* flag = std::find_if(std::begin(kFlagWords), std::end(kFlagWords),
                                    [&](const FlagWord& row) { return row.word == name; });
    if (flags == Flags::Yes && flag != std::end(kFlagWords)) {
      meter.flags |= flag->flag;
      continue;
    }
    OVS_TRY(const std::string_view value, tokens.value(name));
    if (name != "meter") return text_error(fmt::format("unknown keyword {}", name));
    OVS_TRY(meter.id, parse_meter_id(value));
  }
  if (meter.id == 0) return text_error("must specify 'meter'");
  if (flags == Flags::Yes && meter.flags == 0) {
    return text_error("meter must specify either 'kbps' or 'pktps'");
  }
  return kOk;
}

Parsed begin_band(std::string_view type, MeterConfig& meter) {
  if (type != "drop" && type != "dscp_remark") {
    return text_error(fmt::format("field type unknown value {}", type));
  }
  meter.bands.push_back({type == "drop" ? BandType::Drop : BandType::DscpRemark});
  return kOk;
}

Parsed parse_band_word(std::string_view name, std::string_view value, MeterConfig& meter) {
  if (name == "type") return begin_band(value, meter);
  if (meter.bands.empty()) return text_error("band must start with the 'type' keyword");
  MeterBand& band = meter.bands.back();
  if (name == "rate") return set(value, name, band.rate);
  if (name == "burst_size") return set(value, name, band.burst_size);
  if (name == "prec_level") return set(value, name, band.prec_level);
  return text_error(fmt::format("unknown keyword {}", name));
}

Parsed check_band(const MeterBand& band, std::uint16_t flags) {
  const bool remarks = band.type == BandType::DscpRemark;
  if (remarks && band.prec_level == 0) {
    return text_error("'dscp_remark' band must have 'prec_level'");
  }
  if (!remarks && band.prec_level != 0) {
    return text_error("Only 'dscp_remark' band may have 'prec_level'");
  }
  if (band.rate == 0) return text_error("band must have 'rate'");
  const bool bursts = (flags & kMeterBurst) != 0;
  if (bursts && band.burst_size == 0) {
    return text_error("band must have 'burst_size' when 'burst' flag is set");
  }
  if (!bursts && band.burst_size != 0) {
    return text_error("band may have 'burst_size' only when 'burst' flag is set");
  }
  return kOk;
}

Parsed parse_bands(std::string_view text, MeterConfig& meter) {
  Tokens tokens(text);
  for (std::string_view name = tokens.name(); !name.empty(); name = tokens.name()) {
    OVS_TRY(const std::string_view value, tokens.value(name));
    OVS_TRY(parse_band_word(name, value, meter));
  }
  if (meter.bands.empty()) return text_error("meter must have bands");
  for (const MeterBand& band : meter.bands) OVS_TRY(check_band(band, meter.flags));
  return kOk;
}

}  // namespace

Result<MeterMod, TextError> parse_meter_mod(std::string_view text, MeterCommand command) {
  MeterMod mod;
  mod.command = command;
  if (command == MeterCommand::Delete) {
    OVS_TRY(parse_head(text, Flags::No, mod.meter));
    return mod;
  }
  const std::size_t bands = text.find("band");
  const std::size_t equals = text.find('=', bands);
  if (bands == std::string_view::npos || equals == std::string_view::npos) {
    return text_error("must specify bands");
  }
  OVS_TRY(parse_head(text.substr(0, bands), Flags::Yes, mod.meter));
  OVS_TRY(parse_bands(text.substr(equals + 1), mod.meter));
  return mod;
}

Result<std::uint32_t, TextError> parse_meter_request(std::string_view text) {
  MeterConfig meter;
  OVS_TRY(parse_head(text, Flags::No, meter));
  return meter.id;
}

}  // namespace ovs::openflow

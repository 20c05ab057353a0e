// Bodies about meters (version 1.3 and later): rate limits that flows can name.
#pragma once
#include <cstdint>
#include <vector>

namespace ovs::openflow {

// Meters' numbers, and the ones that are not a flow's.
inline constexpr std::uint32_t kMeterMax = 0xffff0000, kMeterSlowPath = 0xfffffffd,
                               kMeterController = 0xfffffffe, kMeterAll = 0xffffffff;

// OFPMF_*.
inline constexpr std::uint16_t kMeterKbps = 1 << 0, kMeterPktps = 1 << 1, kMeterBurst = 1 << 2,
                               kMeterStats = 1 << 3;
enum class BandType : std::uint16_t { Drop = 1, DscpRemark = 2 };
struct MeterBand {
  BandType type = BandType::Drop;
  std::uint32_t rate = 0, burst_size = 0;
  std::uint8_t prec_level = 0;  // of remarking
  bool operator==(const MeterBand&) const = default;
};
struct MeterConfig {
  std::uint32_t id = 0;
  std::uint16_t flags = 0;
  std::vector<MeterBand> bands;
  bool operator==(const MeterConfig&) const = default;
};

enum class MeterCommand : std::uint16_t { Add, Modify, Delete };
struct MeterMod {
  MeterCommand command = MeterCommand::Add;
  MeterConfig meter;
};
struct MeterConfigReply {
  std::vector<MeterConfig> meters;
};

struct MeterBandStats {
  std::uint64_t packets = 0, bytes = 0;
};
struct MeterStats {
  std::uint32_t id = 0, flows = 0;
  std::uint64_t packets_in = 0, bytes_in = 0;
  std::uint32_t duration_s = 0, duration_ns = 0;
  std::vector<MeterBandStats> bands;
};
struct MeterStatsReply {
  std::vector<MeterStats> meters;
};

struct MeterFeatures {
  std::uint32_t max_meters = 0;
  std::uint32_t band_types = 0;    // bit n: BandType n
  std::uint32_t capabilities = 0;  // kMeterKbps and so on
  std::uint8_t max_bands = 0, max_color = 0;
};

}  // namespace ovs::openflow

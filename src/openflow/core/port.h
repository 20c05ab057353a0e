// OpenFlow port numbers as this project keeps them: sixteen bits, version 1.0's, whatever a message
// carries.
#pragma once
#include <cstdint>
#include <optional>

namespace ovs::openflow {

using OfPort = std::uint16_t;
inline constexpr OfPort kPortMax = 0xff00;  // the first number that is not an ordinary port's
inline constexpr OfPort kPortUnset = 0xfff7, kPortInPort = 0xfff8, kPortTable = 0xfff9,
                        kPortNormal = 0xfffa, kPortFlood = 0xfffb, kPortAll = 0xfffc,
                        kPortController = 0xfffd, kPortLocal = 0xfffe, kPortNone = 0xffff;
inline constexpr OfPort kPortAny = kPortNone;

// Version 1.1's 32 bits, in which the reserved ports are the last ones; nothing for numbers that
// have no place in sixteen.
constexpr std::optional<OfPort> port_from_wide(std::uint32_t port) {
  if (port < kPortMax) return OfPort(port);
  if (port >= 0xffff0000u + kPortMax) return OfPort(port);
  return std::nullopt;
}
constexpr std::uint32_t port_to_wide(OfPort port) {
  return port < kPortMax ? port : 0xffff0000u | port;
}

inline constexpr std::uint32_t kGroupMax = 0xffffff00, kGroupAll = 0xfffffffc,
                               kGroupAny = 0xffffffff;
inline constexpr std::uint32_t kNoBuffer = 0xffffffff;
inline constexpr std::uint32_t kAllQueues = 0xffffffff;
inline constexpr std::uint8_t kAllTables = 0xff;

}  // namespace ovs::openflow

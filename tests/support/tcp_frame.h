// A TCP frame as large as a test wants it, for what cuts such frames: numbers that wrap within it,
// flags that belong to its first or its last segment alone. Without checksums.
#pragma once
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace ovs::tests {

enum class Family : bool { V4, V6 };

inline constexpr std::uint32_t kTcpSequence = 0xfffffc00;
inline constexpr std::uint8_t kTcpFlags = 0x80 | 0x10 | 0x08 | 0x01;  // CWR, ACK, PSH, FIN

// With 12 bytes of TCP options; over IPv6 with a destination options header of 40 bytes.
inline std::vector<std::uint8_t> tcp_frame_of(Family family, std::size_t payload) {
  std::vector<std::uint8_t> frame = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1};
  const auto add = [&](std::initializer_list<int> bytes) {
    for (const int byte : bytes) frame.push_back(std::uint8_t(byte));
  };
  const std::size_t tcp = 32 + payload;
  if (family == Family::V4) {
    const std::size_t total = 20 + tcp;
    add({8, 0, 0x45, 3, int(total >> 8), int(total), 0xff, 0xff, 0x40, 0, 64, 6, 0, 0});
    add({10, 0, 0, 1, 10, 0, 0, 2});
  } else {
    const std::size_t total = 8 + tcp;
    add({0x86, 0xdd, 0x60, 0, 0, 0, int(total >> 8), int(total), 60, 64});
    for (int i = 0; i < 32; ++i) frame.push_back(std::uint8_t(0x20 + i));
    add({6, 0, 1, 4, 0, 0, 0, 0});
  }
  add({0, 7, 0, 9, 0xff, 0xff, 0xfc, 0, 1, 2, 3, 4, 0x80, kTcpFlags, 0x10, 0, 0, 0, 0, 0});
  add({1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8});
  for (std::size_t i = 0; i < payload; ++i) frame.push_back(std::uint8_t(i * 7 + i / 256));
  return frame;
}

}  // namespace ovs::tests

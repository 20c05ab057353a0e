// See sha1.h.
#include "ovsdb/engine/sha1.h"

#include <bit>
#include <cstdint>
#include <cstring>

namespace ovs::ovsdb {
namespace {

struct State {
  std::uint32_t h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};

  struct Words {
    std::uint32_t a, b, c, d, e;
    void step(std::uint32_t f, std::uint32_t k, std::uint32_t word) {
      const std::uint32_t next = std::rotl(a, 5) + f + e + k + word;
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
  };

  void block(const unsigned char* data) {
    std::uint32_t w[80];
    for (int i = 0; i < 16; ++i) {
      w[i] = std::uint32_t{data[4 * i]} << 24 | std::uint32_t{data[4 * i + 1]} << 16 |
             std::uint32_t{data[4 * i + 2]} << 8 | data[4 * i + 3];
    }
    for (int i = 16; i < 80; ++i) w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    Words s{h[0], h[1], h[2], h[3], h[4]};
    for (int i = 0; i < 20; ++i) s.step((s.b & s.c) | (~s.b & s.d), 0x5a827999, w[i]);
    for (int i = 20; i < 40; ++i) s.step(s.b ^ s.c ^ s.d, 0x6ed9eba1, w[i]);
    for (int i = 40; i < 60; ++i) {
      s.step((s.b & s.c) | (s.b & s.d) | (s.c & s.d), 0x8f1bbcdc, w[i]);
    }
    for (int i = 60; i < 80; ++i) s.step(s.b ^ s.c ^ s.d, 0xca62c1d6, w[i]);
    h[0] += s.a;
    h[1] += s.b;
    h[2] += s.c;
    h[3] += s.d;
    h[4] += s.e;
  }
};

}  // namespace

std::string sha1_hex(std::string_view bytes) {
  State state;
  const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
  std::size_t left = bytes.size();
  for (; left >= 64; left -= 64, data += 64) state.block(data);
  unsigned char last[128] = {};
  if (left > 0) std::memcpy(last, data, left);
  last[left] = 0x80;
  const std::size_t size = left < 56 ? 64 : 128;
  const std::uint64_t bits = std::uint64_t{bytes.size()} * 8;
  for (int i = 0; i < 8; ++i) last[size - 1 - i] = static_cast<unsigned char>(bits >> 8 * i);
  state.block(last);
  if (size == 128) state.block(last + 64);
  static constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const std::uint32_t word : state.h) {
    for (int shift = 28; shift >= 0; shift -= 4) out += kHex[word >> shift & 15];
  }
  return out;
}

}  // namespace ovs::ovsdb

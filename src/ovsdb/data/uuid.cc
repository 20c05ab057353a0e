// See uuid.h.
#include "ovsdb/data/uuid.h"

#include <bit>
#include <random>

namespace ovs::ovsdb {
namespace {

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr bool is_dash(std::size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

// Spreads a seed's bits, so that neighbouring seeds give unrelated sequences (splitmix64).
std::uint64_t mix(std::uint64_t& seed) {
  std::uint64_t z = seed += 0x9e3779b97f4a7c15u;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
  z = (z ^ z >> 27) * 0x94d049bb133111ebu;
  return z ^ z >> 31;
}

}  // namespace

bool Uuid::parse(std::string_view text, Uuid& out) {
  if (text.size() != kTextSize) return false;
  std::uint64_t parts[2] = {0, 0};
  int digits = 0;
  for (std::size_t i = 0; i < kTextSize; ++i) {
    if (is_dash(i)) {
      if (text[i] != '-') return false;
      continue;
    }
    const int value = hex_value(text[i]);
    if (value < 0) return false;
    parts[digits / 16] = parts[digits / 16] << 4 | static_cast<unsigned>(value);
    ++digits;
  }
  out = {parts[0], parts[1]};
  return true;
}

void Uuid::write(char* out) const {
  static constexpr char kHex[] = "0123456789abcdef";
  int shift = 60;
  const std::uint64_t* part = &high;
  for (std::size_t i = 0; i < kTextSize; ++i) {
    if (is_dash(i)) {
      out[i] = '-';
      continue;
    }
    out[i] = kHex[*part >> shift & 15];
    shift -= 4;
    if (shift >= 0) continue;
    shift = 60;
    part = &low;
  }
}

std::string Uuid::text() const {
  std::string out(kTextSize, '\0');
  write(out.data());
  return out;
}

UuidSource::UuidSource(std::uint64_t seed) {
  state_[0] = mix(seed);
  state_[1] = mix(seed);
}

UuidSource::UuidSource() {
  std::random_device device;
  for (std::uint64_t& word : state_) word = std::uint64_t{device()} << 32 | device();
}

std::uint64_t UuidSource::random() {  // xoroshiro128+
  const std::uint64_t first = state_[0];
  std::uint64_t second = state_[1];
  const std::uint64_t result = first + second;
  second ^= first;
  state_[0] = std::rotl(first, 24) ^ second ^ second << 16;
  state_[1] = std::rotl(second, 37);
  return result;
}

Uuid UuidSource::next() {
  Uuid uuid{random(), random()};
  uuid.high = (uuid.high & ~std::uint64_t{0xf000}) | 0x4000;
  uuid.low = (uuid.low & ~(std::uint64_t{3} << 62)) | std::uint64_t{1} << 63;
  return uuid;
}

}  // namespace ovs::ovsdb

// Cursors, bit ranges, checksums and hashes.
#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "base/bytes/bits.h"
#include "base/bytes/checksum.h"
#include "base/bytes/cursor.h"
#include "base/bytes/hash.h"

namespace ovs {
namespace {

TEST_CASE("Reader: gives values in order, and Truncated past the end without consuming") {
  const std::uint8_t bytes[] = {1, 2, 3, 4, 5};
  Reader reader{Bytes(bytes)};
  CHECK(reader.read_big<std::uint16_t>().value() == 0x0102);
  CHECK(reader.read_big<std::uint32_t>().error() == Error::Truncated);
  CHECK(reader.offset() == 2);
  CHECK(reader.take(3)->count() == 3);
  CHECK(reader.at_end());
}

TEST_CASE("Reader: aligning stops at the end") {
  const std::uint8_t bytes[] = {1, 2, 3, 4, 5};
  Reader reader{Bytes(bytes)};
  CHECK(reader.skip(1).ok());
  reader.align(4);
  CHECK(reader.offset() == 4);
  CHECK(reader.skip(1).ok());
  reader.align(4);
  CHECK(reader.offset() == 5);
}

TEST_CASE("Writer: what it wrote is what a Reader reads, and NoSpace writes nothing") {
  std::uint8_t room[8] = {};
  Writer writer{MutableBytes(room)};
  CHECK(writer.put_big<std::uint16_t>(0x1234).ok());
  CHECK(writer.align(4).ok());
  CHECK(writer.put(Be32(0xdeadbeef)).ok());
  CHECK(writer.put(std::uint8_t{1}).error() == Error::NoSpace);
  Reader reader{writer.written()};
  CHECK(reader.read<Be32>()->host() == 0x12340000);
  CHECK(reader.read_big<std::uint32_t>().value() == 0xdeadbeef);
}

// The definition, one bit at a time.
std::uint64_t naive_bits(const std::uint8_t* from, std::size_t first, unsigned bits) {
  std::uint64_t value = 0;
  for (std::size_t i = first; i < first + bits; ++i) {
    value = value << 1 | (from[i / 8] >> (7 - i % 8) & 1);
  }
  return value;
}

TEST_CASE("bits: loading any range agrees with reading it bit by bit") {
  std::uint8_t bytes[16];
  std::mt19937 random{7};
  for (std::uint8_t& byte : bytes) byte = std::uint8_t(random());
  for (std::size_t first = 0; first < 64; ++first) {
    for (unsigned bits = 1; bits <= 64 - first % 8; ++bits) {
      REQUIRE(load_bits(bytes, first, bits) == naive_bits(bytes, first, bits));
    }
  }
}

TEST_CASE("bits: storing a range changes it and nothing around it") {
  for (std::size_t first = 0; first < 24; ++first) {
    for (unsigned bits = 1; bits <= 64 - first % 8; ++bits) {
      std::uint8_t bytes[12] = {};
      store_bits(bytes, first, bits, ~std::uint64_t{0});
      for (std::size_t bit = 0; bit < 96; ++bit) {
        REQUIRE(naive_bits(bytes, bit, 1) == (bit >= first && bit < first + bits ? 1 : 0));
      }
    }
  }
}

TEST_CASE("bits: constant ranges are constants") {
  constexpr std::uint8_t kVersionIhl[] = {0x45, 0x00};
  static_assert(load_bits(kVersionIhl, 0, 4) == 4 && load_bits(kVersionIhl, 4, 4) == 5);
}

TEST_CASE("Checksum: the example of RFC 1071 section 3") {
  const std::uint8_t bytes[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  Checksum sum;
  sum.add(Bytes(bytes));
  CHECK(sum.sum() == 0xddf2);
  CHECK(sum.value() == Be16(0x220d));
}

std::vector<std::uint8_t> random_bytes(std::size_t size, unsigned seed) {
  std::mt19937 random{seed};
  std::vector<std::uint8_t> bytes(size);
  for (std::uint8_t& byte : bytes) byte = std::uint8_t(random());
  return bytes;
}

TEST_CASE("Checksum: chunks of any size sum as the whole") {
  const auto bytes = random_bytes(97, 3);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    for (std::size_t second = cut; second <= bytes.size(); second += 13) {
      Checksum sum;
      sum.add(Bytes(bytes.data(), cut));
      sum.add(Bytes(bytes.data() + cut, second - cut));
      sum.add(Bytes(bytes.data() + second, bytes.size() - second));
      REQUIRE(sum.value() == checksum(bytes));
    }
  }
}

TEST_CASE("checksum_update: equals the checksum of the changed bytes") {
  auto bytes = random_bytes(40, 5);
  const auto old = bytes;
  const Be16 before = checksum(bytes);
  store(bytes.data() + 8, Be32(0x0a000001));
  CHECK(checksum_update(before, load<Be32>(old.data() + 8), Be32(0x0a000001)) == checksum(bytes));
  const Be16 between = checksum(bytes);
  store(bytes.data() + 20, Be16(0));
  CHECK(checksum_update(between, load<Be16>(old.data() + 20), Be16(0)) == checksum(bytes));
  CHECK(checksum_update(before, Bytes(old), Bytes(bytes)) == checksum(bytes));
}

TEST_CASE("hash: every bit of input and seed matters") {
  auto bytes = random_bytes(21, 9);
  const std::uint64_t hash = hash_bytes(bytes, 1);
  CHECK(hash_bytes(bytes, 2) != hash);
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] ^= std::uint8_t(1 << bit % 8);
    REQUIRE(hash_bytes(bytes, 1) != hash);
    bytes[bit / 8] ^= std::uint8_t(1 << bit % 8);
  }
  CHECK(hash_bytes(bytes, 1) == hash);
}

}  // namespace
}  // namespace ovs

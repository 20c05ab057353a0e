#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "wire/packet/checksum.h"
#include "wire/packet/ethernet.h"
#include "wire/packet/ip.h"
#include "wire/packet/transport.h"
#include "wire/packet/tunnel.h"

namespace ovs::wire {
namespace {

TEST_CASE("View: reads what Fill wrote, and Fill touches nothing else") {
  std::uint8_t bytes[20];
  Fill<Ipv4>(bytes)
      .set(Ipv4::kVersion, 4)
      .set(Ipv4::kIhl, 5)
      .set(Ipv4::kTotalLength, 20)
      .set(Ipv4::kFragOffset, 0x1abc);
  Fill<Ipv4>::over(bytes).set(Ipv4::kEcn, 3).set(Ipv4::kDst, 0x0a0b0c0d);
  const auto view = View<Ipv4>::parse(bytes);
  REQUIRE(view.ok());
  CHECK((*view)[Ipv4::kVersion] == 4);
  CHECK((*view)[Ipv4::kFragOffset] == 0x1abc);
  CHECK((*view)[Ipv4::kMoreFragments] == 0);
  CHECK((*view)[Ipv4::kTos] == 3);
  CHECK((*view)[Ipv4::kDst] == 0x0a0b0c0d);
  CHECK(view->bytes(Ipv4::kDst)[0] == 0x0a);
}

TEST_CASE("View: a header that does not fit is not viewed") {
  std::uint8_t bytes[20] = {0x45, 0, 0, 21};
  CHECK(View<Ipv4>::parse(Bytes(bytes).first(19)).error() == Error::Truncated);
  CHECK(View<Ipv4>::parse(bytes).error() == Error::Truncated);
  bytes[3] = 19;
  CHECK(View<Ipv4>::parse(bytes).error() == Error::Malformed);
  bytes[0] = 0x44, bytes[3] = 20;
  CHECK(View<Ipv4>::parse(bytes).error() == Error::Malformed);
  std::uint8_t gre[4] = {0x20, 0};
  CHECK(View<Gre>::parse(gre).error() == Error::Truncated);
}

TEST_CASE("Checksum: of RFC 1071's example, and of odd sizes") {
  constexpr std::uint8_t example[] = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  CHECK(checksum(example) == std::uint16_t(~0xddf2));
  constexpr std::uint8_t odd[] = {0x12, 0x34, 0x56};
  CHECK(checksum(odd) == std::uint16_t(~(0x1234 + 0x5600)));
}

TEST_CASE("Checksum: an update gives what a new sum gives") {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::uint8_t> packet(40);
    for (std::uint8_t& byte : packet) byte = std::uint8_t(random());
    packet[0] = 0x45;  // a sum is never of zeros alone
    const std::uint16_t before = checksum(packet);
    const std::vector<std::uint8_t> old(packet.begin() + 12, packet.begin() + 16);
    for (int j = 12; j < 16; ++j) packet[std::size_t(j)] = std::uint8_t(random());
    CHECK(checksum_after(before, old, Bytes(packet).part(12, 4)) == checksum(packet));
  }
}

TEST_CASE("Checksum: CRC-32c of the digits is the one that everybody gets") {
  constexpr std::uint8_t digits[] = {'1', '2', '3', '4', '5', '6', '7', '8', '9'};
  CHECK(crc32c(digits) == 0xe3069283);
}

TEST_CASE("Extensions: a chain gives the protocol behind it") {
  std::vector<std::uint8_t> chain(24);
  chain[0] = kProtoDestination, chain[8] = kProtoTcp, chain[9] = 1;
  const auto walked = walk_extensions(kProtoHopByHop, chain);
  REQUIRE(walked.ok());
  CHECK(walked->protocol == kProtoTcp);
  CHECK(walked->size == 24);
  CHECK(walk_extensions(kProtoHopByHop, Bytes(chain).first(23)).error() == Error::Truncated);
  const std::vector<std::uint8_t> endless(8 * (kMaxExtensionHeaders + 1));
  CHECK(walk_extensions(kProtoHopByHop, endless).error() == Error::Range);
}

TEST_CASE("Neighbour options: an address given twice is refused") {
  std::vector<std::uint8_t> options = {1, 1, 2, 0, 0, 0, 0, 9};
  CHECK(parse_neighbour_options(options)->source[5] == 9);
  CHECK(parse_neighbour_options(options)->target == nullptr);
  options.insert(options.end(), options.begin(), options.begin() + 8);
  CHECK(parse_neighbour_options(options).error() == Error::Malformed);
}

}  // namespace
}  // namespace ovs::wire

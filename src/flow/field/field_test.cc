#include "flow/field/field.h"

#include <doctest/doctest.h>

#include <random>
#include <string>

#include "flow/match/match.h"
#include "flow/match/match_text.h"

namespace ovs::flow {
namespace {

constexpr std::uint64_t kSeed = 4711;

FieldValue random_value(std::mt19937_64& random, const Field& row) {
  std::uint8_t bytes[16];
  for (std::uint8_t& byte : bytes) byte = std::uint8_t(random());
  FieldValue value = FieldValue::of(Bytes(bytes)) & Match::exact_mask(row.id);
  if (row.coding == Coding::PortNumber) value = FieldValue::of(value.low() & 0x7fff);
  if (row.format == Format::Frag)
    value = FieldValue::of(random() % 2 == 0 ? 0 : random() % 2 == 0 ? 1 : 3);
  return value;
}

TEST_CASE("Field: every row keeps a value, and disturbs no other row's bits") {
  std::mt19937_64 random(kSeed);
  for (const Field& row : kFieldRows) {
    CAPTURE(std::string(row.name));
    MatchKey key;
    for (std::uint64_t& word : key.flow.words) word = random();
    for (std::uint64_t& word : key.pipeline.words) word = random();
    const MatchKey before = key;
    const FieldValue value = random_value(random, row);
    set_field(key, row.id, value);
    CHECK(field_value(key, row.id) == value);
    for (const Field& other : kFieldRows) {
      const bool apart = other.at.segment != row.at.segment ||
                         other.at.first_bit + other.at.bits <= row.at.first_bit ||
                         row.at.first_bit + row.at.bits <= other.at.first_bit;
      // A tag's parts set the bit that says that there is one.
      if (apart && row.coding == Coding::Plain)
        CHECK(field_value(key, other.id) == field_value(before, other.id));
    }
  }
}

TEST_CASE("Field: names, aliases and OpenFlow numbers find their row") {
  for (const Field& row : kFieldRows) {
    CHECK(find_field(row.name) == &row);
    if (!row.alias.empty()) CHECK(find_field(row.alias) == &row);
    if (row.nxm.present) CHECK(find_field(row.nxm) == &row);
    if (row.oxm.present) CHECK(find_field(row.oxm) == &row);
  }
  CHECK(find_field(Text("no_such_field")) == nullptr);
  CHECK(find_field(oxm_of(200)) == nullptr);
  CHECK(find_field(kNoOxm) == nullptr);
}

TEST_CASE("Field: every row's text is read as it was written") {
  std::mt19937_64 random(kSeed);
  for (const Field& row : kFieldRows) {
    for (int i = 0; i < 50; ++i) {
      const FieldValue value = random_value(random, row);
      FieldValue mask = Match::exact_mask(row.id);
      if (row.maskable() && row.format != Format::Frag && i % 2 == 1)
        mask = random_value(random, row);
      if (mask.is_zero()) continue;
      const std::string text = format_value(row, value & mask, mask);
      CAPTURE(std::string(row.name));
      CAPTURE(text);
      const auto parsed = parse_value(row, text);
      REQUIRE(parsed.ok());
      CHECK((parsed->value & parsed->mask) == (value & mask));
      CHECK((parsed->mask & Match::exact_mask(row.id)) == mask);
    }
  }
}

TEST_CASE("Match: what is set of every row is found, matched, and taken back") {
  std::mt19937_64 random(kSeed);
  for (const Field& row : kFieldRows) {
    CAPTURE(std::string(row.name));
    const FieldValue value = random_value(random, row);
    Match match;
    match.set(row.id, value);
    CHECK(match.value(row.id) == value);
    CHECK(match.is_exact(row.id));
    MatchKey packet;
    set_field(packet, row.id, value);
    CHECK(match.matches(packet));
    CHECK(match.is_within(Match()));
    CHECK(!Match().is_within(match));
    match.wildcard(row.id);
    CHECK(match == Match());
  }
}

TEST_CASE("Match: one within another takes no packet that the other does not") {
  std::mt19937_64 random(kSeed);
  for (int i = 0; i < 20000; ++i) {
    // Few fields of few bits, so that the cases are not all "no".
    const auto some = [&] {
      Match match;
      for (const FieldId id : {FieldId::NwProto, FieldId::Reg3, FieldId::TcpDst}) {
        if (random() % 2 == 0)
          match.set_masked(id, FieldValue::of(random() % 4), FieldValue::of(random() % 4));
      }
      return match;
    };
    const Match a = some(), b = some();
    MatchKey packet;
    for (const FieldId id : {FieldId::NwProto, FieldId::Reg3, FieldId::TcpDst}) {
      set_field(packet, id, FieldValue::of(random() % 4));
    }
    if (a.is_within(b) && a.matches(packet)) CHECK(b.matches(packet));
    if (a.matches(packet) && b.matches(packet)) CHECK(a.overlaps(b));
    if (a == b) CHECK(a.hash() == b.hash());
  }
}

TEST_CASE("Match: fields know what they need") {
  Match match;
  CHECK(!match.may_match(FieldId::TcpDst));
  match.set(FieldId::EthType, 0x0800);
  CHECK(match.may_match(FieldId::IpSrc));
  CHECK(!match.may_match(FieldId::Ipv6Src));
  CHECK(!match.may_match(FieldId::TcpDst));
  match.set(FieldId::NwProto, 6);
  CHECK(match.may_match(FieldId::TcpDst));
  CHECK(!match.may_match(FieldId::UdpDst));
  match.set(FieldId::IpFrag, 3);
  CHECK(!match.may_match(FieldId::TcpDst));
}

TEST_CASE("Match: normalizing drops fields that the packets do not have") {
  const auto normal = [](const char* text) { return format_match(normalized(*parse_match(text))); };
  CHECK(normal("nw_src=1.1.1.1") == "");
  CHECK(normal("arp,nw_src=1.1.1.1") == "arp,arp_spa=1.1.1.1");
  CHECK(normal("ip,tp_dst=80,nw_dst=1.1.1.1") == "ip,nw_dst=1.1.1.1");
  CHECK(normal("udp,tp_dst=80") == "udp,tp_dst=80");
}

}  // namespace
}  // namespace ovs::flow

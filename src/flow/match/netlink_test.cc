#include "flow/match/netlink.h"

#include <doctest/doctest.h>

#include <random>
#include <string>
#include <vector>

#include "flow/field/odp.h"
#include "flow/match/extract.h"
#include "flow/match/odp_text.h"
#include "flow/match/packet_maker_test.h"
#include "flow/match/presence.h"
#include "flow/match/written_test.h"
#include "wire/netlink/families.h"

namespace ovs::flow {
namespace {

std::vector<std::uint8_t> netlink_of(const FlowKey& key) {
  return written([&](wire::Writer& writer) { put_key(writer, key); });
}
std::vector<std::uint8_t> netlink_of(const FlowMask& mask, const FlowKey& key) {
  return written([&](wire::Writer& writer) { put_mask(writer, mask, key); });
}

// Bits of `mask` that netlink can say: an attribute's frag, EtherType behind tags, are all or
// nothing.
FlowMask sayable(FlowMask mask, const FlowKey& key) {
  mask = mask.under(exact_mask_of(key));
  const Place frag = whole(StorageId::NwFrag);
  store_bits(mask.bytes(), frag,
             FieldValue::of((load_bits(mask.bytes(), frag).low() & kFragAny) != 0 ? 3 : 0));
  for (unsigned tag = 0; tag < tag_count(key); ++tag) {
    store_bits(mask.bytes(), whole(kTagStorage[tag].tpid), FieldValue::of(0xffff));
  }
  if (tag_count(key) == 0)
    store_bits(mask.bytes(), whole(StorageId::VlanTci), FieldValue::of(0xffff));
  // A packet that ends behind the EtherType of a tag.
  const std::uint64_t type = load_stored<StorageId::EthType>(key);
  if (type == 0x8100 || type == 0x88a8) store_number<StorageId::EthType>(mask, 0xffff);
  // Presence of an identifier's mask says that there must be a key.
  if (load_stored<StorageId::TunId>(mask) != 0)
    store_bits(mask.bytes(), kTunnelKeyBit, FieldValue::of(1));
  return mask;
}

PacketMetadata random_metadata(PacketMaker& maker, TunnelMetadata& tunnel) {
  PacketMetadata metadata;
  metadata.in_port = std::uint16_t(maker.next());
  metadata.recirc_id = std::uint32_t(maker.next());
  metadata.skb_priority = std::uint32_t(maker.next());
  metadata.pkt_mark = std::uint32_t(maker.next());
  metadata.dp_hash = std::uint32_t(maker.next());
  if (maker.pick(2) == 0) return metadata;
  tunnel.id = maker.next();
  tunnel.src = std::uint32_t(maker.next());
  tunnel.ttl = std::uint8_t(maker.next());
  tunnel.flags = std::uint16_t(maker.pick(8) | kTunnelKey);
  tunnel.tp_dst = std::uint16_t(maker.next());
  metadata.tunnel = &tunnel;
  return metadata;
}

TEST_CASE("Key netlink: what every packet's key says is read back, and so is any mask of it") {
  PacketMaker maker(99);
  for (int i = 0; i < 20000; ++i) {
    TunnelMetadata tunnel;
    const FlowKey key = extract(maker.packet(), random_metadata(maker, tunnel));
    const auto parsed = parse_key(netlink_of(key), Fit::Exact);
    if (!parsed)
      FAIL("packet " << i << ": " << std::string(parsed.error().reason) << " "
                     << parsed.error().attribute);
    // ND options of a packet that is cut in them are the only thing that stays behind.
    REQUIRE(*parsed == key);
    FlowMask mask;
    for (std::uint64_t& word : mask.words) word = maker.next() & maker.next();
    mask = sayable(mask, key);
    const auto parsed_mask = parse_mask(netlink_of(mask, key), key);
    if (!parsed_mask) FAIL("mask " << i << ": " << std::string(parsed_mask.error().reason));
    CAPTURE(format_odp(key, mask));
    CAPTURE(format_odp(key, *parsed_mask));
    REQUIRE(*parsed_mask == mask);
  }
}

TEST_CASE("Key netlink: any bytes are a key or refused") {
  PacketMaker maker(7);
  unsigned taken = 0;
  for (int i = 0; i < 50000; ++i) {
    TunnelMetadata tunnel;
    std::vector<std::uint8_t> bytes =
        netlink_of(extract(maker.packet(), random_metadata(maker, tunnel)));
    for (unsigned changes = maker.pick(3); changes > 0; --changes) {
      bytes[maker.pick(bytes.size())] = std::uint8_t(maker.next());
    }
    const auto key = parse_key(bytes);
    if (!key) continue;
    ++taken;
    const auto again = parse_key(netlink_of(*key));
    REQUIRE(again.ok());
    CHECK(*again == *key);
  }
  CHECK(taken > 10000);
}

TEST_CASE("Key netlink: members lie where Linux's structures have them") {
  FlowKey key;
  store_number<StorageId::EthType>(key, 0x0800);
  store_number<StorageId::NwProto>(key, 17);
  store_number<StorageId::NwDst>(key, 0x01020304);
  store_number<StorageId::InPort>(key, 5);
  const auto bytes = netlink_of(key);
  const auto attributes = wire::Attributes::parse(bytes);
  REQUIRE(attributes.ok());
  CHECK(attributes->find(KeyAttr::InPort)->u32().value() == 5);
  const Bytes ipv4 = attributes->find(KeyAttr::Ipv4)->payload;
  REQUIRE(ipv4.count() == 12);
  CHECK(load<Be32>(ipv4.data() + 4).host() == 0x01020304);
  CHECK(ipv4[8] == 17);
  CHECK(attributes->find(KeyAttr::EtherType)->as<Be16>()->host() == 0x0800);
  CHECK(!attributes->find(KeyAttr::Tcp));
  CHECK(attributes->find(KeyAttr::Udp)->payload.count() == 4);
}

TEST_CASE("Key netlink: refusals name the attribute") {
  const auto refused = [](KeyAttr id, std::size_t size) {
    std::vector<std::uint8_t> payload(size);
    return parse_key(written([&](wire::Writer& writer) { writer.put(id, Bytes(payload)); }))
        .error();
  };
  CHECK(refused(KeyAttr::CtState, 4).error == Error::Unsupported);
  CHECK(refused(KeyAttr::CtState, 4).attribute == std::uint16_t(KeyAttr::CtState));
  CHECK(refused(KeyAttr::Ethernet, 5).error == Error::Malformed);
  CHECK(refused(KeyAttr::Tcp, 4).error == Error::Invalid);
  CHECK(refused(KeyAttr::Vlan, 2).error == Error::Invalid);
}

// Of IPv6 with ICMPv6's neighbour solicitation: every layer there is.
FlowKey solicitation() {
  FlowKey key;
  store_number<StorageId::InPort>(key, 1);
  store_number<StorageId::EthType>(key, 0x86dd);
  store_number<StorageId::NwProto>(key, 58);
  store_number<StorageId::TpSrc>(key, 135);
  return key;
}

// The same attributes without one of them.
std::vector<std::uint8_t> without(const std::vector<std::uint8_t>& bytes, KeyAttr left_out) {
  const auto attributes = wire::Attributes::parse(bytes);
  return written([&](wire::Writer& writer) {
    for (const wire::Attribute attribute : *attributes) {
      if (attribute.type != std::uint16_t(left_out)) {
        writer.put(KeyAttr(attribute.type), attribute.payload);
      }
    }
  });
}

TEST_CASE("Key netlink: a flow's key has what its own numbers promise") {
  const auto whole_key = netlink_of(solicitation());
  CHECK(parse_key(whole_key, Fit::Exact).ok());
  for (const KeyAttr attr : {KeyAttr::Ipv6, KeyAttr::Icmpv6, KeyAttr::Nd}) {
    const auto part = without(whole_key, attr);
    const auto refused = parse_key(part, Fit::Exact);
    REQUIRE(!refused.ok());
    CHECK(refused.error().error == Error::Invalid);
  }
  CHECK(parse_key(without(whole_key, KeyAttr::Nd)).ok());
  CHECK(parse_key(without(whole_key, KeyAttr::Nd), Fit::Exact).error().attribute ==
        std::uint16_t(KeyAttr::Nd));
}

TEST_CASE("Key netlink: a flow's mask looks at a protocol before it looks at its fields") {
  const FlowKey key = solicitation();
  const auto judged = [&](const FlowMask& mask) {
    const auto parsed = parse_mask(netlink_of(mask, key), key, Fit::Exact);
    return parsed.ok() ? 0u : unsigned(parsed.error().attribute);
  };
  FlowMask mask = exact_mask_of(key);
  CHECK(judged(mask) == 0);
  store_number<StorageId::TpSrc>(mask, 0);
  CHECK(judged(mask) == unsigned(KeyAttr::Nd));
  store_bits(mask.bytes(), whole(StorageId::NdTarget), FieldValue{});
  store_bits(mask.bytes(), whole(StorageId::HwSrc), FieldValue{});
  store_bits(mask.bytes(), whole(StorageId::HwDst), FieldValue{});
  CHECK(judged(mask) == 0);
  store_number<StorageId::NwProto>(mask, 0xf0);
  CHECK(judged(mask) == unsigned(KeyAttr::Icmpv6));
  store_number<StorageId::TpDst>(mask, 0);
  CHECK(judged(mask) == 0);
  store_number<StorageId::EthType>(mask, 0xff00);
  CHECK(judged(mask) == unsigned(KeyAttr::Ipv6));
  CHECK(parse_mask(netlink_of(mask, key), key).ok());
}

TEST_CASE("Set netlink: every settable member is written and read, whole or masked") {
  std::mt19937_64 random(3);
  for (const OdpMember& row : kOdpMembers) {
    const OdpAttr& attr = *find_odp_attr(row.attr);
    std::vector<std::uint8_t> value(attr.size), mask(attr.size);
    FieldSet set;
    const FieldValue bits = FieldValue::of(random() & random()) & FieldValue::ones(row.at.bits);
    store_bits(set.mask.bytes(), row.at, bits);
    store_bits(set.value.bytes(), row.at, FieldValue::of(random()) & bits);
    PacketMaker maker(5);
    FlowKey packet;
    do {
      packet = extract(maker.packet(), {});
    } while (!has(packet, attr.when) && attr.when != When::HasInPort);
    const auto bytes = written([&](wire::Writer& writer) { put_set_actions(writer, set, packet); });
    CAPTURE(std::string(attr.name) + "." + std::string(row.name));
    if (row.settable == Settable::No || bits.is_zero()) {
      CHECK(bytes.empty());
      continue;
    }
    const auto actions = wire::Attributes::parse(bytes);
    REQUIRE(actions.ok());
    const wire::Attribute action = *actions->begin();
    const bool whole = action.type == std::uint16_t(wire::ActionAttr::Set);
    const auto parsed = parse_set(action.payload, whole ? SetForm::Whole : SetForm::Masked);
    REQUIRE(parsed.ok());
    CHECK(parsed->mask == set.mask);
    CHECK(parsed->value == set.value);
  }
}

TEST_CASE("Set netlink: what no action may write is refused") {
  const auto set_of = [](KeyAttr id, std::vector<std::uint8_t> payload, SetForm form) {
    const auto nested = written([&](wire::Writer& writer) { writer.put(id, Bytes(payload)); });
    return parse_set(nested, form);
  };
  std::vector<std::uint8_t> ipv4(24);
  CHECK(set_of(KeyAttr::Ipv4, ipv4, SetForm::Masked).ok());
  ipv4[12 + 8] = 0xff;  // the protocol's mask
  CHECK(set_of(KeyAttr::Ipv4, ipv4, SetForm::Masked).error().error == Error::Invalid);
  CHECK(set_of(KeyAttr::EtherType, {8, 0}, SetForm::Whole).error().error == Error::Invalid);
  CHECK(set_of(KeyAttr::Tunnel, {}, SetForm::Masked).error().error == Error::Invalid);
  CHECK(set_of(KeyAttr::Tcp, {0, 1}, SetForm::Whole).error().error == Error::Malformed);
}

}  // namespace
}  // namespace ovs::flow

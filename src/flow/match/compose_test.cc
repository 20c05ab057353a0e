#include "flow/match/compose.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "flow/match/extract.h"
#include "flow/match/odp_text.h"
#include "flow/match/packet_maker_test.h"
#include "wire/packet/checksum.h"

namespace ovs::flow {
namespace {

std::vector<std::uint8_t> composed(const FlowKey& key, std::size_t payload) {
  std::vector<std::uint8_t> packet(kComposedMaximum);
  const auto size = compose(key, payload, packet);
  REQUIRE(size.ok());
  packet.resize(*size);
  return packet;
}

FlowKey key_of(const char* text) {
  return parse_odp(text)->key;
}

constexpr const char* kPackets[] = {
    "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),eth_type(0x0800),ipv4(src=10.0.0."
    "2,dst=10.0.0.1,proto=1,"
    "tos=0,ttl=64,frag=no),icmp(type=8,code=0)",
    "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),eth_type(0x0800),ipv4(src=10.0.0."
    "2,dst=10.0.0.1,proto=6,"
    "tos=0x3,ttl=1,frag=no),tcp(src=8,dst=9),tcp_flags(syn|ack)",
    "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),eth_type(0x0800),ipv4(src=10.0.0."
    "2,dst=10.0.0.1,proto=17,"
    "tos=0,ttl=64,frag=first),udp(src=8,dst=9)",
    "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),eth_type(0x0800),ipv4(src=10.0.0."
    "2,dst=10.0.0.1,proto=17,"
    "tos=0,ttl=64,frag=later)",
    "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),eth_type(0x0806),arp(sip=1.2.3.4,"
    "tip=5.6.7.8,op=2,"
    "sha=00:0f:10:11:12:13,tha=00:14:15:16:17:18)",
    "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),eth_type(0x86dd),ipv6(src=fe80::1,"
    "dst=fe80::2,label=0x5,"
    "proto=58,tclass=0x70,hlimit=255,frag=no),icmpv6(type=135,code=0),nd(target=fe80::3,sll=00:01:"
    "02:03:04:05,"
    "tll=00:00:00:00:00:00)",
    "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),eth_type(0x86dd),ipv6(src=fe80::1,"
    "dst=fe80::2,label=0,"
    "proto=132,tclass=0,hlimit=128,frag=first),sctp(src=1,dst=2)",
    "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),eth_type(0x8100),vlan(vid=9,pcp=3)"
    ",encap(eth_type(0x0800),"
    "ipv4(src=10.0.0.2,dst=10.0.0.1,proto=17,tos=0,ttl=64,frag=no),udp(src=8,dst=9))",
    "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a),eth_type(0x1234)",
    "in_port(1),eth(src=50:54:00:00:00:09,dst=50:54:00:00:00:0a)",
};

PacketMetadata from_port_1() {
  PacketMetadata metadata;
  metadata.in_port = 1;
  return metadata;
}

TEST_CASE("Compose: the packet that a text describes is found in the packet again") {
  for (const char* text : kPackets) {
    CAPTURE(std::string(text));
    const FlowKey key = key_of(text);
    for (const std::size_t payload : {0, 1, 100, 1400}) {
      const auto packet = composed(key, payload);
      CHECK(extract(packet, from_port_1()) == key);
    }
  }
}

TEST_CASE("Compose: checksums are right") {
  const auto tcp = composed(key_of(kPackets[1]), 101);
  const Bytes ip = Bytes(tcp).from(14);
  CHECK(wire::checksum(ip.first(20)) == 0);
  CHECK(wire::transport_checksum(ip.part(12, 8), 6, ip.from(20)) == 0);
  const auto icmp = composed(key_of(kPackets[0]), 64);
  CHECK(wire::checksum(Bytes(icmp).from(34)) == 0);
  const auto nd = composed(key_of(kPackets[5]), 0);
  const Bytes ip6 = Bytes(nd).from(14);
  CHECK(wire::transport_checksum(ip6.part(8, 32), 58, ip6.from(40)) == 0);
}

TEST_CASE("Compose: packets have the sizes that statistics are known by") {
  CHECK(composed(key_of(kPackets[0]), kComposedPayload).size() == 106);
  CHECK(composed(key_of(kPackets[1]), kComposedPayload).size() == 54);
  CHECK(composed(key_of(kPackets[4]), kComposedPayload).size() == 42);
  CHECK(composed(key_of(kPackets[7]), kComposedPayload).size() == 110);
  CHECK(composed(key_of(kPackets[9]), kComposedPayload).size() == 14);
}

TEST_CASE("Compose: too little room is said, and never overrun") {
  const FlowKey key = key_of(kPackets[7]);
  for (std::size_t size = 0; size < 200; ++size) {
    std::vector<std::uint8_t> room(size + 1, 0xee);
    const auto done = compose(key, 100, MutableBytes(room).first(size));
    CHECK(done.ok() == (size >= 14 + 4 + 20 + 8 + 100));
    CHECK(room[size] == 0xee);
  }
}

TEST_CASE("Compose: any key gives a packet, and what that packet says is stable") {
  PacketMaker maker(17);
  for (int i = 0; i < 20000; ++i) {
    FlowKey key = extract(maker.mutated(), from_port_1());
    if (maker.pick(4) == 0) key.words[maker.pick(kFlowWords)] = maker.next();
    store_number<StorageId::InPort>(key, 1);
    const FlowKey first = extract(composed(key, maker.pick(80)), from_port_1());
    const FlowKey second = extract(composed(first, maker.pick(80)), from_port_1());
    CHECK(first == second);
  }
}

}  // namespace
}  // namespace ovs::flow

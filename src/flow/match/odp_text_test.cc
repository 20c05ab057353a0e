#include "flow/match/odp_text.h"

#include <doctest/doctest.h>

#include <string>

#include "flow/match/extract.h"
#include "flow/match/netlink.h"
#include "flow/match/packet_maker_test.h"
#include "flow/match/presence.h"

namespace ovs::flow {
namespace {

constexpr const char* kFlows[] = {
    "recirc_id(0),in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)",
    "recirc_id(0x5),dp_hash(0x7/"
    "0xf),skb_priority(0x3),in_port(1),skb_mark(0x9),eth(src=00:01:02:03:04:05,"
    "dst=10:11:12:13:14:15),eth_type(0x0800),ipv4(src=35.8.2.41/"
    "255.255.255.0,dst=172.16.0.20,proto=6/0xf0,tos=0x80/0xfc,"
    "ttl=128,frag=first)",
    "in_port(1),eth(src=00:01:02:03:04:05/"
    "ff:ff:ff:00:00:00),eth_type(0x0800),ipv4(proto=6,frag=no),tcp(src=80,"
    "dst=8080/0xff00),tcp_flags(+syn-ack)",
    "recirc_id(0),in_port(1),eth(),eth_type(0x8100),vlan(vid=99,pcp=7/"
    "0x4),encap(eth_type(0x0800),ipv4(proto=17,frag=no),"
    "udp(dst=53))",
    "in_port(1),eth(),eth_type(0x88a8),vlan(vid=1,pcp=0),encap(eth_type(0x8100),vlan(vid=2/"
    "0xff,pcp=1),encap("
    "eth_type(0x1234)))",
    "tunnel(tun_id=0x5/0xff,src=1.1.1.1/255.255.0.0,dst=20.20.20.20,ttl=64/"
    "0xf0,flags(-df+csum+key)),in_port(1),eth(),"
    "eth_type(0x0806),arp(sip=1.2.3.4,op=1/0xff,sha=00:0f:10:11:12:13)",
    "in_port(1),eth(),eth_type(0x86dd),ipv6(src=::1/ffff::,label=0x5/"
    "0xf,proto=58,hlimit=255,frag=no),icmpv6(type=135,"
    "code=0),nd(target=fe80::3/ffff::,sll=00:05:06:07:08:09)",
    "in_port(1),eth(),eth_type(0x8847),mpls(label=100,tc=3,ttl=64,bos=1)",
    "in_port(1),eth(),eth_type(0x8847),mpls(label=100/0xff,tc=7/1,ttl=64/0xf,bos=1/1)",
    "in_port(1),eth(src=00:01:02:03:04:05),eth_type(0/0xffff)",
};

TEST_CASE("Datapath text: is read and printed alike") {
  for (const char* text : kFlows) {
    CAPTURE(std::string(text));
    const auto flow = parse_odp(text);
    REQUIRE(flow.ok());
    CHECK(format_odp(flow->key, flow->mask) == text);
  }
}

struct Wholeness {
  const char* text;
  bool is_whole;
};
// As Open vSwitch 3.7's own datapath answers add-flow.
constexpr Wholeness kWholeness[] = {
    {"in_port(1),eth(),eth_type(0x0800),ipv4()", true},
    {"in_port(1),eth_type(0x0800),ipv4()", true},
    {"in_port(1),eth(),eth_type(0x0806),arp()", true},
    {"in_port(1),eth(),eth_type(0x0800),ipv4(proto=6),tcp(dst=80)", true},
    {"in_port(1),eth(),eth_type(0x0800),ipv4(frag=later,proto=17)", true},
    {"in_port(1),eth(),eth_type(0x86dd),ipv6(proto=58),icmpv6(type=135,code=0),nd(target=::1)",
     true},
    {"in_port(1),eth(),eth_type(0x1234)", true},
    {"in_port(1),eth(),eth_type(0x0800)", false},
    {"in_port(1),eth(),eth_type(0x0800),arp(op=1)", false},
    {"in_port(1),eth(),eth_type(0x0800),ipv4(proto=1),arp(op=1)", false},
    {"in_port(1),eth(),eth_type(0x0806)", false},
    {"in_port(1),eth(),eth_type(0x0800),ipv4(proto=6)", false},
    {"in_port(1),eth(),eth_type(0x0800),ipv4(proto=6),icmp(type=8,code=0)", false},
    {"in_port(1),eth(),eth_type(0x0800),ipv4(frag=later,proto=17),udp(dst=5)", false},
    {"in_port(1),eth(),eth_type(0x86dd),ipv6(proto=58),icmpv6(type=135,code=0)", false},
    {"in_port(1),eth(),eth_type(0x86dd),ipv6(proto=58),icmpv6(type=128,code=0),nd(target=::1)",
     false},
    {"in_port(1),eth(),ipv4(src=1.1.1.1)", false},
    {"in_port(1),eth(),eth_type(0x8100),vlan(vid=5)", false},
    {"in_port(1),eth(),eth_type(0x8100),vlan(vid=5),encap(eth_type(0x0800))", false},
    {"in_port(1),eth(),eth_type(0x8100),vlan(vid=5),encap(eth_type(0x0800),arp())", false},
    {"in_port(1),eth(),eth_type(0x8847)", false},
};

TEST_CASE("Datapath text: a flow that says too much or too little of its packets is told apart") {
  for (const Wholeness& each : kWholeness) {
    CAPTURE(std::string(each.text));
    const auto flow = parse_odp(each.text);
    REQUIRE(flow.ok());
    CHECK(is_whole(*flow) == each.is_whole);
  }
}

TEST_CASE("Datapath text: every packet's key is read from its text") {
  PacketMaker maker(31);
  for (int i = 0; i < 20000; ++i) {
    PacketMetadata metadata;
    metadata.in_port = std::uint16_t(maker.pick(100));
    const FlowKey key = extract(maker.packet(), metadata);
    const OdpDialect dialect = i % 2 == 0 ? OdpDialect::Kernel : OdpDialect::Userspace;
    const auto parsed = parse_odp(format_odp_key(key, nullptr, dialect));
    REQUIRE(parsed.ok());
    REQUIRE(parsed->key == key);
  }
}

TEST_CASE("Datapath text: a user-space datapath speaks of more") {
  const FlowKey key = parse_odp("in_port(1),eth(src=00:01:02:03:04:05,dst=10:11:12:13:14:15)")->key;
  CHECK(format_odp_key(key, nullptr, OdpDialect::Userspace) ==
        "recirc_id(0),dp_hash(0),skb_priority(0),in_port(1),skb_mark(0),ct_state(0),ct_zone(0),ct_"
        "mark(0),ct_label(0),"
        "packet_type(ns=0,id=0),eth(src=00:01:02:03:04:05,dst=10:11:12:13:14:15)");
  const auto flow = parse_odp("recirc_id(0),in_port(1),eth(),eth_type(0x0800),ipv4(frag=no)");
  CHECK(format_odp(flow->key, flow->mask, nullptr, OdpStyle::Normal, OdpDialect::Userspace) ==
        "recirc_id(0),in_port(1),packet_type(ns=0,id=0),eth_type(0x0800),ipv4(frag=no)");
}

TEST_CASE("Datapath text: verbose shows what does not count, too") {
  const auto flow =
      parse_odp("recirc_id(0),in_port(1),eth(),eth_type(0x0800),ipv4(dst=1.2.3.4,frag=no)");
  CHECK(format_odp(flow->key, flow->mask, nullptr, OdpStyle::Verbose) ==
        "recirc_id(0),dp_hash(0/0),skb_priority(0/0),in_port(1),skb_mark(0/"
        "0),eth(src=00:00:00:00:00:00/00:00:00:00:00:00,"
        "dst=00:00:00:00:00:00/00:00:00:00:00:00),eth_type(0x0800),ipv4(src=0.0.0.0/"
        "0.0.0.0,dst=1.2.3.4,proto=0/0,"
        "tos=0/0,ttl=0/0,frag=no)");
}

TEST_CASE("Datapath text: says what is wrong") {
  const auto complaint = [](const char* text) { return parse_odp(text).error().message; };
  CHECK(complaint("in_port(x)") == "x: bad value for in_port");
  CHECK(complaint("ipv4(src=1.2.3)") == "1.2.3: bad value for ipv4");
  CHECK(complaint("ipv4(color=red)") == "color=red: unknown part of ipv4");
  CHECK(complaint("wings(2)") == "wings(2): unknown key attribute");
  CHECK(complaint("eth(src=00:00:00:00:00:01") ==
        "eth(src=00:00:00:00:00:01: brackets do not match");
  CHECK(complaint("ct_state(0x21)") == "ct_state: not supported yet");
  CHECK(parse_odp("ct_state(0),ct_zone(0),ct_state(0x1/0)").ok());
}

TEST_CASE("Datapath text: any changed text is read or refused") {
  PacketMaker maker(8);
  for (int i = 0; i < 100000; ++i) {
    std::string text = kFlows[maker.pick(sizeof kFlows / sizeof kFlows[0])];
    for (unsigned changes = 1 + maker.pick(3); changes > 0; --changes) {
      const std::size_t at = maker.pick(text.size());
      if (maker.pick(2) == 0)
        text.erase(at, 1 + maker.pick(4));
      else
        text[at] = "(),=/0x:+-a"[maker.pick(11)];
      if (text.empty()) text.push_back('x');
    }
    const auto flow = parse_odp(text);
    if (!flow) continue;
    const std::string shown = format_odp_key(flow->key);
    CHECK(!shown.empty());
  }
}

}  // namespace
}  // namespace ovs::flow

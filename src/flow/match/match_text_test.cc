#include "flow/match/match_text.h"

#include <doctest/doctest.h>

#include "flow/match/quoted_text.h"

namespace ovs::flow {
namespace {

class TwoPorts : public PortNames {
 public:
  std::optional<std::string> name(std::uint32_t number) const override {
    if (number == 1) return "eth0";
    if (number == 2) return "my port";
    return {};
  }
  std::optional<std::uint32_t> number(std::string_view name) const override {
    if (name == "eth0") return 1;
    if (name == "my port") return 2;
    return {};
  }
};

// What a person types, and what ovs-ofctl shows of it.
struct Example {
  const char* typed;
  const char* shown;
};
constexpr Example kExamples[] = {
    {"", ""},
    {"tp_dst=80 , tcp,nw_src=10.1.2.3/8", "tcp,nw_src=10.0.0.0/8,tp_dst=80"},
    {"udp,dl_vlan=5,dl_vlan_pcp=3,tp_src=0x1000/0xff00",
     "udp,dl_vlan=5,dl_vlan_pcp=3,tp_src=0x1000/0xff00"},
    {"tp_src=8,tp_dst=0,icmp", "icmp,icmp_type=8,icmp_code=0"},
    {"arp,arp_op=2,arp_tpa=2.2.2.0/24", "arp,arp_tpa=2.2.2.0/24,arp_op=2"},
    {"icmp6,icmpv6_type=135,icmpv6_code=0,nd_target=fe80::1",
     "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1"},
    {"tcp6,tcp_flags=+syn-ack", "tcp6,tcp_flags=+syn-ack"},
    {"tcp,tcp_flags=syn|ack", "tcp,tcp_flags=syn|ack"},
    {"vlan_tci=0x1000/0x1000", "vlan_tci=0x1000/0x1000"},
    {"dl_vlan=0xffff", "vlan_tci=0x0000"},
    {"xreg1=0x1122334455667788", "reg2=0x11223344,reg3=0x55667788"},
    {"reg0=0", "reg0=0"},
    {"in_port=local", "in_port=LOCAL"},
    {"in_port_oxm=4294967294", "in_port=LOCAL"},
    {"ip,nw_proto=47,nw_tos=252,nw_ecn=1,nw_ttl=64",
     "ip,nw_proto=47,nw_tos=252,nw_ecn=1,nw_ttl=64"},
    {"ip,ip_dscp=5", "ip,nw_tos=20"},
    {"ip,ip_frag=not_later", "ip,nw_frag=not_later"},
    {"eth_type=0x88cc", "dl_type=0x88cc"},
    {"tun_id=0x5/0xff,metadata=7", "tun_id=0x5/0xff,metadata=0x7"},
    {"tun_flags=+oam", "tun_flags=+oam"},
    {"ipv6,ipv6_src=fe80::1:2/64,ipv6_label=0x12", "ipv6,ipv6_src=fe80::/64,ipv6_label=0x00012"},
    {"mpls,mpls_bos=1,mpls_ttl=3,mpls_label=100,mpls_tc=2",
     "mpls,mpls_label=100,mpls_tc=2,mpls_ttl=3,mpls_bos=1"},
    {"reg1=*", ""},
};

TEST_CASE("Match text: is what ovs-ofctl prints, and reads back as the same match") {
  for (const Example& example : kExamples) {
    CAPTURE(std::string(example.typed));
    const auto match = parse_match(example.typed);
    REQUIRE(match.ok());
    CHECK(format_match(*match) == example.shown);
    CHECK(*parse_match(example.shown) == *match);
  }
}

TEST_CASE("Match text: says what is wrong") {
  const auto complaint = [](const char* text) { return parse_match(text).error().message; };
  CHECK(complaint("reg0=x") == "x: bad syntax for reg0 value");
  CHECK(complaint("eth_type=0x800/0xff") == "0x800/0xff: invalid mask for field eth_type");
  CHECK(complaint("reg0=0x123456789") == "0x123456789: value too large for 4-byte field reg0");
  CHECK(complaint("nonsense=1") == "unknown field nonsense");
  CHECK(complaint("dl_src=1:2:3") == "1:2:3: invalid Ethernet address");
  CHECK(complaint("ip,nw_src=300.1.1.1") == "300.1.1.1: invalid IP address");
  CHECK(complaint("tp_dst=300,icmp") == "icmp: ICMP's type and code have 8 bits");
  CHECK(complaint("tcp_dst=3/466,icmp") == "icmp: ICMP's type and code are matched whole");
  CHECK(complaint("reg0") == "field reg0 missing value");
  CHECK(complaint("in_port=65290") == "65290: invalid or unknown port for in_port");
}

TEST_CASE("Match text: ports go by their names, quoted where the name needs it") {
  const TwoPorts ports;
  CHECK(format_match(*parse_match("in_port=eth0", &ports), &ports) == "in_port=eth0");
  CHECK(format_match(*parse_match("in_port=\"my port\"", &ports), &ports) == "in_port=\"my port\"");
  CHECK(format_match(*parse_match("in_port=3", &ports), &ports) == "in_port=3");
}

TEST_CASE("Quoted names: from where one begins to the quote that closes it") {
  CHECK(quoted_size("\"a b\",2", 0) == 5);
  CHECK(quoted_size("port=\"a\\\"b\"", 5) == 6);
  CHECK(quoted_size("\"a b", 0) == 0);
  CHECK(quoted_size("\"a\\\"", 0) == 0);
  CHECK(quoted_size("x\"a b\"", 1) == 0);
  CHECK(quoted_size("ab", 0) == 0);
  CHECK(find_unquoted("\"a,b\",2", ",") == 5);
  CHECK(find_unquoted("\"a,b", ",") == 2);
  CHECK(find_unquoted("\"a,b\"", ",") == std::string_view::npos);
  CHECK(unquoted(quoted_name("a\\ \"b\"")) == "a\\ \"b\"");
}

TEST_CASE("Match text: a priority other than the usual comes first") {
  CHECK(format_match(*parse_match("ip"), nullptr, 5) == "priority=5,ip");
  CHECK(format_match(Match(), nullptr, 0) == "priority=0");
}

}  // namespace
}  // namespace ovs::flow

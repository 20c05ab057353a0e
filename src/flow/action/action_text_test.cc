#include "flow/action/action_text.h"

#include <doctest/doctest.h>

namespace ovs::flow {
namespace {

std::string shown(std::string_view text) {
  const auto bytes = parse_actions(text);
  if (!bytes) return "error: " + bytes.error().message;
  const auto list = ActionList::parse(*bytes);
  return list ? format_actions(*list) : "refused: " + std::string(list.error().reason);
}

constexpr const char* kActions[] = {
    "drop",
    "1,2,3",
    "userspace(pid=6633,sFlow(vid=9,pcp=7,output=10),tunnel_out_port=10)",
    "userspace(pid=9765,slow_path(cfm))",
    "userspace(pid=9765,slow_path(action,match))",
    "userspace(pid=1,userdata(0102030405060708090a),actions)",
    "userspace(pid=6633,flow_sample(probability=123,collector_set_id=1234,obs_domain_id=2345,obs_"
    "point_id=3456,"
    "output_port=10,egress))",
    "userspace(pid=6633,ipfix(output_port=10))",
    "userspace(pid=6633,controller(reason=1,dont_send=1,continuation=0,recirc_id=4444,rule_cookie="
    "0x5555,controller_id=0,"
    "max_len=65535),actions)",
    "set(eth(dst=10:11:12:13:14:15))",
    "set(eth(src=00:01:02:03:04:05/ff:ff:ff:00:00:00))",
    "set(ipv4(src=35.8.2.41,dst=172.16.0.20,tos=0x80/0xfc,ttl=128))",
    "set(udp(dst=128/0xff))",
    "set(skb_mark(0x5))",
    "set(tunnel(tun_id=0xabcdef1234567890,src=1.1.1.1,dst=2.2.2.2,ttl=64,flags(df|csum|key)))",
    "push_vlan(vid=12,pcp=0)",
    "push_vlan(tpid=0x88a8,vid=13,pcp=5,cfi=0)",
    "pop_vlan,push_eth(src=00:01:02:03:04:05,dst=10:11:12:13:14:15),pop_eth",
    "sample(sample=9.7%,actions(1,2,3,push_vlan(vid=1,pcp=2)))",
    "hash(l4(5)),recirc(0x5)",
    "clone(1,clone(2,3)),trunc(100),4",
    "meter(3),ct_clear,lb_output(1),tnl_pop(4)",
    "check_pkt_len(size=200,gt(drop),le(check_pkt_len(size=400,gt(1),le(2))))",
    "push_mpls(label=5,tc=1,ttl=64,bos=1,eth_type=0x8847),pop_mpls(eth_type=0x800)",
    "psample(group=12,cookie=0x1020304050607080)",
};

TEST_CASE("Action text: is read and printed alike") {
  for (const char* text : kActions) CHECK(shown(text) == text);
}

TEST_CASE("Action text: says what is wrong") {
  CHECK(shown("fly(1)") == "error: fly(1): unknown action");
  CHECK(shown("ct(commit)") == "error: ct: not supported yet");
  CHECK(shown("clone(1") == "error: clone(1: brackets do not match");
  CHECK(shown("recirc(x)") == "error: recirc(x): bad number");
  CHECK(shown("push_vlan(vid=4096,pcp=0)") == "error: vid=4096: bad number");
  std::string deep = "1";
  for (unsigned i = 0; i <= kMaxActionNesting; ++i) deep = "clone(" + deep + ')';
  CHECK(shown(deep) == "error: 1: actions are nested too deep");
}

}  // namespace
}  // namespace ovs::flow

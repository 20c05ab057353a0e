// Flows and actions from text and back, and what their texts cost in protocols.
#include "openflow/text/flow_text.h"

#include <doctest/doctest.h>

#include "openflow/action/action_text.h"
#include "openflow/text/print.h"

namespace ovs::openflow {
namespace {

std::string actions_again(std::string_view text) {
  Protocols usable = kAllProtocols;
  const auto actions = parse_actions(text, nullptr, usable);
  if (!actions.ok()) return "error: " + actions.error().message;
  return format_actions(*actions);
}

std::string error_of(std::string_view text) {
  Protocols usable = kAllProtocols;
  const auto mod = parse_flow_mod(text, FlowCommand::Add, {}, usable);
  return mod.ok() ? "" : mod.error().message;
}

std::string usable_for(std::string_view text) {
  Protocols usable = kAllProtocols;
  const auto mod = parse_flow_mod(text, FlowCommand::Add, {}, usable);
  return mod.ok() ? format_protocols(usable) : mod.error().message;
}

const char* const kRoundTrips[] = {
    "drop",
    "output:1",
    "LOCAL",
    "CONTROLLER:65535",
    "controller(reason=no_match,max_len=10,id=3,userdata=01.02,pause)",
    "enqueue:1:2",
    "output:NXM_NX_REG0[0..15]",
    "output(port=1,max_len=100)",
    "mod_vlan_vid:5",
    "push_vlan:0x8100",
    "mod_dl_dst:02:00:00:00:00:01",
    "mod_nw_tos:8",
    "set_field:1.2.3.4->ip_src",
    "load:0x5->NXM_NX_REG0[0..3]",
    "move:NXM_NX_REG0[]->NXM_NX_REG1[]",
    "push:NXM_NX_REG0[],pop:NXM_NX_REG1[]",
    "resubmit(,3)",
    "resubmit(1,3)",
    "resubmit:1",
    "resubmit(,3,ct)",
    "dec_ttl",
    "dec_ttl(1,2)",
    "set_tunnel:0x5",
    "set_tunnel64:0x123456789",
    "note:00.01.02.03.04.05",
    "encap(ethernet)",
    "encap(nsh(md_type=2,tlv(0x1000,10,0x12345678)))",
    "encap(mpls_mc)",
    "decap()",
    "decap(packet_type(ns=1,type=0x894f))",
    "sample(probability=1,collector_set_id=2,obs_domain_id=NXM_OF_IN_PORT[],obs_point_id=4)",
    "exit",
    "fin_timeout(idle_timeout=5,hard_timeout=6)",
    "conjunction(1,2/3)",
    "multipath(eth_src,50,modulo_n,1,0,NXM_NX_REG0[])",
    "bundle(eth_src,0,hrw,ofport,members:1,2)",
    "bundle_load(eth_src,0,active_backup,ofport,NXM_NX_REG0[],members:1)",
    "learn(table=1,idle_timeout=5,priority=3,eth_type=0x800,load:NXM_OF_IN_PORT[]->NXM_NX_REG0[0.."
    "15])",
    "sample(probability=1,collector_set_id=2,obs_domain_id=3,obs_point_id=4,sampling_port=5,"
    "egress)",
    "clone(output:1,output:2)",
    "ct(commit,table=1,zone=5,nat(dst=10.0.0.1:80),alg=ftp)",
    "check_pkt_larger(100)->NXM_NX_REG0[0]",
    "write_metadata:0x1/0xf",
    "clear_actions,write_actions(output:1),goto_table:3",
};

}  // namespace

TEST_CASE("Actions: What is printed is read again as the same") {
  for (const char* text : kRoundTrips) CHECK(actions_again(text) == text);
}

TEST_CASE("Actions: Other ways to say a thing are printed the usual way") {
  CHECK(actions_again("3") == "output:3");
  CHECK(actions_again("controller") == "CONTROLLER:65535");
  CHECK(actions_again("output(local)") == "LOCAL");
  CHECK(actions_again("load:1->reg0[]") == "load:0x1->NXM_NX_REG0[]");
  CHECK(actions_again("set_nw_ttl:3") == "mod_nw_ttl:3");
}

TEST_CASE("Actions: A refusal names what is wrong") {
  CHECK(actions_again("foo:1") == "error: unknown action foo");
  CHECK(actions_again("mod_vlan_vid:5000") == "error: 5000: not a valid VLAN VID");
  CHECK(actions_again("drop,1") ==
        "error: \"drop\" must not be accompanied by any other action or instruction");
  CHECK(actions_again("apply_actions(1)") == "error: apply_actions is the default instruction");
}

TEST_CASE("Flows: A refusal names what is wrong") {
  CHECK(error_of("tcp") == "must specify an action");
  CHECK(error_of("foo=1,actions=1") == "unknown keyword foo");
  CHECK(error_of("priority=70000,actions=1") == "invalid priority \"70000\"");
  CHECK(error_of("cookie=1/1,actions=1") == "flow additions cannot use a cookie mask");
  CHECK(error_of("actions=set_field:1->tcp_src") ==
        "actions are invalid with specified match (OFPBAC_MATCH_INCONSISTENT)");
}

TEST_CASE("Flows: What a flow says decides which protocols can carry it") {
  CHECK(usable_for("tcp,actions=1") == "any");
  CHECK(usable_for("reg0=1,actions=1") == "NXM,OXM");
  CHECK(usable_for("metadata=1,actions=1") == "NXM,OXM,OpenFlow11");
  CHECK(usable_for("table=3,actions=1") == "OXM,OpenFlow10+table_id,NXM+table_id,OpenFlow11");
  CHECK(usable_for("tcp,actions=meter:1") == "OXM-OpenFlow13,OXM-OpenFlow14,OXM-OpenFlow15");
}

TEST_CASE("Flows: A line of a file may begin with its command") {
  Protocols usable = kAllProtocols;
  const auto mod = parse_flow_line("delete_strict priority=3,tcp", FlowCommand::Add, {}, usable);
  REQUIRE(mod.ok());
  CHECK(format_flow_mod(*mod) == "DEL_STRICT table:255 priority=3,tcp actions=drop");
}

TEST_CASE("Actions: What may not stand where it stands is refused by name") {
  CHECK(actions_again("nat") == "error: Cannot have NAT action outside of \"ct\" action");
  CHECK(actions_again("ct(commit,exec(push_vlan:0x8100))") ==
        "error: ct action doesn't support nested action push_vlan");
  CHECK(actions_again("clone(goto_table:3)") == "error: goto_table instruction not allowed here");
  CHECK(actions_again("goto_table:5,output:1") ==
        "error: invalid instruction ordering: apply_actions must appear before goto_table, for "
        "OpenFlow 1.1+ compatibility");
  CHECK(actions_again("conjunction(1,2/3),output:1") ==
        "error: \"conjunction\" actions may be used along with \"note\" but not any other kind of "
        "action (such as the \"output\" action used here)");
}

// ---- names that hold what separates words ------------------------------------------------------

namespace {

class ThreePorts final : public flow::PortNames {
 public:
  std::optional<std::string> name(std::uint32_t number) const override {
    if (number - 1 >= std::size(kNames)) return std::nullopt;
    return kNames[number - 1];
  }
  std::optional<std::uint32_t> number(std::string_view name) const override {
    for (std::uint32_t i = 0; i < std::size(kNames); ++i) {
      if (name == kNames[i]) return i + 1;
    }
    return std::nullopt;
  }

 private:
  static constexpr const char* kNames[] = {"vEthernet (external)", "a,b: \"c\"", "eth0"};
};

struct NamedExample {
  const char* typed;
  const char* shown;
};
constexpr NamedExample kNamedExamples[] = {
    {R"f(output:"vEthernet (external)",output:"a,b: \"c\"")f",
     R"f(output:"vEthernet (external)",output:"a,b: \"c\"")f"},
    {R"f(output("vEthernet (external)") eth0)f", R"f(output:"vEthernet (external)",output:eth0)f"},
    {R"f("vEthernet (external)","eth0")f", R"f(output:"vEthernet (external)",output:eth0)f"},
    {R"f(output(port="vEthernet (external)",max_len=100))f",
     R"f(output(port="vEthernet (external)",max_len=100))f"},
    {R"f(enqueue("a,b: \"c\"",2),enqueue:"vEthernet (external)":3)f",
     R"f(enqueue:"a,b: \"c\"":2,enqueue:"vEthernet (external)":3)f"},
    {R"f(resubmit("a,b: \"c\"",2),resubmit:"vEthernet (external)")f",
     R"f(resubmit("a,b: \"c\"",2),resubmit:"vEthernet (external)")f"},
    {R"f(bundle(eth_src,50,active_backup,ofport,members:"a,b: \"c\"","vEthernet (external)"))f",
     R"f(bundle(eth_src,50,active_backup,ofport,members:"a,b: \"c\"","vEthernet (external)"))f"},
    {R"f(clone(output("a,b: \"c\""),output:"vEthernet (external)"))f",
     R"f(clone(output:"a,b: \"c\"",output:"vEthernet (external)"))f"},
    {R"f(set_field:"vEthernet (external)"->in_port)f",
     R"f(set_field:"vEthernet (external)"->in_port)f"},
    {R"f(learn(table=1,in_port="vEthernet (external)"))f",
     R"f(learn(table=1,in_port="vEthernet (external)"))f"},
};

}  // namespace

TEST_CASE("Flow text: quoted names of ports hold blanks, commas and parentheses") {
  const ThreePorts ports;
  for (const NamedExample& example : kNamedExamples) {
    CAPTURE(example.typed);
    Protocols usable = kAllProtocols;
    const auto actions = parse_actions(example.typed, &ports, usable);
    REQUIRE(actions.ok());
    CHECK(format_actions(*actions, &ports) == example.shown);
    const auto again = parse_actions(example.shown, &ports, usable);
    REQUIRE(again.ok());
    CHECK(*again == *actions);
  }
}

TEST_CASE("Flow text: a whole flow with quoted names") {
  const ThreePorts ports;
  const TextContext context{&ports, nullptr, nullptr};
  Protocols usable = kAllProtocols;
  const auto mod = parse_flow_mod(
      R"f(priority=5 in_port="a,b: \"c\"",ip actions=output:"vEthernet (external)")f",
      FlowCommand::Add, context, usable);
  REQUIRE(mod.ok());
  CHECK(flow::format_match(mod->match, &ports, mod->priority) ==
        R"f(priority=5,ip,in_port="a,b: \"c\"")f");
  CHECK(format_actions(mod->actions, &ports) == R"f(output:"vEthernet (external)")f");
  const auto request = parse_flow_stats_request(R"f(out_port="vEthernet (external)",in_port=eth0)f",
                                                context, usable);
  REQUIRE(request.ok());
  CHECK(request->out_port == 1);
}

TEST_CASE("Flow text: a quote that nothing closes is a character of the name") {
  CHECK(error_of("in_port=\"p 1,actions=2") == "\"p: invalid or unknown port for in_port");
  CHECK(error_of("actions=output:\"p 1") == "\"p: output to unknown port");
}

}  // namespace ovs::openflow

#include <doctest/doctest.h>

#include <random>

#include "daemon/control/unixctl.h"
#include "daemon/log/memory_log_output.h"
#include "daemon/stream/memory_network.h"
#include "flow/match/match_text.h"
#include "flow/match/odp_text.h"
#include "platform/fake/virtual_clock.h"
#include "vswitch/commands/commands.h"
#include "vswitch/dpif/memory_dpif_test.h"
#include "vswitch/ofproto/switches_impl.h"

namespace ovs::vswitch {
namespace {

using openflow::Action;
using openflow::Actions;

struct Answer final : daemon::ControlCall::Sink {
  void answer(wire::Json body, bool is_error) override {
    text = (is_error ? "error: " : "") + std::string(body.string());
  }
  std::string text;
};

// One bridge br0 with ports p1, p2, p3 (number N is datapath port N), over a datapath in memory.
struct Lab {
  Lab() {
    auto made = std::make_unique<MemoryDpif>();
    dpif = made.get();
    Backer& backer = switches.add_datapath(std::move(made));
    bridge = &switches.add("br0", backer, 1);
    for (unsigned i = 1; i <= 3; ++i) add_port(*bridge, "p" + std::to_string(i), i);
    bridge->set_fail_mode(FailMode::Secure);
    add_switch_commands(switches, server);
    switches.commit();
  }

  void add_port(Ofproto& to, const std::string& name, unsigned number, std::string peer = "",
                std::uint16_t tag = 0) {
    PortSettings port;
    port.name = name;
    port.type = peer.empty() ? "dummy" : "patch";
    port.peer = peer;
    port.requested = OfPort(std::uint16_t(number));
    REQUIRE(to.add_port(port).ok());
    BundleSettings bundle;
    bundle.name = name;
    bundle.ports = {OfPort(std::uint16_t(number))};
    if (tag != 0) {
      bundle.mode = VlanMode::Access;
      bundle.vlan = tag;
    }
    to.set_bundle(bundle);
  }

  void add_flow(const char* match, Actions actions, std::uint8_t table = 0, int priority = 32768) {
    openflow::FlowMod mod;
    const auto parsed = flow::parse_match(match);
    REQUIRE(parsed.ok());
    mod.match = *parsed;
    mod.table = table;
    mod.priority = std::uint16_t(priority);
    mod.actions = std::move(actions);
    apply(mod);
  }
  void apply(const openflow::FlowMod& mod) {
    std::vector<RemovedRule> removed;
    REQUIRE(bridge->impl().tables.apply(mod, clock.now_ms(), removed).ok());
    switches.commit();
  }

  std::string receive(const std::string& key) {
    const auto parsed = flow::parse_odp(key);
    REQUIRE(parsed.ok());
    return dpif->receive(parsed->key, clock.now_ms());
  }

  std::string run(std::vector<std::string> words) {
    auto answer = std::make_shared<Answer>();
    server.run(daemon::ControlCall(answer, std::move(words)));
    return answer->text;
  }
  std::string trace(const char* flow) { return run({"ofproto/trace", "br0", flow}); }
  Backer& backer() { return bridge->impl().backer; }

  platform::VirtualClock clock;
  daemon::MemoryLogOutput output;
  daemon::Log log{clock, output, "test", 1};
  daemon::Loop loop{clock};
  daemon::MemoryNetwork network{loop};
  daemon::ControlServer server{log};
  Switches switches{{loop, log, network, "/run", "3.7.1"}};
  MemoryDpif* dpif = nullptr;
  Ofproto* bridge = nullptr;
};

Action output(std::uint16_t port) {
  return Action(openflow::Output{port, 0});
}
Action resubmit(std::uint8_t table) {
  openflow::Resubmit action;
  action.table = table;
  return Action(action);
}

const char* const kPing12 =
    "in_port(1),eth(src=50:54:00:00:00:01,dst=50:54:00:00:00:02),eth_type(0x0800),"
    "ipv4(src=1.1.1.1,dst=2.2.2.2,proto=1,tos=0,ttl=64,frag=no),icmp(type=8,code=0)";
const char* const kPing21 =
    "in_port(2),eth(src=50:54:00:00:00:02,dst=50:54:00:00:00:01),eth_type(0x0800),"
    "ipv4(src=2.2.2.2,dst=1.1.1.1,proto=1,tos=0,ttl=64,frag=no),icmp(type=0,code=0)";

// The lines that people compare.
std::string tail(const std::string& trace, std::string_view from) {
  const std::size_t at = trace.find(from);
  return at == std::string::npos ? trace : trace.substr(at);
}

}  // namespace

TEST_CASE("Switch: NORMAL floods, learns, and then sends where the address is") {
  Lab lab;
  lab.add_flow("", {output(openflow::kPortNormal)});
  CHECK(lab.receive(kPing12) == "2,3");
  CHECK(lab.receive(kPing21) == "1");
  CHECK(lab.dpif->flows.size() == 2);
  lab.backer().revalidate();  // the flood depended on where port 2's address is
  CHECK(lab.receive(kPing12) == "2");
  CHECK(lab.run({"fdb/show", "br0"}) ==
        " port  VLAN  MAC                Age\n"
        "    1     0  50:54:00:00:00:01    0\n"
        "    2     0  50:54:00:00:00:02    0\n");
}

TEST_CASE("Switch: a packet of another VLAN does not reach an access port") {
  Lab lab;
  lab.add_port(*lab.bridge, "p4", 4, "", 10);
  lab.add_flow("", {output(openflow::kPortNormal)});
  CHECK(lab.receive(kPing12) == "2,3");
  CHECK(
      lab.receive("in_port(4),eth(src=50:54:00:00:00:04,dst=50:54:00:00:00:09),eth_type(0x1234)") ==
      "push_vlan(vid=10,pcp=0),1,2,3");
}

TEST_CASE("Switch: a VLAN that floods learns nothing, and forgets what it had learned") {
  Lab lab;
  lab.add_flow("", {output(openflow::kPortNormal)});
  lab.receive(kPing12);
  CHECK(lab.receive(kPing21) == "1");
  MacTableSettings settings;
  settings.flood_vlans.set(0);
  lab.bridge->set_mac_table(settings);
  CHECK(lab.run({"fdb/show", "br0"}) == " port  VLAN  MAC                Age\n");
  lab.backer().revalidate();
  CHECK(lab.receive(kPing21) == "1,3");
  CHECK(lab.receive(kPing12) == "2,3");
  CHECK(lab.run({"fdb/show", "br0"}) == " port  VLAN  MAC                Age\n");
}

TEST_CASE("dpif/set-dp-features: what is so already is granted, anything else is refused by name") {
  Lab lab;
  CHECK(lab.run({"dpif/set-dp-features", "br0", "tnl_push_pop", "false"}).empty());
  CHECK(lab.run({"dpif/set-dp-features", "br0", "clone", "false"}) ==
        "error: dpif/set-dp-features: clone as false: not supported yet");
  CHECK(lab.run({"dpif/set-dp-features", "br9", "clone", "true"}) == "error: no such bridge");
  CHECK(lab.run({"dpif/show-dp-features", "br0"}).starts_with("Masked set action: Yes\n"));
  CHECK(lab.run({"bond/show", "p1"}) == "error: no such bond");
  CHECK(lab.run({"qos/show", "p1"}) == "QoS not configured on p1\n");
}

TEST_CASE("Switch: a queue is the packet's priority until it is popped or the packet is sent") {
  Lab lab;
  lab.add_flow("in_port=1", {Action(openflow::Basic{openflow::BasicOp::SetQueue, 1}), output(2),
                             Action(openflow::Basic{openflow::BasicOp::PopQueue}), output(3)});
  lab.add_flow("in_port=2", {Action(openflow::Enqueue{1, 5}), output(3)});
  CHECK(lab.receive(kPing12) == "set(skb_priority(0x1)),2,set(skb_priority(0)),3");
  CHECK(lab.receive(kPing21) == "set(skb_priority(0x5)),1,set(skb_priority(0)),3");
  CHECK(tail(lab.trace("in_port=2"), "Megaflow")
            .starts_with("Megaflow: recirc_id=0,skb_priority=0,eth,in_port=2,"));
}

TEST_CASE("Switch: statistics of megaflows reach the rules that made them, once") {
  Lab lab;
  lab.add_flow("in_port=1", {resubmit(1)});
  lab.add_flow("ip", {output(3)}, 1);
  for (int i = 0; i < 5; ++i) CHECK(lab.receive(kPing12) == "3");
  lab.backer().revalidate();
  lab.backer().revalidate();
  const auto rules = lab.bridge->impl().tables.select({}, FlowTables::Hidden::LeaveOut);
  REQUIRE(rules.size() == 2);
  CHECK(rules[0]->counters->packets == 5);
  CHECK(rules[1]->counters->bytes == 300);
}

TEST_CASE("Switch: a megaflow of an earlier life stays if it is right, and is put right if not") {
  Lab lab;
  lab.add_flow("in_port=1", {output(2)});
  CHECK(lab.receive(kPing12) == "2");
  REQUIRE(lab.dpif->flows.size() == 1);
  DpifFlow old = lab.dpif->flows.begin()->second;
  old.stats.packets = 1000;
  lab.backer().purge();
  REQUIRE(lab.backer().megaflows().count() == 0);
  lab.dpif->flows[old.ufid.low] = old;
  lab.backer().revalidate();
  CHECK(lab.backer().megaflows().count() == 1);
  CHECK(lab.dpif->flows.size() == 1);
  const auto rules = lab.bridge->impl().tables.select({}, FlowTables::Hidden::LeaveOut);
  REQUIRE(rules.size() == 1);
  CHECK(rules[0]->counters->packets <= 2);  // what it counted before was told before

  lab.backer().purge();
  old.actions.clear();
  lab.dpif->flows[old.ufid.low] = old;
  lab.backer().revalidate();
  CHECK(lab.receive(kPing12) == "2");
}

TEST_CASE("Switch: megaflows of an earlier life teach the addresses by which they were made") {
  Lab lab;
  lab.add_flow("", {output(openflow::kPortNormal)});
  for (const char* ping : {kPing12, kPing21, kPing12}) lab.receive(ping);
  lab.backer().revalidate();
  lab.clock.advance_ms(100);
  CHECK(lab.receive(kPing12) == "2");
  CHECK(lab.receive(kPing21) == "1");
  const auto old = lab.dpif->flows;
  REQUIRE(old.size() == 2);
  lab.backer().purge();
  lab.run({"fdb/flush", "br0"});
  lab.dpif->flows = old;
  lab.backer().revalidate();
  CHECK(lab.receive(kPing12) == "2");
  CHECK(lab.receive(kPing21) == "1");
  CHECK(lab.dpif->flows.size() == 2);
  CHECK(lab.run({"fdb/show", "br0"}).find("50:54:00:00:00:02") != std::string::npos);
}

TEST_CASE("Switch: a megaflow that somebody took from the datapath comes back with a packet") {
  Lab lab;
  lab.add_flow("in_port=1", {output(2)});
  for (int i = 0; i < 3; ++i) CHECK(lab.receive(kPing12) == "2");
  lab.backer().revalidate();
  lab.dpif->flows.clear();
  lab.clock.advance_ms(100);
  CHECK(lab.receive(kPing12) == "2");
  CHECK(lab.dpif->flows.size() == 1);
  CHECK(lab.receive(kPing12) == "2");
  lab.backer().revalidate();
  const auto rules = lab.bridge->impl().tables.select({}, FlowTables::Hidden::LeaveOut);
  REQUIRE(rules.size() == 1);
  CHECK(rules[0]->counters->packets == 5);
}

TEST_CASE("Switch: an unrelated flow-mod leaves megaflows alone, a related one changes them") {
  Lab lab;
  lab.add_flow("in_port=1,ip,nw_dst=2.2.2.2", {output(2)});
  CHECK(lab.receive(kPing12) == "2");
  const auto began = [&] {
    StampTime time = 0;
    lab.backer().megaflows().for_each_shard([&](MegaflowTable::Shard& shard) {
      shard.for_each([&](const Megaflow& flow) { time = flow.began; });
    });
    return time;
  };
  const StampTime first = began();
  lab.add_flow("in_port=1,ip,nw_dst=3.3.3.3", {output(3)});
  lab.backer().revalidate();
  CHECK(began() == first);
  lab.add_flow("in_port=1,ip,nw_dst=2.2.2.2", {output(3)});
  lab.backer().revalidate();
  CHECK(lab.receive(kPing12) == "3");
}

TEST_CASE("Switch: an idle megaflow goes, and a rule whose time is over") {
  Lab lab;
  openflow::FlowMod mod;
  mod.priority = 5;
  mod.table = 0;
  mod.idle_timeout = 20;
  mod.actions = {output(2)};
  lab.apply(mod);
  CHECK(lab.receive(kPing12) == "2");
  lab.clock.advance_ms(10'100);
  lab.backer().revalidate();
  CHECK(lab.dpif->flows.empty());
  CHECK(lab.bridge->impl().tables.count(0) == 1);
  lab.clock.advance_ms(10'000);
  lab.backer().revalidate();
  CHECK(lab.bridge->impl().tables.count(0) == 0);
}

TEST_CASE("Switch: the state of a packet-in goes when no megaflow names it any more") {
  Lab lab;
  lab.add_flow("in_port=1", {Action(openflow::Controller{})});
  lab.receive(kPing12);
  CHECK(lab.backer().frozen().count() == 1);
  lab.add_flow("in_port=1", {output(2)});
  for (int round = 0; round < 2; ++round) {
    CHECK(lab.backer().frozen().count() == 1);  // a packet may be on its way
    lab.backer().revalidate();
  }
  lab.backer().revalidate();
  CHECK(lab.backer().frozen().count() == 0);
}

TEST_CASE("Switch: nothing is sent to a port that is down, and its megaflows follow its link") {
  Lab lab;
  lab.add_flow("", {output(openflow::kPortNormal)});
  CHECK(lab.receive(kPing12) == "2,3");
  lab.dpif->set_link("p2", false);
  lab.switches.commit();
  lab.backer().settle();
  CHECK(lab.receive(kPing12) == "3");
  lab.dpif->set_link("p2", true);
  lab.switches.commit();
  lab.backer().settle();
  CHECK(lab.receive(kPing12) == "2,3");
}

TEST_CASE("Switch: a failover group follows the link of the port that it watches") {
  Lab lab;
  openflow::GroupMod mod;
  mod.id = 7;
  mod.type = openflow::GroupType::FastFailover;
  for (const std::uint16_t port : {2, 3}) {
    openflow::Bucket bucket;
    bucket.watch_port = port;
    bucket.actions = {output(port)};
    mod.buckets.push_back(bucket);
  }
  std::vector<std::uint32_t> removed;
  REQUIRE(lab.bridge->impl().groups.apply(mod, 0, removed).ok());
  lab.add_flow("in_port=1", {Action(openflow::Basic{openflow::BasicOp::Group, 7})});
  CHECK(lab.receive(kPing12) == "2");
  lab.dpif->set_link("p2", false);
  lab.switches.commit();
  lab.backer().settle();
  CHECK(lab.receive(kPing12) == "3");
  lab.backer().revalidate();
  const Group* group = lab.bridge->impl().groups.table()->find(7);
  CHECK(group->count->packets == 2);
  CHECK(group->buckets[1].count->packets == 1);
}

TEST_CASE("Switch: an all group gives each bucket the packet as it was") {
  Lab lab;
  openflow::GroupMod mod;
  mod.id = 7;
  mod.buckets.resize(2);
  mod.buckets[0].actions = {output(2),
                            Action(openflow::Basic{openflow::BasicOp::ModIpDst, 0x09090909})};
  mod.buckets[1].actions = {output(3)};
  std::vector<std::uint32_t> removed;
  REQUIRE(lab.bridge->impl().groups.apply(mod, 0, removed).ok());
  openflow::WriteActions write;
  write.actions = {output(3), Action(openflow::Basic{openflow::BasicOp::Group, 7})};
  lab.add_flow("in_port=1,ip", {Action(write)});
  CHECK(lab.receive(kPing12) == "set(ipv4(dst=9.9.9.9)),2,set(ipv4(dst=2.2.2.2)),3");
}

TEST_CASE("Switch: changed headers are written just before the packet leaves") {
  Lab lab;
  lab.add_flow("in_port=1,udp",
               {Action(openflow::Basic{openflow::BasicOp::ModIpDst, 0x09090909}),
                Action(openflow::Basic{openflow::BasicOp::ModVlanVid, 2}), output(2),
                Action(openflow::Basic{openflow::BasicOp::StripVlan}), output(3)});
  const std::string text = lab.trace("in_port=1,udp,nw_src=1.1.1.1");
  CHECK(tail(text, "Megaflow") ==
        "Megaflow: recirc_id=0,eth,udp,in_port=1,nw_dst=0.0.0.0,nw_frag=no\n"
        "Datapath actions: set(ipv4(dst=9.9.9.9)),push_vlan(vid=2,pcp=0),2,pop_vlan,3\n");
}

TEST_CASE("Switch: a trace tells tables, actions, and what was looked at") {
  Lab lab;
  lab.add_flow("in_port=1,tcp", {resubmit(1), output(3)});
  lab.add_flow("tcp,tp_dst=80", {output(2)}, 1);
  lab.add_flow("ip", {resubmit(3)}, 1, 5);
  CHECK(tail(lab.trace("in_port=1,tcp,tp_dst=81"), "\nbridge") ==
        "\nbridge(\"br0\")\n"
        "-------------\n"
        " 0. tcp,in_port=1, priority 32768\n"
        "    resubmit(,1)\n"
        "     1. ip, priority 5\n"
        "            resubmit(,3)\n"
        "         3. No match.\n"
        "            drop\n"
        "    output:3\n"
        "\n"
        "Final flow: unchanged\n"
        "Megaflow: recirc_id=0,eth,tcp,in_port=1,nw_frag=no,tp_dst=81\n"
        "Datapath actions: 3\n");
}

TEST_CASE("Switch: a loop of resubmits ends, and the packet is dropped") {
  Lab lab;
  lab.add_flow("", {output(2), resubmit(openflow::kCurrentTable)});
  const std::string text = lab.trace("in_port=1");
  CHECK(tail(text, "Datapath") ==
        "Datapath actions: drop\n"
        "Translation failed (Recursion too deep), packet is dropped.\n");
}

TEST_CASE("Switch: patch ports join two bridges") {
  Lab lab;
  Ofproto& other = lab.switches.add("br1", lab.backer(), 2);
  other.set_fail_mode(FailMode::Standalone);
  lab.add_port(*lab.bridge, "pa", 5, "pb");
  lab.add_port(other, "pb", 6, "pa");
  lab.add_port(other, "p7", 7);
  lab.add_flow("in_port=1", {output(5)});
  CHECK(lab.receive(kPing12) == "4");
}

// The promise that a megaflow makes: whoever agrees with it in the bits of its mask is treated the
// same.
TEST_CASE("Switch: packets that a megaflow takes would have been translated to its actions") {
  std::mt19937 random(4711);
  Lab lab;
  const auto number = [&](unsigned n) { return unsigned(random() % n); };
  const auto some_action = [&](unsigned table) -> Action {
    switch (number(8)) {
      case 0: return Action(openflow::Basic{openflow::BasicOp::ModIpDst, 0x0a000000 + number(4)});
      case 1: return Action(openflow::Basic{openflow::BasicOp::ModVlanVid, number(3)});
      case 2: return Action(openflow::Basic{openflow::BasicOp::StripVlan});
      case 3: return Action(openflow::Basic{openflow::BasicOp::DecTtl});
      case 4: return output(openflow::kPortNormal);
      case 5: return Action(openflow::Basic{openflow::BasicOp::ModTpDst, number(3)});
      case 6: return output(std::uint16_t(1 + number(3)));
      default: return resubmit(std::uint8_t(table + 1));
    }
  };
  const auto some_match = [&] {
    std::string text = number(2) != 0 ? "in_port=" + std::to_string(1 + number(3)) : "";
    if (number(3) == 0) text += ",dl_vlan=" + std::to_string(number(3));
    if (number(2) != 0) text += ",tcp,tp_dst=" + std::to_string(number(4));
    if (number(2) != 0) return text + ",ip,nw_dst=10.0.0." + std::to_string(number(4));
    return text + ",ip,nw_src=10.0.0.0/" + std::to_string(29 + number(4));
  };
  for (int i = 0; i < 60; ++i) {
    const unsigned table = number(3);
    Actions actions;
    for (unsigned n = 1 + number(3); n > 0; --n) actions.push_back(some_action(table));
    lab.add_flow(some_match().c_str(), std::move(actions), std::uint8_t(table), int(number(5)));
  }
  const auto some_packet = [&] {
    const std::string l4 = "ipv4(src=10.0.0." + std::to_string(number(8)) + ",dst=10.0.0." +
                           std::to_string(number(4)) +
                           ",proto=6,tos=0,ttl=" + std::to_string(1 + number(3)) +
                           ",frag=no),tcp(src=1,dst=" + std::to_string(number(4)) + ")";
    const std::string l2 = "in_port(" + std::to_string(1 + number(3)) +
                           "),eth(src=50:54:00:00:00:0" + std::to_string(number(4)) +
                           ",dst=50:54:00:00:00:0" + std::to_string(number(4)) + "),";
    const std::string tagged = "eth_type(0x8100),vlan(vid=" + std::to_string(number(3)) +
                               ",pcp=0),encap(eth_type(0x0800)," + l4 + ")";
    const auto key = flow::parse_odp(l2 + (number(3) == 0 ? tagged : "eth_type(0x0800)," + l4));
    REQUIRE(key.ok());
    return key->key;
  };
  const Shared<SwitchView> view = lab.backer().view();
  const auto translate_one = [&](const flow::FlowKey& key) {
    const PortPlace place = find_ingress(*view, key);
    REQUIRE(place);
    TranslationRequest request;
    request.view = view.raw();
    request.bridge = place.bridge;
    request.key = pipeline_key(key, place.port->number);
    return translate(request);
  };
  unsigned different = 0;
  for (int i = 0; i < 4000; ++i) {
    const flow::FlowKey key = some_packet(), other = some_packet();
    const Translation translation = translate_one(key);
    const flow::FlowMask mask = datapath_mask(translation.wildcards, key);
    flow::FlowKey like;
    for (unsigned w = 0; w < flow::kFlowWords; ++w) {
      like.words[w] = (key.words[w] & mask.words[w]) | (other.words[w] & ~mask.words[w]);
    }
    different += like != key;
    const std::string expected = MemoryDpif::text_of(translation.actions);
    REQUIRE(MemoryDpif::text_of(translate_one(like).actions) == expected);
  }
  CHECK(different > 1000);
}

}  // namespace ovs::vswitch

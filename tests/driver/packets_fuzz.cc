// Whatever guests and a wire put into lists, whatever is said beside them, and whatever flows do
// with them: no rule of the host's is broken, every list comes back, and what came in is counted,
// once. The driver as the shared object lives on from input to input; an input is a configuration,
// and then chains of lists. What is read of it: tests/driver/fuzz_support.h's Choices, in the order
// of the functions below.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "emulator/vmswitch/raw_list.h"
#include "tests/driver/fuzz_support.h"
#include "tests/driver/switch_net.h"
#include "tests/scenarios/frame_check.h"

namespace ovs::tests {
namespace {

using namespace emulator;

constexpr unsigned kMaxChains = 8, kMaxLists = 4, kMaxFrames = 5, kMaxPatches = 4, kMaxSplits = 6;
constexpr std::uint32_t kLargest = 9018, kWithoutTail = 1514;
constexpr unsigned kHost = 10, kWirePort = 11, kVxlan = 20, kGre = 21;
constexpr std::uint16_t kVxlanPort = 4789;
constexpr std::size_t kRoom = 12'000, kSmallRoom = 1500;  // of a frame and its key; else
constexpr const char* kUnknownHop = "192.168.0.3";

// ---- what frames begin as ----------------------------------------------------------------------

constexpr const char* kFrames[] = {
    "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),"
    "udp(src=1000,dst=7) data(30)",
    "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=6,tos=3,ttl=64,frag=no),"
    "tcp(src=1000,dst=80),tcp_flags(0x010) data(600)",
    "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=1,tos=0,ttl=1,frag=no),"
    "icmp(type=8,code=0) data(56)",
    "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=132,tos=0,ttl=64,frag=no),"
    "sctp(src=1000,dst=7) data(40)",
    "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=first),"
    "udp(src=1000,dst=7) data(64)",
    "eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=later) data(64)",
    "eth_type(0x0806),arp(sip=10.0.0.1,tip=10.0.0.2,op=1,sha=02:00:00:00:00:01,"
    "tha=00:00:00:00:00:00)",
    "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0,proto=17,tclass=0,hlimit=64,frag=no),"
    "udp(src=1000,dst=7) data(30)",
    "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=9,proto=6,tclass=0,hlimit=64,frag=no),"
    "tcp(src=1000,dst=80),tcp_flags(0x018) data(900)",
    "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0,proto=132,tclass=0,hlimit=64,frag=no),"
    "sctp(src=1000,dst=7) data(40)",
    "eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,label=0,proto=58,tclass=0,hlimit=255,frag=no),"
    "icmpv6(type=135,code=0),nd(target=fe80::3,sll=02:00:00:00:00:01,tll=00:00:00:00:00:00)",
    "eth_type(0x8100),vlan(vid=7,pcp=3),encap(eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,"
    "proto=17,tos=0,ttl=64,frag=no),udp(src=1000,dst=7)) data(20)",
    "eth_type(0x8100),vlan(vid=0,pcp=5),encap(eth_type(0x86dd),ipv6(src=fe80::1,dst=fe80::2,"
    "label=0,proto=6,tclass=0,hlimit=64,frag=no),tcp(src=1,dst=80),tcp_flags(0x002))",
    "eth_type(0x88a8),vlan(vid=5,pcp=0),encap(eth_type(0x8100),vlan(vid=7,pcp=1),"
    "encap(eth_type(0x0800),ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),"
    "udp(src=1,dst=2)))",
    // A Geneve packet; GRE and VXLAN are the driver's own (Rig::record).
    "eth_type(0x0800),ipv4(src=192.168.0.2,dst=192.168.0.1,proto=17,tos=0,ttl=64,frag=no),"
    "udp(src=1000,dst=6081) data(80)",
    "eth_type(0x8847)",
    "eth_type(0x88b5)",
};

// ---- what flows match and do -------------------------------------------------------------------

constexpr const char* kMatches[] = {
    "eth(),eth_type(0x0800),ipv4(frag=no)",
    "eth(),eth_type(0x0800),ipv4(proto=17,frag=no),udp()",
    "eth(),eth_type(0x0800),ipv4(proto=6,frag=no),tcp(dst=80)",
    "eth(),eth_type(0x0800),ipv4(proto=132,frag=no),sctp()",
    "eth(),eth_type(0x86dd),ipv6(frag=no)",
    "eth(),eth_type(0x86dd),ipv6(proto=6,frag=no),tcp()",
    "eth(),eth_type(0x86dd),ipv6(proto=132,frag=no),sctp()",
    "eth(),eth_type(0x0806)",
    "eth(),eth_type(0x8100),vlan(vid=7)",
    "eth(),eth_type(0x8100),vlan(vid=0)",
    "eth(),eth_type(0x88a8),vlan(vid=5)",
    "eth(dst=02:00:00:00:00:02)",
    "eth()",
};
constexpr const char* kActions[] = {
    "2",
    "3",
    "1,2,3,10,11",
    "11",
    "10",
    "2,2",
    "drop",
    "push_vlan(vid=7,pcp=3),2,3,11",
    "push_vlan(vid=5,pcp=0),2,push_vlan(vid=9,pcp=1),3,11",
    "2,push_vlan(vid=7,pcp=0),11,pop_vlan,3",
    "pop_vlan,2,3,11",
    "pop_vlan,pop_vlan,11",
    "set(tunnel(tun_id=5,dst=192.168.0.2,ttl=64,flags(key))),20",
    "set(tunnel(tun_id=5,dst=192.168.0.2,ttl=64,flags(csum|key))),21,2",
    "set(tunnel(tun_id=5,dst=192.168.0.2,ttl=64,flags(df|csum|key))),20,push_vlan(vid=7,pcp=0),21",
    "set(tunnel(tun_id=5,dst=192.168.0.3,ttl=64,flags(key))),20,3",
    "set(tunnel(tun_id=5,dst=8.8.8.8,ttl=64,flags(key))),20",
    "20",
    "trunc(60),2,3",
    "trunc(14),2,trunc(100),11,3",
    "set(tunnel(tun_id=5,dst=192.168.0.2,ttl=64,flags(key))),trunc(70),20,2",
    "userspace(pid=0,userdata(0102030405060708)),2",
    "trunc(50),userspace(pid=0),3",
    "set(eth(src=02:00:00:00:00:44,dst=ff:ff:ff:ff:ff:ff)),2,3",
    "clone(push_vlan(vid=7,pcp=0),2,clone(pop_vlan,3)),11",
    "sample(sample=100.0%,actions(set(eth(dst=02:00:00:00:00:77)),3)),2",
    "set(skb_mark(0x7)),recirc(0x1)",
    "recirc(0x1),recirc(0x2),2",
    "recirc(0x9)",
    "99",
};
// Of a protocol's matches alone.
struct Writing {
  const char* match;
  const char* actions;
};
constexpr Writing kWriting[] = {
    {"eth(),eth_type(0x0800),ipv4(proto=17,frag=no),udp()",
     "set(ipv4(src=1.2.3.4,dst=5.6.7.8,tos=0x10,ttl=3)),set(udp(src=5,dst=6)),2,3,11"},
    {"eth(),eth_type(0x0800),ipv4(proto=6,frag=no),tcp()",
     "3,set(ipv4(src=1.2.3.4,dst=5.6.7.8,tos=0x10,ttl=3)),set(tcp(src=5,dst=6)),2,11"},
    {"eth(),eth_type(0x0800),ipv4(proto=132,frag=no),sctp()",
     "set(ipv4(src=1.2.3.4,dst=5.6.7.8,tos=0x10,ttl=3)),set(sctp(src=5,dst=6)),2,11"},
    {"eth(),eth_type(0x0800),ipv4(proto=1,frag=no),icmp()",
     "set(ipv4(ttl=3)),set(icmp(type=0,code=0)),2,3"},
    {"eth(),eth_type(0x0806),arp()",
     "set(arp(sip=10.0.0.2,tip=10.0.0.1,op=2,sha=02:00:00:00:00:02,tha=02:00:00:00:00:01)),2"},
    {"eth(),eth_type(0x86dd),ipv6(proto=17,frag=no),udp()",
     "set(ipv6(src=fd00::9,dst=fd00::a,label=0x12345,tclass=0x40,hlimit=9)),set(udp(src=5)),2,11"},
    {"eth(),eth_type(0x86dd),ipv6(proto=6,frag=no),tcp()",
     "set(ipv6(src=fd00::9,hlimit=9)),set(tcp(dst=6)),push_vlan(vid=7,pcp=0),2,3"},
    {"eth(),eth_type(0x86dd),ipv6(proto=58,frag=no),icmpv6(type=135,code=0),nd()",
     "set(nd(target=fd00::7,sll=02:00:00:00:00:aa,tll=02:00:00:00:00:bb)),2"},
    {"eth(),eth_type(0x86dd),ipv6(proto=132,frag=no),sctp()",
     "set(ipv6(src=fd00::9,hlimit=9)),set(sctp(dst=6)),2,11"},
};
// Flows that are there with every input: the underlay, and what comes in again.
constexpr Writing kStanding[] = {
    {"in_port(10),eth(),eth_type(0x0800),ipv4(src=192.168.0.1,frag=no)", "11"},
    {"tunnel(tun_id=5,src=192.168.0.2,dst=192.168.0.1),in_port(20),eth()", "1,2"},
    {"tunnel(tun_id=5,src=192.168.0.2,dst=192.168.0.1),in_port(21),eth()", "3"},
    {"recirc_id(0x1),eth()", "2,recirc(0x2)"},
    {"recirc_id(0x2),eth()", "recirc(0x1)"},
};

// ---- the switch --------------------------------------------------------------------------------

NicSpec able(std::uint32_t mtu, TagForm tags) {
  NicSpec nic;
  nic.offloads = {true, true};
  nic.mtu = mtu;
  nic.tags = tags;
  return nic;
}

constexpr const char* kNames[] = {"a", "b", "c", "host", "wire"};
constexpr unsigned kNumbers[] = {1, 2, 3, kHost, kWirePort};
constexpr unsigned kNics = 5, kGuests = 3;

// What is counted of an adapter, by the driver and by the switch.
struct Counts {
  std::uint64_t rx = 0, tx = 0, tx_dropped = 0, arrived = 0;
};

class Rig {
 public:
  Rig() : host_(kernel_config()), net_(host_, SwitchKind::External), client_(host_.device()) {
    net_.add("host", PortKind::Internal);
    net_.add("a", PortKind::Synthetic, able(1500, TagForm::Metadata));
    net_.add("b", PortKind::Synthetic, able(9000, TagForm::InFrame));
    net_.add("c", PortKind::Emulated);
    for (unsigned i = 0; i < kNics; ++i) {
      const auto type = kNumbers[i] == kHost ? wire::VportType::Internal : kNetdev;
      CHECK(client_.add_port(kNames[i], type, kNumbers[i]) == "");
    }
    CHECK(client_.add_port("vxlan", wire::VportType::Vxlan, kVxlan, kVxlanPort) == "");
    CHECK(client_.add_port("gre", wire::VportType::Gre, kGre) == "");
    CHECK(client_.add_address("192.168.0.1", kHost) == "");
    CHECK(client_.add_route("192.168.0.0/24", kHost, "") == "");
    CHECK(client_.add_neighbour("192.168.0.2", kHost, "02:00:00:00:00:99") == "");
    CHECK(client_.subscribe_upcalls() == "");
    for (const unsigned number : {1u, 2u, 11u, 20u}) subscribe(number);
    for (const Writing& flow : kWriting) CHECK(client_.put_flow(flow.match, flow.actions) == "");
    CHECK(client_.flush_flows() == "");
    for (const char* match : kMatches) CHECK(client_.put_flow(match, "2") == "");
    for (const char* actions : kActions) CHECK(client_.set_flow(kMatches[0], actions) == "");
    make_samples();
    put_standing();
    client_.expect_at_most(kSmallRoom);
    note(counts_);
  }

  void run(Choices choices) {
    sent_ = {};
    has_segments_ = has_native_ = has_tails_ = false;
    configure(choices);
    for (unsigned i = 0; i < kMaxChains && !choices.at_end(); ++i) step(choices);
    settle();
  }

 private:
  static KernelConfig kernel_config() {
    KernelConfig kernel = kernel_of(85);
    kernel.processors = 1;
    return kernel;
  }

  void subscribe(unsigned number) {
    CHECK(client_.transact(wire::Family::Vport, 4, [&](wire::Writer& writer) {
      writer.put_u32(wire::VportAttr::PortNo, number);
      writer.put_u32(wire::VportAttr::UpcallPid, client_.pid());
    }) == "");
  }

  void make_samples() {
    const std::string ends = "eth(src=02:00:00:00:00:02,dst=02:00:00:00:00:03),";
    for (const char* text : kFrames) {
      auto made = make_frame(ends + text);
      demand(made.ok(), text);
      samples_.push_back(std::move(*made));
    }
    record("20");
    record("21");
    CHECK(client_.flush_flows() == "");
  }

  // What the other end of a tunnel would send.
  void record(const std::string& tunnel) {
    CHECK(client_.flush_flows() == "");
    put_standing();
    CHECK(client_.put_flow("in_port(3),eth(),eth_type(0x0800),ipv4(frag=no)",
                           "set(tunnel(tun_id=5,dst=192.168.0.2,ttl=64,flags(key)))," + tunnel) ==
          "");
    net_.send("c", udp_frame(net_.mac("c"), net_.mac("a")));
    const Frames outside = net_.take(kWire);
    CHECK(outside.size() == 1);
    samples_.push_back(turned(outside.at(0)));
  }

  void put_standing() {
    for (const Writing& flow : kStanding) CHECK(client_.put_flow(flow.match, flow.actions) == "");
  }

  // ---- a configuration ----
  void configure(Choices& choices) {
    for (unsigned i = 0; i < kGuests; ++i) set_policy(i, choices.byte());
    for (const std::string& match : matches_) CHECK(client_.del_flow(match) == "");
    matches_.clear();
    for (unsigned count = choices.below(5); count > 0; --count) put_flow(choices);
  }

  void set_policy(unsigned guest, std::uint8_t chosen) {
    constexpr std::uint8_t kKinds = 12;
    chosen %= kKinds;
    if (policies_[guest] == chosen) return;
    policies_[guest] = chosen;
    const PortId port = net_.address(kNames[guest]).port;
    VlanPolicy vlan;
    vlan.mode = static_cast<VlanMode>(chosen % 3);
    if (vlan.mode == VlanMode::Access) vlan.access = chosen % 2 == 0 ? 7 : 5;
    if (vlan.mode == VlanMode::Trunk) {
      vlan.native = chosen % 2 == 0 ? 5 : 0;
      vlan.trunk.set(5).set(7).set(9);
    }
    CHECK(net_.hyperv().set_vlan(port, vlan).ok());
    SecurityPolicy security;
    security.allow_mac_spoofing = chosen < 9;
    CHECK(net_.hyperv().set_security(port, security).ok());
  }

  void put_flow(Choices& choices) {
    const unsigned from = choices.any(kNumbers);
    const unsigned which = choices.byte();
    const std::string port = "in_port(" + std::to_string(from) + "),";
    if (which % 4 == 0) {
      const Writing& flow = kWriting[which / 4 % std::size(kWriting)];
      return put(port + flow.match, flow.actions);
    }
    put(port + kMatches[which % std::size(kMatches)], choices.any(kActions));
  }

  void put(const std::string& match, const char* actions) {
    const std::string refusal = client_.put_flow(match, actions);
    if (refusal == "the flow exists") return;
    CHECK(refusal == "");
    matches_.push_back(match);
    note_hop(actions);
  }

  void note_hop(std::string_view actions) {
    holds_ |= actions.find(kUnknownHop) != std::string_view::npos;
  }

  // ---- one event ----
  void step(Choices& choices) {
    const unsigned kind = choices.below(16);
    if (kind == 0) return put_flow(choices);
    if (kind == 1) return execute(choices);
    send(choices);
  }

  void execute(Choices& choices) {
    const std::string port = "in_port(" + std::to_string(choices.any(kNumbers)) + ")";
    const RawFrame frame = frame_of(choices);
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(frame.bytes.data());
    const char* const actions = choices.any(kActions);
    (void)client_.execute(Bytes(bytes, frame.bytes.size()), port, actions);
    note_hop(actions);
    host_.kernel().flush_dpcs();
  }

  void send(Choices& choices) {
    const unsigned from = choices.below(kNics);
    std::vector<RawList> lists;
    for (unsigned count = 1 + choices.below(kMaxLists); count > 0; --count) {
      lists.push_back(list_of(choices));
      const RawList& list = lists.back();
      if (!list.is_native) sent_[from] += list.frames.size();
      has_native_ |= list.is_native;
      has_segments_ |= (list.large_send | list.coalesced) != 0;
      for (const RawFrame& frame : list.frames) has_tails_ |= frame.bytes.size() > kWithoutTail;
    }
    const std::size_t taken = net_.hyperv().transmit_raw(
        net_.address(kNames[from]), Span<const RawList>(lists.data(), lists.size()));
    demand(taken == lists.size(), "lists that the switch took");
  }

  RawList list_of(Choices& choices) {
    RawList list;
    const unsigned said = choices.byte();
    if ((said & 1) != 0) list.tag = choices.word();
    if ((said & 2) != 0) list.checksum = choices.word();
    if ((said & 4) != 0) list.large_send = choices.word();
    if ((said & 8) != 0) list.coalesced = choices.word();
    if ((said & 0x30) == 0x30) list.is_safe = true;
    if ((said & 0x30) == 0x20) list.safe_size = choices.half() & 0xfff;
    list.is_native = (said & 0xc0) == 0xc0 && choices.below(4) == 0;
    for (unsigned count = 1 + choices.below(kMaxFrames); count > 0; --count) {
      list.frames.push_back(frame_of(choices));
    }
    return list;
  }

  RawFrame frame_of(Choices& choices) {
    RawFrame frame;
    const FrameText& sample = samples_[choices.below(unsigned(samples_.size()))];
    const auto* bytes = reinterpret_cast<const std::byte*>(sample.data());
    frame.bytes.assign(bytes, bytes + sample.size());
    const unsigned how = choices.byte();
    if ((how & 1) != 0) {
      frame.bytes.resize(1 + choices.half() % kLargest, std::byte{0x5a});
    }
    for (unsigned count = how >> 1 & 3; count > 0; --count) {
      const unsigned at = choices.byte();
      for (const std::uint8_t each : choices.bytes(1 + choices.below(kMaxPatches))) {
        if (at < frame.bytes.size()) frame.bytes[at] = std::byte{each};
      }
    }
    if ((how & 8) != 0) lay_out(frame, choices);
    return frame;
  }

  void lay_out(RawFrame& frame, Choices& choices) {
    FrameLayout& layout = frame.layout;
    layout.offset = choices.byte();
    layout.trailing = choices.below(8);
    const unsigned how = choices.byte();
    layout.is_mapped = (how & 1) == 0;
    if ((how & 0x70) == 0x70) layout.memory = FrameMemory::ReadOnly;
    for (unsigned count = choices.below(kMaxSplits); count > 0; --count) {
      const unsigned at = (how & 2) != 0 ? choices.half() : choices.byte();
      layout.splits.push_back(std::min<unsigned>(at, unsigned(frame.bytes.size())));
    }
    std::sort(layout.splits.begin(), layout.splits.end());
  }

  // ---- what has to hold afterwards ----
  void note(Counts (&counts)[kNics]) {
    const SwitchView view = net_.hyperv().view();
    for (unsigned i = 0; i < kNics; ++i) {
      const wire::VportStats stats = client_.port_stats(kNumbers[i]);
      counts[i] = {stats.rx_packets + stats.rx_dropped, stats.tx_packets, stats.tx_dropped, 0};
      for (const PortView& port : view.ports) {
        if (port.id != net_.address(kNames[i]).port) continue;
        for (const NicView& nic : port.nics) {
          counts[i].arrived += nic.counters.delivered_frames + nic.counters.dropped_deliveries;
        }
      }
    }
  }

  void settle() {
    host_.kernel().flush_dpcs();
    demand(live_list_count() == 0, "lists that came back");
    Counts after[kNics];
    note(after);
    for (unsigned i = 0; i < kNics; ++i) check(kNames[i], counts_[i], after[i], sent_[i]);
    // A frame or a block that is not given back is missed when none is left.
    const std::uint64_t before = std::exchange(without_room_, client_.drops()["no_host_room"]);
    demand(has_segments_ || has_tails_ || without_room_ == before, "room for a few small frames");
    client_.expect_at_most(kRoom);
    (void)client_.upcalls();
    client_.expect_at_most(kSmallRoom);
    std::copy(std::begin(after), std::end(after), counts_);
    if (std::exchange(holds_, false)) let_go();
    for (const char* name : kNames) (void)net_.take(name);
  }

  // What waits for its next hop goes now.
  void let_go() {
    CHECK(client_.add_neighbour(kUnknownHop, kHost, "02:00:00:00:00:98") == "");
    CHECK(client_.del_neighbour(kUnknownHop, kHost) == "");
    (void)client_.events();
    note(counts_);
  }

  void check(const std::string& name, const Counts& before, const Counts& after,
             std::uint64_t sent) const {
    const std::uint64_t in = after.rx - before.rx, out = after.tx - before.tx;
    const std::uint64_t lost = after.tx_dropped - before.tx_dropped;
    const std::uint64_t arrived = after.arrived - before.arrived;
    demand(in == sent, name + " sent " + std::to_string(sent) + ", of which " + std::to_string(in) +
                           " are counted as received or dropped");
    const std::string words = name + " was given " + std::to_string(out) + " and lost " +
                              std::to_string(lost) + ", and " + std::to_string(arrived) +
                              " arrived";
    demand(out <= arrived + lost, words);
    demand(has_segments_ || has_native_ || arrived <= out, words);
  }

  DriverHost host_;
  Net net_;
  DatapathClient client_;
  std::vector<FrameText> samples_;
  std::uint8_t policies_[kGuests] = {};
  std::vector<std::string> matches_;  // of this input's flows
  bool holds_ = false;                // a packet may wait for its next hop
  Counts counts_[kNics];              // when the last input was through
  std::array<std::uint64_t, kNics> sent_{};
  bool has_segments_ = false, has_native_ = false, has_tails_ = false;
  std::uint64_t without_room_ = 0;
};

}  // namespace
}  // namespace ovs::tests

namespace {

ovs::tests::Rig& the_rig() {
  static ovs::tests::Rig rig;
  return rig;
}

}  // namespace

// Before the first input, so that libFuzzer knows of the driver's edges.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  ovs::tests::fail_by_abort();
  (void)the_rig();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  the_rig().run(ovs::tests::Choices(ovs::Bytes(data, size)));
  return 0;
}

#include "tests/driver/churn.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <random>

#include "emulator/nt/violation.h"

namespace ovs::tests {

using namespace emulator;

namespace {

constexpr auto kNetdev = wire::VportType::Netdev;
constexpr auto* kWireName = "{11111111-0000-0000-0000-000000000001}";
constexpr MacAddress kBroadcast{{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};
constexpr unsigned kPlaces = 4;            // of adapters, on each switch
constexpr std::uint64_t kPatience = 5000;  // virtual milliseconds, until a request that ends has
constexpr int kAttempts = 200;             // to get a frame through when all is over
using Frame = std::vector<std::uint8_t>;

// Vports by number: 1 to 4 the private switch's, 11 to 14 the external one's.
constexpr std::uint32_t kHostPort = 20, kWirePort = 21, kTunnelPort = 22;

class Chance {
 public:
  Chance(std::uint64_t seed, unsigned thread) : random_(seed * 31 + thread) {}
  unsigned below(unsigned count) { return unsigned(random_() % count); }
  bool one_of(unsigned count) { return below(count) == 0; }
  template <class T, std::size_t N>
  const T& any(const T (&items)[N]) {
    return items[below(N)];
  }

 private:
  std::mt19937_64 random_;
};

struct FlowTexts {
  const char* match;
  const char* actions;
};
// Of the machine's own frames, in and out.
constexpr FlowTexts kUnderlayFlows[] = {
    {"in_port(20),eth(),eth_type(0x0800),ipv4(frag=no)", "21"},
    {"in_port(21),eth(),eth_type(0x0800),ipv4(frag=no)", "20"},
    {"tunnel(tun_id=5,src=192.168.0.2,dst=192.168.0.1,flags(-csum+key)),in_port(22),eth(),"
     "eth_type(0x88b5)",
     "1,12"},
    {"in_port(2),eth(),eth_type(0x88b5)",
     "set(tunnel(tun_id=5,dst=192.168.0.2,ttl=64,flags(key))),22"}};

std::string match_of(Chance& chance) {
  constexpr unsigned kPorts[] = {1, 2, 3, 4, 11, 12, 13, 14};
  if (chance.one_of(8)) return kUnderlayFlows[chance.below(4)].match;
  return "in_port(" + std::to_string(chance.any(kPorts)) + "),eth(),eth_type(0x88b5)";
}

const char* actions_of(Chance& chance, const std::string& match) {
  constexpr const char* kActions[] = {"2",
                                      "1,2,3,4,11,12,13,14",
                                      "set(eth(dst=02:00:00:00:00:99)),3,12",
                                      "push_vlan(vid=7,pcp=0),3,pop_vlan,4",
                                      "trunc(100),2,13",
                                      "recirc(1)",
                                      "drop",
                                      "set(tunnel(tun_id=5,dst=192.168.0.2,ttl=64,flags(key))),22",
                                      "set(tunnel(tun_id=5,dst=192.168.0.2,ttl=64,flags(key))),22"};
  for (const FlowTexts& flow : kUnderlayFlows) {
    if (match == flow.match) return flow.actions;
  }
  return chance.any(kActions);
}

[[noreturn]] void fail(const std::string& text) {
  std::fprintf(stderr, "churn: %s\n", text.c_str());
  std::fflush(stderr);
  _exit(kViolationExit);
}

KernelConfig kernel_of(std::uint64_t seed, Scheduling scheduling) {
  constexpr unsigned kMinors[] = {30, 40, 50, 60, 80, 82, 85};
  Chance chance(seed, 100);
  KernelConfig kernel;
  kernel.processors = 1 + chance.below(4);
  const unsigned minor = chance.any(kMinors);
  kernel.ndis = 0x00060000 | minor;
  kernel.windows = minor == 30 ? 0x0602 : 0x0a00;
  if (scheduling == Scheduling::Seeded) kernel.seed = seed;
  return kernel;
}

NdisConfig ndis_of(std::uint64_t seed) {
  NdisConfig ndis;
  ndis.seed = seed;
  ndis.answers = Answers::Mixed;
  ndis.completions = Completions::Mixed;
  ndis.shapes = Shapes::Mixed;
  return ndis;
}

void set_habits(SwitchSpec& spec, Chance& chance) {
  constexpr Revisions kRevisions[] = {Revisions::Oldest, Revisions::Newest, Revisions::Longer};
  spec.habits.revisions = chance.any(kRevisions);
  spec.habits.element_padding = 8 * chance.below(5);
  spec.habits.growing_answers = chance.below(3);
  spec.habits.free_destinations = std::uint16_t(chance.below(3));
}

// Where an adapter may be plugged in: senders read it while its owner changes it.
struct Place {
  std::string name;  // the OVS port's
  MacAddress mac;
  MemoryNic nic;
  std::atomic<std::uint32_t> port{0};  // of the switch; 0: none
  bool is_connected = false;           // its owner's to know
};

// A switch and who may change it.
struct Site {
  VirtualSwitch* at = nullptr;
  std::array<Place, kPlaces> places;
  bool is_paused = false, is_detached = false;
};

// A request that pends until something happens, or is cancelled.
class Pending final : public platform::DeviceRequest {
 public:
  Pending(Kernel& kernel, Bytes message)
      : DeviceRequest(platform::DeviceControl::Write, message, MutableBytes()), kernel_(kernel) {}
  void completed(Result<std::size_t>) override {
    kernel_.change([&] { ++ends_; });
  }
  unsigned ends() const { return ends_; }
  bool wait() {
    return kernel_.wait_until([&] { return ends_ != 0; }, kPatience);
  }

 private:
  Kernel& kernel_;
  std::atomic<unsigned> ends_{0};
};

class Churn {
 public:
  Churn(std::uint64_t seed, Scheduling scheduling, unsigned steps, Tally& tally)
      : seed_(seed),
        is_seeded_(scheduling == Scheduling::Seeded),
        steps_(steps),
        tally_(tally),
        host_(kernel_of(seed, scheduling), ndis_of(seed)) {}

  void run() {
    make_sites();
    {
      HostThread threads[] = {
          {"private", [&] { own(sites_[0], 1); }},
          {"external", [&] { own(sites_[1], 2); }},
          {"sender", [&] { send_for_a_while(3); }},
          {"guest", [&] { send_for_a_while(4); }},
          {"wire", [&] { echo(5); }},
          {"daemon", [&] { configure(6); }},
          {"asker", [&] { ask(7); }},
          {"canceller", [&] { cancel(8); }},
      };
    }
    check_service();
  }

 private:
  using Step = void (Churn::*)(Site&, Place&, Chance&);

  void pass_time(Chance& chance) { host_.kernel().sleep_ms(chance.below(3)); }
  // An answer that is "", counted, or a refusal, which is allowed.
  void note(const std::string& refusal, Event event) {
    if (refusal.empty()) tally_.count(event);
  }
  bool note(const SwitchResult<void>& done, Event event) {
    if (done.ok()) tally_.count(event);
    return done.ok();
  }

  // ---- the switches' owners ----
  void make_sites() {
    Chance chance(seed_, 0);
    SwitchSpec inner = private_switch("inner"), outer = private_switch("outer");
    set_habits(inner, chance);
    set_habits(outer, chance);
    outer.kind = SwitchKind::External;
    PhysicalNicSpec physical;
    physical.nic.name = kWireName;
    physical.nic.friendly_name = "wire";
    physical.nic.mac.bytes = {2, 0, 0, 0, 1, 0};
    physical.backend = &wire_;
    outer.physical.push_back(physical);
    unsigned number = 0;
    for (const SwitchSpec* spec : {&inner, &outer}) {
      Site& site = sites_[number];
      site.at = &host_.add_switch(*spec);
      for (unsigned i = 0; i < kPlaces; ++i) {
        site.places[i].name = "port" + std::to_string(10 * number + i + 1);
        site.places[i].mac = MacAddress{{{2, 0, 0, 0, std::uint8_t(2 + number), std::uint8_t(i)}}};
      }
      if (!site.at->enable_extension().ok()) fail("the extension does not start");
      ++number;
    }
    wire_address_ = sites_[1].at->find_physical_nic(kWireName).value_or(NicAddress{});
    host_adapter_ = host_.plug(*sites_[1].at, "host", PortKind::Internal, "host");
  }

  void own(Site& site, unsigned thread) {
    constexpr Step kSteps[] = {
        &Churn::toggle_port,    &Churn::toggle_port,    &Churn::toggle_nic,     &Churn::toggle_nic,
        &Churn::toggle_nic,     &Churn::rename,         &Churn::update_nic,     &Churn::set_policy,
        &Churn::toggle_running, &Churn::toggle_running, &Churn::toggle_attached};
    Chance chance(seed_, thread);
    for (Place& place : site.places) {
      toggle_port(site, place, chance);
      toggle_nic(site, place, chance);
    }
    for (unsigned i = 0; i < steps_; ++i) {
      (this->*chance.any(kSteps))(site, site.places[chance.below(kPlaces)], chance);
      pass_time(chance);
    }
    settle(site, chance);
  }

  void toggle_port(Site& site, Place& place, Chance& chance) {
    if (place.port != 0) {
      note(site.at->remove_port(PortId(place.port.load())), Event::PortRemoved);
      place.port = 0;
      place.is_connected = false;
      return;
    }
    PortSpec spec;
    spec.friendly_name = place.name;
    if (chance.one_of(8)) note(site.at->validate_port(spec), Event::PortAdded);
    if (chance.one_of(8)) {
      site.at->refuse_next_creation();
      if (!site.at->add_port(spec).ok()) tally_.count(Event::PortRefused);
    }
    const auto id = site.at->add_port(spec);
    if (!id) return;
    place.port = std::uint32_t(*id);
    tally_.count(Event::PortAdded);
  }

  void toggle_nic(Site& site, Place& place, Chance& chance) {
    if (place.port == 0) return toggle_port(site, place, chance);
    const PortId port{place.port.load()};
    if (place.is_connected) {
      place.is_connected = !note(site.at->disconnect_nic(port), Event::NicDisconnected);
      return;
    }
    NicSpec nic;
    nic.name = "nic-" + std::to_string(unsigned(port));
    nic.friendly_name = place.name;
    nic.mac = place.mac;
    nic.tags = chance.one_of(2) ? TagForm::Metadata : TagForm::InFrame;
    nic.guest_memory = chance.one_of(2);
    place.is_connected = note(site.at->connect_nic(port, nic, place.nic), Event::NicConnected);
  }

  void rename(Site& site, Place& place, Chance& chance) {
    if (place.port == 0) return;
    const std::string name = chance.one_of(2) ? place.name : "renamed";
    note(site.at->rename_port(PortId(place.port.load()), name), Event::PortRenamed);
  }

  void update_nic(Site& site, Place& place, Chance& chance) {
    if (!place.is_connected) return;
    NicUpdate update;
    update.mtu = chance.one_of(2) ? 1500 : 1400;
    note(site.at->update_nic(PortId(place.port.load()), update), Event::NicUpdated);
  }

  void set_policy(Site& site, Place& place, Chance& chance) {
    if (place.port == 0) return;
    const PortId port{place.port.load()};
    if (chance.one_of(2)) {
      SecurityPolicy security;
      security.allow_mac_spoofing = chance.one_of(2);
      note(site.at->set_security(port, security), Event::PolicySet);
      return;
    }
    VlanPolicy vlan;
    if (chance.one_of(2)) {
      vlan.mode = VlanMode::Access;
      vlan.access = 5;
    }
    note(site.at->set_vlan(port, vlan), Event::PolicySet);
  }

  void toggle_running(Site& site, Place&, Chance&) {
    if (site.is_detached) return;
    if (site.is_paused) {
      site.is_paused = !note(site.at->restart_extension(), Event::Resumed);
    } else {
      site.is_paused = note(site.at->pause_extension(), Event::Paused);
    }
  }

  void toggle_attached(Site& site, Place&, Chance&) {
    if (site.is_detached) {
      site.is_detached = !note(site.at->enable_extension(), Event::Attached);
    } else {
      site.is_detached = note(site.at->disable_extension(), Event::Detached);
    }
    site.is_paused = false;
  }

  // Every place has its adapter, the extension runs.
  void settle(Site& site, Chance& chance) {
    if (site.is_paused) toggle_running(site, site.places[0], chance);
    if (site.is_detached) toggle_attached(site, site.places[0], chance);
    for (Place& place : site.places) {
      if (place.port == 0) toggle_port(site, place, chance);
      const PortId port{place.port.load()};
      if (!place.is_connected) toggle_nic(site, place, chance);
      if (!place.is_connected || !site.at->rename_port(port, place.name).ok() ||
          !site.at->set_vlan(port, VlanPolicy()).ok()) {
        fail("an adapter cannot be plugged in any more");
      }
    }
    if (site.is_paused || site.is_detached) fail("the extension does not come back");
  }

  // ---- packets ----
  void transmit(VirtualSwitch& at, NicAddress from, const std::vector<Frame>& frames, Event event) {
    std::vector<NicFrame> sent;
    for (const Frame& frame : frames) sent.push_back({Bytes(frame.data(), frame.size()), {}, 0});
    tally_.count(event, at.transmit(from, Span<const NicFrame>(sent.data(), sent.size())));
  }

  static Frame frame_of(const MacAddress& from, const MacAddress& to, std::size_t size) {
    Frame frame(size);
    store(frame.data(), to);
    store(frame.data() + 6, from);
    store(frame.data() + 12, Be16(0x88b5));  // local experimental
    return frame;
  }

  void send_some(Chance& chance) {
    Site& site = sites_[chance.below(2)];
    Place& from = site.places[chance.below(kPlaces)];
    const Place& to = sites_[chance.below(2)].places[chance.below(kPlaces)];
    std::vector<Frame> frames;
    for (unsigned count = 1 + chance.below(4); count > 0; --count) {
      const MacAddress& aim = chance.one_of(4) ? kBroadcast : to.mac;
      frames.push_back(frame_of(from.mac, aim, 60 + chance.below(1400)));
    }
    transmit(*site.at, {PortId(from.port.load()), 0}, frames, Event::FrameSent);
    tally_.count(Event::FrameArrived, from.nic.take().size());
  }

  void send_for_a_while(unsigned thread) {
    Chance chance(seed_, thread);
    for (unsigned i = 0; i < 2 * steps_; ++i) {
      send_some(chance);
      pass_time(chance);
    }
  }

  // The other end of the tunnel: what comes out of the wire goes back in with addresses swapped.
  void echo(unsigned thread) {
    Chance chance(seed_, thread);
    for (unsigned i = 0; i < 2 * steps_; ++i) {
      std::vector<Frame> back;
      for (Frame& frame : wire_.take()) {
        if (frame.size() < 60 || load<Be16>(frame.data() + 12) != Be16(0x0800)) continue;
        std::swap_ranges(frame.begin(), frame.begin() + 6, frame.begin() + 6);
        std::swap_ranges(frame.begin() + 26, frame.begin() + 30, frame.begin() + 30);
        back.push_back(std::move(frame));
      }
      tally_.count(Event::TunnelFrameSent, back.size());
      if (!back.empty()) {
        transmit(*sites_[1].at, wire_address_, back, Event::TunnelFrameReturned);
      }
      pass_time(chance);
    }
  }

  // ---- the device's users ----
  void add_vport(DatapathClient& client, unsigned which) {
    const unsigned number = which < kPlaces ? which + 1 : which - kPlaces + 11;
    note(client.add_port("port" + std::to_string(number), kNetdev, number), Event::VportAdded);
  }

  void add_underlay(DatapathClient& client) {
    note(client.add_port("host", wire::VportType::Internal, kHostPort), Event::VportAdded);
    note(client.add_port("wire", kNetdev, kWirePort), Event::VportAdded);
    note(client.add_port("tunnel", wire::VportType::Vxlan, kTunnelPort, 4789), Event::VportAdded);
    client.add_address("192.168.0.1", kHostPort);
    client.add_route("192.168.0.0/24", kHostPort, "");
    set_neighbour(client);
    for (const auto& [match, actions] : kUnderlayFlows) {
      note(client.put_flow(match, actions), Event::FlowPut);
    }
  }

  void set_neighbour(DatapathClient& client) {
    note(client.add_neighbour("192.168.0.2", kHostPort, "02:00:00:00:00:99"), Event::NeighbourSet);
  }

  void configure_once(DatapathClient& client, Chance& chance) {
    const std::string match = match_of(chance);
    switch (chance.below(20)) {
      case 0:
      case 1:
      case 2: return add_vport(client, chance.below(2 * kPlaces));
      case 3: return note(client.del_port(1 + chance.below(14)), Event::VportDeleted);
      case 4: return note(client.del_port(kHostPort + chance.below(3)), Event::VportDeleted);
      case 5: return add_underlay(client);
      case 6: return note(client.del_flow(match), Event::FlowDeleted);
      case 7: return note(client.flush_flows(), Event::FlowsFlushed);
      case 8: client.flows(); return tally_.count(Event::Dumped);
      case 9: {
        const Frame frame = frame_of(sites_[0].places[0].mac, kBroadcast, 60 + chance.below(4000));
        return note(client.execute(Bytes(frame.data(), frame.size()), "in_port(1)", "2,3,11"),
                    Event::Executed);
      }
      case 10: return set_neighbour(client);
      case 11: return tally_.count(Event::Upcall, client.upcalls().size());
    }
    note(client.put_flow(match, actions_of(chance, match)), Event::FlowPut);
  }

  // As ovs-vswitchd does it: subscribes, adds ports, puts flows, reads upcalls; now and then it
  // dies.
  void configure(unsigned thread) {
    Chance chance(seed_, thread);
    for (unsigned life = 0; life < 2; ++life) {
      DatapathClient client(host_.device());
      client.subscribe_upcalls();
      add_underlay(client);
      for (unsigned i = 0; i < 2 * kPlaces; ++i) add_vport(client, i);
      for (unsigned i = 0; i < steps_; ++i) {
        configure_once(client, chance);
        pass_time(chance);
      }
      tally_.count(Event::Upcall, client.upcalls().size());
    }
  }

  // Opens, pends, and is cancelled or closes.
  void ask_once(Chance& chance) {
    Kernel& kernel = host_.kernel();
    DatapathClient client(host_.device());
    client.subscribe_upcalls();
    client.subscribe_group(wire::kVportGroup);
    const auto for_packet = control_message(client.pid(), wire::ControlCommand::PendPacketRequest);
    const auto for_event = control_message(client.pid(), wire::ControlCommand::PendRequest);
    Pending packet(kernel, for_packet), event(kernel, for_event);
    client.handle().submit(packet);
    client.handle().submit(event);
    tally_.count(Event::RequestPended, 2);
    pass_time(chance);
    if (chance.one_of(3)) {
      if (event.ends() == 0) tally_.count(Event::RequestCancelled);
      client.handle().cancel(event);
    }
    const bool is_closed_with = packet.ends() == 0 || event.ends() == 0;
    tally_.count(Event::ClosedWithPended, is_closed_with ? 1 : 0);
    { const DatapathClient closing = std::move(client); }
    if (!packet.wait() || !event.wait()) fail("a request outlives its handle");
    if (packet.ends() != 1 || event.ends() != 1) fail("a request ended more than once");
  }

  void ask(unsigned thread) {
    Chance chance(seed_, thread);
    for (unsigned i = 0; i < steps_ / 2; ++i) {
      ask_once(chance);
      pass_time(chance);
    }
  }

  // Management gives up what it asked for.
  void cancel(unsigned thread) {
    Chance chance(seed_, thread);
    for (unsigned i = 0; i < 4 * steps_; ++i) {
      VirtualSwitch& at = *sites_[chance.below(2)].at;
      tally_.count(Event::OidCancelled, at.cancel_requests());
      // The emulated host looks at every list for this, wherever it is: one thread at a time.
      if (is_seeded_ && chance.one_of(8)) note(at.cancel_sends(this), Event::SendCancelled);
      pass_time(chance);
    }
  }

  // ---- afterwards ----
  // Whatever went before: ports, a flow, and frames go through.
  void check_service() {
    DatapathClient client(host_.device());
    for (unsigned i = 0; i < 2 * kPlaces; ++i) add_vport(client, i);
    client.flush_flows();
    const std::string put = client.put_flow("in_port(1),eth(),eth_type(0x88b5)", "2,11");
    if (!put.empty()) fail("no flow can be put any more: " + put);
    Place& from = sites_[0].places[0];
    const Place* const to[] = {&sites_[0].places[1], &sites_[1].places[0]};
    const std::size_t before[] = {to[0]->nic.count(), to[1]->nic.count()};
    for (int i = 0; i < kAttempts; ++i) {
      const std::vector<Frame> frames(1, frame_of(from.mac, to[0]->mac, 100));
      transmit(*sites_[0].at, {PortId(from.port.load()), 0}, frames, Event::FrameSent);
      host_.kernel().sleep_ms(5);
      if (to[0]->nic.count() > before[0] && to[1]->nic.count() > before[1]) {
        return host_.ndis().set_completions(Completions::Prompt);
      }
    }
    fail("no frame goes through any more");
  }

  const std::uint64_t seed_;
  const bool is_seeded_;
  const unsigned steps_;
  Tally& tally_;
  MemoryNic wire_;
  std::array<Site, 2> sites_;
  NicAddress wire_address_;
  Adapter host_adapter_;
  DriverHost host_;
};

}  // namespace

const char* text_of(Event event) {
  constexpr const char* kTexts[] = {"frames sent",
                                    "frames arrived",
                                    "frames into the tunnel",
                                    "frames from the wire",
                                    "upcalls",
                                    "executed packets",
                                    "vports added",
                                    "vports deleted",
                                    "flows put",
                                    "flows deleted",
                                    "flows flushed",
                                    "flow dumps",
                                    "neighbours set",
                                    "requests pended",
                                    "requests cancelled",
                                    "closed with pended",
                                    "ports added",
                                    "ports removed",
                                    "ports refused",
                                    "ports renamed",
                                    "NICs connected",
                                    "NICs disconnected",
                                    "NICs updated",
                                    "policies set",
                                    "pauses",
                                    "restarts",
                                    "detached",
                                    "attached",
                                    "OID requests given up",
                                    "sends given up"};
  static_assert(std::size(kTexts) == std::size_t(Event::kCount));
  return kTexts[unsigned(event)];
}

void churn(std::uint64_t seed, Scheduling scheduling, unsigned steps, Tally& tally) {
  Churn(seed, scheduling, steps, tally).run();
}

}  // namespace ovs::tests

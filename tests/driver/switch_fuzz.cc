// Whatever a switch tells its extension, of ports, adapters, properties and of itself, in requests
// and in answers, of any size, revision, count and content: the driver breaks no rule, each
// list that is sent meanwhile is completed once, and when it is attached anew and told the truth,
// it switches. The driver as the shared object lives on from input to input; an input is a list of
// lies, and then things that happen, to each of which the next lie belongs. What is read of it:
// fuzz_support.h's Choices, in the order of the functions below.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include "emulator/vmswitch/raw_list.h"
#include "tests/driver/fuzz_support.h"
#include "tests/driver/switch_net.h"

namespace ovs::tests {
namespace {

using namespace emulator;

constexpr unsigned kMaxLies = 16, kMaxPatches = 6, kMaxEvents = 12, kMaxPatch = 8;
constexpr std::size_t kMostTold = 16 * 1024;
constexpr std::size_t kSmallRoom = 4000;
constexpr std::uint32_t kTagBeside = 5 << 4;  // of VLAN 5
constexpr std::uint32_t kPassing[] = {0x00010245, 0x00010241, 0x00010101, 0x00010297};

// What is made of one structure: bytes at places, and its size.
struct OneLie {
  struct Patch {
    std::uint16_t at = 0;
    std::vector<std::byte> bytes;
  };
  std::vector<Patch> patches;
  int resize = 0;  // 0: it keeps its size

  void apply(std::vector<std::byte>& told) const {
    if (resize != 0) {
      const auto size = std::int64_t(told.size()) + resize;
      told.resize(std::size_t(std::clamp<std::int64_t>(size, 1, kMostTold)), std::byte{0x5a});
    }
    for (const Patch& patch : patches) {
      for (std::size_t i = 0; i < patch.bytes.size(); ++i) {
        if (patch.at + i < told.size()) told[patch.at + i] = patch.bytes[i];
      }
    }
  }
};

struct OneSwitch {
  OneSwitch(DriverHost& host, SwitchKind kind, const char* name, Revisions revisions)
      : net(host, kind, name, habits_of(revisions)), prefix(name) {
    net.add(prefix + "a");
    net.add(prefix + "b");
  }
  static SwitchHabits habits_of(Revisions revisions) {
    SwitchHabits habits;
    habits.revisions = revisions;
    habits.growing_answers = revisions == Revisions::Longer ? 1 : 0;
    return habits;
  }

  Net net;
  std::string prefix;
  std::vector<PortId> guests;  // ports of this input's
};

class Rig {
 public:
  Rig() : host_(kernel_config()), client_(host_.device()) {
    switches_.push_back(
        std::make_unique<OneSwitch>(host_, SwitchKind::Private, "p", Revisions::Oldest));
    switches_.push_back(
        std::make_unique<OneSwitch>(host_, SwitchKind::External, "x", Revisions::Newest));
    switches_.push_back(
        std::make_unique<OneSwitch>(host_, SwitchKind::Private, "l", Revisions::Longer));
    std::uint32_t number = 1;
    for (const auto& each : switches_) {
      const std::uint32_t a = number++, b = number++;
      CHECK(client_.add_port(each->prefix + "a", kNetdev, a) == "");
      CHECK(client_.add_port(each->prefix + "b", kNetdev, b) == "");
      CHECK(client_.put_flow("in_port(" + std::to_string(a) + "),eth()", std::to_string(b)) == "");
    }
    client_.expect_at_most(kSmallRoom);
  }

  void run(Choices choices) {
    OneSwitch& at = *switches_[choices.below(unsigned(switches_.size()))];
    lies_.clear();
    next_lie_ = 0;
    for (unsigned count = choices.below(kMaxLies + 1); count > 0; --count) {
      lies_.push_back(lie_of(choices));
    }
    at.net.hyperv().lie_by([this](std::uint32_t, std::vector<std::byte>& told) {
      if (next_lie_ < lies_.size()) lies_[next_lie_++].apply(told);
    });
    for (unsigned i = 0; i < kMaxEvents && !choices.at_end(); ++i) {
      happen(at, choices);
      send_some(at);
    }
    look(at);
    settle(at);
  }

 private:
  static KernelConfig kernel_config() {
    KernelConfig kernel = kernel_of(85);
    kernel.processors = 1;
    return kernel;
  }

  static OneLie lie_of(Choices& choices) {
    OneLie lie;
    const unsigned how = choices.byte();
    if ((how & 1) != 0) lie.resize = std::int16_t(choices.half()) % 4096;
    if ((how & 2) != 0) lie.resize = std::int8_t(choices.byte());
    for (unsigned count = (how >> 2) % (kMaxPatches + 1); count > 0; --count) {
      OneLie::Patch patch;
      patch.at = (how & 0x80) != 0 ? choices.half() % 2600 : choices.byte();
      for (const std::uint8_t each : choices.bytes(1 + choices.below(kMaxPatch))) {
        patch.bytes.push_back(std::byte{each});
      }
      lie.patches.push_back(std::move(patch));
    }
    return lie;
  }

  // ---- what happens, as far as the driver lets it ----
  void happen(OneSwitch& at, Choices& choices) {
    VirtualSwitch& hyperv = at.net.hyperv();
    const PortId port = at.guests.empty() || choices.flag()
                            ? at.net.address(at.prefix + (choices.flag() ? "a" : "b")).port
                            : at.guests[choices.below(unsigned(at.guests.size()))];
    switch (choices.below(14)) {
      case 0:
      case 1: return add_port(at, choices);
      case 2: return connect(hyperv, port, choices);
      case 3: (void)hyperv.disconnect_nic(port).ok(); return;
      case 4: return remove(at, port);
      case 5: (void)hyperv.rename_port(port, choices.flag() ? "pa" : "renamed").ok(); return;
      case 6: return update(hyperv, port, choices);
      case 7: return set_vlan(hyperv, port, choices);
      case 8: return set_security(hyperv, port, choices);
      case 9: return set_isolation(hyperv, port, choices);
      case 10: (void)hyperv.poll(port).ok(); return;
      case 11: return restart(hyperv, choices);
      case 12: (void)hyperv.request_of_nic(port, choices.any(kPassing)); return;
      case 13: return save(hyperv, port);
    }
  }

  // From each adapter that is connected, whatever the driver believes of it: to one, to all, with a
  // tag beside it, and more than it may be.
  void send_some(OneSwitch& at) {
    const MacAddress a = at.net.mac(at.prefix + "a"), b = at.net.mac(at.prefix + "b");
    constexpr std::size_t kLarge = 4000;
    std::vector<RawList> lists;
    for (const FrameText& frame : {udp_frame(a, b), udp_frame(b, a, kLarge),
                                   udp_frame(a, kBroadcast), udp_frame(b, kBroadcast)}) {
      const auto* const bytes = reinterpret_cast<const std::byte*>(frame.data());
      RawList& list = lists.emplace_back();
      list.frames.push_back({{bytes, bytes + frame.size()}, {}});
      list.is_safe = lists.size() % 2 == 0;
    }
    lists.back().tag = kTagBeside;
    const Span<const RawList> all(lists.data(), lists.size());
    for (const PortView& port : at.net.hyperv().view().ports) {
      (void)at.net.hyperv().transmit_raw({port.id, 0}, all);
    }
  }

  static void add_port(OneSwitch& at, Choices& choices) {
    PortSpec spec;
    spec.friendly_name = choices.flag() ? at.prefix + "a" : "guest";
    if (choices.below(8) == 0) {
      (void)at.net.hyperv().validate_port(spec).ok();
      return;
    }
    const auto made = at.net.hyperv().add_port(spec);
    if (made) at.guests.push_back(*made);
  }

  void connect(VirtualSwitch& hyperv, PortId port, Choices& choices) {
    NicSpec nic;
    nic.name = "guest-" + std::to_string(unsigned(port));
    nic.friendly_name = choices.flag() ? "pb" : "Network Adapter";
    nic.mac = MacAddress{{{2, 0, 0, 0, 7, choices.byte()}}};
    (void)hyperv.connect_nic(port, nic, far_end_).ok();
  }

  static void remove(OneSwitch& at, PortId port) {
    if (std::erase(at.guests, port) != 0) (void)at.net.hyperv().remove_port(port).ok();
  }

  static void update(VirtualSwitch& hyperv, PortId port, Choices& choices) {
    NicUpdate update;
    update.mtu = choices.half();
    if (choices.flag()) update.friendly_name = "pa";
    (void)hyperv.update_nic(port, update).ok();
  }

  static void set_vlan(VirtualSwitch& hyperv, PortId port, Choices& choices) {
    VlanPolicy vlan;
    vlan.mode = static_cast<VlanMode>(choices.below(3));
    vlan.access = vlan.mode == VlanMode::Access ? 5 : 0;
    if (vlan.mode == VlanMode::Trunk) vlan.trunk.set(choices.byte());
    (void)hyperv.set_vlan(port, vlan).ok();
  }

  static void set_security(VirtualSwitch& hyperv, PortId port, Choices& choices) {
    SecurityPolicy security;
    security.allow_mac_spoofing = choices.flag();
    (void)hyperv.set_security(port, security).ok();
  }

  static void set_isolation(VirtualSwitch& hyperv, PortId port, Choices& choices) {
    IsolationPolicy isolation;
    isolation.mode = static_cast<IsolationMode>(choices.below(4));
    isolation.default_id = choices.half();
    (void)hyperv.set_isolation(port, isolation).ok();
  }

  static void restart(VirtualSwitch& hyperv, Choices& choices) {
    if (choices.flag()) {
      (void)hyperv.pause_extension().ok();
      (void)hyperv.restart_extension().ok();
      return;
    }
    (void)hyperv.disable_extension().ok();
    (void)hyperv.enable_extension().ok();
  }

  static void save(VirtualSwitch& hyperv, PortId port) {
    const auto saved = hyperv.save_nic(port);
    if (saved) (void)hyperv.restore_nic(port, *saved).ok();
  }

  // ---- what holds afterwards ----
  void look(OneSwitch& at) {
    host_.kernel().flush_dpcs();
    // Twice, the host would have found it.
    demand(live_list_count() == 0, "each list is completed");
    for (const char* name : {"a", "b"}) (void)client_.link_state(at.prefix + name);
    CHECK(client_.dump(wire::Family::Vport, std::uint8_t(wire::VportCommand::Find),
                       [](const wire::MessageView&) {}) == "");
  }

  void settle(OneSwitch& at) {
    VirtualSwitch& hyperv = at.net.hyperv();
    (void)hyperv.disable_extension().ok();
    hyperv.lie_by({});
    while (!at.guests.empty()) remove(at, at.guests.back());
    for (const char* name : {"a", "b"}) make_whole(at, at.prefix + name);
    CHECK(hyperv.enable_extension().ok());
    const FrameText frame = udp_frame(at.net.mac(at.prefix + "a"), at.net.mac(at.prefix + "b"));
    (void)at.net.take(at.prefix + "b");
    at.net.send(at.prefix + "a", frame);
    demand(at.net.take(at.prefix + "b") == Frames{frame}, "a frame after everything");
    (void)client_.events();
  }

  // As it was made.
  void make_whole(OneSwitch& at, const std::string& name) {
    VirtualSwitch& hyperv = at.net.hyperv();
    const PortId port = at.net.address(name).port;
    CHECK(hyperv.set_vlan(port, VlanPolicy()).ok());
    CHECK(hyperv.set_security(port, SecurityPolicy()).ok());
    CHECK(hyperv.set_isolation(port, IsolationPolicy()).ok());
    CHECK(hyperv.rename_port(port, name).ok());
    at.net.plug_again(name);
  }

  DriverHost host_;
  DatapathClient client_;
  MemoryNic far_end_;
  std::vector<std::unique_ptr<OneSwitch>> switches_;
  std::vector<OneLie> lies_;
  std::size_t next_lie_ = 0;
};

Rig& the_rig() {
  static Rig rig;
  return rig;
}

}  // namespace
}  // namespace ovs::tests

// Before the first input, so that libFuzzer knows of the driver's edges.
extern "C" int LLVMFuzzerInitialize(int*, char***) {
  ovs::tests::fail_by_abort();
  (void)ovs::tests::the_rig();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ovs::tests::the_rig().run(ovs::tests::Choices(ovs::Bytes(data, size)));
  return 0;
}

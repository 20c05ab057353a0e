// Switches under the driver with adapters by name, and the frames that go through them: what tests
// of the packet path are about. A test's far ends are memory (switch_rig.h).
#pragma once
#include <map>

#include "tests/driver/switch_rig.h"

namespace ovs::tests {

using FrameText = std::vector<std::uint8_t>;
using Frames = std::vector<FrameText>;

inline constexpr auto kNetdev = wire::VportType::Netdev;
inline constexpr MacAddress kBroadcast{{{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}};
inline const std::string kWire = "wire";

// What matches the packets of IP that come in at a port.
std::string ipv4_from(unsigned port);
std::string ipv6_from(unsigned port);

// An Ethernet frame of `size` bytes with an IPv4 UDP packet.
FrameText udp_frame(const MacAddress& from, const MacAddress& to, std::size_t size = 100,
                    std::uint16_t port = 7);
FrameText with_tag(FrameText frame, std::uint16_t tci);
// An action, and what it makes of a frame.
inline const std::string kRewrite = "set(eth(dst=02:00:00:00:00:99))";
FrameText rewritten(FrameText frame);
// What the other end of a tunnel would send back with the same inner frame.
FrameText turned(const FrameText& outer);

// A switch with adapters by name, each known to the driver by its port's name; an external one has
// a wire.
class Net {
 public:
  explicit Net(DriverHost& host, emulator::SwitchKind kind = emulator::SwitchKind::Private,
               const char* name = "net", const emulator::SwitchHabits& habits = {},
               const emulator::NicSpec& wire = {});

  // An adapter that can do what `like` can.
  void add(const std::string& name, emulator::PortKind kind = emulator::PortKind::Synthetic,
           const emulator::NicSpec& like = {});
  // Whatever it had become, it is connected as it was.
  void plug_again(const std::string& name);
  void send(const std::string& from, const Frames& frames);
  void send(const std::string& from, const FrameText& frame) { send(from, Frames(1, frame)); }
  // How many were taken.
  std::size_t hyperv_send(const std::string& from, const Frames& frames);
  // A frame of which the checksum is left to a device; and the segments, of so much payload.
  void send_open(const std::string& from, const FrameText& frame, std::uint16_t segment_size = 0) {
    send_open(from, Frames(1, frame), segment_size);
  }
  void send_open(const std::string& from, const Frames& frames, std::uint16_t segment_size = 0);
  // What came since it was last asked.
  Frames take(const std::string& name);
  std::vector<DeliveredFrame> take_delivered(const std::string& name);
  MacAddress mac(const std::string& name) { return adapters_[name].mac; }
  emulator::NicAddress address(const std::string& name) { return adapters_[name].address; }
  emulator::VirtualSwitch& hyperv() { return switch_; }

 private:
  emulator::SwitchSpec spec_of(emulator::SwitchKind kind, const char* name,
                               const emulator::SwitchHabits& habits, const emulator::NicSpec& wire);

  DriverHost& host_;
  std::shared_ptr<MemoryNic> wire_;
  std::map<std::string, Adapter> adapters_;
  emulator::VirtualSwitch& switch_;
};

emulator::KernelConfig kernel_of(unsigned ndis_minor);
emulator::NdisConfig ndis_of(unsigned ndis_minor, emulator::Completions completions);

// Three virtual machines on a private switch, not configured.
struct Bare {
  explicit Bare(unsigned minor = 85,
                emulator::Completions completions = emulator::Completions::Prompt);
  explicit Bare(const emulator::KernelConfig& kernel, const emulator::NdisConfig& ndis = {},
                const emulator::SwitchHabits& habits = {});
  // a and b, and the wire of an external switch, can do what `like` can.
  explicit Bare(const emulator::NicSpec& like, emulator::SwitchKind kind);

  DriverHost host;
  Net net;
};

// The same as ports 1, 2 and 3; a wire is port 11.
struct Configured : Bare {
  explicit Configured(unsigned minor = 85,
                      emulator::Completions completions = emulator::Completions::Prompt);
  explicit Configured(const emulator::KernelConfig& kernel, const emulator::NdisConfig& ndis = {},
                      const emulator::SwitchHabits& habits = {});
  explicit Configured(const emulator::NicSpec& like,
                      emulator::SwitchKind kind = emulator::SwitchKind::Private);

  FrameText a_to_b(std::size_t size = 100) { return udp_frame(net.mac("a"), net.mac("b"), size); }
  // Of IPv4 packets from a, or from another port.
  void flow(const std::string& actions, unsigned from = 1);

  DatapathClient client;

 private:
  void add_ports();
};

// A virtual machine (port 1), and a tunnel (port 20) whose underlay is the wire (port 11); its end
// here is the host's adapter (port 10).
struct Tunnelling {
  explicit Tunnelling(wire::VportType type, std::uint16_t udp_port = 0,
                      const emulator::NicSpec& like = {});

  // The address of the other end is known.
  void resolve();
  void flow(const std::string& match, const std::string& actions);
  // What a sends goes into the tunnel, with these flags of it and after those actions, and out to
  // the wire.
  void flow_out(const std::string& flags, const std::string& before = "");
  // What comes out of the tunnel with these flags goes to a.
  void flow_in(const std::string& flags);

  DriverHost host;
  Net net;
  DatapathClient client;
};

}  // namespace ovs::tests

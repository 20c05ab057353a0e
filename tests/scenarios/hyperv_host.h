// Scenarios on the driver: in an emulated Hyper-V host whose kernel has one clock, a seed's, and
// whose adapters end in memory. What a scenario calls a device is an adapter of that name in a
// switch. Knows the lines that only such a host has.
#pragma once
#include <map>

#include "tests/driver/switch_rig.h"
#include "tests/scenarios/scenario.h"

namespace ovs::tests {

// A level of NDIS, and the Windows that has it: "6.30".
struct HypervLevel {
  const char* name;
  unsigned windows;
  std::uint32_t ndis;
};
inline constexpr HypervLevel kHypervLevels[] = {
    {"6.30", 0x0602, 0x0006001e}, {"6.40", 0x0603, 0x00060028}, {"6.50", 0x0a00, 0x00060032},
    {"6.60", 0x0a00, 0x0006003c}, {"6.80", 0x0a00, 0x00060050}, {"6.82", 0x0a00, 0x00060052},
    {"6.85", 0x0a00, 0x00060055},
};

class HypervHost final : public ScenarioHost {
 public:
  explicit HypervHost(const HypervLevel& level);
  ~HypervHost() override;

  platform::Device& device() override { return host_.device(); }
  std::string add_device(const DeviceSpec& spec) override;
  std::string receive(std::string_view name, Bytes frame) override;
  std::vector<SentFrame> sent() override;
  void advance_ms(std::uint64_t ms) override;
  std::string command(std::string_view what, std::string_view rest) override;

 private:
  struct Nic {
    emulator::VirtualSwitch* at = nullptr;
    emulator::NicAddress address;
    MacAddress mac;
    MemoryNic memory;
  };
  struct Traffic;
  using Handler = std::string (HypervHost::*)(std::string_view rest);
  struct Command {
    std::string_view name;
    Handler handler;
  };
  static const Command kCommands[];

  std::string driver(std::string_view) { return ""; }
  std::string make_switch(std::string_view rest);
  std::string enable(std::string_view rest);
  std::string disable(std::string_view rest);
  std::string pause(std::string_view rest);
  std::string restart(std::string_view rest);
  std::string plug(std::string_view rest);
  std::string unplug(std::string_view rest);
  std::string take(std::string_view rest);
  std::string rename(std::string_view rest);
  std::string rename_adapter(std::string_view rest);
  std::string vlan(std::string_view rest);
  std::string spoofing(std::string_view rest);
  std::string completions(std::string_view rest);
  std::string traffic(std::string_view rest);
  std::string quiet(std::string_view rest);

  emulator::VirtualSwitch* find_switch(std::string_view name);
  Nic* find(std::string_view name);
  std::string connect(Nic& nic, const DeviceSpec& spec);
  // Until nobody has anything to do at this time.
  void settle();

  // Adapters and wires outlive the switches.
  std::map<std::string, std::unique_ptr<Nic>, std::less<>> nics_;
  DriverHost host_;
  std::map<std::string, emulator::VirtualSwitch*, std::less<>> switches_;
  emulator::VirtualSwitch* last_ = nullptr;
  std::uint8_t next_mac_ = 1;
  std::unique_ptr<Traffic> traffic_;
};

}  // namespace ovs::tests

#include "tests/scenarios/hyperv_host.h"

#include <atomic>

#include "emulator/nt/schedule/processor.h"
#include "tests/scenarios/frame_check.h"
#include "tests/scenarios/words.h"

namespace ovs::tests {

using namespace emulator;

namespace {

std::string text_of(const SwitchResult<void>& done) {
  return done.ok() ? "" : done.error().text;
}

KernelConfig kernel_of(const HypervLevel& level) {
  KernelConfig kernel;
  kernel.windows = level.windows;
  kernel.ndis = level.ndis;
  kernel.seed = 1;
  return kernel;
}

NicSpec nic_of(const DeviceSpec& device, const MacAddress& mac) {
  NicSpec nic;
  nic.name = "nic-" + device.name;
  nic.friendly_name = device.name;
  nic.mac = mac;
  nic.mtu = device.mtu;
  nic.guest_memory = !device.is_internal;
  return nic;
}

std::string unknown(std::string_view name) {
  return "there is no '" + std::string(name) + "'";
}

}  // namespace

// A frame again and again from a thread of its own, one each millisecond.
struct HypervHost::Traffic {
  Traffic(VirtualSwitch& at, NicAddress from, std::vector<std::uint8_t> frame_)
      : frame(std::move(frame_)), thread("traffic", [this, &at, from] {
          while (!is_over) {
            const NicFrame sent{Bytes(frame.data(), frame.size()), {}, 0};
            at.transmit(from, Span<const NicFrame>(&sent, 1));
            Kernel::current().sleep_ms(1);
          }
        }) {}
  ~Traffic() {
    is_over = true;
    thread.join();
  }

  std::atomic<bool> is_over{false};
  std::vector<std::uint8_t> frame;
  HostThread thread;
};

// ---- what every host can -----------------------------------------------------------------------

HypervHost::HypervHost(const HypervLevel& level) : host_(kernel_of(level)) {}
HypervHost::~HypervHost() = default;

void HypervHost::settle() {
  host_.kernel().flush_dpcs();
  host_.kernel().sleep_ms(1);
  host_.kernel().flush_dpcs();
}

VirtualSwitch* HypervHost::find_switch(std::string_view name) {
  if (last_ == nullptr && name.empty()) make_switch("switch internal");
  if (name.empty()) return last_;
  const auto found = switches_.find(name);
  return found == switches_.end() ? nullptr : found->second;
}

HypervHost::Nic* HypervHost::find(std::string_view name) {
  const auto found = nics_.find(name);
  return found == nics_.end() ? nullptr : found->second.get();
}

std::string HypervHost::connect(Nic& nic, const DeviceSpec& spec) {
  std::string why =
      text_of(nic.at->connect_nic(nic.address.port, nic_of(spec, nic.mac), nic.memory));
  settle();
  return why;
}

std::string HypervHost::add_device(const DeviceSpec& spec) {
  if (find(spec.name) != nullptr) return "";
  VirtualSwitch* const at = find_switch(spec.switch_name);
  if (at == nullptr) return unknown(spec.switch_name);
  PortSpec port;
  port.kind = spec.is_internal ? PortKind::Internal : PortKind::Synthetic;
  port.friendly_name = spec.name;
  const auto id = at->add_port(port);
  if (!id) return id.error().text;
  Nic& nic = *(nics_[spec.name] = std::make_unique<Nic>());
  nic.at = at;
  nic.address.port = *id;
  nic.mac.bytes = {{0xaa, 0x55, 0xaa, 0x55, 0, next_mac_++}};
  SecurityPolicy may_all;
  may_all.allow_mac_spoofing = may_all.allow_priority_tag = true;
  if (!spec.is_internal) {
    std::string why = text_of(at->set_security(*id, may_all));
    if (!why.empty()) return why;
  }
  return connect(nic, spec);
}

std::string HypervHost::receive(std::string_view name, Bytes frame) {
  Nic* const nic = find(name);
  if (nic == nullptr) return unknown(name);
  const NicFrame sent{frame, {}, 0};
  // An adapter's frames come in on one processor; those of two are in no order.
  run_on(0, DISPATCH_LEVEL,
         [&] { nic->at->transmit(nic->address, Span<const NicFrame>(&sent, 1)); });
  return "";
}

std::vector<SentFrame> HypervHost::sent() {
  settle();
  std::vector<SentFrame> sent;
  for (auto& [name, nic] : nics_) {
    for (auto& frame : nic->memory.take()) sent.push_back({name, std::move(frame)});
  }
  return sent;
}

void HypervHost::advance_ms(std::uint64_t ms) {
  host_.kernel().sleep_ms(ms);
  settle();
}

// ---- switches ----------------------------------------------------------------------------------

// NAME KIND [WIRE...]: an external one has a physical adapter for each wire.
std::string HypervHost::make_switch(std::string_view rest) {
  SwitchSpec spec;
  spec.friendly_name = word(rest);
  spec.name = "{" + spec.friendly_name + "}";
  spec.habits.checks_frames = false;  // scenarios do, and flows may cut
  const std::string_view kind = word(rest);
  spec.kind = kind == "external"   ? SwitchKind::External
              : kind == "internal" ? SwitchKind::Internal
                                   : SwitchKind::Private;
  std::vector<std::pair<std::string, Nic*>> wires;
  while (!rest.empty()) {
    const std::string name(word(rest));
    Nic& nic = *(nics_[name] = std::make_unique<Nic>());
    nic.mac.bytes = {{0xaa, 0x55, 0xaa, 0x55, 0, next_mac_++}};
    DeviceSpec wire;
    wire.name = name;
    spec.physical.push_back({nic_of(wire, nic.mac), &nic.memory});
    wires.push_back({name, &nic});
  }
  last_ = switches_[spec.friendly_name] = &host_.add_switch(spec);
  for (auto& [name, nic] : wires) {
    nic->at = last_;
    nic->address = last_->find_physical_nic("nic-" + name).value_or(NicAddress{});
  }
  std::string why = text_of(last_->enable_extension());
  settle();
  return why;
}

std::string HypervHost::enable(std::string_view rest) {
  VirtualSwitch* const at = find_switch(rest);
  return at == nullptr ? unknown(rest) : text_of(at->enable_extension());
}

std::string HypervHost::disable(std::string_view rest) {
  VirtualSwitch* const at = find_switch(rest);
  return at == nullptr ? unknown(rest) : text_of(at->disable_extension());
}

std::string HypervHost::pause(std::string_view rest) {
  VirtualSwitch* const at = find_switch(rest);
  return at == nullptr ? unknown(rest) : text_of(at->pause_extension());
}

std::string HypervHost::restart(std::string_view rest) {
  VirtualSwitch* const at = find_switch(rest);
  return at == nullptr ? unknown(rest) : text_of(at->restart_extension());
}

std::string HypervHost::completions(std::string_view rest) {
  host_.ndis().set_completions(rest == "mixed" ? Completions::Mixed : Completions::Prompt);
  return "";
}

// ---- adapters ----------------------------------------------------------------------------------

// NAME [internal] [on SWITCH]: a new one, or one that was unplugged, where it was.
std::string HypervHost::plug(std::string_view rest) {
  DeviceSpec spec;
  spec.name = word(rest);
  for (std::string_view what = word(rest); !what.empty(); what = word(rest)) {
    if (what == "internal") spec.is_internal = true;
    if (what == "on") spec.switch_name = word(rest);
  }
  Nic* const nic = find(spec.name);
  return nic == nullptr ? add_device(spec) : connect(*nic, spec);
}

std::string HypervHost::unplug(std::string_view rest) {
  Nic* const nic = find(rest);
  return nic == nullptr ? unknown(rest) : text_of(nic->at->disconnect_nic(nic->address.port));
}

// The adapter and its port.
std::string HypervHost::take(std::string_view rest) {
  Nic* const nic = find(rest);
  if (nic == nullptr) return unknown(rest);
  std::string why = text_of(nic->at->remove_port(nic->address.port));
  nics_.erase(nics_.find(rest));
  return why;
}

// NAME NEW: what Open vSwitch is to know its port by.
std::string HypervHost::rename(std::string_view rest) {
  const std::string_view name = word(rest);
  Nic* const nic = find(name);
  if (nic == nullptr) return unknown(name);
  std::string why = text_of(nic->at->rename_port(nic->address.port, word(rest)));
  settle();
  return why;
}

// NAME NEW: what Windows shows.
std::string HypervHost::rename_adapter(std::string_view rest) {
  const std::string_view name = word(rest);
  Nic* const nic = find(name);
  if (nic == nullptr) return unknown(name);
  NicUpdate update;
  update.friendly_name = word(rest);
  std::string why = text_of(nic->at->update_nic(nic->address.port, update));
  settle();
  return why;
}

// NAME access N | trunk NATIVE N... | untagged
std::string HypervHost::vlan(std::string_view rest) {
  const std::string_view name = word(rest), mode = word(rest);
  Nic* const nic = find(name);
  if (nic == nullptr) return unknown(name);
  VlanPolicy policy;
  const std::uint16_t first = std::uint16_t(number(word(rest)));
  if (mode == "access") {
    policy.mode = VlanMode::Access;
    policy.access = first;
  } else if (mode == "trunk") {
    policy.mode = VlanMode::Trunk;
    policy.native = first;
    while (!rest.empty()) policy.trunk.set(number(word(rest)) & 0xfff);
  }
  return text_of(nic->at->set_vlan(nic->address.port, policy));
}

// NAME on|off
std::string HypervHost::spoofing(std::string_view rest) {
  const std::string_view name = word(rest);
  Nic* const nic = find(name);
  if (nic == nullptr) return unknown(name);
  SecurityPolicy policy;
  policy.allow_mac_spoofing = rest == "on";
  return text_of(nic->at->set_security(nic->address.port, policy));
}

// NAME FRAME
std::string HypervHost::traffic(std::string_view rest) {
  const std::string_view name = word(rest);
  Nic* const nic = find(name);
  if (nic == nullptr) return unknown(name);
  auto frame = make_frame(rest);
  if (!frame) return frame.error();
  traffic_ = std::make_unique<Traffic>(*nic->at, nic->address, std::move(*frame));
  host_.kernel().sleep_ms(5);
  return "";
}

std::string HypervHost::quiet(std::string_view) {
  host_.kernel().sleep_ms(5);
  traffic_ = nullptr;
  return "";
}

const HypervHost::Command HypervHost::kCommands[] = {
    {"driver", &HypervHost::driver},
    {"switch", &HypervHost::make_switch},
    {"enable", &HypervHost::enable},
    {"disable", &HypervHost::disable},
    {"pause", &HypervHost::pause},
    {"restart", &HypervHost::restart},
    {"completions", &HypervHost::completions},
    {"plug", &HypervHost::plug},
    {"unplug", &HypervHost::unplug},
    {"take", &HypervHost::take},
    {"rename", &HypervHost::rename},
    {"rename-adapter", &HypervHost::rename_adapter},
    {"vlan", &HypervHost::vlan},
    {"spoofing", &HypervHost::spoofing},
    {"traffic", &HypervHost::traffic},
    {"quiet", &HypervHost::quiet},
};

std::string HypervHost::command(std::string_view what, std::string_view rest) {
  for (const Command& known : kCommands) {
    if (known.name == what) return (this->*known.handler)(rest);
  }
  return "unknown line: " + std::string(what);
}

}  // namespace ovs::tests

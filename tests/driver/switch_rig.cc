#include "tests/driver/switch_rig.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/driver/image_profile.h"

namespace ovs::tests {

using namespace emulator;

void MemoryNic::deliver(const NicFrame& frame) {
  const std::lock_guard lock(mutex_);
  frames_.push_back(
      {{frame.bytes.begin(), frame.bytes.end()}, frame.partial.start, frame.segment_size});
}

std::size_t MemoryNic::count() const {
  const std::lock_guard lock(mutex_);
  return frames_.size();
}

std::vector<DeliveredFrame> MemoryNic::take_delivered() {
  const std::lock_guard lock(mutex_);
  return std::exchange(frames_, {});
}

std::vector<std::vector<std::uint8_t>> MemoryNic::take() {
  std::vector<std::vector<std::uint8_t>> bytes;
  for (DeliveredFrame& frame : take_delivered()) bytes.push_back(std::move(frame.bytes));
  return bytes;
}

std::vector<std::uint8_t> MemoryNic::last() const {
  const std::lock_guard lock(mutex_);
  return frames_.empty() ? std::vector<std::uint8_t>() : frames_.back().bytes;
}

namespace {

// The same tests, of a host that believes its driver.
KernelConfig with_chosen_detectors(KernelConfig kernel) {
  const char* const chosen = std::getenv("OVS_DETECTORS");
  if (chosen != nullptr && std::string(chosen) == "off") kernel.detectors = Detectors::Off;
  return kernel;
}

}  // namespace

DriverHost::DriverHost(const KernelConfig& kernel, const NdisConfig& ndis,
                       std::int64_t failing_allocation)
    : kernel_(with_chosen_detectors(kernel)) {
  kernel_.add_functions(imports_);
  ndis_ = Ndis::start(kernel_, imports_, ndis);
  load(failing_allocation);
}

void DriverHost::load(std::int64_t failing_allocation) {
  const char* const other = std::getenv("OVS_DRIVER_IMAGE");
  auto image = load_driver(other != nullptr ? other : DRIVER, imports_);
  REQUIRE_MESSAGE(image.ok(), (image ? "" : image.error().text));
  image_ = std::move(*image);
  kernel_.failures().fail_nth(failing_allocation);
  driver_ = std::make_unique<StartedDriver>(*image_);
}

void DriverHost::unload() {
  driver_ = nullptr;
  if (image_ != nullptr) keep_profile(*image_);
  image_ = nullptr;
}

DriverHost::~DriverHost() {
  switches_.clear();
  unload();
}

VirtualSwitch& DriverHost::add_switch(const SwitchSpec& spec) {
  auto made = VirtualSwitch::create(*ndis_, spec);
  REQUIRE_MESSAGE(made.ok(), (made ? "" : made.error().text));
  switches_.push_back(std::move(*made));
  return *switches_.back();
}

std::shared_ptr<MemoryNic> DriverHost::make_nic() {
  nics_.push_back(std::make_shared<MemoryNic>());
  return nics_.back();
}

Adapter DriverHost::plug(VirtualSwitch& at, const std::string& ovs_name, PortKind kind,
                         const std::string& adapter_name, const NicSpec& like) {
  PortSpec port;
  port.kind = kind;
  port.friendly_name = ovs_name;
  const auto id = at.add_port(port);
  REQUIRE_MESSAGE(id.ok(), (id ? "" : id.error().text));
  Adapter adapter;
  adapter.nic = make_nic();
  adapter.address.port = *id;
  adapter.mac = MacAddress{{{2, 0, 0, 0, 0, next_mac_++}}};
  NicSpec nic = like;
  nic.name = "nic-" + std::to_string(unsigned(*id));
  nic.friendly_name = adapter_name;
  nic.mac = adapter.mac;
  const auto connected = at.connect_nic(*id, nic, *adapter.nic);
  REQUIRE_MESSAGE(connected.ok(), (connected ? "" : connected.error().text));
  return adapter;
}

void DriverHost::send(VirtualSwitch& at, const Adapter& from, const MacAddress& to) {
  std::vector<std::uint8_t> bytes(64, 0);
  for (unsigned i = 0; i < 6; ++i) {
    bytes[i] = to.bytes.items[i];
    bytes[6 + i] = from.mac.bytes.items[i];
  }
  bytes[12] = 0x88;  // local experimental
  bytes[13] = 0xb5;
  NicFrame frame;
  frame.bytes = Bytes(bytes.data(), bytes.size());
  CHECK(at.transmit(from.address, Span<const NicFrame>(&frame, 1)) == 1);
}

bool DriverHost::wait_for(const Adapter& adapter, std::size_t count) {
  constexpr int kLooks = 5000;
  for (int i = 0; i < kLooks; ++i) {
    if (adapter.nic->count() >= count) return true;
    kernel_.sleep_ms(1);
  }
  return false;
}

std::string DriverHost::link_of(DatapathClient& client, const std::string& port) {
  return client.link_state(port);
}

bool DriverHost::wait_for_link(DatapathClient& client, const std::string& port,
                               const std::string& state) {
  constexpr int kLooks = 200;
  for (int i = 0; i < kLooks; ++i) {
    if (link_of(client, port) == state) return true;
    kernel_.sleep_ms(10);
  }
  return false;
}

SwitchSpec private_switch(const std::string& name) {
  SwitchSpec spec;
  spec.name = "{" + name + "}";
  spec.friendly_name = name;
  spec.kind = SwitchKind::Private;
  return spec;
}

}  // namespace ovs::tests

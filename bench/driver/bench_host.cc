#include "bench/driver/bench_host.h"

#include <x86intrin.h>

#include <array>
#include <cstring>

#include "emulator/host/device/irp_device.h"
#include "emulator/ndis/ndis.h"
#include "emulator/nt/driver.h"
#include "emulator/nt/kernel.h"
#include "emulator/nt/schedule/processor.h"
#include "emulator/vmswitch/virtual_switch.h"
#include "flow/match/netlink.h"
#include "tests/support/datapath_client.h"

namespace ovs::bench {

using namespace emulator;

namespace {

constexpr std::uint8_t kNics = 5;
constexpr unsigned kChain = 32;
constexpr std::uint64_t kWarmUpMs = 700;  // the driver's upkeep comes four times a second
// With the whole switch between, a run is shorter: it costs more.
constexpr std::size_t kPacketsBySwitch = 1 << 14;
constexpr unsigned kRunsBySwitch = 31;

// A virtual machine that counts what it is given.
class CountingNic final : public NicBackend {
 public:
  void deliver(const NicFrame&) override { ++count; }
  std::uint64_t count = 0;
};

KernelConfig kernel_config(Between between) {
  KernelConfig config;
  config.processors = 1;
  if (between != Between::Judges) config.detectors = Detectors::Off;
  return config;
}

bool is_plain(Between between) {
  return between == Between::PlainPackets || between == Between::PlainGuestPackets;
}

}  // namespace

struct BenchHost::Parts {
  Parts(const std::string& path, Between how, const Case& which);
  ~Parts();
  void plug(std::uint8_t number);
  void add_flows(const Case& which);
  double run_plain();
  double run_switch();
  double run() { return is_plain(between) ? run_plain() : run_switch(); }
  std::uint64_t delivered() const;
  const Frame& next_frame();

  const Between between;
  Kernel kernel;
  ImportTable imports;
  std::unique_ptr<Ndis> ndis;
  std::unique_ptr<PlainPackets> packets;
  std::unique_ptr<DriverImage> image;
  std::unique_ptr<StartedDriver> driver;
  std::unique_ptr<VirtualSwitch> net;
  IrpDevice device{"\\DosDevices\\OpenvSwitchDevice"};
  std::unique_ptr<tests::DatapathClient> client;
  std::array<CountingNic, kNics> nics;
  NicAddress first;
  std::vector<Frame> frames;
  std::size_t next = 0;
};

BenchHost::Parts::Parts(const std::string& path, Between how, const Case& which)
    : between(how), kernel(kernel_config(how)), frames(frames_of(which)) {
  kernel.add_functions(imports);
  ndis = Ndis::start(kernel, imports, {});
  if (is_plain(between)) packets = std::make_unique<PlainPackets>(imports);
  const bool is_judged = between == Between::Judges;
  auto loaded = load_driver(path, imports, is_judged ? CallGuards::On : CallGuards::Off);
  if (!loaded) fail(loaded.error().text.c_str());
  image = std::move(*loaded);
  driver = std::make_unique<StartedDriver>(*image);
  SwitchSpec spec;
  spec.name = "bench";
  spec.kind = SwitchKind::Private;
  auto made = VirtualSwitch::create(*ndis, spec);
  if (!made || !(*made)->enable_extension()) fail("no switch");
  net = std::move(*made);
  client = std::make_unique<tests::DatapathClient>(device);
  for (std::uint8_t number = 1; number <= kNics; ++number) plug(number);
  add_flows(which);
}

BenchHost::Parts::~Parts() {
  client = nullptr;
  net = nullptr;
  driver = nullptr;
}

void BenchHost::Parts::plug(std::uint8_t number) {
  PortSpec port;
  port.friendly_name = "vm" + std::to_string(number);
  const auto id = net->add_port(port);
  if (!id) fail("no port");
  NicSpec nic;
  nic.name = "nic-" + port.friendly_name;
  nic.friendly_name = nic.name;
  nic.mac = MacAddress{{{2, 0, 0, 0, 0, number}}};
  nic.guest_memory = between == Between::PlainGuestPackets;
  const bool is_connected =
      net->connect_nic(*id, nic, nics[number - 1u]) &&
      client->add_port(port.friendly_name, wire::VportType::Netdev, number).empty();
  if (!is_connected) fail("no NIC");
  if (number == 1) first.port = *id;
}

void BenchHost::Parts::add_flows(const Case& which) {
  const std::vector<std::uint8_t> actions = actions_of(which);
  for (const Frame& frame : frames) {
    const flow::FlowKey key = key_of(frame);
    const flow::FlowMask mask = mask_of(key, which.masks);
    (void)client->transact(
        wire::Family::Flow, std::uint8_t(wire::FlowCommand::New),
        [&](wire::Writer& writer) {
          const auto keys = writer.begin_nest(wire::FlowAttr::Key);
          flow::put_key(writer, key);
          writer.end_nest(keys);
          const auto masks = writer.begin_nest(wire::FlowAttr::Mask);
          flow::put_mask(writer, mask, key);
          writer.end_nest(masks);
          writer.put(wire::FlowAttr::Actions, actions);
        },
        {}, wire::kFlagCreate);
  }
}

const Frame& BenchHost::Parts::next_frame() {
  const Frame& frame = frames[next];
  next = next + 1 == frames.size() ? 0 : next + 1;
  __builtin_prefetch(&frames[next + 8 < frames.size() ? next + 8 : 0]);
  return frame;
}

double BenchHost::Parts::run_plain() {
  using Memory = PlainPackets::Memory;
  const Memory memory = between == Between::PlainPackets ? Memory::Safe : Memory::Guests;
  const auto port = std::uint16_t(first.port);
  const std::uint8_t* chain[kChain];
  const std::uint64_t begin = __rdtsc();
  for (std::size_t done = 0; done < kPacketsPerRun; done += kChain) {
    for (const std::uint8_t*& each : chain) each = next_frame().bytes;
    packets->send(port, memory, Span<const std::uint8_t* const>(chain), kFrameSize);
  }
  return double(__rdtsc() - begin) / double(kPacketsPerRun);
}

double BenchHost::Parts::run_switch() {
  NicFrame batch[kChain];
  const std::uint64_t begin = __rdtsc();
  for (std::size_t done = 0; done < kPacketsBySwitch; done += kChain) {
    for (NicFrame& each : batch) each.bytes = Bytes(next_frame().bytes, kFrameSize);
    net->transmit(first, Span<const NicFrame>(batch, kChain));
  }
  return double(__rdtsc() - begin) / double(kPacketsBySwitch);
}

std::uint64_t BenchHost::Parts::delivered() const {
  if (is_plain(between)) return packets->delivered();
  std::uint64_t sum = 0;
  for (const CountingNic& each : nics) sum += each.count;
  return sum;
}

BenchHost::BenchHost(const std::string& image, Between between, const Case& which)
    : parts_(std::make_unique<Parts>(image, between, which)) {
  const std::uint64_t until = parts_->kernel.clock().now_ns() + kWarmUpMs * 1'000'000;
  while (parts_->kernel.clock().now_ns() < until) {
    run();
    parts_->kernel.sleep_ms(20);  // for those of a lower level
  }
}
BenchHost::~BenchHost() = default;

double BenchHost::run() {
  const std::size_t packets = is_plain(parts_->between) ? kPacketsPerRun : kPacketsBySwitch;
  const std::uint64_t before = parts_->delivered();
  double ticks = 0;
  run_on(0, DISPATCH_LEVEL, [&] { ticks = parts_->run(); });
  if (parts_->delivered() - before < packets) fail("packets were lost");
  return ticks;
}

unsigned BenchHost::runs() const {
  return is_plain(parts_->between) ? kRuns : kRunsBySwitch;
}

}  // namespace ovs::bench

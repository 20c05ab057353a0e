#include "emulator/host/emulated_host.h"

#include <algorithm>

#include "emulator/host/loader/driver_image.h"
#include "emulator/host/machine/real_switch.h"
#include "emulator/ndis/ndis.h"
#include "emulator/nt/driver.h"

namespace ovs::emulator {

namespace {

constexpr const char* kDeviceLink = "\\DosDevices\\OpenvSwitchDevice";

struct NdisLevel {
  unsigned minor;    // of NDIS 6.x
  unsigned windows;  // the first that has it
};
constexpr NdisLevel kNdisLevels[] = {
    {30, 0x0602},  // Server 2012
    {40, 0x0603},  // Server 2012 R2
    {50, 0x0a00}, {60, 0x0a00}, {80, 0x0a00}, {82, 0x0a00}, {85, 0x0a00},
};

const NdisLevel* find_level(unsigned minor) {
  const auto* found = std::find_if(std::begin(kNdisLevels), std::end(kNdisLevels),
                                   [minor](const NdisLevel& row) { return row.minor == minor; });
  return found == std::end(kNdisLevels) ? nullptr : found;
}

UINT ndis_version(unsigned minor) {
  return 6u << 16 | minor;
}

KernelConfig kernel_config(const HostConfig& config) {
  const NdisLevel* level = find_level(config.ndis_minor);
  OVS_ASSERT(level != nullptr);
  KernelConfig kernel;
  kernel.processors = config.processors;
  kernel.windows = level->windows;
  kernel.ndis = ndis_version(config.ndis_minor);
  kernel.detectors = config.has_detectors ? Detectors::On : Detectors::Off;
  return kernel;
}

std::string hex_of(NTSTATUS status) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%08x", unsigned(status));
  return text;
}

}  // namespace

bool is_ndis_level(unsigned minor) {
  return find_level(minor) != nullptr;
}

EmulatedHost::EmulatedHost(const HostConfig& config, Report report)
    : report_(std::move(report)),
      kernel_(kernel_config(config)),
      faults_(kernel_.failures()),
      imports_(std::make_unique<ImportTable>()),
      device_(kDeviceLink) {
  kernel_.on_message([this](const std::string& line) { report_("driver: " + line); });
  kernel_.add_functions(*imports_);
  NdisConfig ndis;
  ndis.version = ndis_version(config.ndis_minor);
  if (config.seed) {
    ndis.seed = *config.seed;
    ndis.completions = Completions::Mixed;
    ndis.answers = Answers::Mixed;
    ndis.shapes = Shapes::Mixed;
  }
  ndis_ = Ndis::start(kernel_, *imports_, ndis);
}

Result<std::unique_ptr<EmulatedHost>, CommandError> EmulatedHost::start(const HostConfig& config,
                                                                        HostNics& nics,
                                                                        Report report) {
  std::unique_ptr<EmulatedHost> host(new EmulatedHost(config, std::move(report)));
  host->faults_.fail_nth(config.fail_nth);
  if (!config.driver.empty()) {
    OVS_TRY(host->load(config.driver));
  }
  host->machine_ = std::make_unique<Machine>(
      Machine::Parts{real_switches(*host->ndis_), nics, config.name, &host->faults_});
  return host;
}

Result<void, CommandError> EmulatedHost::load(const std::string& path) {
  report_("loading " + path);
  const bool is_judged = kernel_.config().detectors == Detectors::On;
  auto image = load_driver(path, *imports_, is_judged ? CallGuards::On : CallGuards::Off);
  if (!image) return CommandError{path + ": " + image.error().text};
  image_ = std::move(image).value();
  kernel_.describe_addresses([this](const void* address) { return image_->describe(address); });
  driver_ = std::make_unique<StartedDriver>(*image_);
  if (driver_->status() == STATUS_SUCCESS) return kOk;
  return CommandError{path + ": DriverEntry refused with " + hex_of(driver_->status())};
}

void EmulatedHost::Faults::fail_nth(std::int64_t nth) {
  nth_ = nth;
  failures_.fail_nth(nth);
}

// In the reverse order of what it is made of.
EmulatedHost::~EmulatedHost() = default;

}  // namespace ovs::emulator

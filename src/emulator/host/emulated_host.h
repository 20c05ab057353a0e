// One emulated Windows host: its kernel, its NDIS, the driver, and the machine with its switches
// and adapters, in the order in which they come and go. Knows no sockets and no command line.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "emulator/host/device/irp_device.h"
#include "emulator/host/machine/machine.h"
#include "emulator/nt/kernel.h"

namespace ovs::emulator {

class Ndis;
class DriverImage;
class StartedDriver;

struct HostConfig {
  std::string name;          // one name, one set of MAC addresses
  std::string driver;        // a .sys or a .so; empty: none
  unsigned ndis_minor = 85;  // of NDIS 6.x
  unsigned processors = 2;
  bool has_detectors = true;
  // Where Windows leaves open how it does something, chance decides: completions that come late,
  // requests that pend, frames in pieces. Nothing: the plainest way, always.
  std::optional<std::uint64_t> seed;
  // The n-th request for memory since before DriverEntry fails. Negative: none.
  std::int64_t fail_nth = -1;
};

// NDIS levels that an emulated host can have: 30, 40, 50, 60, 80, 82, 85.
bool is_ndis_level(unsigned minor);

class EmulatedHost {
 public:
  using Report = std::function<void(const std::string& line)>;

  // `report` hears what is under way, and later the driver's messages, on any thread; it and
  // `nics` outlive the host. One in a process.
  static Result<std::unique_ptr<EmulatedHost>, CommandError> start(const HostConfig& config,
                                                                   HostNics& nics, Report report);
  // Switches go, the driver is unloaded; what it left behind ends the process.
  ~EmulatedHost();
  EmulatedHost(const EmulatedHost&) = delete;
  EmulatedHost& operator=(const EmulatedHost&) = delete;

  Machine& machine() { return *machine_; }
  platform::Device& device() { return device_; }

 private:
  EmulatedHost(const HostConfig& config, Report report);
  Result<void, CommandError> load(const std::string& path);

  class Faults final : public FaultDoor {
   public:
    explicit Faults(Failures& failures) : failures_(failures) {}
    void fail_nth(std::int64_t nth) override;
    std::int64_t nth() const override { return nth_; }
    std::int64_t asked() const override { return failures_.asked(); }
    bool has_failed() const override { return failures_.has_failed(); }

   private:
    Failures& failures_;
    std::int64_t nth_ = -1;
  };

  Report report_;
  Kernel kernel_;
  Faults faults_;
  std::unique_ptr<ImportTable> imports_;
  std::unique_ptr<Ndis> ndis_;
  std::unique_ptr<DriverImage> image_;
  std::unique_ptr<StartedDriver> driver_;
  std::unique_ptr<Machine> machine_;
  IrpDevice device_;
};

}  // namespace ovs::emulator

// The driver over the whole emulated host without Linux's NICs: kernel, NDIS, switches, and
// adapters whose far side is a test's memory.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "emulator/host/device/irp_device.h"
#include "emulator/ndis/ndis.h"
#include "emulator/nt/driver.h"
#include "emulator/nt/kernel.h"
#include "emulator/vmswitch/virtual_switch.h"
#include "tests/support/datapath_client.h"

namespace ovs::tests {

// A frame at an adapter, and what was left to it.
struct DeliveredFrame {
  std::vector<std::uint8_t> bytes;
  std::uint16_t open_checksum = 0;  // where what is to be summed begins
  std::uint16_t segment_size = 0;
};

// What is behind an adapter: keeps what it is given.
class MemoryNic final : public emulator::NicBackend {
 public:
  void deliver(const emulator::NicFrame& frame) override;
  std::size_t count() const;
  std::vector<std::uint8_t> last() const;
  // All that came since it was last asked.
  std::vector<std::vector<std::uint8_t>> take();
  std::vector<DeliveredFrame> take_delivered();

 private:
  mutable std::mutex mutex_;
  std::vector<DeliveredFrame> frames_;
};

struct Adapter {
  emulator::NicAddress address;
  MacAddress mac;
  std::shared_ptr<MemoryNic> nic;  // DriverHost::make_nic
};

class DriverHost {
 public:
  // The driver's load is given up if its `failing_allocation`-th, from 0, fails it; negative: none
  // fails.
  explicit DriverHost(const emulator::KernelConfig& kernel = {},
                      const emulator::NdisConfig& ndis = {}, std::int64_t failing_allocation = -1);
  DriverHost(const DriverHost&) = delete;
  // Unloads the driver: the kernel judges what is left.
  ~DriverHost();

  // No handle to its device is open.
  void unload();
  // Again, after that.
  void load(std::int64_t failing_allocation = -1);

  emulator::VirtualSwitch& add_switch(const emulator::SwitchSpec& spec);
  // What outlives the switches, and with them every frame that is on its way to it.
  std::shared_ptr<MemoryNic> make_nic();
  // A virtual machine's, on a new port of this OVS name.
  Adapter plug(emulator::VirtualSwitch& at, const std::string& ovs_name,
               emulator::PortKind kind = emulator::PortKind::Synthetic,
               const std::string& adapter_name = "Network Adapter",
               const emulator::NicSpec& like = {});
  // A frame of 64 bytes into the switch.
  void send(emulator::VirtualSwitch& at, const Adapter& from, const MacAddress& to);
  // Waits, at most some seconds, until this adapter has been given so many frames.
  bool wait_for(const Adapter& adapter, std::size_t count);
  // What NETDEV says of a port: "up" or its status.
  std::string link_of(DatapathClient& client, const std::string& port);
  bool wait_for_link(DatapathClient& client, const std::string& port, const std::string& state);

  emulator::Kernel& kernel() { return kernel_; }
  emulator::Ndis& ndis() { return *ndis_; }
  NTSTATUS status() const { return driver_->status(); }
  platform::Device& device() { return device_; }

 private:
  emulator::Kernel kernel_;
  emulator::ImportTable imports_;
  std::unique_ptr<emulator::Ndis> ndis_;
  std::unique_ptr<emulator::DriverImage> image_;
  std::unique_ptr<emulator::StartedDriver> driver_;
  std::vector<std::shared_ptr<MemoryNic>> nics_;
  std::vector<std::unique_ptr<emulator::VirtualSwitch>> switches_;
  emulator::IrpDevice device_{"\\DosDevices\\OpenvSwitchDevice"};
  std::uint8_t next_mac_ = 1;
};

emulator::SwitchSpec private_switch(const std::string& name = "private");

}  // namespace ovs::tests

// The engine in this process over devices that exist only here: for tests of everything above it. A
// frame that a test puts into a device is switched before the call returns, on the caller's thread;
// what the engine sends through a device is handed to its listener. Time is the clock's alone.
// Control comes through device().
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/address.h"
#include "platform/api/clock.h"
#include "platform/api/device.h"

namespace ovs::userdp {

struct DummyDeviceState {
  MacAddress mac;  // aa:55:aa:55:00:NN, in order of creation
  std::uint32_t mtu = 1500;
  bool is_up = true;
  std::uint64_t rx_packets = 0, tx_packets = 0;
  bool attached = false;          // a port of the datapath
  std::uint32_t port_number = 0;  // then its number
};

class DummyDatapath {
 public:
  using Listener = std::function<void(Bytes frame)>;

  // `clock` outlives it. Errors: NoMemory.
  static Result<std::unique_ptr<DummyDatapath>> create(const std::string& name,
                                                       const platform::Clock& clock);
  DummyDatapath(const DummyDatapath&) = delete;
  DummyDatapath& operator=(const DummyDatapath&) = delete;
  // Every handle of device() is closed.
  ~DummyDatapath();

  platform::Device& device();

  // A device exists from its first mention on: here, or as a port's. Exists, and does nothing, if
  // it is there.
  void add_device(std::string_view name);
  // NotFound: no such device. Busy: it is a port.
  Result<void> remove_device(std::string_view name);
  std::vector<std::string> device_names() const;
  Result<DummyDeviceState> state(std::string_view name) const;
  Result<void> set_up(std::string_view name, bool up);
  Result<void> set_mac(std::string_view name, const MacAddress& mac);
  Result<void> set_mtu(std::string_view name, std::uint32_t mtu);
  // Sees each frame that the engine sends through the device; may call receive().
  Result<void> set_listener(std::string_view name, Listener listener);

  // As if this frame had come in on the device. NotFound: no such device. A device that is down, or
  // no port, loses it.
  Result<void> receive(std::string_view name, Bytes frame);
  // Called, on any thread and under locks, when frames that the engine sent by itself (a packet put
  // in over device()) wait for deliver(); it may only remember that.
  void set_waiting_handler(std::function<void()> handler);
  // Hands what waits to listeners, and switches what they put in.
  void deliver();
  // What happens with time: packets that wait for a neighbour, upkeep. After the clock has moved.
  void run();

 private:
  class Impl;
  explicit DummyDatapath(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The datapath's number for a device of this name: its digits, "br…" counting from 100 (p7: 7, br0:
// 100); 65535: none.
std::uint32_t dummy_port_number(std::string_view name);

}  // namespace ovs::userdp

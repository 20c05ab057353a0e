// What the bridge tells an OpenFlow switch about its controllers, what they are told of it, and
// what it hears of them. Plain values, compared member by member so that only differences are
// applied.
#pragma once
#include <cstdint>
#include <optional>
#include <string>

namespace ovs::vswitch {

enum class FailMode : std::uint8_t { Standalone, Secure };
enum class ControllerBand : std::uint8_t { Out, In };
struct ControllerSettings {
  std::string target;  // "tcp:10.0.0.1:6653", "ptcp:6653", "punix:..."
  std::uint64_t max_backoff_ms = 8000;
  std::uint64_t probe_interval_ms = 5000;
  ControllerBand band = ControllerBand::Out;
  bool enable_async = true;
  std::optional<bool> is_primary;  // by `type`; none: by the target
  bool operator==(const ControllerSettings&) const = default;
};
struct ControllerStatus {
  std::string target;
  bool is_connected = false;
  std::string role;   // "other", "master", "slave"
  std::string state;  // "ACTIVE", "BACKOFF"
  std::string last_error;
  std::uint64_t seconds_connected = 0, seconds_disconnected = 0;
};

// What controllers are told of the switch.
struct SwitchDescription {
  std::string manufacturer = "Nicira, Inc.";
  std::string hardware = "Open vSwitch";
  std::string software;  // the version
  std::string serial = "None";
  std::string datapath = "None";
  bool operator==(const SwitchDescription&) const = default;
};

}  // namespace ovs::vswitch

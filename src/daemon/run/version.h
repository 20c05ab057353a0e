// What programs say of themselves. Clients parse the Open vSwitch version, so it names the release
// whose behaviour we have; our own name stands on a line of its own.
#pragma once
#include <string>
#include <string_view>

namespace ovs::daemon {

inline constexpr std::string_view kOpenVSwitchVersion = "3.7.1";
inline constexpr std::string_view kProject = "Open vSwitch for Hyper-V 0.1";

// "ovs-appctl (Open vSwitch) 3.7.1"
inline std::string version_line(std::string_view program) {
  return std::string(program) + " (Open vSwitch) " + std::string(kOpenVSwitchVersion);
}

}  // namespace ovs::daemon

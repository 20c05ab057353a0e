// What Windows knows the driver by: as windows/openvswitch.inf has them.
#pragma once

namespace ovs::driver {

inline constexpr auto& kServiceName = L"OVSExt";                                 // of AddService
inline constexpr auto& kFriendlyName = L"Open vSwitch Extension";                // as people see it
inline constexpr auto& kUniqueName = L"{1A7FA0B7-AAFC-492A-B870-424D1FF85470}";  // NetCfgInstanceId

}  // namespace ovs::driver

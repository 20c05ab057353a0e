// The datapaths behind a device: which there are, making one, removing one.
#pragma once
#include <string>
#include <vector>

#include "platform/api/device.h"
#include "vswitch/dpif/dpif.h"

namespace ovs::vswitch {

DpifResult<std::vector<std::string>> list_datapaths(platform::Device& device);
DpifResult<void> create_datapath(platform::Device& device, const std::string& name);
DpifResult<void> delete_datapath(platform::Device& device, const std::string& name);

}  // namespace ovs::vswitch

#include "tools/ovs-dpctl/device_datapaths.h"

#include <fmt/format.h>

#include <algorithm>

#include "vswitch/dpif/datapath_list.h"
#include "vswitch/dpif/route_feed.h"

namespace ovs::tools::dpctl {

using vswitch::Dpif;
using vswitch::DpifError;
using vswitch::DpifResult;
using vswitch::NetlinkDpif;

DeviceDatapaths::DeviceDatapaths(std::string path, daemon::SocketDeviceTimes times,
                                 daemon::Loop& loop, daemon::Log& log)
    : loop_(loop), log_(log) {
  if (!path.empty()) device_ = std::make_unique<daemon::SocketDevice>(std::move(path), times);
}

DeviceDatapaths::~DeviceDatapaths() = default;

DpifResult<platform::Device*> DeviceDatapaths::device() {
  if (device_ != nullptr) return static_cast<platform::Device*>(device_.get());
  return DpifError{Error::Unsupported,
                   "no device: the environment's OVS_DEVICE names no socket; the datapaths of a "
                   "daemon are reached by ovs-appctl dpctl/..."};
}

DpifResult<std::vector<std::string>> DeviceDatapaths::names() {
  OVS_TRY(platform::Device* const device, this->device());
  OVS_TRY(std::vector<std::string> names, vswitch::list_datapaths(*device));
  for (std::string& name : names) name = "system@" + name;
  return names;
}

DpifResult<Dpif*> DeviceDatapaths::open(const std::string& type, const std::string& name) {
  OVS_TRY(platform::Device* const device, this->device());
  if (type != "system") {
    return DpifError{Error::Unsupported, fmt::format("unknown datapath type '{}'", type)};
  }
  OVS_TRY(const std::vector<std::string> names, vswitch::list_datapaths(*device));
  if (std::find(names.begin(), names.end(), name) == names.end()) {
    return DpifError{Error::NotFound, "no such datapath"};
  }
  OVS_TRY(auto dpif, NetlinkDpif::open(*device, loop_, {type, name, {}}));
  opened_.push_back(std::move(dpif));
  return static_cast<Dpif*>(opened_.back().get());
}

DpifResult<Dpif*> DeviceDatapaths::create(const std::string& type, const std::string& name) {
  OVS_TRY(platform::Device* const device, this->device());
  if (type != "system") {
    return DpifError{Error::Unsupported, fmt::format("unknown datapath type '{}'", type)};
  }
  OVS_TRY(vswitch::create_datapath(*device, name));
  return open(type, name);
}

DpifResult<void> DeviceDatapaths::destroy(const std::string&, const std::string& name) {
  OVS_TRY(platform::Device* const device, this->device());
  return vswitch::delete_datapath(*device, name);
}

DpifResult<std::string> DeviceDatapaths::sync_routes(Dpif& dpif) {
  OVS_TRY(platform::Device* const device, this->device());
  const auto net = platform::SystemNetConfig::create();
  if (!net) return DpifError{Error::Io, "cannot read the host's network configuration"};
  OVS_TRY(auto feed, vswitch::RouteFeed::start(**net, dpif, *device, loop_, log_));
  OVS_TRY(const std::size_t rows, feed->synchronize_now());
  return fmt::format("{}: {} routes, addresses and neighbours\n", dpif.full_name(), rows);
}

}  // namespace ovs::tools::dpctl

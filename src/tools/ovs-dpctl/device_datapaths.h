// The datapaths behind one device, for the dpctl commands of a tool. They are of type "system".
#pragma once
#include <memory>

#include "daemon/device/socket_device.h"
#include "daemon/log/log.h"
#include "daemon/run/loop.h"
#include "platform/posix/net/net_config.h"
#include "vswitch/dpif/dpctl.h"
#include "vswitch/dpif/netlink_dpif.h"

namespace ovs::tools::dpctl {

class DeviceDatapaths final : public vswitch::DpctlDatapaths {
 public:
  // `path` of the device's socket; empty: there is no device. `loop` and `log` outlive it.
  DeviceDatapaths(std::string path, daemon::SocketDeviceTimes times, daemon::Loop& loop,
                  daemon::Log& log);
  ~DeviceDatapaths();

  vswitch::DpifResult<std::vector<std::string>> names() override;
  vswitch::DpifResult<vswitch::Dpif*> open(const std::string& type,
                                           const std::string& name) override;
  vswitch::DpifResult<vswitch::Dpif*> create(const std::string& type,
                                             const std::string& name) override;
  vswitch::DpifResult<void> destroy(const std::string& type, const std::string& name) override;
  vswitch::DpifResult<std::string> sync_routes(vswitch::Dpif& dpif) override;

 private:
  vswitch::DpifResult<platform::Device*> device();

  std::unique_ptr<daemon::SocketDevice> device_;
  daemon::Loop& loop_;
  daemon::Log& log_;
  std::vector<std::unique_ptr<vswitch::NetlinkDpif>> opened_;
};

}  // namespace ovs::tools::dpctl

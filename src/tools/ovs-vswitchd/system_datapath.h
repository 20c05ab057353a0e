// datapath_type=system: the datapath behind the device that the environment names. Its host may
// come late, go and come back: bridges wait for it, and what they had is made again.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "daemon/device/socket_device.h"
#include "daemon/run/program.h"
#include "vswitch/dpif/netlink_dpif.h"
#include "vswitch/dpif/route_feed.h"

namespace ovs::vswitchd {

class SystemDatapath {
 public:
  // `path` of the device's socket. `net` outlives it; null: the datapath is not told of routes.
  SystemDatapath(daemon::Program& program, std::string path, platform::NetConfig* net);

  // The first dpif; nothing else opens one while it lives, and it dies before this. When there is
  // no host yet, `came` is called once there is.
  vswitch::DpifResult<std::unique_ptr<vswitch::Dpif>> open(std::function<void()> came);
  void ports_changed();
  // Before the dpif goes.
  void stop();

 private:
  vswitch::DpifResult<std::string> datapath_name();
  void lose();
  void look();
  void reopen();
  void start_feed();

  daemon::Program& program_;
  platform::NetConfig* net_;
  daemon::LogModule log_;
  daemon::LogLimit limit_{6, 6};
  daemon::SocketDevice device_;
  vswitch::NetlinkDpif* dpif_ = nullptr;
  std::function<void()> came_;
  std::unique_ptr<vswitch::RouteFeed> feed_;
  daemon::Timer timer_;  // runs while there is no host
};

}  // namespace ovs::vswitchd

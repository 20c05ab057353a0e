// The datapaths of the daemon, made on demand by type: behind the device that the environment's
// OVS_DEVICE names ("system"), or in the daemon's own process: the engine over the host's devices
// ("netdev"), or over devices that exist only in memory ("dummy", for tests).
#pragma once
#include <map>
#include <memory>
#include <string>

#include "daemon/run/program.h"
#include "daemon/run/version.h"
#include "platform/posix/net/frame_ports.h"
#include "platform/posix/net/net_config.h"
#include "tools/ovs-vswitchd/dummy_links.h"
#include "tools/ovs-vswitchd/system_datapath.h"
#include "userdp/dummy_datapath.h"
#include "userdp/user_datapath.h"
#include "vswitch/dpif/netlink_dpif.h"
#include "vswitch/dpif/route_feed.h"
#include "vswitch/router/route_table.h"

namespace ovs::vswitchd {

// Which types are dummies: none, "dummy" alone, "system" too, or all.
enum class Dummies : std::uint8_t { None, Dummy, System, Override };

class Datapaths {
 public:
  Datapaths(daemon::Program& program, Dummies dummies, bool use_system_routes);
  ~Datapaths();
  Datapaths(const Datapaths&) = delete;
  Datapaths& operator=(const Datapaths&) = delete;

  // `came` is called when a datapath that could not be opened, because its host is not there, is.
  vswitch::DpifResult<std::unique_ptr<vswitch::Dpif>> open(const std::string& type,
                                                           std::function<void()> came);
  // After a change of configuration: ports may have come or gone.
  void ports_changed();
  // Before the datapaths' dpifs go.
  void stop_feeds();

  // Datapaths beside those of the bridges, for people: with their own port, number 0.
  vswitch::DpifResult<vswitch::Dpif*> create(const std::string& type, const std::string& name);
  vswitch::DpifResult<void> destroy(const std::string& type, const std::string& name);
  std::vector<vswitch::Dpif*> created();

  bool has_dummies() const { return dummies_ != Dummies::None; }
  std::vector<std::string> types() const;
  bool is_behind_device(const std::string& type) const {
    return type == "system" && !is_dummy(type);
  }
  // By the device's name; null if no dummy datapath has such a device.
  userdp::DummyDatapath* dummy_of(std::string_view device);
  std::vector<userdp::DummyDatapath*> dummies();
  // Those of the dummies, which know nothing of the host's.
  vswitch::RouteTable& routes() { return routes_; }
  DummyLinks& links() { return links_; }
  void configure_device(const std::string& device, const DummyLinks::Options& options);

 private:
  bool is_dummy(const std::string& type) const;
  vswitch::DpifResult<std::unique_ptr<vswitch::Dpif>> open_dummy(const std::string& type);
  vswitch::DpifResult<std::unique_ptr<vswitch::Dpif>> open_netdev();
  vswitch::DpifResult<std::unique_ptr<vswitch::Dpif>> open_system(std::function<void()> came);
  vswitch::DpifResult<platform::NetConfig*> net_config();
  vswitch::PortTraits dummy_ports() const;

  // One of create()'s. A dummy or one over the host's devices.
  struct Created {
    std::unique_ptr<userdp::DummyDatapath> dummy;
    std::unique_ptr<userdp::UserDatapath> netdev;
    std::unique_ptr<vswitch::NetlinkDpif> dpif;  // last: it uses the others
  };
  vswitch::DpifResult<Created> make(const std::string& type, const std::string& name);

  daemon::Program& program_;
  Dummies dummies_;
  bool use_system_routes_;
  platform::LinuxFramePorts frame_ports_;
  Owned<platform::SystemNetConfig> net_;
  std::map<std::string, std::unique_ptr<userdp::DummyDatapath>> dummy_datapaths_;
  std::unique_ptr<userdp::UserDatapath> netdev_;
  std::map<std::string, Created> created_;  // by full name
  vswitch::RouteTable routes_;
  DummyLinks links_;  // after the datapaths that it ties
  std::unique_ptr<SystemDatapath> system_;
  std::vector<std::unique_ptr<vswitch::RouteFeed>> feeds_, dummy_feeds_;
};

}  // namespace ovs::vswitchd

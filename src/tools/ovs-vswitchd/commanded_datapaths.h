// The datapaths as the dpctl commands of the daemon see them: those of its bridges, and those that
// the commands made.
#pragma once
#include "tools/ovs-vswitchd/datapaths.h"
#include "vswitch/dpif/dpctl.h"
#include "vswitch/ofproto/switches.h"

namespace ovs::vswitchd {

class CommandedDatapaths final : public vswitch::DpctlDatapaths {
 public:
  // Both outlive it.
  CommandedDatapaths(Datapaths& datapaths, vswitch::Switches& switches)
      : datapaths_(datapaths), switches_(switches) {}

  vswitch::DpifResult<std::vector<std::string>> names() override;
  vswitch::DpifResult<vswitch::Dpif*> open(const std::string& type,
                                           const std::string& name) override;
  vswitch::DpifResult<vswitch::Dpif*> create(const std::string& type,
                                             const std::string& name) override;
  vswitch::DpifResult<void> destroy(const std::string& type, const std::string& name) override;
  vswitch::DpifResult<std::string> sync_routes(vswitch::Dpif& dpif) override;
  // All but the one behind a device.
  std::vector<vswitch::Dpif*> in_process();

 private:
  std::vector<vswitch::Dpif*> all();

  Datapaths& datapaths_;
  vswitch::Switches& switches_;
};

}  // namespace ovs::vswitchd

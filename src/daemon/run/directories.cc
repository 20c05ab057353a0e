// Reading the environment.
#include "daemon/run/directories.h"

#include <cstdlib>

namespace ovs::daemon {
namespace {

void take(const char* variable, std::string& target) {
  const char* value = std::getenv(variable);
  if (value != nullptr && *value != 0) target = value;
}

}  // namespace

Directories Directories::from_environment() {
  Directories result;
  take("OVS_RUNDIR", result.run);
  take("OVS_LOGDIR", result.log);
  take("OVS_PKGDATADIR", result.package_data);
  take("OVS_SYSCONFDIR", result.configuration);
  result.database = result.configuration + "/openvswitch";
  take("OVS_DBDIR", result.database);
  return result;
}

}  // namespace ovs::daemon

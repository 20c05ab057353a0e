// Where Open vSwitch's files are: from the environment (OVS_RUNDIR ...), else where Debian puts
// them.
#pragma once
#include <string>

namespace ovs::daemon {

struct Directories {
  std::string run = "/var/run/openvswitch";   // OVS_RUNDIR: sockets, pidfiles
  std::string log = "/var/log/openvswitch";   // OVS_LOGDIR
  std::string database = "/etc/openvswitch";  // OVS_DBDIR, else OVS_SYSCONFDIR/openvswitch
  std::string configuration = "/etc";         // OVS_SYSCONFDIR
  std::string package_data = "/usr/share/openvswitch";  // OVS_PKGDATADIR: schemas

  static Directories from_environment();
};

}  // namespace ovs::daemon

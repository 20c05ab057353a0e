// Why the datapaths in this process have dropped packets, as counters of coverage/show. Asks them
// when somebody looks; not the one behind a device, whose host counts for itself.
#pragma once
#include <map>
#include <string>

#include "tools/ovs-vswitchd/commanded_datapaths.h"

namespace ovs::vswitchd {

class DropCounters {
 public:
  // Both outlive it; `coverage` is looked at while it lives, and not afterwards.
  DropCounters(daemon::Coverage& coverage, CommandedDatapaths& datapaths);
  DropCounters(const DropCounters&) = delete;

 private:
  using Totals = std::map<std::string, std::uint64_t>;  // by cause

  void update();

  daemon::Coverage& coverage_;
  CommandedDatapaths& datapaths_;
  std::map<std::string, Totals> seen_;  // by the datapath's full name
};

}  // namespace ovs::vswitchd

// What the switches' commands share.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "daemon/control/unixctl.h"
#include "flow/match/port_names.h"
#include "vswitch/ofproto/switches_impl.h"

namespace ovs::vswitch {

Ofproto::Impl* find_bridge(Switches::Impl& switches, std::string_view name);
std::vector<Ofproto::Impl*> bridges_of(Switches::Impl& switches);  // by name

// Names of a datapath's ports, as they are now.
class DatapathPortNames final : public flow::PortNames {
 public:
  explicit DatapathPortNames(Dpif& dpif);
  std::optional<std::string> name(std::uint32_t number) const override;
  std::optional<std::uint32_t> number(std::string_view name) const override;
  std::optional<std::string> type(DpPort number) const;

 private:
  std::vector<DpifPort> ports_;
};

void trace_command(Switches::Impl& switches, daemon::ControlCall& call);

}  // namespace ovs::vswitch

// A datapath flow as dpctl/dump-flows and dpif/dump-flows print it, and what they print of ports
// and statistics. Pure text.
#pragma once
#include <map>
#include <string>

#include "flow/match/odp_text.h"
#include "vswitch/dpif/dpif.h"

namespace ovs::vswitch {

// The names of a datapath's ports, as of one moment.
class DpPortNames final : public flow::PortNames {
 public:
  explicit DpPortNames(const std::vector<DpifPort>& ports);
  // None if the datapath does not tell.
  explicit DpPortNames(Dpif& dpif);
  std::optional<std::string> name(std::uint32_t number) const override;
  std::optional<std::uint32_t> number(std::string_view name) const override;
  std::optional<std::string> type(DpPort number) const;

 private:
  std::map<std::uint32_t, DpifPort> ports_;
  std::map<std::string, std::uint32_t, std::less<>> numbers_;
};

struct FlowTextOptions {
  flow::OdpStyle style = flow::OdpStyle::Normal;
  flow::OdpDialect dialect = flow::OdpDialect::Kernel;
  const DpPortNames* names = nullptr;  // null: numbers
  bool with_ufid = false;
  std::string_view ufid_end = ", ";  // dpif/dump-flows has a space alone
  std::string_view source;           // "dp:ovs", before the actions; empty: not said
};

// How a datapath of this type speaks of keys.
flow::OdpDialect dialect_of(std::string_view dpif_type);
// "[ufid:..., ]KEY, packets:0, bytes:0, used:never[, flags:S], [dp:ovs, ]actions:2"
std::string format_flow(const DpifFlow& flow, std::uint64_t now_ms, const FlowTextOptions& options);
// "packets:0, bytes:0, used:never"
std::string format_flow_stats(const DpifFlowStats& stats, std::uint64_t now_ms);
// "6578f5e0-d9aa-464c-939d-8cad1cf51479"
std::string format_ufid(const Ufid& ufid);
std::optional<Ufid> parse_ufid(std::string_view text);
// "SFPRU.", "none" for no flag.
std::string format_tcp_flags(std::uint16_t flags);

}  // namespace ovs::vswitch

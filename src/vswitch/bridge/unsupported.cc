#include "vswitch/bridge/unsupported.h"

#include <fmt/format.h>

namespace ovs::vswitch {

using ovsdb::Datum;

namespace {

// When a column asks for something.
enum class When : std::uint8_t {
  Present,    // any value
  True,       // a boolean that is true
  Positive,   // a number above 0
  Equal,      // the string `text`
  Other,      // a string other than `text`
  Enabled,    // a map whose key `text` is "true"
  StartsWith  // a string that begins with `text`
};

struct Row {
  std::string_view table, column;
  When when;
  std::string_view text = {};
};

constexpr Row kRows[] = {
    {"Open_vSwitch", "ssl", When::Present},
    {"Open_vSwitch", "other_config", When::Enabled, "flow-restore-wait"},
    {"Open_vSwitch", "other_config", When::Enabled, "dpdk-init"},
    {"Open_vSwitch", "other_config", When::Enabled, "hw-offload"},
    {"Open_vSwitch", "other_config", When::Enabled, "enable-statistics"},
    {"Bridge", "other_config", When::Enabled, "forward-bpdu"},
    {"Bridge", "mirrors", When::Present},
    {"Bridge", "netflow", When::Present},
    {"Bridge", "sflow", When::Present},
    {"Bridge", "ipfix", When::Present},
    {"Bridge", "auto_attach", When::Present},
    {"Bridge", "flow_tables", When::Present},
    {"Bridge", "stp_enable", When::True},
    {"Bridge", "rstp_enable", When::True},
    {"Bridge", "mcast_snooping_enable", When::True},
    {"Port", "qos", When::Present},
    {"Port", "cvlans", When::Present},
    {"Port", "lacp", When::Other, "off"},
    {"Port", "vlan_mode", When::Equal, "dot1q-tunnel"},
    {"Interface", "bfd", When::Enabled, "enable"},
    {"Interface", "lldp", When::Enabled, "enable"},
    {"Interface", "cfm_mpid", When::Present},
    {"Interface", "ingress_policing_rate", When::Positive},
    {"Interface", "ingress_policing_kpkts_rate", When::Positive},
    {"Controller", "target", When::StartsWith, "ssl:"},
    {"Controller", "target", When::StartsWith, "pssl:"},
    {"Controller", "controller_rate_limit", When::Positive},
};

bool asks(const Row& row, const Datum& datum) {
  if (datum.empty()) return false;
  switch (row.when) {
    case When::Present: return true;
    case When::True: return datum.key(0).boolean();
    case When::Positive: return datum.key(0).integer() > 0;
    case When::Equal: return datum.key(0).string() == row.text;
    case When::Other: return datum.key(0).string() != row.text;
    case When::Enabled: return datum.text_of(row.text) == "true";
    case When::StartsWith: return datum.key(0).string().substr(0, row.text.size()) == row.text;
  }
  return false;
}

std::string name_of(const Row& row) {
  switch (row.when) {
    case When::Present:
    case When::True:
    case When::Positive:
    case When::Other: return std::string(row.column);
    case When::Equal: return fmt::format("{}={}", row.column, row.text);
    case When::Enabled: return fmt::format("{}:{}", row.column, row.text);
    case When::StartsWith: return fmt::format("{} {}", row.column, row.text);
  }
  return {};
}

}  // namespace

std::vector<std::string> unsupported_settings(const ovsdb::ReplicaRow& row) {
  std::vector<std::string> names;
  for (const Row& known : kRows) {
    if (known.table != row.table().schema().name) continue;
    if (asks(known, row[known.column])) names.push_back(name_of(known));
  }
  return names;
}

}  // namespace ovs::vswitch

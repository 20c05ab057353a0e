#include "vswitch/bridge/safe_names.h"

#include <fmt/format.h>

namespace ovs::vswitch {

namespace {

constexpr std::string_view kReservedNames[] = {"ovs-netdev", "ovs-dummy", "ovs-system"};
constexpr std::string_view kReservedPrefixes[] = {"genev_sys", "gre_sys", "vxlan_sys"};

bool has_step_up(std::string_view path) {
  return path.find("..") != std::string_view::npos;
}

}  // namespace

std::string refused_controller(std::string_view target, std::string_view bridge,
                               std::string_view run_directory) {
  const bool listens = target.starts_with("punix:");
  if (!listens && !target.starts_with("unix:")) return {};
  const std::string_view path = target.substr(target.find(':') + 1);
  const std::string allowed =
      listens ? fmt::format("{}/{}.", run_directory, bridge) : fmt::format("{}/", run_directory);
  const bool is_absolute = path.starts_with('/');
  const std::string whole =
      is_absolute ? std::string(path) : fmt::format("{}/{}", run_directory, path);
  const bool is_inside = whole.starts_with(allowed) && !has_step_up(whole) &&
                         (!listens || whole.find('/', allowed.size()) == std::string::npos);
  if (is_inside) return {};
  return fmt::format(
      "Not adding Unix domain socket controller \"{}\": its path must begin with \"{}\"; "
      "\"unix:{}/{}.mgmt\" is always there",
      target, allowed, run_directory, bridge);
}

bool is_reserved_port_name(std::string_view name) {
  for (const std::string_view reserved : kReservedNames) {
    if (name == reserved) return true;
  }
  for (const std::string_view prefix : kReservedPrefixes) {
    if (name.starts_with(prefix)) return true;
  }
  return false;
}

}  // namespace ovs::vswitch

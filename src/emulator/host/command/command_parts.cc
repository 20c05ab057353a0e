#include "emulator/host/command/command_parts.h"

#include <cstdio>

namespace ovs::emulator {

using wire::Json;

namespace {

// The filter and its service as the driver's package names them.
constexpr std::string_view kExtensionNames[] = {"openvswitch", "OVSExt",
                                                "{1A7FA0B7-AAFC-492A-B870-424D1FF85470}"};

std::string_view mode_text(VlanMode mode) {
  switch (mode) {
    case VlanMode::Untagged: return "Untagged";
    case VlanMode::Access: return "Access";
    case VlanMode::Trunk: return "Trunk";
  }
  return "";
}

Json text_or_null(std::string_view text) {
  return text.empty() ? Json() : Json(text);
}

Json counters_of(const HostNicCounters& counters) {
  return Json::object("FromSystemFrames", counters.from_system_frames, "FromSystemBytes",
                      counters.from_system_bytes, "FromSystemLarge", counters.from_system_large,
                      "FromSystemRefused", counters.from_system_refused, "ToSystemFrames",
                      counters.to_system_frames, "ToSystemBytes", counters.to_system_bytes,
                      "ToSystemLarge", counters.to_system_large, "ToSystemDropped",
                      counters.to_system_dropped, "NotTaken", counters.not_taken);
}

}  // namespace

std::string mac_text(const MacAddress& mac) {
  char text[13];
  const auto* b = mac.bytes.items;
  std::snprintf(text, sizeof text, "%02X%02X%02X%02X%02X%02X", b[0], b[1], b[2], b[3], b[4], b[5]);
  return text;
}

std::string_view kind_text(SwitchKind kind) {
  switch (kind) {
    case SwitchKind::External: return "External";
    case SwitchKind::Internal: return "Internal";
    case SwitchKind::Private: return "Private";
  }
  return "";
}

// "1-10,12"
std::string vlan_list_text(const VlanPolicy& policy) {
  if (policy.mode == VlanMode::Untagged) return "";
  if (policy.mode == VlanMode::Access) return std::to_string(policy.access);
  std::string text = std::to_string(policy.native) + ",";
  for (std::size_t from = 0; from < policy.trunk.size(); ++from) {
    if (!policy.trunk[from]) continue;
    std::size_t to = from;
    while (to + 1 < policy.trunk.size() && policy.trunk[to + 1]) ++to;
    if (text.back() != ',') text += ',';
    text += std::to_string(from) + (to > from ? "-" + std::to_string(to) : "");
    from = to;
  }
  return text;
}

bool names_extension(std::string_view name, const ExtensionView& extension) {
  if (extension.name.empty()) return false;
  if (equal_ignoring_case(name, extension.name)) return true;
  for (const std::string_view known : kExtensionNames) {
    if (equal_ignoring_case(name, known)) return true;
  }
  return false;
}

Record switch_record(const MachineSwitch& each) {
  Json links = Json::empty_array();
  std::string description;
  for (const MachineUplink& uplink : each.physical) {
    links.elements().emplace_back(uplink.nic->link());
    description += (description.empty() ? "" : ", ") + uplink.nic->link();
  }
  Record record;
  record.emplace_back("Name", each.name);
  record.emplace_back("SwitchType", kind_text(each.kind));
  record.emplace_back("NetAdapterInterfaceDescription", text_or_null(description));
  record.emplace_back("NetAdapterInterfaceDescriptions", std::move(links));
  record.emplace_back("EmbeddedTeamingEnabled", each.physical.size() > 1);
  record.emplace_back("AllowManagementOS", each.allow_management_os);
  record.emplace_back("Id", each.id);
  return record;
}

Answer switch_answer(std::vector<Record> records) {
  Answer answer;
  answer.columns = {"Name", "SwitchType", "NetAdapterInterfaceDescription"};
  answer.records = std::move(records);
  return answer;
}

Record extension_record(const MachineSwitch& each) {
  const ExtensionView extension = each.door->view().extension;
  Record record;
  record.emplace_back("Id", "1A7FA0B7-AAFC-492A-B870-424D1FF85470");
  record.emplace_back("Name", extension.name);
  record.emplace_back("ExtensionType", "Forwarding");
  record.emplace_back("SwitchId", each.id);
  record.emplace_back("SwitchName", each.name);
  record.emplace_back("Enabled", extension.enabled);
  record.emplace_back("Running", extension.running);
  return record;
}

Record adapter_record(const MachineAdapter& each) {
  const bool is_plugged = each.plugged != nullptr;
  Record record;
  record.emplace_back("Name", each.name);
  record.emplace_back("IsManagementOs", each.is_management());
  record.emplace_back("VMName", text_or_null(each.vm));
  record.emplace_back("SwitchName", text_or_null(is_plugged ? each.plugged->name : ""));
  record.emplace_back("MacAddress", mac_text(each.mac));
  record.emplace_back("Status", Json::array(each.nic->has_gone() ? "LostCommunication" : "Ok"));
  record.emplace_back("OVSPortName", text_or_null(each.ovs_port));
  record.emplace_back("Namespace", text_or_null(each.name_space));
  record.emplace_back("Link", each.nic->link());
  record.emplace_back("Connected", is_plugged);
  record.emplace_back("PortId", is_plugged ? Json(std::uint32_t(each.port)) : Json());
  record.emplace_back("Mtu", each.nic->mtu());
  record.emplace_back("MacAddressSpoofing", each.security.allow_mac_spoofing ? "On" : "Off");
  record.emplace_back("VirtualSubnetId", each.security.virtual_subnet);
  record.emplace_back("Offload", offload_text(each.offloads));
  record.emplace_back("VlanMode", mode_text(each.vlan.mode));
  record.emplace_back("VlanList", text_or_null(vlan_list_text(each.vlan)));
  record.emplace_back("Counters", counters_of(each.nic->counters()));
  record.emplace_back("Id", each.id);
  return record;
}

Answer adapter_answer(std::vector<Record> records) {
  Answer answer;
  answer.columns = {"Name",       "IsManagementOs", "VMName",      "SwitchName",
                    "MacAddress", "Status",         "OVSPortName", "Link"};
  answer.records = std::move(records);
  return answer;
}

Record vlan_record(const MachineAdapter& each) {
  Record record;
  record.emplace_back("VMName", text_or_null(each.vm));
  record.emplace_back("VMNetworkAdapterName", each.name);
  record.emplace_back("Mode", mode_text(each.vlan.mode));
  record.emplace_back("VlanList", text_or_null(vlan_list_text(each.vlan)));
  return record;
}

std::string_view offload_text(const NicOffloads& offloads) {
  if (!offloads.checksum) return "None";
  return offloads.segmentation ? "LargeSend" : "Checksum";
}

std::string_view isolation_text(IsolationMode mode) {
  switch (mode) {
    case IsolationMode::None: return "None";
    case IsolationMode::NativeVirtualSubnet: return "NativeVirtualSubnet";
    case IsolationMode::ExternalVirtualSubnet: return "ExternalVirtualSubnet";
    case IsolationMode::Vlan: return "Vlan";
  }
  return "";
}

Record isolation_record(const MachineAdapter& each) {
  Record record;
  record.emplace_back("VMName", text_or_null(each.vm));
  record.emplace_back("VMNetworkAdapterName", each.name);
  record.emplace_back("IsolationMode", isolation_text(each.isolation.mode));
  record.emplace_back("DefaultIsolationID", each.isolation.default_id);
  record.emplace_back("AllowUntaggedTraffic", each.isolation.allow_untagged);
  return record;
}

AdapterChoice choice_of(const Arguments& arguments) {
  AdapterChoice choice;
  choice.vm = arguments.text("vm-name");
  choice.name = arguments.text(arguments.has("name") ? "name" : "vm-network-adapter-name");
  choice.management = arguments.flag("management-os");
  return choice;
}

}  // namespace ovs::emulator

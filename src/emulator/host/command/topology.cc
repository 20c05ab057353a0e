// The drawing: each switch, and behind each of its ports who is there.
#include "emulator/host/command/command_parts.h"

namespace ovs::emulator {

namespace {

struct Line {
  std::string name, what, state;
};

std::string extension_text(const ExtensionView& extension) {
  if (extension.name.empty() || !extension.enabled) return "no extension: it forwards by itself";
  return extension.name + (extension.running ? ", running" : ", enabled, not running");
}

Line physical_line(const MachineUplink& uplink, bool is_team) {
  Line line{uplink.nic->link(), is_team ? "physical NIC of a team" : "physical NIC", ""};
  if (!uplink.nic->has_carrier()) line.state = uplink.is_in ? "no carrier" : "no carrier, out";
  if (uplink.nic->has_gone()) line.state = "gone";
  return line;
}

Line adapter_line(const MachineAdapter& adapter) {
  Line line;
  line.name = adapter.is_management() ? management_name(adapter.name)
                                      : adapter.vm + " \"" + adapter.name + "\"";
  line.what =
      adapter.is_management() ? "management OS, " : "namespace " + adapter.name_space + ", ";
  line.what += adapter.nic->link();
  if (!adapter.ovs_port.empty()) line.state += "OVS port " + adapter.ovs_port;
  if (const std::string vlans = vlan_list_text(adapter.vlan); !vlans.empty())
    line.state += (line.state.empty() ? "" : ", ") + ("VLAN " + vlans);
  if (adapter.isolation.mode != IsolationMode::None) {
    line.state += (line.state.empty() ? "" : ", ") + std::string("isolation ") +
                  std::string(isolation_text(adapter.isolation.mode)) + " " +
                  std::to_string(adapter.isolation.default_id);
  }
  if (adapter.saved) line.state += line.state.empty() ? "saved" : ", saved";
  if (adapter.nic->has_gone()) line.state += line.state.empty() ? "gone" : ", gone";
  return line;
}

void append_lines(std::string& text, const std::vector<Line>& lines) {
  std::size_t name_width = 0, what_width = 0;
  for (const Line& line : lines) {
    name_width = std::max(name_width, line.name.size());
    what_width = std::max(what_width, line.what.size());
  }
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const Line& line = lines[i];
    std::string row = (i + 1 == lines.size() ? "  └─ " : "  ├─ ") + line.name;
    row += std::string(name_width - line.name.size() + 2, ' ') + line.what;
    row += std::string(what_width - line.what.size() + 2, ' ') + line.state;
    row.erase(row.find_last_not_of(' ') + 1);
    text += row + "\n";
  }
}

wire::Json members_json(const Machine& machine, const MachineSwitch* of) {
  wire::Json members = wire::Json::empty_array();
  if (of != nullptr) {
    for (const MachineUplink& uplink : of->physical)
      members.elements().push_back(
          wire::Json::object("Kind", "Physical", "Link", uplink.nic->link(), "Carrier",
                             uplink.nic->has_carrier(), "InSwitch", uplink.is_in));
  }
  for (const auto& adapter : machine.adapters()) {
    if (adapter->plugged != of) continue;
    wire::JsonObject member;
    member.append("Kind", adapter->is_management() ? "ManagementOS" : "VM");
    for (const auto& [name, value] : adapter_record(*adapter)) member.append(name, value.clone());
    members.elements().emplace_back(std::move(member));
  }
  return members;
}

// The adapters that are plugged into `of`; null: into none.
std::vector<Line> adapter_lines(const Machine& machine, const MachineSwitch* of) {
  std::vector<Line> lines;
  for (const auto& adapter : machine.adapters()) {
    if (adapter->plugged == of) lines.push_back(adapter_line(*adapter));
  }
  return lines;
}

void draw_switch(const Machine& machine, const MachineSwitch& each, Answer& answer) {
  answer.drawing += each.name + "  " + std::string(kind_text(each.kind)) + " switch; " +
                    extension_text(each.door->view().extension) + "\n";
  std::vector<Line> lines;
  for (const MachineUplink& uplink : each.physical)
    lines.push_back(physical_line(uplink, each.physical.size() > 1));
  for (Line& line : adapter_lines(machine, &each)) lines.push_back(std::move(line));
  append_lines(answer.drawing, lines);
  Record record = switch_record(each);
  record.emplace_back("Members", members_json(machine, &each));
  answer.records.push_back(std::move(record));
}

}  // namespace

CommandResult<Answer> topology(Machine& machine, const Arguments&) {
  Answer answer;
  for (const auto& each : machine.switches()) draw_switch(machine, *each, answer);
  const std::vector<Line> loose = adapter_lines(machine, nullptr);
  if (!loose.empty()) {
    answer.drawing += "not connected\n";
    append_lines(answer.drawing, loose);
    Record record;
    record.emplace_back("Name", wire::Json());
    record.emplace_back("Members", members_json(machine, nullptr));
    answer.records.push_back(std::move(record));
  }
  if (answer.drawing.empty()) answer.drawing = "no switch and no adapter\n";
  return answer;
}

}  // namespace ovs::emulator

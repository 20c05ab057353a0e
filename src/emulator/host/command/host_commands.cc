#include "emulator/host/command/host_commands.h"

#include <iterator>

#include "emulator/host/command/command_parts.h"

namespace ovs::emulator {

namespace {

std::vector<HostCommand> make_commands() {
  std::vector<HostCommand> all;
  for (auto* part : {switch_commands, extension_commands, adapter_commands, setting_commands,
                     vm_commands, fault_commands}) {
    std::vector<HostCommand> some = part();
    all.insert(all.end(), std::move_iterator(some.begin()), std::move_iterator(some.end()));
  }
  all.push_back({{"topology", "draws what is connected to what", {}}, topology});
  return all;
}

}  // namespace

const std::vector<HostCommand>& host_commands() {
  static const std::vector<HostCommand> kCommands = make_commands();
  return kCommands;
}

const HostCommand* find_host_command(std::string_view name) {
  for (const HostCommand& command : host_commands()) {
    if (equal_ignoring_case(command.spec.name, name)) return &command;
  }
  return nullptr;
}

CommandResult<Answer> run_host_command(const HostCommand& command, Machine& machine,
                                       std::span<const std::string> words) {
  OVS_TRY(const Arguments arguments, parse_arguments(command.spec, words));
  auto answer = command.run(machine, arguments);
  if (!answer) return CommandError{std::string(command.spec.name) + ": " + answer.error().text};
  return answer;
}

}  // namespace ovs::emulator

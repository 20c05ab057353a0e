// The commands of an emulated host, named and answered as Hyper-V's cmdlets: their parameters, and
// what each does to the Machine. Printing and transport are others'.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "emulator/host/command/parameters.h"
#include "emulator/host/command/records.h"
#include "emulator/host/machine/machine.h"

namespace ovs::emulator {

struct HostCommand {
  CommandSpec spec;
  CommandResult<Answer> (*run)(Machine& machine, const Arguments& arguments);
};

// In the order in which help lists them.
const std::vector<HostCommand>& host_commands();
// By its name in any case; null if there is none.
const HostCommand* find_host_command(std::string_view name);
// Errors begin with the command's name.
CommandResult<Answer> run_host_command(const HostCommand& command, Machine& machine,
                                       std::span<const std::string> words);

}  // namespace ovs::emulator

// What Get-VMNetworkAdapter says, as the input of the next command: PowerShell's
// `Get-VMNetworkAdapter VM1 | Set-VMNetworkAdapterOVSPort ...`. Asks no host.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "emulator/host/command/parameters.h"

namespace ovs::hvemu {

// The words that name each adapter of `text`, the JSON of Get-VMNetworkAdapter, to `command`.
// Errors: it is no such JSON, or has no adapter.
Result<std::vector<std::vector<std::string>>, emulator::CommandError> piped_adapters(
    const emulator::CommandSpec& command, std::string_view text);

// Whether `arguments` leave open which adapter is meant, and standard input is a pipe to read it
// from.
bool wants_pipe(const emulator::CommandSpec& command, const emulator::Arguments& arguments);
// All of standard input.
std::string read_pipe();

}  // namespace ovs::hvemu

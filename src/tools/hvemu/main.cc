// hvemu: an emulated Hyper-V host, and its administrator's commands. What it does is in
// emulator/host; here are the two programs in one, the host and its client.
#include <fmt/format.h>

#include "daemon/run/version.h"
#include "emulator/host/command/host_commands.h"
#include "tools/common/system.h"
#include "tools/hvemu/client.h"
#include "tools/hvemu/host.h"

namespace ovs::hvemu {
namespace {

std::string usage() {
  std::string text =
      "hvemu: an emulated Hyper-V host, for Open vSwitch's driver\n"
      "usage: hvemu host --dir D [--driver=PATH] [OPTION]...\n"
      "       hvemu COMMAND --dir D [--format=json] [--timeout=S] [PARAMETER]...\n\n"
      "  host                           be the host\n";
  for (const emulator::HostCommand& command : emulator::host_commands())
    text += fmt::format("  {:<30} {}\n", command.spec.name, command.spec.summary);
  text +=
      "\nEach is explained by hvemu COMMAND --help. Commands are called as Hyper-V's cmdlets, and "
      "take\n"
      "their parameters also as -SwitchName NAME.\n";
  return text;
}

int run(int argc, char** argv) {
  tools::System system;
  daemon::Program program(system.parts(), argc > 0 ? argv[0] : "hvemu");
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  if (!words.empty() && words.front() == "host") {
    argv[1] = argv[0];
    return run_host(program, argc - 1, argv + 1);
  }
  if (!words.empty() && !words.front().starts_with('-')) return run_client(program, words);
  const auto operands = program.parse(argc, argv, usage());
  if (!operands) return operands.error();
  return program.fail("a command is required; hvemu --help lists them");
}

}  // namespace
}  // namespace ovs::hvemu

int main(int argc, char** argv) {
  return ovs::hvemu::run(argc, argv);
}

#include "tools/hvemu/piped.h"

#include <sys/stat.h>
#include <unistd.h>

#include "wire/json/parse.h"

namespace ovs::hvemu {

namespace {

using emulator::CommandError;
using emulator::CommandSpec;
using wire::Json;

constexpr std::string_view kVmName = "vm-name", kManagement = "management-os";

// Of set- commands it is longer.
std::string_view name_parameter(const CommandSpec& command) {
  constexpr std::string_view kLong = "vm-network-adapter-name";
  for (const emulator::Parameter& parameter : command.parameters) {
    if (parameter.name == kLong) return kLong;
  }
  return "name";
}

Result<std::vector<std::string>, CommandError> words_of(const CommandSpec& command,
                                                        const Json& adapter) {
  const Json* const name = adapter.find("Name");
  const Json* const vm = adapter.find("VMName");
  if (name == nullptr || !name->is_string() || vm == nullptr)
    return CommandError{"what comes through the pipe is no network adapter"};
  std::vector<std::string> words = {"--" + std::string(name_parameter(command)),
                                    std::string(name->string())};
  if (vm->is_string()) {
    words.insert(words.end(), {"--" + std::string(kVmName), std::string(vm->string())});
  } else {
    words.push_back("--" + std::string(kManagement));
  }
  return words;
}

}  // namespace

Result<std::vector<std::vector<std::string>>, CommandError> piped_adapters(
    const CommandSpec& command, std::string_view text) {
  const auto json = wire::parse_json(text);
  if (!json || !json->is_array())
    return CommandError{"the pipe brings no JSON: say Get-VMNetworkAdapter --format=json"};
  std::vector<std::vector<std::string>> adapters;
  for (const Json& each : json->elements()) {
    OVS_TRY(auto words, words_of(command, each));
    adapters.push_back(std::move(words));
  }
  if (adapters.empty()) return CommandError{"no network adapter comes through the pipe"};
  return adapters;
}

bool wants_pipe(const CommandSpec& command, const emulator::Arguments& arguments) {
  if (command.pipe != emulator::PipeInput::Adapters) return false;
  for (const std::string_view name : {kVmName, kManagement, name_parameter(command)}) {
    if (arguments.has(name)) return false;
  }
  struct stat input = {};
  return fstat(STDIN_FILENO, &input) == 0 && S_ISFIFO(input.st_mode);
}

std::string read_pipe() {
  constexpr std::size_t kMost = 16u << 20;
  std::string text;
  char part[4096];
  for (ssize_t got = 0; text.size() < kMost && (got = read(STDIN_FILENO, part, sizeof part)) > 0;)
    text.append(part, std::size_t(got));
  return text;
}

}  // namespace ovs::hvemu

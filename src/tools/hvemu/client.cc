#include "tools/hvemu/client.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>

#include "daemon/control/client.h"
#include "emulator/host/command/host_commands.h"
#include "tools/common/timeout.h"
#include "tools/hvemu/piped.h"
#include "wire/json/write.h"

namespace ovs::hvemu {

namespace {

using emulator::HostCommand;

// What every command takes beside its own parameters.
const emulator::CommandSpec kCommon = {"hvemu",
                                       "",
                                       {{"dir", "D", emulator::ParameterKind::Text,
                                         emulator::kNamedOnly, emulator::Need::Optional, ""},
                                        {"format", "F", emulator::ParameterKind::Text,
                                         emulator::kNamedOnly, emulator::Need::Optional, ""},
                                        {"timeout", "S", emulator::ParameterKind::Number,
                                         emulator::kNamedOnly, emulator::Need::Optional, ""},
                                        {"help", "", emulator::ParameterKind::Boolean,
                                         emulator::kNamedOnly, emulator::Need::Optional, ""}}};

// The words that name one of kCommon's parameters exactly, with their values, and the others.
struct SplitWords {
  std::vector<std::string> common, own;
};

SplitWords split(const std::vector<std::string>& words) {
  SplitWords parts;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string& word = words[i];
    const std::string name = word.substr(0, word.find('='));
    const bool takes_value = name == "--dir" || name == "--format" || name == "--timeout";
    const bool is_common = takes_value || name == "--help" || name == "-h";
    (is_common ? parts.common : parts.own).push_back(name == "-h" ? "--help" : word);
    if (takes_value && name == word && i + 1 < words.size()) parts.common.push_back(words[++i]);
  }
  return parts;
}

int show(daemon::Program& program, const daemon::ControlReply& reply) {
  if (reply.is_error) {
    return program.fail(reply.body.is_string() ? std::string(reply.body.string())
                                               : wire::json_text(reply.body));
  }
  std::string text = reply.body.is_string() ? std::string(reply.body.string())
                                            : wire::json_text(reply.body, wire::JsonStyle::Pretty);
  if (!text.empty() && text.back() != '\n') text += '\n';
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}

class Question {
 public:
  Question(daemon::Program& program, std::string folder, std::uint64_t timeout_s)
      : program_(program), folder_(std::move(folder)), timeout_s_(timeout_s) {}

  int ask(const std::string& command, const std::vector<std::string>& words, bool as_json) {
    Maybe<std::uint64_t> timeout_ms;
    if (timeout_s_ != 0) timeout_ms = timeout_s_ * 1000;
    auto client = daemon::ControlClient::connect(control_path(folder_), timeout_ms);
    if (!client) {
      return program_.fail(
          fmt::format("no host answers at {} ({}); start one with: hvemu host --dir {}",
                      control_path(folder_), client.error().text(), folder_));
    }
    if (as_json) {
      const auto set = client->transact("set-options", {"--format", "json"});
      if (!set || set->is_error) return program_.fail("the host does not speak JSON");
    }
    const auto reply = client->transact(command, words);
    if (reply) return show(program_, *reply);
    if (reply.error().number == ETIMEDOUT) return tools::Timeout::expire(program_);
    return program_.fail(fmt::format("the host has gone ({})", reply.error().text()));
  }

 private:
  daemon::Program& program_;
  std::string folder_;
  std::uint64_t timeout_s_;
};

// Once for each adapter that the pipe brings, until one fails.
int ask_for_each(daemon::Program& program, Question& question, const HostCommand& command,
                 const std::vector<std::string>& words) {
  const auto adapters = piped_adapters(command.spec, read_pipe());
  if (!adapters) return program.fail(adapters.error().text);
  int status = 0;
  for (std::size_t i = 0; i < adapters->size() && status == 0; ++i) {
    std::vector<std::string> all = (*adapters)[i];
    all.insert(all.end(), words.begin(), words.end());
    status = question.ask(std::string(command.spec.name), all, false);
  }
  return status;
}

}  // namespace

std::string control_path(const std::string& folder) {
  return folder + "/hvemu.ctl";
}

std::string default_folder() {
  const char* value = std::getenv("HVEMU_DIR");
  return value == nullptr ? "" : value;
}

int run_client(daemon::Program& program, const std::vector<std::string>& words) {
  const HostCommand* command = emulator::find_host_command(words.front());
  if (command == nullptr)
    return program.fail("there is no command \"" + words.front() + "\"; hvemu --help lists them");
  const SplitWords parts = split(words);
  const auto common = emulator::parse_arguments(kCommon, parts.common);
  if (!common) return program.fail(common.error().text);
  if (common->flag("help")) {
    fmt::print("{}", emulator::help_of(command->spec, program.name()));
    return 0;
  }
  const std::string& format = common->text("format");
  if (!format.empty() && format != "json" && format != "text")
    return program.fail("--format is text or json");
  // What can be seen to be wrong without a host is said without one.
  const auto checked = emulator::parse_arguments(command->spec, parts.own);
  if (!checked) return program.fail(checked.error().text);
  const std::string folder = common->has("dir") ? common->text("dir") : default_folder();
  if (folder.empty()) return program.fail("--dir is required: the folder of the host");
  Question question(program, folder, common->number("timeout"));
  if (wants_pipe(command->spec, *checked))
    return ask_for_each(program, question, *command, parts.own);
  return question.ask(std::string(command->spec.name), parts.own, format == "json");
}

}  // namespace ovs::hvemu

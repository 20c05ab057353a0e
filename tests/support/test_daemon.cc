// A daemon that does nothing but what every daemon does: what tests of tools and of daemon/ talk
// to. Its own commands: echo (its arguments back), block (answers when it ends).
#include <fmt/format.h>

#include "daemon/run/program.h"
#include "tools/common/system.h"

namespace {

using namespace ovs;
using daemon::ControlCall;

void add_commands(daemon::Program& program, std::vector<ControlCall>& blocked) {
  program.control().add("echo", "[ARG]...", 0, daemon::ControlServer::kAnyNumber,
                        [](ControlCall call) {
                          std::string text = "[";
                          for (std::size_t i = 1; i < call.arguments().size(); ++i) {
                            text += fmt::format("{}'{}'", i == 1 ? "" : ", ", call.argument(i));
                          }
                          call.reply(text + "]");
                        });
  program.control().add("block", "", 0, 0,
                        [&blocked](ControlCall call) { blocked.push_back(std::move(call)); });
  program.control().add("crash", "", 0, 0, [](ControlCall) { __builtin_trap(); });
}

}  // namespace

int main(int argc, char** argv) {
  tools::System system;
  daemon::Program program(system.parts(), argv[0]);
  bool enable_dummy = false;
  program.options().flag("enable-dummy", 0, enable_dummy);
  program.add_log_options();
  program.add_daemon_options();
  const auto operands = program.parse(argc, argv, "usage: test-daemon [OPTION]...\n");
  if (!operands.ok()) return operands.error();
  const auto started = program.start();
  if (!started.ok()) return program.fail(started.error().text);
  std::vector<ControlCall> blocked;
  add_commands(program, blocked);
  if (enable_dummy) program.enable_time_commands();
  program.ready();
  return program.run();
}

#include "emulator/host/command/control.h"

#include <memory>

namespace ovs::emulator {

using daemon::ControlCall;

namespace {

void answer(ControlCall& call, const CommandResult<Answer>& result) {
  if (!result) return call.reply_error(result.error().text);
  if (call.format() == daemon::ControlFormat::Json) return call.reply_json(result->json());
  call.reply(result->text());
}

}  // namespace

HostControl::HostControl(Machine& machine, daemon::ControlServer& server, daemon::Loop& loop)
    : machine_(machine), server_(server), loop_(loop), thread_([this] { machine_.watch(); }) {
  for (const HostCommand& command : host_commands()) {
    const std::string& usage = usages_.emplace_back(usage_of(command.spec));
    server.add(std::string(command.spec.name), usage.c_str(), 0, daemon::ControlServer::kAnyNumber,
               [this, &command](ControlCall call) { take(command, std::move(call)); });
  }
}

HostControl::~HostControl() {
  for (const HostCommand& command : host_commands()) server_.remove(command.spec.name);
}

void HostControl::take(const HostCommand& command, ControlCall call) {
  // Two tasks in turn hold it, and a std::function must be copyable.
  const auto kept = std::make_shared<ControlCall>(std::move(call));
  const bool taken = thread_.post([this, &command, kept] {
    const std::vector<std::string>& words = kept->arguments();
    const auto result = std::make_shared<CommandResult<Answer>>(
        run_host_command(command, machine_, std::span(words).subspan(1)));
    loop_.post([kept, result] { answer(*kept, *result); });
  });
  if (!taken) kept->reply_error("too many commands wait already");
}

}  // namespace ovs::emulator

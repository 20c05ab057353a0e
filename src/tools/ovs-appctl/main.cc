// ovs-appctl: sends one command to a running program and prints its answer. Ends with 0, with 1 if
// there was nobody to ask, with 2 if the answer was an error.
#include <fmt/format.h>

#include <cerrno>
#include <cstdio>

#include "daemon/control/client.h"
#include "daemon/run/program.h"
#include "daemon/stream/method.h"
#include "tools/common/system.h"
#include "tools/common/timeout.h"
#include "wire/json/write.h"

namespace {

using namespace ovs;

constexpr std::string_view kUsage =
    R"(ovs-appctl: asks and controls running Open vSwitch programs
usage: ovs-appctl [OPTION]... COMMAND [ARGUMENT]...

Whom to ask:
  -t, --target=TARGET   a program's name (found through its pidfile) or the
                        absolute path of its control socket
                        (default: ovs-vswitchd)

Commands that every program has:
  list-commands         the commands of this program
  version               its version
  exit                  end it
  vlog/list             log levels by module and destination
  vlog/list-pattern     how log lines look, by destination
  vlog/set [SPEC]...    set levels: words from a module, console, syslog or
                        file, and off, emer, err, warn, info or dbg
  vlog/reopen           open the log file again, after it was rotated

Other options:
  -T, --timeout=SECS    wait at most SECS seconds for the answer
  -f, --format=FORMAT   text (the default) or json
      --pretty          with --format=json: indented
  -v, --verbose[=SPEC]  log levels of ovs-appctl itself
  -h, --help            this text
  -V, --version         the version of ovs-appctl itself
)";

constexpr int kServerError = 2;

struct Arguments {
  std::string target = "ovs-vswitchd";
  std::string format = "text";
  bool is_pretty = false;
  tools::Timeout timeout;
};

using Failure = daemon::ProgramError;

// The socket of a program by name or path. Warns first, because people look for what failed in the
// log as well.
Result<std::string, Failure> socket_of(daemon::Program& program, const std::string& target) {
  if (target.starts_with('/')) return target;
  const std::string& run = program.directories().run;
  const std::string pidfile = daemon::absolute_path(run, target + ".pid");
  const auto process = program.process().read_pidfile(pidfile);
  if (!process.ok()) {
    const std::string_view why = platform::os_error_text(process.error());
    program.log().module("daemon_unix").warn("{}: open: {}", pidfile, why);
    return Failure{fmt::format("cannot read pidfile \"{}\" ({})", pidfile, why)};
  }
  return fmt::format("{}/{}.{}.ctl", run, target, static_cast<std::uint32_t>(*process));
}

int print(std::FILE* stream, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stream);
  if (!text.empty() && text.back() != '\n') std::fputc('\n', stream);
  return 0;
}

std::string_view kind_name(wire::Json::Kind kind) {
  switch (kind) {
    case wire::Json::Kind::Null: return "null";
    case wire::Json::Kind::Boolean: return "boolean";
    case wire::Json::Kind::Integer:
    case wire::Json::Kind::Real: return "number";
    case wire::Json::Kind::String: return "string";
    case wire::Json::Kind::Array: return "array";
    case wire::Json::Kind::Object: return "object";
  }
  return "";
}

int show(daemon::Program& program, const Arguments& arguments, const daemon::ControlReply& reply) {
  if (reply.is_error) {
    print(stderr,
          reply.body.is_string() ? std::string(reply.body.string()) : wire::json_text(reply.body));
    program.fail(arguments.target + ": server returned an error");
    return kServerError;
  }
  if (arguments.format == "json") {
    const auto style = arguments.is_pretty ? wire::JsonStyle::Pretty : wire::JsonStyle::Compact;
    return print(stdout, wire::json_text(reply.body, style, wire::JsonOrder::Sorted));
  }
  if (reply.body.is_string()) return print(stdout, reply.body.string());
  program.fail(
      fmt::format("Unexpected reply type in JSON rpc reply: {}", kind_name(reply.body.kind())));
  return kServerError;
}

class Dialogue {
 public:
  Dialogue(daemon::Program& program, const Arguments& arguments)
      : program_(program), arguments_(arguments) {}

  int run(const std::vector<std::string>& operands) {
    const auto path = socket_of(program_, arguments_.target);
    if (!path.ok()) return program_.fail(path.error().text);
    auto client = daemon::ControlClient::connect(*path, arguments_.timeout.milliseconds());
    if (!client.ok()) {
      program_.log().module("unixctl").warn("failed to connect to {}", *path);
      return program_.fail(
          fmt::format("cannot connect to \"{}\" ({})", *path, client.error().text()));
    }
    if (arguments_.format == "json") {
      const int status = ask(*client, "set-options", {"--format", "json"}, Show::Errors);
      if (status != 0) return status;
    }
    return ask(*client, operands[0], {operands.begin() + 1, operands.end()}, Show::All);
  }

 private:
  enum class Show : bool { Errors, All };

  int ask(daemon::ControlClient& client, const std::string& command,
          const std::vector<std::string>& arguments, Show wanted) {
    const auto reply = client.transact(command, arguments);
    if (!reply.ok()) {
      if (reply.error().number == ETIMEDOUT) return tools::Timeout::expire(program_);
      return program_.fail(
          fmt::format("{}: transaction error ({})", arguments_.target, reply.error().text()));
    }
    if (wanted == Show::Errors && !reply->is_error) return 0;
    return show(program_, arguments_, *reply);
  }

  daemon::Program& program_;
  const Arguments& arguments_;
};

void add_options(daemon::Program& program, Arguments& arguments) {
  program.add_log_options();
  arguments.timeout.add_option(program);
  program.options().text("target", 't', arguments.target);
  program.options().flag("pretty", 0, arguments.is_pretty);
  // Executing is all that there is; scripts from a time when there was more still ask for it.
  program.options().add(
      {"execute", 'e', daemon::OptionArgument::None,
       [](std::string_view, bool) -> Result<void, daemon::UsageError> { return kOk; }});
  program.options().add(
      {"format", 'f', daemon::OptionArgument::Required,
       [&arguments](std::string_view value, bool) -> Result<void, daemon::UsageError> {
         if (value != "text" && value != "json") {
           return daemon::UsageError{fmt::format("value {} on -f or --format is invalid", value)};
         }
         arguments.format = value;
         return kOk;
       }});
}

}  // namespace

int main(int argc, char** argv) {
  tools::System system;
  daemon::Program program(system.parts(), argv[0]);
  Arguments arguments;
  add_options(program, arguments);
  const auto operands =
      program.parse(argc, argv, kUsage, daemon::CommandLine::Order::StopAtOperand);
  if (!operands.ok()) return operands.error();
  if (operands->empty()) {
    return program.fail("at least one non-option argument is required (use --help for help)");
  }
  if (arguments.is_pretty && arguments.format != "json") {
    return program.fail("--pretty is supported with --format json only");
  }
  return Dialogue(program, arguments).run(*operands);
}

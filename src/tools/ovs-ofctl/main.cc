// ovs-ofctl: asks and tells OpenFlow switches. A table of commands over the openflow library.
#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "tools/common/system.h"
#include "tools/ovs-ofctl/options.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

constexpr std::string_view kUsage =
    R"(ovs-ofctl: asks and tells OpenFlow switches
usage: ovs-ofctl [OPTION]... COMMAND [ARGUMENT]...

About a switch (a bridge's name, a socket, tcp:HOST:PORT or unix:PATH):
  show SWITCH                      what it is and its ports
  dump-desc SWITCH                 who made it
  dump-tables SWITCH               statistics of its tables
  dump-ports SWITCH [PORT]         statistics of its ports
  dump-ports-desc SWITCH [PORT]    its ports
  mod-port SWITCH PORT ACTION      change a port: up, down, flood, no-flood, ...
  queue-stats SWITCH [PORT [QUEUE]]  statistics of its queues
  queue-get-config SWITCH [PORT [QUEUE]]  what its queues are
  get-frags SWITCH, set-frags SWITCH MODE  what becomes of fragments
  dump-ipfix-bridge SWITCH, dump-ipfix-flow SWITCH  statistics of IPFIX
  ct-flush SWITCH [zone=N] [TUPLE [TUPLE]]  forget connections
  add-tlv-map, del-tlv-map, dump-tlv-map SWITCH [MAP]  tunnel options as fields
  benchmark SWITCH SIZE COUNT      how many echoes it answers
  probe SWITCH                     whether it answers
  ping SWITCH [SIZE]               how fast it answers

Flows:
  dump-flows SWITCH [FLOW]         flows (that match FLOW)
  dump-aggregate SWITCH [FLOW]     how many, and their counters
  add-flow SWITCH FLOW             add FLOW
  add-flows SWITCH FILE            add the flows of FILE
  mod-flows SWITCH FLOW            change the actions of matching flows
  del-flows SWITCH [FLOW]          delete matching flows
  replace-flows SWITCH FILE        have exactly the flows of FILE
  diff-flows SOURCE1 SOURCE2       compare the flows of two files or switches
  packet-out SWITCH PACKET         run actions on a packet

Groups and meters:
  add-group SWITCH GROUP, add-groups SWITCH FILE, mod-group SWITCH GROUP, del-groups SWITCH [GROUP]
  insert-buckets SWITCH GROUP, remove-buckets SWITCH GROUP
  dump-groups SWITCH [GROUP], dump-group-stats SWITCH [GROUP], dump-group-features SWITCH
  add-meter SWITCH METER, mod-meter SWITCH METER, del-meters SWITCH [METER]
  dump-meters SWITCH [METER], meter-stats SWITCH [METER], meter-features SWITCH
  bundle SWITCH FILE               the changes of FILE, all of them or none

Watching:
  monitor SWITCH [MISSLEN]         print what the switch sends
  snoop SWITCH                     print what passes between it and its controllers

Options:
  -O, --protocols=VERSIONS         OpenFlow versions, such as OpenFlow10,OpenFlow13
  -F, --flow-format=FORMATS        flow formats, such as NXM or OpenFlow10
  -P, --packet-in-format=FORMAT    standard, nxt_packet_in or nxt_packet_in2
  -m, --more                       say more
      --bundle                     change flows and groups in one bundle
      --may-create                 mod-group adds what is not there
      --strict                     flows must match exactly
      --names, --no-names          names of ports and tables, or numbers
      --stats, --no-stats          counters of flows, or not
      --sort[=FIELD], --rsort[=FIELD]  sort flows
      --timestamp                  when each message came
  -T, -t, --timeout=SECS           give up after SECS seconds
  -h, --help                       this text
  -V, --version                    the version
)";

using daemon::OptionArgument;
using daemon::UsageError;
using Applied = Result<void, UsageError>;

Applied set_versions(std::string_view text, Options& options) {
  options.versions = 0;
  options.versions_given = true;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(", "), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    const auto version = find_version(word);
    if (!version) return UsageError{fmt::format("Unknown OpenFlow version: \"{}\"", word)};
    options.versions |= bit(*version);
  }
  return kOk;
}

Applied set_protocols(std::string_view text, Options& options) {
  std::string unknown;
  const auto protocols = parse_protocols(text, unknown);
  if (!protocols) return UsageError{unknown + ": unknown flow protocol"};
  options.protocols = *protocols;
  return kOk;
}

Applied set_packet_in_format(std::string_view text, Options& options) {
  constexpr std::string_view kNames[] = {"standard", "nxt_packet_in", "nxt_packet_in2"};
  for (int i = 0; i < 3; ++i) {
    if (text == kNames[i]) {
      options.packet_in_format = i;
      return kOk;
    }
  }
  if (text == "openflow10" || text == "openflow11" || text == "openflow12") {
    options.packet_in_format = 0;
    return kOk;
  }
  if (text == "nxm") {
    options.packet_in_format = 1;
    return kOk;
  }
  return UsageError{fmt::format("unknown packet-in format {}", text)};
}

template <class F>
daemon::Option option(std::string name, char letter, OptionArgument argument, F apply) {
  return {std::move(name), letter, argument,
          [apply](std::string_view value, bool) -> Applied { return apply(value); }};
}
template <class F>
daemon::Option plain(std::string name, char letter, F apply) {
  return {std::move(name), letter, OptionArgument::None,
          [apply](std::string_view, bool) -> Applied {
            apply();
            return kOk;
          }};
}

void add_options(daemon::Program& program, Options& o) {
  program.add_log_options();
  program.add_daemon_options();
  o.timeout.add_option(program);
  daemon::CommandLine& line = program.options();
  line.add(option("protocols", 'O', OptionArgument::Required,
                  [&o](std::string_view v) { return set_versions(v, o); }));
  line.add(option("flow-format", 'F', OptionArgument::Required,
                  [&o](std::string_view v) { return set_protocols(v, o); }));
  line.add(option("packet-in-format", 'P', OptionArgument::Required,
                  [&o](std::string_view v) { return set_packet_in_format(v, o); }));
  line.add(plain("more", 'm', [&o] { ++o.verbosity; }));
  line.flag("strict", 0, o.strict);
  line.flag("readd", 0, o.readd);
  line.flag("bundle", 0, o.bundle);
  line.flag("may-create", 0, o.may_create);
  line.flag("bare", 0, o.bare);
  line.flag("bad-csum", 0, o.bad_checksum);
  line.flag("timestamp", 0, o.timestamp);
  line.add(plain("names", 0, [&o] { o.names = NamesMode::Always; }));
  line.add(plain("no-names", 0, [&o] { o.names = NamesMode::Never; }));
  line.add(plain("stats", 0, [&o] { o.statistics = true; }));
  line.add(plain("no-stats", 0, [&o] { o.statistics = false; }));
  line.add(option("sort", 0, OptionArgument::Optional, [&o](std::string_view v) -> Applied {
    o.sort.push_back({std::string(v), false});
    return kOk;
  }));
  line.add(option("rsort", 0, OptionArgument::Optional, [&o](std::string_view v) -> Applied {
    o.sort.push_back({std::string(v), true});
    return kOk;
  }));
  line.add(option("color", 0, OptionArgument::Optional,
                  [](std::string_view) -> Applied { return kOk; }));
}

using CommandList = Span<const Command>;
constexpr std::size_t kListCount = 9;
std::array<CommandList, kListCount> command_lists() {
  return {switch_commands(),  monitor_commands(),  flow_commands(),
          group_commands(),   meter_commands(),    extension_commands(),
          offline_commands(), encoding_commands(), packet_commands()};
}

const Command* find_command(std::string_view name) {
  for (const CommandList& list : command_lists()) {
    for (const Command& command : list) {
      if (name == command.name) return &command;
    }
  }
  return nullptr;
}

int list_commands() {
  put("The available commands are:\n");
  for (const CommandList& list : command_lists()) {
    for (const Command& command : list) {
      if (command.usage != nullptr) put(fmt::format("  {:<23} {}\n", command.name, command.usage));
    }
  }
  put("  help\n  list-commands\n");
  return 0;
}

std::string version_names(VersionBitmap versions) {
  std::string text;
  for (const Version version : kVersions) {
    if ((versions & bit(version)) == 0) continue;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", version_name(version));
  }
  return text;
}

// Versions and flow formats limit each other.
int reconcile(daemon::Program& program, Options& options) {
  if (options.bundle) options.versions = versions_with_bundles(options.versions);
  const Protocols by_version = protocols_of(options.versions);
  if ((options.protocols & by_version) != 0) {
    options.protocols &= by_version;
    options.versions &= versions_of(options.protocols);
    return 0;
  }
  return program.fail(fmt::format(
      "None of the enabled OpenFlow versions ({}) supports any of the enabled flow formats ({}).  "
      "(Use -O to enable additional OpenFlow versions or -F to enable additional flow formats.)",
      version_names(options.versions), format_protocols(options.protocols)));
}

int run(daemon::Program& program, Options& options, std::vector<std::string> words) {
  if (words.empty()) return program.fail("missing command name; use --help for help");
  if (words[0] == "help") return put(kUsage), 0;
  if (words[0] == "list-commands") return list_commands();
  const Command* command = find_command(words[0]);
  if (command == nullptr) {
    return program.fail(fmt::format("unknown command '{}'; use --help for help", words[0]));
  }
  const std::size_t arguments = words.size() - 1;
  if (arguments < command->least) {
    return program.fail(
        fmt::format("'{}' command requires at least {} arguments", words[0], command->least));
  }
  if (arguments > command->most) {
    return program.fail(
        fmt::format("'{}' command takes at most {} arguments", words[0], command->most));
  }
  Call call{program, options, std::move(words)};
  const int status = command->run(call);
  std::fflush(stdout);
  return status;
}

}  // namespace

VersionBitmap versions_with_bundles(VersionBitmap versions) {
  const VersionBitmap having = versions & versions_of(kOf13AndUp);
  return having != 0 ? having : bit(Version::V14);
}

const std::string& Call::word(std::size_t index) const {
  static const std::string kNothing;
  return index < words.size() ? words[index] : kNothing;
}

void Call::log(const Remarks& remarks) const {
  for (const Remark& remark : remarks) {
    const daemon::LogModule module = program.log().module(remark.module);
    const bool warn = remark.level == Remark::Level::Warn;
    module.write(warn ? daemon::LogLevel::Warn : daemon::LogLevel::Info, remark.text);
  }
}

void put(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
}

std::optional<std::string> read_input(const Call& call, const std::string& path) {
  std::FILE* file = path == "-" ? stdin : std::fopen(path.c_str(), "r");
  if (file == nullptr) {
    call.fail(fmt::format("{}: open ({})", path, std::strerror(errno)));
    return std::nullopt;
  }
  std::string text;
  char block[65536];
  for (std::size_t size; (size = std::fread(block, 1, sizeof block, file)) > 0;) {
    text.append(block, size);
  }
  if (file != stdin) std::fclose(file);
  return text;
}

}  // namespace ovs::tools::ofctl

int main(int argc, char** argv) {
  using namespace ovs;
  tools::System system;
  daemon::Program program(system.parts(), argv[0]);
  tools::ofctl::Options options;
  tools::ofctl::add_options(program, options);
  auto operands = program.parse(argc, argv, tools::ofctl::kUsage);
  if (!operands.ok()) return operands.error();
  if (const int status = tools::ofctl::reconcile(program, options)) return status;
  return tools::ofctl::run(program, options, std::move(operands).value());
}

// Commands about groups.
#include <fmt/format.h>

#include "openflow/text/group_text.h"
#include "tools/ovs-ofctl/exchange.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

Result<void, Failure> send_groups(Call& call, const std::vector<GroupMod>& mods, Protocols usable) {
  OVS_TRY(const auto connection, open_for_changes(call, usable));
  std::vector<std::string> messages;
  for (const GroupMod& mod : mods) {
    messages.push_back(encode(simple(*connection, Kind::GroupMod, mod)));
  }
  if (call.options.bundle) return connection->commit_bundle(messages);
  for (std::string& message : messages) OVS_TRY(connection->commit(std::move(message)));
  return kOk;
}

int change(Call& call, GroupCommand command) {
  const LazyPorts ports(call);
  Protocols usable = kAllProtocols;
  const auto mod = parse_group_mod(call.word(2), command, {&ports, nullptr, nullptr}, usable);
  if (!mod.ok()) return call.fail(mod.error().message);
  const auto sent = send_groups(call, {*mod}, usable);
  return sent.ok() ? 0 : fail(call, sent.error());
}

int change_from_file(Call& call, GroupCommand command) {
  const auto lines = lines_of(call, call.word(2));
  if (!lines.ok()) return fail(call, lines.error());
  const LazyPorts ports(call);
  const TextContext context{&ports, nullptr, nullptr};
  Protocols usable = kAllProtocols;
  std::vector<GroupMod> mods;
  for (const Line& line : *lines) {
    // Only what is read to be added may be something else.
    auto mod = command == GroupCommand::Add ? parse_group_line(line.text, command, context, usable)
                                            : parse_group_mod(line.text, command, context, usable);
    if (!mod.ok()) {
      return call.fail(fmt::format("{}:{}: {}", call.word(2), line.number, mod.error().message));
    }
    mods.push_back(std::move(mod).value());
  }
  const auto sent = send_groups(call, mods, usable);
  return sent.ok() ? 0 : fail(call, sent.error());
}

int change_from_either(Call& call, GroupCommand command) {
  return call.word(2) == "-" ? change_from_file(call, command) : change(call, command);
}

int add_group(Call& call) {
  return change_from_either(call, GroupCommand::Add);
}
int add_groups(Call& call) {
  return change_from_file(call, GroupCommand::Add);
}
int mod_group(Call& call) {
  return change_from_either(
      call, call.options.may_create ? GroupCommand::AddOrModify : GroupCommand::Modify);
}
int del_groups(Call& call) {
  return change_from_either(call, GroupCommand::Delete);
}
int insert_buckets(Call& call) {
  return change_from_either(call, GroupCommand::InsertBucket);
}
int remove_buckets(Call& call) {
  return change_from_either(call, GroupCommand::RemoveBucket);
}

int dump_groups(Call& call) {
  const LazyPorts ports(call);
  const PrintOptions options = print_options(call, shows_names(call) ? &ports : nullptr);
  auto connection = Connection::open(call, call.word(1), call.options.versions);
  if (!connection.ok()) return fail(call, connection.error());
  const Version version = (*connection)->version();
  Body body = Empty{};
  if (version == Version::V10 || version == Version::V15) {
    body = IdRequest{parse_group_id(call.word(2)).value_or(kGroupAll)};
  }
  const Message request = simple(**connection, Kind::GroupDescStatsRequest, std::move(body));
  const auto done = dump(**connection, request, options);
  return done.ok() ? 0 : fail(call, done.error());
}

int dump_group_stats(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) -> Result<void, Failure> {
    Protocols usable = kAllProtocols;
    const auto mod = parse_group_mod(c.word(2), GroupCommand::Delete, {}, usable);
    if (!mod.ok()) return Failure{mod.error().message};
    return dump(connection, simple(connection, Kind::GroupStatsRequest, IdRequest{mod->id}),
                print_options(c));
  });
}

int dump_group_features(Call& call) {
  return with_connection(call, [](Call& c, Connection& connection) {
    return dump(connection, simple(connection, Kind::GroupFeaturesStatsRequest), print_options(c));
  });
}

int parse_group(Call& call) {
  Protocols usable = kAllProtocols;
  const auto mod = parse_group_mod(call.word(1), GroupCommand::Add, {}, usable);
  if (!mod.ok()) return call.fail(mod.error().message);
  put(fmt::format("usable protocols: {}\n", format_protocols(usable)));
  const Protocols both = usable & call.options.protocols & protocols_of(call.options.versions);
  if (both == 0) return call.fail("no usable protocol");
  unsigned first = 0;
  while ((both >> first & 1) == 0) ++first;
  const Version version = version_of(Protocol(1u << first));
  put(fmt::format("chosen version: {}\n", version_name(version)));
  const std::string bytes = encode(make_message(Kind::GroupMod, version, 1, *mod));
  put(print_message(bytes_of(bytes), {call.options.verbosity}));
  return 0;
}

constexpr Command kCommands[] = {
    {"add-group", "switch group", 1, 2, add_group},
    {"add-groups", "switch file", 2, 2, add_groups},
    {"mod-group", "switch group", 1, 2, mod_group},
    {"del-groups", "switch [group]", 1, 2, del_groups},
    {"insert-buckets", "switch [group]", 1, 2, insert_buckets},
    {"remove-buckets", "switch [group]", 1, 2, remove_buckets},
    {"dump-groups", "switch [group]", 1, 2, dump_groups},
    {"dump-group-stats", "switch [group]", 1, 2, dump_group_stats},
    {"dump-group-features", "switch", 1, 1, dump_group_features},
    {"parse-group", nullptr, 1, 1, parse_group},
};

}  // namespace

Span<const Command> group_commands() {
  return kCommands;
}

}  // namespace ovs::tools::ofctl

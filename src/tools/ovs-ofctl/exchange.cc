#include "tools/ovs-ofctl/exchange.h"

#include <fmt/format.h>

#include "flow/match/quoted_text.h"

namespace ovs::tools::ofctl {

using namespace openflow;

int fail(Call& call, const Failure& failure) {
  return failure.text.empty() ? 1 : call.fail(failure.text);
}

Bytes bytes_of(std::string_view text) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

const PortTable& LazyPorts::table() const {
  if (asked_) return table_;
  asked_ = true;
  if (!accepts_names(call_)) return table_;
  auto connection = Connection::open(call_, call_.word(1), call_.options.versions);
  if (!connection.ok()) return table_;
  auto ports = all_ports(call_, **connection);
  if (ports.ok()) table_ = std::move(ports).value();
  return table_;
}

PrintOptions print_options(const Call& call, const flow::PortNames* ports) {
  PrintOptions options;
  options.verbosity = call.options.verbosity + 1;
  options.statistics = call.options.statistics;
  options.ports = ports;
  return options;
}

Result<Protocols, Failure> allowed(const Call& call, Protocols usable) {
  const Protocols by_version = protocols_of(call.options.versions);
  const Protocols both = usable & call.options.protocols & by_version;
  if (both != 0) return both;
  return Failure{
      fmt::format("none of the usable flow formats ({}) is among the allowed flow formats ({})",
                  format_protocols(usable), format_protocols(call.options.protocols & by_version))};
}

Result<Protocols, Failure> allowed_in_bundle(Call& call, Protocols usable) {
  call.options.versions = versions_with_bundles(call.options.versions);
  return allowed(call, usable & kOf13AndUp);
}

Result<std::unique_ptr<Connection>, Failure> open_with(Call& call, Protocols protocols) {
  OVS_TRY(auto connection,
          Connection::open(call, call.word(1), versions_of(protocols) & call.options.versions));
  OVS_TRY(connection->use_protocol(protocols));
  return connection;
}

Result<std::unique_ptr<Connection>, Failure> open_for_changes(Call& call, Protocols usable) {
  OVS_TRY(const Protocols protocols,
          call.options.bundle ? allowed_in_bundle(call, usable) : allowed(call, usable));
  return open_with(call, protocols);
}

int with_connection(Call& call, Step step) {
  auto connection = Connection::open(call, call.word(1), call.options.versions);
  if (!connection.ok()) return fail(call, connection.error());
  const auto done = step(call, **connection);
  return done.ok() ? 0 : fail(call, done.error());
}

Message simple(Connection& connection, Kind kind, Body body) {
  return make_message(kind, connection.version(), connection.next_xid(), std::move(body));
}

Result<void, Failure> dump(Connection& connection, const Message& request,
                           const PrintOptions& options) {
  OVS_TRY(std::string reply, connection.transact(request));
  while (true) {
    put(print_message(bytes_of(reply), options));
    const auto envelope = peek_envelope(bytes_of(reply));
    if (!envelope.ok() || !envelope->more) return kOk;
    OVS_TRY(reply, connection.reply_to(request.xid));
  }
}

Result<std::vector<Line>, Failure> lines_of(Call& call, const std::string& path) {
  const auto text = read_input(call, path);
  if (!text) return Failure{};
  std::vector<Line> lines;
  std::string_view rest = *text;
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    line = trimmed(line.substr(0, std::min(flow::find_unquoted(line, "#"), line.size())));
    if (!line.empty()) lines.push_back({number, std::string(line)});
  }
  return lines;
}

}  // namespace ovs::tools::ofctl

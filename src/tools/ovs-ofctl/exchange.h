// What commands that talk to a switch share: opening, asking, printing, changing.
#pragma once
#include <string>
#include <vector>

#include "tools/ovs-ofctl/connection.h"
#include "tools/ovs-ofctl/port_table.h"

namespace ovs::tools::ofctl {

int fail(Call& call, const Failure& failure);
Bytes bytes_of(std::string_view text);

// The switch's ports by name, for arguments and for what is printed; fetched when something asks.
class LazyPorts final : public flow::PortNames {
 public:
  explicit LazyPorts(Call& call) : call_(call) {}
  std::optional<std::string> name(std::uint32_t number) const override {
    return table().name(number);
  }
  std::optional<std::uint32_t> number(std::string_view name) const override {
    return table().number(name);
  }

 private:
  const PortTable& table() const;

  Call& call_;
  mutable PortTable table_;
  mutable bool asked_ = false;
};

openflow::PrintOptions print_options(const Call& call, const flow::PortNames* ports = nullptr);

// The protocols of `usable` that the command line allows.
Result<openflow::Protocols, Failure> allowed(const Call& call, openflow::Protocols usable);
// The same, of versions that have bundles; without -O, 1.4.
Result<openflow::Protocols, Failure> allowed_in_bundle(Call& call, openflow::Protocols usable);
// Opens word 1's switch with one of these protocols.
Result<std::unique_ptr<Connection>, Failure> open_with(Call& call, openflow::Protocols protocols);
// Opens it with one of `usable` that the command line allows, for changes that --bundle may gather.
Result<std::unique_ptr<Connection>, Failure> open_for_changes(Call& call,
                                                              openflow::Protocols usable);

using Step = Result<void, Failure> (*)(Call& call, Connection& connection);
// Opens word 1's switch, does the step, gives the exit status.
int with_connection(Call& call, Step step);

openflow::Message simple(Connection& connection, openflow::Kind kind,
                         openflow::Body body = openflow::Empty{});
// Sends a request and prints its reply, all parts of it.
Result<void, Failure> dump(Connection& connection, const openflow::Message& request,
                           const openflow::PrintOptions& options);

// Lines of a file without comments and blanks: the line's number, its text.
struct Line {
  std::size_t number;
  std::string text;
};
Result<std::vector<Line>, Failure> lines_of(Call& call, const std::string& path);

}  // namespace ovs::tools::ofctl

// A switch's ports by name and number, as its descriptions of them say. These cut names after
// kMaxPortName bytes; a longer name is that port's whose name it begins with, if there is just one.
#pragma once
#include <vector>

#include "tools/ovs-ofctl/connection.h"

namespace ovs::tools::ofctl {

inline constexpr std::size_t kMaxPortName = 15;

class PortTable final : public flow::PortNames {
 public:
  explicit PortTable(std::vector<openflow::Port> ports = {}) : ports_(std::move(ports)) {}

  std::optional<std::string> name(std::uint32_t number) const override;
  std::optional<std::uint32_t> number(std::string_view name) const override;
  const openflow::Port* find(openflow::OfPort number) const;
  const std::vector<openflow::Port>& ports() const { return ports_; }

 private:
  std::vector<openflow::Port> ports_;
};

// Asks the switch, in whatever way its version has.
Result<PortTable, Failure> all_ports(Call& call, Connection& connection);
// The same if names are accepted or shown, else an empty table.
Result<PortTable, Failure> ports_for(Call& call, Connection& connection);
bool accepts_names(const Call& call);
bool shows_names(const Call& call);

}  // namespace ovs::tools::ofctl

// Names for port numbers in texts; hosted. Null where a function takes a PortNames*: numbers only.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ovs::flow {

class PortNames {
 public:
  virtual ~PortNames() = default;
  // Without quotes. The numbers are OpenFlow's in OpenFlow text, the datapath's in datapath text.
  virtual std::optional<std::string> name(std::uint32_t number) const = 0;
  virtual std::optional<std::uint32_t> number(std::string_view name) const = 0;
};

// Why a text was refused, as a person wants to read it.
struct TextError {
  std::string message;
};

}  // namespace ovs::flow

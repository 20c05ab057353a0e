// Scenarios: a topology, flows, packets in and packets out, as text, run on a switch. The switch is
// behind an interface, so that the same files run on the library, on a driver in an emulated host,
// and one day on Windows. The format is in README.md.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/span.h"
#include "platform/api/device.h"

namespace ovs::tests {

struct SentFrame {
  std::string device;
  std::vector<std::uint8_t> bytes;
};

// The switch under test, and the devices around it.
class ScenarioHost {
 public:
  virtual ~ScenarioHost() = default;
  virtual platform::Device& device() = 0;
  virtual void receive(std::string_view name, Bytes frame) = 0;
  // What was sent since the last call, in order.
  virtual std::vector<SentFrame> sent() = 0;
  virtual void advance_ms(std::uint64_t ms) = 0;
};

// The first line that is not as it should be: "line 12: ..."; "" if all are.
std::string run_scenario(std::string_view text, ScenarioHost& host);

}  // namespace ovs::tests

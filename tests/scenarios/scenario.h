// Scenarios: a topology, flows, packets in and packets out, as text, run on a switch. The switch is
// behind an interface, so that the same files run on the library, on the driver in an emulated
// host, and one day on Windows. The format is in README.md.
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

struct DeviceSpec {
  std::string name;
  bool is_internal = false;  // the host's own
  std::uint32_t mtu = 1500;
  std::string switch_name;  // where there are several; empty: the last one that was made
};

// The switch under test, and the devices around it.
class ScenarioHost {
 public:
  virtual ~ScenarioHost() = default;
  virtual platform::Device& device() = 0;
  // There is such a device from now on, for a port of its name; the same if there was.
  virtual std::string add_device(const DeviceSpec& spec) = 0;
  virtual std::string receive(std::string_view name, Bytes frame) = 0;
  // What was sent since the last call, in order.
  virtual std::vector<SentFrame> sent() = 0;
  virtual void advance_ms(std::uint64_t ms) = 0;
  // A line of which only some hosts know what it means. "" or what is wrong.
  virtual std::string command(std::string_view what, std::string_view rest) = 0;
};

// The first line that is not as it should be: "line 12: ..."; "" if all are.
std::string run_scenario(std::string_view text, ScenarioHost& host);

// Whether it begins with "driver": it speaks of Hyper-V's switches.
bool needs_driver(std::string_view text);

struct ScenarioLine {
  unsigned number;
  std::string text;
};
std::vector<ScenarioLine> scenario_lines(std::string_view text);

struct ScenarioFile {
  std::string name, text;
};
// Those under a folder, by name.
std::vector<ScenarioFile> scenario_files(const std::string& folder);

}  // namespace ovs::tests

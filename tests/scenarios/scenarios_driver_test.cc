// Runs scenario files on the driver in an emulated host, at the levels of NDIS that
// OVS_NDIS_LEVELS names ("6.30 6.85"), or at all. The driver: OVS_DRIVER_IMAGE, or the linked one.
#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/scenarios/hyperv_host.h"
#include "tests/scenarios/words.h"

namespace ovs::tests {
namespace {

bool is_asked_for(const HypervLevel& level) {
  const char* const levels = std::getenv("OVS_NDIS_LEVELS");
  if (levels == nullptr) return true;
  for (std::string_view rest = levels; !rest.empty();) {
    if (word(rest) == level.name) return true;
  }
  return false;
}

bool is_asked_for(const ScenarioFile& file) {
  const char* const name = std::getenv("OVS_SCENARIO");
  return name == nullptr || file.name.find(name) != std::string::npos;
}

TEST_CASE("Scenarios: every file runs on the driver as it says") {
  unsigned files = 0;
  for (const HypervLevel& level : kHypervLevels) {
    if (!is_asked_for(level)) continue;
    for (const ScenarioFile& file : scenario_files(SCENARIOS)) {
      if (!is_asked_for(file)) continue;
      CAPTURE(level.name);
      CAPTURE(file.name);
      HypervHost host(level);
      CHECK(run_scenario(file.text, host) == "");
      ++files;
    }
  }
  CHECK(files > 0);
}

}  // namespace
}  // namespace ovs::tests

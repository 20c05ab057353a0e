// Runs scenario files on the library: the engine over dummy devices.
#include <doctest/doctest.h>

#include "tests/scenarios/library_host.h"

using namespace ovs;

TEST_CASE("Scenarios: every file runs on the library as it says") {
  unsigned files = 0;
  for (const tests::ScenarioFile& file : tests::scenario_files(SCENARIOS)) {
    if (tests::needs_driver(file.text)) continue;
    CAPTURE(file.name);
    tests::LibraryHost host;
    CHECK(tests::run_scenario(file.text, host) == "");
    ++files;
  }
  CHECK(files >= 12);
}

TEST_CASE("Scenarios: what does not happen as written is told with its line") {
  const char* topology =
      "port 1 p1\nport 2 p2\nflow in_port(1),eth(),eth_type(0x0800),ipv4(frag=no) -> 2\n";
  const char* frame =
      "eth(src=02:00:00:00:00:01,dst=02:00:00:00:00:02),eth_type(0x0800),"
      "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,frag=no),udp(src=1,dst=2)";
  const std::string in = std::string("in p1 ") + frame + "\n";
  const auto outcome = [&](const std::string& rest) {
    tests::LibraryHost host;
    return tests::run_scenario(topology + rest, host);
  };
  CHECK(outcome("count 1 packets=0\n" + in + "out p2 " + frame + "\n") == "");
  CHECK(outcome("count 1 packets=0\n" + in).find("at the end: a frame that nobody expected") == 0);
  CHECK(outcome("out p2 " + std::string(frame) + "\n").find("line 4:") == 0);
  CHECK(outcome("nothing\n" + in + "out p1 " + frame + "\n")
            .find("nothing went out there, but on p2") != std::string::npos);
  CHECK(outcome("switch s private\n").find("unknown line: switch") != std::string::npos);
}

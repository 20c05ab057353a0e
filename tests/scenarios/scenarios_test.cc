// Runs scenario files on the library: the engine over dummy devices.
#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "platform/fake/virtual_clock.h"
#include "tests/scenarios/scenario.h"
#include "userdp/dummy_datapath.h"

using namespace ovs;

namespace {

class LibraryHost final : public tests::ScenarioHost {
 public:
  LibraryHost() : switch_(userdp::DummyDatapath::create("ovs-dummy", clock_).value()) {}

  platform::Device& device() override { return switch_->device(); }
  void receive(std::string_view name, Bytes frame) override {
    CHECK(switch_->receive(name, frame).ok());
  }
  std::vector<tests::SentFrame> sent() override {
    listen();
    switch_->run();
    return std::exchange(sent_, {});
  }
  void advance_ms(std::uint64_t ms) override {
    clock_.advance_ms(ms);
    switch_->run();
  }

 private:
  void listen() {
    for (const std::string& name : switch_->device_names()) {
      CHECK(switch_
                ->set_listener(name,
                               [this, name](Bytes frame) {
                                 sent_.push_back({name, {frame.begin(), frame.end()}});
                               })
                .ok());
    }
  }

  platform::VirtualClock clock_;
  std::unique_ptr<userdp::DummyDatapath> switch_;
  std::vector<tests::SentFrame> sent_;
};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

TEST_CASE("Scenarios: every file runs on the library as it says") {
  unsigned files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(SCENARIOS)) {
    if (entry.path().extension() != ".scenario") continue;
    CAPTURE(entry.path().filename().string());
    LibraryHost host;
    CHECK(tests::run_scenario(read_file(entry.path()), host) == "");
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
    LibraryHost host;
    return tests::run_scenario(topology + rest, host);
  };
  CHECK(outcome("count 1 packets=0\n" + in + "out p2 " + frame + "\n") == "");
  CHECK(outcome("count 1 packets=0\n" + in).find("at the end: a frame that nobody expected") == 0);
  CHECK(outcome("out p2 " + std::string(frame) + "\n").find("line 4:") == 0);
  CHECK(outcome("nothing\n" + in + "out p1 " + frame + "\n")
            .find("nothing went out there, but on p2") != std::string::npos);
}

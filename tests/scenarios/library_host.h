// Scenarios on the library: the engine over devices that exist only here.
#pragma once
#include "platform/fake/virtual_clock.h"
#include "tests/scenarios/scenario.h"
#include "userdp/dummy_datapath.h"

namespace ovs::tests {

class LibraryHost final : public ScenarioHost {
 public:
  LibraryHost() : switch_(userdp::DummyDatapath::create("ovs-dummy", clock_).value()) {}

  platform::Device& device() override { return switch_->device(); }
  std::string add_device(const DeviceSpec& spec) override {
    switch_->add_device(spec.name);
    return text_of(switch_->set_mtu(spec.name, spec.mtu));
  }
  std::string receive(std::string_view name, Bytes frame) override {
    listen();
    return text_of(switch_->receive(name, frame));
  }
  std::vector<SentFrame> sent() override {
    listen();
    switch_->run();
    return std::exchange(sent_, {});
  }
  void advance_ms(std::uint64_t ms) override {
    clock_.advance_ms(ms);
    switch_->run();
  }
  std::string command(std::string_view what, std::string_view) override {
    return "unknown line: " + std::string(what);
  }

 private:
  static std::string text_of(const Result<void>& done) {
    return done.ok() ? "" : error_name(done.error());
  }
  void listen() {
    for (const std::string& name : switch_->device_names()) {
      static_cast<void>(switch_->set_listener(name, [this, name](Bytes frame) {
        sent_.push_back({name, {frame.begin(), frame.end()}});
      }));
    }
  }

  platform::VirtualClock clock_;
  std::unique_ptr<userdp::DummyDatapath> switch_;
  std::vector<SentFrame> sent_;
};

}  // namespace ovs::tests

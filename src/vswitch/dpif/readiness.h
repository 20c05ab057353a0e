// Tells a loop that a channel has an event or an upcall: keeps one pended request with the device,
// and calls back on the loop when it completes. arm() must be called again after each call.
// Loop's thread only.
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>

#include "daemon/run/loop.h"
#include "vswitch/dpif/channel.h"

namespace ovs::vswitch {

class Readiness {
 public:
  Readiness(Channel& channel, daemon::Loop& loop, wire::ControlCommand command,
            std::function<void()> ready);
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Does nothing while a request is with the device.
  void arm();

 private:
  struct State;
  class Request;
  void become_ready();

  Channel& channel_;
  daemon::Loop& loop_;
  wire::ControlCommand command_;
  std::function<void()> ready_;
  std::shared_ptr<State> state_;
  std::unique_ptr<Request> request_;
};

}  // namespace ovs::vswitch

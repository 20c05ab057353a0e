// Tells a loop that a channel has an event or an upcall: keeps one pended request with the device,
// and calls back on the loop when it completes. arm() must be called again after each call. A
// request that fails otherwise than by being cancelled says that the device is lost; then the
// channel must be opened anew before arm(). Loop's thread only.
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
            std::function<void()> ready, std::function<void()> lost = {});
  ~Readiness();
  Readiness(const Readiness&) = delete;
  Readiness& operator=(const Readiness&) = delete;

  // Does nothing while a request is with the device.
  void arm();

 private:
  struct State;
  class Request;
  enum class News : bool { Ready, Lost };
  void tell(News news);

  Channel& channel_;
  daemon::Loop& loop_;
  wire::ControlCommand command_;
  std::function<void()> ready_, lost_;
  std::shared_ptr<State> state_;
  std::unique_ptr<Request> request_;
};

}  // namespace ovs::vswitch

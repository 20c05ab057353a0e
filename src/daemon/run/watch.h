// Being told when a system handle has something: signals, devices, rings. Lives until destroyed.
#pragma once
#include <functional>
#include <memory>

#include "daemon/run/loop.h"
#include "platform/api/process.h"

namespace ovs::daemon {

class Watch {
 public:
  // `ready` runs on the loop each time the handle is readable (signalled). The handle is not owned,
  // and must outlive it.
  Watch(Loop& loop, platform::WaitHandle handle, std::function<void()> ready);
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace ovs::daemon

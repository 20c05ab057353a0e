// Events kept for a test to read.
#pragma once
#include <mutex>
#include <string>
#include <vector>

#include "platform/api/trace.h"

namespace ovs::platform {

class ListTrace final : public Trace {
 public:
  void event(const TraceEvent& event) override {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::string(event.module) + ": " + std::string(event.message));
  }
  std::vector<std::string> lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace ovs::platform

// -T, --timeout and OVS_CTL_TIMEOUT, which every client tool has, and how a tool ends that ran out
// of time.
#pragma once
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/core/maybe.h"
#include "daemon/run/program.h"

namespace ovs::tools {

class Timeout {
 public:
  static constexpr int kStatus = 142;  // what a shell sees after SIGALRM

  void add_option(daemon::Program& program, char letter = 'T') {
    program.options().positive("timeout", letter, seconds_);
  }
  // To be asked after parsing: the option, else the environment, else none.
  Maybe<std::uint64_t> milliseconds() const {
    const unsigned seconds = seconds_ == 0 ? from_environment() : seconds_;
    if (seconds == 0) return kNone;
    return std::uint64_t{seconds} * 1000;
  }
  // Ends as a process does that its alarm has killed.
  static int expire(daemon::Program& program) {
    program.log().module("fatal_signal").warn("terminating with signal 14 (Alarm clock)");
    (void)program.process().send_signal(program.process().id(), platform::Signal::Alarm);
    return kStatus;
  }

 private:
  static unsigned from_environment() {
    const char* value = std::getenv("OVS_CTL_TIMEOUT");
    if (value == nullptr) return 0;
    const std::string_view text = value;
    unsigned seconds = 0;
    std::from_chars(text.data(), text.data() + text.size(), seconds);
    return seconds;
  }

  unsigned seconds_ = 0;
};

}  // namespace ovs::tools

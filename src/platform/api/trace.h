// Rare events of the freestanding layers, for people who debug: ETW in the kernel, the program's
// log hosted, a list in tests. Not counters, and never an event per packet.
#pragma once
#include <cstdint>

#include "base/text/text.h"

namespace ovs::platform {

enum class TraceLevel : std::uint8_t { Error, Warning, Info, Debug };

struct TraceEvent {
  TraceLevel level;
  Text module;   // "datapath", "conntrack"; static storage
  Text message;  // complete and in words; valid during the call
};

class Trace {
 public:
  // Any IRQL; does not wait.
  virtual void event(const TraceEvent& event) = 0;

 protected:
  ~Trace() = default;
};

}  // namespace ovs::platform

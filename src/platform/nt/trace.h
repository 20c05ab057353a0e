// Rare events as text of an ETW provider, and for an attached debugger. Any level.
#pragma once
#include <ntddk.h>

#include "platform/api/trace.h"

namespace ovs::platform::nt {

class EtwTrace final : public Trace {
 public:
  // Without a provider (no memory for it) only the debugger is told. PASSIVE_LEVEL.
  explicit EtwTrace(const GUID& provider);
  EtwTrace(const EtwTrace&) = delete;
  ~EtwTrace();

  void event(const TraceEvent& event) override;

 private:
  REGHANDLE provider_ = 0;
};

}  // namespace ovs::platform::nt

// The driver as NDIS knows it: a modifying filter of the extensible switch. Its end deregisters it.
#pragma once
#include <ndis.h>

#include "base/core/result.h"
#include "platform/api/memory.h"
#include "platform/api/trace.h"

namespace ovs::driver {

// The version of NDIS to register for: the host's, if we know it, else the newest that we know.
struct NdisLevel {
  UCHAR minor;
  UCHAR revision;  // of the characteristics
  USHORT size;     // likewise
};
// `version` is NdisGetVersion()'s. Error::Unsupported below 6.30.
Result<NdisLevel> level_for(UINT version);

class FilterDriver {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsF");

  // Modules may attach before it returns; `trace` outlives it. PASSIVE_LEVEL. Errors: Unsupported,
  // NoMemory, Io.
  static Result<Owned<FilterDriver>> register_with_ndis(DRIVER_OBJECT& object,
                                                        platform::Trace& trace);
  explicit FilterDriver(platform::Trace& trace) : trace_(trace) {}
  FilterDriver(const FilterDriver&) = delete;
  // Modules that are still attached are detached first. PASSIVE_LEVEL.
  ~FilterDriver();

  NDIS_HANDLE handle() const { return handle_; }

 private:
  static FILTER_ATTACH attach;
  static FILTER_DETACH detach;
  static FILTER_RESTART restart;
  static FILTER_PAUSE pause;

  platform::Trace& trace_;
  NDIS_HANDLE handle_ = nullptr;
};

}  // namespace ovs::driver

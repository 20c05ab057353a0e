// The kernel as a platform: what a driver starts first and ends last. All of platform/api's free
// functions and locks need one to live; it gives the services that api/ describes.
#pragma once
#include <ntddk.h>

#include "platform/api/clock.h"
#include "platform/api/memory.h"
#include "platform/api/trace.h"
#include "platform/api/work.h"

namespace ovs::platform::nt {

class Platform {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsP");

  // `trace_provider` names the driver's events. One at a time. PASSIVE_LEVEL. Errors: NoMemory, Io.
  static Result<Owned<Platform>> start(const GUID& trace_provider);
  struct Parts;
  explicit Platform(Owned<Parts> parts);
  Platform(const Platform&) = delete;
  ~Platform();

  const Clock& clock() const;
  Trace& trace() const;
  Worker& worker() const;
  // Those there may ever be while this runs; indices of KeGetCurrentProcessorNumberEx are below it.
  unsigned processor_count() const;
  // A number that others do not guess: drawn from what a driver that may import no cryptography
  // has. PASSIVE_LEVEL.
  std::uint64_t draw_secret() const;

 private:
  Owned<Parts> parts_;
};

}  // namespace ovs::platform::nt

// Whether the host looks at what a driver does. Of a kernel's configuration (kernel.h), and of how
// its functions are exported (call.h).
#pragma once

namespace ovs::emulator {

// Off, the host believes the driver: calls are not guarded and stay on the caller's stack, pool and
// locks are plain. What drivers see is the same; what they do wrong is not found.
enum class Detectors : bool { Off, On };

}  // namespace ovs::emulator

// A packet that a key describes: headers with right lengths and checksums. For tests, for tracing,
// for netdev-dummy/receive. Extraction of it gives the key back, as far as the key describes a
// packet at all.
#pragma once
#include "base/core/result.h"
#include "flow/match/key.h"

namespace ovs::flow {

inline constexpr std::size_t kComposedMaximum = 2048;
// What netdev-dummy/receive composes where no length is asked for.
inline constexpr std::size_t kComposedPayload = 64;

// Writes the packet into `out` and returns its size, which may be below Ethernet's minimum.
// `payload` bytes (0, 1, 2, ...) follow headers that carry data: UDP, TCP that does not open or
// close, ICMP echo. NoSpace if `out` is too small: kComposedMaximum suffices for any payload of up
// to 1500 bytes.
Result<std::size_t> compose(const FlowKey& key, std::size_t payload, MutableBytes out);

}  // namespace ovs::flow

// A packet that a key describes: headers with right lengths and checksums, a payload of zeros, at
// least 64 bytes. For tests, for tracing, for netdev-dummy/receive. Extraction of it gives the key
// back, as far as the key describes a packet at all.
#pragma once
#include "base/core/result.h"
#include "flow/match/key.h"

namespace ovs::flow {

inline constexpr std::size_t kComposedMinimum = 64;
inline constexpr std::size_t kComposedMaximum = 2048;

// Writes the packet into `out` and returns its size; with `l4_payload` bytes behind the innermost
// header. NoSpace if `out` is too small: kComposedMaximum suffices for any payload of up to 1500
// bytes.
Result<std::size_t> compose(const FlowKey& key, std::size_t l4_payload, MutableBytes out);

}  // namespace ovs::flow

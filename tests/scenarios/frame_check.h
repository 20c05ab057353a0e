// Frames for scenarios: made from keys, and held against keys, with every checksum recomputed by
// code of its own.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/span.h"
#include "base/core/result.h"
#include "flow/match/key.h"

namespace ovs::tests {

// "hex:…" or a key.
Result<std::vector<std::uint8_t>, std::string> make_frame(std::string_view text);
// "" if the frame's checksums are right and it has all that the text says: a key, or "hex:…" for
// all its bytes; behind a key "id(N)" and "inner(KEY)" for what a tunnel packet carries, and
// "size(N)".
std::string check_frame(const std::vector<std::uint8_t>& frame, std::string_view text);
// "" if the key has what the text gives.
std::string check_key(const flow::FlowKey& key, std::string_view text);
std::string describe_frame(const std::vector<std::uint8_t>& frame);

}  // namespace ovs::tests

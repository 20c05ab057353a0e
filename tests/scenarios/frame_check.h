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

// "hex:…", or a key, behind which "data(N)" may stand: bytes behind its transport header.
Result<std::vector<std::uint8_t>, std::string> make_frame(std::string_view text);
// "" if the frame has all that the text says: "hex:…" for all its bytes; or a key, and then its
// checksums are right too. Behind a key: "id(N)" and "inner(KEY)" for what a tunnel packet carries,
// "size(N)", "at(N,HEX)" for bytes at an offset, "cut(N)" for the size of what is not a whole
// packet any more.
std::string check_frame(const std::vector<std::uint8_t>& frame, std::string_view text);
// The same of an upcall: a key, "size(N)" of its packet, "userdata(HEX)".
std::string check_upcall(const flow::FlowKey& key, const std::vector<std::uint8_t>& packet,
                         const std::vector<std::uint8_t>& userdata, std::string_view text);
std::string describe_frame(const std::vector<std::uint8_t>& frame);

}  // namespace ovs::tests

// Any bytes: the parser ends, and what it accepts survives a round trip.
#include <cstddef>
#include <cstdint>

#include "base/core/assert.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto json = ovs::wire::parse_json(text)) {
    const std::string once = ovs::wire::json_text(*json);
    auto parsed = ovs::wire::parse_json(once);
    OVS_ASSERT(parsed.ok() && ovs::wire::json_text(*parsed) == once);
  }
  ovs::wire::JsonStream stream;
  stream.feed(text);
  for (auto next = stream.next(); next.ok() && !next->is_null(); next = stream.next()) {
  }
  return 0;
}

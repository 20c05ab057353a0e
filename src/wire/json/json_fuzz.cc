// Any bytes: the parser ends, and what it accepts is stable once it has been written.
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
    OVS_ASSERT(parsed.ok());
    // A double whose 15 digits denote an integer (999999999999999.9999 is written 1e+15) is read
    // back as that integer; after that nothing changes any more.
    const std::string twice = ovs::wire::json_text(*parsed);
    parsed = ovs::wire::parse_json(twice);
    OVS_ASSERT(parsed.ok() && ovs::wire::json_text(*parsed) == twice);
  }
  ovs::wire::JsonStream stream;
  stream.feed(text);
  for (auto next = stream.next(); next.ok() && !next->is_null(); next = stream.next()) {
  }
  return 0;
}

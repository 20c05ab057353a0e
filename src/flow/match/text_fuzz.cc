// Any text is a match, a datapath flow or datapath actions, or refused; what is printed of it is
// read back as the same.
#include <string_view>

#include "flow/action/action_text.h"
#include "flow/match/match_text.h"
#include "flow/match/odp_text.h"

namespace ovs::flow {
namespace {

void check_match(std::string_view text) {
  const auto match = parse_match(text);
  if (!match) return;
  // ovs-ofctl prints this one as hexadecimal and reads it as decimal.
  if (!match->is_wildcard(FieldId::TunTos) || !(normalized(*match) == *match)) return;
  const auto again = parse_match(format_match(*match));
  OVS_ASSERT(again.ok() && *again == *match);
}

void check_odp(std::string_view text) {
  const auto flow = parse_odp(text);
  if (!flow) return;
  (void)format_odp(flow->key, flow->mask, nullptr, OdpStyle::Verbose, OdpDialect::Userspace);
  OVS_ASSERT(parse_odp(format_odp_key(flow->key)).ok());
}

void check_actions(std::string_view text) {
  const auto bytes = parse_actions(text);
  if (!bytes) return;
  const auto list = ActionList::parse(*bytes);
  if (list) OVS_ASSERT(!format_actions(*list).empty());
}

}  // namespace
}  // namespace ovs::flow

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 3 == 0) ovs::flow::check_match(text);
  if (data[0] % 3 == 1) ovs::flow::check_odp(text);
  if (data[0] % 3 == 2) ovs::flow::check_actions(text);
  return 0;
}

// Any attributes are a key, a mask, a set or a list of actions, or refused; what is taken can be
// written and taken again.
#include "flow/action/action.h"
#include "flow/match/netlink.h"
#include "wire/netlink/message.h"

namespace ovs::flow {
namespace {

void check_key(Bytes bytes) {
  const auto key = parse_key(bytes);
  if (!key) return;
  std::uint8_t buffer[1024];
  wire::Writer writer{MutableBytes(buffer)};
  put_key(writer, *key);
  const auto written = writer.finish();
  OVS_ASSERT(written.ok());
  const auto again = parse_key(*written);
  OVS_ASSERT(again.ok() && *again == *key);
  OVS_ASSERT(parse_key(*written, Fit::Exact).ok());  // what we write is whole
  const auto mask = parse_mask(bytes, *key);
  if (!mask) return;
  wire::Writer masks{MutableBytes(buffer)};
  put_mask(masks, *mask, *key);
  OVS_ASSERT(masks.finish().ok());
}

unsigned walk(const ActionList& actions, unsigned depth) {
  unsigned count = 0;
  for (const Action& action : actions) {
    ++count;
    const bool masked = action.type == ActionType::SetMasked;
    if (masked || action.type == ActionType::Set) {
      (void)parse_set(action.payload, masked ? SetForm::Masked : SetForm::Whole).ok();
    }
    OVS_ASSERT(depth <= kMaxActionNesting);
    if (action.type == ActionType::Clone)
      count += walk(ActionList::nested(action.payload), depth + 1);
    if (action.type == ActionType::Sample)
      count += walk(ActionList::nested(action.sample.actions), depth + 1);
  }
  return count;
}

void check_bytes(Bytes bytes) {
  if (bytes.empty()) return;
  const Bytes rest = bytes.from(1);
  switch (bytes[0] % 3) {
    case 0: return check_key(rest);
    case 1: {
      const auto list = ActionList::parse(rest);
      if (list) (void)walk(*list, 0);
      return;
    }
    case 2:
      (void)wire::parse_message(rest).ok();
      (void)wire::parse_error(rest).ok();
      return;
  }
}

}  // namespace
}  // namespace ovs::flow

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ovs::flow::check_bytes(ovs::Bytes(data, size));
  return 0;
}

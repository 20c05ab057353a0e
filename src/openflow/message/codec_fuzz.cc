// Any bytes are a message or an error, and print; what decoded can be encoded and decoded again.
#include <cstdlib>

#include "openflow/text/print.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ovs;
  using namespace ovs::openflow;
  const Bytes bytes(data, size);
  (void)print_message(bytes, {3});
  if (size < kHeaderSize || load<Be16>(data + 2).host() != size) return 0;
  const auto message = decode(bytes);
  if (!message.ok() || message->kind() == Kind::Hello) return 0;
  const std::string again = encode(*message);
  if (again.size() > kMaxMessageSize) return 0;
  const Bytes encoded(reinterpret_cast<const std::uint8_t*>(again.data()), again.size());
  (void)decode(encoded);
  return 0;
}

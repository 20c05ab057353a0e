#include "wire/packet/transport.h"

namespace ovs::wire {

Result<NeighbourOptions> parse_neighbour_options(Bytes options) {
  NeighbourOptions found;
  while (options.count() >= LinkAddressOption::kSize) {
    OVS_TRY(const auto view, View<LinkAddressOption>::parse(options));
    const std::size_t size = view[LinkAddressOption::kLength] * 8;
    if (size == 0 || size > options.count()) return found;
    const std::uint64_t type = view[LinkAddressOption::kType];
    const bool is_source = type == LinkAddressOption::kSourceType;
    if (size == LinkAddressOption::kSize && (is_source || type == LinkAddressOption::kTargetType)) {
      const std::uint8_t*& slot = is_source ? found.source : found.target;
      if (slot != nullptr) return Error::Malformed;
      slot = view.bytes(LinkAddressOption::kAddress).data();
    }
    options = options.from(size);
  }
  return found;
}

}  // namespace ovs::wire

#include "wire/packet/ip.h"

namespace ovs::wire {
namespace {

bool is_extension(std::uint8_t protocol) {
  return protocol == kProtoHopByHop || protocol == kProtoRouting || protocol == kProtoDestination ||
         protocol == kProtoAuthentication || protocol == kProtoFragment;
}

// RFC 4302 counts the authentication header in words of four bytes, less two; the others in eights,
// less one.
std::size_t extension_size(std::uint8_t protocol, const View<Ipv6Extension>& view) {
  const std::size_t length = view[Ipv6Extension::kLength];
  if (protocol == kProtoFragment) return Ipv6Fragment::kSize;
  return protocol == kProtoAuthentication ? (length + 2) * 4 : (length + 1) * 8;
}

Fragment fragment_kind(const View<Ipv6Fragment>& view) {
  if (view[Ipv6Fragment::kFragOffset] != 0) return Fragment::Later;
  return view[Ipv6Fragment::kMoreFragments] != 0 ? Fragment::First : Fragment::No;
}

}  // namespace

Result<Ipv6Chain> walk_extensions(std::uint8_t next_header, Bytes payload) {
  Ipv6Chain chain{next_header, Fragment::No, 0};
  for (unsigned count = 0; is_extension(chain.protocol); ++count) {
    if (count == kMaxExtensionHeaders) return Error::Range;
    const Bytes rest = payload.from(chain.size);
    OVS_TRY(const auto view, View<Ipv6Extension>::parse(rest));
    const std::size_t size = extension_size(chain.protocol, view);
    if (size > rest.count()) return Error::Truncated;
    const bool is_fragment = chain.protocol == kProtoFragment;
    chain.size += size;
    chain.protocol = std::uint8_t(view[Ipv6Extension::kNextHeader]);
    if (!is_fragment) continue;
    OVS_TRY(const auto fragment, View<Ipv6Fragment>::parse(rest));
    const Fragment kind = fragment_kind(fragment);
    if (kind != Fragment::No) chain.fragment = kind;
    if (kind != Fragment::Later) continue;
    chain.protocol = kProtoFragment;
    return chain;
  }
  return chain;
}

}  // namespace ovs::wire

// The words of actions' arguments, for both directions of their text.
#pragma once
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace ovs::openflow {

// In the order of HashFields, MultipathAlgorithm, BundleAlgorithm, PacketInReason.
inline constexpr std::string_view kHashFieldNames[] = {
    "eth_src", "symmetric_l4", "symmetric_l3l4", "symmetric_l3l4+udp",
    "nw_src",  "nw_dst",       "symmetric_l3"};
inline constexpr std::string_view kMultipathNames[] = {"modulo_n", "hash_threshold", "hrw",
                                                       "iter_hash"};
inline constexpr std::string_view kBundleNames[] = {"active_backup", "hrw"};
inline constexpr std::string_view kReasonNames[] = {"no_match",      "action",       "invalid_ttl",
                                                    "action_set",    "group",        "packet_out",
                                                    "explicit_miss", "implicit_miss"};

inline constexpr std::string_view kEncapNames[] = {"ethernet", "nsh", "mpls", "mpls_mc"};
inline constexpr std::uint32_t kEncapTypes[] = {0, 0x1894f, 0x18847, 0x18848};
constexpr std::size_t encap_index(std::uint32_t packet_type) {
  std::size_t i = 0;
  while (i < 4 && kEncapTypes[i] != packet_type) ++i;
  return i;
}

template <std::size_t N>
constexpr std::string_view name_in(const std::string_view (&names)[N], std::size_t index) {
  return index < N ? names[index] : std::string_view("unknown");
}
template <std::size_t N>
constexpr int index_in(const std::string_view (&names)[N], std::string_view name) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name) return int(i);
  }
  return -1;
}

}  // namespace ovs::openflow

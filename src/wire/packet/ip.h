// Network layer headers: IPv4, IPv6 and its extension headers.
#pragma once
#include "wire/packet/slice.h"

namespace ovs::wire {

inline constexpr std::uint8_t kProtoHopByHop = 0, kProtoIcmp = 1, kProtoTcp = 6, kProtoUdp = 17,
                              kProtoRouting = 43, kProtoFragment = 44, kProtoGre = 47,
                              kProtoEsp = 50, kProtoAuthentication = 51, kProtoIcmpv6 = 58,
                              kProtoNoNext = 59, kProtoDestination = 60, kProtoSctp = 132;

// RFC 791 section 3.1; options are not in the view.
struct Ipv4 {
  static constexpr std::size_t kSize = 20;
  static const Slice<Ipv4> kVersion, kIhl, kTos, kDscp, kEcn, kTotalLength, kIdentification,
      kDontFragment, kMoreFragments, kFragOffset, kTtl, kProtocol, kChecksum, kSrc, kDst;
  // Of the header with its options.
  static std::size_t header_size(const View<Ipv4>& view) { return view[kIhl] * 4; }
  static Result<void> validate(Bytes bytes);
};
inline constexpr Slice<Ipv4> Ipv4::kVersion{0, 4}, Ipv4::kIhl{4, 4}, Ipv4::kTos{8, 8},
    Ipv4::kDscp{8, 6}, Ipv4::kEcn{14, 2}, Ipv4::kTotalLength{16, 16}, Ipv4::kIdentification{32, 16},
    Ipv4::kDontFragment{49, 1}, Ipv4::kMoreFragments{50, 1}, Ipv4::kFragOffset{51, 13},
    Ipv4::kTtl{64, 8}, Ipv4::kProtocol{72, 8}, Ipv4::kChecksum{80, 16}, Ipv4::kSrc{96, 32},
    Ipv4::kDst{128, 32};

// The header fits its own lengths, and the packet fits the bytes: behind kTotalLength there may be
// padding.
inline Result<void> Ipv4::validate(Bytes bytes) {
  const std::size_t header = 4u * (bytes.data()[0] & 15u);
  const std::size_t total = load<Be16>(bytes.data() + 2).host();
  if (header < kSize || total < header) return Error::Malformed;
  if (total > bytes.count()) return Error::Truncated;
  return kOk;
}

// RFC 8200 section 3.
struct Ipv6 {
  static constexpr std::size_t kSize = 40;
  static const Slice<Ipv6> kVersion, kTrafficClass, kDscp, kEcn, kFlowLabel, kPayloadLength,
      kNextHeader, kHopLimit, kSrc, kDst;
  static Result<void> validate(Bytes bytes);
};
inline constexpr Slice<Ipv6> Ipv6::kVersion{0, 4}, Ipv6::kTrafficClass{4, 8}, Ipv6::kDscp{4, 6},
    Ipv6::kEcn{10, 2}, Ipv6::kFlowLabel{12, 20}, Ipv6::kPayloadLength{32, 16},
    Ipv6::kNextHeader{48, 8}, Ipv6::kHopLimit{56, 8}, Ipv6::kSrc{64, 128}, Ipv6::kDst{192, 128};

inline Result<void> Ipv6::validate(Bytes bytes) {
  const std::size_t payload = load<Be16>(bytes.data() + 4).host();
  if (payload > bytes.count() - kSize) return Error::Truncated;
  return kOk;
}

// What hop-by-hop, routing and destination options, and the authentication header, begin with.
struct Ipv6Extension {
  static constexpr std::size_t kSize = 8;
  static const Slice<Ipv6Extension> kNextHeader, kLength;
};
inline constexpr Slice<Ipv6Extension> Ipv6Extension::kNextHeader{0, 8},
    Ipv6Extension::kLength{8, 8};

struct Ipv6Fragment {
  static constexpr std::size_t kSize = 8;
  static const Slice<Ipv6Fragment> kNextHeader, kFragOffset, kMoreFragments, kIdentification;
};
inline constexpr Slice<Ipv6Fragment> Ipv6Fragment::kNextHeader{0, 8},
    Ipv6Fragment::kFragOffset{16, 13}, Ipv6Fragment::kMoreFragments{31, 1},
    Ipv6Fragment::kIdentification{32, 32};

enum class Fragment : std::uint8_t { No, First, Later };

// What stands behind an IPv6 header: the transport protocol, and where its header begins.
struct Ipv6Chain {
  std::uint8_t protocol =
      kProtoNoNext;  // kProtoFragment in a later fragment: what is inside is not known
  Fragment fragment = Fragment::No;
  std::size_t size = 0;  // of all extension headers
};
inline constexpr unsigned kMaxExtensionHeaders = 32;
// `payload` is what follows the fixed header. Truncated: a header leaves it. Range: more than
// kMaxExtensionHeaders.
Result<Ipv6Chain> walk_extensions(std::uint8_t next_header, Bytes payload);

}  // namespace ovs::wire

// Tunnel headers: VXLAN, GRE, Geneve.
#pragma once
#include "wire/packet/slice.h"

namespace ovs::wire {

// RFC 7348.
struct Vxlan {
  static constexpr std::size_t kSize = 8;
  static constexpr std::uint16_t kPort = 4789;
  static const Slice<Vxlan> kFlags, kVniPresent, kVni;
};
inline constexpr Slice<Vxlan> Vxlan::kFlags{0, 8}, Vxlan::kVniPresent{4, 1}, Vxlan::kVni{32, 24};

// RFC 2784 and 2890: the fixed part. Checksum (with four bytes), key and sequence number follow in
// that order if present.
struct Gre {
  static constexpr std::size_t kSize = 4;
  static const Slice<Gre> kChecksumPresent, kRoutingPresent, kKeyPresent, kSequencePresent,
      kVersion, kProtocol;
  static std::size_t header_size(const View<Gre>& view) {
    return kSize + 4 * (view[kChecksumPresent] + view[kKeyPresent] + view[kSequencePresent]);
  }
  // Malformed: a version or a source route that nobody uses. Truncated: optional fields leave the
  // bytes.
  static Result<void> validate(Bytes bytes);
};
inline constexpr Slice<Gre> Gre::kChecksumPresent{0, 1}, Gre::kRoutingPresent{1, 1},
    Gre::kKeyPresent{2, 1}, Gre::kSequencePresent{3, 1}, Gre::kVersion{13, 3},
    Gre::kProtocol{16, 16};

inline Result<void> Gre::validate(Bytes bytes) {
  const unsigned first = bytes.data()[0];
  if ((first & 0x40) != 0 || (bytes.data()[1] & 7) != 0) return Error::Malformed;
  const std::size_t optional = (first >> 7 & 1) + (first >> 5 & 1) + (first >> 4 & 1);
  if (bytes.count() < kSize + 4 * optional) return Error::Truncated;
  return kOk;
}

// RFC 8926: the fixed part; kOptionWords times four bytes of options follow.
struct Geneve {
  static constexpr std::size_t kSize = 8;
  static constexpr std::uint16_t kPort = 6081;
  static const Slice<Geneve> kVersion, kOptionWords, kControl, kCritical, kProtocol, kVni;
};
inline constexpr Slice<Geneve> Geneve::kVersion{0, 2}, Geneve::kOptionWords{2, 6},
    Geneve::kControl{8, 1}, Geneve::kCritical{9, 1}, Geneve::kProtocol{16, 16},
    Geneve::kVni{32, 24};

}  // namespace ovs::wire

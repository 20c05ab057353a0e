// Transport headers: TCP, UDP, SCTP, ICMP, ICMPv6 with neighbour discovery.
#pragma once
#include "wire/packet/slice.h"

namespace ovs::wire {

struct Tcp {
  static constexpr std::size_t kSize = 20;
  static const Slice<Tcp> kSrc, kDst, kSequence, kAck, kDataOffset, kFlags, kWindow, kChecksum,
      kUrgent;
};
inline constexpr Slice<Tcp> Tcp::kSrc{0, 16}, Tcp::kDst{16, 16}, Tcp::kSequence{32, 32},
    Tcp::kAck{64, 32}, Tcp::kDataOffset{96, 4}, Tcp::kFlags{100, 12}, Tcp::kWindow{112, 16},
    Tcp::kChecksum{128, 16}, Tcp::kUrgent{144, 16};

struct Udp {
  static constexpr std::size_t kSize = 8;
  static const Slice<Udp> kSrc, kDst, kLength, kChecksum;
};
inline constexpr Slice<Udp> Udp::kSrc{0, 16}, Udp::kDst{16, 16}, Udp::kLength{32, 16},
    Udp::kChecksum{48, 16};

struct Sctp {
  static constexpr std::size_t kSize = 12;
  static const Slice<Sctp> kSrc, kDst, kVerification, kChecksum;
};
inline constexpr Slice<Sctp> Sctp::kSrc{0, 16}, Sctp::kDst{16, 16}, Sctp::kVerification{32, 32},
    Sctp::kChecksum{64, 32};

// ICMP and ICMPv6 alike.
struct Icmp {
  static constexpr std::size_t kSize = 8;
  static const Slice<Icmp> kType, kCode, kChecksum, kRest;
};
inline constexpr Slice<Icmp> Icmp::kType{0, 8}, Icmp::kCode{8, 8}, Icmp::kChecksum{16, 16},
    Icmp::kRest{32, 32};

inline constexpr std::uint8_t kEchoReply = 0, kEchoRequest = 8, kEcho6Request = 128,
                              kEcho6Reply = 129;
inline constexpr std::uint8_t kNeighbourSolicit = 135, kNeighbourAdvert = 136;

// RFC 4861 sections 4.3 and 4.4: the ICMPv6 header and the target.
struct NeighbourDiscovery {
  static constexpr std::size_t kSize = 24;
  static const Slice<NeighbourDiscovery> kTarget;
};
inline constexpr Slice<NeighbourDiscovery> NeighbourDiscovery::kTarget{64, 128};

// An option that holds a link-layer address of six bytes.
struct LinkAddressOption {
  static constexpr std::size_t kSize = 8;
  static constexpr std::uint8_t kSourceType = 1, kTargetType = 2;
  static const Slice<LinkAddressOption> kType, kLength, kAddress;
};
inline constexpr Slice<LinkAddressOption> LinkAddressOption::kType{0, 8},
    LinkAddressOption::kLength{8, 8}, LinkAddressOption::kAddress{16, 48};

// The link-layer addresses that the options of a solicitation or advertisement give; null if there
// is none.
struct NeighbourOptions {
  const std::uint8_t* source = nullptr;
  const std::uint8_t* target = nullptr;
};
// Malformed: an address is given twice. Options that leave the bytes end the list.
Result<NeighbourOptions> parse_neighbour_options(Bytes options);

}  // namespace ovs::wire

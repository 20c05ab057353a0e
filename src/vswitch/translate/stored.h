// Numbers in keys and masks by where they are stored, the place known at run time or at compile
// time alike.
#pragma once
#include <cstring>

#include "flow/match/key.h"
#include "vswitch/tables/settings.h"

namespace ovs::vswitch {

inline std::uint8_t* stored_bytes(flow::MatchKey& key, flow::StorageId id) {
  const flow::Storage& row = flow::storage(id);
  return (row.segment == flow::Segment::Datapath ? key.flow.bytes() : key.pipeline.bytes()) +
         row.offset();
}
inline const std::uint8_t* stored_bytes(const flow::MatchKey& key, flow::StorageId id) {
  return stored_bytes(const_cast<flow::MatchKey&>(key), id);
}

// Of at most eight bytes, in host order.
inline std::uint64_t stored(const flow::MatchKey& key, flow::StorageId id) {
  const std::uint8_t* bytes = stored_bytes(key, id);
  std::uint64_t number = 0;
  for (unsigned i = 0; i < flow::storage(id).size; ++i) number = number << 8 | bytes[i];
  return number;
}
inline void set_stored(flow::MatchKey& key, flow::StorageId id, std::uint64_t number) {
  std::uint8_t* bytes = stored_bytes(key, id);
  for (unsigned i = flow::storage(id).size; i-- > 0; number >>= 8) bytes[i] = std::uint8_t(number);
}

// In a mask: all bits of it count, or these.
inline void mark(flow::MatchMask& mask, flow::StorageId id) {
  std::memset(stored_bytes(mask, id), 0xff, flow::storage(id).size);
}
inline void mark(flow::MatchMask& mask, flow::StorageId id, std::uint64_t bits) {
  set_stored(mask, id, stored(mask, id) | bits);
}
inline void unmark(flow::MatchMask& mask, flow::StorageId id) {
  std::memset(stored_bytes(mask, id), 0, flow::storage(id).size);
}

inline MacAddress stored_mac(const flow::MatchKey& key, flow::StorageId id) {
  MacAddress mac;
  std::memcpy(mac.bytes.data(), stored_bytes(key, id), mac.bytes.size());
  return mac;
}

inline constexpr flow::StorageId kTunnelStorage[] = {
    flow::StorageId::TunId,     flow::StorageId::TunSrc,   flow::StorageId::TunDst,
    flow::StorageId::TunFlags,  flow::StorageId::TunTos,   flow::StorageId::TunTtl,
    flow::StorageId::TunTpSrc,  flow::StorageId::TunTpDst, flow::StorageId::TunIpv6Src,
    flow::StorageId::TunIpv6Dst};

inline constexpr std::uint16_t kVlanVidBits = 0x0fff, kVlanPresentBit = 0x1000,
                               kVlanPcpBits = 0xe000;

}  // namespace ovs::vswitch

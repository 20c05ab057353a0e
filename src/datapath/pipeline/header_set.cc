#include "datapath/pipeline/header_set.h"

namespace ovs::datapath {

namespace {

constexpr std::uint16_t kIpv4 = 0x0800, kArp = 0x0806, kRarp = 0x8035, kIpv6 = 0x86dd;
constexpr std::uint8_t kIcmp = 1, kTcp = 6, kUdp = 17, kIcmpv6 = 58, kSctp = 132;
constexpr std::size_t kIpv4Size = 20, kIpv6Size = 40, kArpSize = 28;

std::uint32_t fold(std::uint64_t sum) {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16 & 0xffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  return std::uint32_t((sum & 0xffff) + (sum >> 16));
}

// RFC 1624, equation 3; byte order does not matter to a ones' complement sum.
void update(std::uint8_t* at, std::uint32_t from, std::uint32_t to) {
  const std::uint64_t sum = std::uint16_t(~load<std::uint16_t>(at)) +
                            (std::uint64_t{~from & 0xffff} + (~from >> 16)) +
                            (std::uint64_t{to & 0xffff} + (to >> 16));
  store(at, std::uint16_t(~fold(sum)));
}

template <class T>
T merge(T old, const Masked<T>& set) {
  return T((old & ~set.mask) | (set.value & set.mask));
}

template <std::size_t N>
void merge_bytes(std::uint8_t* at, const Masked<Array<std::uint8_t, N>>& set) {
  for (std::size_t i = 0; i < N; ++i) {
    at[i] = std::uint8_t((at[i] & ~set.mask.items[i]) | (set.value.items[i] & set.mask.items[i]));
  }
}

// Where the checksum of the packet's transport header lies, which covers addresses by the
// pseudo-header; null if there is none. UDP over IPv4 with a checksum of zero has none.
std::uint8_t* transport_checksum(Packet& packet) {
  if (packet.at.l4 == 0 || (packet.nw_frag & flow::kFragLater) != 0) return nullptr;
  std::size_t offset = 0;
  if (packet.nw_proto == kTcp) {
    offset = 16;
  } else if (packet.nw_proto == kUdp) {
    offset = 6;
  } else if (packet.nw_proto == kIcmpv6 && packet.eth_type == kIpv6) {
    offset = 2;
  } else {
    return nullptr;
  }
  if (packet.at.l4 + offset + 2 > packet.head_size) return nullptr;
  std::uint8_t* const at = packet.data + packet.at.l4 + offset;
  if (packet.nw_proto == kUdp && packet.open.start == 0 && load<std::uint16_t>(at) == 0)
    return nullptr;
  return at;
}

// A field of the pseudo-header changed. While the sum is open, it is the pseudo-header's own, not a
// complement.
void update_pseudo(Packet& packet, std::uint8_t* at, std::uint32_t from, std::uint32_t to) {
  if (packet.open.start != 0) {
    store(at, std::uint16_t(~load<std::uint16_t>(at)));
    update(at, from, to);
    store(at, std::uint16_t(~load<std::uint16_t>(at)));
    return;
  }
  update(at, from, to);
  // RFC 768: zero would say that there is no checksum.
  if (packet.nw_proto == kUdp && load<std::uint16_t>(at) == 0) store(at, std::uint16_t{0xffff});
}

// A field of the transport header changed, which an open sum does not hold yet.
void update_transport(Packet& packet, std::uint32_t from, std::uint32_t to) {
  if (packet.open.start != 0) return;
  if (std::uint8_t* at = transport_checksum(packet)) update_pseudo(packet, at, from, to);
}

std::uint8_t* ipv4_header(Packet& packet) {
  if (packet.eth_type != kIpv4 || packet.at.l3 == 0) return nullptr;
  if (packet.at.l3 + kIpv4Size > packet.head_size) return nullptr;
  std::uint8_t* const header = packet.data + packet.at.l3;
  return header[0] >> 4 == 4 ? header : nullptr;
}

std::uint8_t* ipv6_header(Packet& packet) {
  if (packet.eth_type != kIpv6 || packet.at.l3 == 0) return nullptr;
  if (packet.at.l3 + kIpv6Size > packet.head_size) return nullptr;
  std::uint8_t* const header = packet.data + packet.at.l3;
  return header[0] >> 4 == 6 ? header : nullptr;
}

std::uint8_t* transport_header(Packet& packet, std::uint8_t protocol, std::size_t size) {
  if (packet.nw_proto != protocol || packet.at.l4 == 0) return nullptr;
  if (packet.eth_type != kIpv4 && packet.eth_type != kIpv6) return nullptr;
  if ((packet.nw_frag & flow::kFragLater) != 0) return nullptr;
  return packet.at.l4 + size <= packet.head_size ? packet.data + packet.at.l4 : nullptr;
}

void set_ipv4_address(Packet& packet, std::uint8_t* header, std::size_t offset,
                      const Masked<std::uint32_t>& set) {
  const std::uint32_t old = load<std::uint32_t>(header + offset);
  const std::uint32_t now = merge(old, set);
  if (now == old) return;
  store(header + offset, now);
  update(header + 10, old, now);
  if (std::uint8_t* at = transport_checksum(packet)) update_pseudo(packet, at, old, now);
}

// Two neighbouring bytes at an even offset, one of which changes.
void set_ipv4_byte(std::uint8_t* header, std::size_t offset, const Masked<std::uint8_t>& set) {
  if (set.mask == 0) return;
  std::uint8_t* const pair = header + (offset & ~std::size_t{1});
  const std::uint16_t old = load<std::uint16_t>(pair);
  header[offset] = merge(header[offset], set);
  update(header + 10, old, load<std::uint16_t>(pair));
}

template <std::size_t N>
bool is_set(const Masked<Array<std::uint8_t, N>>& set) {
  for (const std::uint8_t byte : set.mask) {
    if (byte != 0) return true;
  }
  return false;
}

// IPv6's address `at` may be one that the transport's sum does not cover (a routing header tells
// another destination), but then nobody on the way can keep that sum right.
void set_ipv6_address(Packet& packet, std::uint8_t* at,
                      const Masked<Array<std::uint8_t, 16>>& set) {
  if (!is_set(set)) return;
  const Array<std::uint8_t, 16> old = load<Array<std::uint8_t, 16>>(at);
  merge_bytes(at, set);
  std::uint8_t* const sum = transport_checksum(packet);
  if (sum == nullptr) return;
  for (unsigned i = 0; i < 16; i += 4) {
    update_pseudo(packet, sum, load<std::uint32_t>(old.data() + i), load<std::uint32_t>(at + i));
  }
}

void set_ports(Packet& packet, std::uint8_t* header, const PortsSet& set) {
  const std::uint32_t old = load<std::uint32_t>(header);
  const std::uint32_t now = merge(old, set.ports);
  store(header, now);
  if (now != old) update_transport(packet, old, now);
}

// CRC-32c (RFC 9260 appendix A): polynomials of which the lowest power is the highest bit, modulo
// the one that is behind that CRC.
constexpr std::uint32_t kCrcOne = 0x80000000;

std::uint32_t crc_times_x(std::uint32_t polynomial) {
  return polynomial >> 1 ^ (0x82f63b78 & (0 - (polynomial & 1)));
}

std::uint32_t crc_product(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = kCrcOne; bit != 0; bit >>= 1, b = crc_times_x(b)) {
    if ((a & bit) != 0) product ^= b;
  }
  return product;
}

// By what a CRC changes when `difference` is added to the first four of `size` bytes.
std::uint32_t crc_change(std::uint32_t difference, std::uint32_t size) {
  constexpr std::uint32_t kCrcXTo8 = kCrcOne >> 8;
  std::uint32_t power = kCrcXTo8;
  for (; size != 0; size >>= 1, power = crc_product(power, power)) {
    if ((size & 1) != 0) difference = crc_product(difference, power);
  }
  return difference;
}

// Of the transport's header and what is behind it, without what fills the frame up.
std::uint32_t transport_size(const Packet& packet) {
  const std::uint32_t all = packet.size() - packet.at.l4;
  const std::uint8_t* const ip = packet.data + packet.at.l3;
  const std::uint32_t stated =
      packet.eth_type == kIpv4 ? load<Be16>(ip + 2).host() : load<Be16>(ip + 4).host() + 40u;
  const std::uint32_t before = std::uint32_t{packet.at.l4} - packet.at.l3;
  return stated > before && stated - before < all ? stated - before : all;
}

}  // namespace

void set_ethernet(Packet& packet, const EthernetSet& set) {
  if (packet.head_size < 14) return;
  merge_bytes(packet.data, set.addresses);
}

void set_ipv4(Packet& packet, const Ipv4Set& set) {
  std::uint8_t* const header = ipv4_header(packet);
  if (header == nullptr) return;
  set_ipv4_address(packet, header, 12, set.src);
  set_ipv4_address(packet, header, 16, set.dst);
  set_ipv4_byte(header, 1, set.tos);
  set_ipv4_byte(header, 8, set.ttl);
}

void set_ipv6(Packet& packet, const Ipv6Set& set) {
  std::uint8_t* const header = ipv6_header(packet);
  if (header == nullptr) return;
  set_ipv6_address(packet, header + 8, set.src);
  set_ipv6_address(packet, header + 24, set.dst);
  header[7] = merge(header[7], set.hop_limit);
  const std::uint8_t tclass = merge(std::uint8_t(header[0] << 4 | header[1] >> 4), set.tclass);
  header[0] = std::uint8_t(0x60 | tclass >> 4);
  header[1] = std::uint8_t(tclass << 4 | (header[1] & 0x0f));
  store(header, merge(load<std::uint32_t>(header), set.label));
}

void set_tcp(Packet& packet, const PortsSet& set) {
  if (std::uint8_t* header = transport_header(packet, kTcp, 20)) set_ports(packet, header, set);
}

void set_udp(Packet& packet, const PortsSet& set) {
  if (std::uint8_t* header = transport_header(packet, kUdp, 8)) set_ports(packet, header, set);
}

// CRC is linear: what is behind the ports need not be read, and a checksum that was wrong stays
// wrong by the same bits.
void set_sctp(Packet& packet, const PortsSet& set) {
  std::uint8_t* const header = transport_header(packet, kSctp, 12);
  if (header == nullptr) return;
  const std::uint32_t old = load<std::uint32_t>(header);
  const std::uint32_t now = merge(old, set.ports);
  store(header, now);
  const std::uint32_t change = crc_change(old ^ now, transport_size(packet));
  store(header + 8, load<std::uint32_t>(header + 8) ^ change);
}

void set_icmp(Packet& packet, const IcmpSet& set) {
  std::uint8_t* const header = transport_header(packet, kIcmp, 4);
  if (header == nullptr || packet.eth_type != kIpv4) return;
  const std::uint16_t old = load<std::uint16_t>(header);
  const std::uint16_t now = merge(old, set.type_and_code);
  store(header, now);
  update(header + 2, old, now);
}

void set_icmpv6(Packet& packet, const IcmpSet& set) {
  std::uint8_t* const header = transport_header(packet, kIcmpv6, 4);
  if (header == nullptr || packet.eth_type != kIpv6) return;
  const std::uint16_t old = load<std::uint16_t>(header);
  const std::uint16_t now = merge(old, set.type_and_code);
  store(header, now);
  update_transport(packet, old, now);
}

void set_arp(Packet& packet, const ArpSet& set) {
  if (packet.eth_type != kArp && packet.eth_type != kRarp) return;
  if (packet.at.l3 == 0 || packet.at.l3 + kArpSize > packet.head_size) return;
  std::uint8_t* const header = packet.data + packet.at.l3;
  store(header + 6, merge(load<std::uint16_t>(header + 6), set.op));
  merge_bytes(header + 8, set.sha);
  store(header + 14, merge(load<std::uint32_t>(header + 14), set.spa));
  merge_bytes(header + 18, set.tha);
  store(header + 24, merge(load<std::uint32_t>(header + 24), set.tpa));
}

namespace {

template <std::size_t N>
void set_nd_bytes(Packet& packet, std::uint8_t* at, const Masked<Array<std::uint8_t, N>>& set) {
  if (!is_set(set)) return;
  const Array<std::uint8_t, N> old = load<Array<std::uint8_t, N>>(at);
  merge_bytes(at, set);
  for (std::size_t i = 0; i < N; i += 2) {
    update_transport(packet, load<std::uint16_t>(old.data() + i), load<std::uint16_t>(at + i));
  }
}

}  // namespace

void set_nd(Packet& packet, const NdSet& set) {
  constexpr std::uint8_t kSolicit = 135, kAdvert = 136, kSourceOption = 1, kTargetOption = 2;
  std::uint8_t* const header = transport_header(packet, kIcmpv6, 24);
  if (header == nullptr || packet.eth_type != kIpv6) return;
  if (header[0] != kSolicit && header[0] != kAdvert) return;
  set_nd_bytes(packet, header + 8, set.target);
  std::size_t at = packet.at.l4 + 24u;
  while (at + 8 <= packet.head_size) {
    std::uint8_t* const option = packet.data + at;
    if (option[1] == 0) return;
    if (option[0] == kSourceOption) set_nd_bytes(packet, option + 2, set.sll);
    if (option[0] == kTargetOption) set_nd_bytes(packet, option + 2, set.tll);
    at += option[1] * 8u;
  }
}

bool push_vlan(Packet& packet, std::uint16_t tpid, std::uint16_t tci) {
  if (packet.headroom() < 4 || packet.head_size < 14) return false;
  const auto addresses = load<Array<std::uint8_t, 12>>(packet.data);
  packet.grow_front(4);
  store(packet.data, addresses);
  store(packet.data + 12, tpid);
  store(packet.data + 14, tci);
  if (packet.at.l3 != 0) packet.at.l3 = std::uint16_t(packet.at.l3 + 4);
  if (packet.at.l4 != 0) packet.at.l4 = std::uint16_t(packet.at.l4 + 4);
  if (packet.at.payload != 0) packet.at.payload = std::uint16_t(packet.at.payload + 4);
  return true;
}

void pop_vlan(Packet& packet) {
  if (packet.head_size < 18) return;
  const std::uint16_t tpid = load<Be16>(packet.data + 12).host();
  if (tpid != 0x8100 && tpid != 0x88a8) return;
  const auto addresses = load<Array<std::uint8_t, 12>>(packet.data);
  packet.shrink_front(4);
  store(packet.data, addresses);
  if (packet.at.l3 != 0) packet.at.l3 = std::uint16_t(packet.at.l3 - 4);
  if (packet.at.l4 != 0) packet.at.l4 = std::uint16_t(packet.at.l4 - 4);
  if (packet.at.payload != 0) packet.at.payload = std::uint16_t(packet.at.payload - 4);
}

Checksum sum_to_end(const Packet& packet, const std::uint8_t* from, PacketHost& host) {
  Checksum sum;
  sum.add(Bytes(from, std::size_t(packet.data + packet.head_size - from)));
  if (packet.tail_size == 0) return sum;
  // A sum is a word that may stand for what was summed.
  const Be16 tail(host.sum_tail(packet));
  sum.add(Bytes(reinterpret_cast<const std::uint8_t*>(&tail), sizeof tail));
  return sum;
}

void close_checksum(Packet& packet, PacketHost& host) {
  const OpenChecksum open = packet.open;
  packet.open = {};
  if (open.start == 0) return;
  const std::size_t at = std::size_t{open.start} + open.offset;
  if (open.start > packet.head_size || at + 2 > packet.head_size) return;
  Be16 value = sum_to_end(packet, packet.data + open.start, host).value();
  const bool udp = packet.nw_proto == kUdp && open.offset == 6;
  if (udp && value == Be16()) value = Be16(0xffff);  // RFC 768: zero would say that there is none
  store(packet.data + at, value);
}

}  // namespace ovs::datapath

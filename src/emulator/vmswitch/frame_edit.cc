#include "emulator/vmswitch/frame_edit.h"

#include <algorithm>
#include <cstring>

#include "wire/packet/checksum.h"

namespace ovs::emulator {
namespace {

constexpr std::size_t kEthernet = 14, kTag = 4, kMacs = 12;
constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd, kVlan = 0x8100, kServiceVlan = 0x88a8;
constexpr std::uint8_t kTcp = 6, kUdp = 17;
constexpr std::uint8_t kFin = 0x01, kPush = 0x08;
constexpr std::uint16_t kTcpSumAt = 16, kUdpSumAt = 6;
constexpr int kMaxTags = 4, kMaxExtensions = 8;

std::uint16_t read16(const std::uint8_t* at) {
  return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
std::uint32_t read32(const std::uint8_t* at) {
  return std::uint32_t{read16(at)} << 16 | read16(at + 2);
}
void write16(std::uint8_t* at, std::uint16_t value) {
  at[0] = static_cast<std::uint8_t>(value >> 8);
  at[1] = static_cast<std::uint8_t>(value);
}
void write32(std::uint8_t* at, std::uint32_t value) {
  write16(at, static_cast<std::uint16_t>(value >> 16));
  write16(at + 2, static_cast<std::uint16_t>(value));
}

Bytes part(Bytes frame, std::size_t from, std::size_t to) {
  return {frame.data() + from, to - from};
}

void find_transport(Bytes frame, std::uint8_t protocol, Headers& headers) {
  const std::size_t room = headers.end - headers.l4;
  if (protocol == kUdp && room >= 8) {
    headers.transport = Transport::Udp;
    headers.tcp_data = headers.l4 + 8;
  }
  if (protocol != kTcp || room < 20) return;
  const std::size_t length = (frame.data()[headers.l4 + 12] >> 4) * std::size_t{4};
  if (length < 20 || length > room) return;
  headers.transport = Transport::Tcp;
  headers.tcp_data = headers.l4 + length;
}

void find_ipv4(Bytes frame, Headers& headers) {
  if (frame.count() < headers.l3 + 20) return;
  const std::uint8_t* ip = frame.data() + headers.l3;
  const std::size_t length = (ip[0] & 0xf) * std::size_t{4};
  if (ip[0] >> 4 != 4 || length < 20) return;
  // A sender that leaves segmentation to its device may leave the length out.
  const std::size_t total = read16(ip + 2) == 0 ? frame.count() - headers.l3 : read16(ip + 2);
  if (total < length || headers.l3 + total > frame.count()) return;
  headers.ip_version = 4;
  headers.l4 = headers.l3 + length;
  headers.end = headers.l3 + total;
  if ((read16(ip + 6) & 0x3fff) == 0) find_transport(frame, ip[9], headers);
}

bool is_skippable(std::uint8_t protocol) {
  return protocol == 0 || protocol == 43 || protocol == 60;
}

void find_ipv6(Bytes frame, Headers& headers) {
  if (frame.count() < headers.l3 + 40) return;
  const std::uint8_t* ip = frame.data() + headers.l3;
  if (ip[0] >> 4 != 6) return;
  const std::size_t payload =
      read16(ip + 4) == 0 ? frame.count() - headers.l3 - 40 : read16(ip + 4);
  if (headers.l3 + 40 + payload > frame.count()) return;
  headers.ip_version = 6;
  headers.end = headers.l3 + 40 + payload;
  headers.l4 = headers.l3 + 40;
  std::uint8_t protocol = ip[6];
  for (int i = 0; i < kMaxExtensions && is_skippable(protocol); ++i) {
    if (headers.l4 + 8 > headers.end) return;
    const std::uint8_t* extension = frame.data() + headers.l4;
    protocol = extension[0];
    headers.l4 += (extension[1] + std::size_t{1}) * 8;
    if (headers.l4 > headers.end) return;
  }
  find_transport(frame, protocol, headers);
}

std::uint8_t* checksum_field(MutableBytes frame, const Headers& headers) {
  return frame.data() + headers.l4 + (headers.transport == Transport::Tcp ? kTcpSumAt : kUdpSumAt);
}

Bytes addresses_of(Bytes frame, const Headers& headers) {
  const std::size_t at = headers.l3 + (headers.ip_version == 4 ? 12 : 8);
  return part(frame, at, at + (headers.ip_version == 4 ? 8 : 32));
}

std::uint8_t protocol_of(Transport transport) {
  return transport == Transport::Tcp ? kTcp : kUdp;
}

void fix_lengths(MutableBytes frame, const Headers& headers) {
  std::uint8_t* ip = frame.data() + headers.l3;
  const std::size_t length = frame.count() - headers.l3;
  write16(headers.ip_version == 4 ? ip + 2 : ip + 4,
          static_cast<std::uint16_t>(headers.ip_version == 4 ? length : length - 40));
}

}  // namespace

std::size_t Headers::payload() const {
  return end - tcp_data;
}

Headers headers_of(Bytes frame) {
  Headers headers;
  std::size_t type_at = kMacs;
  while (headers.tag_count < kMaxTags && frame.count() >= type_at + 2 + kTag) {
    const std::uint16_t type = read16(frame.data() + type_at);
    if (type != kVlan && type != kServiceVlan) break;
    ++headers.tag_count;
    type_at += kTag;
  }
  if (frame.count() < type_at + 2) return headers;
  headers.l3 = type_at + 2;
  const std::uint16_t type = read16(frame.data() + type_at);
  if (type == kIpv4) find_ipv4(frame, headers);
  if (type == kIpv6) find_ipv6(frame, headers);
  return headers;
}

MacAddress destination_of(Bytes frame) {
  MacAddress mac;
  if (frame.count() >= kEthernet) std::memcpy(mac.bytes.items, frame.data(), 6);
  return mac;
}

MacAddress source_of(Bytes frame) {
  MacAddress mac;
  if (frame.count() >= kEthernet) std::memcpy(mac.bytes.items, frame.data() + 6, 6);
  return mac;
}

std::optional<Tag> outer_tag(Bytes frame) {
  if (frame.count() < kEthernet + kTag) return std::nullopt;
  if (read16(frame.data() + kMacs) != kVlan) return std::nullopt;
  const std::uint16_t tci = read16(frame.data() + kMacs + 2);
  return Tag{static_cast<std::uint16_t>(tci & 0xfff), static_cast<std::uint8_t>(tci >> 13)};
}

void remove_tag(FrameImage& frame) {
  frame.erase(frame.begin() + kMacs, frame.begin() + kMacs + kTag);
}

void insert_tag(FrameImage& frame, const Tag& tag) {
  if (frame.size() < kMacs) return;
  std::uint8_t bytes[kTag];
  write16(bytes, kVlan);
  write16(bytes + 2, static_cast<std::uint16_t>(tag.priority << 13 | tag.vlan));
  frame.insert(frame.begin() + kMacs, bytes, bytes + kTag);
}

void complete_ip_checksum(MutableBytes frame, const Headers& headers) {
  if (headers.ip_version != 4) return;
  std::uint8_t* ip = frame.data() + headers.l3;
  const std::size_t length = (ip[0] & 0xf) * std::size_t{4};
  write16(ip + 10, 0);
  write16(ip + 10, wire::checksum({ip, length}));
}

void complete_transport_checksum(MutableBytes frame, const Headers& headers) {
  if (headers.transport == Transport::None) return;
  std::uint8_t* field = checksum_field(frame, headers);
  write16(field, 0);
  const std::uint16_t sum =
      wire::transport_checksum(addresses_of(frame, headers), protocol_of(headers.transport),
                               part(frame, headers.l4, headers.end));
  write16(field, headers.transport == Transport::Udp ? wire::udp_checksum_field(sum) : sum);
}

bool is_transport_checksum(const Headers& headers, platform::PartialChecksum partial) {
  if (headers.transport == Transport::None || headers.l4 != partial.start) return false;
  return partial.offset == (headers.transport == Transport::Tcp ? kTcpSumAt : kUdpSumAt);
}

bool close_checksum(MutableBytes frame, platform::PartialChecksum partial) {
  const std::size_t at = std::size_t{partial.start} + partial.offset;
  if (at + 2 > frame.count()) return false;
  const std::uint16_t sum = wire::checksum(part(frame, partial.start, frame.count()));
  write16(frame.data() + at, partial.offset == kUdpSumAt ? wire::udp_checksum_field(sum) : sum);
  return true;
}

void leave_out_length(MutableBytes frame, const Headers& headers) {
  std::uint8_t* ip = frame.data() + headers.l3;
  write16(headers.ip_version == 4 ? ip + 2 : ip + 4, 0);
  if (headers.ip_version == 4) write16(ip + 10, 0);
}

void fill_in_length(MutableBytes frame, const Headers& headers) {
  if (headers.ip_version == 0) return;
  std::uint8_t* length = frame.data() + headers.l3 + (headers.ip_version == 4 ? 2 : 4);
  if (read16(length) != 0) return;
  const std::size_t end = headers.end - headers.l3 - (headers.ip_version == 4 ? 0 : 40);
  write16(length, static_cast<std::uint16_t>(std::min<std::size_t>(end, 0xffff)));
}

void put_pseudo_sum(MutableBytes frame, const Headers& headers, PseudoLength length) {
  if (headers.transport == Transport::None) return;
  wire::Checksum sum;
  sum.add(addresses_of(frame, headers)).add16(protocol_of(headers.transport));
  if (length == PseudoLength::With) {
    sum.add32(static_cast<std::uint32_t>(headers.end - headers.l4));
  }
  write16(checksum_field(frame, headers), static_cast<std::uint16_t>(~sum.finish()));
}

void cut_segments(Bytes frame, const Headers& headers, std::size_t size,
                  FunctionRef<void(Bytes)> each) {
  const std::uint32_t first_sequence = read32(frame.data() + headers.l4 + 4);
  const std::uint16_t first_id =
      headers.ip_version == 4 ? read16(frame.data() + headers.l3 + 4) : 0;
  std::uint16_t number = 0;
  FrameImage segment;
  for (std::size_t at = headers.tcp_data; at < headers.end; at += size, ++number) {
    const std::size_t next = std::min(at + size, headers.end);
    segment.assign(frame.data(), frame.data() + headers.tcp_data);
    segment.insert(segment.end(), frame.data() + at, frame.data() + next);
    const MutableBytes bytes{segment.data(), segment.size()};
    fix_lengths(bytes, headers);
    std::uint8_t* tcp = segment.data() + headers.l4;
    write32(tcp + 4, first_sequence + static_cast<std::uint32_t>(at - headers.tcp_data));
    if (next != headers.end) tcp[13] &= static_cast<std::uint8_t>(~(kFin | kPush));
    if (headers.ip_version == 4) {
      write16(segment.data() + headers.l3 + 4, static_cast<std::uint16_t>(first_id + number));
    }
    Headers own = headers;
    own.end = segment.size();
    complete_ip_checksum(bytes, own);
    complete_transport_checksum(bytes, own);
    each({segment.data(), segment.size()});
  }
}

std::string fault_of(Bytes frame, TransportSum transport) {
  if (frame.count() < kEthernet) return "it is shorter than an Ethernet header";
  const Headers headers = headers_of(frame);
  const std::uint16_t type =
      headers.l3 == 0 ? std::uint16_t{0} : read16(frame.data() + headers.l3 - 2);
  if (headers.ip_version == 0) {
    return type == kIpv4 || type == kIpv6 ? "its IP header or length is wrong" : "";
  }
  if (headers.ip_version == 4) {
    const std::uint8_t* ip = frame.data() + headers.l3;
    if (read16(ip + 2) == 0) return "its IPv4 length is zero";
    if (wire::checksum({ip, (ip[0] & 0xf) * std::size_t{4}}) != 0) {
      return "its IPv4 header checksum is wrong";
    }
  }
  if (headers.transport == Transport::None) return "";
  const bool is_udp = headers.transport == Transport::Udp;
  if (is_udp && read16(frame.data() + headers.l4 + 4) != headers.end - headers.l4) {
    return "its UDP length is wrong";
  }
  if (transport == TransportSum::Open) return "";
  // Over IPv4, UDP may go without.
  const std::uint8_t* field = frame.data() + headers.l4 + (is_udp ? kUdpSumAt : kTcpSumAt);
  if (is_udp && headers.ip_version == 4 && read16(field) == 0) return "";
  const std::uint16_t sum =
      wire::transport_checksum(addresses_of(frame, headers), protocol_of(headers.transport),
                               part(frame, headers.l4, headers.end));
  return sum == 0 ? "" : std::string("its ") + (is_udp ? "UDP" : "TCP") + " checksum is wrong";
}

}  // namespace ovs::emulator

#include "datapath/pipeline/segmenter.h"

#include "datapath/pipeline/header_set.h"

namespace ovs::datapath {
namespace {

constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd;
constexpr std::uint8_t kTcp = 6;
constexpr std::uint32_t kIpv4Size = 20, kIpv6Size = 40, kTcpSize = 20;
constexpr std::uint8_t kFin = 0x01, kPush = 0x08, kCongestionReduced = 0x80;

bool is_whole_tcp(const Packet& packet) {
  const flow::HeaderOffsets& at = packet.at;
  if (packet.nw_proto != kTcp || packet.nw_frag != 0 || at.l3 == 0 || at.l4 == 0) return false;
  const std::uint32_t ip = packet.eth_type == kIpv4   ? kIpv4Size
                           : packet.eth_type == kIpv6 ? kIpv6Size
                                                      : 0;
  return ip != 0 && at.l3 + ip <= at.l4 && at.l4 + kTcpSize <= at.payload &&
         at.payload <= packet.head_size;
}

}  // namespace

Segmenter::Segmenter(const Packet& packet, PacketHost& host)
    : packet_(packet), host_(host), header_size_(packet.at.payload) {
  if (packet.segment_size == 0 || !is_whole_tcp(packet)) return;
  payload_ = packet.size() - header_size_;
  const std::uint32_t count = (payload_ + packet.segment_size - 1) / packet.segment_size;
  if (count <= kMaxSegments) count_ = unsigned(count);
}

Packet* Segmenter::next() {
  OVS_ASSERT(at_ < count_);
  const std::uint32_t from = at_ * std::uint32_t{packet_.segment_size};
  const std::uint32_t left = payload_ - from;
  const std::uint32_t size = left < packet_.segment_size ? left : packet_.segment_size;
  Packet* const segment = host_.clone_part(packet_, header_size_, header_size_ + from, size);
  if (segment != nullptr) {
    segment->segment_size = 0;
    segment->verdict = 0;
    segment->open = {};
    segment->is_rewritten = true;
    fix_ip(*segment);
    fix_tcp(*segment);
  }
  ++at_;
  return segment;
}

void Segmenter::fix_ip(Packet& segment) const {
  std::uint8_t* const ip = segment.data + segment.at.l3;
  const std::uint32_t size = segment.size() - segment.at.l3;
  if (segment.eth_type == kIpv6) return store(ip + 4, Be16(std::uint16_t(size - kIpv6Size)));
  store(ip + 2, Be16(std::uint16_t(size)));
  // RFC 6864 lets packets that must not be fragmented share one, but not everybody knows.
  store(ip + 4, Be16(std::uint16_t(load<Be16>(ip + 4).host() + at_)));
  store(ip + 10, Be16());
  store(ip + 10, checksum(Bytes(ip, segment.at.l4 - segment.at.l3)));
}

void Segmenter::fix_tcp(Packet& segment) const {
  std::uint8_t* const tcp = segment.data + segment.at.l4;
  const std::uint32_t offset = at_ * std::uint32_t{packet_.segment_size};
  store(tcp + 4, Be32(load<Be32>(tcp + 4).host() + offset));
  if (at_ + 1 != count_) tcp[13] &= std::uint8_t(~(kFin | kPush));
  if (at_ != 0) tcp[13] &= std::uint8_t(~kCongestionReduced);
  store(tcp + 16, Be16());
  const std::uint8_t* const ip = segment.data + segment.at.l3;
  Checksum sum;
  sum.add(segment.eth_type == kIpv4 ? Bytes(ip + 12, 8) : Bytes(ip + 8, 32));
  sum.add(Be16(kTcp));
  sum.add(Be16(std::uint16_t(segment.size() - segment.at.l4)));
  sum.add(Be16(sum_to_end(segment, tcp, host_).sum()));
  store(tcp + 16, sum.value());
}

}  // namespace ovs::datapath

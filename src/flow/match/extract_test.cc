#include "flow/match/extract.h"

#include <doctest/doctest.h>

#include <string>

#include "flow/match/packet_maker_test.h"

namespace ovs::flow {
namespace {

// A second parser, written field by field over a cursor, to which the one from the rows is
// compared.
class Naive {
 public:
  explicit Naive(const std::vector<std::uint8_t>& bytes) : bytes_(bytes), end_(bytes.size()) {}

  FlowKey parse() {
    store_number<StorageId::InPort>(key_, 7);
    store_number<StorageId::EthType>(key_, 0x5ff);
    if (end_ < 14) return key_;
    store_number<StorageId::EthDst>(key_, number(0, 6));
    store_number<StorageId::EthSrc>(key_, number(6, 6));
    std::size_t at = 12;
    if (tag_at(at)) {
      store_number<StorageId::VlanTpid>(key_, number(at, 2));
      store_number<StorageId::VlanTci>(key_, number(at + 2, 2) | 0x1000);
      at += 4;
      if (tag_at(at)) {
        store_number<StorageId::Vlan2Tpid>(key_, number(at, 2));
        store_number<StorageId::Vlan2Tci>(key_, number(at + 2, 2) | 0x1000);
        at += 4;
      }
    }
    std::uint64_t type = number(at, 2);
    at += 2;
    if (type < 0x600) {
      type = 0x5ff;
      if (end_ >= at + 8 && number(at, 6) == 0xaaaa03000000 && number(at + 6, 2) >= 0x600) {
        type = number(at + 6, 2);
        at += 8;
      }
    }
    store_number<StorageId::EthType>(key_, type);
    if (type == 0x0800) ipv4(at);
    if (type == 0x86dd) ipv6(at);
    if (type == 0x0806 || type == 0x8035) arp(at);
    if ((type == 0x8847 || type == 0x8848) && end_ >= at + 4)
      store_number<StorageId::MplsLse>(key_, number(at, 4));
    return key_;
  }

 private:
  std::uint64_t number(std::size_t at, unsigned size) const {
    std::uint64_t value = 0;
    for (unsigned i = 0; i < size; ++i) value = value * 256 + bytes_[at + i];
    return value;
  }
  void copy(std::size_t at, StorageId id) {
    for (unsigned i = 0; i < 16; ++i) key_.bytes()[storage(id).offset() + i] = bytes_[at + i];
  }
  bool tag_at(std::size_t at) const {
    return end_ >= at + 6 && (number(at, 2) == 0x8100 || number(at, 2) == 0x88a8);
  }
  void arp(std::size_t at) {
    if (end_ < at + 28 || number(at, 6) != 0x000108000604) return;
    if (number(at + 6, 2) < 256) store_number<StorageId::NwProto>(key_, number(at + 6, 2));
    store_number<StorageId::HwSrc>(key_, number(at + 8, 6));
    store_number<StorageId::NwSrc>(key_, number(at + 14, 4));
    store_number<StorageId::HwDst>(key_, number(at + 18, 6));
    store_number<StorageId::NwDst>(key_, number(at + 24, 4));
  }
  void ipv4(std::size_t at) {
    if (end_ < at + 20) return;
    const std::size_t header = 4 * (bytes_[at] % 16), total = number(at + 2, 2);
    if (header < 20 || total < header || at + total > end_) return;
    end_ = at + total;
    store_number<StorageId::NwTos>(key_, bytes_[at + 1]);
    store_number<StorageId::NwTtl>(key_, bytes_[at + 8]);
    store_number<StorageId::NwProto>(key_, bytes_[at + 9]);
    store_number<StorageId::NwSrc>(key_, number(at + 12, 4));
    store_number<StorageId::NwDst>(key_, number(at + 16, 4));
    const std::uint64_t flags = number(at + 6, 2);
    if ((flags & 0x1fff) != 0) return store_number<StorageId::NwFrag>(key_, 3);
    if ((flags & 0x2000) != 0) store_number<StorageId::NwFrag>(key_, 1);
    transport(at + header, bytes_[at + 9], 4);
  }
  void ipv6(std::size_t at) {
    if (end_ < at + 40 || at + 40 + number(at + 4, 2) > end_) return;
    end_ = at + 40 + number(at + 4, 2);
    copy(at + 8, StorageId::Ipv6Src);
    copy(at + 24, StorageId::Ipv6Dst);
    std::uint8_t next = bytes_[at + 6];
    std::size_t o = at + 40;
    unsigned frag = 0, headers = 0;
    while (next == 0 || next == 43 || next == 60 || next == 51 || next == 44) {
      if (++headers > 32 || end_ < o + 8) return;
      const std::size_t size = next == 44   ? 8
                               : next == 51 ? 4 * (bytes_[o + 1] + 2)
                                            : 8 * (bytes_[o + 1] + 1);
      if (end_ < o + size) return;
      const bool fragment = next == 44;
      next = bytes_[o];
      if (fragment && (number(o + 2, 2) & 1) != 0) frag = 1;
      if (fragment && number(o + 2, 2) >> 3 != 0) {
        frag = 3, next = 44;
        break;
      }
      o += size;
    }
    store_number<StorageId::NwProto>(key_, next);
    store_number<StorageId::NwTtl>(key_, bytes_[at + 7]);
    store_number<StorageId::NwTos>(key_, number(at, 2) >> 4 & 0xff);
    store_number<StorageId::Ipv6Label>(key_, number(at, 4) & 0xfffff);
    store_number<StorageId::NwFrag>(key_, frag);
    if (frag != 3) transport(o, next, 6);
  }
  void ports(std::size_t at) {
    store_number<StorageId::TpSrc>(key_, number(at, 2));
    store_number<StorageId::TpDst>(key_, number(at + 2, 2));
  }
  void transport(std::size_t at, std::uint8_t protocol, int version) {
    const std::size_t room = end_ - at;
    if (protocol == 6 && room >= 20) {
      ports(at);
      store_number<StorageId::TcpFlags>(key_, number(at + 12, 2) & 0xfff);
    }
    if (protocol == 17 && room >= 8) ports(at);
    if (protocol == 132 && room >= 12) ports(at);
    if (room >= 8 && ((protocol == 1 && version == 4) || (protocol == 58 && version == 6))) {
      store_number<StorageId::TpSrc>(key_, bytes_[at]);
      store_number<StorageId::TpDst>(key_, bytes_[at + 1]);
      const bool nd = (bytes_[at] == 135 || bytes_[at] == 136) && bytes_[at + 1] == 0;
      if (protocol == 58 && nd && room >= 24) neighbour(at);
    }
  }
  void neighbour(std::size_t at) {
    std::uint64_t found[3] = {};
    bool seen[3] = {};
    for (std::size_t o = at + 24; o + 8 <= end_;) {
      const std::size_t size = 8 * bytes_[o + 1];
      const unsigned kind = bytes_[o];
      if (size == 0 || o + size > end_) break;
      if (size == 8 && (kind == 1 || kind == 2)) {
        if (seen[kind]) return;
        seen[kind] = true, found[kind] = number(o + 2, 6);
      }
      o += size;
    }
    copy(at + 8, StorageId::NdTarget);
    store_number<StorageId::HwSrc>(key_, found[1]);
    store_number<StorageId::HwDst>(key_, found[2]);
  }

  const std::vector<std::uint8_t>& bytes_;
  std::size_t end_;
  FlowKey key_;
};

std::string hex(const std::vector<std::uint8_t>& bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte / 16];
    text += "0123456789abcdef"[byte % 16];
  }
  return text;
}

PacketMetadata from_port_7() {
  PacketMetadata metadata;
  metadata.in_port = 7;
  return metadata;
}

TEST_CASE("Extract: agrees with a naive parser on whole, changed and cut packets") {
  constexpr std::uint64_t seed = 20261121;
  PacketMaker maker(seed);
  unsigned with_ports = 0;
  for (int i = 0; i < 200000; ++i) {
    const std::vector<std::uint8_t> packet = i % 2 == 0 ? maker.packet() : maker.mutated();
    const FlowKey ours = extract(packet, from_port_7());
    if (ours == Naive(packet).parse()) {
      with_ports += load_stored<StorageId::TpDst>(ours) != 0 ? 1 : 0;
      continue;
    }
    FAIL("seed " << seed << ", packet " << i << ": " << hex(packet));
  }
  CHECK(with_ports > 40000);
}

// The packet's IP length says that there are `extra` bytes more. False: it is no IP packet.
bool lengthen(std::vector<std::uint8_t>& packet, std::size_t l3, std::uint16_t extra) {
  if (l3 == 0 || packet.size() < l3 + 6) return false;
  const bool is_v4 = packet[l3 - 2] == 0x08 && packet[l3 - 1] == 0x00;
  const bool is_v6 = packet[l3 - 2] == 0x86 && packet[l3 - 1] == 0xdd;
  if (!is_v4 && !is_v6) return false;
  std::uint8_t* const at = packet.data() + l3 + (is_v4 ? 2 : 4);
  store(at, Be16(std::uint16_t(load<Be16>(at).host() + extra)));
  return true;
}

TEST_CASE("Extract: a packet of which the first bytes alone are here has the key of the whole") {
  PacketMaker maker(20261122);
  constexpr std::uint16_t kExtra = 9000, kHeaders = 64;
  unsigned with_ports = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<std::uint8_t> packet = maker.packet();
    PacketKey key;
    const HeaderOffsets at = extract(packet, from_port_7(), key);
    const std::uint64_t protocol = load_stored<StorageId::NwProto>(key.expanded());
    if (protocol != 6 && protocol != 17 && protocol != 132) continue;
    if (!lengthen(packet, at.l3, kHeaders + kExtra)) continue;
    packet.resize(packet.size() + kHeaders);  // what is too short for its ports is no longer
    PacketMetadata metadata = from_port_7();
    metadata.tail_size = kExtra;
    const FlowKey ours = extract(packet, metadata);
    std::vector<std::uint8_t> whole = packet;
    whole.resize(packet.size() + kExtra);
    REQUIRE_MESSAGE(ours == extract(whole, from_port_7()), hex(packet));
    with_ports += load_stored<StorageId::TpDst>(ours) != 0;
  }
  CHECK(with_ports > 1000);
}

TEST_CASE("Extract: bytes that are said to be behind those given are not read") {
  PacketMaker maker(20261123);
  PacketMetadata metadata = from_port_7();
  metadata.tail_size = 70000;
  for (int i = 0; i < 20000; ++i) {
    const std::vector<std::uint8_t> packet = maker.mutated();
    (void)extract(packet, metadata);  // of exact size: a sanitizer would tell
  }
}

TEST_CASE("Extract: what came through a tunnel says so") {
  TunnelMetadata tunnel;
  tunnel.id = 5;
  tunnel.src = 0x0a000001, tunnel.dst = 0x0a000002;
  tunnel.flags = kTunnelKey;
  tunnel.ttl = 64;
  PacketMetadata metadata = from_port_7();
  metadata.tunnel = &tunnel;
  metadata.recirc_id = 9;
  metadata.pkt_mark = 3;
  const FlowKey key = extract(Bytes(), metadata);
  CHECK(field_value(key, FieldId::TunId).low() == 5);
  CHECK(field_value(key, FieldId::TunSrc).low() == 0x0a000001);
  CHECK(field_value(key, FieldId::TunDst).low() == 0x0a000002);
  CHECK(field_value(key, FieldId::RecircId).low() == 9);
  CHECK(field_value(key, FieldId::PktMark).low() == 3);
  CHECK(load_stored<StorageId::TunFlags>(key) == kTunnelKey);
}

TEST_CASE("Extract: a packet's absent words are neither cleared nor counted") {
  PacketKey key;
  for (std::uint64_t& word : key.cold) word = ~std::uint64_t{0};
  PacketMaker maker(1);
  for (int i = 0; i < 1000; ++i) {
    const std::vector<std::uint8_t> packet = maker.packet();
    extract(packet, from_port_7(), key);
    CHECK(key.expanded() == extract(packet, from_port_7()));
  }
}

TEST_CASE("Extract: says where the headers begin") {
  std::vector<std::uint8_t> packet(14 + 4 + 20 + 20);
  packet[12] = 0x81, packet[16] = 0x08;
  packet[18] = 0x45, packet[21] = 40, packet[27] = 6;
  packet[18 + 20 + 12] = 0x50;
  PacketKey key;
  const HeaderOffsets offsets = extract(packet, from_port_7(), key);
  CHECK(offsets.l3 == 18);
  CHECK(offsets.l4 == 38);
  CHECK(offsets.payload == 58);
}

}  // namespace
}  // namespace ovs::flow

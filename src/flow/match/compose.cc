#include "flow/match/compose.h"

#include "flow/match/extract.h"
#include "flow/match/presence.h"
#include "wire/packet/checksum.h"
#include "wire/packet/ethernet.h"
#include "wire/packet/ip.h"
#include "wire/packet/transport.h"

namespace ovs::flow {
namespace {

using wire::Fill;

Bytes stored_bytes(const FlowKey& key, StorageId id) {
  const Storage& row = storage(id);
  return Bytes(key.bytes() + row.offset(), row.size);
}

// Takes room from the front of the output; empty once there is none.
class Output {
 public:
  explicit Output(MutableBytes out) : out_(out) {}

  MutableBytes take(std::size_t size) {
    if (size > out_.count() - used_) {
      overflowed_ = true;
      return {};
    }
    used_ += size;
    return out_.part(used_ - size, size);
  }
  std::size_t used() const { return used_; }
  bool overflowed() const { return overflowed_; }
  MutableBytes from(std::size_t at) const { return out_.part(at, used_ - at); }

 private:
  MutableBytes out_;
  std::size_t used_ = 0;
  bool overflowed_ = false;
};

void put16(Output& out, std::uint64_t value) {
  const MutableBytes room = out.take(2);
  if (!room.empty()) store(room.data(), Be16(std::uint16_t(value)));
}

void put_link(const FlowKey& key, Output& out) {
  const MutableBytes addresses = out.take(12);
  if (addresses.empty()) return;
  __builtin_memcpy(addresses.data(), stored_bytes(key, StorageId::EthDst).data(), 6);
  __builtin_memcpy(addresses.data() + 6, stored_bytes(key, StorageId::EthSrc).data(), 6);
  for (unsigned tag = 0; tag < tag_count(key); ++tag) {
    const std::uint64_t tpid = load_bits(key.bytes(), whole(kTagStorage[tag].tpid)).low();
    put16(out, tpid != 0 ? tpid : wire::kEtherTypeVlan);
    // The bit that says that there is a tag is the drop eligibility of the packet: as extraction
    // cannot tell, it is zero.
    put16(out, load_bits(key.bytes(), whole(kTagStorage[tag].tci)).low() & 0xefff);
  }
}

void put_arp(const FlowKey& key, Output& out) {
  const MutableBytes room = out.take(wire::Arp::kSize);
  if (room.empty()) return;
  Fill<wire::Arp>(room)
      .set(wire::Arp::kFormat, wire::Arp::kEthernetIpv4)
      .set(wire::Arp::kOperation, load_stored<StorageId::NwProto>(key))
      .set(wire::Arp::kSenderMac, stored_bytes(key, StorageId::HwSrc))
      .set(wire::Arp::kSenderIp, stored_bytes(key, StorageId::NwSrc))
      .set(wire::Arp::kTargetMac, stored_bytes(key, StorageId::HwDst))
      .set(wire::Arp::kTargetIp, stored_bytes(key, StorageId::NwDst));
}

void put_mpls(const FlowKey& key, Output& out) {
  const MutableBytes room = out.take(wire::MplsEntry::kSize);
  if (!room.empty())
    Fill<wire::MplsEntry>(room).set(wire::MplsEntry::kEntry, stored_bytes(key, StorageId::MplsLse));
}

template <class Layout>
bool put_ports(const FlowKey& key, Output& out) {
  const MutableBytes room = out.take(Layout::kSize);
  if (room.empty()) return false;
  Fill<Layout>(room)
      .set(Layout::kSrc, load_stored<StorageId::TpSrc>(key))
      .set(Layout::kDst, load_stored<StorageId::TpDst>(key));
  return true;
}

void put_link_option(Output& out, std::uint8_t type, Bytes address) {
  const MutableBytes room = out.take(wire::LinkAddressOption::kSize);
  if (room.empty()) return;
  Fill<wire::LinkAddressOption>(room)
      .set(wire::LinkAddressOption::kType, type)
      .set(wire::LinkAddressOption::kLength, 1)
      .set(wire::LinkAddressOption::kAddress, address);
}

void put_neighbour(const FlowKey& key, Output& out) {
  const MutableBytes target = out.take(16);
  if (target.empty()) return;
  __builtin_memcpy(target.data(), stored_bytes(key, StorageId::NdTarget).data(), 16);
  if (load_stored<StorageId::HwSrc>(key) != 0) {
    put_link_option(out, wire::LinkAddressOption::kSourceType, stored_bytes(key, StorageId::HwSrc));
  }
  if (load_stored<StorageId::HwDst>(key) != 0) {
    put_link_option(out, wire::LinkAddressOption::kTargetType, stored_bytes(key, StorageId::HwDst));
  }
}

void put_icmp(const FlowKey& key, Output& out) {
  const MutableBytes room = out.take(wire::Icmp::kSize);
  if (room.empty()) return;
  Fill<wire::Icmp>(room)
      .set(wire::Icmp::kType, load_stored<StorageId::TpSrc>(key))
      .set(wire::Icmp::kCode, load_stored<StorageId::TpDst>(key));
  if (has(key, When::NeighbourDiscovery)) put_neighbour(key, out);
}

// Whether data follow the transport header.
bool carries_data(const FlowKey& key) {
  constexpr std::uint64_t opens_or_closes = 7;  // FIN, SYN, RST
  if (has(key, When::Udp)) return true;
  if (has(key, When::Tcp)) return (load_stored<StorageId::TcpFlags>(key) & opens_or_closes) == 0;
  const std::uint64_t type = load_stored<StorageId::TpSrc>(key);
  if (load_stored<StorageId::TpDst>(key) != 0) return false;
  if (has(key, When::Icmp)) return type == wire::kEchoRequest || type == wire::kEchoReply;
  return has(key, When::Icmpv6) && (type == wire::kEcho6Request || type == wire::kEcho6Reply);
}

void put_payload(std::size_t size, Output& out) {
  const MutableBytes room = out.take(size);
  for (std::size_t i = 0; i < room.count(); ++i) room[i] = std::uint8_t(i);
}

// Everything behind the IP header but the checksums.
void put_transport(const FlowKey& key, std::size_t payload, Output& out) {
  const std::size_t at = out.used();
  if (has(key, When::Tcp) && put_ports<wire::Tcp>(key, out)) {
    Fill<wire::Tcp>::over(out.from(at))
        .set(wire::Tcp::kDataOffset, wire::Tcp::kSize / 4)
        .set(wire::Tcp::kFlags, load_stored<StorageId::TcpFlags>(key));
  }
  if (has(key, When::Udp) && put_ports<wire::Udp>(key, out)) {
    Fill<wire::Udp>::over(out.from(at)).set(wire::Udp::kLength, wire::Udp::kSize + payload);
  }
  if (has(key, When::Sctp)) put_ports<wire::Sctp>(key, out);
  if (has(key, When::Icmp) || has(key, When::Icmpv6)) put_icmp(key, out);
  if (carries_data(key)) put_payload(payload, out);
}

// Checksums of what `segment` holds; `addresses` are those of the IP header before it.
void finish_transport(const FlowKey& key, Bytes addresses, MutableBytes segment) {
  if (load_stored<StorageId::NwFrag>(key) != 0)
    return;  // the sum goes over fragments that are not here
  const auto sum = [&](std::uint8_t protocol) {
    return wire::transport_checksum(addresses, protocol, segment);
  };
  if (has(key, When::Tcp)) {
    Fill<wire::Tcp>::over(segment).set(wire::Tcp::kChecksum, sum(wire::kProtoTcp));
  }
  if (has(key, When::Udp)) {
    Fill<wire::Udp>::over(segment).set(wire::Udp::kChecksum,
                                       wire::udp_checksum_field(sum(wire::kProtoUdp)));
  }
  if (has(key, When::Sctp)) {
    // The CRC's own byte order: least significant first.
    store(segment.data() + wire::Sctp::kChecksum.first_byte(), wire::crc32c(segment));
  }
  if (has(key, When::Icmp)) {
    Fill<wire::Icmp>::over(segment).set(wire::Icmp::kChecksum, wire::checksum(segment));
  }
  if (has(key, When::Icmpv6)) {
    Fill<wire::Icmp>::over(segment).set(wire::Icmp::kChecksum, sum(wire::kProtoIcmpv6));
  }
}

void put_ipv4(const FlowKey& key, std::size_t payload, Output& out) {
  const std::size_t at = out.used();
  if (out.take(wire::Ipv4::kSize).empty()) return;
  put_transport(key, payload, out);
  if (out.overflowed()) return;
  const MutableBytes packet = out.from(at);
  const std::uint64_t frag = load_stored<StorageId::NwFrag>(key);
  const bool later = (frag & kFragLater) != 0;
  Fill<wire::Ipv4>(packet)
      .set(wire::Ipv4::kVersion, 4)
      .set(wire::Ipv4::kIhl, wire::Ipv4::kSize / 4)
      .set(wire::Ipv4::kTos, load_stored<StorageId::NwTos>(key))
      .set(wire::Ipv4::kTotalLength, packet.count())
      .set(wire::Ipv4::kMoreFragments, frag != 0 ? 1 : 0)
      .set(wire::Ipv4::kFragOffset, later ? 100 : 0)
      .set(wire::Ipv4::kTtl, load_stored<StorageId::NwTtl>(key))
      .set(wire::Ipv4::kProtocol, load_stored<StorageId::NwProto>(key))
      .set(wire::Ipv4::kSrc, stored_bytes(key, StorageId::NwSrc))
      .set(wire::Ipv4::kDst, stored_bytes(key, StorageId::NwDst));
  Fill<wire::Ipv4>::over(packet).set(wire::Ipv4::kChecksum,
                                     wire::checksum(Bytes(packet).first(wire::Ipv4::kSize)));
  finish_transport(key, Bytes(packet).part(wire::Ipv4::kSrc.first_byte(), 8),
                   packet.from(wire::Ipv4::kSize));
}

bool is_extension(std::uint64_t protocol) {
  return protocol == wire::kProtoHopByHop || protocol == wire::kProtoRouting ||
         protocol == wire::kProtoDestination || protocol == wire::kProtoAuthentication;
}

// The fragment header that a key of a fragment asks for; returns what the IPv6 header says is next.
std::uint64_t put_fragment_header(const FlowKey& key, Output& out) {
  const std::uint64_t frag = load_stored<StorageId::NwFrag>(key);
  const std::uint64_t protocol = load_stored<StorageId::NwProto>(key);
  if (frag == 0) return is_extension(protocol) ? wire::kProtoNoNext : protocol;
  const MutableBytes room = out.take(wire::Ipv6Fragment::kSize);
  if (room.empty()) return protocol;
  const bool later = (frag & kFragLater) != 0;
  Fill<wire::Ipv6Fragment>(room)
      .set(wire::Ipv6Fragment::kNextHeader,
           protocol == wire::kProtoFragment ? wire::kProtoNoNext : protocol)
      .set(wire::Ipv6Fragment::kMoreFragments, 1)
      .set(wire::Ipv6Fragment::kFragOffset, later ? 100 : 0);
  return wire::kProtoFragment;
}

void put_ipv6(const FlowKey& key, std::size_t payload, Output& out) {
  const std::size_t at = out.used();
  if (out.take(wire::Ipv6::kSize).empty()) return;
  const std::uint64_t next = put_fragment_header(key, out);
  const std::size_t segment_at = out.used();
  put_transport(key, payload, out);
  if (out.overflowed()) return;
  const MutableBytes packet = out.from(at);
  Fill<wire::Ipv6>(packet)
      .set(wire::Ipv6::kVersion, 6)
      .set(wire::Ipv6::kTrafficClass, load_stored<StorageId::NwTos>(key))
      .set(wire::Ipv6::kFlowLabel, load_stored<StorageId::Ipv6Label>(key))
      .set(wire::Ipv6::kPayloadLength, packet.count() - wire::Ipv6::kSize)
      .set(wire::Ipv6::kNextHeader, next)
      .set(wire::Ipv6::kHopLimit, load_stored<StorageId::NwTtl>(key))
      .set(wire::Ipv6::kSrc, stored_bytes(key, StorageId::Ipv6Src))
      .set(wire::Ipv6::kDst, stored_bytes(key, StorageId::Ipv6Dst));
  finish_transport(key, Bytes(packet).part(wire::Ipv6::kSrc.first_byte(), 32),
                   out.from(segment_at));
}

void put_network(const FlowKey& key, std::size_t payload, Output& out) {
  const std::uint64_t type = load_stored<StorageId::EthType>(key);
  if (type < wire::kMinEtherType) {
    // An 802.3 frame with nothing in it.
    put16(out, 0);
    return;
  }
  put16(out, type);
  if (has(key, When::Ipv4)) return put_ipv4(key, payload, out);
  if (has(key, When::Ipv6)) return put_ipv6(key, payload, out);
  if (has(key, When::Arp)) return put_arp(key, out);
  if (has(key, When::Mpls)) return put_mpls(key, out);
}

}  // namespace

Result<std::size_t> compose(const FlowKey& key, std::size_t payload, MutableBytes out) {
  Output output(out);
  put_link(key, output);
  put_network(key, payload, output);
  if (output.overflowed()) return Error::NoSpace;
  return output.used();
}

}  // namespace ovs::flow

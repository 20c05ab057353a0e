#include "flow/match/extract.h"

#include "flow/field/packet_rows.h"

namespace ovs::flow {
namespace {

using wire::View;

// Two words are stored at once: whoever looks the key up loads it in the same width, and a load
// that spans two narrower stores still in flight waits for both.
typedef std::uint64_t WordPair __attribute__((vector_size(16)));

// The next bytes as they lie in memory, in the lowest bytes of a word. Never through memory: a wide
// load of narrow stores stalls.
template <unsigned Size>
[[gnu::always_inline]] inline std::uint64_t load_bytes(const std::uint8_t* at) {
  if constexpr (Size == 6) {
    return load<std::uint32_t>(at) | std::uint64_t{load<std::uint16_t>(at + 4)} << 32;
  } else if constexpr (Size == 1) {
    return *at;
  } else if constexpr (Size == 2) {
    return load<std::uint16_t>(at);
  } else {
    static_assert(Size == 4);
    return load<std::uint32_t>(at);
  }
}

// A key under construction: the hot words stay in registers until they are all known.
class Sink {
 public:
  explicit Sink(PacketKey& key) : key_(key) { key.present = 0; }

  [[gnu::always_inline]] void add(unsigned word, std::uint64_t bits) {
    if (word < kHotWords) {
      hot_[word] |= bits;
      return;
    }
    std::uint64_t& cold = key_.cold[word - kHotWords];
    const std::uint64_t bit = std::uint64_t{1} << (word - kHotWords);
    cold = (key_.present & bit) != 0 ? cold | bits : bits;
    key_.present |= bit;
  }
  // A number into its storage, which is zero so far.
  template <StorageId Id>
  [[gnu::always_inline]] void put(std::uint64_t number) {
    constexpr Storage row = storage(Id);
    static_assert(row.size <= 8);
    add(row.word, byte_swap(number << (64 - 8 * row.size - 8 * row.byte)));
  }
  template <StorageId Id>
  [[gnu::always_inline]] void put16(const std::uint8_t* bytes) {
    constexpr Storage row = storage(Id);
    static_assert(row.size == 16);
    add(row.word, load<std::uint64_t>(bytes));
    add(row.word + 1, load<std::uint64_t>(bytes + 8));
  }
  // All rows of one header, unrolled.
  template <Header H>
  [[gnu::always_inline]] void take(const std::uint8_t* header) {
    take_rows<H>(header, std::make_index_sequence<kPacketRowCount>{});
  }
  [[gnu::always_inline]] void finish() {
    for (unsigned i = 0; i < kHotWords; i += 2) {
      store(&key_.hot[i], WordPair{hot_[i], hot_[i + 1]});
    }
  }

 private:
  template <Header H, std::size_t... I>
  [[gnu::always_inline]] void take_rows(const std::uint8_t* header, std::index_sequence<I...>) {
    (take_row<H, I>(header), ...);
  }
  template <Header H, std::size_t I>
  [[gnu::always_inline]] void take_row(const std::uint8_t* header) {
    constexpr PacketRow row = kPacketRows[I];
    if constexpr (row.header != H) {
      return;
    } else if constexpr (row.size == 16) {
      put16<row.to>(header + row.from);
    } else {
      const std::uint64_t bytes = load_bytes<row.size>(header + row.from);
      constexpr unsigned unused = 64 - 8 * row.size;
      constexpr std::uint64_t keep = byte_swap(row.keep << unused),
                              present = byte_swap(row.add << unused);
      constexpr Storage home = storage(row.to);
      constexpr unsigned at = 8 * (home.byte + row.to_byte);
      add(home.word, ((bytes & keep) | present) << at);
    }
  }

  PacketKey& key_;
  std::uint64_t hot_[kHotWords] = {};
};

void put_tunnel(Sink& sink, const TunnelMetadata& tunnel) {
  sink.put<StorageId::TunId>(tunnel.id);
  sink.put<StorageId::TunSrc>(tunnel.src);
  sink.put<StorageId::TunDst>(tunnel.dst);
  sink.put<StorageId::TunFlags>(tunnel.flags);
  sink.put<StorageId::TunTos>(tunnel.tos);
  sink.put<StorageId::TunTtl>(tunnel.ttl);
  sink.put<StorageId::TunTpSrc>(tunnel.tp_src);
  sink.put<StorageId::TunTpDst>(tunnel.tp_dst);
  if (tunnel.src != 0 || tunnel.dst != 0) return;
  sink.put16<StorageId::TunIpv6Src>(tunnel.ipv6_src.data());
  sink.put16<StorageId::TunIpv6Dst>(tunnel.ipv6_dst.data());
}

[[gnu::always_inline]] inline void put_metadata(Sink& sink, const PacketMetadata& metadata) {
  sink.put<StorageId::InPort>(metadata.in_port);
  sink.put<StorageId::RecircId>(metadata.recirc_id);
  sink.put<StorageId::SkbPriority>(metadata.skb_priority);
  sink.put<StorageId::PktMark>(metadata.pkt_mark);
  if (metadata.dp_hash != 0) sink.put<StorageId::DpHash>(metadata.dp_hash);
  if (metadata.tunnel != nullptr) put_tunnel(sink, *metadata.tunnel);
}

// The parse of one packet. `rest` is what lies behind the headers taken so far, without padding
// once IP has told.
struct Parse {
  Sink sink;
  Bytes packet;
  Bytes rest;
  std::size_t tail;  // of the packet, behind `packet`
  HeaderOffsets offsets;

  Parse(Bytes bytes, std::size_t tail_size, PacketKey& key)
      : sink(key), packet(bytes), rest(bytes), tail(tail_size) {}
  void skip(std::size_t size) { rest = rest.from(size); }
  // A header that says how long the packet is, which may be longer than the bytes that are here.
  template <class H>
  Result<View<H>> view() const {
    if (rest.count() < H::kSize) return Error::Truncated;
    return View<H>::parse(Bytes(rest.data(), rest.count() + tail));
  }
  // False: `header_size` bytes of them are not here.
  bool trim(std::size_t header_size, std::size_t total) {
    if (total < rest.count()) rest = rest.first(total);
    if (header_size > rest.count()) return false;
    skip(header_size);
    return true;
  }
  std::uint16_t offset() const { return std::uint16_t(rest.data() - packet.data()); }
};

template <Header H, class Layout>
void parse_ports(Parse& parse) {
  if (parse.rest.count() < Layout::kSize) return;
  parse.sink.take<H>(parse.rest.data());
  parse.offsets.payload = std::uint16_t(parse.offsets.l4 + Layout::kSize);
}

void parse_tcp(Parse& parse) {
  const auto view = View<wire::Tcp>::parse(parse.rest);
  if (!view) return;
  parse_ports<Header::Tcp, wire::Tcp>(parse);
  const std::size_t header = (*view)[wire::Tcp::kDataOffset] * 4;
  if (header < wire::Tcp::kSize || header > parse.rest.count()) return;
  parse.offsets.payload = std::uint16_t(parse.offsets.l4 + header);
}

void parse_neighbour(Parse& parse) {
  const auto view = View<wire::NeighbourDiscovery>::parse(parse.rest);
  if (!view) return;
  const auto options =
      wire::parse_neighbour_options(parse.rest.from(wire::NeighbourDiscovery::kSize));
  if (!options) return;
  parse.sink.take<Header::NeighbourDiscovery>(parse.rest.data());
  const auto address = [](const std::uint8_t* bytes) {
    return std::uint64_t{load<Be16>(bytes).host()} << 32 | load<Be32>(bytes + 2).host();
  };
  if (options->source != nullptr) parse.sink.put<StorageId::HwSrc>(address(options->source));
  if (options->target != nullptr) parse.sink.put<StorageId::HwDst>(address(options->target));
}

void parse_icmpv6(Parse& parse) {
  const auto view = View<wire::Icmp>::parse(parse.rest);
  if (!view) return;
  parse_ports<Header::Icmp, wire::Icmp>(parse);
  const std::uint64_t type = (*view)[wire::Icmp::kType];
  if ((*view)[wire::Icmp::kCode] != 0) return;
  if (type == wire::kNeighbourSolicit || type == wire::kNeighbourAdvert) parse_neighbour(parse);
}

enum class Family : bool { V4, V6 };

void parse_transport(Parse& parse, std::uint8_t protocol, Family family) {
  parse.offsets.l4 = parse.offset();
  switch (protocol) {
    case wire::kProtoTcp: return parse_tcp(parse);
    case wire::kProtoUdp: return parse_ports<Header::Udp, wire::Udp>(parse);
    case wire::kProtoSctp: return parse_ports<Header::Sctp, wire::Sctp>(parse);
    case wire::kProtoIcmp:
      if (family == Family::V4) parse_ports<Header::Icmp, wire::Icmp>(parse);
      return;
    case wire::kProtoIcmpv6:
      if (family == Family::V6) parse_icmpv6(parse);
      return;
  }
}

void parse_ipv4(Parse& parse) {
  const auto view = parse.view<wire::Ipv4>();
  if (!view) return;
  const std::uint8_t* const header = parse.rest.data();
  if (!parse.trim(wire::Ipv4::header_size(*view), (*view)[wire::Ipv4::kTotalLength])) return;
  parse.sink.take<Header::Ipv4>(header);
  const auto protocol = std::uint8_t((*view)[wire::Ipv4::kProtocol]);
  const bool later = (*view)[wire::Ipv4::kFragOffset] != 0;
  if (!later && (*view)[wire::Ipv4::kMoreFragments] == 0)
    return parse_transport(parse, protocol, Family::V4);
  parse.sink.put<StorageId::NwFrag>(later ? kFragAny | kFragLater : kFragAny);
  if (!later) return parse_transport(parse, protocol, Family::V4);
  parse.offsets.l4 = parse.offset();
}

void put_fragment(Sink& sink, wire::Fragment fragment) {
  switch (fragment) {
    case wire::Fragment::No: return;
    case wire::Fragment::First: return sink.put<StorageId::NwFrag>(kFragAny);
    case wire::Fragment::Later: return sink.put<StorageId::NwFrag>(kFragAny | kFragLater);
  }
}

void parse_ipv6(Parse& parse) {
  const auto view = parse.view<wire::Ipv6>();
  if (!view) return;
  const std::uint8_t* header = parse.rest.data();
  const std::size_t total = wire::Ipv6::kSize + (*view)[wire::Ipv6::kPayloadLength];
  if (!parse.trim(wire::Ipv6::kSize, total)) return;
  parse.sink.take<Header::Ipv6>(header);
  const auto chain =
      wire::walk_extensions(std::uint8_t((*view)[wire::Ipv6::kNextHeader]), parse.rest);
  if (!chain) return;  // its protocol is not known; the addresses are
  parse.sink.put<StorageId::NwTtl>((*view)[wire::Ipv6::kHopLimit]);
  parse.sink.put<StorageId::NwTos>((*view)[wire::Ipv6::kTrafficClass]);
  parse.sink.put<StorageId::NwProto>(chain->protocol);
  const std::uint64_t label = (*view)[wire::Ipv6::kFlowLabel];
  if (label != 0) parse.sink.put<StorageId::Ipv6Label>(label);
  put_fragment(parse.sink, chain->fragment);
  parse.skip(chain->size);
  if (chain->fragment != wire::Fragment::Later) {
    return parse_transport(parse, chain->protocol, Family::V6);
  }
  parse.offsets.l4 = parse.offset();
}

void parse_arp(Parse& parse) {
  const auto view = View<wire::Arp>::parse(parse.rest);
  if (!view || (*view)[wire::Arp::kFormat] != wire::Arp::kEthernetIpv4) return;
  parse.sink.take<Header::Arp>(parse.rest.data());
  const std::uint64_t operation = (*view)[wire::Arp::kOperation];
  if (operation <= 0xff) parse.sink.put<StorageId::NwProto>(operation);  // one byte of storage
}

bool has_tag(Bytes rest) {
  if (rest.count() < wire::VlanTag::kSize + wire::EtherType::kSize) return false;
  return wire::is_vlan_type(load<Be16>(rest.data()).host());
}

void parse_tags(Parse& parse) {
  if (!has_tag(parse.rest)) return;
  parse.sink.take<Header::OuterTag>(parse.rest.data());
  parse.skip(wire::VlanTag::kSize);
  if (!has_tag(parse.rest)) return;
  parse.sink.take<Header::InnerTag>(parse.rest.data());
  parse.skip(wire::VlanTag::kSize);
}

// The EtherType of what follows, from an Ethernet II header or from 802.2 with SNAP. `rest` begins
// at the type field.
std::uint16_t parse_ether_type(Parse& parse) {
  const std::uint16_t type = load<Be16>(parse.rest.data()).host();
  parse.skip(wire::EtherType::kSize);
  if (type >= wire::kMinEtherType) return type;
  const auto snap = View<wire::Snap>::parse(parse.rest);
  if (!snap) return kNotAnEtherType;
  if ((*snap)[wire::Snap::kLlcAndOrganization] != wire::Snap::kEncapsulatedEthernet)
    return kNotAnEtherType;
  parse.skip(wire::Snap::kSize);
  const std::uint64_t inner = (*snap)[wire::Snap::kType];
  return inner >= wire::kMinEtherType ? std::uint16_t(inner) : kNotAnEtherType;
}

void parse_frame(Parse& parse) {
  // What is too short for Ethernet has no EtherType, as netlink has it.
  if (parse.rest.count() < wire::Ethernet::kSize)
    return parse.sink.put<StorageId::EthType>(kNotAnEtherType);
  parse.sink.take<Header::Ethernet>(parse.rest.data());
  parse.skip(wire::Ethernet::kSize - wire::EtherType::kSize);
  parse_tags(parse);
  const std::uint16_t type = parse_ether_type(parse);
  parse.sink.put<StorageId::EthType>(type);
  parse.offsets.l3 = parse.offset();
  switch (type) {
    case wire::kEtherTypeIpv4: return parse_ipv4(parse);
    case wire::kEtherTypeIpv6: return parse_ipv6(parse);
    case wire::kEtherTypeArp:
    case wire::kEtherTypeRarp: return parse_arp(parse);
    case wire::kEtherTypeMpls:
    case wire::kEtherTypeMplsMulticast:
      if (View<wire::MplsEntry>::parse(parse.rest))
        parse.sink.take<Header::Mpls>(parse.rest.data());
      return;
  }
}

// Most packets: untagged Ethernet, IPv4 without options or fragments, TCP or UDP, all of it there.
// Their headers stand at places that are known when this is compiled; any other shape, and any
// doubt, is the general parser's.
constexpr std::size_t kCommonL3 = wire::Ethernet::kSize, kCommonL4 = kCommonL3 + wire::Ipv4::kSize;

bool is_common(Bytes packet, std::size_t tail) {
  if (packet.count() < kCommonL4 + wire::Udp::kSize) return false;
  const std::uint8_t* at = packet.data();
  constexpr std::uint32_t ipv4_of_20_bytes = 0x00450008;  // bytes 08 00 45, as they lie in memory
  constexpr std::uint16_t fragment = 0xff3f;  // of bytes 3f ff: more fragments, or an offset
  const bool shape = (load<std::uint32_t>(at + 12) & 0xffffff) == ipv4_of_20_bytes &&
                     (load<std::uint16_t>(at + kCommonL3 + 6) & fragment) == 0;
  const std::uint8_t protocol = at[kCommonL3 + 9];
  const std::size_t total = load<Be16>(at + kCommonL3 + 2).host();
  const bool tcp = protocol == wire::kProtoTcp;
  const std::size_t least = wire::Ipv4::kSize + (tcp ? wire::Tcp::kSize : wire::Udp::kSize);
  return shape && (tcp || protocol == wire::kProtoUdp) && total >= least &&
         total + kCommonL3 <= packet.count() + tail && least + kCommonL3 <= packet.count();
}

HeaderOffsets extract_common(const std::uint8_t* at, const PacketMetadata& metadata,
                             PacketKey& key) {
  Sink sink(key);
  put_metadata(sink, metadata);
  sink.take<Header::Ethernet>(at);
  sink.take<Header::EtherType>(at + kCommonL3 - wire::EtherType::kSize);
  sink.take<Header::Ipv4>(at + kCommonL3);
  if (at[kCommonL3 + 9] == wire::kProtoUdp) {
    sink.take<Header::Udp>(at + kCommonL4);
    sink.finish();
    return {kCommonL3, kCommonL4, kCommonL4 + wire::Udp::kSize};
  }
  sink.take<Header::Tcp>(at + kCommonL4);
  sink.finish();
  const std::size_t header = (at[kCommonL4 + 12] >> 4) * 4u;
  const std::size_t room = load<Be16>(at + kCommonL3 + 2).host() - wire::Ipv4::kSize;
  const bool sound = header >= wire::Tcp::kSize && header <= room;
  return {kCommonL3, kCommonL4, std::uint16_t(kCommonL4 + (sound ? header : wire::Tcp::kSize))};
}

HeaderOffsets extract_any(Bytes packet, const PacketMetadata& metadata, PacketKey& key) {
  Parse parse(packet.count() > 0xffff ? packet.first(0xffff) : packet, metadata.tail_size, key);
  put_metadata(parse.sink, metadata);
  parse_frame(parse);
  parse.sink.finish();
  return parse.offsets;
}

}  // namespace

HeaderOffsets extract(Bytes packet, const PacketMetadata& metadata, PacketKey& key) {
  if (is_common(packet, metadata.tail_size)) return extract_common(packet.data(), metadata, key);
  return extract_any(packet, metadata, key);
}

FlowKey extract(Bytes packet, const PacketMetadata& metadata) {
  PacketKey key;
  extract(packet, metadata, key);
  return key.expanded();
}

}  // namespace ovs::flow

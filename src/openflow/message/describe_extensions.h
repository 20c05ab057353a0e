// Bodies of Nicira's extensions: tunnel options as fields, IPFIX, connections to forget.
#pragma once
#include "openflow/message/describe.h"

namespace ovs::openflow {

template <class A>
void tlv_maps(A& a, Of<A, std::vector<TlvMap>>& maps) {
  list(a, maps, [](A& archive, auto& map) {
    archive.be(map.option_class);
    archive.be(map.type);
    archive.be(map.length);
    archive.be(map.index);
    archive.pad(2);
  });
}

inline void check_tlv_map(In& in, const TlvMap& map) {
  constexpr std::uint8_t kLongest = 124;
  constexpr std::uint16_t kFields = 64;
  if (map.length % 4 != 0 || map.length > kLongest) {
    return in.fail(OfError::NXTTMFC_BAD_OPT_LEN);
  }
  if (map.index >= kFields) in.fail(OfError::NXTTMFC_BAD_FIELD_IDX);
}
template <class A>
void describe(A& a, Of<A, TlvTableMod>& m, const Dialect&) {
  a.be(m.command);
  a.pad(6);
  tlv_maps(a, m.maps);
  if constexpr (A::kReading) {
    if (m.command > TlvCommand::Clear) return a.fail(OfError::NXTTMFC_BAD_COMMAND);
    for (const TlvMap& map : m.maps) check_tlv_map(a, map);
  }
}
template <class A>
void describe(A& a, Of<A, TlvTableReply>& m, const Dialect&) {
  a.be(m.max_space);
  a.be(m.max_fields);
  a.pad(10);
  tlv_maps(a, m.maps);
}

// --- IPFIX ---

template <class A>
void ipfix_stats(A& a, Of<A, IpfixStats>& m) {
  for (auto* count :
       {&m.total_flows, &m.current_flows, &m.packets, &m.ipv4_packets, &m.ipv6_packets,
        &m.error_packets, &m.ipv4_errors, &m.ipv6_errors, &m.tx_packets, &m.tx_errors}) {
    a.be(*count);
  }
  a.be(m.collector_set);
  a.pad(4);
}
template <class A>
void describe(A& a, Of<A, IpfixBridgeReply>& m, const Dialect&) {
  ipfix_stats(a, m.stats);
}
template <class A>
void describe(A& a, Of<A, IpfixFlowReply>& m, const Dialect&) {
  list(a, m.sets, [](A& archive, auto& set) { ipfix_stats(archive, set); });
}

// --- connections to forget ---

enum class CtTupleProperty : std::uint16_t {
  Source,
  Destination,
  SourcePort,
  DestinationPort,
  IcmpId,
  IcmpType,
  IcmpCode,
};
enum class CtFlushProperty : std::uint16_t {
  Original,
  Reply,
  Zone,
  Mark,
  MarkMask,
  Labels,
  LabelsMask,
};

constexpr bool is_icmp(std::uint8_t protocol) {
  constexpr std::uint8_t kIcmp = 1, kIcmpv6 = 58;
  return protocol == kIcmp || protocol == kIcmpv6;
}
// 0 for the address of nothing.
inline std::uint8_t family_of(const Address16& address) {
  if (address == Address16{}) return 0;
  const bool mapped = std::all_of(address.begin(), address.begin() + 10,
                                  [](std::uint8_t byte) { return byte == 0; }) &&
                      address[10] == 0xff && address[11] == 0xff;
  return mapped ? 4 : 6;
}

inline void read_tuple_address(In& in, Address16& address, std::uint8_t& family) {
  in.raw(address);
  const std::uint8_t own = family_of(address);
  if (own == 0) return;
  if (family != 0 && family != own) return in.fail(OfError::OFPBPC_BAD_VALUE);
  family = own;
}
inline void read_tuple_property(In& in, CtTupleProperty type, CtTuple& m, std::uint8_t& family) {
  switch (type) {
    case CtTupleProperty::Source: return read_tuple_address(in, m.source, family);
    case CtTupleProperty::Destination: return read_tuple_address(in, m.destination, family);
    case CtTupleProperty::SourcePort: return in.be(m.source_port);
    case CtTupleProperty::DestinationPort: return in.be(m.destination_port);
    case CtTupleProperty::IcmpId: return in.be(m.icmp_id);
    case CtTupleProperty::IcmpType: return in.be(m.icmp_type);
    case CtTupleProperty::IcmpCode: return in.be(m.icmp_code);
  }
  remark(in.remarks(), "ofp_ct", Remark::Level::Warn,
         "unknown NXT_CT_TUPLE property type " + std::to_string(unsigned(type)));
  in.fail(OfError::OFPBPC_BAD_TYPE);
}
inline void ct_tuple(In& in, CtTuple& m, std::uint8_t& family) {
  in.pad(4);
  read_properties(in, [&](In& property, std::uint16_t type) {
    read_tuple_property(property, CtTupleProperty(type), m, family);
  });
}

template <class F>
void put_tuple_property(Out& out, CtTupleProperty type, bool said, F put) {
  if (said) write_property(out, std::uint16_t(type), put);
}
inline void ct_tuple(Out& out, const CtTuple& m, std::uint8_t protocol) {
  using P = CtTupleProperty;
  const bool icmp = is_icmp(protocol);
  const auto number = [&](P type, bool said, std::uint16_t value) {
    put_tuple_property(out, type, said, [&](Out& p) {
      p.be(value);
      p.pad(2);
    });
  };
  const auto byte = [&](P type, std::uint8_t value) {
    put_tuple_property(out, type, icmp, [&](Out& p) { p.be(value); });
  };
  const auto address = [&](P type, const Address16& value) {
    put_tuple_property(out, type, family_of(value) != 0, [&](Out& p) { p.raw(value); });
  };
  address(P::Source, m.source);
  address(P::Destination, m.destination);
  number(P::IcmpId, icmp, m.icmp_id);
  byte(P::IcmpType, m.icmp_type);
  byte(P::IcmpCode, m.icmp_code);
  number(P::SourcePort, !icmp && m.source_port != 0, m.source_port);
  number(P::DestinationPort, !icmp && m.destination_port != 0, m.destination_port);
}
inline void put_ct_tuple(Out& out, CtFlushProperty type, const CtTuple& m, std::uint8_t protocol) {
  std::string content;
  Out nested(content, out.version());
  ct_tuple(nested, m, protocol);
  if (content.empty()) return;
  write_property(out, std::uint16_t(type), [&](Out& property) {
    property.pad(4);
    property.string() += content;
  });
}

inline void read_label(In& in, Address16& label) {
  in.raw(label);
  if (in.ok() && !in.at_end()) in.fail(OfError::OFPBPC_BAD_LEN);
}
inline void read_flush_property(In& in, CtFlushProperty type, CtFlush& m) {
  switch (type) {
    case CtFlushProperty::Original: return ct_tuple(in, m.original, m.family);
    case CtFlushProperty::Reply: return ct_tuple(in, m.reply, m.family);
    case CtFlushProperty::Zone: m.zone = in.read<std::uint16_t>(); return;
    case CtFlushProperty::Mark: return in.be(m.mark);
    case CtFlushProperty::MarkMask: return in.be(m.mark_mask);
    case CtFlushProperty::Labels: return read_label(in, m.labels);
    case CtFlushProperty::LabelsMask: return read_label(in, m.labels_mask);
  }
  in.fail(OfError::OFPBPC_BAD_TYPE);
}
inline Address16 all_ones() {
  Address16 ones;
  std::fill(ones.begin(), ones.end(), std::uint8_t{0xff});
  return ones;
}
inline void describe(In& in, CtFlush& m, const Dialect& dialect) {
  in.be(m.protocol);
  in.zeros(7, OfError::NXBRC_MUST_BE_ZERO);
  std::uint32_t said = 0;
  read_properties(in, [&](In& property, std::uint16_t type) {
    read_flush_property(property, CtFlushProperty(type), m);
    if (type < 32) said |= 1u << type;
    if (type <= std::uint16_t(CtFlushProperty::LabelsMask)) return;
    remark(dialect.remarks, "ofp_ct", Remark::Level::Warn,
           "unknown NXT_CT_FLUSH property type " + std::to_string(type));
  });
  // A value without a mask is the whole value.
  const auto alone = [&](CtFlushProperty value, CtFlushProperty mask) {
    return (said >> unsigned(value) & 1) != 0 && (said >> unsigned(mask) & 1) == 0;
  };
  if (alone(CtFlushProperty::Mark, CtFlushProperty::MarkMask)) m.mark_mask = 0xffffffff;
  if (alone(CtFlushProperty::Labels, CtFlushProperty::LabelsMask)) m.labels_mask = all_ones();
}
inline void describe(Out& out, const CtFlush& m, const Dialect&) {
  using P = CtFlushProperty;
  const auto put = [&](P type, auto write) { write_property(out, std::uint16_t(type), write); };
  out.be(m.protocol);
  out.pad(7);
  put_ct_tuple(out, P::Original, m.original, m.protocol);
  put_ct_tuple(out, P::Reply, m.reply, m.protocol);
  if (m.zone) {
    put(P::Zone, [&](Out& p) {
      p.be(*m.zone);
      p.pad(2);
    });
  }
  if (m.mark_mask != 0) put(P::Mark, [&](Out& p) { p.be(m.mark); });
  if (m.mark_mask != 0 && m.mark_mask != 0xffffffff) {
    put(P::MarkMask, [&](Out& p) { p.be(m.mark_mask); });
  }
  if (m.labels_mask == Address16{}) return;
  put(P::Labels, [&](Out& p) { p.raw(m.labels); });
  if (m.labels_mask != all_ones()) put(P::LabelsMask, [&](Out& p) { p.raw(m.labels_mask); });
}

}  // namespace ovs::openflow

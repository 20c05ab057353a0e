// Bodies about flows and packets.
#pragma once
#include "openflow/message/describe.h"

namespace ovs::openflow {

// --- packet-in ---

inline void set_in_port(In&, flow::Match& match, OfPort port) {
  match.set(flow::FieldId::InPort, port);
}
inline OfPort in_port_of(const flow::Match& match) {
  return match.is_wildcard(flow::FieldId::InPort)
             ? kPortNone
             : OfPort(match.value(flow::FieldId::InPort).low());
}

template <class A>
void packet_in10(A& a, Of<A, PacketIn>& m) {
  const bool first = a.version() == Version::V10;
  a.be(m.buffer);
  OfPort port = in_port_of(m.metadata);
  if (first) {
    a.be(m.total_length);
    a.be(port);
    a.be(m.reason);
    a.pad(1);
  } else {
    a.wide_port(port);
    a.wide_port(port);
    a.be(m.total_length);
    a.be(m.reason);
    a.be(m.table);
  }
  if constexpr (A::kReading) set_in_port(a, m.metadata, port);
  a.rest_to(m.packet);
}

template <class A>
void packet_in12(A& a, Of<A, PacketIn>& m) {
  a.be(m.buffer);
  a.be(m.total_length);
  a.be(m.reason);
  a.be(m.table);
  if (a.version() >= Version::V13) {
    std::uint64_t cookie = m.cookie.value_or(kUnknownCount);
    a.be(cookie);
    if constexpr (A::kReading) m.cookie = cookie;
  }
  match11(a, m.metadata);
  a.pad(2);
  a.rest_to(m.packet);
}

template <class A>
void packet_in_nx(A& a, Of<A, PacketIn>& m) {
  SizedNxm<A> match(a, m.metadata, nullptr, UnknownFields::Skip);
  a.be(m.buffer);
  a.be(m.total_length);
  a.be(m.reason);
  a.be(m.table);
  std::uint64_t cookie = m.cookie.value_or(kUnknownCount);
  a.be(cookie);
  if constexpr (A::kReading) m.cookie = cookie;
  match.length();
  a.pad(6);
  match.fields();
  a.pad(2);
  a.rest_to(m.packet);
}

enum class PacketInProperty : std::uint16_t {
  Packet,
  FullLength,
  Buffer,
  Table,
  Cookie,
  Reason,
  Metadata,
  Userdata,
  Continuation,
};

inline void read_packet_in_property(In& in, PacketInProperty type, PacketIn& m) {
  switch (type) {
    case PacketInProperty::Packet: return in.rest_to(m.packet);
    case PacketInProperty::FullLength: return in.as<std::uint32_t>(m.total_length);
    case PacketInProperty::Buffer: return in.be(m.buffer);
    case PacketInProperty::Table: return in.be(m.table);
    case PacketInProperty::Cookie:
      in.pad(4);
      m.cookie = in.read<std::uint64_t>();
      return;
    case PacketInProperty::Reason: return in.be(m.reason);
    case PacketInProperty::Metadata: {
      const Result<flow::Match, OfError> match = read_oxm_fields(in, UnknownFields::Skip);
      if (!match) return in.fail(match.error());
      m.metadata = *match;
      return;
    }
    case PacketInProperty::Userdata: return in.rest_to(m.userdata);
    case PacketInProperty::Continuation:
      in.pad(4);
      m.has_continuation = true;
      return in.rest_to(m.continuation);
  }
  in.fail(OfError::OFPBPC_BAD_TYPE);
}

inline void packet_in2(In& in, PacketIn& m) {
  bool has_length = false;
  read_properties(in, [&](In& property, std::uint16_t type) {
    has_length = has_length || type == std::uint16_t(PacketInProperty::FullLength);
    read_packet_in_property(property, PacketInProperty(type), m);
  });
  if (!has_length) m.total_length = std::uint16_t(m.packet.size());
}

template <class F>
void put_packet_in(Out& out, PacketInProperty type, F put) {
  write_property(out, std::uint16_t(type), put);
}
inline void packet_in2(Out& out, const PacketIn& m) {
  using P = PacketInProperty;
  put_packet_in(out, P::Packet, [&](Out& p) { p.rest_to(m.packet); });
  if (m.total_length != m.packet.size()) {
    put_packet_in(out, P::FullLength, [&](Out& p) { p.as<std::uint32_t>(m.total_length); });
  }
  if (m.buffer != kNoBuffer) put_packet_in(out, P::Buffer, [&](Out& p) { p.be(m.buffer); });
  if (m.cookie && *m.cookie != kUnknownCount) {
    put_packet_in(out, P::Table, [&](Out& p) { p.be(m.table); });
    put_packet_in(out, P::Cookie, [&](Out& p) {
      p.pad(4);
      p.be(*m.cookie);
    });
  }
  put_packet_in(out, P::Reason, [&](Out& p) { p.be(m.reason); });
  put_packet_in(out, P::Metadata,
                [&](Out& p) { write_oxm_fields(p, m.metadata, oxm_style(out.version())); });
  if (!m.userdata.empty()) {
    put_packet_in(out, P::Userdata, [&](Out& p) { p.rest_to(m.userdata); });
  }
  if (!m.has_continuation) return;
  put_packet_in(out, P::Continuation, [&](Out& p) {
    p.pad(4);
    p.rest_to(m.continuation);
  });
}

template <class A>
void describe(A& a, Of<A, PacketIn>& m, const Dialect& dialect) {
  if (dialect.encoding == Encoding::NxtPacketIn) return packet_in_nx(a, m);
  if (dialect.encoding == Encoding::NxtPacketIn2) return packet_in2(a, m);
  if (a.version() <= Version::V11) return packet_in10(a, m);
  packet_in12(a, m);
}

template <class A>
void describe(A& a, Of<A, Resume>& m, const Dialect&) {
  packet_in2(a, m.packet_in);
}

// --- packet-out ---

// Version 1.5's metadata: the port it came from, and no field of a packet's own headers.
inline void check_pipeline_fields(In& in, const flow::Match& metadata) {
  if (!in.ok()) return;
  for (const flow::Field& field : flow::kFieldRows) {
    if (field.needs != flow::Needs::Nothing && !metadata.is_wildcard(field.id)) {
      return in.fail(OfError::OFPBRC_PIPELINE_FIELDS_ONLY);
    }
  }
  if (metadata.is_wildcard(flow::FieldId::InPort)) in.fail(OfError::OFPBRC_BAD_PORT);
}

// A field that lacks what it needs is one of a packet's headers.
inline void read_pipeline_match(In& in, flow::Match& metadata) {
  In match = in;
  metadata = read_match11(match, UnknownFields::Skip);
  if (!match.ok() && match.error() == OfError::OFPBMC_BAD_PREREQ) {
    return in.fail(OfError::OFPBRC_PIPELINE_FIELDS_ONLY);
  }
  in = match;
  check_pipeline_fields(in, metadata);
}

inline void describe(In& in, PacketOut& m, const Dialect&) {
  in.be(m.buffer);
  std::uint16_t size = 0;
  if (in.version() < Version::V15) {
    OfPort port = kPortNone;
    in.port(port);
    in.be(size);
    if (in.version() != Version::V10) in.pad(6);
    m.metadata.set(flow::FieldId::InPort, port);
  } else {
    in.be(size);
    in.pad(2);
    read_pipeline_match(in, m.metadata);
  }
  In part = in.part(size);
  actions(part, m.actions);
  in.absorb(part);
  if (m.buffer == kNoBuffer) return in.rest_to(m.packet);
  in.take_rest();
}

inline void describe(Out& out, const PacketOut& m, const Dialect&) {
  std::string actions;
  Out list(actions, out.version());
  write_actions(list, m.actions);
  out.be(m.buffer);
  if (out.version() < Version::V15) {
    out.port(in_port_of(m.metadata));
    out.be(std::uint16_t(actions.size()));
    if (out.version() != Version::V10) out.pad(6);
  } else {
    out.be(std::uint16_t(actions.size()));
    out.pad(2);
    match11(out, m.metadata);
  }
  out.string() += actions;
  out.rest_to(m.packet);
}

// --- flow-mod ---

inline constexpr std::uint16_t kEmergency10 = 1 << 2;

inline void set_command(In& in, std::uint16_t command, FlowMod& m) {
  if (command > std::uint16_t(FlowCommand::DeleteStrict)) {
    return in.fail(OfError::OFPFMFC_BAD_COMMAND);
  }
  m.command = FlowCommand(command);
}

// 1.0's cookie sets, and does not select; all ones in a modify leaves it as it is.
inline void set_new_cookie(FlowMod& m, std::uint64_t cookie) {
  m.new_cookie = cookie;
  m.modify_cookie = cookie != kUnknownCount;
}

inline void set_command10(In& in, std::uint16_t command, TableIds table_ids, FlowMod& m) {
  if (table_ids == TableIds::Present) {
    m.table = std::uint8_t(command >> 8);
    command &= 0xff;
  }
  set_command(in, command, m);
}
inline std::uint16_t command10(const FlowMod& m, TableIds table_ids) {
  const auto command = std::uint16_t(m.command);
  return table_ids == TableIds::Present ? std::uint16_t(m.table << 8 | command) : command;
}

inline void set_flags10(In& in, std::uint16_t flags, FlowMod& m) {
  if (flags & kEmergency10) return in.fail(OfError::OFPFMFC_BAD_FLAGS);
  m.flags = flags & (kSendFlowRemoved | kCheckOverlap);
}

template <class A>
void flow_timing(A& a, Of<A, FlowMod>& m) {
  a.be(m.idle_timeout);
  a.be(m.hard_timeout);
  a.be(m.priority);
  a.be(m.buffer);
}

// What stands between cookie and match, in version 1.0's flow-mods and Nicira's.
inline void flow_mod_middle10(In& in, FlowMod& m, TableIds table_ids) {
  set_new_cookie(m, in.read<std::uint64_t>());
  set_command10(in, in.read<std::uint16_t>(), table_ids, m);
  flow_timing(in, m);
  in.be(m.out_port);
  set_flags10(in, in.read<std::uint16_t>(), m);
}
inline void flow_mod_middle10(Out& out, const FlowMod& m, TableIds table_ids) {
  out.be(m.new_cookie);
  out.be(command10(m, table_ids));
  flow_timing(out, m);
  out.be(m.out_port);
  out.be(std::uint16_t(m.flags & (kSendFlowRemoved | kCheckOverlap)));
}

template <class A>
void flow_mod10(A& a, Of<A, FlowMod>& m, TableIds table_ids) {
  bool exact = false;
  if constexpr (A::kReading) {
    exact = a.remaining() >= 4 && (load<Be32>(a.rest().data()).host() & 0x3fffff) == 0;
  }
  match10(a, m.match);
  flow_mod_middle10(a, m, table_ids);
  if constexpr (A::kReading) {
    if (exact) m.priority = 0xffff;
  }
  instructions(a, m.actions);
}

template <class A>
void flow_mod_nx(A& a, Of<A, FlowMod>& m, TableIds table_ids) {
  OxmCookie cookie{m.cookie, m.cookie_mask};
  SizedNxm<A> match(a, m.match, &cookie);
  flow_mod_middle10(a, m, table_ids);
  match.length();
  a.pad(6);
  match.fields();
  if constexpr (A::kReading) {
    m.cookie = cookie.value;
    m.cookie_mask = cookie.mask;
    if (m.command == FlowCommand::Add && m.cookie_mask != 0) a.fail(OfError::NXBRC_NXM_INVALID);
  }
  instructions(a, m.actions);
}

constexpr std::uint16_t flow_flags(Version version) {
  std::uint16_t flags = kSendFlowRemoved | kCheckOverlap;
  if (version >= Version::V12) flags |= kResetCounts;
  if (version >= Version::V13) flags |= kNoPacketCounts | kNoByteCounts;
  return flags;
}

template <class A>
void flow_mod_tail11(A& a, Of<A, FlowMod>& m) {
  a.wide_port(m.out_port);
  a.be(m.out_group);
  std::uint16_t flags = m.flags & flow_flags(a.version());
  a.be(flags);
  if (a.version() >= Version::V14) {
    a.be(m.importance);
  } else {
    a.pad(2);
  }
  if constexpr (A::kReading) {
    if (flags & ~flow_flags(a.version())) a.fail(OfError::OFPFMFC_BAD_FLAGS);
    m.flags = flags;
  }
  match11(a, m.match);
  instructions(a, m.actions);
}

inline void flow_mod11(In& in, FlowMod& m) {
  const auto cookie = in.read<std::uint64_t>();
  const auto mask = in.read<std::uint64_t>();
  in.be(m.table);
  set_command(in, in.read<std::uint8_t>(), m);
  if (m.command == FlowCommand::Add) {
    m.new_cookie = cookie;
  } else {
    m.new_cookie = kUnknownCount;
    m.cookie = cookie;
    m.cookie_mask = mask;
  }
  flow_timing(in, m);
  flow_mod_tail11(in, m);
}
// Only deletions, from 1.2 on, may mean all tables; where none was named the first is meant.
inline std::uint8_t wire_table(Version version, const FlowMod& m) {
  const bool all = version >= Version::V12 &&
                   (m.command == FlowCommand::Delete || m.command == FlowCommand::DeleteStrict);
  return m.table == kAllTables && !all ? std::uint8_t{0} : m.table;
}
inline void flow_mod11(Out& out, const FlowMod& m) {
  const bool add = m.command == FlowCommand::Add;
  out.be(add || (m.cookie_mask == 0 && m.modify_cookie) ? m.new_cookie : m.cookie & m.cookie_mask);
  out.be(add ? std::uint64_t{0} : m.cookie_mask);
  out.be(wire_table(out.version(), m));
  out.be(m.command);
  flow_timing(out, m);
  flow_mod_tail11(out, m);
}

template <class A>
void describe(A& a, Of<A, FlowMod>& m, const Dialect& dialect) {
  if (dialect.encoding == Encoding::NxtFlowMod) return flow_mod_nx(a, m, dialect.table_ids);
  if (a.version() == Version::V10) return flow_mod10(a, m, dialect.table_ids);
  flow_mod11(a, m);
}

// --- flow-removed ---

template <class A>
void flow_removed10(A& a, Of<A, FlowRemoved>& m) {
  match10(a, m.match);
  a.be(m.cookie);
  a.be(m.priority);
  a.be(m.reason);
  a.pad(1);
  a.be(m.duration_s);
  a.be(m.duration_ns);
  a.be(m.idle_timeout);
  a.pad(2);
  a.be(m.packets);
  a.be(m.bytes);
}

template <class A>
void flow_removed11(A& a, Of<A, FlowRemoved>& m) {
  a.be(m.cookie);
  a.be(m.priority);
  a.be(m.reason);
  a.be(m.table);
  a.be(m.duration_s);
  a.be(m.duration_ns);
  a.be(m.idle_timeout);
  a.be(m.hard_timeout);
  a.be(m.packets);
  a.be(m.bytes);
  match11(a, m.match);
}

template <class A>
void flow_removed15(A& a, Of<A, FlowRemoved>& m) {
  a.be(m.table);
  a.be(m.reason);
  a.be(m.priority);
  a.be(m.idle_timeout);
  a.be(m.hard_timeout);
  a.be(m.cookie);
  match11(a, m.match);
  if constexpr (A::kReading) {
    read_flow_oxs(a, m);
  } else {
    write_oxs(a, [&](Out& stats) {
      write_duration(stats, m.duration_s, m.duration_ns);
      write_oxs_field(stats, kOxsPackets, m.packets);
      write_oxs_field(stats, kOxsBytes, m.bytes);
    });
  }
}

// Nicira's names tables from one, so that zero can say nothing.
template <class A>
void flow_removed_nx(A& a, Of<A, FlowRemoved>& m) {
  a.be(m.cookie);
  a.be(m.priority);
  a.be(m.reason);
  std::uint8_t table = std::uint8_t(m.table + 1);
  a.be(table);
  a.be(m.duration_s);
  a.be(m.duration_ns);
  a.be(m.idle_timeout);
  SizedNxm<A> match(a, m.match);
  match.length();
  a.be(m.packets);
  a.be(m.bytes);
  if constexpr (A::kReading) m.table = std::uint8_t(table - 1);
  match.fields();
}

template <class A>
void describe(A& a, Of<A, FlowRemoved>& m, const Dialect& dialect) {
  if (dialect.encoding == Encoding::NxtFlowRemoved) return flow_removed_nx(a, m);
  if (a.version() == Version::V10) return flow_removed10(a, m);
  if (a.version() == Version::V15) return flow_removed15(a, m);
  flow_removed11(a, m);
}

}  // namespace ovs::openflow

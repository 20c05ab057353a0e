// What every description of a body uses: lists, properties, matches. Only codec.cc includes the
// describe_*.h files.
#pragma once
#include <algorithm>

#include "openflow/action/action_wire.h"
#include "openflow/match/wire_match.h"
#include "openflow/message/body.h"
#include "openflow/message/codec.h"

namespace ovs::openflow {

// What a description must know beside the body.
struct Dialect {
  Encoding encoding;
  TableIds table_ids = TableIds::Present;
  std::uint32_t xid = 0;
  Remarks* remarks = nullptr;
};

inline void match10(In& in, flow::Match& match) {
  match = read_match10(in);
}
inline void match10(Out& out, const flow::Match& match) {
  write_match10(out, match);
}
inline void match11(In& in, flow::Match& match) {
  match = read_match11(in);
}
inline void match11(Out& out, const flow::Match& match) {
  write_match11(out, match);
}

inline void instructions(In& in, Actions& actions) {
  In rest = in.over(in.take_rest(), OfError::OFPBAC_BAD_LEN);
  actions = read_instructions(rest);
  in.absorb(rest);
}
inline void instructions(Out& out, const Actions& actions) {
  write_instructions(out, actions);
}

// A list of actions that fills the rest of the body.
inline void actions(In& in, Actions& all) {
  In rest = in.over(in.take_rest(), OfError::OFPBAC_BAD_LEN);
  all = read_actions(rest);
  in.absorb(rest);
}
inline void actions(Out& out, const Actions& all) {
  write_actions(out, all);
}

// A length of two bytes, said some bytes before what it measures.
template <class A>
class LengthAhead;
template <>
class LengthAhead<In> {
 public:
  explicit LengthAhead(In& in) : in_(in), length_(in.read<std::uint16_t>()) {}
  template <class F>
  void measure(F describe_part) {
    In part = in_.part(length_);
    describe_part(part);
    in_.absorb(part);
  }

 private:
  In& in_;
  std::uint16_t length_;
};
template <>
class LengthAhead<Out> {
 public:
  explicit LengthAhead(Out& out) : out_(out), place_(out.offset()) { out.pad(2); }
  template <class F>
  void measure(F describe_part) {
    const std::size_t start = out_.offset();
    describe_part(out_);
    out_.patch(place_, out_.offset() - start);
  }

 private:
  Out& out_;
  std::size_t place_;
};

// NXM of a length said earlier, padded to eight bytes.
inline void nxm_fields(In& in, std::size_t length, flow::Match& match, OxmCookie* cookie,
                       UnknownFields unknown = UnknownFields::Refuse) {
  In fields = in.part(length);
  in.pad((8 - length % 8) % 8);
  if (!in.ok()) return;
  const Result<flow::Match, OfError> read = read_oxm_fields(fields, unknown, cookie);
  if (!read) return in.fail(read.error());
  match = *read;
}
inline std::string nxm_bytes(Out& out, const flow::Match& match, const OxmCookie* cookie) {
  std::string bytes;
  Out fields(bytes, out.version());
  write_oxm_fields(fields, match, OxmStyle::Nxm, cookie);
  return bytes;
}
inline void put_padded(Out& out, const std::string& bytes) {
  out.string() += bytes;
  out.pad((8 - bytes.size() % 8) % 8);
}

// A match in NXM, with or without a cookie, whose length is said before its bytes come.
template <class A>
class SizedNxm {
 public:
  explicit SizedNxm(A& archive, Of<A, flow::Match>& match, Of<A, OxmCookie>* cookie = nullptr,
                    UnknownFields unknown = UnknownFields::Refuse)
      : archive_(archive), match_(match), cookie_(cookie), unknown_(unknown) {
    if constexpr (!A::kReading) bytes_ = nxm_bytes(archive, match, cookie);
    length_ = std::uint16_t(bytes_.size());
  }
  void length() { archive_.be(length_); }
  void fields() {
    if constexpr (A::kReading) {
      nxm_fields(archive_, length_, match_, cookie_, unknown_);
    } else {
      put_padded(archive_, bytes_);
    }
  }

 private:
  A& archive_;
  Of<A, flow::Match>& match_;
  Of<A, OxmCookie>* cookie_;
  UnknownFields unknown_;
  std::string bytes_;
  std::uint16_t length_ = 0;
};

// A list whose entries all have the archive's own description and fill the rest of the body.
template <class T, class F>
void list(In& in, std::vector<T>& items, F entry) {
  while (in.ok() && !in.at_end()) {
    T item;
    entry(in, item);
    if (in.ok()) items.push_back(std::move(item));
  }
}
template <class T, class F>
void list(Out& out, const std::vector<T>& items, F entry) {
  for (const T& item : items) entry(out, item);
}

// Entries that begin with their own length.
template <class T, class F>
void sized_list(In& in, std::vector<T>& items, F entry) {
  while (in.ok() && !in.at_end()) {
    const Bytes rest = in.rest();
    const std::size_t length = rest.count() < 2 ? 0 : load<Be16>(rest.data()).host();
    if (length < 2 || length > rest.count()) return in.fail(in.too_short());
    In part = in.part(length);
    part.pad(2);
    T item;
    entry(part, item);
    in.absorb(part);
    if (in.ok()) items.push_back(std::move(item));
  }
}
template <class T, class F>
void sized_list(Out& out, const std::vector<T>& items, F entry) {
  for (const T& item : items) {
    Out part(out.string(), out.version());
    part.pad(2);
    entry(part, item);
    part.patch(0, part.offset());
  }
}

inline constexpr std::uint16_t kExperimenterProperty = 0xffff;
// A property that nothing here knows.
inline void unknown_property(In& property, std::uint16_t type) {
  property.fail(type == kExperimenterProperty ? OfError::OFPBPC_BAD_EXP_TYPE
                                              : OfError::OFPBPC_BAD_TYPE);
}

// Type, length and value, padded to eight bytes. `take(property, type)` reads the value.
template <class F>
void read_properties(In& in, F take) {
  while (in.ok() && !in.at_end()) {
    if (in.remaining() < 4) return in.fail(OfError::OFPBPC_BAD_LEN);
    const auto type = in.read<std::uint16_t>();
    const auto length = in.read<std::uint16_t>();
    const std::size_t padded = (length + 7u) / 8 * 8;
    if (length < 4 || padded - 4 > in.remaining()) return in.fail(OfError::OFPBPC_BAD_LEN);
    In property = in.over(in.take(length - 4u), OfError::OFPBPC_BAD_LEN);
    in.pad(padded - length);
    take(property, type);
    in.absorb(property);
  }
}
template <class F>
void write_property(Out& out, std::uint16_t type, F put) {
  Out property(out.string(), out.version());
  property.be(type);
  property.pad(2);
  put(property);
  property.patch(2, property.offset());
  property.pad_to(8);
}

// OXS: version 1.5's statistics of a flow.
struct FlowCounts {
  std::uint32_t duration_s = 0, duration_ns = 0;
  std::uint64_t packets = kUnknownCount, bytes = kUnknownCount;
  std::uint32_t flows = 0;
  std::int32_t idle_s = -1;
};
inline constexpr std::uint16_t kOxsClass = 0x8002;
inline constexpr std::uint8_t kOxsDuration = 0, kOxsIdle = 1, kOxsFlows = 3, kOxsPackets = 4,
                              kOxsBytes = 5;

inline void read_oxs_field(In& value, std::uint8_t field, FlowCounts& counts) {
  std::uint32_t ignored = 0;
  switch (field) {
    case kOxsDuration: value.be(counts.duration_s); return value.be(counts.duration_ns);
    case kOxsIdle: value.as<std::uint32_t>(counts.idle_s); return value.be(ignored);
    case kOxsFlows: return value.be(counts.flows);
    case kOxsPackets: return value.be(counts.packets);
    case kOxsBytes: return value.be(counts.bytes);
    default: return value.fail(OfError::OFPBMC_BAD_FIELD);
  }
}
inline FlowCounts read_oxs(In& in) {
  FlowCounts counts;
  in.pad(2);
  const auto length = in.read<std::uint16_t>();
  if (length < 4) in.fail(OfError::OFPBMC_BAD_LEN);
  In fields = in.part(length < 4 ? 0 : length - 4u);
  in.pad(std::min<std::size_t>((8 - length % 8) % 8, in.remaining()));
  while (fields.ok() && !fields.at_end()) {
    const auto header = fields.read<std::uint32_t>();
    In value = fields.part(header & 0xff);
    if (header >> 16 != kOxsClass) return in.fail(OfError::OFPBMC_BAD_FIELD), counts;
    read_oxs_field(value, header >> 9 & 0x7f, counts);
    fields.absorb(value);
  }
  in.absorb(fields);
  return counts;
}
template <class T>
void write_oxs_field(Out& out, std::uint8_t field, T value) {
  out.be(std::uint32_t(std::uint32_t{kOxsClass} << 16 | field << 9 | sizeof value));
  out.be(value);
}
inline void write_duration(Out& out, std::uint32_t s, std::uint32_t ns) {
  write_oxs_field(out, kOxsDuration, std::uint64_t{s} << 32 | ns);
}
template <class F>
void write_oxs(Out& out, F put) {
  Out stats(out.string(), out.version());
  stats.pad(4);
  put(stats);
  stats.patch(2, stats.offset());
  stats.pad_to(8);
}
// How long and how much, which statistics of a flow and news of its removal both tell.
template <class M>
FlowCounts read_flow_oxs(In& in, M& m) {
  const FlowCounts counts = read_oxs(in);
  m.duration_s = counts.duration_s;
  m.duration_ns = counts.duration_ns;
  m.packets = counts.packets;
  m.bytes = counts.bytes;
  return counts;
}

}  // namespace ovs::openflow

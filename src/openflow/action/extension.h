// The actions that have a structure of their own: one description each, which decodes and encodes.
// An archive begins at the action's first byte, behind its header.
#pragma once
#include "openflow/action/action_wire.h"
#include "openflow/match/oxm.h"

namespace ovs::openflow {

// A field as an OXM header: read into or written from a field id.
inline void field_header(In& in, flow::FieldId& field) {
  field = read_field_header(in, OfError::OFPBAC_BAD_SET_TYPE);
}
inline void field_header(Out& out, const flow::FieldId& field) {
  write_oxm_header(out, field, OxmStyle::Nxm, flow::field(field).width, false);
}

// First bit and count in one number: 10 bits and 6 bits, the count being one less than it is.
inline void first_and_count(In& in, Subfield& bits) {
  const auto both = in.read<std::uint16_t>();
  bits.first_bit = both >> 6;
  bits.bits = std::uint16_t((both & 0x3f) + 1);
}
inline void first_and_count(Out& out, const Subfield& bits) {
  out.be(std::uint16_t(bits.first_bit << 6 | (bits.bits - 1)));
}

// Whether the bits lie in the field; the error is what the protocol has for it.
inline void check_bits(In& in, const Subfield& bits) {
  if (!in.ok()) return;
  const unsigned have = flow::field(bits.field).bits();
  if (bits.bits == 0 || unsigned(bits.first_bit) + bits.bits > have) {
    in.fail(OfError::OFPBAC_BAD_SET_LEN);
  }
}
inline void check_bits(Out&, const Subfield&) {}
inline void check_written(In& in, const Subfield& bits) {
  check_bits(in, bits);
  if (in.ok() && !flow::field(bits.field).writable()) in.fail(OfError::OFPBAC_BAD_SET_ARGUMENT);
}
inline void check_written(Out&, const Subfield&) {}

template <class A>
void describe(A& a, Of<A, OutputReg>& m) {
  first_and_count(a, m.source);
  field_header(a, m.source.field);
  a.be(m.max_length);
  a.zeros(6, OfError::OFPBRC_BAD_LEN);
  check_bits(a, m.source);
}

template <class A>
void describe(A& a, Of<A, OutputTrunc>& m) {
  a.be(m.port);
  a.be(m.max_length);
}

template <class A>
void describe_move(A& a, Of<A, Move>& m, std::size_t padding) {
  a.be(m.source.bits);
  a.be(m.source.first_bit);
  a.be(m.destination.first_bit);
  a.pad(padding);
  field_header(a, m.source.field);
  field_header(a, m.destination.field);
  if constexpr (A::kReading) m.destination.bits = m.source.bits;
  check_bits(a, m.source);
  check_written(a, m.destination);
}
template <class A>
void describe(A& a, Of<A, Move>& m) {
  describe_move(a, m, 0);
}

template <class A>
void describe_stack(A& a, Of<A, Subfield>& m) {
  a.be(m.first_bit);
  field_header(a, m.field);
  a.be(m.bits);
  a.pad(a.remaining_of(24));
}

template <class A>
void describe(A& a, Of<A, StackPush>& m) {
  describe_stack(a, m.source);
  check_bits(a, m.source);
}
template <class A>
void describe(A& a, Of<A, StackPop>& m) {
  describe_stack(a, m.destination);
  check_written(a, m.destination);
}

template <class A>
void describe(A& a, Of<A, Conjunction>& m) {
  a.be(m.clause);
  a.be(m.clauses);
  a.be(m.id);
  if constexpr (A::kReading) {
    if (m.clauses < 2 || m.clauses > 64 || m.clause >= m.clauses) {
      a.fail(OfError::NXBAC_BAD_CONJUNCTION);
    }
  }
}

template <class A>
void describe(A& a, Of<A, FinTimeout>& m) {
  a.be(m.idle_timeout);
  a.be(m.hard_timeout);
  a.zeros(2, OfError::NXBRC_MUST_BE_ZERO);
}

template <class A>
void describe(A& a, Of<A, CheckPacketLarger>& m) {
  a.be(m.length);
  a.be(m.destination.first_bit);
  field_header(a, m.destination.field);
  a.pad(a.remaining_of(24));
  if constexpr (A::kReading) m.destination.bits = 1;
  check_written(a, m.destination);
}

template <class A>
void describe(A& a, Of<A, Multipath>& m) {
  a.template as<std::uint16_t>(m.fields);
  a.be(m.basis);
  a.pad(2);
  a.template as<std::uint16_t>(m.algorithm);
  a.be(m.max_link);
  a.be(m.argument);
  a.pad(2);
  first_and_count(a, m.destination);
  field_header(a, m.destination.field);
  if constexpr (A::kReading) {
    if (m.fields > HashFields::SymmetricL3 || m.algorithm > MultipathAlgorithm::IterHash) {
      a.fail(OfError::OFPBAC_BAD_ARGUMENT);
    }
  }
  check_written(a, m.destination);
}

template <class A>
void describe(A& a, Of<A, Note>& m) {
  a.rest_to(m.data);
}

template <class A>
void describe(A& a, Of<A, DecTtlControllers>& m) {
  std::uint16_t count = std::uint16_t(m.controllers.size());
  a.be(count);
  a.zeros(4, OfError::NXBRC_MUST_BE_ZERO);
  if constexpr (A::kReading) {
    if (std::size_t(count) * 2 > a.remaining()) return a.fail(OfError::OFPBAC_BAD_LEN);
    m.controllers.resize(count);
  }
  for (auto& controller : m.controllers) a.be(controller);
}

template <class A>
void describe(A& a, Of<A, Bundle>& m) {
  constexpr std::uint32_t kInPortHeader = 0x00000002;
  a.template as<std::uint16_t>(m.algorithm);
  a.template as<std::uint16_t>(m.fields);
  a.be(m.basis);
  std::uint32_t member_type = kInPortHeader;
  a.be(member_type);
  std::uint16_t count = std::uint16_t(m.members.size());
  a.be(count);
  if constexpr (A::kReading) {
    Subfield destination{};
    first_and_count(a, destination);
    if (m.destination) {  // the caller knows that there is one
      field_header(a, destination.field);
      m.destination = destination;
      check_written(a, destination);
    } else {
      a.pad(4);
    }
    if (member_type != kInPortHeader || m.fields > HashFields::SymmetricL3 ||
        m.algorithm > BundleAlgorithm::Hrw) {
      a.fail(OfError::OFPBAC_BAD_ARGUMENT);
    }
  } else if (m.destination) {
    first_and_count(a, *m.destination);
    field_header(a, m.destination->field);
  } else {
    a.pad(6);
  }
  a.zeros(4, OfError::NXBRC_MUST_BE_ZERO);
  if constexpr (A::kReading) {
    if (std::size_t(count) * 2 > a.remaining()) return a.fail(OfError::OFPBAC_BAD_LEN);
    m.members.resize(count);
  }
  for (auto& member : m.members) a.be(member);
}

// Four bytes that are a field's header, with which bits of it behind; or zero, with a number.
inline void number_or_field(In& in, std::uint32_t& number, std::optional<Subfield>& source) {
  const Bytes rest = in.rest();
  const bool is_number = rest.count() < 4 || load<Be32>(rest.data()).host() == 0;
  if (is_number) {
    in.pad(4);
    return in.be(number);
  }
  Subfield bits{};
  field_header(in, bits.field);
  first_and_count(in, bits);
  in.pad(2);
  check_bits(in, bits);
  if (in.ok() && bits.bits > 32) in.fail(OfError::OFPBAC_BAD_SET_LEN);
  source = bits;
}
inline void number_or_field(Out& out, std::uint32_t number, const std::optional<Subfield>& source) {
  if (!source) {
    out.pad(4);
    return out.be(number);
  }
  field_header(out, source->field);
  first_and_count(out, *source);
  out.pad(2);
}

template <class A>
void describe(A& a, Of<A, Sample>& m) {
  a.be(m.probability);
  a.be(m.collector_set);
  if (m.form == 4) {
    number_or_field(a, m.domain, m.domain_source);
    number_or_field(a, m.point, m.point_source);
  } else {
    a.be(m.domain);
    a.be(m.point);
  }
  if (m.form == 1) return;
  a.be(m.sampling_port);
  a.be(m.direction);
  a.zeros(5, OfError::NXBRC_MUST_BE_ZERO);
}

}  // namespace ovs::openflow

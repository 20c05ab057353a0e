// Bodies about meters, and requests that are forwarded to other controllers.
#pragma once
#include "openflow/message/describe_groups.h"

namespace ovs::openflow {

inline constexpr std::uint16_t kBandSize = 16;

template <class A>
void meter_band(A& a, Of<A, MeterBand>& m) {
  a.be(m.type);
  std::uint16_t size = kBandSize;
  a.be(size);
  a.be(m.rate);
  a.be(m.burst_size);
  const bool remarks = m.type == BandType::DscpRemark;
  if (remarks) a.be(m.prec_level);
  a.pad(remarks ? 3 : 4);
  if constexpr (A::kReading) {
    if (size != kBandSize) return a.fail(OfError::OFPBRC_BAD_LEN);
    if (m.type != BandType::Drop && !remarks) a.fail(OfError::OFPMMFC_BAD_BAND);
  }
}
template <class A>
void meter_bands(A& a, Of<A, std::vector<MeterBand>>& bands) {
  list(a, bands, [](A& archive, auto& band) { meter_band(archive, band); });
}

template <class A>
void describe(A& a, Of<A, MeterMod>& m, const Dialect&) {
  const bool has_content = m.command != MeterCommand::Delete;
  a.be(m.command);
  std::uint16_t flags = has_content ? m.meter.flags : std::uint16_t{0};
  a.be(flags);
  a.be(m.meter.id);
  if constexpr (A::kReading) {
    if (m.command > MeterCommand::Delete) return a.fail(OfError::OFPMMFC_BAD_COMMAND);
    if (m.command == MeterCommand::Delete) return void(a.take_rest());
    m.meter.flags = flags;
    const bool both = (flags & kMeterKbps) && (flags & kMeterPktps);
    if (both) return a.fail(OfError::OFPMMFC_BAD_FLAGS);
  } else if (!has_content) {
    return;
  }
  meter_bands(a, m.meter.bands);
}

template <class A>
void describe(A& a, Of<A, MeterConfigReply>& m, const Dialect&) {
  sized_list(a, m.meters, [](A& archive, auto& meter) {
    archive.be(meter.flags);
    archive.be(meter.id);
    meter_bands(archive, meter.bands);
  });
}

template <class A>
void meter_stats_rest(A& a, Of<A, MeterStats>& m) {
  a.pad(6);
  a.be(m.flows);
  a.be(m.packets_in);
  a.be(m.bytes_in);
  a.be(m.duration_s);
  a.be(m.duration_ns);
  list(a, m.bands, [](A& archive, auto& band) {
    archive.be(band.packets);
    archive.be(band.bytes);
  });
}
// The length stands behind the number, and counts from it.
inline void meter_stats(In& in, MeterStats& m) {
  constexpr std::uint16_t kBeforeRest = 6;
  in.be(m.id);
  const auto length = in.read<std::uint16_t>();
  if (length < kBeforeRest) return in.fail(OfError::OFPBRC_BAD_LEN);
  In rest = in.part(length - kBeforeRest);
  meter_stats_rest(rest, m);
  in.absorb(rest);
}
inline void meter_stats(Out& out, const MeterStats& m) {
  Out entry(out.string(), out.version());
  entry.be(m.id);
  entry.pad(2);
  meter_stats_rest(entry, m);
  entry.patch(4, entry.offset());
}
template <class A>
void describe(A& a, Of<A, MeterStatsReply>& m, const Dialect&) {
  list(a, m.meters, [](A& archive, auto& meter) { meter_stats(archive, meter); });
}

template <class A>
void describe(A& a, Of<A, MeterFeatures>& m, const Dialect&) {
  a.be(m.max_meters);
  a.be(m.band_types);
  a.be(m.capabilities);
  a.be(m.max_bands);
  a.be(m.max_color);
  a.pad(2);
}

// --- requests that another controller made ---

inline void describe(In& in, RequestForward& m, const Dialect& dialect) {
  const Bytes whole = in.rest();
  const std::size_t length = whole.count() < kHeaderSize ? 0 : load<Be16>(whole.data() + 2).host();
  if (length < kHeaderSize || length > whole.count()) {
    return in.fail(OfError::OFPBFC_MSG_BAD_LEN);
  }
  const Result<Envelope, EnvelopeError> envelope = open_envelope(in.take(length));
  if (!envelope) return in.fail(envelope.error().error);
  In body(envelope->body, envelope->version, OfError::OFPBRC_BAD_LEN);
  const Dialect inner{envelope->encoding, dialect.table_ids, envelope->xid, dialect.remarks};
  m.xid = envelope->xid;
  if (kind_of(envelope->encoding) == Kind::GroupMod) {
    describe(body, m.request.emplace<GroupMod>(), inner);
  } else if (kind_of(envelope->encoding) == Kind::MeterMod) {
    describe(body, m.request.emplace<MeterMod>(), inner);
  } else {
    body.fail(OfError::OFPBFC_MSG_UNSUP);
  }
  in.absorb(body);
}
inline void describe(Out& out, const RequestForward& m, const Dialect& dialect) {
  const bool group = std::holds_alternative<GroupMod>(m.request);
  const auto encoding = encoding_of(group ? Kind::GroupMod : Kind::MeterMod, out.version());
  OVS_ASSERT(encoding.has_value());
  Out inner(out.string(), out.version());
  put_headers(*encoding, out.version(), m.xid, false, inner.string());
  std::visit(
      [&](const auto& request) {
        Out body(inner.string(), out.version());
        describe(body, request, Dialect{*encoding, dialect.table_ids});
      },
      m.request);
  inner.patch(2, inner.offset());
}

}  // namespace ovs::openflow

#include "openflow/message/kind.h"

#include <iterator>

#include <fmt/format.h>

#include "base/bytes/cursor.h"

namespace ovs::openflow {
namespace {

using enum Version;
inline constexpr Version Vany = Version(0x7f);

constexpr EncodingRow make_row(Encoding encoding, Kind kind, Carrier carrier, Version first,
                               Version last, std::uint32_t number, std::string_view name,
                               std::uint16_t minimum, std::uint16_t unit) {
  return {encoding,     kind,   carrier, first,   last == Vany ? V15 : last,
          last == Vany, number, name,    minimum, unit};
}

constexpr EncodingRow kRows[] = {
#define OVS_OF_MESSAGE(kind, encoding, carrier, first, last, number, name, minimum, unit)        \
  make_row(Encoding::encoding, Kind::kind, Carrier::carrier, first, last, number, name, minimum, \
           unit),
#include "openflow/message/kind_rows.h"
#undef OVS_OF_MESSAGE
};

constexpr std::uint8_t kVendorType = 4;
constexpr std::uint16_t kVendorStats = 0xffff;

std::uint8_t stats_type(Version version, bool reply) {
  if (version == V10) return reply ? 17 : 16;
  return reply ? 19 : 18;
}

std::uint32_t vendor_of(Carrier carrier) {
  switch (carrier) {
    case Carrier::Plain:
    case Carrier::StatsRequest:
    case Carrier::StatsReply: return kOpenVendor;
    case Carrier::Nx:
    case Carrier::NxStatsRequest:
    case Carrier::NxStatsReply: return kNiciraVendor;
    case Carrier::Onf:
    case Carrier::OnfStatsRequest:
    case Carrier::OnfStatsReply: return kOnfVendor;
  }
  return kOpenVendor;
}

// What the headers say of a message, before it is looked up.
struct Heading {
  std::uint32_t vendor = kOpenVendor;
  bool stats = false, reply = false, more = false;
  std::uint32_t number = 0;
  std::size_t size = kHeaderSize;
};

Result<Heading> read_heading(Bytes message, const Header& header) {
  Reader in(message);
  OVS_TRY(in.skip(kHeaderSize));
  const Version version = Version(header.version);
  Heading heading;
  heading.number = header.type;
  const bool known = header.version >= 1 && header.version <= 6;
  if (known && header.type == kVendorType) {
    OVS_TRY(heading.vendor, in.read_big<std::uint32_t>());
    OVS_TRY(heading.number, in.read_big<std::uint32_t>());
  } else if (known && (header.type == stats_type(version, false) ||
                       header.type == stats_type(version, true))) {
    heading.stats = true;
    heading.reply = header.type == stats_type(version, true);
    OVS_TRY(heading.number, in.read_big<std::uint16_t>());
    OVS_TRY(const std::uint16_t flags, in.read_big<std::uint16_t>());
    heading.more = (flags & 1) != 0;
    if (version != V10) {
      OVS_TRY(in.skip(4));
    }
    if (heading.number == kVendorStats) {
      OVS_TRY(heading.vendor, in.read_big<std::uint32_t>());
      OVS_TRY(heading.number, in.read_big<std::uint32_t>());
      if (version == V10) {
        OVS_TRY(in.skip(4));
      }
    }
  }
  heading.size = in.offset();
  return heading;
}

bool is_of(const EncodingRow& row, const Heading& heading, const Header& header) {
  if (row.number != heading.number || vendor_of(row.carrier) != heading.vendor) return false;
  if (is_stats(row.carrier) != heading.stats) return false;
  if (heading.stats && is_stats_reply(row.carrier) != heading.reply) return false;
  if (row.any_version) return header.version != 0;
  return Version(header.version) >= row.first && Version(header.version) <= row.last;
}

EnvelopeError unknown_message(const Heading& heading, const Header& header) {
  std::string text =
      fmt::format("unknown OpenFlow message (version {}, type {}", header.version, header.type);
  if (heading.stats)
    text += fmt::format(", stat {}", heading.vendor == kOpenVendor ? heading.number : 0xffffu);
  if (heading.vendor != kOpenVendor) {
    text += fmt::format(", vendor 0x{:x}, subtype {}", heading.vendor, heading.number);
  }
  text += ')';
  if (heading.vendor != kOpenVendor) return {OfError::OFPBRC_BAD_SUBTYPE, text};
  return {heading.stats ? OfError::OFPBRC_BAD_STAT : OfError::OFPBRC_BAD_TYPE, text};
}

std::string size_text(const EncodingRow& row, std::size_t headers) {
  const std::size_t minimum = headers + row.body_minimum;
  if (row.body_unit == 0) return fmt::format("must be exactly {} bytes", minimum);
  if (row.body_unit == 1) return fmt::format("must be at least {} bytes", minimum);
  return fmt::format("must be exactly {} bytes or longer by an integer multiple of {} bytes",
                     minimum, row.body_unit);
}

bool fits(const EncodingRow& row, std::size_t size) {
  if (size < row.body_minimum) return false;
  const std::size_t more = size - row.body_minimum;
  return row.body_unit == 0 ? more == 0 : more % row.body_unit == 0;
}

}  // namespace

const EncodingRow& row(Encoding encoding) {
  return kRows[std::size_t(encoding)];
}

Header read_header(const std::uint8_t (&bytes)[kHeaderSize]) {
  return {bytes[0], bytes[1], load<Be16>(bytes + 2).host(), load<Be32>(bytes + 4).host()};
}

Result<Envelope, EnvelopeError> peek_envelope(Bytes message) {
  if (message.count() < kHeaderSize) return EnvelopeError{OfError::OFPBRC_BAD_LEN, {}};
  std::uint8_t start[kHeaderSize];
  __builtin_memcpy(start, message.data(), kHeaderSize);
  const Header header = read_header(start);
  const Result<Heading> heading = read_heading(message, header);
  if (!heading) return EnvelopeError{OfError::OFPBRC_BAD_LEN, {}};
  for (const EncodingRow& candidate : kRows) {
    if (!is_of(candidate, *heading, header)) continue;
    const bool known = header.version >= 1 && header.version <= 6;
    return Envelope{candidate.encoding, known ? Version(header.version) : V10,
                    header.version,     header.xid,
                    heading->more,      message.from(heading->size)};
  }
  return unknown_message(*heading, header);
}

Result<Envelope, EnvelopeError> open_envelope(Bytes message) {
  OVS_TRY(const Envelope envelope, peek_envelope(message));
  const EncodingRow& found = row(envelope.encoding);
  if (fits(found, envelope.body.count())) return envelope;
  const std::size_t headers = message.count() - envelope.body.count();
  return EnvelopeError{OfError::OFPBRC_BAD_LEN,
                       fmt::format("received {} with incorrect length {} ({})", found.name,
                                   message.count(), size_text(found, headers))};
}

bool exists(Encoding encoding, Version version) {
  const EncodingRow& found = row(encoding);
  return found.first <= version && version <= found.last;
}

std::optional<Encoding> encoding_of(Kind kind, Version version) {
  std::optional<Encoding> extension;
  for (const EncodingRow& candidate : kRows) {
    if (candidate.kind != kind || !exists(candidate.encoding, version)) continue;
    if (vendor_of(candidate.carrier) == kOpenVendor) return candidate.encoding;
    if (!extension) extension = candidate.encoding;
  }
  return extension;
}

bool is_stats(Carrier carrier) {
  return carrier >= Carrier::StatsRequest;
}

bool is_stats_reply(Carrier carrier) {
  return carrier == Carrier::StatsReply || carrier == Carrier::NxStatsReply ||
         carrier == Carrier::OnfStatsReply;
}

std::size_t header_size(Carrier carrier, Version version) {
  if (carrier == Carrier::Plain) return kHeaderSize;
  if (!is_stats(carrier) || vendor_of(carrier) != kOpenVendor) return is_stats(carrier) ? 24 : 16;
  return version == V10 ? 12 : 16;
}

void put_headers(Encoding encoding, Version version, std::uint32_t xid, bool more,
                 std::string& out) {
  const EncodingRow& found = row(encoding);
  const std::size_t start = out.size();
  out.resize(start + header_size(found.carrier, version));
  char* at = out.data() + start;
  at[0] = char(version);
  store(at + 4, Be32{xid});
  const std::uint32_t vendor = vendor_of(found.carrier);
  char* rest = at + kHeaderSize;
  if (is_stats(found.carrier)) {
    at[1] = char(stats_type(version, is_stats_reply(found.carrier)));
    const std::uint16_t type = vendor == kOpenVendor ? std::uint16_t(found.number) : kVendorStats;
    store(rest, Be16{type});
    store(rest + 2, Be16{std::uint16_t(more ? 1 : 0)});
    rest += version == V10 ? 4 : 8;
  } else {
    at[1] = char(vendor == kOpenVendor ? found.number : kVendorType);
  }
  if (vendor == kOpenVendor) return;
  store(rest, Be32{vendor});
  store(rest + 4, Be32{found.number});
}

}  // namespace ovs::openflow

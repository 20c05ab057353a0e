// Fields and matches as type-length-value entries: Nicira's NXM in version 1.0, OpenFlow's OXM from
// 1.2. Which numbers a field has is the field table's; in which order a match is written, and since
// when a number exists, is said here.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "flow/match/match.h"
#include "openflow/core/archive.h"

namespace ovs::openflow {

// Which numbers are written where a field has several: NXM's or OXM's.
enum class OxmStyle : std::uint8_t { Nxm, Of12, Of13, Of14, Of15 };
OxmStyle oxm_style(Version version);  // Nxm up to 1.1

struct OxmHeader {
  flow::OxmId id;
  bool masked = false;
  std::uint8_t length = 0;             // of value and mask, without the experimenter
  const flow::Field* field = nullptr;  // null: unknown, or the cookie
  bool is_cookie = false;
};
struct OxmEntry {
  OxmHeader header;
  flow::FieldValue value, mask;
};

// Unknown fields: an error, or skipped by their length.
enum class UnknownFields : bool { Refuse, Skip };

Result<OxmHeader, OfError> read_oxm_header(In& in);
// Header, value and mask. With `Refuse`, an unknown field is OFPBMC_BAD_FIELD.
Result<OxmEntry, OfError> read_oxm_entry(In& in);

flow::OxmId oxm_id(flow::FieldId field, OxmStyle style);
void write_oxm_header(Out& out, flow::FieldId field, OxmStyle style, std::uint8_t length,
                      bool masked);
// Header and as much of the value as the field has; a mask that is all ones is left out.
void write_oxm_entry(Out& out, flow::FieldId field, const flow::FieldValue& value,
                     const flow::FieldValue& mask, OxmStyle style);

// A cookie and its mask travel inside the match of Nicira's flow-mods and requests.
struct OxmCookie {
  std::uint64_t value = 0, mask = 0;
};
Result<flow::Match, OfError> read_oxm_fields(In& in, UnknownFields unknown,
                                             OxmCookie* cookie = nullptr);
void write_oxm_fields(Out& out, const flow::Match& match, OxmStyle style,
                      const OxmCookie* cookie = nullptr);

// The name by which texts call a field's bits: "NXM_OF_IN_PORT", "OXM_OF_METADATA".
std::string_view nxm_name(flow::FieldId field);
std::string_view oxm_name(flow::FieldId field, OxmStyle style);
// By any of those names; null if there is none.
const flow::Field* find_nxm_name(std::string_view name);

}  // namespace ovs::openflow

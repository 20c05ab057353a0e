// A match as each version's messages carry it.
#pragma once
#include "flow/match/match.h"
#include "openflow/match/oxm.h"

namespace ovs::openflow {

inline constexpr std::size_t kMatch10Size = 40, kMatch11Size = 88;

flow::Match read_match10(In& in);
void write_match10(Out& out, const flow::Match& match);
// Version 1.1's standard match or OXM, with the header that says which, padded to eight bytes.
flow::Match read_match11(In& in, UnknownFields unknown = UnknownFields::Refuse);
void write_match11(Out& out, const flow::Match& match);

// Whether the standard match of the version can say all of this.
bool fits_match10(const flow::Match& match);
bool fits_match11(const flow::Match& match);
// The protocols whose flow-mods can carry the match.
Protocols usable_protocols(const flow::Match& match);

}  // namespace ovs::openflow

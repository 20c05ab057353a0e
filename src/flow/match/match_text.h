// Matches and field values as ovs-ofctl prints and reads them; hosted.
#pragma once
#include <string>
#include <string_view>

#include "base/core/result.h"
#include "flow/field/value_text.h"
#include "flow/match/match.h"
#include "flow/match/port_names.h"

namespace ovs::flow {

// "tcp,in_port=1,nw_src=10.0.0.0/8,tp_dst=80"; empty for a match of everything. When `priority` is
// not the default 32768 it comes first, as "priority=N,"; pass kDefaultPriority to leave it out.
inline constexpr int kDefaultPriority = 32768;
std::string format_match(const Match& match, const PortNames* ports = nullptr,
                         int priority = kDefaultPriority);

// One "name=value" or protocol word ("tcp") of a flow's text, put into `match`. NotMatch: the word
// is no field, so that the caller may try its own keys (priority, table, cookie, actions).
enum class MatchWord : bool { NotMatch, Taken };
Result<MatchWord, TextError> parse_match_word(std::string_view key, std::string_view value,
                                              const PortNames* ports, Match& match);
// A whole match: words separated by commas or white space. Fields that lack their prerequisites are
// kept: see normalized().
Result<Match, TextError> parse_match(std::string_view text, const PortNames* ports = nullptr);
// "name=value/mask" without the name: "10.0.0.0/8", "0x10/0xf0", "no". An all-ones mask prints no
// slash, a zero mask "ANY".
std::string format_value(const Field& field, const FieldValue& value, const FieldValue& mask,
                         const PortNames* ports = nullptr);
Result<MaskedValue, TextError> parse_value(const Field& field, std::string_view text,
                                           const PortNames* ports = nullptr);

// OpenFlow port numbers and reserved names: "LOCAL", "IN_PORT", "CONTROLLER", ..., in any case;
// ports' names, quoted or not.
std::string format_port(std::uint16_t port, const PortNames* ports);
Result<std::uint16_t, TextError> parse_port(std::string_view text, const PortNames* ports);

}  // namespace ovs::flow

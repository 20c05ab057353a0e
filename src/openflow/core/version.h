// OpenFlow's versions as they stand on the wire, and the protocols (version and flow format) that a
// connection speaks. Numbers only; negotiation is in message/hello.h.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace ovs::openflow {

enum class Version : std::uint8_t { V10 = 1, V11, V12, V13, V14, V15 };
inline constexpr Version kVersions[] = {Version::V10, Version::V11, Version::V12,
                                        Version::V13, Version::V14, Version::V15};

// "1.3"; "OpenFlow13" for options and the database's protocols column.
const char* version_number(Version version);
const char* version_name(Version version);
std::optional<Version> find_version(std::string_view name);  // "OpenFlow13", "openflow13"

// Bit n is wire version n.
using VersionBitmap = std::uint32_t;
constexpr VersionBitmap bit(Version version) {
  return VersionBitmap{1} << unsigned(version);
}
inline constexpr VersionBitmap kAllVersions = 0x7e;
std::string format_versions(VersionBitmap versions);  // "0x01, 0x04", as hello messages print

// A flow format of a version: how matches and flow-mods are written. Values are bits, so that sets
// are numbers.
enum class Protocol : std::uint16_t {
  Of10 = 1 << 0,         // standard 1.0 match
  Of10TableId = 1 << 1,  // and flow-mods that name a table
  Nxm = 1 << 2,          // Nicira's match over 1.0
  NxmTableId = 1 << 3,
  Of11 = 1 << 4,
  Of12 = 1 << 5,
  Of13 = 1 << 6,
  Of14 = 1 << 7,
  Of15 = 1 << 8,
};
using Protocols = std::uint16_t;  // a set of Protocol bits
constexpr Protocols bit(Protocol protocol) {
  return Protocols(protocol);
}
inline constexpr Protocols kNoProtocols = 0, kAllProtocols = 0x1ff;
inline constexpr Protocols kOf10Protocols = 0x003, kNxmProtocols = 0x00c, kOxmProtocols = 0x1e0;
inline constexpr Protocols kNxmAndUp = kNxmProtocols | kOxmProtocols;
inline constexpr Protocols kOf11AndUp = 0x1f0, kOf12AndUp = 0x1e0, kOf13AndUp = 0x1c0,
                           kOf14AndUp = 0x180, kOf15AndUp = 0x100;
inline constexpr Protocols kTableIdProtocols = 0x00a;  // of those before 1.1

Version version_of(Protocol protocol);
Protocol protocol_of(Version version);  // the one a new connection of that version speaks
Protocols protocols_of(VersionBitmap versions);
VersionBitmap versions_of(Protocols protocols);
std::optional<Protocol> with_table_id(Protocol protocol, bool table_id);
constexpr bool has_table_id(Protocol protocol) {
  return (bit(protocol) & ~(bit(Protocol::Of10) | bit(Protocol::Nxm))) != 0;
}

// "OpenFlow10-table_id", "NXM+table_id" ...; sets as ovs-ofctl prints them: "any", "OXM,NXM",
// "none".
const char* protocol_name(Protocol protocol);
std::string format_protocols(Protocols protocols);
// Names separated by commas; nothing if one is unknown.
std::optional<Protocols> parse_protocols(std::string_view text, std::string& unknown);

}  // namespace ovs::openflow

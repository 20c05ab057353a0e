#include "openflow/core/version.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

namespace ovs::openflow {
namespace {

struct VersionRow {
  const char* number;
  const char* name;
};
constexpr VersionRow kVersionRows[] = {{"1.0", "OpenFlow10"}, {"1.1", "OpenFlow11"},
                                       {"1.2", "OpenFlow12"}, {"1.3", "OpenFlow13"},
                                       {"1.4", "OpenFlow14"}, {"1.5", "OpenFlow15"}};

struct ProtocolSet {
  Protocols protocols;
  const char* name;
};
// Sets first, so that a set prints by its shortest name.
constexpr ProtocolSet kProtocolSets[] = {
    {kAllProtocols, "any"},
    {kOf10Protocols, "OpenFlow10"},
    {kNxmProtocols, "NXM"},
    {kOxmProtocols, "OXM"},
    {bit(Protocol::Of10), "OpenFlow10-table_id"},
    {bit(Protocol::Of10TableId), "OpenFlow10+table_id"},
    {bit(Protocol::Nxm), "NXM-table_id"},
    {bit(Protocol::NxmTableId), "NXM+table_id"},
    {bit(Protocol::Of11), "OpenFlow11"},
    {bit(Protocol::Of12), "OXM-OpenFlow12"},
    {bit(Protocol::Of13), "OXM-OpenFlow13"},
    {bit(Protocol::Of14), "OXM-OpenFlow14"},
    {bit(Protocol::Of15), "OXM-OpenFlow15"},
};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

const VersionRow& row(Version version) {
  return kVersionRows[unsigned(version) - 1];
}

}  // namespace

const char* version_number(Version version) {
  return row(version).number;
}

const char* version_name(Version version) {
  return row(version).name;
}

std::optional<Version> find_version(std::string_view name) {
  for (const Version version : kVersions) {
    if (equal_ignoring_case(name, version_name(version))) return version;
  }
  return std::nullopt;
}

std::string format_versions(VersionBitmap versions) {
  std::string text;
  for (unsigned i = 0; i < 32; ++i) {
    if ((versions >> i & 1) == 0) continue;
    text += fmt::format("{}0x{:02x}", text.empty() ? "" : ", ", i);
  }
  return text;
}

Version version_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::Of10:
    case Protocol::Of10TableId:
    case Protocol::Nxm:
    case Protocol::NxmTableId: return Version::V10;
    case Protocol::Of11: return Version::V11;
    case Protocol::Of12: return Version::V12;
    case Protocol::Of13: return Version::V13;
    case Protocol::Of14: return Version::V14;
    case Protocol::Of15: return Version::V15;
  }
  return Version::V10;
}

Protocol protocol_of(Version version) {
  if (version == Version::V10) return Protocol::Of10;
  return Protocol(1u << (unsigned(version) + 2));
}

Protocols protocols_of(VersionBitmap versions) {
  Protocols result = 0;
  for (const Version version : kVersions) {
    if ((versions & bit(version)) == 0) continue;
    result |= version == Version::V10 ? Protocols(kOf10Protocols | kNxmProtocols)
                                      : bit(protocol_of(version));
  }
  return result;
}

VersionBitmap versions_of(Protocols protocols) {
  VersionBitmap result = 0;
  for (unsigned i = 0; i < 9; ++i) {
    if (protocols >> i & 1) result |= bit(version_of(Protocol(1u << i)));
  }
  return result;
}

std::optional<Protocol> with_table_id(Protocol protocol, bool table_id) {
  switch (protocol) {
    case Protocol::Of10:
    case Protocol::Of10TableId: return table_id ? Protocol::Of10TableId : Protocol::Of10;
    case Protocol::Nxm:
    case Protocol::NxmTableId: return table_id ? Protocol::NxmTableId : Protocol::Nxm;
    case Protocol::Of11:
    case Protocol::Of12:
    case Protocol::Of13:
    case Protocol::Of14:
    case Protocol::Of15: break;
  }
  return table_id ? std::optional(protocol) : std::nullopt;
}

const char* protocol_name(Protocol protocol) {
  for (const ProtocolSet& set : kProtocolSets) {
    if (set.protocols == bit(protocol)) return set.name;
  }
  return "unknown";
}

std::string format_protocols(Protocols protocols) {
  if (protocols == 0) return "none";
  std::string text;
  for (const ProtocolSet& set : kProtocolSets) {
    if ((protocols & set.protocols) != set.protocols) continue;
    if (!text.empty()) text += ',';
    text += set.name;
    protocols &= Protocols(~set.protocols);
    if (protocols == 0) break;
  }
  return text;
}

std::optional<Protocols> parse_protocols(std::string_view text, std::string& unknown) {
  Protocols result = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (word.empty()) continue;
    const auto* found =
        std::find_if(std::begin(kProtocolSets), std::end(kProtocolSets),
                     [&](const ProtocolSet& set) { return equal_ignoring_case(word, set.name); });
    if (found == std::end(kProtocolSets)) {
      unknown = word;
      return std::nullopt;
    }
    result |= found->protocols;
  }
  return result;
}

}  // namespace ovs::openflow

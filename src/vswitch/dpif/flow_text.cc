#include "vswitch/dpif/flow_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "flow/action/action_text.h"

namespace ovs::vswitch {

DpPortNames::DpPortNames(const std::vector<DpifPort>& ports) {
  for (const DpifPort& port : ports) {
    ports_[std::uint32_t(port.number)] = port;
    numbers_[port.name] = std::uint32_t(port.number);
  }
}

DpPortNames::DpPortNames(Dpif& dpif)
    : DpPortNames(dpif.port_dump().value_or(std::vector<DpifPort>())) {}

std::optional<std::string> DpPortNames::name(std::uint32_t number) const {
  const auto found = ports_.find(number);
  if (found == ports_.end()) return std::nullopt;
  return found->second.name;
}

std::optional<std::string> DpPortNames::type(DpPort number) const {
  const auto found = ports_.find(std::uint32_t(number));
  if (found == ports_.end()) return std::nullopt;
  return found->second.type;
}

std::optional<std::uint32_t> DpPortNames::number(std::string_view name) const {
  const auto found = numbers_.find(name);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

std::string format_ufid(const Ufid& ufid) {
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", ufid.high >> 32,
                     ufid.high >> 16 & 0xffff, ufid.high & 0xffff, ufid.low >> 48,
                     ufid.low & 0xffffffffffff);
}

std::optional<Ufid> parse_ufid(std::string_view text) {
  constexpr std::size_t kDashes[] = {8, 13, 18, 23};
  if (text.size() != 36) return std::nullopt;
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash_here =
        std::find(std::begin(kDashes), std::end(kDashes), i) != std::end(kDashes);
    if (dash_here != (text[i] == '-')) return std::nullopt;
    if (!dash_here) digits += text[i];
  }
  Ufid ufid;
  const char* middle = digits.data() + 16;
  const auto high = std::from_chars(digits.data(), middle, ufid.high, 16);
  const auto low = std::from_chars(middle, middle + 16, ufid.low, 16);
  if (high.ptr != middle || low.ptr != middle + 16) return std::nullopt;
  return ufid;
}

std::string format_tcp_flags(std::uint16_t flags) {
  struct Letter {
    std::uint16_t flag;
    const char* text;
  };
  constexpr Letter kLetters[] = {{0x002, "S"},     {0x001, "F"},     {0x008, "P"},
                                 {0x004, "R"},     {0x020, "U"},     {0x010, "."},
                                 {0x040, "E"},     {0x080, "C"},     {0x100, "N"},
                                 {0x200, "[200]"}, {0x400, "[400]"}, {0x800, "[800]"}};
  std::string text;
  for (const Letter& letter : kLetters) {
    if ((flags & letter.flag) != 0) text += letter.text;
  }
  return text.empty() ? "none" : text;
}

std::string format_flow_stats(const DpifFlowStats& stats, std::uint64_t now_ms) {
  std::string text = fmt::format("packets:{}, bytes:{}, used:", stats.packets, stats.bytes);
  if (stats.used_ms == 0) {
    text += "never";
  } else {
    const std::uint64_t age_ms = now_ms > stats.used_ms ? now_ms - stats.used_ms : 0;
    text += fmt::format("{}.{:03}s", age_ms / 1000, age_ms % 1000);
  }
  if (stats.tcp_flags != 0) text += ", flags:" + format_tcp_flags(stats.tcp_flags);
  return text;
}

flow::OdpDialect dialect_of(std::string_view dpif_type) {
  return dpif_type == "system" ? flow::OdpDialect::Kernel : flow::OdpDialect::Userspace;
}

std::string format_flow(const DpifFlow& flow, std::uint64_t now_ms,
                        const FlowTextOptions& options) {
  std::string text;
  if (options.with_ufid && flow.ufid != Ufid{}) {
    text = fmt::format("ufid:{}{}", format_ufid(flow.ufid), options.ufid_end);
  }
  text += flow::format_odp(flow.key, flow.mask, options.names, options.style, options.dialect);
  text += ", " + format_flow_stats(flow.stats, now_ms);
  if (!options.source.empty()) text += fmt::format(", {}", options.source);
  const auto actions = flow::ActionList::parse(flow.actions);
  text += ", actions:";
  text += actions ? flow::format_actions(*actions, options.names) : "<error: malformed actions>";
  return text;
}

}  // namespace ovs::vswitch

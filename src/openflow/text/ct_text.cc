#include "openflow/text/ct_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace ovs::openflow {
namespace {

using flow::FieldValue;
using flow::TextError;
using Parsed = Result<void, TextError>;

Address16 address_of(const FieldValue& value) {
  Address16 address;
  std::copy(std::begin(value.bytes.items), std::end(value.bytes.items), address.begin());
  return address;
}

struct Masked {
  FieldValue value, mask;
};
// "0x1/0xff"; nothing if the value is no number. A mask that is none is all ones.
std::optional<Masked> parse_masked(std::string_view text, unsigned bits) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto value = flow::parse_number(text.substr(0, slash));
  if (!value) return std::nullopt;
  const auto mask = slash < text.size() ? flow::parse_number(text.substr(slash + 1)) : std::nullopt;
  return Masked{*value, mask.value_or(FieldValue::ones(bits))};
}

Parsed failed(std::string_view key) {
  return text_error(fmt::format("failed to parse field {}", key));
}

class TupleParser {
 public:
  TupleParser(CtFlush& flush, CtTuple& tuple) : flush_(flush), tuple_(tuple) {}

  Parsed parse(std::string_view text) {
    Words words(text);
    while (const auto word = words.next()) {
      if (word->value.empty()) {
        return text_error(fmt::format("field {} missing value", word->key));
      }
      OVS_TRY(take(*word));
    }
    const bool has_port = tuple_.source_port != 0 || tuple_.destination_port != 0;
    if (flush_.protocol == 0 && has_port) return text_error("port is set without protocol");
    return kOk;
  }

 private:
  Parsed take(const Word& word) {
    const std::string_view key = word.key;
    if (key == "ct_nw_src" || key == "ct_ipv6_src") return address(word, tuple_.source);
    if (key == "ct_nw_dst" || key == "ct_ipv6_dst") return address(word, tuple_.destination);
    if (key == "ct_nw_proto") {
      if (flush_.protocol != 0) return text_error("ct_nw_proto is set multiple times");
      return number(word, flush_.protocol);
    }
    if (key == "ct_tp_src") return number(word, tuple_.source_port);
    if (key == "ct_tp_dst") return number(word, tuple_.destination_port);
    const bool icmp = key == "icmp_type" || key == "icmp_code" || key == "icmp_id";
    if (!icmp) return text_error(fmt::format("invalid conntrack tuple field: {}", key));
    constexpr std::uint8_t kIcmp = 1, kIcmpv6 = 58;
    if (flush_.protocol != kIcmp && flush_.protocol != kIcmpv6) {
      return text_error("invalid L4 fields");
    }
    if (key == "icmp_type") return number(word, tuple_.icmp_type);
    if (key == "icmp_code") return number(word, tuple_.icmp_code);
    return number(word, tuple_.icmp_id);
  }

  template <class T>
  Parsed number(const Word& word, T& target) {
    const auto value = parse_unsigned(word.value);
    if (!value || *value > T(~T{0})) return failed(word.key);
    target = T(*value);
    return kOk;
  }

  Parsed address(const Word& word, Address16& target) {
    const std::uint8_t family = word.key.starts_with("ct_nw") ? 4 : 6;
    if (flush_.family != 0 && flush_.family != family) {
      return text_error(fmt::format("the L3 protocol does not match {}", word.value));
    }
    if (target != Address16{}) {
      return text_error(fmt::format("{} is set multiple times", word.key));
    }
    const auto parsed = family == 4 ? flow::parse_ipv4(word.value) : flow::parse_ipv6(word.value);
    if (!parsed) return failed(word.key);
    target = address_of(*parsed);
    if (family == 4) target[10] = target[11] = 0xff;
    flush_.family = family;
    return kOk;
  }

  CtFlush& flush_;
  CtTuple& tuple_;
};

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// A number up to the first character that is none.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  const std::size_t size =
      std::min(text.find_first_not_of("0123456789abcdefABCDEFxX"), text.size());
  const auto number = parse_unsigned(text.substr(0, size));
  text.remove_prefix(size);
  return number;
}

std::optional<TlvMap> take_map(std::string_view& text) {
  const auto field = [&](std::string_view name,
                         std::uint64_t most) -> std::optional<std::uint64_t> {
    if (!take_prefix(text, name)) return std::nullopt;
    const auto number = take_number(text);
    return number && *number <= most ? number : std::nullopt;
  };
  const auto option_class = field("{class=", 0xffff);
  const auto type = option_class ? field(",type=", 0xff) : std::nullopt;
  const auto length = type ? field(",len=", 0xff) : std::nullopt;
  const auto index = length ? field("}->tun_metadata", 0xffff) : std::nullopt;
  if (!index) return std::nullopt;
  return TlvMap{std::uint16_t(*option_class), std::uint8_t(*type), std::uint8_t(*length),
                std::uint16_t(*index)};
}

}  // namespace

Result<CtFlush, TextError> parse_ct_flush(const std::vector<std::string>& words) {
  CtFlush flush;
  std::size_t next = 0;
  const auto option = [&](std::string_view prefix) -> std::optional<std::string_view> {
    if (next >= words.size() || !words[next].starts_with(prefix)) return std::nullopt;
    return std::string_view(words[next++]).substr(prefix.size());
  };
  if (const auto zone = option("zone=")) {
    const auto number = parse_unsigned(*zone);
    if (!number || *number > 0xffff) return text_error("failed to parse zone");
    flush.zone = std::uint16_t(*number);
  }
  if (const auto mark = option("mark=")) {
    const auto masked = parse_masked(*mark, 32);
    if (!masked) return text_error("failed to parse mark");
    flush.mark = std::uint32_t(masked->value.low());
    flush.mark_mask = std::uint32_t(masked->mask.low());
  }
  if (const auto labels = option("labels=")) {
    const auto masked = parse_masked(*labels, 128);
    if (!masked) return text_error("failed to parse labels");
    flush.labels = address_of(masked->value);
    flush.labels_mask = address_of(masked->mask);
  }
  for (CtTuple* tuple : {&flush.original, &flush.reply}) {
    if (next == words.size()) break;
    OVS_TRY(TupleParser(flush, *tuple).parse(words[next++]));
  }
  if (next < words.size()) return text_error("invalid arguments");
  return flush;
}

Result<std::vector<TlvMap>, TextError> parse_tlv_maps(std::string_view text) {
  std::vector<TlvMap> maps;
  while (!text.empty()) {
    take_prefix(text, ",");
    const auto map = take_map(text);
    if (!map) return text_error("invalid tlv mapping");
    maps.push_back(*map);
  }
  return maps;
}

}  // namespace ovs::openflow

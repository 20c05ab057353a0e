#include "openflow/text/hex_dump.h"

#include <fmt/format.h>

#include <algorithm>

namespace ovs::openflow {
namespace {

constexpr std::size_t kPerLine = 16;

std::string hex_line(Bytes line, std::size_t offset, Characters characters) {
  std::string text = fmt::format("{:08x} ", offset);
  for (std::size_t i = 0; i < kPerLine; ++i) {
    const bool present = i < line.count();
    if (!present && characters == Characters::No) break;
    const bool middle = i == kPerLine / 2 && line.count() >= kPerLine / 2;
    text += middle ? '-' : ' ';
    text += present ? fmt::format("{:02x}", line[i]) : "  ";
  }
  if (characters == Characters::No) return text + "\n";
  text += " |";
  for (std::size_t i = 0; i < kPerLine; ++i) {
    const char c = i < line.count() ? char(line[i]) : ' ';
    text += c >= ' ' && c <= '~' ? c : '.';
  }
  return text + "|\n";
}

}  // namespace

std::string hex_dump(Bytes bytes, Characters characters) {
  std::string text;
  for (std::size_t at = 0; at < bytes.count(); at += kPerLine) {
    text += hex_line(bytes.part(at, std::min(kPerLine, bytes.count() - at)), at, characters);
  }
  return text;
}

}  // namespace ovs::openflow

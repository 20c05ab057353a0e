#include "emulator/nt/text.h"

#include <cstdio>

#include "emulator/nt/parts.h"

namespace ovs::emulator {
namespace {

void append_utf8(std::string& to, std::uint32_t point) {
  if (point < 0x80) {
    to += char(point);
    return;
  }
  if (point < 0x800) {
    to += char(0xc0 | (point >> 6));
  } else if (point < 0x10000) {
    to += char(0xe0 | (point >> 12));
    to += char(0x80 | ((point >> 6) & 0x3f));
  } else {
    to += char(0xf0 | (point >> 18));
    to += char(0x80 | ((point >> 12) & 0x3f));
    to += char(0x80 | ((point >> 6) & 0x3f));
  }
  to += char(0x80 | (point & 0x3f));
}

}  // namespace

std::string hex_text(std::uint64_t number) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%llx", static_cast<unsigned long long>(number));
  return text;
}

std::string text_of(const void* address) {
  const std::string number = hex_text(reinterpret_cast<std::uint64_t>(address));
  const std::string place = place_in_image(address);
  return place.empty() ? number : place;
}

std::string status_text(NTSTATUS status) {
  return hex_text(static_cast<std::uint32_t>(status));
}

const char* level_text(KIRQL level) {
  switch (level) {
    case PASSIVE_LEVEL: return "PASSIVE_LEVEL";
    case APC_LEVEL: return "APC_LEVEL";
    case DISPATCH_LEVEL: return "DISPATCH_LEVEL";
  }
  return "a level above DISPATCH_LEVEL";
}

std::string tag_text(ULONG tag) {
  std::string text;
  for (int i = 0; i < 4; ++i) {
    const char c = char(tag >> (8 * i));
    text += c >= ' ' && c <= '~' ? c : '.';
  }
  return "'" + text + "'";
}

std::string utf8_of(const WCHAR* text, std::size_t count) {
  std::string made;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t unit = text[i];
    const bool is_high = unit >= 0xd800 && unit < 0xdc00;
    const std::uint32_t next = i + 1 < count ? text[i + 1] : 0;
    if (is_high && next >= 0xdc00 && next < 0xe000) {
      append_utf8(made, 0x10000 + ((unit - 0xd800) << 10) + (next - 0xdc00));
      ++i;
    } else {
      append_utf8(made, unit >= 0xd800 && unit < 0xe000 ? '?' : unit);
    }
  }
  return made;
}

std::string utf8_of(const UNICODE_STRING& text) {
  return utf8_of(text.Buffer, text.Length / sizeof(WCHAR));
}

}  // namespace ovs::emulator

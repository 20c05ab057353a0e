// Words for what reports name: addresses, levels, tags, strings of Windows. Inside the emulator.
#pragma once
#include <string>

#include "emulator/sdk/ntddk.h"

namespace ovs::emulator {

// Hexadecimal; with the name of the place where the driver's image can name it.
std::string text_of(const void* address);
std::string hex_text(std::uint64_t number);
std::string status_text(NTSTATUS status);
const char* level_text(KIRQL level);
// 'ovsM', as debuggers print pool tags.
std::string tag_text(ULONG tag);
// UTF-16 to UTF-8; what is no character becomes a question mark.
std::string utf8_of(const WCHAR* text, std::size_t count);
std::string utf8_of(const UNICODE_STRING& text);

}  // namespace ovs::emulator

// The headers of a PE32+ image for x64, parsed and checked: after parse(), sections lie in the file
// and in the image, in order, page by page, and directories lie in the image. Total: any bytes give
// a layout or an error that names the rule. Maps nothing.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes/span.h"
#include "emulator/host/loader/driver_image.h"

namespace ovs::emulator {

inline constexpr std::uint32_t kPageSize = 4096;
inline constexpr std::uint32_t kMaxImageSize = 64u << 20;
inline constexpr std::size_t kMaxSections = 96;

struct PeSection {
  static constexpr std::uint32_t kExecute = 0x20000000, kRead = 0x40000000, kWrite = 0x80000000;

  std::string name;
  std::uint32_t address = 0;  // of its first byte in the image
  std::uint32_t size = 0;     // in the image
  std::uint32_t file_offset = 0, file_size = 0;
  std::uint32_t flags = 0;

  bool may(std::uint32_t what) const { return (flags & what) != 0; }
  bool has(std::uint32_t rva) const { return rva >= address && rva - address < size; }
};

struct PeDirectory {
  std::uint32_t address = 0, size = 0;
};

struct PeLayout {
  std::uint64_t preferred_base = 0;
  std::uint32_t image_size = 0, headers_size = 0, entry = 0;
  std::vector<PeSection> sections;
  PeDirectory imports, functions, relocations, load_config;

  static Result<PeLayout, LoadError> parse(Bytes file);
  const PeSection* section_of(std::uint32_t rva) const;
};

// Little-endian numbers of a file or an image: none where the bytes end before.
template <class T>
std::optional<T> number_at(Bytes bytes, std::uint64_t offset) {
  if (offset > bytes.count() || bytes.count() - offset < sizeof(T)) return std::nullopt;
  T value;
  __builtin_memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace ovs::emulator

#include "tests/driver/image_profile.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include "base/bytes/big.h"

namespace ovs::tests {
namespace {

// LLVM 14's raw profile, version 8: a header of eleven numbers, records, counters, names.
constexpr std::uint64_t kMagic = 0xff6c70726f667281, kVersion = 8, kLastValueKind = 1;
constexpr std::size_t kRecordSize = 48, kCounterOffset = 16;

// PE: where the section table is, and what it says of a section.
constexpr std::size_t kPeOffset = 0x3c, kSectionCount = 6, kOptionalSize = 20, kFileHeader = 24;
constexpr std::size_t kSectionHeader = 40, kVirtualSize = 8, kVirtualAddress = 12, kNameSize = 8;

struct Section {
  const std::uint8_t* at = nullptr;
  std::size_t size = 0;
};

// Empty where the image has none of this name.
Section find_section(const std::uint8_t* image, const char* name) {
  const std::uint8_t* const pe = image + load<std::uint32_t>(image + kPeOffset);
  const std::uint8_t* header = pe + kFileHeader + load<std::uint16_t>(pe + kOptionalSize);
  for (unsigned i = load<std::uint16_t>(pe + kSectionCount); i > 0; --i) {
    if (std::strncmp(reinterpret_cast<const char*>(header), name, kNameSize) == 0) {
      return {image + load<std::uint32_t>(header + kVirtualAddress),
              load<std::uint32_t>(header + kVirtualSize)};
    }
    header += kSectionHeader;
  }
  return {};
}

// What an image's object files say in 32 bits, the distance of a function's counters, is 64 wide.
std::string records_of(const Section& section) {
  std::string records(reinterpret_cast<const char*>(section.at),
                      section.size / kRecordSize * kRecordSize);
  for (std::size_t at = kCounterOffset; at < records.size(); at += kRecordSize) {
    std::int32_t distance = 0;
    std::memcpy(&distance, records.data() + at, sizeof distance);
    const std::int64_t wide = distance;
    std::memcpy(records.data() + at, &wide, sizeof wide);
  }
  return records;
}

void write_all(std::ofstream& file, const void* data, std::size_t size) {
  file.write(static_cast<const char*>(data), std::streamsize(size));
}

}  // namespace

void keep_profile(const emulator::DriverImage& image) {
  static std::vector<std::uint64_t> total;  // of this process
  const char* const folder = std::getenv("OVS_PROFILE_DIR");
  const auto* const base = static_cast<const std::uint8_t*>(image.base());
  if (folder == nullptr || base[0] != 'M' || base[1] != 'Z') return;
  const Section records = find_section(base, ".lprfd"), counters = find_section(base, ".lprfc");
  Section names = find_section(base, ".lprfn");
  if (records.size == 0) return;
  ++names.at;  // the byte that says that there are names
  --names.size;
  total.resize(counters.size / sizeof(std::uint64_t));
  for (std::size_t i = 0; i < total.size(); ++i) {
    total[i] += load<std::uint64_t>(counters.at + i * sizeof(std::uint64_t));
  }
  const std::string kept = records_of(records);
  const std::uint64_t header[] = {kMagic,
                                  kVersion,
                                  0,  // of identifiers of the program
                                  kept.size() / kRecordSize,
                                  0,  // of padding
                                  total.size(),
                                  0,
                                  names.size,
                                  std::uint64_t(counters.at - records.at),
                                  std::uint64_t(names.at - base),
                                  kLastValueKind};
  std::ofstream file(std::string(folder) + "/" + std::to_string(getpid()) + ".profraw",
                     std::ios::binary | std::ios::trunc);
  write_all(file, header, sizeof header);
  write_all(file, kept.data(), kept.size());
  write_all(file, total.data(), total.size() * sizeof(std::uint64_t));
  write_all(file, names.at, names.size);
  write_all(file, "\0\0\0\0\0\0\0", (8 - names.size % 8) % 8);
}

}  // namespace ovs::tests

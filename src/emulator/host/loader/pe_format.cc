#include "emulator/host/loader/pe_format.h"

#include <algorithm>

namespace ovs::emulator {
namespace {

constexpr std::uint16_t kMz = 0x5a4d;
constexpr std::uint32_t kPe = 0x00004550;
constexpr std::uint16_t kAmd64 = 0x8664, kPe32Plus = 0x20b, kNative = 1;
constexpr std::uint32_t kCoffSize = 24;  // with the signature
constexpr std::uint32_t kSectionSize = 40;
constexpr std::uint32_t kDirectories = 112;  // in the optional header
enum Directory : unsigned {
  kImport = 1,
  kException = 3,
  kRelocation = 5,
  kTls = 9,
  kLoadConfig = 10,
  kDelayImport = 13
};

LoadError error(std::string text) {
  return LoadError{"not loaded: " + std::move(text)};
}

// Where the headers' parts begin in the file.
struct Headers {
  Bytes file;
  std::uint32_t optional = 0, optional_size = 0;
  std::uint16_t section_count = 0;

  template <class T>
  T at(std::uint32_t offset) const {
    return *number_at<T>(file, optional + offset);
  }
  // Nothing where the image has fewer directories.
  PeDirectory directory(unsigned index) const {
    const std::uint32_t offset = kDirectories + 8 * index;
    if (index >= at<std::uint32_t>(108) || offset + 8 > optional_size) return {};
    return {at<std::uint32_t>(offset), at<std::uint32_t>(offset + 4)};
  }
};

Result<Headers, LoadError> find_headers(Bytes file) {
  const auto mz = number_at<std::uint16_t>(file, 0);
  const auto pe = number_at<std::uint32_t>(file, 0x3c);
  if (!mz || *mz != kMz || !pe) return error("no DOS header");
  const auto signature = number_at<std::uint32_t>(file, *pe);
  const auto machine = number_at<std::uint16_t>(file, std::uint64_t{*pe} + 4);
  const auto sections = number_at<std::uint16_t>(file, std::uint64_t{*pe} + 6);
  const auto size = number_at<std::uint16_t>(file, std::uint64_t{*pe} + 20);
  if (!signature || *signature != kPe || !machine || !sections || !size)
    return error("no PE header");
  if (*machine != kAmd64) return error("not for x64");
  const std::uint64_t optional = std::uint64_t{*pe} + kCoffSize;
  if (*size < kDirectories || optional + *size > file.count())
    return error("its optional header is cut");
  const Headers headers{file, std::uint32_t(optional), *size, *sections};
  if (headers.at<std::uint16_t>(0) != kPe32Plus) return error("not PE32+");
  if (headers.at<std::uint16_t>(68) != kNative) return error("its subsystem is not native");
  return headers;
}

Result<PeSection, LoadError> read_section(const Headers& headers, std::uint64_t offset) {
  if (offset + kSectionSize > headers.file.count()) return error("its section headers are cut");
  const auto at = [&](std::uint32_t field) {
    return *number_at<std::uint32_t>(headers.file, offset + field);
  };
  PeSection section;
  const char* name = reinterpret_cast<const char*>(headers.file.data() + offset);
  section.name.assign(name, std::find(name, name + 8, '\0'));
  section.size = at(8) != 0 ? at(8) : at(16);
  section.address = at(12);
  section.file_size = std::min(at(16), section.size);
  section.file_offset = at(20);
  section.flags = at(36);
  if (std::uint64_t{section.file_offset} + section.file_size > headers.file.count()) {
    return error("section " + section.name + " is cut");
  }
  return section;
}

Result<void, LoadError> check_section(const PeSection& section, std::uint32_t begin,
                                      std::uint32_t image_size) {
  if (section.size == 0 || section.address % kPageSize != 0 || section.address < begin ||
      std::uint64_t{section.address} + section.size > image_size) {
    return error("section " + section.name + " does not lie in order, page by page, in the image");
  }
  if (section.may(PeSection::kWrite) && section.may(PeSection::kExecute)) {
    return error("section " + section.name + " may be both written and executed");
  }
  return kOk;
}

Result<void, LoadError> read_sections(const Headers& headers, PeLayout& layout) {
  if (headers.section_count == 0 || headers.section_count > kMaxSections)
    return error("its number of sections");
  std::uint32_t begin = (layout.headers_size + kPageSize - 1) / kPageSize * kPageSize;
  for (unsigned i = 0; i < headers.section_count; ++i) {
    const std::uint64_t offset =
        std::uint64_t{headers.optional} + headers.optional_size + std::uint64_t{i} * kSectionSize;
    OVS_TRY(PeSection section, read_section(headers, offset));
    OVS_TRY(check_section(section, begin, layout.image_size));
    begin = (section.address + section.size + kPageSize - 1) / kPageSize * kPageSize;
    layout.sections.push_back(std::move(section));
  }
  return kOk;
}

Result<void, LoadError> read_directories(const Headers& headers, PeLayout& layout) {
  if (headers.directory(kTls).size != 0) return error("it has thread-local data");
  if (headers.directory(kDelayImport).size != 0) return error("it has delayed imports");
  layout.imports = headers.directory(kImport);
  layout.functions = headers.directory(kException);
  layout.relocations = headers.directory(kRelocation);
  layout.load_config = headers.directory(kLoadConfig);
  for (const PeDirectory& directory :
       {layout.imports, layout.functions, layout.relocations, layout.load_config}) {
    if (std::uint64_t{directory.address} + directory.size > layout.image_size) {
      return error("one of its directories is outside the image");
    }
  }
  return kOk;
}

}  // namespace

Result<PeLayout, LoadError> PeLayout::parse(Bytes file) {
  OVS_TRY(const Headers headers, find_headers(file));
  PeLayout layout;
  layout.entry = headers.at<std::uint32_t>(16);
  layout.preferred_base = headers.at<std::uint64_t>(24);
  layout.image_size = headers.at<std::uint32_t>(56);
  layout.headers_size = headers.at<std::uint32_t>(60);
  if (headers.at<std::uint32_t>(32) != kPageSize)
    return error("its sections are not aligned to pages");
  if (layout.image_size == 0 || layout.image_size > kMaxImageSize) return error("its image size");
  if (layout.headers_size > file.count() || layout.headers_size > layout.image_size)
    return error("its headers are cut");
  OVS_TRY(read_sections(headers, layout));
  OVS_TRY(read_directories(headers, layout));
  const PeSection* section = layout.section_of(layout.entry);
  if (section == nullptr || !section->may(PeSection::kExecute))
    return error("its entry point is in no code");
  return layout;
}

const PeSection* PeLayout::section_of(std::uint32_t rva) const {
  for (const PeSection& section : sections) {
    if (section.has(rva)) return &section;
  }
  return nullptr;
}

}  // namespace ovs::emulator

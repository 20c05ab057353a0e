#include "emulator/host/loader/pe_image.h"

#include <sys/mman.h>
#include <sys/random.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace ovs::emulator {
namespace {

// Addresses that sanitizers leave to programs.
constexpr std::uint64_t kLowestBase = 0x7e8000000000, kHighestBase = 0x7f0000000000;
constexpr int kPlacements = 64;
constexpr std::uint64_t kDefaultCookie = 0x00002b992ddfa232;
constexpr std::uint64_t kCookieBits = 0x0000ffffffffffff;
constexpr std::size_t kMaxName = 256;
constexpr std::uint32_t kMaxDescriptors = 64, kMaxImports = 4096;
constexpr std::uint32_t kDescriptorSize = 20, kFunctionSize = 12;
constexpr unsigned kAbsolute = 0, kDir64 = 10;
// Of the load configuration.
constexpr std::uint32_t kCookieField = 0x58, kDispatchField = 0x78, kTableField = 0x80,
                        kCountField = 0x88;
constexpr std::uint32_t kFlagsField = 0x90, kUsedSize = 0x94;
constexpr std::uint32_t kInstrumented = 0x100, kTablePresent = 0x400;

LoadError error(std::string text) {
  return LoadError{"not loaded: " + std::move(text)};
}

std::uint64_t random_number() {
  std::uint64_t number = 0;
  while (getrandom(&number, sizeof number, 0) != sizeof number) {
  }
  return number;
}

std::uint32_t pages_of(std::uint64_t size) {
  return std::uint32_t((size + kPageSize - 1) / kPageSize * kPageSize);
}

[[noreturn]] void end_process(const DriverImage& image, std::uint64_t target) {
  std::fprintf(stderr, "control flow guard: %s is called, which is no function\n",
               image.describe(reinterpret_cast<void*>(target)).c_str());
  std::abort();
}

}  // namespace

Mapping Mapping::at_random(std::size_t size) {
  const std::size_t rounded = pages_of(size);
  for (int i = 0; i < kPlacements; ++i) {
    const std::uint64_t pages = (kHighestBase - kLowestBase) / kPageSize;
    auto* wanted = reinterpret_cast<void*>(kLowestBase + random_number() % pages * kPageSize);
    void* got = mmap(wanted, rounded, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    if (got == wanted) return Mapping(static_cast<std::uint8_t*>(got), rounded);
    if (got != MAP_FAILED) munmap(got, rounded);
  }
  return Mapping();
}

Mapping::~Mapping() {
  if (data_ != nullptr) munmap(data_, size_);
}

PeImage::PeImage(PeLayout layout, Mapping mapping, std::string name)
    : name_(std::move(name)),
      layout_(std::move(layout)),
      mapping_(std::move(mapping)),
      violation_(end_process) {}

Result<std::unique_ptr<PeImage>, LoadError> PeImage::load(Bytes file, std::string name,
                                                          const ImportTable& imports,
                                                          CallGuards guards) {
  OVS_TRY(PeLayout layout, PeLayout::parse(file));
  Mapping mapping = Mapping::at_random(layout.image_size);
  if (mapping.data() == nullptr) return error("no memory");
  std::unique_ptr<PeImage> image(
      new PeImage(std::move(layout), std::move(mapping), std::move(name)));
  image->copy_sections(file);
  OVS_TRY(image->relocate());
  OVS_TRY(image->bind(imports));
  OVS_TRY(image->read_functions());
  OVS_TRY(image->arm_guards(guards));
  OVS_TRY(image->protect());
  return image;
}

DRIVER_INITIALIZE* PeImage::entry() const {
  return reinterpret_cast<DRIVER_INITIALIZE*>(mapping_.data() + layout_.entry);
}

void PeImage::copy_sections(Bytes file) {
  __builtin_memcpy(mapping_.data(), file.data(), layout_.headers_size);
  for (const PeSection& section : layout_.sections) {
    if (section.file_size == 0) continue;
    __builtin_memcpy(mapping_.data() + section.address, file.data() + section.file_offset,
                     section.file_size);
  }
}

Result<void, LoadError> PeImage::relocate() {
  const auto [begin, size] = layout_.relocations;
  for (std::uint32_t offset = 0; offset < size;) {
    const auto block = number_at<std::uint32_t>(bytes(), std::uint64_t{begin} + offset + 4);
    if (!block || *block < 8 || *block > size - offset)
      return error("its relocations are malformed");
    OVS_TRY(relocate_block(begin + offset, *block));
    offset += *block;
  }
  return kOk;
}

Result<void, LoadError> PeImage::relocate_block(std::uint32_t block, std::uint32_t size) {
  const std::uint64_t page = *number_at<std::uint32_t>(bytes(), block);
  const std::uint64_t by =
      reinterpret_cast<std::uint64_t>(mapping_.data()) - layout_.preferred_base;
  for (std::uint32_t at = 8; at + 2 <= size; at += 2) {
    const std::uint16_t entry = *number_at<std::uint16_t>(bytes(), block + at);
    if (entry >> 12 == kAbsolute) continue;
    const std::uint64_t where = page + (entry & 0xfff);
    const auto value = number_at<std::uint64_t>(bytes(), where);
    if (entry >> 12 != kDir64 || !value) return error("its relocations are malformed");
    if (where % kPageSize > kPageSize - sizeof *value)
      return error("a relocation crosses the end of a page");
    put(std::uint32_t(where), *value + by);
  }
  return kOk;
}

Result<std::string, LoadError> PeImage::text_at(std::uint64_t rva) const {
  std::string text;
  for (std::uint64_t at = rva; text.size() < kMaxName; ++at) {
    const auto character = number_at<char>(bytes(), at);
    if (!character) break;
    if (*character == '\0') return text;
    text += *character;
  }
  return error("a name in its import table has no end");
}

Result<void, LoadError> PeImage::bind(const ImportTable& imports) {
  const auto [begin, size] = layout_.imports;
  if (size == 0) return kOk;
  for (std::uint32_t i = 0; i < kMaxDescriptors; ++i) {
    const std::uint64_t at = std::uint64_t{begin} + std::uint64_t{i} * kDescriptorSize;
    const auto lookup = number_at<std::uint32_t>(bytes(), at);
    const auto name = number_at<std::uint32_t>(bytes(), at + 12);
    const auto slots = number_at<std::uint32_t>(bytes(), at + 16);
    if (!lookup || !name || !slots) return error("its import table is cut");
    if (*name == 0) return kOk;
    OVS_TRY(const std::string module, text_at(*name));
    OVS_TRY(bind_module(*lookup != 0 ? *lookup : *slots, *slots, module, imports));
  }
  return error("its import table has no end");
}

Result<void, LoadError> PeImage::bind_module(std::uint32_t lookup, std::uint32_t slots,
                                             const std::string& module,
                                             const ImportTable& imports) {
  for (std::uint64_t i = 0; i < kMaxImports; ++i) {
    const auto name = number_at<std::uint64_t>(bytes(), lookup + 8 * i);
    const std::uint64_t slot = slots + 8 * i;
    if (!name || !number_at<std::uint64_t>(bytes(), slot)) return error("its import table is cut");
    if (*name == 0) return kOk;
    if (*name >= layout_.image_size)
      return error("it imports from " + module + " by ordinal, or from outside itself");
    OVS_TRY(const std::string function, text_at(*name + 2));
    void* address = imports.find(module, function);
    if (address == nullptr) return error(module + " has no function " + function);
    put(std::uint32_t(slot), reinterpret_cast<std::uint64_t>(address));
  }
  return error("its import table has no end");
}

Result<void, LoadError> PeImage::read_functions() {
  const auto [begin, size] = layout_.functions;
  for (std::uint32_t offset = 0; offset + kFunctionSize <= size; offset += kFunctionSize) {
    const auto function = number_at<PeFunction>(bytes(), std::uint64_t{begin} + offset);
    const bool is_ordered = functions_.empty() || functions_.back().end <= function->begin;
    if (!is_ordered || function->begin >= function->end || function->end > layout_.image_size ||
        !number_at<std::uint32_t>(bytes(), function->unwind)) {
      return error("its table of functions is malformed");
    }
    functions_.push_back(*function);
  }
  return kOk;
}

const PeFunction* PeImage::function_of(const void* address) const {
  const auto rva = rva_of(reinterpret_cast<std::uint64_t>(address), 1);
  if (!rva) return nullptr;
  auto after = std::upper_bound(
      functions_.begin(), functions_.end(), *rva,
      [](std::uint32_t at, const PeFunction& function) { return at < function.begin; });
  if (after == functions_.begin()) return nullptr;
  --after;
  return *rva < after->end ? &*after : nullptr;
}

std::optional<std::uint32_t> PeImage::rva_of(std::uint64_t address, std::size_t size) const {
  const auto begin = reinterpret_cast<std::uint64_t>(mapping_.data());
  if (address < begin || address - begin > layout_.image_size) return std::nullopt;
  const std::uint64_t rva = address - begin;
  if (layout_.image_size - rva < size) return std::nullopt;
  return std::uint32_t(rva);
}

Result<void, LoadError> PeImage::arm_guards(CallGuards guards) {
  const std::uint64_t config = layout_.load_config.address;
  if (config == 0) return kOk;
  const auto at32 = [&](std::uint32_t field) {
    return number_at<std::uint32_t>(bytes(), config + field).value_or(0);
  };
  const auto at64 = [&](std::uint32_t field) {
    return number_at<std::uint64_t>(bytes(), config + field).value_or(0);
  };
  if (at32(0) < kUsedSize || config + kUsedSize > layout_.image_size)
    return error("its load configuration is cut");
  OVS_TRY(seed_cookie(at64(kCookieField)));
  const std::uint32_t flags = at32(kFlagsField);
  if ((flags & kInstrumented) == 0 || guards == CallGuards::Off) return kOk;
  if ((flags & kTablePresent) == 0)
    return error("its calls are guarded, and it has no table of targets");
  OVS_TRY(targets_, guard_targets(at64(kTableField), at64(kCountField), 4 + (flags >> 28)));
  const auto slot = rva_of(at64(kDispatchField), sizeof(std::uint64_t));
  if (!slot) return error("its guard pointer is outside the image");
  guard_ = GuardPage::make(check_target, this);
  if (!guard_) return error("no memory");
  put(*slot, guard_->dispatch());
  return kOk;
}

Result<void, LoadError> PeImage::seed_cookie(std::uint64_t address) {
  if (address == 0) return kOk;
  const auto rva = rva_of(address, sizeof(std::uint64_t));
  const PeSection* section = rva ? layout_.section_of(*rva) : nullptr;
  if (section == nullptr || !section->may(PeSection::kWrite))
    return error("its security cookie is in no data");
  std::uint64_t cookie = kDefaultCookie;
  while (cookie == kDefaultCookie || cookie == 0) cookie = random_number() & kCookieBits;
  put(*rva, cookie);
  return kOk;
}

Result<std::vector<std::uint32_t>, LoadError> PeImage::guard_targets(std::uint64_t table,
                                                                     std::uint64_t count,
                                                                     std::uint32_t stride) const {
  if (count > layout_.image_size) return error("its table of call targets is outside the image");
  const auto begin = rva_of(table, count * stride);
  if (count > 0 && !begin) return error("its table of call targets is outside the image");
  std::vector<std::uint32_t> targets;
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint32_t target = *number_at<std::uint32_t>(bytes(), *begin + i * stride);
    const PeSection* section = layout_.section_of(target);
    if (section == nullptr || !section->may(PeSection::kExecute))
      return error("a call target is in no code");
    targets.push_back(target);
  }
  std::sort(targets.begin(), targets.end());
  return targets;
}

// What is outside the image is the kernel's, whose own table this process does not have.
bool PeImage::check_target(void* image, std::uint64_t target) {
  const auto& self = *static_cast<const PeImage*>(image);
  const auto rva = self.rva_of(target, 1);
  if (!rva || std::binary_search(self.targets_.begin(), self.targets_.end(), *rva)) return true;
  self.violation_(self, target);
  return false;
}

Result<void, LoadError> PeImage::protect() {
  if (mprotect(mapping_.data(), pages_of(layout_.headers_size), PROT_READ) != 0)
    return error("no memory");
  for (const PeSection& section : layout_.sections) {
    const int rights = (section.may(PeSection::kRead) ? PROT_READ : 0) |
                       (section.may(PeSection::kWrite) ? PROT_WRITE : 0) |
                       (section.may(PeSection::kExecute) ? PROT_EXEC : 0);
    if (mprotect(mapping_.data() + section.address, pages_of(section.size), rights) != 0)
      return error("no memory");
  }
  return kOk;
}

}  // namespace ovs::emulator

// The PE loader, by images made here byte by byte: what it does to a good one, and that each rule
// refuses a bad one.
#include "emulator/host/loader/pe_image.h"

#include <doctest/doctest.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <random>

namespace ovs::emulator {
namespace {

constexpr std::uint64_t kBase = 0x140000000;
constexpr std::uint32_t kOptional = 0x98, kSections = kOptional + 240;  // offsets in the headers
constexpr std::uint32_t kText = 0x1000, kReadOnly = 0x2000, kData = 0x3000, kRelocations = 0x4000;
constexpr std::uint32_t kGuarded = kText + 0x10, kListed = kText + 0x20, kUnlisted = kText + 0x30;
constexpr std::uint32_t kSlot = kReadOnly + 0x100, kTargets = kReadOnly + 0x110,
                        kImports = kReadOnly + 0x200;
constexpr std::uint32_t kImportSlot = kReadOnly + 0x300, kFunctions = kReadOnly + 0x400;
constexpr std::uint32_t kCookie = kData, kPointer = kData + 8;

// Four sections of one page; in the file they follow the headers at a page each, so that file
// offsets are addresses.
class Image {
 public:
  Image() : bytes_(0x5000, 0) {
    headers();
    section(0, ".text", kText, PeSection::kRead | PeSection::kExecute);
    section(1, ".rdata", kReadOnly, PeSection::kRead);
    section(2, ".data", kData, PeSection::kRead | PeSection::kWrite);
    section(3, ".reloc", kRelocations, PeSection::kRead);
    code();
    load_config();
    imports();
    put<std::uint64_t>(kCookie, 0x00002b992ddfa232);
    put<std::uint64_t>(kPointer, kBase + kText);
    relocations();
    put<PeFunction>(kFunctions, {kText, kText + 6, kReadOnly + 0x500});
    directory(3, kFunctions, 12);
  }

  template <class T>
  Image& put(std::uint32_t at, T value) {
    std::memcpy(bytes_.data() + at, &value, sizeof value);
    return *this;
  }
  Image& directory(unsigned index, std::uint32_t address, std::uint32_t size) {
    return put(kOptional + 112 + 8 * index, address).put(kOptional + 116 + 8 * index, size);
  }
  Image& flags(unsigned index, std::uint32_t flags) {
    return put(kSections + 40 * index + 36, flags);
  }
  Bytes bytes() const { return Bytes(bytes_.data(), bytes_.size()); }
  std::vector<std::uint8_t>& raw() { return bytes_; }

 private:
  void headers() {
    put<std::uint16_t>(0, 0x5a4d).put<std::uint32_t>(0x3c, 0x80).put<std::uint32_t>(0x80, 0x4550);
    put<std::uint16_t>(0x84, 0x8664).put<std::uint16_t>(0x86, 4).put<std::uint16_t>(0x94, 240);
    put<std::uint16_t>(kOptional, 0x20b).put<std::uint32_t>(kOptional + 16, kText);
    put<std::uint64_t>(kOptional + 24, kBase).put<std::uint32_t>(kOptional + 32, 4096);
    put<std::uint32_t>(kOptional + 56, 0x5000).put<std::uint32_t>(kOptional + 60, 0x400);
    put<std::uint16_t>(kOptional + 68, 1).put<std::uint32_t>(kOptional + 108, 16);
  }
  void section(unsigned index, const char* name, std::uint32_t address, std::uint32_t flags) {
    const std::uint32_t at = kSections + 40 * index;
    std::memcpy(bytes_.data() + at, name, std::strlen(name));
    put<std::uint32_t>(at + 8, 0x1000)
        .put(at + 12, address)
        .put<std::uint32_t>(at + 16, 0x1000)
        .put(at + 20, address);
    put(at + 36, flags);
  }
  void code() {
    returning(kText, 0x42);
    put<std::uint32_t>(kGuarded, 0xffc88948)
        .put<std::uint8_t>(kGuarded + 4, 0x25);  // mov %rcx,%rax; jmp *kSlot(%rip)
    put<std::uint32_t>(kGuarded + 5, kSlot - (kGuarded + 9));
    returning(kListed, 7);
    returning(kUnlisted, 9);
  }
  void returning(std::uint32_t at, std::uint32_t value) {
    put<std::uint8_t>(at, 0xb8).put(at + 1, value).put<std::uint8_t>(at + 5, 0xc3);
  }
  void load_config() {
    put<std::uint32_t>(kReadOnly, 0x100).put(kReadOnly + 0x58, kBase + kCookie);
    put(kReadOnly + 0x78, kBase + kSlot).put(kReadOnly + 0x80, kBase + kTargets);
    put<std::uint64_t>(kReadOnly + 0x88, 1).put<std::uint32_t>(kReadOnly + 0x90, 0x500);
    put(kTargets, kListed);
    directory(10, kReadOnly, 0x100);
  }
  void imports() {
    put<std::uint32_t>(kImports, kImportSlot + 0x20)
        .put<std::uint32_t>(kImports + 12, kImportSlot + 0x40);
    put<std::uint32_t>(kImports + 16, kImportSlot)
        .put<std::uint64_t>(kImportSlot + 0x20, kImportSlot + 0x60);
    put<std::uint64_t>(kImportSlot, kImportSlot + 0x60);
    std::memcpy(bytes_.data() + kImportSlot + 0x40, "NDIS.SYS", 9);
    std::memcpy(bytes_.data() + kImportSlot + 0x62, "NdisGetVersion", 15);
    directory(1, kImports, 40);
  }
  void relocations() {
    put(kRelocations, kReadOnly).put<std::uint32_t>(kRelocations + 4, 16);
    put<std::uint16_t>(kRelocations + 8, 0xa058).put<std::uint16_t>(kRelocations + 10, 0xa078);
    put<std::uint16_t>(kRelocations + 12, 0xa080);
    put(kRelocations + 16, kData)
        .put<std::uint32_t>(kRelocations + 20, 12)
        .put<std::uint16_t>(kRelocations + 24, 0xa008);
    directory(5, kRelocations, 28);
  }

  std::vector<std::uint8_t> bytes_;
};

UINT NTAPI version() {
  return 0x60055;
}
ImportTable table() {
  ImportTable imports;
  imports.add("ndis.sys", "NdisGetVersion", version);
  return imports;
}

std::string refusal(const Image& image) {
  auto loaded = PeImage::load(image.bytes(), "test.sys", table());
  return loaded ? "" : loaded.error().text;
}

std::unique_ptr<PeImage> load(const Image& image) {
  auto loaded = PeImage::load(image.bytes(), "test.sys", table());
  INFO((loaded ? "" : loaded.error().text));
  REQUIRE(loaded.ok());
  return std::move(*loaded);
}

template <class T>
T at(const PeImage& image, std::uint32_t rva) {
  return *number_at<T>(Bytes(static_cast<const std::uint8_t*>(image.base()), image.size()), rva);
}
std::uint64_t address_in(const PeImage& image, std::uint32_t rva) {
  return reinterpret_cast<std::uint64_t>(image.base()) + rva;
}
int call_guarded(const PeImage& image, std::uint64_t target) {
  using Guarded = int NTAPI(std::uint64_t);
  return reinterpret_cast<Guarded*>(address_in(image, kGuarded))(target);
}

// "r-xp" of the mapping that `address` is in.
std::string rights_of(std::uint64_t address) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);) {
    unsigned long long begin = 0, end = 0;
    char rights[5] = "";
    if (std::sscanf(line.c_str(), "%llx-%llx %4s", &begin, &end, rights) != 3) continue;
    if (address >= begin && address < end) return rights;
  }
  return "";
}

TEST_CASE("PeImage: an image is relocated, bound, and can be entered") {
  const auto image = load(Image());
  CHECK(image->entry()(nullptr, nullptr) == 0x42);
  CHECK(at<std::uint64_t>(*image, kPointer) == address_in(*image, kText));
  CHECK(at<std::uint64_t>(*image, kImportSlot) == reinterpret_cast<std::uint64_t>(&version));
}

TEST_CASE("PeImage: base and cookie are drawn for each load") {
  const auto one = load(Image()), other = load(Image());
  CHECK(one->base() != other->base());
  CHECK(at<std::uint64_t>(*one, kCookie) != at<std::uint64_t>(*other, kCookie));
  CHECK(at<std::uint64_t>(*one, kCookie) != 0x00002b992ddfa232);
  CHECK(at<std::uint64_t>(*one, kCookie) <= 0xffffffffffff);
}

TEST_CASE("PeImage: sections have the rights that they state, headers may be read") {
  const auto image = load(Image());
  CHECK(rights_of(address_in(*image, 0)) == "r--p");
  CHECK(rights_of(address_in(*image, kText)) == "r-xp");
  CHECK(rights_of(address_in(*image, kReadOnly)) == "r--p");
  CHECK(rights_of(address_in(*image, kData)) == "rw-p");
}

std::uint64_t violation = 0;

TEST_CASE(
    "PeImage: an indirect call reaches listed functions and the world outside, nothing else") {
  const auto image = load(Image());
  image->on_guard_violation([](const DriverImage&, std::uint64_t target) { violation = target; });
  CHECK(call_guarded(*image, address_in(*image, kListed)) == 7);
  CHECK(call_guarded(*image, reinterpret_cast<std::uint64_t>(&version)) == 0x60055);
  CHECK(violation == 0);
  CHECK(call_guarded(*image, address_in(*image, kUnlisted)) == 0);
  CHECK(violation == address_in(*image, kUnlisted));
}

TEST_CASE("PeImage: functions with unwind codes are found by an address in them") {
  const auto image = load(Image());
  const auto* begin = static_cast<const char*>(image->base());
  REQUIRE(image->function_of(begin + kText + 5) != nullptr);
  CHECK(image->function_of(begin + kText + 5)->unwind == kReadOnly + 0x500);
  CHECK(image->function_of(begin + kText + 6) == nullptr);
  CHECK(image->function_of(&violation) == nullptr);
}

TEST_CASE("PeImage: each rule refuses an image that breaks it, and says which") {
  const auto refused = [](Image& image, const char* because) {
    const std::string why = refusal(image);
    CHECK_MESSAGE(why.find(because) != std::string::npos, why);
  };
  refused(Image().put<std::uint16_t>(0, 0), "no DOS header");
  refused(Image().put<std::uint16_t>(0x84, 0x14c), "not for x64");
  refused(Image().put<std::uint16_t>(kOptional + 68, 3), "subsystem is not native");
  refused(Image().put<std::uint32_t>(kOptional + 32, 512), "not aligned to pages");
  refused(Image().put<std::uint32_t>(kOptional + 56, 0x7fffffff), "image size");
  refused(Image().put<std::uint32_t>(kOptional + 16, kData), "entry point is in no code");
  refused(Image().flags(0, 0xe0000000), "both written and executed");
  refused(Image().put<std::uint32_t>(kSections + 12, kData), "in order");
  refused(Image().directory(9, kData, 40), "thread-local");
  refused(Image().directory(5, kRelocations, 0x7fffffff), "outside the image");
  refused(Image().put<std::uint16_t>(kRelocations + 24, 0xaffc), "crosses the end of a page");
  refused(Image().put<std::uint16_t>(kRelocations + 24, 0x3008), "relocations are malformed");
  refused(Image().put<std::uint32_t>(kRelocations + 20, 4), "relocations are malformed");
  refused(Image().put<std::uint64_t>(kImportSlot + 0x20, 0x8000000000000001), "by ordinal");
  refused(Image().put<char>(kImportSlot + 0x62, 'X'), "has no function XdisGetVersion");
  refused(Image().put<char>(kImportSlot + 0x40, 'X'), "XDIS.SYS has no function");
  refused(Image().put<std::uint64_t>(kReadOnly + 0x58, kBase + kText),
          "security cookie is in no data");
  refused(Image().put<std::uint32_t>(kReadOnly + 0x90, 0x100), "has no table of targets");
  refused(Image().put<std::uint64_t>(kReadOnly + 0x88, 1 << 20), "table of call targets");
  refused(Image().put<std::uint32_t>(kTargets, kData), "call target is in no code");
  refused(Image().put<std::uint32_t>(kFunctions, kText + 6), "table of functions");
  CHECK(refusal(Image()).empty());
}

// Mutants of `bytes` and what is left when it is cut: each loads or is refused, and the process
// lives.
void load_mutants(const std::vector<std::uint8_t>& bytes, std::size_t reach, unsigned rounds) {
  std::mt19937 random(1);
  const ImportTable imports = table();
  for (unsigned i = 0; i < rounds; ++i) {
    auto mutant = bytes;
    for (unsigned n = random() % 4; n < 4; ++n) mutant[random() % reach] = std::uint8_t(random());
    if (random() % 4 == 0) mutant.resize(random() % mutant.size());
    const auto loaded = PeImage::load(Bytes(mutant.data(), mutant.size()), "mutant.sys", imports);
    if (!loaded) REQUIRE(!loaded.error().text.empty());
  }
}

TEST_CASE("PeImage: any bytes load or are refused") {
  load_mutants(Image().raw(), 0x400, 2000);
  load_mutants(Image().raw(), 0x4020, 2000);
  std::ifstream file(DRIVER_FOLDER "/clang/openvswitch.sys", std::ios::binary);
  const std::vector<std::uint8_t> real{std::istreambuf_iterator<char>(file), {}};
  if (!real.empty()) load_mutants(real, 0x400, 300);
}

}  // namespace
}  // namespace ovs::emulator

#include "emulator/host/loader/driver_image.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include "emulator/host/loader/elf_image.h"
#include "emulator/host/loader/pe_image.h"

namespace ovs::emulator {
namespace {

constexpr std::string_view kElf =
    "\x7f"
    "ELF";

std::string key_of(std::string_view module, std::string_view name) {
  std::string key(module);
  std::transform(key.begin(), key.end(), key.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  key += '!';
  key += name;
  return key;
}

}  // namespace

void ImportTable::add_address(std::string_view module, std::string_view name, void* address) {
  functions_[key_of(module, name)] = address;
}

void* ImportTable::find(std::string_view module, std::string_view name) const {
  const auto found = functions_.find(key_of(module, name));
  return found != functions_.end() ? found->second : nullptr;
}

void ImportTable::remove(std::string_view module, std::string_view name) {
  functions_.erase(key_of(module, name));
}

std::string DriverImage::describe(const void* address) const {
  const auto begin = reinterpret_cast<std::uint64_t>(base());
  const auto at = reinterpret_cast<std::uint64_t>(address);
  if (at < begin || at - begin >= size()) return {};
  char offset[24];
  std::snprintf(offset, sizeof offset, "+0x%llx", static_cast<unsigned long long>(at - begin));
  return std::string(file_name()) + offset;
}

Result<std::unique_ptr<DriverImage>, LoadError> load_driver(const std::string& path,
                                                            const ImportTable& imports,
                                                            CallGuards guards) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return LoadError{"not loaded: cannot read " + path};
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.starts_with(kElf)) {
    OVS_TRY(std::unique_ptr<DriverImage> image, ElfImage::load(path, imports));
    return image;
  }
  const Bytes image_bytes(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  OVS_TRY(std::unique_ptr<DriverImage> image,
          PeImage::load(image_bytes, path.substr(path.rfind('/') + 1), imports, guards));
  return image;
}

}  // namespace ovs::emulator

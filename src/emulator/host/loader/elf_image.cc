#include "emulator/host/loader/elf_image.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <nt_imports.h>
#include <sys/mman.h>
#include <sys/sendfile.h>

#include <algorithm>

#include "platform/posix/descriptor.h"

namespace ovs::emulator {
namespace {

LoadError error(std::string text) {
  return LoadError{"not loaded: " + std::move(text)};
}

std::string last_error() {
  const char* text = dlerror();
  return text != nullptr ? text : "dlopen failed";
}

// A second instance of an object that is loaded already must be another file to the dynamic linker.
void* open_copy(const std::string& path) {
  const platform::Descriptor from(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  const platform::Descriptor copy(memfd_create("driver", MFD_CLOEXEC));
  if (!from || !copy) return nullptr;
  while (sendfile(copy.number(), from.number(), nullptr, 1 << 20) > 0) {
  }
  return dlopen(("/proc/self/fd/" + std::to_string(copy.number())).c_str(), RTLD_NOW | RTLD_LOCAL);
}

void* open_instance(const std::string& path) {
  void* loaded = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NOLOAD);
  if (loaded == nullptr) return dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  dlclose(loaded);
  return open_copy(path);
}

struct Extent {
  std::uint64_t base;
  std::size_t size;
};

int measure(dl_phdr_info* info, std::size_t, void* data) {
  auto& extent = *static_cast<Extent*>(data);
  if (info->dlpi_addr != extent.base) return 0;
  for (int i = 0; i < info->dlpi_phnum; ++i) {
    const ElfW(Phdr)& header = info->dlpi_phdr[i];
    if (header.p_type == PT_LOAD)
      extent.size = std::max<std::size_t>(extent.size, header.p_vaddr + header.p_memsz);
  }
  return 1;
}

}  // namespace

Result<std::unique_ptr<ElfImage>, LoadError> ElfImage::load(const std::string& path,
                                                            const ImportTable& imports) {
  void* handle = open_instance(path);
  if (handle == nullptr) return error(last_error());
  std::unique_ptr<ElfImage> image(new ElfImage(handle, path.substr(path.rfind('/') + 1)));
  OVS_TRY(image->bind(imports));
  OVS_TRY(image->find_entry());
  return image;
}

ElfImage::~ElfImage() {
  dlclose(handle_);
}

Result<void, LoadError> ElfImage::bind(const ImportTable& imports) {
  const auto* row = static_cast<const NtImport*>(dlsym(handle_, "nt_imports"));
  if (row == nullptr) return error("it has no list of imports");
  for (; row->name != nullptr; ++row) {
    void* address = imports.find(row->module, row->name);
    if (address == nullptr)
      return error(std::string(row->module) + " has no function " + row->name);
    *row->slot = address;
  }
  return kOk;
}

Result<void, LoadError> ElfImage::find_entry() {
  entry_ = reinterpret_cast<DRIVER_INITIALIZE*>(dlsym(handle_, "DriverEntry"));
  if (entry_ == nullptr) return error("it has no DriverEntry");
  link_map* map = nullptr;
  if (dlinfo(handle_, RTLD_DI_LINKMAP, &map) != 0) return error(last_error());
  Extent extent{map->l_addr, 0};
  dl_iterate_phdr(measure, &extent);
  base_ = reinterpret_cast<void*>(extent.base);
  size_ = extent.size;
  return kOk;
}

}  // namespace ovs::emulator

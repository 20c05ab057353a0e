// The driver as a shared object: the same source compiled for this machine, with sanitizers
// perhaps. Its imports are slots that the loader fills, by the same table as the .sys.
#pragma once
#include "emulator/host/loader/driver_image.h"

namespace ovs::emulator {

class ElfImage final : public DriverImage {
 public:
  static Result<std::unique_ptr<ElfImage>, LoadError> load(const std::string& path,
                                                           const ImportTable& imports);
  ~ElfImage() override;

  DRIVER_INITIALIZE* entry() const override { return entry_; }
  void* base() const override { return base_; }
  std::size_t size() const override { return size_; }

 private:
  ElfImage(void* handle, std::string name) : name_(std::move(name)), handle_(handle) {}

  std::string_view file_name() const override { return name_; }
  Result<void, LoadError> bind(const ImportTable& imports);
  Result<void, LoadError> find_entry();

  std::string name_;
  void* handle_;
  DRIVER_INITIALIZE* entry_ = nullptr;
  void* base_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace ovs::emulator

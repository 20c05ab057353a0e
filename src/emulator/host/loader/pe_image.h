// A PE image, mapped: at an address drawn at random, relocated, its imports bound, its security
// cookie drawn, its indirect calls checked against its own table, each section with the rights that
// it states and no others.
#pragma once
#include <vector>

#include "emulator/host/loader/guard_page.h"
#include "emulator/host/loader/pe_format.h"

namespace ovs::emulator {

// Memory that is unmapped at the end.
class Mapping {
 public:
  Mapping() = default;
  // Readable and writable, at a random page above 4 GiB's reach; null when there is no memory.
  static Mapping at_random(std::size_t size);
  Mapping(Mapping&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), size_(std::exchange(other.size_, 0)) {}
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping();

  std::uint8_t* data() const { return data_; }
  std::size_t size() const { return size_; }

 private:
  Mapping(std::uint8_t* data, std::size_t size) : data_(data), size_(size) {}

  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

// A function of the image, as unwinding needs it (.pdata): [begin, end), and where its unwind codes
// are.
struct PeFunction {
  std::uint32_t begin, end, unwind;
};

class PeImage final : public DriverImage {
 public:
  static Result<std::unique_ptr<PeImage>, LoadError> load(Bytes file, std::string name,
                                                          const ImportTable& imports,
                                                          CallGuards guards = CallGuards::On);

  DRIVER_INITIALIZE* entry() const override;
  void* base() const override { return mapping_.data(); }
  std::size_t size() const override { return mapping_.size(); }
  // Null where `address` is in no function of the image that has unwind codes.
  const PeFunction* function_of(const void* address) const;
  // Null: the image was not compiled with control flow guard.
  const GuardPage* guard() const { return guard_.get(); }
  // What indirect calls to no function of the image do; by default they end the process.
  void on_guard_violation(GuardViolation violation) { violation_ = violation; }

 private:
  PeImage(PeLayout layout, Mapping mapping, std::string name);

  std::string_view file_name() const override { return name_; }
  Bytes bytes() const { return Bytes(mapping_.data(), mapping_.size()); }
  template <class T>
  void put(std::uint32_t rva, T value) {
    __builtin_memcpy(mapping_.data() + rva, &value, sizeof value);
  }

  void copy_sections(Bytes file);
  Result<void, LoadError> relocate();
  Result<void, LoadError> relocate_block(std::uint32_t block, std::uint32_t size);
  Result<void, LoadError> bind(const ImportTable& imports);
  Result<void, LoadError> bind_module(std::uint32_t lookup, std::uint32_t slots,
                                      const std::string& module, const ImportTable& imports);
  Result<std::string, LoadError> text_at(std::uint64_t rva) const;
  Result<void, LoadError> read_functions();
  Result<void, LoadError> arm_guards(CallGuards guards);
  Result<void, LoadError> seed_cookie(std::uint64_t address);
  Result<std::vector<std::uint32_t>, LoadError> guard_targets(std::uint64_t table,
                                                              std::uint64_t count,
                                                              std::uint32_t stride) const;
  // The image's own address of something it points at; none outside it.
  std::optional<std::uint32_t> rva_of(std::uint64_t address, std::size_t size) const;
  Result<void, LoadError> protect();
  static bool check_target(void* image, std::uint64_t target);

  std::string name_;
  PeLayout layout_;
  Mapping mapping_;
  std::vector<PeFunction> functions_;
  std::vector<std::uint32_t> targets_;  // in order
  std::unique_ptr<GuardPage> guard_;
  GuardViolation violation_;
};

}  // namespace ovs::emulator

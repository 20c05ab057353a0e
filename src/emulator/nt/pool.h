// Pool: blocks with poison inside and guards around, by tag; freed ones stay unusable for a while,
// so that whoever still writes to them is found. Inside emulator/nt.
#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <string>

#include "emulator/sdk/ntddk.h"

namespace ovs::emulator {

// New blocks hold this, freed ones that.
inline constexpr std::uint8_t kFreshByte = 0xcd;
inline constexpr std::uint8_t kFreedByte = 0xdd;

enum class PoolForm {
  Plain,    // the C library's memory: nothing is kept of it, nothing found
  Checked,  // guards of some bytes around each block
  Guarded,  // each block ends at a page that cannot be read
};

class Pool {
 public:
  explicit Pool(PoolForm form)
      : is_plain_(form == PoolForm::Plain), is_guarded_(form == PoolForm::Guarded) {}
  Pool(const Pool&) = delete;
  ~Pool();

  // Violates 89 where type, tag or size are not allowed. Null when it is to fail.
  void* allocate(POOL_TYPE type, std::size_t size, ULONG tag);
  // Violates 89 where `block` is none, was freed, has another tag or was overrun; tag 0 is any.
  void free(void* block, ULONG tag);
  // Violates 89 where a block has been overrun, or written after it was freed.
  void check_all();
  bool contains(const void* address, std::size_t size) const;
  bool is_guard(const void* address) const;

  std::size_t block_count() const;
  // A line for each tag.
  std::string list() const;

 private:
  struct Block {
    std::size_t size;
    ULONG tag;
    std::byte* memory;  // that it lies in
    std::size_t memory_size;
    std::string calls;  // that made it, and freed it
  };
  using Blocks = std::map<std::uintptr_t, Block>;

  void* place(std::size_t size, Block& block) const;
  static void check_guards(std::uintptr_t at, const Block& block);
  void check_freed(std::uintptr_t at, const Block& block) const;
  void quarantine(std::uintptr_t at, Block block);
  void release_oldest();
  void give_back(const Block& block) const;

  const bool is_plain_, is_guarded_;
  mutable std::mutex mutex_;
  Blocks live_, freed_;
  std::deque<std::uintptr_t> freed_order_;
  std::size_t freed_bytes_ = 0;
};

// Whether bytes that leave the driver are some that it never wrote: so many of `fresh` in a row.
bool has_fresh_bytes(const void* data, std::size_t size, std::uint8_t fresh = kFreshByte);

}  // namespace ovs::emulator

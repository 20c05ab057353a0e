// Memory that ends at a page that cannot be read: what a program gives with a request. Whoever
// reads or writes past its end faults there, and is reported (98). Inside emulator/nt.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/bytes/span.h"

namespace ovs::emulator {

class GuardedBuffer {
 public:
  GuardedBuffer() = default;
  // Filled with `fill`.
  GuardedBuffer(std::size_t size, std::uint8_t fill);
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(GuardedBuffer&& other) noexcept;
  ~GuardedBuffer();
  // Null where there are no bytes.
  std::uint8_t* data() const { return data_; }
  std::size_t size() const { return size_; }
  // In the guard page of one that lives.
  static bool is_guard(const void* address);

 private:
  std::uint8_t* memory_ = nullptr;
  std::size_t memory_size_ = 0;
  std::uint8_t* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace ovs::emulator

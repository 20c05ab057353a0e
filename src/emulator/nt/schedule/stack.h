// Kernel stacks, and going from a thread's own stack to its kernel stack and back.
#pragma once
#include <cstddef>

#include "base/core/function_ref.h"

namespace ovs::emulator {

struct StackRange {
  std::byte* low = nullptr;
  std::size_t size = 0;

  std::byte* top() const { return low + size; }
  bool contains(const void* address) const {
    const auto* at = static_cast<const std::byte*>(address);
    return at >= low && at < top();
  }
};

// Three pages, as deep as drivers may count on, above a page that faults. More where sanitizers
// need more.
class KernelStack {
 public:
  KernelStack();
  KernelStack(const KernelStack&) = delete;
  ~KernelStack();
  const StackRange& range() const { return range_; }
  bool is_guard(const void* address) const { return guard_.contains(address); }
  // Bytes ever used, by what is left of the pattern that it was filled with.
  std::size_t deepest() const;

 private:
  StackRange guard_, range_;
};

// Whether everything takes more room and longer than on Windows.
bool is_sanitized();

// Where the calling thread's own stack lies.
StackRange own_stack();

// Runs `body` with the stack pointer at `top`, of the stack `to`; `from` is the stack it returns
// to, and `*left_at` where on it things went on from.
void run_on_stack(const StackRange& to, void* top, const StackRange& from, void** left_at,
                  FunctionRef<void()> body);

}  // namespace ovs::emulator

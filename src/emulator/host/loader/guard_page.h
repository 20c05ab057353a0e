// The code that an image's indirect calls go through: it asks whether the target is allowed, and
// then goes there, with every argument as it was. One page for each image, because the call tells
// nothing but its target.
#pragma once
#include <cstdint>
#include <memory>

namespace ovs::emulator {

class GuardPage {
 public:
  // Says whether `target` may be called; if not it has said so to whom it concerns.
  using Check = bool (*)(void* context, std::uint64_t target);

  // Null when there is no memory.
  static std::unique_ptr<GuardPage> make(Check check, void* context);
  GuardPage(const GuardPage&) = delete;
  ~GuardPage();

  // What __guard_dispatch_icall_fptr is to hold: expects the target in rax, and jumps there.
  std::uint64_t dispatch() const { return reinterpret_cast<std::uint64_t>(page_); }

 private:
  explicit GuardPage(void* page) : page_(page) {}

  void* page_;
};

}  // namespace ovs::emulator

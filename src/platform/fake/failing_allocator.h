// An allocator that fails once, and counts what is not given back. While one lives, it serves the
// thread that made it, and no other: ovs::allocate of the fake backend asks the newest one on its
// thread.
#pragma once

namespace ovs::platform {

class FailingAllocator {
 public:
  static constexpr int kNever = -1;

  // The nth allocation from now fails, counted from 0; kNever only counts.
  explicit FailingAllocator(int nth = kNever);
  ~FailingAllocator();
  FailingAllocator(const FailingAllocator&) = delete;
  FailingAllocator& operator=(const FailingAllocator&) = delete;

  // Allocations made through it and not yet freed, by whichever thread.
  int live() const;
  // How many were asked of it, the failed one included.
  int count() const;
  // Whether the nth was asked for, and failed.
  bool has_failed() const;

  struct Ledger;

 private:
  Ledger* ledger_;
};

}  // namespace ovs::platform

// NET_BUFFER_LISTs that somebody owns, linked by Next. A chain that is dropped is a virtual machine
// that hangs, so that its destructor asserts: it is sent, completed, or given to another.
#pragma once
#include <ndis.h>

#include <utility>

#include "base/core/assert.h"

namespace ovs::driver {

class NblChain {
 public:
  NblChain() = default;
  explicit NblChain(PNET_BUFFER_LIST first) : first_(first) {}
  NblChain(NblChain&& other) noexcept
      : first_(std::exchange(other.first_, nullptr)), last_(std::exchange(other.last_, nullptr)) {}
  NblChain& operator=(NblChain&&) = delete;
  NblChain(const NblChain&) = delete;
  ~NblChain() { OVS_ASSERT(first_ == nullptr); }

  bool empty() const { return first_ == nullptr; }
  PNET_BUFFER_LIST first() const { return first_; }
  void push_back(PNET_BUFFER_LIST list) {
    list->Next = nullptr;
    if (first_ == nullptr) {
      first_ = list;
    } else {
      last()->Next = list;
    }
    last_ = list;
  }
  // There is one.
  PNET_BUFFER_LIST take_first() {
    OVS_ASSERT(first_ != nullptr);
    PNET_BUFFER_LIST list = std::exchange(first_, first_->Next);
    list->Next = nullptr;
    return list;
  }
  // Those in front of `list`, which is of this chain, or null for all of them, are another's now.
  void begin_at(PNET_BUFFER_LIST list) { first_ = list; }
  // For whoever owns it next.
  PNET_BUFFER_LIST release() {
    last_ = nullptr;
    return std::exchange(first_, nullptr);
  }

 private:
  // A chain that came is walked by whoever adds to it.
  PNET_BUFFER_LIST last() {
    if (last_ == nullptr) {
      for (last_ = first_; last_->Next != nullptr;) last_ = last_->Next;
    }
    return last_;
  }

  PNET_BUFFER_LIST first_ = nullptr;
  PNET_BUFFER_LIST last_ = nullptr;  // null: not known
};

static_assert(!std::is_copy_constructible_v<NblChain>);

}  // namespace ovs::driver

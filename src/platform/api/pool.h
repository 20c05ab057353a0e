// A fixed number of slots of one type, filled at create: what the packet path takes objects from.
// An empty pool means "drop and count", never "allocate". Not synchronised: one pool belongs to one
// processor, port or lock.
#pragma once
#include "platform/api/memory.h"

namespace ovs {

template <class T>
class Pool {
  // The links lie beside the objects, never inside: a freed object's bytes stay what they were.
  struct Slot {
    alignas(T) unsigned char bytes[sizeof(T)];
    Slot* next;
  };

 public:
  static Result<Pool> create(std::size_t count) {
    OVS_TRY(auto slots, try_make_array<Slot>(count, memory_tag_of<T>()));
    return Pool(std::move(slots));
  }
  Pool(Pool&& other) noexcept
      : slots_(std::move(other.slots_)),
        free_(std::exchange(other.free_, nullptr)),
        free_count_(std::exchange(other.free_count_, 0)) {}
  Pool& operator=(Pool&&) = delete;
  Pool(const Pool&) = delete;
  // Everything taken must have been given back.
  ~Pool() { OVS_ASSERT(free_count_ == slots_.count()); }

  // A new T, or null when all slots are taken.
  template <class... Args>
  T* take(Args&&... args) {
    if (free_ == nullptr) return nullptr;
    Slot* slot = std::exchange(free_, free_->next);
    --free_count_;
    return construct_at<T>(slot->bytes, std::forward<Args>(args)...);
  }
  // `object` came from take() of this pool.
  void give_back(T* object) {
    Slot* slot = reinterpret_cast<Slot*>(object);
    OVS_ASSERT(slot >= slots_.begin() && slot < slots_.end());
    object->~T();
    slot->next = std::exchange(free_, slot);
    ++free_count_;
  }
  std::size_t free_count() const { return free_count_; }
  std::size_t count() const { return slots_.count(); }

 private:
  explicit Pool(OwnedArray<Slot> slots) : slots_(std::move(slots)) {
    for (Slot& slot : slots_) slot.next = std::exchange(free_, &slot);
    free_count_ = slots_.count();
  }

  OwnedArray<Slot> slots_;
  Slot* free_ = nullptr;
  std::size_t free_count_ = 0;
};

}  // namespace ovs

// Readers without locks: what a reader found stays alive until it has let go. One contract, three
// backends: in the kernel a grace period is a DPC run on every processor; hosted it is QSBR; in
// tests it advances when told. Not a container: RcuPtr publishes one object; tables that publish
// many retire what they unlink.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/core/atomic.h"
#include "base/core/owned.h"
#include "platform/api/lock.h"
#include "platform/api/passive.h"

namespace ovs {

// While one lives, nothing retired after its start is destroyed. Cheap, nestable; raises to
// DISPATCH in the kernel, so hold it for one batch and never wait inside. Bound to the thread that
// made it.
class RcuReader {
 public:
  // Dispatch: the caller is at DISPATCH_LEVEL for as long as it lives; then it costs nothing there.
  enum class At : bool { AnyLevel, Dispatch };
  explicit RcuReader(At at = At::AnyLevel) noexcept;
  ~RcuReader();
  RcuReader(const RcuReader&) = delete;
  RcuReader& operator=(const RcuReader&) = delete;

 private:
  [[maybe_unused]] std::uint64_t state_ = 0;
  [[maybe_unused]] std::uint8_t saved_level_ = 0;  // the kernel's alone
};

// For a hosted thread that reads all the time (a polling loop): while one lives, an RcuReader costs
// almost nothing, and the thread must call rcu_quiescent() once a round and hold an RcuOffline
// around whatever blocks; grace periods wait for it. Other threads need none: for them each
// outermost RcuReader goes on line and off. In the kernel it does nothing.
class RcuOnline {
 public:
  RcuOnline() noexcept;
  ~RcuOnline();
  RcuOnline(const RcuOnline&) = delete;
  RcuOnline& operator=(const RcuOnline&) = delete;
};

// The calling thread holds no RcuReader now. Does nothing outside an RcuOnline.
void rcu_quiescent() noexcept;

// Around a blocking call inside an RcuOnline; the caller holds no RcuReader.
class RcuOffline {
 public:
  RcuOffline() noexcept;
  ~RcuOffline();
  RcuOffline(const RcuOffline&) = delete;
  RcuOffline& operator=(const RcuOffline&) = delete;

 private:
  [[maybe_unused]] bool was_online_ = false;
};

// A point in time; over when every reader that lived at that time has ended.
enum class GracePeriod : std::uint64_t {};
GracePeriod rcu_start_grace_period() noexcept;
bool rcu_is_over(GracePeriod period) noexcept;

// Waits for a grace period. The caller holds no RcuReader.
void synchronize(Passive passive) noexcept;

// Whatever is reclaimed after a grace period derives from this: the reclaimer's queue must not need
// memory.
class RcuObject {
 public:
  RcuObject() = default;
  RcuObject(const RcuObject&) = delete;
  RcuObject& operator=(const RcuObject&) = delete;

 protected:
  ~RcuObject() = default;

 private:
  friend class Reclaimer;
  RcuObject* next_ = nullptr;
  void (*destroy_)(RcuObject*) = nullptr;
};

// An object that no new reader can find, and old readers may still use. It must be given to a
// Reclaimer, or waited for: dropping it is a panic.
template <class T>
class [[nodiscard]] Retired {
 public:
  // `object` was just unlinked from wherever readers find it. Null is nothing to reclaim.
  explicit Retired(Owned<T> object) : object_(object.release()) {}
  Retired(Retired&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Retired& operator=(Retired&&) = delete;
  Retired(const Retired&) = delete;
  ~Retired() { OVS_ASSERT(object_ == nullptr); }

  explicit operator bool() const { return object_ != nullptr; }
  const T* raw() const { return object_; }
  // Waits a grace period; then the object is the caller's alone.
  Owned<T> wait(Passive passive) && {
    if (object_ != nullptr) synchronize(passive);
    return Owned<T>::adopt(std::exchange(object_, nullptr));
  }

 private:
  friend class Reclaimer;
  T* object_;
};

// A pointer that readers follow without a lock and one writer at a time replaces.
template <class T>
class RcuPtr {
 public:
  RcuPtr() = default;
  explicit RcuPtr(Owned<T> first) : object_(first.release()) {}
  RcuPtr(const RcuPtr&) = delete;
  RcuPtr& operator=(const RcuPtr&) = delete;
  // No reader can reach this pointer any more.
  ~RcuPtr() { (void)Owned<T>::adopt(object_.load(Order::Relaxed)); }

  // Valid while `reader` lives; null if nothing is published.
  const T* read(const RcuReader&) const { return object_.load(Order::Acquire); }
  // For the writer, who excludes other writers.
  const T* current() const { return object_.load(Order::Relaxed); }
  // Replaces the object; the one before is retired (null if there was none).
  Retired<T> publish(Owned<T> next) {
    return Retired<T>(Owned<T>::adopt(object_.exchange(next.release(), Order::AcquireRelease)));
  }

 private:
  Atomic<T*> object_{nullptr};
};

// Where retired objects wait for their grace period. Its owner polls it from a worker or a loop,
// and drains it before it dies. take() may be called at DISPATCH by many; objects are destroyed by
// whoever polls, outside the lock.
class Reclaimer {
 public:
  Reclaimer() = default;
  Reclaimer(const Reclaimer&) = delete;
  Reclaimer& operator=(const Reclaimer&) = delete;
  ~Reclaimer() { OVS_ASSERT(pending() == 0); }

  template <std::derived_from<RcuObject> T>
  void take(Retired<T> retired) {
    T* object = std::exchange(retired.object_, nullptr);
    if (object == nullptr) return;
    enqueue(object, [](RcuObject* at) { (void)Owned<T>::adopt(static_cast<T*>(at)); });
  }
  // Destroys what no reader can hold any more, without waiting; starts the next grace period if one
  // is needed. Returns how many it destroyed.
  std::size_t poll(Passive passive);
  // Waits until everything taken is destroyed, including what those destructors retire.
  void drain(Passive passive);
  std::size_t pending() const;

 private:
  struct Queue {
    RcuObject* first = nullptr;
    RcuObject* last = nullptr;
    std::size_t count = 0;
  };
  struct State {
    Queue fresh;    // retired since the running grace period began
    Queue waiting;  // retired before `period`
    GracePeriod period{};
  };
  static void append(Queue& queue, Queue more);
  static std::size_t destroy_all(Queue queue);
  void enqueue(RcuObject* object, void (*destroy)(RcuObject*));

  Guarded<State, LockRank::Reclaimer> state_;
};

}  // namespace ovs

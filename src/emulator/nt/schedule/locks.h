// The order in which locks are taken: a lock taken while another is held stays behind it for ever.
// Knows locks by address, so it is told when memory ends. Inside emulator/nt.
#pragma once
#include <cstddef>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "emulator/nt/schedule/thread.h"

namespace ovs::emulator {

class LockOrder {
 public:
  // `thread` is about to take `lock` and holds others. Violates 87 where some thread once took them
  // the other way round.
  void note(const Thread& thread, const void* lock);
  // Locks in there are gone.
  void forget(const void* begin, std::size_t size);

 private:
  struct Node {
    std::map<const void*, std::string> later;  // and the calls that took the later one
  };
  bool leads_to(const void* from, const void* to, std::set<const void*>& seen) const;

  std::mutex mutex_;
  std::map<const void*, Node> nodes_;
};

// Of the calling thread; `call` is what its report says.
void note_acquired(Thread& thread, const void* lock, bool is_mutex);
// Violates 87 unless `thread` holds it.
void note_released(Thread& thread, const void* lock);
// "0x7f.. (taken by KeAcquireSpinLockRaiseToDpc)" for each lock held.
std::string describe_locks(const Thread& thread);
std::string describe_calls(const Thread& thread);

}  // namespace ovs::emulator

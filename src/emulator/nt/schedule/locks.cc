#include "emulator/nt/schedule/locks.h"

#include <algorithm>

#include "emulator/nt/text.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {

bool LockOrder::leads_to(const void* from, const void* to, std::set<const void*>& seen) const {
  const auto node = nodes_.find(from);
  if (node == nodes_.end() || !seen.insert(from).second) return false;
  if (node->second.later.count(to) != 0) return true;
  return std::any_of(node->second.later.begin(), node->second.later.end(),
                     [&](const auto& next) { return leads_to(next.first, to, seen); });
}

void LockOrder::note(const Thread& thread, const void* lock) {
  const std::lock_guard held(mutex_);
  for (const HeldLock& outer : thread.locks) {
    if (outer.is_private) continue;
    Node& node = nodes_[outer.lock];
    if (node.later.count(lock) != 0) continue;
    std::set<const void*> seen;
    if (leads_to(lock, outer.lock, seen)) {
      const auto& before = nodes_[lock].later;
      const auto direct = before.find(outer.lock);
      violate(87, "lock order: " + text_of(lock) + " is taken under " + text_of(outer.lock) +
                      ", which was once taken under it" +
                      (direct != before.end() ? " in " + direct->second : std::string()));
    }
    node.later.emplace(lock, describe_calls(thread));
  }
}

void LockOrder::forget(const void* begin, std::size_t size) {
  const std::lock_guard held(mutex_);
  const auto* end = static_cast<const char*>(begin) + size;
  const auto first = nodes_.lower_bound(begin);
  const auto last = nodes_.lower_bound(end);
  const bool had_any = first != last;
  nodes_.erase(first, last);
  for (auto& [lock, node] : nodes_) {
    if (node.later.empty() && !had_any) continue;
    node.later.erase(node.later.lower_bound(begin), node.later.lower_bound(end));
  }
}

void note_acquired(Thread& thread, const void* lock, bool is_mutex) {
  thread.locks.push_back({lock, thread.call(), is_mutex, thread.is_own_stack(lock)});
}

void note_released(Thread& thread, const void* lock) {
  const auto found = std::find_if(thread.locks.rbegin(), thread.locks.rend(),
                                  [&](const HeldLock& held) { return held.lock == lock; });
  if (found == thread.locks.rend())
    violate(87, "lock " + text_of(lock) + " is released by a thread that does not hold it");
  thread.locks.erase(std::next(found).base());
}

std::string describe_locks(const Thread& thread) {
  std::string text;
  for (const HeldLock& held : thread.locks) {
    text += (text.empty() ? "" : ", ") + text_of(held.lock) +
            (held.is_private ? " (on its stack)"
             : held.is_mutex ? " (fast mutex)"
                             : "");
  }
  return text.empty() ? "none" : text;
}

std::string describe_calls(const Thread& thread) {
  std::string text;
  for (auto call = thread.calls.rbegin(); call != thread.calls.rend(); ++call) {
    text += (text.empty() ? "" : " in ") + std::string(*call);
  }
  return text.empty() ? "no call" : text;
}

}  // namespace ovs::emulator

// Named locks of a server (RFC 7047 section 4.1.8): who asked first owns; a thief comes before all.
// Knows sessions as opaque owners only.
#pragma once
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace ovs::ovsdb {

class Session;

class Locks {
 public:
  enum class Mode : unsigned char { Wait, Steal };

  bool owns(const Session& session, std::string_view name) const {
    const auto at = queues_.find(name);
    return at != queues_.end() && !at->second.empty() && at->second.front() == &session;
  }
  // Queues the session. Returns who lost the lock by it, or null.
  Session* lock(Session& session, std::string_view name, Mode mode) {
    std::deque<Session*>& queue = queues_[std::string(name)];
    if (mode == Mode::Wait || queue.empty()) {
      queue.push_back(&session);
      return nullptr;
    }
    Session* victim = queue.front();
    queue.push_front(&session);  // the victim is next when the thief goes
    return victim;
  }
  // Takes the session out of the queue. Returns who owns the lock by it, or null.
  Session* unlock(Session& session, std::string_view name) {
    const auto at = queues_.find(name);
    if (at == queues_.end()) return nullptr;
    std::deque<Session*>& queue = at->second;
    const bool owned = !queue.empty() && queue.front() == &session;
    std::erase(queue, &session);
    Session* next = owned && !queue.empty() ? queue.front() : nullptr;
    if (queue.empty()) queues_.erase(at);
    return next;
  }

 private:
  std::map<std::string, std::deque<Session*>, std::less<>> queues_;
};

}  // namespace ovs::ovsdb

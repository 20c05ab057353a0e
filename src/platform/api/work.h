// Things to be done later, where waiting is allowed: a system work item in the kernel, a thread
// hosted, a queue that runs when told in tests. Queueing cannot fail: the item is the caller's
// memory.
#pragma once
#include <cstdint>

#include "base/containers/list.h"
#include "platform/api/passive.h"

namespace ovs::platform {

class WorkItem : public ListLink<WorkItem> {
 public:
  // Called once for each time it was queued; it may queue itself again, and may be destroyed by
  // then.
  virtual void run(Passive passive) = 0;

  // For WorkQueue.
  std::uint64_t due_ns() const { return due_ns_; }
  void set_due_ns(std::uint64_t due_ns) { due_ns_ = due_ns; }

 protected:
  ~WorkItem() = default;

 private:
  std::uint64_t due_ns_ = 0;
};

class Worker {
 public:
  // Any IRQL. An item that is queued already keeps its place and time.
  virtual void submit(WorkItem& item) = 0;
  virtual void submit_after(WorkItem& item, std::uint64_t delay_ms) = 0;
  // Afterwards the item is neither queued nor running. Not from within the item.
  virtual void cancel(WorkItem& item, Passive passive) = 0;

 protected:
  ~Worker() = default;
};

// The order of work: what backends share. Not synchronised.
class WorkQueue {
 public:
  bool empty() const { return items_.empty(); }
  // Keeps items of the same time in order of arrival.
  void insert(WorkItem& item, std::uint64_t due_ns) {
    if (item.is_linked()) return;
    item.set_due_ns(due_ns);
    for (WorkItem& queued : items_) {
      if (queued.due_ns() > due_ns) return items_.insert_before(queued, item);
    }
    items_.push_back(item);
  }
  void remove(WorkItem& item) {
    if (item.is_linked()) items_.remove(item);
  }
  // The first item that is due, taken out; or null.
  WorkItem* take_due(std::uint64_t now_ns) {
    return !empty() && items_.first().due_ns() <= now_ns ? items_.take_first() : nullptr;
  }
  // When the first item is due; only if not empty().
  std::uint64_t next_due_ns() const { return items_.first().due_ns(); }

 private:
  List<WorkItem, WorkItem> items_;
};

}  // namespace ovs::platform

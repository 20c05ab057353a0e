// See background.h.
#include "ovsdb/protocol/background.h"

#include <algorithm>

namespace ovs::ovsdb {

class Background::Task final : public platform::WorkItem {
 public:
  Task(Background& owner, Work work, Work done)
      : owner_(owner), work_(std::move(work)), done_(std::move(done)) {}

  void run(Passive) override {
    work_();
    owner_.loop_.post([self = std::weak_ptr<Task*>(self_)] {
      if (const auto task = self.lock()) (*task)->owner_.finish(**task);
    });
  }
  Work take_done() { return std::move(done_); }

 private:
  Background& owner_;
  Work work_, done_;
  const std::shared_ptr<Task*> self_ = std::make_shared<Task*>(this);
};

Background::Background(daemon::Loop& loop, platform::Worker& worker)
    : loop_(loop), worker_(worker) {}

Background::~Background() {
  while (!tasks_.empty()) cancel(*tasks_.front());
}

Background::Task& Background::run(Work work, Work done) {
  tasks_.push_back(std::make_unique<Task>(*this, std::move(work), std::move(done)));
  Task& task = *tasks_.back();
  worker_.submit(task);
  return task;
}

void Background::cancel(Task& task) {
  worker_.cancel(task, Passive::here());
  std::erase_if(tasks_, [&](const auto& each) { return each.get() == &task; });
}

void Background::finish(Task& task) {
  const Work done = task.take_done();
  cancel(task);
  done();
}

}  // namespace ovs::ovsdb

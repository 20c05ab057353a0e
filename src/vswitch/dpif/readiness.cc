#include "vswitch/dpif/readiness.h"

namespace ovs::vswitch {

// What the device's thread and the loop's share. Outlives the Readiness by a posted task.
struct Readiness::State {
  std::mutex mutex;
  std::condition_variable changed;
  bool with_device = false;
  bool is_closing = false;
  Readiness* owner = nullptr;  // null once it is gone; loop's thread
};

class Readiness::Request final : public platform::DeviceRequest {
 public:
  Request(std::vector<std::uint8_t> message, daemon::Loop& loop, std::shared_ptr<State> state)
      : DeviceRequest(platform::DeviceControl::Write, message, MutableBytes()),
        message_(std::move(message)),
        loop_(loop),
        state_(std::move(state)) {}

  void completed(Result<std::size_t> outcome) override {
    // A copy, because whoever waits for `with_device` may destroy this.
    const std::shared_ptr<State> state = state_;
    const std::lock_guard lock(state->mutex);
    state->with_device = false;
    state->changed.notify_all();
    if (state->is_closing || (!outcome && outcome.error() == Error::Cancelled)) return;
    const News news = outcome ? News::Ready : News::Lost;
    loop_.post([state, news] {
      if (state->owner != nullptr) state->owner->tell(news);
    });
  }

 private:
  std::vector<std::uint8_t> message_;  // moved: the view that the base holds stays valid
  daemon::Loop& loop_;
  std::shared_ptr<State> state_;
};

Readiness::Readiness(Channel& channel, daemon::Loop& loop, wire::ControlCommand command,
                     std::function<void()> ready, std::function<void()> lost)
    : channel_(channel),
      loop_(loop),
      command_(command),
      ready_(std::move(ready)),
      lost_(std::move(lost)),
      state_(std::make_shared<State>()) {
  state_->owner = this;
}

Readiness::~Readiness() {
  state_->owner = nullptr;
  std::unique_lock lock(state_->mutex);
  state_->is_closing = true;
  if (!state_->with_device) return;
  lock.unlock();
  channel_.handle().cancel(*request_);
  lock.lock();
  state_->changed.wait(lock, [this] { return !state_->with_device; });
}

void Readiness::arm() {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->with_device) return;
    state_->with_device = true;
  }
  NetlinkRequest pend(wire::Family::Control, command_);
  const Bytes bytes = pend.finish(0, channel_.pid());
  request_ = std::make_unique<Request>(std::vector<std::uint8_t>(bytes.begin(), bytes.end()), loop_,
                                       state_);
  channel_.handle().submit(*request_);
}

void Readiness::tell(News news) {
  const std::function<void()>& function = news == News::Ready ? ready_ : lost_;
  if (function) function();
}

}  // namespace ovs::vswitch

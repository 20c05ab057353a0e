#include "vswitch/dpif/upcall_reader.h"

#include "vswitch/dpif/records.h"

namespace ovs::vswitch {

std::vector<Upcall> read_upcall_batch(Channel& channel) {
  std::vector<Upcall> batch;
  const auto take = [&](const wire::MessageView& message) {
    auto upcall = parse_upcall(message);
    if (upcall) batch.push_back(std::move(upcall).value());
  };
  while (batch.size() < kUpcallBatch) {
    const auto more = channel.read(platform::DeviceControl::ReadPacket, take);
    if (!more || !*more) break;
  }
  return batch;
}

class UpcallReader::Pended final : public platform::DeviceRequest {
 public:
  Pended(UpcallReader& owner, Bytes message)
      : DeviceRequest(platform::DeviceControl::Write, message, MutableBytes()), owner_(owner) {}

  // The reader's thread may go on as soon as the lock is free, and this with it.
  void completed(Result<std::size_t> outcome) override {
    const std::lock_guard lock(owner_.mutex_);
    owner_.with_device_ = false;
    owner_.is_refused_ = !outcome.ok();
    owner_.changed_.notify_all();
  }

 private:
  UpcallReader& owner_;
};

UpcallReader::UpcallReader(std::unique_ptr<Channel> channel, std::function<void()> started,
                           const Dpif::UpcallHandler& handler)
    : channel_(std::move(channel)), handler_(handler), thread_([this, started] {
        if (started) started();
        run();
      }) {}

UpcallReader::~UpcallReader() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void UpcallReader::run() {
  do {
    for (std::vector<Upcall> batch; !(batch = read_upcall_batch(*channel_)).empty();) {
      handler_(batch);
      const std::lock_guard lock(mutex_);
      if (is_stopping_) return;
    }
  } while (wait() == Outcome::News);
}

UpcallReader::Outcome UpcallReader::wait() {
  NetlinkRequest pend(wire::Family::Control, wire::ControlCommand::PendPacketRequest);
  Pended request(*this, pend.finish(0, channel_->pid()));
  {
    const std::lock_guard lock(mutex_);
    if (is_stopping_) return Outcome::Stopped;
    with_device_ = true;
  }
  channel_->handle().submit(request);
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return !with_device_ || is_stopping_; });
  if (with_device_) {
    lock.unlock();
    channel_->handle().cancel(request);
    lock.lock();
    changed_.wait(lock, [this] { return !with_device_; });
  }
  // A device that takes no request (it is closing) has no news either.
  changed_.wait(lock, [this] { return !is_refused_ || is_stopping_; });
  return is_stopping_ ? Outcome::Stopped : Outcome::News;
}

}  // namespace ovs::vswitch

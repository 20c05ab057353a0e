// One thread that switches packets: receives from its ports, runs the engine, sleeps when there is
// nothing to do.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "datapath/datapath.h"
#include "userdp/pooled_host.h"
#include "userdp/user_datapath.h"

namespace ovs::userdp {

// A frame port that threads share for sending, and one thread receives from.
class SharedPort final : public FrameSink {
 public:
  SharedPort(Boxed<platform::FramePort> port, std::uint32_t number)
      : port_(std::move(port)), number_(number) {}

  void send(Span<const platform::FrameParts> frames) override {
    const std::lock_guard lock(sending_);
    port_->send(frames);
  }
  platform::FramePort& port() { return *port_; }
  std::uint32_t number() const { return number_; }

 private:
  std::mutex sending_;
  Boxed<platform::FramePort> port_;
  std::uint32_t number_;
};

class Worker {
 public:
  Worker(datapath::Datapath& datapath, unsigned processor, Owned<datapath::PacketPool> pool,
         Boxed<platform::FrameWait> wait, Waiting waiting);
  ~Worker();

  // From other threads; each returns when the worker has done it.
  void add(SharedPort& port);
  void remove(SharedPort& port);
  std::size_t port_count() const { return port_count_.load(std::memory_order_relaxed); }

 private:
  void on_thread(const std::function<void()>& what);
  void run();
  void run_commands();
  bool receive(SharedPort& port);

  datapath::Datapath& datapath_;
  datapath::Processor& processor_;
  PooledHost host_;
  Boxed<platform::FrameWait> wait_;
  Waiting waiting_;
  std::vector<SharedPort*> ports_;
  std::atomic<std::size_t> port_count_{0};

  std::mutex mutex_;
  std::condition_variable done_;
  const std::function<void()>* command_ = nullptr;  // under mutex_
  std::atomic<bool> has_command_{false};
  std::atomic<bool> stop_{false};
  std::thread thread_;  // last: it uses all of the above
};

}  // namespace ovs::userdp

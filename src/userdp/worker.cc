#include "userdp/worker.h"

#include <algorithm>

namespace ovs::userdp {

using datapath::kBatch;
using datapath::Packet;
using platform::FrameRoom;

namespace {

constexpr std::uint32_t kSleepMs = 100;     // at most, so that held packets are looked after
constexpr unsigned kRoundsBeforeSleep = 2;  // without a frame

}  // namespace

Worker::Worker(datapath::Datapath& datapath, unsigned processor, Owned<datapath::PacketPool> pool,
               Boxed<platform::FrameWait> wait, Waiting waiting)
    : datapath_(datapath),
      processor_(datapath.processor(processor)),
      host_(std::move(pool)),
      wait_(std::move(wait)),
      waiting_(waiting) {
  processor_.host = &host_;
  thread_ = std::thread([this] { run(); });
}

Worker::~Worker() {
  stop_.store(true);
  wait_->wake();
  thread_.join();
}

void Worker::on_thread(const std::function<void()>& what) {
  std::unique_lock lock(mutex_);
  done_.wait(lock, [this] { return command_ == nullptr; });
  command_ = &what;
  has_command_.store(true);
  wait_->wake();
  done_.wait(lock, [&] { return command_ != &what; });
}

void Worker::run_commands() {
  const std::lock_guard lock(mutex_);
  has_command_.store(false);
  if (command_ == nullptr) return;
  (*command_)();
  command_ = nullptr;
  done_.notify_all();
}

void Worker::add(SharedPort& port) {
  on_thread([&] {
    ports_.push_back(&port);
    (void)wait_->add(port.port());  // a port that cannot be waited for is asked every kSleepMs
    port_count_.store(ports_.size());
  });
}

void Worker::remove(SharedPort& port) {
  on_thread([&] {
    wait_->remove(port.port());
    std::erase(ports_, &port);
    port_count_.store(ports_.size());
  });
}

// Whether there were frames. Rooms lie in packets: nothing is copied.
bool Worker::receive(SharedPort& port) {
  Packet* packets[kBatch];
  FrameRoom rooms[kBatch];
  unsigned count = 0;
  for (; count < kBatch; ++count) {
    Packet* packet = host_.pool().take();
    if (packet == nullptr) break;
    packets[count] = packet;
    rooms[count] = FrameRoom{packet->data, host_.pool().frame_capacity(), 0, {}};
  }
  const auto received = port.port().receive(Span<FrameRoom>(rooms, count));
  const std::size_t got = received ? *received : 0;
  OVS_ASSERT(got <= count);
  for (std::size_t i = 0; i < got; ++i) {
    packets[i]->head_size = std::uint32_t(rooms[i].size);
    packets[i]->in_port = port.number();
    packets[i]->open = {rooms[i].partial.start, rooms[i].partial.offset};
  }
  host_.release(Span<Packet* const>(packets + got, count - got));
  datapath_.receive(processor_, Span<Packet* const>(packets, got));
  return got != 0;
}

void Worker::run() {
  const RcuOnline online;
  unsigned idle_rounds = 0;
  while (!stop_.load(std::memory_order_relaxed)) {
    if (has_command_.load(std::memory_order_acquire)) run_commands();
    bool busy = false;
    for (SharedPort* port : ports_) busy |= receive(*port);
    datapath_.retry_held(processor_);
    rcu_quiescent();
    idle_rounds = busy ? 0 : idle_rounds + 1;
    if (waiting_ == Waiting::Poll || idle_rounds < kRoundsBeforeSleep) continue;
    const RcuOffline offline;
    wait_->wait(kSleepMs);
  }
  // What still waits for a neighbour goes back to the pool.
  for (unsigned i = 0; i < processor_.held_count; ++i) {
    host_.release(Span<Packet* const>(&processor_.held[i].packet, 1));
  }
  processor_.held_count = 0;
}

}  // namespace ovs::userdp

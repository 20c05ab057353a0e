// A thread that reads upcalls from a channel of its own and handles them, batch by batch; it sleeps
// in one pended request while there are none. Ends when it is destroyed, after the batch under way.
#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "vswitch/dpif/channel.h"

namespace ovs::vswitch {

inline constexpr std::size_t kUpcallBatch = 64;

// Reads what waits in the channel, at most kUpcallBatch.
std::vector<Upcall> read_upcall_batch(Channel& channel);

class UpcallReader {
 public:
  // `started` runs first, on the new thread.
  UpcallReader(std::unique_ptr<Channel> channel, std::function<void()> started,
               const Dpif::UpcallHandler& handler);
  ~UpcallReader();
  UpcallReader(const UpcallReader&) = delete;
  UpcallReader& operator=(const UpcallReader&) = delete;

  std::uint32_t pid() const { return channel_->pid(); }
  Channel& channel() { return *channel_; }

 private:
  class Pended;
  enum class Outcome : bool { News, Stopped };
  void run();
  Outcome wait();

  std::unique_ptr<Channel> channel_;
  const Dpif::UpcallHandler& handler_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopping_ = false;  // these three under the mutex
  bool with_device_ = false;  // the request is pended
  bool is_refused_ = false;   // the last one ended with an error
  std::thread thread_;        // last: it uses all of the above
};

}  // namespace ovs::vswitch

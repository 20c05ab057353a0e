// Keeps megaflows right. A round dumps the datapath's flows, replays their statistics, removes idle
// ones and translates again what something changed for. Settling does the last alone, without a
// dump, for whoever waits until the datapath does what the tables say. Runs on threads of its own,
// or, stepped, inside the calls; starting, stopping and results are the control thread's.
#pragma once
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <thread>

#include "daemon/run/loop.h"
#include "vswitch/backer/state.h"

namespace ovs::vswitch {

class Revalidators {
 public:
  struct Round {
    std::uint64_t began_ms = 0, took_ms = 0;
    std::size_t dumped = 0;
  };
  struct Events {
    std::function<void(const Round&)> round_done;
    std::function<void(std::uint64_t ticket)> settled;    // everything asked for up to this ticket
    std::function<void(unsigned number)> thread_started;  // on the new thread
  };
  // A settling that takes longer leaves the rest to the next round.
  static constexpr std::uint64_t kMaxSettleMs = 200;

  // `events` come on the loop; stepped, inside start_round() and settle().
  Revalidators(BackerState& state, daemon::Loop& loop, Events events);
  ~Revalidators();
  Revalidators(const Revalidators&) = delete;
  Revalidators& operator=(const Revalidators&) = delete;

  // 0: stepped. Ends the threads that there were, after what they are doing.
  void set_threads(unsigned count);
  unsigned thread_count() const { return unsigned(threads_.size()); }

  // Not while one is under way.
  void start_round(std::uint64_t max_idle_ms);
  bool is_round_running() const { return is_round_running_; }
  // Megaflows follow all that was published before; then Events::settled tells this ticket. Tickets
  // rise.
  void settle(std::uint64_t ticket);
  void purge();  // deletes all megaflows now; any thread

 private:
  enum class Verdict : std::uint8_t { Keep, Modify, Delete };
  using Batch = std::vector<DpifFlow>;
  static constexpr std::size_t kBatch = 64;
  static constexpr std::size_t kMaxBatchesWaiting = 8;
  struct Link;

  void stop();
  void lead();    // the first thread's
  void assist();  // the others'
  Round run_round();
  void settle_if_asked();
  void run_settling();
  void hand_out(Batch batch);
  void finish_batches();
  void look_at(const Batch& batch);
  void look_at(MegaflowTable::Shard& shard, const DpifFlow& dumped);
  void refresh(MegaflowTable::Shard& shard, Megaflow& flow);
  Verdict judge(Megaflow& flow);
  Verdict translate_again(Megaflow& flow);
  void adopt(MegaflowTable::Shard& shard, const DpifFlow& dumped);
  void judge_adopted();
  void carry_out(Verdict verdict, MegaflowTable::Shard& shard, Megaflow& flow);
  void remove(MegaflowTable::Shard& shard, Megaflow& flow);
  template <class F>
  static std::vector<Ufid> ufids_of(MegaflowTable::Shard& shard, F&& is_wanted) {
    std::vector<Ufid> wanted;
    shard.for_each([&](const Megaflow& flow) {
      if (is_wanted(flow)) wanted.push_back(flow.ufid);
    });
    return wanted;
  }
  void tell_round(const Round& round);
  void tell_settled(std::uint64_t ticket);

  BackerState& state_;
  daemon::Loop& loop_;
  Events events_;
  std::shared_ptr<Link> link_;
  bool is_round_running_ = false;
  bool is_stepped_ = true;  // these two change while there are no threads
  unsigned assistants_ = 0;
  std::uint64_t now_ms_ = 0, max_idle_ms_ = 0;  // of the round under way

  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  bool is_stopping_ = false, wants_round_ = false;
  std::uint64_t settle_asked_ = 0, settle_done_ = 0;
  std::deque<Batch> waiting_;
  std::vector<Ufid> adopted_;         // in the round under way, and not judged yet
  unsigned busy_ = 0;                 // batches that assistants work at
  std::vector<std::thread> threads_;  // the control thread's
};

}  // namespace ovs::vswitch

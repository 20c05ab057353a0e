#include "vswitch/backer/revalidators.h"

#include <algorithm>

#include "vswitch/dpif/ufid.h"

namespace ovs::vswitch {

// Between what was posted to the loop and who posted it.
struct Revalidators::Link {
  Revalidators* owner;  // null once it is gone; the loop's thread
};

Revalidators::Revalidators(BackerState& state, daemon::Loop& loop, Events events)
    : state_(state),
      loop_(loop),
      events_(std::move(events)),
      link_(std::make_shared<Link>(Link{this})) {}

Revalidators::~Revalidators() {
  link_->owner = nullptr;
  stop();
}

void Revalidators::stop() {
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  is_stopping_ = false;
}

void Revalidators::set_threads(unsigned count) {
  stop();
  is_stepped_ = count == 0;
  assistants_ = count > 0 ? count - 1 : 0;
  for (unsigned number = 0; number < count; ++number) {
    threads_.emplace_back([this, number] {
      if (events_.thread_started) events_.thread_started(number);
      number == 0 ? lead() : assist();
    });
  }
}

void Revalidators::start_round(std::uint64_t max_idle_ms) {
  OVS_ASSERT(!is_round_running_);
  is_round_running_ = true;
  now_ms_ = state_.now_ms();
  max_idle_ms_ = max_idle_ms;
  if (is_stepped_) return tell_round(run_round());
  const std::lock_guard lock(mutex_);
  wants_round_ = true;
  changed_.notify_all();
}

void Revalidators::settle(std::uint64_t ticket) {
  {
    const std::lock_guard lock(mutex_);
    settle_asked_ = ticket;
    changed_.notify_all();
  }
  if (is_stepped_) settle_if_asked();
}

void Revalidators::tell_round(const Round& round) {
  const auto tell = [link = link_, round] {
    if (link->owner == nullptr) return;
    link->owner->is_round_running_ = false;
    link->owner->events_.round_done(round);
  };
  is_stepped_ ? tell() : loop_.post(tell);
}

void Revalidators::tell_settled(std::uint64_t ticket) {
  const auto tell = [link = link_, ticket] {
    if (link->owner != nullptr) link->owner->events_.settled(ticket);
  };
  is_stepped_ ? tell() : loop_.post(tell);
}

void Revalidators::lead() {
  for (;;) {
    settle_if_asked();
    {
      std::unique_lock lock(mutex_);
      changed_.wait(
          lock, [this] { return is_stopping_ || wants_round_ || settle_asked_ != settle_done_; });
      if (is_stopping_) return;
      if (!std::exchange(wants_round_, false)) continue;
    }
    tell_round(run_round());
  }
}

void Revalidators::assist() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return is_stopping_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const Batch batch = std::move(waiting_.front());
    waiting_.pop_front();
    ++busy_;
    lock.unlock();
    look_at(batch);
    lock.lock();
    --busy_;
    changed_.notify_all();
  }
}

// What assistants cannot take soon, the leader does itself.
void Revalidators::hand_out(Batch batch) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() < std::min<std::size_t>(assistants_, 1) * kMaxBatchesWaiting) {
      waiting_.push_back(std::move(batch));
      changed_.notify_all();
      return;
    }
  }
  look_at(batch);
}

void Revalidators::finish_batches() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.empty() && busy_ == 0; });
}

Revalidators::Round Revalidators::run_round() {
  Round round;
  round.began_ms = now_ms_;
  const std::uint64_t number = state_.dump_number.fetch_add(1) + 1;
  Batch batch;
  const auto done = state_.dpif.flow_dump([&](DpifFlow& flow) {
    ++round.dumped;
    batch.push_back(std::move(flow));
    if (batch.size() < kBatch) return;
    hand_out(std::exchange(batch, {}));
    settle_if_asked();
  });
  look_at(batch);
  finish_batches();
  judge_adopted();
  if (done.ok()) {  // what it had not is gone from the datapath
    state_.megaflows.for_each_shard([&](MegaflowTable::Shard& shard) {
      shard.erase_if([&](const Megaflow& flow) { return flow.dump < number; });
    });
  }
  state_.frozen.end_round();
  state_.reclaim();
  round.took_ms = state_.now_ms() - round.began_ms;
  return round;
}

void Revalidators::look_at(const Batch& batch) {
  for (const DpifFlow& dumped : batch) {
    state_.megaflows.with(dumped.ufid,
                          [&](MegaflowTable::Shard& shard) { look_at(shard, dumped); });
  }
}

void Revalidators::look_at(MegaflowTable::Shard& shard, const DpifFlow& dumped) {
  Megaflow* flow = shard.find(dumped.ufid);
  if (flow == nullptr) return adopt(shard, dumped);
  const std::uint64_t number = state_.dump_number.load(std::memory_order_relaxed);
  if (flow->dump > number) return;  // made meanwhile: what was dumped may be another of its name
  flow->dump = number;
  flow->replay(dumped.stats);
  carry_out(judge(*flow), shard, *flow);
}

Revalidators::Verdict Revalidators::judge(Megaflow& flow) {
  if (flow.used_ms() + max_idle_ms_ < now_ms_) return Verdict::Delete;
  return state_.is_stale(flow.began, flow.cells) ? translate_again(flow) : Verdict::Keep;
}

// A flow that is not known, of an earlier life of ours: it stays if it is what would be put now.
// What it counted then was told then. Before any is judged, all have taught what their packets
// teach: else those that went to a learned address would be flooded, and go, all at once.
void Revalidators::adopt(MegaflowTable::Shard& shard, const DpifFlow& dumped) {
  const auto known = state_.translate_key(dumped.key);
  if (known && dumped.stats.used_ms != 0) known->translation.effects.learn(dumped.stats.used_ms);
  Megaflow flow;
  flow.ufid = dumped.ufid;
  flow.key = dumped.key;
  flow.mask = dumped.mask;
  flow.actions = dumped.actions;
  flow.seen = dumped.stats;
  flow.created_ms = now_ms_;
  flow.dump = state_.dump_number.load(std::memory_order_relaxed);
  shard.insert(std::move(flow));
  const std::lock_guard lock(mutex_);
  adopted_.push_back(dumped.ufid);
}

void Revalidators::judge_adopted() {
  std::vector<Ufid> adopted;
  {
    const std::lock_guard lock(mutex_);
    adopted.swap(adopted_);
  }
  for (const Ufid& ufid : adopted) {
    state_.megaflows.with(ufid, [&](MegaflowTable::Shard& shard) {
      Megaflow* flow = shard.find(ufid);
      if (flow != nullptr) carry_out(translate_again(*flow), shard, *flow);
    });
  }
}

Revalidators::Verdict Revalidators::translate_again(Megaflow& flow) {
  auto again = state_.translate_key(flow.key);
  if (!again) return Verdict::Delete;
  Translation& translation = again->translation;
  // By its name, which is of key and mask as they were put: a dump may have the mask in other bits.
  const flow::FlowMask mask = datapath_mask(translation.wildcards, flow.key);
  if (ufid_of(flow.key, mask) != flow.ufid) return Verdict::Delete;
  flow.began = again->began;
  flow.cells = translation.dependencies.compact();
  flow.effects = std::move(translation.effects);
  flow.frozen = std::move(translation.frozen);
  if (translation.actions == flow.actions) return Verdict::Keep;
  flow.actions = std::move(translation.actions);
  return Verdict::Modify;
}

void Revalidators::carry_out(Verdict verdict, MegaflowTable::Shard& shard, Megaflow& flow) {
  switch (verdict) {
    case Verdict::Keep: return;
    case Verdict::Modify:
      if (state_.dpif.flow_put({FlowPutMode::Modify, flow.ufid, flow.key, flow.mask, flow.actions})
              .ok()) {
        return;
      }
      [[fallthrough]];
    case Verdict::Delete: remove(shard, flow);
  }
}

void Revalidators::remove(MegaflowTable::Shard& shard, Megaflow& flow) {
  const auto last = state_.dpif.flow_del(flow.ufid, flow.key);
  if (last.ok()) flow.replay(*last);
  shard.erase(Ufid(flow.ufid));
}

void Revalidators::purge() {
  state_.megaflows.for_each_shard([this](MegaflowTable::Shard& shard) {
    for (const Ufid& ufid : ufids_of(shard, [](const Megaflow&) { return true; })) {
      remove(shard, *shard.find(ufid));
    }
  });
}

void Revalidators::settle_if_asked() {
  std::uint64_t ticket = 0;
  {
    const std::lock_guard lock(mutex_);
    if (settle_asked_ == settle_done_) return;
    ticket = settle_asked_;
  }
  run_settling();
  {
    const std::lock_guard lock(mutex_);
    settle_done_ = ticket;
  }
  tell_settled(ticket);
}

void Revalidators::run_settling() {
  const std::uint64_t deadline = state_.now_ms() + kMaxSettleMs;
  const auto is_stale = [this](const Megaflow& flow) {
    return state_.is_stale(flow.began, flow.cells);
  };
  state_.megaflows.for_each_shard([&](MegaflowTable::Shard& shard) {
    for (const Ufid& ufid : ufids_of(shard, is_stale)) {
      if (state_.now_ms() > deadline) return;
      refresh(shard, *shard.find(ufid));
    }
  });
  state_.reclaim();
}

// Packets until now belong to the old translation.
void Revalidators::refresh(MegaflowTable::Shard& shard, Megaflow& flow) {
  const auto found = state_.dpif.flow_find(flow.ufid, flow.key);
  if (!found.ok()) return shard.erase(Ufid(flow.ufid));
  flow.replay(found->stats);
  carry_out(translate_again(flow), shard, flow);
}

}  // namespace ovs::vswitch

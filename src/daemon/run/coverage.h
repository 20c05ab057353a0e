// Counters of events, for coverage/show and coverage/read-counter. A program has one Coverage and
// gives it to whoever counts. Any thread may count.
#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/maybe.h"

namespace ovs::daemon {

class Coverage {
 public:
  class Counter {
   public:
    void add(std::uint64_t count = 1) { total_.fetch_add(count, std::memory_order_relaxed); }
    std::uint64_t total() const { return total_.load(std::memory_order_relaxed); }

   private:
    std::atomic<std::uint64_t> total_{0};
  };

  // Made on first use, lives as long as the Coverage.
  Counter& counter(std::string_view name);
  // `update` brings counters up to date that stand for what is counted elsewhere: it is called
  // before anything is sampled, shown or read, by whoever does that.
  void before_looks(std::function<void()> update) { updates_.push_back(std::move(update)); }
  Maybe<std::uint64_t> read(std::string_view name) const;

  // To be called every kSampleMs: what the rates are computed from.
  static constexpr std::uint64_t kSampleMs = 5000;
  void sample();
  std::string text() const;  // the reply to coverage/show

 private:
  // Events in each of the last five-second slots of a minute, and minutes of an hour, as rings.
  struct Entry {
    Counter counter;
    std::uint64_t sampled = 0;
    std::uint64_t slots[12] = {};
    std::uint64_t minutes[60] = {};
  };

  void update() const;

  std::vector<std::function<void()>> updates_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Entry>, std::less<>> entries_;
  std::uint64_t samples_ = 0;
};

}  // namespace ovs::daemon

// Sampling and showing of event counters.
#include "daemon/run/coverage.h"

#include <fmt/format.h>

#include <numeric>

namespace ovs::daemon {
namespace {

constexpr std::uint64_t kSlots = 12;
constexpr std::uint64_t kMinutes = 60;
constexpr double kSlotSeconds = 5;

template <std::size_t N>
double sum(const std::uint64_t (&ring)[N]) {
  return static_cast<double>(std::accumulate(std::begin(ring), std::end(ring), std::uint64_t{0}));
}

}  // namespace

Coverage::Counter& Coverage::counter(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second->counter;
  return entries_.emplace(std::string(name), std::make_unique<Entry>()).first->second->counter;
}

void Coverage::update() const {
  for (const auto& update : updates_) update();
}

Maybe<std::uint64_t> Coverage::read(std::string_view name) const {
  update();
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(name);
  if (found == entries_.end()) return kNone;
  return found->second->counter.total();
}

void Coverage::sample() {
  update();
  const std::lock_guard lock(mutex_);
  const std::uint64_t slot = samples_ % kSlots;
  const std::uint64_t minute = samples_ / kSlots % kMinutes;
  for (auto& [name, entry] : entries_) {
    const std::uint64_t total = entry->counter.total();
    const std::uint64_t events = total - entry->sampled;
    entry->sampled = total;
    entry->slots[slot] = events;
    entry->minutes[minute] = slot == 0 ? events : entry->minutes[minute] + events;
  }
  ++samples_;
}

std::string Coverage::text() const {
  update();
  const std::lock_guard lock(mutex_);
  const std::uint64_t last = (samples_ + kSlots - 1) % kSlots;
  std::string lines;
  std::size_t never = 0;
  std::uint64_t hash = 14695981039346656037u;  // FNV-1a over the names that were hit
  for (const auto& [name, entry] : entries_) {
    const std::uint64_t total = entry->counter.total();
    if (total == 0) {
      ++never;
      continue;
    }
    for (const char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211u;
    fmt::format_to(std::back_inserter(lines),
                   "{:<24} {:5.1f}/sec {:9.3f}/sec {:13.4f}/sec   total: {}\n", name,
                   static_cast<double>(entry->slots[last]) / kSlotSeconds, sum(entry->slots) / 60,
                   sum(entry->minutes) / 3600, total);
  }
  return fmt::format(
      "Event coverage, avg rate over last: 5 seconds, last minute, last hour,  hash={:08x}:\n{}"
      "{} events never hit\n",
      static_cast<std::uint32_t>(hash), lines, never);
}

}  // namespace ovs::daemon

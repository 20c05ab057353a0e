#include "vswitch/tables/mac_table.h"

#include <algorithm>

namespace ovs::vswitch {

std::uint64_t MacTable::key_of(const MacAddress& mac, std::uint16_t vlan) {
  std::uint64_t key = vlan;
  for (const std::uint8_t byte : mac.bytes) key = key << 8 | byte;
  return key;
}

std::uint64_t MacTable::stamp(const MacAddress& mac, std::uint16_t vlan) const {
  return stamp_of(StampKind::Mac, bridge_, key_of(mac, vlan));
}

std::optional<OfPort> MacTable::find(const MacAddress& mac, std::uint16_t vlan) const {
  const std::lock_guard lock(mutex_);
  if (settings_.flood_vlans.test(vlan)) return std::nullopt;
  const auto at = index_.find(key_of(mac, vlan));
  if (at == index_.end()) return std::nullopt;
  return at->second->port;
}

void MacTable::erase(Entries::iterator entry) {
  stamps_.touch(stamp(entry->mac, entry->vlan));
  if (!entry->is_static) --per_port_[std::uint16_t(entry->port)];
  index_.erase(key_of(entry->mac, entry->vlan));
  entries_.erase(entry);
}

// Makes room at the cost of the port that has most entries, so that one port cannot push out all
// others.
void MacTable::evict_one() {
  const auto most =
      std::max_element(per_port_.begin(), per_port_.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == per_port_.end() || most->second == 0) return;
  const auto victim = std::find_if(entries_.begin(), entries_.end(), [&](const MacEntry& entry) {
    return !entry.is_static && std::uint16_t(entry.port) == most->first;
  });
  if (victim == entries_.end()) return;
  ++counters_.evicted;
  erase(victim);
}

// The entry, made if there is none, as the most recently used one.
MacEntry& MacTable::fresh_entry(const MacAddress& mac, std::uint16_t vlan) {
  const std::uint64_t key = key_of(mac, vlan);
  const auto at = index_.find(key);
  if (at != index_.end()) {
    entries_.splice(entries_.end(), entries_, at->second);
    return entries_.back();
  }
  if (index_.size() >= settings_.max_entries) evict_one();
  MacEntry entry;
  entry.mac = mac;
  entry.vlan = vlan;
  entry.port = kPortNone;
  entries_.push_back(entry);
  index_[key] = std::prev(entries_.end());
  ++per_port_[std::uint16_t(kPortNone)];
  return entries_.back();
}

void MacTable::learn(const MacAddress& mac, std::uint16_t vlan, OfPort port, std::uint64_t now_ms,
                     GratuitousArp gratuitous) {
  if (mac.is_multicast()) return;  // a source must not be a group
  const std::lock_guard lock(mutex_);
  const auto at = index_.find(key_of(mac, vlan));
  if (at != index_.end() && at->second->is_static) return;
  if (settings_.max_entries == 0 || settings_.flood_vlans.test(vlan)) return;
  MacEntry& entry = fresh_entry(mac, vlan);
  if (gratuitous == GratuitousArp::Yes) entry.locked_until_ms = now_ms + kArpLockMs;
  entry.used_ms = std::max(entry.used_ms, now_ms);
  if (entry.port == port) return;
  entry.port == kPortNone ? ++counters_.learned : ++counters_.moved;
  --per_port_[std::uint16_t(entry.port)];
  ++per_port_[std::uint16_t(port)];
  entry.port = port;
  stamps_.touch(stamp(mac, vlan));
}

void MacTable::add_static(const MacAddress& mac, std::uint16_t vlan, OfPort port,
                          std::uint64_t now_ms) {
  const std::lock_guard lock(mutex_);
  MacEntry& entry = fresh_entry(mac, vlan);
  if (!entry.is_static) --per_port_[std::uint16_t(entry.port)];
  entry.port = port;
  entry.used_ms = now_ms;
  entry.is_static = true;
  stamps_.touch(stamp(mac, vlan));
}

MacTable::Removal MacTable::remove_static(const MacAddress& mac, std::uint16_t vlan) {
  const std::lock_guard lock(mutex_);
  const auto at = index_.find(key_of(mac, vlan));
  if (at == index_.end()) return Removal::NotFound;
  if (!at->second->is_static) return Removal::NotStatic;
  erase(at->second);
  return Removal::Removed;
}

void MacTable::flush() {
  const std::lock_guard lock(mutex_);
  forget_learned();
}

void MacTable::forget_learned() {
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto entry = at++;
    if (!entry->is_static) erase(entry);
  }
}

void MacTable::flush_port(OfPort port) {
  const std::lock_guard lock(mutex_);
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto entry = at++;
    if (entry->port == port) erase(entry);
  }
}

void MacTable::configure(const MacTableSettings& settings) {
  const std::lock_guard lock(mutex_);
  if (settings.flood_vlans != settings_.flood_vlans) forget_learned();
  settings_ = settings;
  while (index_.size() > settings_.max_entries) {
    const std::size_t before = index_.size();
    evict_one();
    if (index_.size() == before) break;  // static ones stay
  }
}

void MacTable::expire(std::uint64_t now_ms) {
  const std::lock_guard lock(mutex_);
  for (auto at = entries_.begin(); at != entries_.end();) {
    const auto entry = at++;
    if (entry->is_static) continue;
    if (entry->used_ms + settings_.idle_ms > now_ms) break;  // the others were used later
    ++counters_.expired;
    erase(entry);
  }
}

std::vector<MacEntry> MacTable::entries() const {
  const std::lock_guard lock(mutex_);
  return {entries_.begin(), entries_.end()};
}

MacTableCounters MacTable::counters() const {
  const std::lock_guard lock(mutex_);
  return counters_;
}

void MacTable::clear_counters() {
  const std::lock_guard lock(mutex_);
  counters_ = {};
}

std::size_t MacTable::count() const {
  const std::lock_guard lock(mutex_);
  return index_.size();
}

std::size_t MacTable::max_count() const {
  const std::lock_guard lock(mutex_);
  return settings_.max_entries;
}

}  // namespace ovs::vswitch

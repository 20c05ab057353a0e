// Which port a MAC address was last seen on, per VLAN: what NORMAL learns. Entries age; a full
// table gives up an entry of the port that has most. Any thread; each call takes the table's lock
// for a moment.
#pragma once
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include "vswitch/tables/settings.h"
#include "vswitch/tables/shared.h"
#include "vswitch/tables/stamps.h"

namespace ovs::vswitch {

struct MacEntry {
  MacAddress mac;
  std::uint16_t vlan = 0;
  OfPort port{};  // one of the bundle's
  std::uint64_t used_ms = 0;
  std::uint64_t locked_until_ms = 0;  // a gratuitous ARP came this way: reflections do not move it
  bool is_static = false;
};

struct MacTableCounters {
  std::uint64_t learned = 0, expired = 0, evicted = 0, moved = 0;
};

enum class GratuitousArp : bool { No, Yes };

class MacTable : public SharedCount {
 public:
  static constexpr std::uint64_t kArpLockMs = 5000;

  // `bridge` keeps the stamps of different tables apart.
  MacTable(std::uint64_t bridge, Stamps& stamps) : bridge_(bridge), stamps_(stamps) {}

  std::optional<OfPort> find(const MacAddress& mac, std::uint16_t vlan) const;
  // What find() depends on.
  std::uint64_t stamp(const MacAddress& mac, std::uint16_t vlan) const;

  void learn(const MacAddress& mac, std::uint16_t vlan, OfPort port, std::uint64_t now_ms,
             GratuitousArp gratuitous);
  void add_static(const MacAddress& mac, std::uint16_t vlan, OfPort port, std::uint64_t now_ms);
  enum class Removal : std::uint8_t { Removed, NotFound, NotStatic };
  Removal remove_static(const MacAddress& mac, std::uint16_t vlan);
  void flush();  // what was learned
  void flush_port(OfPort port);
  // Other VLANs to flood: what was learned is forgotten.
  void configure(const MacTableSettings& settings);
  void expire(std::uint64_t now_ms);

  std::vector<MacEntry> entries() const;  // least recently used first
  MacTableCounters counters() const;
  void clear_counters();
  std::size_t count() const;
  std::size_t max_count() const;

 private:
  using Entries = std::list<MacEntry>;
  static std::uint64_t key_of(const MacAddress& mac, std::uint16_t vlan);
  void erase(Entries::iterator entry);
  void evict_one();
  void forget_learned();
  MacEntry& fresh_entry(const MacAddress& mac, std::uint16_t vlan);

  const std::uint64_t bridge_;
  Stamps& stamps_;
  mutable std::mutex mutex_;  // guards what follows
  Entries entries_;           // least recently used first
  std::unordered_map<std::uint64_t, Entries::iterator> index_;
  std::unordered_map<std::uint16_t, std::size_t> per_port_;
  MacTableSettings settings_;
  MacTableCounters counters_;
};

}  // namespace ovs::vswitch

// What packets of one translation do beside moving: rules and tables that count them, addresses to
// learn, ports that only the switch counts for. Recorded once, replayed whenever the datapath tells
// of more packets.
#pragma once
#include <cstdint>
#include <variant>
#include <vector>

#include "vswitch/tables/view.h"

namespace ovs::vswitch {

struct Traffic {
  std::uint64_t packets = 0, bytes = 0;
  std::uint64_t used_ms = 0;
  std::uint16_t tcp_flags = 0;
};

struct RuleHit {
  Shared<Rule> rule;
};
struct TableLookup {
  Shared<TableCounters> counters;
  std::uint8_t table = 0;
  bool matched = false;
};
enum class Direction : std::uint8_t { Received, Sent };
struct PortTraffic {
  Shared<PortCounters> counters;
  Direction direction = Direction::Received;
};
// A group or a bucket of it.
struct PacketsCounted {
  Shared<PacketCount> count;
};
struct MacSeen {
  Shared<MacTable> macs;
  MacAddress mac;
  std::uint16_t vlan = 0;
  OfPort port{};
  GratuitousArp gratuitous = GratuitousArp::No;
};
using Effect = std::variant<RuleHit, TableLookup, PortTraffic, PacketsCounted, MacSeen>;

class Effects {
 public:
  void add(Effect effect) { effects_.push_back(std::move(effect)); }
  void apply(const Traffic& traffic) const;
  // Of a packet that is not counted: what it teaches alone.
  void learn(std::uint64_t now_ms) const;
  void clear() { effects_.clear(); }
  bool empty() const { return effects_.empty(); }
  const std::vector<Effect>& list() const { return effects_; }

 private:
  std::vector<Effect> effects_;
};

}  // namespace ovs::vswitch

// All that one processor needs to switch packets, kept for it so that the packet path takes no
// memory and no lock: keys, queues, counters. Used by one thread at a time; in the kernel by
// whoever runs at DISPATCH on that processor.
#pragma once
#include "datapath/pipeline/packet.h"
#include "datapath/port/vport.h"
#include "datapath/table/flow_table.h"

namespace ovs::datapath {

enum class Drop : std::uint8_t {
  NoPort,         // output to a number that no port has
  NoDevice,       // the port waits for its device
  NoBuffer,       // the host has no packet left for a copy
  NoSegment,      // nor for a segment; or the packet cannot be cut into segments
  NoHeadroom,     // a header to be pushed does not fit
  TooManyPasses,  // recirculated or tunnelled kMaxPasses times
  QueueFull,      // too many packets under way at once
  NoTunnelKey,    // output to a tunnel by a flow that sets no tunnel
  NoRoute,
  HeldTooLong,  // its next hop did not answer
  HoldFull,     // too many wait for their next hop
  BadTunnel,    // a tunnel packet that is not one
  TooLarge,     // for the port's MTU
  NoListener,   // an upcall that no session reads, or whose ring is full
  // A host's, of packets that the engine had sent or has not seen.
  DeviceGone,  // the port's device went, or cannot be sent to at the moment
  Policy,      // what the port's owner has set forbids it
  Unreadable,  // its bytes, or what its sender said of them, make no frame
  NoHostRoom,  // the host had no memory to take it in, or to send it
  Count,
};

inline constexpr unsigned kMaxUnderWay =
    256;  // packets of one batch that wait for their next lookup
inline constexpr unsigned kTxQueues = 16, kTxQueueLength = 64;
inline constexpr unsigned kMaxHeld = 64;        // packets that wait for a neighbour
inline constexpr std::uint64_t kHoldMs = 3000;  // as long as three ARP requests take
inline constexpr unsigned kMaxListDepth = 5;    // kMaxNesting and the packets themselves

struct TxQueue {
  const Vport* port = nullptr;
  unsigned count = 0;
  Packet* packets[kTxQueueLength];
};

struct HeldPacket {
  Packet* packet = nullptr;
  PortNo tunnel = kNoPort;
  Ipv4Address next_hop;
  PortNo port = kNoPort;
  std::uint64_t until_ms = 0;
};

struct PacketList {
  unsigned count = 0;
  Packet* packets[kBatch];

  Span<Packet* const> span() const { return Span<Packet* const>(packets, count); }
};

struct Processor {
  static constexpr MemoryTag kTag = memory_tag("ovsC");

  Processor(unsigned id_, std::uint64_t seed) : id(id_), random(seed | 1) {}

  unsigned id;
  PacketHost* host = nullptr;
  std::uint64_t now_ms = 0;
  std::uint64_t random;
  std::uint16_t ip_id = 0;

  flow::PacketKey keys[kBatch];
  FlowIndex found[kBatch];
  flow::PacketKey action_key;  // of a packet in the middle of its actions
  PacketList lists[kMaxListDepth];
  TxQueue tx[kTxQueues];
  Packet* under_way[kMaxUnderWay];
  unsigned under_way_first = 0, under_way_count = 0;
  HeldPacket held[kMaxHeld];
  unsigned held_count = 0;
  std::uint64_t held_generation = 0;
  Atomic<std::uint64_t> drops[unsigned(Drop::Count)];

  void drop(Drop why, Span<Packet* const> packets) {
    if (packets.empty()) return;
    drops[unsigned(why)].add_unshared(packets.count());
    host->release(packets);
  }
  void drop(Drop why, Packet* packet) { drop(why, Span<Packet* const>(&packet, 1)); }
  // Uniform over 32 bits; not for secrets.
  std::uint32_t draw() {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    return std::uint32_t(random >> 32);
  }
};

}  // namespace ovs::datapath

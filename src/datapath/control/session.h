// One open handle of the device: a netlink socket's state on the datapath's side. Its PID, the dump
// it is in the middle of, what it subscribed to, and the rings in which its upcalls wait. What
// requests mean is control.h's.
#pragma once
#include "base/containers/fixed_vector.h"
#include "datapath/control/flow_store.h"
#include "datapath/control/ring.h"
#include "datapath/port/vport.h"
#include "platform/api/device.h"
#include "wire/netlink/message.h"

namespace ovs::datapath {

class Control;

inline constexpr std::size_t kUpcallRingSize = 256 * 1024;  // of each processor
inline constexpr unsigned kMaxEvents = 256;                 // then the oldest goes, counted
inline constexpr std::uint32_t kMaxSessions = 512;

struct UpcallRings : RcuObject {
  static constexpr MemoryTag kTag = memory_tag("ovsR");
  OwnedArray<Owned<MessageRing>> rings;  // of each processor
  explicit UpcallRings(OwnedArray<Owned<MessageRing>> rings_) : rings(std::move(rings_)) {}
};

// What a subscriber of a group is told.
struct Event {
  enum class Kind : std::uint8_t { PortAdded, PortRemoved, PortChanged, NeighbourWanted };
  Kind kind = Kind::PortAdded;
  PortNo port = kNoPort;
  wire::VportType type = wire::VportType::Netdev;
  std::uint32_t upcall_pid = 0;
  PortName name = {};
  Ipv4Address address = {};  // of the neighbour
};

struct Dump {
  wire::Message request{};
  bool active = false;
  FlowCursor flows;
  std::uint32_t next = 0;  // ports and underlay rows: where to go on
  std::uint32_t ufid_flags = 0;
};

class Session final : public RcuObject, public platform::DeviceHandle {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovss");

  Session(Control& control, std::uint32_t pid) : control_(control), pid_(pid) {}

  Result<std::size_t> control(platform::DeviceControl code, Bytes input,
                              MutableBytes output) override;
  void submit(platform::DeviceRequest& request) override;
  void cancel(platform::DeviceRequest& request) override;
  void close() override;

  std::uint32_t pid() const { return pid_; }

  // A processor's, under RCU: room for an upcall, nothing if there is none or nobody reads.
  MessageRing* ring(unsigned processor, const RcuReader& reader) const;
  void wake(Atomic<platform::DeviceRequest*>& pended) const;
  void wake_packets() const { wake(pended_packet_); }

 private:
  friend class Control;
  friend class Families;

  Result<std::size_t> read_packet(MutableBytes output);
  bool has_packet() const;

  Control& control_;
  std::uint32_t pid_;
  RcuPtr<UpcallRings> rings_;
  Mutex reading_{LockRank::Session};
  unsigned next_ring_ = 0;  // the ring to be drained first; under reading_
  mutable Atomic<platform::DeviceRequest*> pended_packet_{nullptr}, pended_event_{nullptr};

  // Under control's lock.
  Dump dump_;
  bool wants_ports_ = false, wants_neighbours_ = false;
  OwnedArray<Event> events_;  // a ring of kMaxEvents, made at the first subscription
  unsigned first_event_ = 0, event_count_ = 0;
  Atomic<bool> has_events_;  // read without the lock, to wake
  std::uint64_t events_lost_ = 0;
};

}  // namespace ovs::datapath

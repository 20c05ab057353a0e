// The switch: packets in, lookups, actions, packets out. Its packet path (process, retry_held)
// takes no lock and no memory; its tables are changed by one writer at a time, control/. It owns no
// thread, no device and no clock of its own.
#pragma once
#include "datapath/pipeline/processor.h"
#include "datapath/pipeline/program.h"
#include "datapath/port/port_table.h"
#include "datapath/tunnel/encapsulation.h"
#include "platform/api/clock.h"
#include "wire/netlink/families.h"

namespace ovs::datapath {

// A packet that somebody outside is to see.
struct Upcall {
  wire::PacketCommand reason = wire::PacketCommand::Miss;
  const Packet& packet;
  const flow::PacketKey& key;
  const Vport* in_port = nullptr;            // null: the port has gone
  const UserspaceOperand* action = nullptr;  // null for a miss
  Bytes userdata = {};
};

// Who hears of what the packet path cannot settle. Called by processors: no lock, no memory, no
// waiting.
class PacketEvents {
 public:
  // Copies the packet, or not. False: nobody takes it, or there is no room.
  virtual bool upcall(const Upcall& upcall, Processor& processor) = 0;
  virtual void neighbour_wanted(PortNo port, Ipv4Address address, Processor& processor) = 0;
  // The batch is done: tell those who sleep.
  virtual void flush(Processor& processor) = 0;

 protected:
  ~PacketEvents() = default;
};

// The tunnels, for the question "is this packet one of ours?".
struct TunnelClaims : RcuObject {
  static constexpr MemoryTag kTag = memory_tag("ovsN");
  struct Row {
    VportKind kind = VportKind::Vxlan;
    std::uint16_t udp_port = 0;
    PortNo number = kNoPort;
  };
  OwnedArray<Row> rows;
  explicit TunnelClaims(OwnedArray<Row> rows_) : rows(std::move(rows_)) {}
};

class Datapath {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsD");

  struct Config {
    unsigned processors = 1;
    std::uint64_t secret = 0;  // drawn at start
    unsigned cache_bits = 9;
  };
  // `events` hears of upcalls from the first packet on.
  static Result<Owned<Datapath>> create(const Config& config, const platform::Clock& clock,
                                        Reclaimer& reclaimer, PacketEvents& events);
  struct Parts;
  explicit Datapath(Parts parts);
  Datapath(const Datapath&) = delete;
  ~Datapath() = default;

  // ---- the packet path ----
  // A processor's own; its host is set before its first packet.
  Processor& processor(unsigned id) const { return *processors_.data()[id]; }
  // Packets that came in on their in_port, at most kBatch; the datapath owns them now.
  void receive(Processor& processor, Span<Packet* const> packets);
  void receive(Processor& processor, Span<Packet* const> packets, const RcuReader& reader);
  // Runs a program once, for a packet that comes from outside.
  void execute(Processor& processor, Packet* packet, const Program& program);
  // Sends what waited for a neighbour that is known now, drops what waited too long. Cheap when
  // nothing waits.
  void retry_held(Processor& processor);
  // A host's: a packet that was sent to this port has gone nowhere; one that came from it has not
  // been taken in. Ports that are not there any more are passed over.
  void count_lost(Processor& processor, PortNo to, Drop why);
  void count_refused(Processor& processor, PortNo from, Drop why, unsigned count = 1);

  // ---- for the writer ----
  FlowTable& flows() { return *flows_; }
  PortTable& ports() { return *ports_; }
  Underlay& underlay() { return underlay_; }
  Reclaimer& reclaimer() { return reclaimer_; }
  unsigned processor_count() const { return unsigned(processors_.count()); }
  // Errors: NoMemory, the port being the caller's still. Afterwards packets find the port, or no
  // longer do.
  Result<void> add_port(Owned<Vport>& port);
  Result<void> remove_port(PortNo number);
  std::uint64_t drops(Drop why) const;

 private:
  friend class Executor;

  void enqueue(Processor& processor, Packet* packet);
  void drain(Processor& processor, const RcuReader& reader);
  void count_received(Processor& processor, Span<Packet* const> packets, const RcuReader& reader);
  void learn_headers(Packet& packet, flow::PacketKey& key) const;
  void pass(Processor& processor, Packet* const* packets, unsigned count, const RcuReader& reader);
  void count_flows(Processor& processor, Packet* const* packets, unsigned count);
  void act(Processor& processor, Packet* const* packets, unsigned count, const RcuReader& reader);
  void run_rest(Processor& processor, Packet* const* packets, std::uint64_t left,
                const RcuReader& reader);
  // `packet` is the upcall's. False: nobody saw it, or not all of its segments.
  bool send_up(const Upcall& upcall, Packet& packet, Processor& processor);
  void miss(Processor& processor, Packet* packet, const flow::PacketKey& key,
            const RcuReader& reader);

  void output(Processor& processor, PortNo number, Span<Packet* const> packets,
              const RcuReader& reader);
  // They go out of a device as they are, and stay the executor's. False: nothing was done, for that
  // takes more.
  bool output_copies(Processor& processor, PortNo number, Span<Packet* const> packets,
                     const RcuReader& reader);
  void transmit(Processor& processor, const Vport& port, Span<Packet* const> packets);
  void transmit(Processor& processor, const Vport& port, Packet* packet);
  void flush_queue(Processor& processor, TxQueue& queue);
  void send_to_internal(Processor& processor, const Vport& port, Packet* packet,
                        const RcuReader& reader);
  void send_through_tunnel(Processor& processor, const Vport& tunnel, Packet* packet,
                           const RcuReader& reader);
  void encapsulate_and_enqueue(Processor& processor, const Vport& tunnel, const UnderlayPath& path,
                               Packet* packet, const RcuReader& reader);
  void hold(Processor& processor, const HeldPacket& held);
  bool is_resolved(const HeldPacket& held, const RcuReader& reader) const;
  const TunnelClaims::Row* claim(const Packet& packet, const RcuReader& reader) const;
  Result<Owned<TunnelClaims>> make_claims(const Vport* added, PortNo removed) const;

  const platform::Clock& clock_;
  Reclaimer& reclaimer_;
  PacketEvents& events_;
  std::uint64_t entropy_secret_;
  Owned<FlowTable> flows_;
  Owned<PortTable> ports_;
  OwnedArray<Owned<Processor>> processors_;
  RcuPtr<TunnelClaims> claims_;
  Underlay underlay_;
};

}  // namespace ovs::datapath

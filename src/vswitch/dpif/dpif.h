// What the switch asks of a datapath: ports, megaflows, packets to run, upcalls. One Dpif is one
// datapath of one type
// ("system@ovs-system"). Abstract, so that the switch meets a real one (netlink over a device) or
// one in memory. Knows no OpenFlow. Actions are flow/action's netlink form. Calls answer at once;
// any thread may make them unless said otherwise.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes/address.h"
#include "base/bytes/span.h"
#include "base/core/error.h"
#include "base/core/result.h"
#include "flow/match/key.h"

namespace ovs::vswitch {

// A datapath's number for a port. 16 bits in a key; 0 is the datapath's own internal port.
enum class DpPort : std::uint32_t {};
inline constexpr DpPort kNoDpPort{0xffff};

struct DpifError {
  Error code = Error::Io;
  std::string text;  // what the datapath said, or what the code means
};
template <class T>
using DpifResult = Result<T, DpifError>;

struct Ufid {
  std::uint64_t high = 0, low = 0;
  bool operator==(const Ufid&) const = default;
};
struct UfidHash {
  std::size_t operator()(const Ufid& ufid) const { return ufid.low ^ ufid.high; }
};

struct DpifPort {
  std::string name;
  std::string type;  // "system", "internal", "vxlan", "gre", "geneve", "dummy", ...
  DpPort number{};
};
struct DpifPortSpec {
  std::string name;
  std::string type;
  std::optional<DpPort> number;  // asked for; Busy if it is taken
  std::uint16_t udp_port = 0;    // of a tunnel; 0: the type's own
};
inline constexpr std::uint64_t kNotCounted = ~std::uint64_t{0};
struct DpifPortStats {
  std::uint64_t rx_packets = 0, tx_packets = 0, rx_bytes = 0, tx_bytes = 0;
  std::uint64_t rx_errors = kNotCounted, tx_errors = kNotCounted, rx_dropped = kNotCounted,
                tx_dropped = kNotCounted;
};

// The device behind a port, as it is now.
struct DpifLink {
  MacAddress mac;
  std::uint32_t mtu = 0;
  bool is_up = false;  // administratively
  bool carrier = false;
  std::uint64_t speed_bps = 0;  // 0: unknown
  std::string status;           // what a port without a device waits for
};
// What of a device to change; the rest stays.
struct DpifLinkChange {
  std::optional<MacAddress> mac;
  std::optional<std::uint32_t> mtu;
  std::optional<bool> is_up;
};

struct DpifStats {
  std::uint64_t hit = 0, missed = 0, lost = 0, flows = 0;
  std::uint64_t mask_hit = 0, cache_hit = 0;
  std::uint32_t masks = 0;
};

// Packets that went nowhere, for a reason that the datapath names.
struct DpifDrop {
  std::string cause;
  std::uint64_t count = 0;
};

struct DpifFlowStats {
  std::uint64_t packets = 0, bytes = 0;
  std::uint64_t used_ms = 0;  // of the Clock given to the dpif; 0: never
  std::uint16_t tcp_flags = 0;
};

enum class FlowPutMode : std::uint8_t { Create, Modify };
struct FlowPut {
  FlowPutMode mode = FlowPutMode::Create;
  Ufid ufid;
  flow::FlowKey key;
  flow::FlowMask mask;
  Bytes actions;       // netlink; none: drop
  bool clear = false;  // Modify: its statistics begin again
};
struct DpifFlow {
  Ufid ufid;
  flow::FlowKey key;
  flow::FlowMask mask;
  std::vector<std::uint8_t> actions;
  DpifFlowStats stats;
};

// One packet to run through actions now. The key's metadata (in_port, tunnel, marks) is what the
// packet has.
struct Execute {
  Bytes packet;
  const flow::FlowKey* key = nullptr;
  Bytes actions;
};

enum class UpcallReason : std::uint8_t { Miss, Action };
struct Upcall {
  UpcallReason reason = UpcallReason::Miss;
  flow::FlowKey key;
  std::vector<std::uint8_t> packet;
  std::vector<std::uint8_t> userdata;  // of the userspace action, for Action
};

// Whose thread handles upcalls and keeps flows right. Stepped: the control thread alone, so that
// what a test does step by step happens step by step (devices in memory).
enum class Threading : bool { Stepped, Threaded };
// Threads that call the upcall handler; `started` runs first on each.
struct UpcallThreads {
  unsigned count = 0;  // 0: the thread of the loop that the dpif was given
  std::function<void(unsigned number)> started;
};

enum class PortEvent : std::uint8_t { Added, Deleted, Changed };

class Dpif {
 public:
  using UpcallHandler = std::function<void(std::vector<Upcall>&)>;
  using PortEventHandler = std::function<void(PortEvent, const DpifPort&)>;
  using FlowVisitor = std::function<void(DpifFlow&)>;

  virtual ~Dpif() = default;

  virtual const std::string& type() const = 0;  // "system", "netdev", "dummy"
  virtual const std::string& name() const = 0;  // "ovs-system"
  std::string full_name() const { return type() + "@" + name(); }
  virtual Threading threading() const = 0;

  virtual DpifResult<DpPort> port_add(const DpifPortSpec& spec) = 0;
  virtual DpifResult<void> port_del(DpPort port) = 0;
  virtual DpifResult<DpifPort> port_by_name(std::string_view name) = 0;
  virtual DpifResult<std::vector<DpifPort>> port_dump() = 0;
  virtual DpifResult<DpifPortStats> port_stats(DpPort port) = 0;
  virtual DpifResult<DpifStats> stats() = 0;
  // Every cause there is, in the datapath's order. Unsupported where a datapath does not tell.
  virtual DpifResult<std::vector<DpifDrop>> drops() {
    return DpifError{Error::Unsupported, "the datapath does not tell why it drops packets"};
  }
  // Unsupported where ports have no devices of their own.
  virtual DpifResult<DpifLink> link(const std::string& port_name) {
    return DpifError{Error::Unsupported, port_name + ": link state is not supported yet"};
  }
  virtual DpifResult<void> change_link(const std::string& port_name, const DpifLinkChange&) {
    return DpifError{Error::Unsupported, port_name + ": changing a link is not supported yet"};
  }

  // Exists for Create of a flow whose key or UFID is there; NotFound for Modify of none.
  virtual DpifResult<void> flow_put(const FlowPut& put) = 0;
  // The flow's last statistics; NotFound if there is none.
  virtual DpifResult<DpifFlowStats> flow_del(const Ufid& ufid, const flow::FlowKey& key) = 0;
  virtual DpifResult<DpifFlow> flow_find(const Ufid& ufid, const flow::FlowKey& key) = 0;
  // Calls `visit` once for every flow that lives throughout.
  virtual DpifResult<void> flow_dump(const FlowVisitor& visit) = 0;
  virtual DpifResult<void> flow_flush() = 0;
  virtual DpifResult<void> execute(const Execute& execute) = 0;

  // The PID that userspace actions must bear so that their packets come to the upcall handler.
  virtual std::uint32_t upcall_pid(DpPort in_port) const = 0;
  // Upcalls come in batches, those of one port in order; the handler may move out of them. An empty
  // handler stops them, and no call of the old one is under way any more: the datapath then counts
  // them lost. Control thread only.
  virtual void set_upcall_handler(UpcallHandler handler, const UpcallThreads& threads) = 0;
  virtual void set_port_event_handler(PortEventHandler handler) = 0;
};

}  // namespace ovs::vswitch

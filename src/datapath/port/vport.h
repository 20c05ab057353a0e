// A port of the datapath: where packets come in and go out. Immutable but for its counters and its
// PID, so that readers need no lock; a change of anything else is another object of the same
// number. What a device is, only the host knows.
#pragma once
#include "base/bytes/address.h"
#include "base/core/atomic.h"
#include "base/text/fixed_text.h"
#include "platform/api/memory.h"
#include "platform/api/rcu.h"

namespace ovs::datapath {

enum class PortNo : std::uint32_t {};
inline constexpr PortNo kNoPort{0xffff};
inline constexpr std::uint32_t kMaxPorts = 0xffff;  // numbers 0 to 65534; 65535 is none

using PortName = FixedText<255>;

class PortProvider;

enum class VportKind : std::uint8_t { Device, Internal, Gre, Vxlan };
constexpr bool is_tunnel(VportKind kind) {
  return kind == VportKind::Gre || kind == VportKind::Vxlan;
}

// Written by one processor alone.
struct alignas(64) VportCounters {
  Atomic<std::uint64_t> rx_packets, rx_bytes, rx_dropped, rx_errors;
  Atomic<std::uint64_t> tx_packets, tx_bytes, tx_dropped, tx_errors;
};

struct VportTotals {
  std::uint64_t rx_packets = 0, rx_bytes = 0, rx_dropped = 0, rx_errors = 0;
  std::uint64_t tx_packets = 0, tx_bytes = 0, tx_dropped = 0, tx_errors = 0;
  std::uint64_t upcalls_lost = 0;
};

class Vport : public RcuObject {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsO");

  struct Spec {
    PortNo number = kNoPort;
    VportKind kind = VportKind::Device;
    PortName name;
    void* device =
        nullptr;  // the host's; null for tunnels, and for a port that waits for its device
    MacAddress mac;
    std::uint32_t mtu = 1500;    // of the payload behind the Ethernet header
    std::uint16_t udp_port = 0;  // of a VXLAN tunnel
  };
  // Once it is made, it gives its device back to `provider` when it dies.
  static Result<Owned<Vport>> create(const Spec& spec, unsigned processors, PortProvider& provider);
  Vport(const Spec& spec, PortProvider& provider, OwnedArray<VportCounters> counters)
      : spec_(spec), provider_(provider), counters_(std::move(counters)) {
    set_link(spec.mac, spec.mtu);
  }
  ~Vport();

  PortNo number() const { return spec_.number; }
  VportKind kind() const { return spec_.kind; }
  const PortName& name() const { return spec_.name; }
  void* device() const { return spec_.device; }
  // The device's, as last told.
  MacAddress mac() const { return unpack(mac_.load(Order::Relaxed)); }
  std::uint32_t mtu() const { return mtu_.load(Order::Relaxed); }
  void set_link(const MacAddress& mac, std::uint32_t mtu) const {
    mac_.store(pack(mac), Order::Relaxed);
    mtu_.store(mtu, Order::Relaxed);
  }
  std::uint16_t udp_port() const { return spec_.udp_port; }

  VportCounters& counters(unsigned processor) const { return counters_.data()[processor]; }
  VportTotals totals() const;
  std::uint32_t upcall_pid() const { return upcall_pid_.load(Order::Relaxed); }
  void set_upcall_pid(std::uint32_t pid) const { upcall_pid_.store(pid, Order::Relaxed); }
  void count_lost_upcall() const { upcalls_lost_.fetch_add(1, Order::Relaxed); }

 private:
  static std::uint64_t pack(const MacAddress& mac) {
    std::uint64_t word = 0;
    __builtin_memcpy(&word, mac.bytes.data(), 6);
    return word;
  }
  static MacAddress unpack(std::uint64_t word) {
    MacAddress mac;
    __builtin_memcpy(mac.bytes.data(), &word, 6);
    return mac;
  }

  Spec spec_;
  PortProvider& provider_;
  OwnedArray<VportCounters> counters_;
  mutable Atomic<std::uint64_t> mac_;
  mutable Atomic<std::uint32_t> mtu_;
  mutable Atomic<std::uint32_t> upcall_pid_;
  mutable Atomic<std::uint64_t> upcalls_lost_;
};

}  // namespace ovs::datapath

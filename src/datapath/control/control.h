// The only door to a datapath, for every host: netlink requests become checked operations, and
// replies; packets that flows cannot settle become upcalls. It is the device that handles are
// opened on. Operations take turns; packets never wait for them.
#pragma once
#include "datapath/control/session.h"
#include "datapath/datapath.h"
#include "datapath/port/port_provider.h"
#include "platform/api/lock.h"

namespace ovs::datapath {

// A request that is being answered.
struct Operation {
  Session& session;
  const wire::Message& request;
  Bytes attributes;
  wire::Writer& reply;  // complete messages
};

// A neighbour that packets wait for, told by a processor to whoever reads events next.
struct Wanted {
  PortNo port = kNoPort;
  Ipv4Address address;
};

class Control final : public platform::Device, private PacketEvents {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsc");

  struct Config {
    unsigned processors = 1;
    std::uint64_t secret = 0;  // drawn at start
    unsigned cache_bits = 9;
    PortName name;  // of the datapath; "ovs-system" where there is only one
  };
  // All of these outlive it.
  struct Hosts {
    const platform::Clock& clock;
    PortProvider& ports;
    PacketRunner& runner;
  };
  static Result<Owned<Control>> create(const Config& config, const Hosts& hosts);
  Control(const Config& config, const Hosts& hosts, OwnedArray<RcuPtr<Session>> sessions,
          OwnedArray<Owned<MessageRing>> wanted);
  Control(const Control&) = delete;
  // No handle is open, no processor in the datapath.
  ~Control();

  Result<platform::OpenDevice> open() override;
  Datapath& datapath() { return *datapath_; }
  // Frees what readers have let go of, orders masks, grows caches. Once a second or so.
  void maintain(Passive passive);
  // The device under a port has changed (state, MTU, MAC), come or gone: subscribers are told.
  void port_changed(PortNo number);

 private:
  friend class Session;
  friend class Families;

  // One operation at a time; when its turn ends, those for whom it has news are woken, with no lock
  // held.
  class Turn {
   public:
    explicit Turn(Control& control) : waker_{control}, holder_(control.lock_, Passive::here()) {}

   private:
    struct Waker {
      Control& control;
      ~Waker() { control.wake_readers(); }
    };
    Waker waker_;
    MutexHolder holder_;
  };

  // ---- for sessions ----
  Result<std::size_t> request(Session& session, platform::DeviceControl code, Bytes input,
                              MutableBytes output);
  Result<std::size_t> read_dump(Session& session, MutableBytes output);
  Result<std::size_t> read_event(Session& session, MutableBytes output);
  bool has_event(Session& session);
  void close(Session& session);

  // ---- PacketEvents ----
  bool upcall(const Upcall& upcall, Processor& processor) override;
  void neighbour_wanted(PortNo port, Ipv4Address address, Processor& processor) override;
  void flush(Processor&) override {}

  const Session* find_session(std::uint32_t pid, const RcuReader& reader) const;
  void collect_wanted();
  void tell(const Event& event);
  void wake_readers() const;
  static void append_event(Session& session, const Event& event);

  Config config_;
  Hosts hosts_;
  Reclaimer reclaimer_;
  Mutex lock_{LockRank::Control};
  OwnedArray<RcuPtr<Session>> sessions_;   // by pid modulo kMaxSessions
  OwnedArray<Owned<MessageRing>> wanted_;  // of each processor
  Atomic<std::uint32_t> wanted_subscribers_;
  std::uint32_t next_pid_ = 1;
  Owned<Datapath> datapath_;
  Owned<FlowStore> flows_;
};

}  // namespace ovs::datapath

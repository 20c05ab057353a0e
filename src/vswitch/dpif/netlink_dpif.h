// A datapath behind a device, spoken to in netlink. The only Dpif of the programs: whether the
// device is a driver, an emulated host or threads of this process does not show here.
#pragma once
#include <map>
#include <optional>

#include "daemon/log/log.h"

#include "vswitch/dpif/channel.h"
#include "vswitch/dpif/readiness.h"
#include "vswitch/dpif/upcall_reader.h"

namespace ovs::vswitch {

// What a datapath's ports are.
struct PortTraits {
  // What they are called when nothing else is known of them.
  const char* netdev = "system";
  const char* internal = "internal";
  enum class Counts : std::uint8_t { All, Traffic } counts = Counts::All;  // no errors, no drops
  enum class Tunnels : std::uint8_t { Tunnels, Devices } tunnels = Tunnels::Tunnels;
};
inline constexpr PortTraits kDummyPorts{"dummy", "dummy-internal", PortTraits::Counts::Traffic,
                                        PortTraits::Tunnels::Tunnels};
// Even what is called a tunnel is a device in memory.
inline constexpr PortTraits kOverriddenPorts{"dummy", "dummy-internal", PortTraits::Counts::Traffic,
                                             PortTraits::Tunnels::Devices};

struct DatapathIdentity {
  std::string type;  // "system", "netdev", "dummy"
  std::string name;  // "ovs-system"
  PortTraits ports = {};
  Threading threading = Threading::Threaded;
  std::optional<daemon::LogModule> log = {};  // flows and misses are told to it, in full
};

class NetlinkDpif final : public Dpif {
 public:
  // `device` and `loop` outlive it. Events come on the loop; upcalls too unless they get threads.
  static DpifResult<std::unique_ptr<NetlinkDpif>> open(platform::Device& device, daemon::Loop& loop,
                                                       DatapathIdentity identity);

  // `lost` is called on the loop when the process behind the device has gone: nothing works then
  // until reopen() has.
  void set_lost_handler(std::function<void()> lost);
  // Opens all handles anew. First of all the datapath learns where its misses go now; ports that
  // it still has are kept as they are, those that it has no longer are made again with their
  // numbers. Flows are not looked at. Loop's thread; others may use this meanwhile.
  DpifResult<void> reopen();

  const std::string& type() const override { return identity_.type; }
  const std::string& name() const override { return identity_.name; }
  Threading threading() const override { return identity_.threading; }

  DpifResult<DpPort> port_add(const DpifPortSpec& spec) override;
  DpifResult<void> port_del(DpPort port) override;
  DpifResult<DpifPort> port_by_name(std::string_view name) override;
  DpifResult<std::vector<DpifPort>> port_dump() override;
  DpifResult<DpifPortStats> port_stats(DpPort port) override;
  DpifResult<DpifStats> stats() override;
  DpifResult<std::vector<DpifDrop>> drops() override;
  DpifResult<DpifLink> link(const std::string& port_name) override;
  DpifResult<void> change_link(const std::string& port_name, const DpifLinkChange& change) override;

  DpifResult<void> flow_put(const FlowPut& put) override;
  DpifResult<DpifFlowStats> flow_del(const Ufid& ufid, const flow::FlowKey& key) override;
  DpifResult<DpifFlow> flow_find(const Ufid& ufid, const flow::FlowKey& key) override;
  DpifResult<void> flow_dump(const FlowVisitor& visit) override;
  DpifResult<void> flow_flush() override;
  DpifResult<void> execute(const Execute& execute) override;

  std::uint32_t upcall_pid(DpPort in_port) const override;
  void set_upcall_handler(UpcallHandler handler, const UpcallThreads& threads) override;
  void set_port_event_handler(PortEventHandler handler) override;

 private:
  struct Channels {
    std::unique_ptr<Channel> requests, upcalls, events;
  };
  NetlinkDpif(platform::Device& device, Channels channels, daemon::Loop& loop,
              DatapathIdentity identity);

  enum class Subscription : bool { Off, On };
  DpifResult<void> subscribe_upcalls(Channel& channel, Subscription subscription);
  DpifResult<void> start_readers();
  void stop_readers();
  DpifResult<void> dump(NetlinkRequest& request, const Channel::Visitor& visit);
  DpifResult<void> bind_port(DpPort port);
  DpifResult<void> bind_ports();
  DpifResult<void> take_misses();
  DpifResult<void> subscribe_events();
  DpifResult<void> restore_ports();
  DpifResult<DpifPort> find_vport(NetlinkRequest& request);
  wire::VportType vport_type(std::string_view type) const;
  void tell_flow(const FlowPut& put) const;
  void tell_misses(const std::vector<Upcall>& upcalls) const;
  bool tells() const { return identity_.log && identity_.log->is_enabled(daemon::LogLevel::Dbg); }
  DpifPort named(DpifPort port) const;
  void read_upcalls();
  void read_events();

  platform::Device& device_;
  Channels channels_;
  DatapathIdentity identity_;
  std::mutex dumps_mutex_;
  std::vector<std::unique_ptr<Channel>> idle_dumps_;  // a dump has a channel for itself meanwhile
  // A port that was asked for, and how it is called where that says more than the datapath does.
  struct KnownPort {
    DpifPortSpec spec;
    std::optional<std::string> type;
  };
  mutable std::mutex known_mutex_;  // of the ports and of reader_pids_
  std::map<DpPort, KnownPort> known_;
  UpcallHandler upcall_handler_;
  UpcallThreads upcall_threads_;
  std::function<void()> lost_handler_;
  PortEventHandler event_handler_;
  Readiness upcalls_ready_, events_ready_;  // they use the channels
  // Those that have threads; none: the loop reads.
  std::vector<std::unique_ptr<UpcallReader>> readers_;
  std::vector<std::uint32_t> reader_pids_;  // by the order in which ports take turns
};

}  // namespace ovs::vswitch

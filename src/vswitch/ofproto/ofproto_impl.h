// Inside one OpenFlow switch. Its parts: ports and bundles (ports.cc), messages of controllers
// (requests.cc), what they hear unasked (events.cc), and the view that packets get of all of it
// (ofproto.cc).
#pragma once
#include <map>
#include <set>

#include "vswitch/backer/backer.h"
#include "vswitch/connmgr/connections.h"
#include "vswitch/ofproto/ofproto.h"
#include "vswitch/ofproto/switches.h"
#include "vswitch/tables/flow_tables.h"

namespace ovs::vswitch {

// Who makes views of all bridges of a datapath.
class Publisher {
 public:
  virtual void commit() = 0;
  virtual void commit_soon() = 0;

 protected:
  ~Publisher() = default;
};

struct Port {
  PortSettings settings;
  OfPort number{};
  DpPort datapath_port = kNoDpPort;
  std::uint16_t udp_port = 0;  // of a tunnel
  std::uint32_t config = 0;    // openflow::kPortDown, kNoFlood, ...
  std::uint64_t created_ms = 0;
  Shared<PortCounters> counters;
  bool is_new = true;  // controllers have not heard of it: what they hear first is not live

  bool is_up() const {
    return settings.link.is_up && settings.link.carrier && (config & openflow::kPortDown) == 0;
  }
};

struct Ofproto::Impl final : Connections::Switch {
  Impl(std::string bridge_name, Backer& over, const SwitchEnvironment& given, Publisher& publishes,
       std::uint64_t own_id, std::uint64_t dpid);
  ~Impl();

  // ofproto.cc
  Shared<BridgeView> make_view();
  void mark_changed();
  void apply_fail_mode();
  void run_fail_open(std::uint64_t now);
  void run_timeouts(std::uint64_t now_ms);
  std::uint64_t now_ms() const { return environment.loop.now_ms(); }

  // ports.cc
  OfprotoResult<OfPort> add_port(const PortSettings& settings);
  OfprotoResult<void> attach(Port& port);
  void detach(Port& port);
  OfprotoResult<void> remove_port(OfPort number);
  OfprotoResult<void> update_port(OfPort number, const PortSettings& settings);
  std::optional<OfPort> choose_number(const PortSettings& settings) const;
  std::optional<OfPort> free_number() const;
  OfprotoResult<DpifPortStats> port_stats(const Port& port) const;
  void ports_changed();
  void port_state_changed();
  void set_link(Port& port, const LinkSettings& link);
  void refresh_link(Port& port);  // as its device is now
  LinkSettings link_of(const Port& port) const;
  void change_config(Port& port, std::uint32_t wanted);
  Shared<PortTable> make_port_table() const;
  // Version 1.0 does not tell liveness.
  openflow::Port describe(const Port& port, openflow::Version version) const;
  Port* find(OfPort number);
  const Port* find(std::string_view port_name) const;
  std::string port_name(OfPort number) const;

  // requests.cc
  void handle(OfConnection& connection, const openflow::Message& message, Bytes raw) override;
  std::uint64_t finish_batch() override;
  void connections_changed() override;

  // events.cc
  void tell_removed(const std::vector<RemovedRule>& removed);
  enum class Change : bool { Any, Liveness };
  void tell_port(openflow::PortReason reason, const Port& port, Change change = Change::Any);
  void send_packet_in(const ControllerPacket& packet);

  const std::string name;
  const std::uint64_t id;
  std::uint64_t datapath_id;
  Backer& backer;
  const SwitchEnvironment& environment;
  Publisher& publisher;
  daemon::LogModule log;

  std::map<std::uint16_t, Port> ports;
  std::map<std::string, std::uint16_t, std::less<>> port_numbers;
  std::map<std::uint16_t, std::uint64_t> released_ms;  // when a number became free, for an hour
  mutable std::uint16_t next_number = 1;
  std::vector<BundleSettings> bundles;
  FlowTables tables;
  Groups groups;
  Shared<MacTable> macs;
  Shared<TableCounters> table_counters;
  SwitchDescription description;
  openflow::SwitchConfig config;
  FailMode fail_mode = FailMode::Standalone;
  openflow::VersionBitmap versions = openflow::kAllVersions;
  std::optional<std::uint64_t> role_generation;

  Shared<PortTable> port_table;  // null: to be made anew
  PendingStamps changes;         // beside those of the tables
  bool is_changed = true;
  bool owes_barrier = false;  // its reply waits until the datapath does what the tables say
  bool has_own_normal = false, is_fail_open = false;
  Connections connections;  // last: it calls the rest
};

std::string format_port_name(const std::string& name);

}  // namespace ovs::vswitch

// Keeps the switches as the database says: applies what changed and nothing else, and writes back
// what came of it. A changed port costs that port, however many there are. Deletions go before
// additions, because names and numbers are used again. Packets and OpenFlow are not its business.
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>

#include "daemon/log/log.h"
#include "daemon/run/loop.h"
#include "ovsdb/client/client.h"
#include "vswitch/bridge/config.h"
#include "vswitch/bridge/unsupported.h"
#include "vswitch/ofproto/switches.h"

namespace ovs::vswitch {

// Opens the datapath of a type; an error that a person reads.
using DatapathFactory = std::function<DpifResult<std::unique_ptr<Dpif>>(const std::string& type)>;

struct BridgesEnvironment {
  daemon::Loop& loop;
  daemon::Log& log;
  ovsdb::Client& database;
  Switches& switches;
  DatapathFactory open_datapath;
  std::string version;                                       // "3.7.1"
  std::uint32_t process_id = 0;                              // told in the log
  std::string run_directory;                                 // where sockets may be
  std::vector<std::string> datapath_types, interface_types;  // published
  std::function<void()> on_first_commit;                     // the daemon is up; may be empty
  TunnelTypes tunnel_types = TunnelTypes::Tunnels;
  // A port's device has these options now; none: it is no port any more. May be empty.
  std::function<void(const std::string& device, const std::map<std::string, std::string>& options)>
      configure_device;
};

class Bridges {
 public:
  explicit Bridges(BridgesEnvironment environment);
  ~Bridges();
  Bridges(const Bridges&) = delete;
  Bridges& operator=(const Bridges&) = delete;

  // The replica, or the lock, has changed.
  void on_change();
  // A datapath that could not be opened can be now: makes the bridges that are missing.
  void retry();
  // Before an exit that leaves nothing behind: removes every bridge and its ports.
  void remove_all();

 private:
  struct Interface {
    InterfaceConfig config;
    std::optional<OfPort> ofport;
    std::string error;
    DpifLink link;
    std::vector<std::string> unsupported;
  };
  struct Port {
    PortConfig config;
    std::map<Uuid, Interface> interfaces;
    Uuid bridge;
    std::vector<std::string> unsupported;
  };
  struct Bridge {
    BridgeConfig config;
    Ofproto* ofproto = nullptr;
    Backer* backer = nullptr;
    std::map<Uuid, Port> ports;
    MacAddress mac;
    std::uint64_t datapath_id = 0;
    std::vector<std::string> unsupported;
    std::map<Uuid, std::vector<std::string>> unsupported_of_controllers;
  };
  // What a round of changes touches, by row.
  struct Dirty {
    bool root = false;
    std::set<Uuid> bridges, ports, interfaces;
    bool empty() const { return !root && bridges.empty() && ports.empty() && interfaces.empty(); }
    void merge(Dirty other);
  };

  Dirty take_changes();
  void mark(const ovsdb::ReplicaChange& change, Dirty& dirty);
  void reconfigure(Dirty dirty);

  void configure_root(const ovsdb::ReplicaRow& row);
  void delete_vanished(Dirty& dirty);
  void delete_bridge(const Uuid& uuid);
  void delete_port(Bridge& bridge, const Uuid& uuid);
  void delete_interface(Bridge& bridge, Interface& interface);
  void create_bridges(Dirty& dirty);
  void create_bridge(const ovsdb::ReplicaRow& row, Dirty& dirty);
  void update_port(const Uuid& uuid, Dirty& dirty);
  void update_interface(Bridge& bridge, Port& port, const Uuid& uuid, Dirty& dirty);
  void create_interface(Bridge& bridge, const ovsdb::ReplicaRow& row, Interface& interface);
  void refresh_link(Bridge& bridge, Interface& interface);
  void configure_device(const Interface& interface);
  void configure_bridge(const Uuid& uuid, Bridge& bridge);
  void choose_identity(Bridge& bridge);
  // Names what the row asks for in vain, once for each time that it is asked for.
  void warn_unsupported(std::string_view what, const ovsdb::ReplicaRow& row,
                        std::vector<std::string>& told);

  Backer* datapath_for(const std::string& type, std::string& error);
  Bridge* find_bridge_of_port(const Uuid& port);
  const ovsdb::ReplicaRow* root() const;

  // status.cc
  void write_status(Dirty dirty);
  void report_up();
  void write_interface(ovsdb::ClientTransaction& transaction, const Uuid& uuid,
                       const Interface& interface);
  void write_bridge(ovsdb::ClientTransaction& transaction, const Uuid& uuid, const Bridge& bridge);
  void write_root(ovsdb::ClientTransaction& transaction);
  void write_statistics();
  void write_statistics_of(ovsdb::ClientTransaction& transaction, const Bridge& bridge);
  void write_controllers(ovsdb::ClientTransaction& transaction, const Bridge& bridge);
  void commit(std::unique_ptr<ovsdb::ClientTransaction> transaction);
  void on_committed(ovsdb::ClientTransaction::Outcome outcome);
  std::unique_ptr<ovsdb::ClientTransaction> new_transaction();

  BridgesEnvironment environment_;
  daemon::LogModule log_;
  ovsdb::UuidSource uuids_;
  std::map<Uuid, Bridge> bridges_;
  std::map<Uuid, Uuid> bridge_of_port_, port_of_interface_;
  std::map<Uuid, Uuid> bridge_of_controller_;
  const ovsdb::Replica* known_replica_ = nullptr;
  std::unique_ptr<ovsdb::ClientTransaction> in_flight_;
  Dirty unwritten_;  // its status waits for the transaction in flight
  Dirty in_flight_status_;
  bool is_up_ = false;
  bool is_contended_ = false;             // another daemon has the lock, which was told
  std::vector<std::string> unsupported_;  // of the root row
  std::uint64_t statistics_ms_ = kLeastStatisticsMs;
  std::unique_ptr<daemon::Timer> statistics_timer_, retry_timer_;
};

}  // namespace ovs::vswitch

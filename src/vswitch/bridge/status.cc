// What the daemon writes into the database: numbers, errors, links, statistics, and that it has
// caught up.
#include <fmt/format.h>

#include <algorithm>

#include "vswitch/bridge/bridges.h"

namespace ovs::vswitch {

using ovsdb::Atom;
using ovsdb::AtomType;
using ovsdb::ClientTransaction;
using ovsdb::Datum;
using ovsdb::DatumBuilder;
using ovsdb::ReplicaRow;
using ovsdb::TableSchema;

namespace {

constexpr std::uint64_t kRetryMs = 100;
constexpr const char* kLock = "ovs_vswitchd";

Datum optional_text(std::string_view text) {
  return text.empty() ? Datum::empty(AtomType::String) : Datum::scalar(text);
}

Datum text_set(const std::vector<std::string>& texts) {
  DatumBuilder builder(AtomType::String);
  for (const std::string& text : texts) builder.add(Atom(std::string_view(text)));
  builder.sort_unique();
  return builder.build();
}

Datum up_or_down(bool is_up) {
  return Datum::scalar(std::string_view(is_up ? "up" : "down"));
}

Datum statistics_datum(const DpifPortStats& stats) {
  DatumBuilder builder(AtomType::String, AtomType::Integer);
  auto add = [&](const char* name, std::uint64_t value) {
    if (value != kNotCounted) builder.add(Atom(name), Atom(std::int64_t(value)));
  };
  add("rx_bytes", stats.rx_bytes);
  add("rx_dropped", stats.rx_dropped);
  add("rx_errors", stats.rx_errors);
  add("rx_packets", stats.rx_packets);
  add("tx_bytes", stats.tx_bytes);
  add("tx_dropped", stats.tx_dropped);
  add("tx_errors", stats.tx_errors);
  add("tx_packets", stats.tx_packets);
  builder.sort_unique();
  return builder.build();
}

}  // namespace

std::unique_ptr<ClientTransaction> Bridges::new_transaction() {
  auto transaction = std::make_unique<ClientTransaction>(environment_.database.replica(), uuids_);
  transaction->assert_lock(kLock);
  return transaction;
}

void Bridges::Dirty::merge(Dirty other) {
  root |= other.root;
  bridges.merge(other.bridges);
  ports.merge(other.ports);
  interfaces.merge(other.interfaces);
}

void Bridges::write_status(Dirty dirty) {
  unwritten_.merge(std::move(dirty));
  ovsdb::Client& database = environment_.database;
  if (in_flight_ != nullptr || !database.is_synced() || !database.has_lock()) return;
  in_flight_status_ = std::exchange(unwritten_, {});
  const Dirty& touched = in_flight_status_;
  auto transaction = new_transaction();
  for (const Uuid& uuid : touched.interfaces) {
    const auto port = port_of_interface_.find(uuid);
    Bridge* bridge = port == port_of_interface_.end() ? nullptr : find_bridge_of_port(port->second);
    if (bridge == nullptr) continue;
    const auto& interfaces = bridge->ports[port->second].interfaces;
    const auto interface = interfaces.find(uuid);
    if (interface != interfaces.end()) write_interface(*transaction, uuid, interface->second);
  }
  for (const Uuid& uuid : touched.bridges) {
    const auto bridge = bridges_.find(uuid);
    if (bridge != bridges_.end()) write_bridge(*transaction, uuid, bridge->second);
  }
  write_root(*transaction);
  commit(std::move(transaction));
}

void Bridges::write_interface(ClientTransaction& transaction, const Uuid& uuid,
                              const Interface& interface) {
  const TableSchema& table = environment_.database.replica().find("Interface")->schema();
  if (!transaction.exists(table, uuid)) return;
  const std::int64_t number = interface.ofport ? std::int64_t(*interface.ofport) : -1;
  transaction.write(table, uuid, "ofport", Datum::scalar(number));
  transaction.write(table, uuid, "error", optional_text(interface.error));
  if (!interface.ofport) {
    for (const char* column : {"mac_in_use", "admin_state", "link_state"}) {
      transaction.write(table, uuid, column, Datum::empty(AtomType::String));
    }
    return;
  }
  const DpifLink& link = interface.link;
  const bool has_device = link.mtu != 0;
  transaction.write(table, uuid, "mac_in_use",
                    Datum::scalar(std::string_view(format_mac_address(link.mac))));
  if (has_device) {
    transaction.write(table, uuid, "mtu", Datum::scalar(std::int64_t(link.mtu)));
  }
  if (has_device && link.speed_bps != 0) {
    transaction.write(table, uuid, "link_speed", Datum::scalar(std::int64_t(link.speed_bps)));
  }
  transaction.write(table, uuid, "admin_state", up_or_down(!has_device || link.is_up));
  transaction.write(table, uuid, "link_state", up_or_down(!has_device || link.carrier));
}

void Bridges::write_bridge(ClientTransaction& transaction, const Uuid& uuid, const Bridge& bridge) {
  const TableSchema& table = environment_.database.replica().find("Bridge")->schema();
  if (!transaction.exists(table, uuid)) return;
  const std::string id = fmt::format("{:016x}", bridge.datapath_id);
  transaction.write(table, uuid, "datapath_id", Datum::scalar(std::string_view(id)));
  transaction.write(table, uuid, "datapath_version", Datum::scalar(std::string_view("<built-in>")));
}

void Bridges::write_root(ClientTransaction& transaction) {
  const ReplicaRow* row = root();
  if (row == nullptr) return;
  const TableSchema& table = row->table().schema();
  transaction.write(table, row->uuid(), "cur_cfg", (*row)["next_cfg"]);
  transaction.write(table, row->uuid(), "datapath_types", text_set(environment_.datapath_types));
  transaction.write(table, row->uuid(), "iface_types", text_set(environment_.interface_types));
  transaction.write(table, row->uuid(), "dpdk_initialized", Datum::scalar(false));
  transaction.write(table, row->uuid(), "dpdk_version", Datum::scalar(std::string_view("none")));
}

void Bridges::commit(std::unique_ptr<ClientTransaction> transaction) {
  if (transaction->is_empty()) {
    on_committed({});
    return;
  }
  in_flight_ = std::move(transaction);
  environment_.database.commit(*in_flight_, [this](ClientTransaction::Outcome outcome) {
    on_committed(std::move(outcome));
  });
}

// Once: whoever waits for the daemon goes on.
void Bridges::report_up() {
  if (std::exchange(is_up_, true)) return;
  if (environment_.on_first_commit) environment_.on_first_commit();
}

void Bridges::on_committed(ClientTransaction::Outcome outcome) {
  using Kind = ClientTransaction::Outcome::Kind;
  in_flight_.reset();
  if (outcome.kind == Kind::Failed) {
    log_.err("the database refused what the bridges wrote: {}", outcome.error);
  }
  const bool try_again = outcome.kind == Kind::TryAgain;
  if (try_again) unwritten_.merge(std::exchange(in_flight_status_, {}));
  if (outcome.kind == Kind::Success) report_up();
  if (!statistics_timer_->is_set()) statistics_timer_->set_after(statistics_ms_);
  if (unwritten_.empty()) return;
  if (try_again) {
    retry_timer_->set_after(kRetryMs);
  } else {
    write_status({});
  }
}

// What changes without a change of configuration: links, counters, controllers.
void Bridges::write_statistics() {
  statistics_timer_->set_after(statistics_ms_);
  ovsdb::Client& database = environment_.database;
  if (in_flight_ != nullptr || !database.is_synced() || !database.has_lock()) return;
  auto transaction = new_transaction();
  for (auto& [bridge_uuid, bridge] : bridges_) {
    for (auto& [port_uuid, port] : bridge.ports) {
      for (auto& [uuid, interface] : port.interfaces) {
        refresh_link(bridge, interface);
        write_interface(*transaction, uuid, interface);
      }
    }
    write_statistics_of(*transaction, bridge);
    write_controllers(*transaction, bridge);
  }
  commit(std::move(transaction));
}

void Bridges::write_statistics_of(ClientTransaction& transaction, const Bridge& bridge) {
  const TableSchema& table = environment_.database.replica().find("Interface")->schema();
  for (const auto& [port_uuid, port] : bridge.ports) {
    for (const auto& [uuid, interface] : port.interfaces) {
      if (!interface.ofport || !transaction.exists(table, uuid)) continue;
      const auto stats = bridge.ofproto->port_stats(*interface.ofport);
      if (stats) transaction.write(table, uuid, "statistics", statistics_datum(*stats));
    }
  }
}

void Bridges::write_controllers(ClientTransaction& transaction, const Bridge& bridge) {
  const ovsdb::Replica& replica = environment_.database.replica();
  const ovsdb::ReplicaTable* table = replica.find("Controller");
  if (table == nullptr) return;
  for (const ControllerStatus& status : bridge.ofproto->controllers()) {
    for (const Uuid& uuid : bridge.config.controllers) {
      const ReplicaRow* row = table->find(uuid);
      if (row == nullptr || text_of((*row)["target"]) != status.target) continue;
      transaction.write(table->schema(), uuid, "is_connected", Datum::scalar(status.is_connected));
      transaction.write(table->schema(), uuid, "role", optional_text(status.role));
      DatumBuilder map(AtomType::String, AtomType::String);
      const std::string seconds = std::to_string(status.is_connected ? status.seconds_connected
                                                                     : status.seconds_disconnected);
      map.add(Atom("state"), Atom(std::string_view(status.state)));
      map.add(Atom(status.is_connected ? "sec_since_connect" : "sec_since_disconnect"),
              Atom(std::string_view(seconds)));
      if (!status.last_error.empty()) {
        map.add(Atom("last_error"), Atom(std::string_view(status.last_error)));
      }
      map.sort_unique();
      transaction.write(table->schema(), uuid, "status", map.build());
    }
  }
}

}  // namespace ovs::vswitch

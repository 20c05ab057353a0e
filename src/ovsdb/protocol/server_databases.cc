// The databases of a Server: those that follow others, and what _Server says of all.
#include "base/core/assert.h"
#include "ovsdb/data/cat.h"
#include "ovsdb/protocol/server.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {

Result<void, std::string> Server::add_relay(const std::string& name, Follower::Options options) {
  if (name.starts_with('_')) {
    return cat("ovsdb error: ", name, ": names beginning with \"_\" are reserved");
  }
  if (databases_.contains(name)) return cat("ovsdb error: ", name, ": duplicate database name");
  auto nothing = std::make_shared<Schema>();
  nothing->name = name;
  auto db = std::make_unique<HostedDatabase>("", Storage::in_memory(std::move(nothing)));
  db->has_schema = false;
  db->follower = std::make_unique<Follower>(*this, *db, std::move(options));
  databases_.emplace(name, std::move(db));
  disconnect_unaware(cat("adding ", name, " database"), nullptr);
  describe_databases();
  return kOk;
}

void Server::set_backup(HostedDatabase& db, std::optional<Follower::Options> options) {
  db.read_only = options.has_value();
  db.follower = options ? std::make_unique<Follower>(*this, db, std::move(*options)) : nullptr;
  describe_databases();
}

void Server::source_changed(HostedDatabase& db) {
  describe_databases();
  touch(db);
}

void Server::source_failed(HostedDatabase& db) {
  environment_.loop.post([this, name = std::string(db.name())] {
    HostedDatabase* found = find(name);
    const bool failed =
        found != nullptr && found->follower && found->follower->state() == Follower::State::Failed;
    if (failed && on_source_failed) on_source_failed(*found);
  });
}

DbResult<void> Server::replace_schema(HostedDatabase& db, Schema schema) {
  const std::vector<Session*> sessions = sessions_;
  for (Session* session : sessions) session->forget(db);
  db.reset(std::move(schema));
  db.has_schema = true;
  disconnect_unaware(cat("database ", db.name(), " schema changed"), nullptr);
  describe_databases();
  touch(db);
  return kOk;
}

// Makes the rows of _Server's Database table those of the databases there are.
void Server::describe_databases() {
  HostedDatabase& self = *find("_Server");
  const TableSchema& table = self.database().table(0).schema();
  const std::uint32_t name_column = table.find("name")->index;
  Transaction transaction(self.database(), uuids_);
  std::map<std::string, Uuid, std::less<>> present;
  transaction.for_each(0, [&](const Row& row) {
    present.emplace(std::string(row[name_column].key(0).string()), row.uuid());
    return true;
  });
  for (const auto& [name, uuid] : present) {
    if (!databases_.contains(name)) transaction.erase(0, uuid);
  }
  for (const auto& [name, db] : databases_) {
    const auto at = present.find(name);
    Row& row = at == present.end() ? transaction.insert(0, uuids_.next())
                                   : transaction.modify(0, at->second);
    describe(*db, table, row);
  }
  auto done = commit(self, transaction);
  OVS_ASSERT(done.ok());
}

void Server::describe(const HostedDatabase& db, const TableSchema& table, Row& row) const {
  const auto set = [&](std::string_view name, Datum value) {
    row[table.find(name)->index] = std::move(value);
  };
  set("name", Datum::scalar(std::string_view(db.name())));
  set("model", Datum::scalar(db.is_relay() ? "relay" : "standalone"));
  set("connected", Datum::scalar(db.is_connected()));
  set("leader", Datum::scalar(!db.is_relay()));
  if (!db.has_schema) return set("schema", Datum::empty(AtomType::String));
  const std::string schema = wire::json_text(db.database().schema().to_json(),
                                             wire::JsonStyle::Compact, wire::JsonOrder::Sorted);
  set("schema", Datum::scalar(std::string_view(schema)));
}

}  // namespace ovs::ovsdb

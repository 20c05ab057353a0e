// See cluster.h.
#include "tools/ovsdb-tool/cluster.h"

#include <algorithm>

#include "daemon/stream/method.h"
#include "ovsdb/data/cat.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

namespace ovs::tools {
namespace {

using namespace ovs::ovsdb;

DbResult<void> check_address(const std::string& address) {
  const auto method = daemon::parse_method(address, 0);
  const bool is_known =
      address.starts_with("tcp:") || address.starts_with("ssl:") || address.starts_with("unix:");
  if (!is_known) return DbError::general(cat(address, ": expected \"tcp\" or \"ssl\" address"));
  if (method.ok() && (address.starts_with("unix:") || method->port != 0)) return kOk;
  return DbError::general(cat(address, ": syntax error in address"));
}

DbResult<void> write_file(platform::Files& files, const std::string& path, const Json& record) {
  OVS_TRY(const auto log, LogFile::open(files, path, LogMode::CreateNew));
  log->set_magic(LogFile::kClustered);
  OVS_TRY(log->write(wire::json_text(record)));
  return log->sync();
}

// [schema, rows], as a snapshot has them.
DbResult<Json> snapshot_of(platform::Files& files, UuidSource& uuids, const std::string& contents,
                           std::uint64_t wall_ms, std::string& name) {
  if (auto log = LogFile::open(files, contents, LogMode::Read, true); !log) {
    OVS_TRY(const Schema schema, read_schema_file(files, contents));
    name = schema.name;
    return Json::array(schema.to_json(), Json::empty_object());
  }
  std::string warning;
  OVS_TRY(const Storage storage, Storage::open(files, uuids, contents, LogMode::Read, warning));
  const Database& database = storage.database();
  name = database.schema().name;
  const std::string rows = whole_record(database, cat("created from ", contents), wall_ms);
  if (rows.empty()) return Json::array(database.schema().to_json(), Json::empty_object());
  return Json::array(database.schema().to_json(), std::move(*wire::parse_json(rows)));
}

}  // namespace

DbResult<void> create_cluster(platform::Files& files, UuidSource& uuids, const std::string& path,
                              const std::string& contents, const std::string& local,
                              std::uint64_t wall_ms) {
  OVS_TRY(check_address(local));
  std::string name;
  OVS_TRY(Json snapshot, snapshot_of(files, uuids, contents, wall_ms, name));
  const std::string server_id = uuids.next().text();
  JsonObject record;
  record.append("server_id", server_id);
  record.append("name", name);
  record.append("local_address", local);
  record.append("cluster_id", uuids.next().text());
  record.append("prev_term", 1);
  record.append("prev_index", 1);
  record.append("prev_servers", Json::object(server_id, local));
  record.append("prev_data", std::move(snapshot));
  record.append("prev_eid", uuids.next().text());
  return write_file(files, path, Json(std::move(record)));
}

DbResult<void> join_cluster(platform::Files& files, UuidSource& uuids, const std::string& path,
                            const Joining& joining) {
  OVS_TRY(check_address(joining.local));
  JsonArray remotes;
  for (const std::string& remote : joining.remotes) {
    OVS_TRY(check_address(remote));
    if (remote == joining.local) {
      return DbError::general("remote addresses cannot be the same as the local address");
    }
    remotes.push_back(remote);
  }
  JsonObject record;
  record.append("server_id", uuids.next().text());
  record.append("local_address", joining.local);
  record.append("name", joining.name);
  record.append("remote_addresses", std::move(remotes));
  if (!joining.cluster_id.empty()) record.append("cluster_id", joining.cluster_id);
  return write_file(files, path, Json(std::move(record)));
}

DbResult<std::string> cluster_member(platform::Files& files, const std::string& path,
                                     std::string_view name) {
  OVS_TRY(const auto log, LogFile::open(files, path, LogMode::Read, true));
  OVS_TRY(const std::optional<Json> record, log->read());
  if (!record) return DbError::general(cat(path, ": database file has no header"));
  const Json* member = record->find(name);
  return member != nullptr && member->is_string() ? std::string(member->string()) : std::string();
}

}  // namespace ovs::tools

// Files of clustered databases (ovsdb(5)): made, and asked about. Servers of a cluster are not
// there yet; these files are for others' servers.
#pragma once
#include <string>
#include <vector>

#include "ovsdb/engine/storage.h"

namespace ovs::tools {

// The first server of a new cluster, from a file with a schema or a standalone database.
ovsdb::DbResult<void> create_cluster(platform::Files& files, ovsdb::UuidSource& uuids,
                                     const std::string& path, const std::string& contents,
                                     const std::string& local, std::uint64_t wall_ms);

struct Joining {
  std::string name, local;
  std::vector<std::string> remotes;
  std::string cluster_id;  // empty: whatever they are in
};
// A server that is to join others.
ovsdb::DbResult<void> join_cluster(platform::Files& files, ovsdb::UuidSource& uuids,
                                   const std::string& path, const Joining& joining);

// A text in the first record of a clustered database's file; empty if it has none of that name.
ovsdb::DbResult<std::string> cluster_member(platform::Files& files, const std::string& path,
                                            std::string_view name);

}  // namespace ovs::tools

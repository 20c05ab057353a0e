// "db:DB,TABLE,COLUMN": a place in a served database that configures the server itself.
#pragma once
#include <map>
#include <string>

#include "ovsdb/protocol/remote.h"

namespace ovs::ovsdb {

class Server;

struct DbColumn {
  HostedDatabase* db;
  const TableSchema* table;
  const ColumnSchema* column;
};

// The error is a sentence: "\"db:x\": invalid syntax".
Result<DbColumn, std::string> find_db_column(Server& server, const std::string& name);
// The remotes that a column names, as strings or as rows with a "target".
std::map<std::string, RemoteOptions> remotes_of(const DbColumn& place);
// The first text in a column of strings; empty if there is none.
std::string text_of(const DbColumn& place);
// The rows that a column of references leads to; for writing back their state.
std::vector<Uuid> remote_rows(const DbColumn& place, const TableSchema*& table);

}  // namespace ovs::ovsdb

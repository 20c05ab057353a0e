// Changes to a replica's rows, gathered and then written as one transaction's operations. Reading
// through it sees what it has written. What was verified is checked by the server again, so that a
// change made on an old copy is refused and can be tried again. Sends nothing: client.h does.
#pragma once
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ovsdb/client/replica.h"

namespace ovs::ovsdb {

class ClientTransaction {
 public:
  // `replica` outlives it, and does not change while this is filled.
  ClientTransaction(const Replica& replica, UuidSource& uuids);

  const Replica& replica() const { return replica_; }

  // A new row; its UUID stands for it here, and becomes another one at commit.
  Uuid insert(const TableSchema& table) { return insert(table, uuids_.next()); }
  Uuid insert(const TableSchema& table, const Uuid& row);  // one that stands for no other row yet
  // A new row that is to have this UUID on the server too.
  Uuid insert_as(const TableSchema& table, const Uuid& uuid);
  void erase(const TableSchema& table, const Uuid& row);
  // Rows that are there by now, inserted ones included, in the order of their UUIDs.
  std::vector<Uuid> rows(const TableSchema& table) const;
  bool exists(const TableSchema& table, const Uuid& row) const;
  bool was_inserted(const Uuid& row) const { return inserted_.count(row) != 0; }

  const Datum& read(const TableSchema& table, const Uuid& row, std::uint32_t column) const;
  const Datum& read(const TableSchema& table, const Uuid& row, std::string_view column) const;
  void write(const TableSchema& table, const Uuid& row, std::uint32_t column, Datum value);
  void write(const TableSchema& table, const Uuid& row, std::string_view column, Datum value);
  // The commit fails, to be tried again, if the column has changed on the server meanwhile.
  void verify(const TableSchema& table, const Uuid& row, std::uint32_t column);

  // Adds one to an integer on the server, and tells what it has become.
  void increment(const TableSchema& table, const Uuid& row, std::string_view column);
  void comment(std::string_view text);
  // The commit fails unless this connection holds the lock.
  void assert_lock(std::string_view name) { lock_ = name; }

  // Whether there is anything to commit: comments alone are nothing.
  bool is_empty() const;
  // The params of `transact`, the database's name first.
  Json operations();

  // After a commit: what the server made of this transaction. `reply` is the result array.
  struct Outcome {
    enum class Kind : std::uint8_t { Success, TryAgain, NotLocked, Failed };
    Kind kind = Kind::Success;
    std::string error;             // Failed: why
    std::int64_t incremented = 0;  // the new value, of increment()
  };
  Outcome finish(const Json& reply);
  // A row's UUID on the server, after finish(); of a row that was there, the same.
  Uuid committed_uuid(const Uuid& row) const;

 private:
  struct RowEdit {
    std::map<std::uint32_t, Datum> columns;
    std::set<std::uint32_t> verified;
    bool is_deleted = false;
  };
  struct Increment {
    const TableSchema* table = nullptr;
    Uuid row;
    std::string column;
    std::size_t result = 0;  // index of its select in the reply
  };
  using RowEdits = std::map<Uuid, RowEdit>;

  const RowEdit* edit_of(const TableSchema& table, const Uuid& row) const;
  void put_waits(JsonArray& operations) const;
  void put_edit(JsonArray& operations, const TableSchema& table, const Uuid& row,
                const RowEdit& edit);
  void put_increment(JsonArray& operations);
  Json condition(const Uuid& row) const;
  Json row_reference(const Uuid& row) const;
  Json datum_json(const Datum& datum) const;

  const Replica& replica_;
  UuidSource& uuids_;
  std::map<std::uint32_t, RowEdits> edits_;  // by table
  std::map<Uuid, std::uint32_t> inserted_;   // row, its table
  std::set<Uuid> chosen_;                    // inserted rows whose UUID is not the server's choice
  std::map<Uuid, std::size_t> insert_results_;  // index in the reply
  std::map<Uuid, Uuid> committed_;
  Increment increment_;
  std::string comment_, lock_;
};

}  // namespace ovs::ovsdb

// A database with the file it lives in: opening replays the file, committing appends to it.
#pragma once
#include <memory>
#include <string>

#include "ovsdb/engine/database.h"
#include "ovsdb/engine/log_file.h"
#include "ovsdb/engine/log_record.h"
#include "ovsdb/engine/transaction.h"

namespace ovs::ovsdb {

class Storage {
 public:
  // Reads a standalone file. `warning` gets what is wrong with its tail, which is then ignored.
  // With `schema`, rows are taken over into that one instead of the file's; what it lacks is
  // dropped.
  static DbResult<Storage> open(platform::Files& files, UuidSource& uuids, std::string path,
                                LogMode mode, std::string& warning,
                                std::shared_ptr<const Schema> schema = nullptr);
  // A new file that holds only the schema.
  static DbResult<void> create(platform::Files& files, const std::string& path,
                               const Schema& schema);
  // A database in memory alone.
  static Storage in_memory(std::shared_ptr<const Schema> schema) {
    return Storage(nullptr, Database(std::move(schema)));
  }

  Database& database() { return database_; }
  const Database& database() const { return database_; }
  bool has_file() const { return log_ != nullptr; }
  LogFile* log() { return log_.get(); }
  std::uint64_t record_count() const { return records_; }
  // Of the file after it was last compacted or opened.
  std::uint64_t compact_size() const { return compact_size_; }

  // Whether commits are taken; see LogFile.
  bool is_trusted() const { return !log_ || log_->is_trusted(); }
  // Whether the file has grown enough since it was last rewritten. Every so often only.
  bool is_worth_compacting(std::uint64_t now_ms);
  // Writes a prepared transaction to the file and makes it part of the database.
  DbResult<void> commit(Transaction& transaction, std::uint64_t wall_ms, RecordForm form);
  DbResult<void> sync();
  // The file rewritten as schema and one transaction, which makes it trusted again. write() is the
  // long part and may be another thread's; meanwhile commits go on, into the old file, and finish()
  // brings them over. A compaction that fails or is abandoned leaves the old file in force. Only
  // with a file; one at a time.
  class Compaction {
   public:
    DbResult<void> write();

   private:
    friend class Storage;
    Compaction(Database database, std::string comment, std::uint64_t wall_ms)
        : database_(std::move(database)), comment_(std::move(comment)), wall_ms_(wall_ms) {}
    Database database_;
    const std::string comment_;
    const std::uint64_t wall_ms_;
    std::unique_ptr<LogSuccessor> file_;
    std::uint64_t records_ = 0;       // written by it
    std::uint64_t records_then_ = 0;  // of the storage when it began
  };
  DbResult<std::unique_ptr<Compaction>> begin_compaction(std::string_view comment,
                                                         std::uint64_t wall_ms) {
    return begin_rewrite(database_, comment, wall_ms);
  }
  DbResult<void> finish(Compaction& compaction);
  void abandon(const Compaction& compaction) { log_->abandon(*compaction.file_); }
  // All of it at once.
  DbResult<void> compact(std::string_view comment, std::uint64_t wall_ms);
  // Puts another database in place of this one, in the file first.
  DbResult<void> replace(Database database, std::string_view comment, std::uint64_t wall_ms);

 private:
  Storage(std::unique_ptr<LogFile> log, Database database)
      : log_(std::move(log)), database_(std::move(database)) {}
  DbResult<std::unique_ptr<Compaction>> begin_rewrite(const Database& database,
                                                      std::string_view comment,
                                                      std::uint64_t wall_ms);
  DbResult<void> rewrite(const Database& database, std::string_view comment, std::uint64_t wall_ms);
  DbResult<void> replay(UuidSource& uuids, Unknown unknown, std::string& warning);

  std::unique_ptr<LogFile> log_;
  Database database_;
  std::uint64_t records_ = 0;  // transactions in the file
  std::uint64_t compact_size_ = 0;
  std::uint64_t compacted_ms_ = 0;  // 0: not yet asked
};

// The first record of a database file, whatever follows.
DbResult<Schema> read_schema(platform::Files& files, const std::string& path);
// A schema from a file that holds its JSON.
DbResult<Schema> read_schema_file(platform::Files& files, const std::string& path);
// The rows of `from` under another schema: columns it lacks are dropped, new ones get defaults.
DbResult<Database> convert(const Database& from, std::shared_ptr<const Schema> schema,
                           UuidSource& uuids);

}  // namespace ovs::ovsdb

// See storage.h.
#include "ovsdb/engine/storage.h"

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {
namespace {

std::string schema_record(const Schema& schema) {
  return wire::json_text(schema.to_json());
}

DbResult<Schema> first_record(LogFile& log) {
  OVS_TRY(std::optional<Json> json, log.read());
  if (!json) {
    return DbError::io(0, cat(log.path(), ": database file contains no schema"));
  }
  auto schema = Schema::parse(*json);
  if (!schema) {
    return schema.error().wrapped(cat("failed to parse \"", log.path(), "\" as ovsdb schema"));
  }
  return schema;
}

}  // namespace

DbResult<Storage> Storage::open(platform::Files& files, UuidSource& uuids, std::string path,
                                LogMode mode, std::string& warning,
                                std::shared_ptr<const Schema> schema) {
  OVS_TRY(std::unique_ptr<LogFile> log, LogFile::open(files, std::move(path), mode));
  OVS_TRY(Schema own, first_record(*log));
  const Unknown unknown = schema ? Unknown::Ignore : Unknown::Refuse;
  if (!schema) schema = std::make_shared<Schema>(std::move(own));
  Storage storage(std::move(log), Database(std::move(schema)));
  OVS_TRY(storage.replay(uuids, unknown, warning));
  storage.log_->finish_reading();
  storage.compact_size_ = storage.log_->size();
  return storage;
}

// A bad tail is what a crash leaves: what precedes it counts.
DbResult<void> Storage::replay(UuidSource& uuids, Unknown unknown, std::string& warning) {
  for (;;) {
    auto json = log_->read();
    if (!json) {
      warning = json.error().to_text();
      return kOk;
    }
    if (!*json) return kOk;
    Transaction transaction(database_, uuids);
    auto replayed = replay_record(transaction, **json, unknown);
    if (replayed) replayed = transaction.prepare();
    if (!replayed && unknown == Unknown::Ignore) return std::move(replayed).error();
    if (!replayed) {
      log_->unread();
      warning = replayed.error().to_text();
      return kOk;
    }
    transaction.commit();
    ++records_;
  }
}

DbResult<void> Storage::create(platform::Files& files, const std::string& path,
                               const Schema& schema) {
  OVS_TRY(std::unique_ptr<LogFile> log, LogFile::open(files, path, LogMode::CreateNew));
  OVS_TRY(log->write(schema_record(schema)));
  return log->sync();
}

DbResult<void> Storage::commit(Transaction& transaction, std::uint64_t wall_ms, RecordForm form) {
  if (log_) {
    const std::string record =
        transaction_record(database_, transaction.changes(), transaction.comment(), wall_ms, form);
    if (!record.empty()) {
      OVS_TRY(log_->write(record));
      ++records_;
    }
  }
  transaction.commit();
  return kOk;
}

bool Storage::is_worth_compacting(std::uint64_t now_ms) {
  constexpr std::uint64_t kLeastMs = 10 * 60 * 1000, kMostMs = 24 * 60 * 60 * 1000;
  constexpr std::uint64_t kLeastRecords = 100, kLeastSize = 10 * 1024 * 1024;
  if (!log_) return false;
  if (compacted_ms_ == 0) compacted_ms_ = now_ms;
  const std::uint64_t age_ms = now_ms - compacted_ms_;
  const bool grown =
      records_ >= kLeastRecords && log_->size() >= kLeastSize && log_->size() >= 2 * compact_size_;
  if (!(age_ms >= kLeastMs && grown) && !(age_ms >= kMostMs && records_ > 1)) return false;
  compacted_ms_ = now_ms;
  return true;
}

DbResult<void> Storage::sync() {
  if (!log_) return kOk;
  return log_->sync();
}

DbResult<void> Storage::rewrite(const Database& database, std::string_view comment,
                                std::uint64_t wall_ms) {
  if (!log_) return kOk;
  OVS_TRY(const auto compaction, begin_rewrite(database, comment, wall_ms));
  auto written = compaction->write();
  if (written) return finish(*compaction);
  abandon(*compaction);
  return written;
}

DbResult<std::unique_ptr<Storage::Compaction>> Storage::begin_rewrite(const Database& database,
                                                                      std::string_view comment,
                                                                      std::uint64_t wall_ms) {
  std::unique_ptr<Compaction> compaction(
      new Compaction(database.snapshot(), std::string(comment), wall_ms));
  OVS_TRY(compaction->file_, log_->begin_successor());
  compaction->records_then_ = records_;
  return compaction;
}

DbResult<void> Storage::Compaction::write() {
  OVS_TRY(file_->write(schema_record(database_.schema())));
  const std::string rows = whole_record(database_, comment_, wall_ms_);
  if (!rows.empty()) {
    OVS_TRY(file_->write(rows));
    records_ = 1;
  }
  return file_->sync();
}

DbResult<void> Storage::finish(Compaction& compaction) {
  const std::uint64_t size = compaction.file_->size();
  OVS_TRY(log_->succeed(*compaction.file_));
  records_ = compaction.records_ + (records_ - compaction.records_then_);
  compact_size_ = size;
  return kOk;
}

DbResult<void> Storage::compact(std::string_view comment, std::uint64_t wall_ms) {
  return rewrite(database_, comment, wall_ms);
}

DbResult<void> Storage::replace(Database database, std::string_view comment,
                                std::uint64_t wall_ms) {
  OVS_TRY(rewrite(database, comment, wall_ms));
  database_ = std::move(database);
  return kOk;
}

DbResult<Schema> read_schema(platform::Files& files, const std::string& path) {
  OVS_TRY(std::unique_ptr<LogFile> log, LogFile::open(files, path, LogMode::Read, true));
  if (log->magic() == LogFile::kClustered) {
    return DbError("not supported", cat(path, ": clustered databases are not supported yet"));
  }
  return first_record(*log);
}

DbResult<Schema> read_schema_file(platform::Files& files, const std::string& path) {
  std::string text;
  if (auto read = platform::read_all(files, path, text); !read.ok()) {
    const Text reason = platform::os_error_text(read.error());
    return DbError("failed to read schema",
                   cat('"', path, "\" could not be read as JSON (error opening \"", path,
                       "\": ", std::string_view(reason.data(), reason.size()), ")"));
  }
  auto json = wire::parse_json(text);
  if (!json) {
    return DbError("failed to read schema",
                   cat('"', path, "\" could not be read as JSON (", json.error().text, ")"));
  }
  auto schema = Schema::parse(*json);
  if (!schema) {
    return schema.error().wrapped(cat("failed to parse \"", path, "\" as ovsdb schema"));
  }
  return schema;
}

DbResult<Database> convert(const Database& from, std::shared_ptr<const Schema> schema,
                           UuidSource& uuids) {
  Database to(schema);
  Transaction transaction(to, uuids);
  for (const Table& table : from.tables()) {
    const TableSchema* target = schema->find(table.schema().name);
    if (target == nullptr) continue;
    DbError error;
    table.for_each([&](const Row& row) {
      if (error) return;
      Row& copy = transaction.insert(target->index, row.uuid());
      for (std::uint32_t i = kFirstColumn; i < row.column_count(); ++i) {
        const ColumnSchema& old = table.schema().columns[i];
        const ColumnSchema* column = target->find(old.name);
        if (column == nullptr) continue;
        if (column->type == old.type) {
          copy[column->index] = row[i];
          continue;
        }
        auto datum = datum_from_json(column->type, datum_to_json(row[i]), nullptr);
        if (!datum) {
          error = std::move(datum).error();
          return;
        }
        copy[column->index] = std::move(*datum);
      }
    });
    if (error) return error;
  }
  OVS_TRY(transaction.prepare());
  transaction.commit();
  return to;
}

}  // namespace ovs::ovsdb

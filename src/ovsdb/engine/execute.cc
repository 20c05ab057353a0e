// See execute.h.
#include "ovsdb/engine/execute.h"

#include <algorithm>
#include <unordered_map>

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"
#include "ovsdb/data/member_parser.h"
#include "ovsdb/engine/condition.h"
#include "ovsdb/engine/mutation.h"

namespace ovs::ovsdb {
namespace {

using P = MemberParser;

// Rows that are distinct in some columns.
class RowSet {
 public:
  explicit RowSet(const ColumnSet& columns) : columns_(columns) {}
  bool insert(RowRef row) {
    if (contains(*row)) return false;
    rows_.emplace(hash(*row), std::move(row));
    return true;
  }
  bool contains(const Row& row) const {
    const auto range = rows_.equal_range(hash(row));
    for (auto at = range.first; at != range.second; ++at) {
      if (Row::equal(*at->second, row, columns_)) return true;
    }
    return false;
  }
  std::size_t count() const { return rows_.size(); }

 private:
  std::size_t hash(const Row& row) const {
    std::size_t value = 0;
    for (const std::uint32_t column : columns_) value = value * 31 + row.value(column).hash();
    return value;
  }
  const ColumnSet& columns_;
  std::unordered_multimap<std::size_t, RowRef> rows_;
};

class Execution {
 public:
  Execution(Transaction& transaction, const ExecuteOptions& options)
      : transaction_(transaction), options_(options), symbols_(transaction.uuids()) {}

  DbResult<void> operation(std::string_view name, P& parser, JsonObject& result) {
    if (name == "insert") return insert(parser, result);
    if (name == "select") return select(parser, result);
    if (name == "update") return update(parser, result);
    if (name == "mutate") return mutate(parser, result);
    if (name == "delete") return erase(parser, result);
    if (name == "wait") return wait(parser);
    if (name == "commit") return commit(parser);
    if (name == "abort") return DbError("aborted", "aborted by request");
    if (name == "comment") return comment(parser);
    if (name == "assert") return assert_lock(parser);
    parser.fail(cat("No operation \"", name, "\""));
    return kOk;
  }
  static bool reads_only(std::string_view name) {
    return name == "select" || name == "wait" || name == "abort" || name == "comment" ||
           name == "assert";
  }

  bool durable() const { return durable_; }
  bool parked() const { return parked_; }
  std::uint64_t timeout_ms() const { return timeout_ms_; }

 private:
  const TableSchema* table(P& parser) {
    const Json* name = parser.member("table", P::kId);
    if (name == nullptr) return nullptr;
    const TableSchema* found = transaction_.database().schema().find(name->string());
    if (found == nullptr) parser.fail(cat("No table named ", name->string(), "."));
    return found;
  }

  DbResult<Uuid> uuid_for_insert(const TableSchema& schema, const Json* uuid_json,
                                 const Json* uuid_name) {
    Uuid uuid;
    if (uuid_json != nullptr && !Uuid::parse(uuid_json->string(), uuid)) {
      return DbError::syntax(*uuid_json, "bad uuid");
    }
    if (uuid_json != nullptr && !transaction_.may_insert(schema.index, uuid)) {
      return DbError::syntax(*uuid_json,
                             "This UUID would duplicate a UUID already present within the table "
                             "or deleted within the same transaction.",
                             "duplicate uuid");
    }
    if (uuid_name == nullptr) return uuid_json == nullptr ? transaction_.uuids().next() : uuid;
    Symbol& symbol = symbols_.of(uuid_name->string());
    if (symbol.created) {
      return DbError::syntax(*uuid_name,
                             "This \"uuid-name\" appeared on an earlier \"insert\" operation.",
                             "duplicate uuid-name");
    }
    if (uuid_json != nullptr) symbol.uuid = uuid;
    symbol.created = true;
    return symbol.uuid;
  }

  DbResult<void> insert(P& parser, JsonObject& result) {
    const TableSchema* schema = table(parser);
    const Json* uuid_json = parser.member("uuid", P::kString | P::kOptional);
    const Json* uuid_name = parser.member("uuid-name", P::kId | P::kOptional);
    const Json* row_json = parser.member("row", P::kObject);
    if (parser.failed()) return parser.error();
    OVS_TRY(const Uuid uuid, uuid_for_insert(*schema, uuid_json, uuid_name));
    Row& row = transaction_.insert(schema->index, uuid);
    OVS_TRY(fill_row(row, *schema, *row_json, &symbols_));
    // A default may violate what the column demands; more than one atom is no default.
    for (std::uint32_t i = kFirstColumn; i < row.column_count(); ++i) {
      if (row[i].count() != 1) continue;
      OVS_TRY(schema->columns[i].type.check(row[i]));
    }
    result.append("uuid", uuid_to_json(uuid));
    return kOk;
  }

  // Tables and clauses of the operations that have a "where".
  DbResult<Condition> where(const TableSchema& schema, const Json& json) {
    return Condition::parse(schema, json, &symbols_);
  }

  std::vector<RowRef> matches(const TableSchema& schema, const Condition& condition) {
    std::vector<RowRef> rows;
    condition.for_each(transaction_, schema.index, [&](const Row& row) {
      const RowRef stored = transaction_.database().table(schema.index).share(row.uuid());
      rows.push_back(stored && stored.pointer() == &row ? stored : row.copy());
      return true;
    });
    return rows;
  }

  std::vector<Uuid> matching_uuids(const TableSchema& schema, const Condition& condition) {
    std::vector<Uuid> uuids;
    condition.for_each(transaction_, schema.index, [&](const Row& row) {
      uuids.push_back(row.uuid());
      return true;
    });
    return uuids;
  }

  DbResult<void> select(P& parser, JsonObject& result) {
    const TableSchema* schema = table(parser);
    const Json* where_json = parser.member("where", P::kArray);
    const Json* columns_json = parser.member("columns", P::kArray | P::kOptional);
    const Json* sort_json = parser.member("sort", P::kArray | P::kOptional);
    if (parser.failed()) return parser.error();
    OVS_TRY(const Condition condition, where(*schema, *where_json));
    OVS_TRY(const ColumnSet columns, schema->parse_columns(columns_json));
    ColumnSet sort;
    if (sort_json != nullptr) {
      OVS_TRY(sort, schema->parse_columns(sort_json));
    }
    std::vector<RowRef> rows = matches(*schema, condition);
    const bool has_uuid = std::find(columns.begin(), columns.end(), kUuidColumn) != columns.end();
    if (!has_uuid) keep_distinct(rows, columns);
    sort_rows(rows, sort);
    JsonArray array;
    array.reserve(rows.size());
    for (const RowRef& row : rows) array.push_back(row_to_json(*schema, *row, columns));
    result.append("rows", std::move(array));
    return kOk;
  }

  static void keep_distinct(std::vector<RowRef>& rows, const ColumnSet& columns) {
    RowSet seen(columns);
    std::erase_if(rows, [&](const RowRef& row) { return !seen.insert(row); });
  }

  static void sort_rows(std::vector<RowRef>& rows, const ColumnSet& sort) {
    if (sort.empty()) return;
    std::stable_sort(rows.begin(), rows.end(), [&](const RowRef& a, const RowRef& b) {
      for (const std::uint32_t column : sort) {
        const int order = Datum::compare(a->value(column), b->value(column));
        if (order != 0) return order < 0;
      }
      return false;
    });
  }

  static Json row_to_json(const TableSchema& schema, const Row& row, const ColumnSet& columns) {
    JsonObject object;
    object.reserve(columns.size());
    for (const std::uint32_t column : columns) {
      object.append(schema.columns[column].name, datum_to_json(row.value(column)));
    }
    return Json(std::move(object));
  }

  DbResult<void> update(P& parser, JsonObject& result) {
    const TableSchema* schema = table(parser);
    const Json* where_json = parser.member("where", P::kArray);
    const Json* row_json = parser.member("row", P::kObject);
    if (parser.failed()) return parser.error();
    const RowRef values = Row::make_default(*schema, Uuid());
    OVS_TRY(const ColumnSet columns, fill_row(*values, *schema, *row_json, &symbols_));
    for (const std::uint32_t column : columns) {
      if (schema->columns[column].is_mutable) continue;
      return DbError::syntax(parser.json(),
                             cat("Cannot update immutable column ", schema->columns[column].name,
                                 " in table ", schema->name, "."),
                             "constraint violation");
    }
    OVS_TRY(const Condition condition, where(*schema, *where_json));
    const std::vector<Uuid> uuids = matching_uuids(*schema, condition);
    for (const Uuid& uuid : uuids) {
      if (Row::equal(*transaction_.find(schema->index, uuid), *values, columns)) continue;
      Row& row = transaction_.modify(schema->index, uuid);
      for (const std::uint32_t column : columns) row[column] = (*values)[column];
    }
    result.append("count", uuids.size());
    return kOk;
  }

  DbResult<void> mutate(P& parser, JsonObject& result) {
    const TableSchema* schema = table(parser);
    const Json* where_json = parser.member("where", P::kArray);
    const Json* mutations_json = parser.member("mutations", P::kArray);
    if (parser.failed()) return parser.error();
    std::vector<Mutation> mutations;
    for (const Json& json : mutations_json->elements()) {
      OVS_TRY(Mutation mutation, Mutation::parse(*schema, json, &symbols_));
      mutations.push_back(std::move(mutation));
    }
    OVS_TRY(const Condition condition, where(*schema, *where_json));
    const std::vector<Uuid> uuids = matching_uuids(*schema, condition);
    for (const Uuid& uuid : uuids) {
      Row& row = transaction_.modify(schema->index, uuid);
      for (const Mutation& mutation : mutations) OVS_TRY(mutation.apply(*schema, row));
    }
    result.append("count", uuids.size());
    return kOk;
  }

  DbResult<void> erase(P& parser, JsonObject& result) {
    const TableSchema* schema = table(parser);
    const Json* where_json = parser.member("where", P::kArray);
    if (parser.failed()) return parser.error();
    OVS_TRY(const Condition condition, where(*schema, *where_json));
    const std::vector<Uuid> uuids = matching_uuids(*schema, condition);
    for (const Uuid& uuid : uuids) transaction_.erase(schema->index, uuid);
    result.append("count", uuids.size());
    return kOk;
  }

  DbResult<void> wait(P& parser) {
    const Json* timeout = parser.member("timeout", P::kInteger | P::kOptional);
    const Json* where_json = parser.member("where", P::kArray);
    const Json* columns_json = parser.member("columns", P::kArray | P::kOptional);
    const Json* until = parser.member("until", P::kString);
    const Json* rows_json = parser.member("rows", P::kArray);
    const TableSchema* schema = table(parser);
    if (parser.failed()) return parser.error();
    OVS_TRY(const Condition condition, where(*schema, *where_json));
    OVS_TRY(const ColumnSet columns, schema->parse_columns(columns_json));
    if (timeout != nullptr && timeout->integer() < 0) {
      return DbError::syntax(*timeout, "timeout must be nonnegative");
    }
    const std::uint64_t limit =
        timeout == nullptr ? UINT64_MAX : static_cast<std::uint64_t>(timeout->integer());
    timeout_ms_ = std::min(timeout_ms_, limit);
    if (!until->is_string("==") && !until->is_string("!=")) {
      return DbError::syntax(*until, "\"until\" must be \"==\" or \"!=\"");
    }
    RowSet expected(columns);
    for (const Json& json : rows_json->elements()) {
      RowRef row = Row::make_default(*schema, Uuid());
      OVS_TRY(fill_row(*row, *schema, json, &symbols_));
      expected.insert(std::move(row));
    }
    const bool equal = results_equal(*schema, condition, columns, expected);
    if (equal == until->is_string("==")) return kOk;
    return unsatisfied(timeout != nullptr, limit);
  }

  bool results_equal(const TableSchema& schema, const Condition& condition,
                     const ColumnSet& columns, const RowSet& expected) {
    RowSet actual(columns);
    bool equal = true;
    condition.for_each(transaction_, schema.index, [&](const Row& row) {
      equal = expected.contains(row);
      if (equal && !actual.contains(row)) actual.insert(row.copy());
      return equal;
    });
    return equal && actual.count() == expected.count();
  }

  DbResult<void> unsatisfied(bool limited, std::uint64_t limit) {
    if (!limited || options_.elapsed_ms < limit) {
      parked_ = true;
      return DbError("not supported", "triggers not supported");
    }
    if (options_.elapsed_ms == 0) return DbError("timed out", "\"where\" clause test failed");
    return DbError("timed out", cat("\"wait\" timed out after ", options_.elapsed_ms, " ms"));
  }

  DbResult<void> commit(P& parser) {
    const Json* durable = parser.member("durable", P::kBoolean);
    durable_ |= durable != nullptr && durable->boolean();
    return kOk;
  }

  DbResult<void> comment(P& parser) {
    const Json* text = parser.member("comment", P::kString);
    if (text != nullptr) transaction_.add_comment(text->string());
    return kOk;
  }

  DbResult<void> assert_lock(P& parser) {
    const Json* lock = parser.member("lock", P::kId);
    if (lock == nullptr) return kOk;
    if (options_.owns_lock && options_.owns_lock(lock->string())) return kOk;
    return DbError("not owner", cat("Asserted lock ", lock->string(), " not held."));
  }

  Transaction& transaction_;
  const ExecuteOptions& options_;
  Symbols symbols_;
  bool durable_ = false;
  bool parked_ = false;
  std::uint64_t timeout_ms_ = UINT64_MAX;
};

DbResult<void> check_params(const Json& params, const Schema& schema) {
  if (!params.is_array()) return DbError::syntax(params, "array expected");
  if (params.elements().empty() || !params.elements()[0].is_string(schema.name)) {
    return DbError::syntax(params, "database name expected as first parameter");
  }
  return kOk;
}

DbError not_allowed(std::string_view name, const Schema& schema, const ExecuteOptions& options) {
  if (Execution::reads_only(name)) return DbError();
  if (options.read_only) {
    return DbError("not allowed", cat(name,
                                      " operation not allowed when database server is in "
                                      "read only mode"));
  }
  if (schema.name[0] == '_') {
    return DbError("not allowed",
                   cat(name, " operation not allowed on table in reserved database ", schema.name));
  }
  return DbError();
}

DbError run(Execution& execution, const Json& operation, std::size_t number, std::size_t count,
            const Schema& schema, const ExecuteOptions& options, JsonObject& result) {
  P parser(operation, cat("ovsdb operation ", number, " of ", count));
  const Json* op = parser.member("op", P::kId);
  DbError error;
  if (op != nullptr) {
    auto done = execution.operation(op->string(), parser, result);
    if (!done) error = std::move(done).error();
  }
  // What is wrong with the request itself comes before what is wrong with what it asks.
  if (DbError parse_error = parser.finish()) return parse_error;
  if (error) return error;
  OVS_ASSERT(op != nullptr);  // without one, the parser has complained
  return not_allowed(op->string(), schema, options);
}

}  // namespace

DbResult<ColumnSet> fill_row(Row& row, const TableSchema& table, const Json& json,
                             Symbols* symbols) {
  if (!json.is_object()) return DbError::syntax(json, "row must be JSON object");
  ColumnSet filled;
  for (const JsonObject::Member& member : json.members()) {
    const ColumnSchema* column = table.find(member.name);
    if (column == nullptr) {
      return DbError::syntax(json, cat("No column ", member.name, " in table ", table.name, "."),
                             "unknown column");
    }
    OVS_TRY(Datum datum, datum_from_json(column->type, member.value, symbols));
    filled.push_back(column->index);
    if (column->index >= kFirstColumn) row[column->index] = std::move(datum);
  }
  return filled;
}

Executed execute(Transaction& transaction, const Json& params, const ExecuteOptions& options) {
  Executed out;
  const Schema& schema = transaction.database().schema();
  if (auto checked = check_params(params, schema); !checked) {
    out.results.push_back(checked.error().to_json());
    out.failed = true;
    return out;
  }
  Execution execution(transaction, options);
  const JsonArray& operations = params.elements();
  const std::size_t count = operations.size() - 1;
  out.results.reserve(count);
  for (std::size_t i = 1; i <= count && !out.failed; ++i) {
    JsonObject result;
    DbError error = run(execution, operations[i], i, count, schema, options, result);
    out.failed = static_cast<bool>(error);
    out.results.push_back(error ? error.to_json() : Json(std::move(result)));
    if (out.failed && execution.parked() && error.tag() == "not supported") {
      out.park_ms = execution.timeout_ms();
    }
  }
  out.results.resize(count);
  out.durable = execution.durable();
  return out;
}

namespace {

std::size_t rows_to_select_by(const Database& database, const Json& operation) {
  if (!operation.is_object()) return 0;
  const Json* op = operation.find("op");
  const Json* table = operation.find("table");
  const Json* where = operation.find("where");
  if (op == nullptr || !op->is_string("select")) return 0;
  if (table == nullptr || !table->is_string() || where == nullptr) return 0;
  const Table* found = database.find(table->string());
  if (found == nullptr) return 0;
  const auto condition = Condition::parse(found->schema(), *where, nullptr);
  if (!condition) return 0;
  return condition->is_lookup(found->schema()) ? 1 : found->count() + 1;
}

}  // namespace

bool only_reads(const Json& params) {
  const JsonArray& operations = params.elements();
  return std::all_of(operations.begin() + 1, operations.end(), [](const Json& operation) {
    const Json* op = operation.is_object() ? operation.find("op") : nullptr;
    return op == nullptr || !op->is_string() || Execution::reads_only(op->string());
  });
}

std::size_t rows_to_select(const Database& database, const Json& params) {
  std::size_t rows = 0;
  for (std::size_t i = 1; i < params.elements().size(); ++i) {
    const std::size_t more = rows_to_select_by(database, params.elements()[i]);
    if (more == 0) return 0;
    rows += more;
  }
  return rows;
}

JsonArray execute_and_commit(Database& database, UuidSource& uuids, const Json& params,
                             const ExecuteOptions& options) {
  Transaction transaction(database, uuids);
  Executed executed = execute(transaction, params, options);
  if (executed.failed) return std::move(executed.results);
  if (auto prepared = transaction.prepare(); !prepared) {
    executed.results.push_back(prepared.error().to_json());
    return std::move(executed.results);
  }
  transaction.commit();
  return std::move(executed.results);
}

}  // namespace ovs::ovsdb

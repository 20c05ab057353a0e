// What a client watches: tables, columns, kinds of change, conditions; and the text of updates in
// the three forms that monitor, monitor_cond and monitor_cond_since use. Equal monitors share one
// MonitorGroup, so a change becomes text once.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "daemon/stream/stream.h"
#include "ovsdb/engine/condition.h"
#include "ovsdb/engine/database.h"

namespace ovs::ovsdb {

enum class MonitorVersion : std::uint8_t { Plain, Conditional, Since };

enum MonitorSelect : std::uint8_t {
  kInitial = 1,
  kInsert = 2,
  kDelete = 4,
  kModify = 8,
  kAll = 15
};

struct MonitorColumn {
  std::uint32_t column;
  std::uint8_t select;
};

struct MonitorTable {
  std::uint32_t table = 0;
  std::uint8_t select = 0;  // of all its requests together
  std::vector<MonitorColumn> columns;
  Condition condition;  // any clause; none: every row
};

struct MonitorSpec {
  MonitorVersion version = MonitorVersion::Plain;
  std::vector<MonitorTable> tables;

  // From the <monitor-requests> object.
  static DbResult<MonitorSpec> parse(const Database& db, MonitorVersion version,
                                     const Json& requests);
  // The same columns under the conditions of a monitor_cond_change request.
  DbResult<MonitorSpec> with_conditions(const Database& db, const Json& requests) const;
  MonitorSpec copy() const { return *this; }
  // Equal specs have equal keys.
  std::string key(const Database& db) const;
};

// A change as a monitor meets it: with `before` or `after` null, an insertion or a deletion.
struct RowStep {
  const Row* before;
  const Row* after;
};

// The <table-updates> text of all rows; "{}" if there are none.
std::string initial_text(const Database& db, const MonitorSpec& spec);
// How many rows initial_text() looks at.
std::size_t initial_count(const Database& db, const MonitorSpec& spec);
// The text of changes, or empty if the monitor does not show them.
std::string update_text(const Database& db, const MonitorSpec& spec, const RowChanges& changes);
// What appears and vanishes because conditions changed; empty if nothing.
std::string condition_change_text(const Database& db, const MonitorSpec& from,
                                  const MonitorSpec& to);

class MonitorGroup {
 public:
  explicit MonitorGroup(MonitorSpec spec) : spec_(std::move(spec)) {}
  const MonitorSpec& spec() const { return spec_; }

  // The whole notification about `changes` for a monitor of this name; null if there is nothing to
  // say. Made once for each `generation` of the database and name.
  daemon::SharedBytes notification(const Database& db, const RowChanges& changes,
                                   std::uint64_t generation, const std::string& id_text);
  // A notification around a text of updates.
  std::string wrap(std::string_view id_text, std::string_view updates) const;

 private:
  MonitorSpec spec_;
  std::uint64_t generation_ = 0;
  std::string updates_;
  std::string id_text_;
  daemon::SharedBytes message_;
};

}  // namespace ovs::ovsdb

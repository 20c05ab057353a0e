// The commands that stay: monitors, and locks.
#include <cstdio>
#include <ctime>

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"
#include "ovsdb/engine/condition.h"
#include "ovsdb/protocol/monitor.h"
#include "tools/ovsdb-client/commands.h"
#include "wire/json/write.h"

namespace ovs::tools {
namespace {

using daemon::ControlCall;
using daemon::JsonRpcMessage;
using ovsdb::cat;
using ovsdb::Cell;
using ovsdb::ColumnSchema;
using ovsdb::MonitorVersion;
using ovsdb::OutputTable;
using ovsdb::Schema;
using ovsdb::TableSchema;

struct Watched {
  const TableSchema* table;
  std::vector<const ColumnSchema*> columns;
};

class Monitoring {
 public:
  Monitoring(Request& request, MonitorVersion version) : request_(request), version_(version) {}

  Outcome<void> run(const Json* condition, const ovsdb::Uuid& last_id) {
    OVS_TRY(schema_, request_.dialogue.schema(request_.database));
    OVS_TRY(Json requests, compose(condition));
    OVS_TRY(send_change_aware(request_));
    JsonArray params;
    params.push_back(request_.database);
    params.push_back(Json());
    params.push_back(std::move(requests));
    if (version_ == MonitorVersion::Since) params.push_back(last_id.text());
    constexpr const char* kMethods[] = {"monitor", "monitor_cond", "monitor_cond_since"};
    const char* method = kMethods[static_cast<std::size_t>(version_)];
    add_control_commands();
    OVS_TRY(const Json initial, request_.dialogue.ask(method, Json(std::move(params))));
    show_initial(initial);
    std::fflush(stdout);
    request_.dialogue.program().ready();
    std::string end;
    OVS_TRY(request_.dialogue.listen([&](const JsonRpcMessage& message) {
      if (message.kind == JsonRpcMessage::Kind::Notify && message.method == "monitor_canceled") {
        end = cat(request_.dialogue.server(), ": ", request_.database, " database was removed");
        return false;
      }
      show_update(message);
      return true;
    }));
    if (!end.empty()) return end;
    return kOk;
  }

 private:
  Outcome<Json> compose(const Json* condition) {
    const std::string& name = request_.arguments[0];
    JsonObject requests;
    if (name == "ALL") {
      if (condition != nullptr) {
        return std::string("ALL tables are not allowed with condition");
      }
      for (const TableSchema& table : schema_.tables) {
        OVS_TRY(Json watched, watch(table, nullptr));
        requests.append(table.name, std::move(watched));
      }
      return Json(std::move(requests));
    }
    const TableSchema* table = schema_.find(name);
    if (table == nullptr) {
      return cat(request_.dialogue.server(), ": ", request_.database,
                 " does not have a table named \"", name, '"');
    }
    OVS_TRY(Json watched, watch(*table, condition));
    requests.append(name, std::move(watched));
    return Json(std::move(requests));
  }

  // The requests about one table: one for each argument that lists columns.
  Outcome<Json> watch(const TableSchema& table, const Json* condition) {
    watched_.push_back({&table, {}});
    std::vector<std::string> lists(request_.arguments.begin() + 1, request_.arguments.end());
    if (lists.empty()) lists.emplace_back();
    JsonArray requests;
    for (const std::string& list : lists) {
      OVS_TRY(Json each, parse_columns(table, list));
      if (requests.empty() && condition != nullptr) {
        each.members().append("where", condition->clone());
      }
      requests.push_back(std::move(each));
    }
    return Json(std::move(requests));
  }

  Outcome<void> add_column(JsonArray& names, const ColumnSchema& column) {
    auto& columns = watched_.back().columns;
    for (const ColumnSchema* each : columns) {
      if (each != &column) continue;
      return cat(request_.dialogue.server(), ": column \"", column.name,
                 "\" mentioned multiple times");
    }
    columns.push_back(&column);
    names.push_back(column.name);
    return kOk;
  }

  // "a,b,!initial"
  Outcome<Json> parse_columns(const TableSchema& table, std::string_view list) {
    static constexpr std::string_view kKinds[] = {"initial", "insert", "delete", "modify"};
    bool selected[] = {true, true, true, true};
    JsonArray names;
    while (!list.empty()) {
      const std::size_t comma = std::min(list.find(','), list.size());
      const std::string_view word = list.substr(0, comma);
      list.remove_prefix(std::min(comma + 1, list.size()));
      bool is_kind = false;
      for (std::size_t i = 0; i < std::size(kKinds); ++i) {
        if (word != cat('!', kKinds[i])) continue;
        selected[i] = false;
        is_kind = true;
      }
      if (is_kind || word.empty()) continue;
      const ColumnSchema* column = table.find(word);
      if (column == nullptr) {
        return cat(request_.dialogue.server(), ": table \"", table.name, "\" in ",
                   request_.database, " does not have a column named \"", word, '"');
      }
      OVS_TRY(add_column(names, *column));
    }
    if (names.empty()) {
      for (std::size_t i = ovsdb::kFirstColumn; i < table.columns.size(); ++i) {
        OVS_TRY(add_column(names, table.columns[i]));
      }
      OVS_TRY(add_column(names, table.columns[ovsdb::kVersionColumn]));
    }
    JsonObject out;
    out.append("columns", std::move(names));
    if (!selected[0] || !selected[1] || !selected[2] || !selected[3]) {
      JsonObject select;
      for (std::size_t i = 0; i < std::size(kKinds); ++i) select.append(kKinds[i], selected[i]);
      out.append("select", std::move(select));
    }
    return Json(std::move(out));
  }

  void add_control_commands() {
    daemon::Program& program = request_.dialogue.program();
    if (!program.is_detached()) return;
    daemon::ControlServer& control = program.control();
    control.add("exit", "", 0, 0, [this](ControlCall call) {
      call.reply("");
      request_.dialogue.stop();
    });
    for (const bool pause : {true, false}) {
      control.add(pause ? "ovsdb-client/block" : "ovsdb-client/unblock", "", 0, 0,
                  [this, pause](ControlCall call) {
                    const bool already = paused_ == pause;
                    paused_ = pause;
                    request_.dialogue.pause(pause);
                    call.reply(!already ? "" : pause ? "already blocking" : "already unblocked");
                  });
    }
    control.add("ovsdb-client/cond_change", "TABLE COND", 2, 2, [this](ControlCall call) {
      auto condition = parse_argument(call.argument(2));
      if (!condition.ok()) return call.reply_error(condition.error());
      Json change = Json::array(Json::object("where", std::move(*condition)));
      request_.dialogue.send(
          "monitor_cond_change",
          Json::array(Json(), Json(), Json::object(call.argument(1), std::move(change))));
      call.reply("condition changed");
    });
  }

  void show_initial(const Json& result) {
    if (version_ != MonitorVersion::Since) return show(result, "initial");
    if (!result.is_array() || result.elements().size() != 3) return;
    const JsonArray& part = result.elements();
    const bool found = part[0].is_boolean() && part[0].boolean();
    std::printf("found: %s, last_id: %s\n", found ? "true" : "false",
                part[1].is_string() ? std::string(part[1].string()).c_str() : "");
    show(part[2], "initial");
  }

  void show_update(const JsonRpcMessage& message) {
    const bool update = message.kind == JsonRpcMessage::Kind::Notify &&
                        message.method.starts_with("update") && message.body.is_array();
    if (!update) return;
    const JsonArray& params = message.body.elements();
    const std::size_t count = version_ == MonitorVersion::Since ? 3 : 2;
    if (params.size() != count || !params[0].is_null()) return;
    if (count == 3 && params[1].is_string()) {
      std::printf("\nlast_id: %s", std::string(params[1].string()).c_str());
    }
    show(params.back(), "insert");
    std::fflush(stdout);
  }

  void show(const Json& updates, std::string_view kind) {
    for (const Watched& watched : watched_) {
      const Json* rows = updates.find(watched.table->name);
      if (rows == nullptr || !rows->is_object()) continue;
      OutputTable out;
      if (watched_.size() > 1) out.caption = watched.table->name;
      if (request_.settings.timestamp) add_timestamp(out);
      out.headings = {"row", "action"};
      for (const ColumnSchema* column : watched.columns) out.headings.push_back(column->name);
      for (const JsonObject::Member& row : rows->members()) {
        if (version_ == MonitorVersion::Plain) {
          plain_row(out, watched, row, kind);
        } else {
          difference_row(out, watched, row);
        }
      }
      print_table(out, request_.settings.style);
    }
  }

  void add_timestamp(OutputTable& out) {
    const std::uint64_t now_ms = request_.dialogue.program().clock().wall_ms();
    const std::time_t seconds = static_cast<std::time_t>(now_ms / 1000);
    std::tm broken_down{};
    if (const std::tm* utc = std::gmtime(&seconds)) broken_down = *utc;
    char text[64];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S.", &broken_down);
    char milliseconds[8];
    std::snprintf(milliseconds, sizeof milliseconds, "%03d", static_cast<int>(now_ms % 1000));
    out.caption = cat(text, milliseconds, out.caption.empty() ? "" : " ", out.caption);
  }

  void plain_row(OutputTable& out, const Watched& watched, const JsonObject::Member& row,
                 std::string_view kind) {
    const Json* before = row.value.find("old");
    const Json* after = row.value.find("new");
    if (kind == "initial" || (before == nullptr && after != nullptr)) {
      if (after != nullptr) add_row(out, watched, row.name, kind, *after);
    } else if (before != nullptr && after == nullptr) {
      add_row(out, watched, row.name, "delete", *before);
    } else if (before != nullptr) {
      add_row(out, watched, row.name, "old", *before);
      add_row(out, watched, "", "new", *after);
    }
  }

  void difference_row(OutputTable& out, const Watched& watched, const JsonObject::Member& row) {
    for (const std::string_view kind : {"delete", "initial", "modify", "insert"}) {
      if (const Json* columns = row.value.find(kind)) {
        return add_row(out, watched, row.name, kind, *columns);
      }
    }
  }

  static void add_row(OutputTable& out, const Watched& watched, const std::string& uuid,
                      std::string_view action, const Json& columns) {
    auto& cells = out.rows.emplace_back();
    cells.emplace_back(uuid);
    cells.emplace_back(std::string(action));
    for (const ColumnSchema* column : watched.columns) {
      const Json* value = columns.find(column->name);
      if (value == nullptr) {
        cells.emplace_back();
        continue;
      }
      auto datum = ovsdb::datum_from_json(column->type.unconstrained(), *value, nullptr);
      cells.push_back(datum ? Cell(std::move(*datum), column->type)
                            : Cell(wire::json_text(*value)));
    }
  }

  Request& request_;
  const MonitorVersion version_;
  Schema schema_;
  std::vector<Watched> watched_;
  bool paused_ = false;
};

Outcome<void> conditional(Request& request, MonitorVersion version, const ovsdb::Uuid& last_id) {
  OVS_TRY(const Json condition, parse_argument(request.arguments[0]));
  request.arguments.erase(request.arguments.begin());
  OVS_TRY(const Schema schema, request.dialogue.schema(request.database));
  const TableSchema* table = schema.find(request.arguments[0]);
  if (table == nullptr) {
    return cat(request.database, " does not have a table named \"", request.arguments[0], '"');
  }
  auto checked = ovsdb::Condition::parse(*table, condition, nullptr);
  if (!checked) return checked.error().to_text();
  return Monitoring(request, version).run(&condition, last_id);
}

// Asks for a lock, then prints what comes; as a daemon it takes further requests.
Outcome<void> keep_lock(Request& request, const char* method) {
  Dialogue& dialogue = request.dialogue;
  daemon::Program& program = dialogue.program();
  if (program.is_detached()) {
    for (const char* name : {"lock", "steal", "unlock"}) {
      program.control().add(name, "LOCK", 1, 1, [&dialogue, name](ControlCall call) {
        dialogue.send(name, Json::array(call.argument(1)));
        call.reply("");
      });
    }
    program.control().add("exit", "", 0, 0, [&dialogue](ControlCall call) {
      call.reply("");
      dialogue.stop();
    });
  }
  dialogue.send(method, Json::array(request.arguments[0]));
  auto end = dialogue.listen([&](const JsonRpcMessage& message) {
    if (message.kind == JsonRpcMessage::Kind::Reply) {
      print_json(message.body);
      std::fflush(stdout);
      program.ready();
    } else if (message.kind == JsonRpcMessage::Kind::Notify) {
      std::puts(message.method.c_str());
      print_json(message.body);
      std::fflush(stdout);
    }
    return true;
  });
  // In the background nobody hears why the connection ended.
  if (program.is_detached()) return kOk;
  return end;
}

}  // namespace

Outcome<void> monitor(Request& request) {
  return Monitoring(request, MonitorVersion::Plain).run(nullptr, ovsdb::Uuid());
}

Outcome<void> monitor_cond(Request& request) {
  return conditional(request, MonitorVersion::Conditional, ovsdb::Uuid());
}

Outcome<void> monitor_cond_since(Request& request) {
  ovsdb::Uuid last_id;
  if (ovsdb::Uuid::parse(request.arguments[0], last_id)) {
    request.arguments.erase(request.arguments.begin());
  }
  if (request.arguments.size() < 2) return std::string("missing table");
  return conditional(request, MonitorVersion::Since, last_id);
}

Outcome<void> lock(Request& request) {
  return keep_lock(request, "lock");
}
Outcome<void> steal(Request& request) {
  return keep_lock(request, "steal");
}
Outcome<void> unlock(Request& request) {
  return keep_lock(request, "unlock");
}

}  // namespace ovs::tools

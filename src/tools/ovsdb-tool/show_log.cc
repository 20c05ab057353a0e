// See show_log.h.
#include "tools/ovsdb-tool/show_log.h"

#include <cstdio>
#include <ctime>
#include <map>

#include "ovsdb/data/cat.h"
#include "ovsdb/data/json_form.h"
#include "ovsdb/data/text_form.h"
#include "ovsdb/schema/schema.h"
#include "wire/json/write.h"

namespace ovs::tools {
namespace {

using ovsdb::cat;
using wire::Json;
using wire::JsonObject;

std::string sorted_text(const Json& json) {
  return wire::json_text(json, wire::JsonStyle::Compact, wire::JsonOrder::Sorted);
}

// The names that rows had in earlier records, so that a UUID means something to the reader.
class LogPrinter {
 public:
  explicit LogPrinter(int verbosity) : verbosity_(verbosity) {}

  ovsdb::DbResult<void> record(unsigned number, const Json& json) {
    out_ += cat("record ", number, ':');
    if (number == 0) {
      OVS_TRY(schema_, ovsdb::Schema::parse(json));
      out_ += cat(" \"", schema_.name, "\" schema, version=\"", schema_.version, "\", cksum=\"",
                  schema_.cksum, "\"\n");
    } else {
      date(json.find("_date"));
      const Json* comment = json.find("_comment");
      if (comment != nullptr && comment->is_string()) out_ += cat(" \"", comment->string(), '"');
      if (verbosity_ > 0) changes(json);
    }
    out_ += '\n';
    std::fwrite(out_.data(), 1, out_.size(), stdout);
    out_.clear();
    return kOk;
  }

 private:
  void date(const Json* json) {
    if (json == nullptr || !json->is_integer()) return;
    std::int64_t ms = json->integer();
    if (ms < INT32_MAX) ms *= 1000;  // very old files count seconds
    const std::time_t seconds = ms / 1000;
    char text[64];
    // The text says UTC, whatever the zone of the machine.
    std::tm broken_down{};
    if (const std::tm* utc = std::gmtime(&seconds)) broken_down = *utc;
    std::strftime(text, sizeof text, " %Y-%m-%d %H:%M:%S.", &broken_down);
    out_ += text;
    std::snprintf(text, sizeof text, "%03d", static_cast<int>(ms % 1000));
    out_ += text;
  }

  void changes(const Json& record) {
    const Json* is_diff = record.find("_is_diff");
    const bool diff = is_diff != nullptr && is_diff->is_boolean() && is_diff->boolean();
    bool first = true;
    for (const JsonObject::Member& table : record.members()) {
      if (table.name[0] == '_' || !table.value.is_object()) continue;
      if (first) out_ += '\n';
      first = false;
      for (const JsonObject::Member& each : table.value.members()) row(table.name, each, diff);
    }
  }

  void row(const std::string& table, const JsonObject::Member& member, bool diff) {
    const std::string& uuid = member.name;
    const std::string prefix = uuid.substr(0, 8);
    const Json* name_json = member.value.find("name");
    const std::string name = name_json == nullptr ? "" : sorted_text(*name_json);
    const auto known = names_.find(uuid);
    out_ += cat("  table ", table);
    if (known != names_.end()) {
      out_ += cat(" row ", known->second, " (", prefix, ')', diff ? " diff" : "", ":\n");
    } else if (!name.empty()) {
      out_ += cat(" insert row ", name, " (", prefix, "):\n");
    } else {
      out_ += cat(" insert row ", prefix, ":\n");
    }
    if (member.value.is_null()) {
      out_ += "    delete row\n";
      names_.erase(uuid);
      return;
    }
    if (!member.value.is_object()) return;
    if (verbosity_ > 1) columns(table, member.value);
    if (!name.empty()) {
      names_[uuid] = name;
    } else if (known == names_.end()) {
      names_[uuid] = prefix;
    }
  }

  void columns(const std::string& table, const Json& json) {
    const ovsdb::TableSchema* table_schema = schema_.find(table);
    for (const JsonObject::Member& member : json.members()) {
      const ovsdb::ColumnSchema* column =
          table_schema == nullptr ? nullptr : table_schema->find(member.name);
      std::string text = sorted_text(member.value);
      if (column != nullptr) {
        auto datum = ovsdb::datum_from_json(column->type, member.value, nullptr);
        if (datum) text = ovsdb::datum_text(*datum);
      }
      out_ += cat("    ", member.name, '=', text, '\n');
    }
  }

  const int verbosity_;
  ovsdb::Schema schema_;
  std::map<std::string, std::string> names_;
  std::string out_;
};

}  // namespace

ovsdb::DbResult<void> show_log(ovsdb::LogFile& log, int verbosity) {
  LogPrinter printer(verbosity);
  for (unsigned number = 0;; ++number) {
    OVS_TRY(std::optional<Json> json, log.read());
    if (!json) return kOk;
    OVS_TRY(printer.record(number, *json));
  }
}

}  // namespace ovs::tools

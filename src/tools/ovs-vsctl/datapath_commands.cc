// Commands about datapaths: the timeout policies and limits of connection tracking's zones, and
// what a datapath can do.
#include "ovsdb/data/text_form.h"
#include "tools/ovs-vsctl/edit.h"

namespace ovs::vsctl {
namespace {

constexpr std::int64_t kMaxZone = 65535;
constexpr std::int64_t kMaxLimit = 4294967295;

// The row of Datapath that Open_vSwitch.datapaths has under a name; none: the zero UUID.
Uuid find_datapath(Context& context, const std::string& name) {
  const TableSchema& root = context.table_named("Open_vSwitch");
  const Datum& datapaths = context.transaction().read(root, context.model().root(), "datapaths");
  const std::size_t at = datapaths.find(Atom(std::string_view(name)));
  return at == Datum::kNone ? Uuid() : datapaths.value(at).uuid();
}

CommandResult<Uuid> need_datapath(Context& context) {
  const Uuid row = find_datapath(context, context.argument(1));
  if (row.is_zero()) return fail("datapath {} does not exist", context.argument(1));
  return row;
}

// The row of CT_Zone that a datapath has for a zone; none: the zero UUID.
Uuid find_zone(Context& context, const Uuid& datapath, std::int64_t zone) {
  const TableSchema& table = context.table_named("Datapath");
  const Datum& zones = context.transaction().read(table, datapath, "ct_zones");
  const std::size_t at = zones.find(Atom(zone));
  return at == Datum::kNone ? Uuid() : zones.value(at).uuid();
}

Uuid create_zone(Context& context, const Uuid& datapath, std::int64_t zone) {
  const TableSchema& table = context.table_named("Datapath");
  const Uuid row = context.transaction().insert(context.table_named("CT_Zone"));
  ovsdb::DatumBuilder entry(AtomType::Integer, AtomType::Uuid);
  entry.add(Atom(zone), Atom(row));
  context.transaction().verify(table, datapath, table.find("ct_zones")->index);
  const Datum now = context.transaction().read(table, datapath, "ct_zones");
  context.transaction().write(table, datapath, "ct_zones", ovsdb::datum_union(now, entry.build()));
  return row;
}

void delete_zone(Context& context, const Uuid& datapath, std::int64_t zone) {
  const TableSchema& table = context.table_named("Datapath");
  const Uuid row = find_zone(context, datapath, zone);
  const Datum now = context.transaction().read(table, datapath, "ct_zones");
  context.transaction().write(table, datapath, "ct_zones",
                              ovsdb::datum_subtract(now, Datum::scalar(zone)));
  context.transaction().erase(context.table_named("CT_Zone"), row);
}

const Datum& zone_column(Context& context, const Uuid& zone, const char* column) {
  return context.transaction().read(context.table_named("CT_Zone"), zone, column);
}

// Takes one of a zone's two settings away; a zone without the other goes as a whole.
void clear_setting(Context& context, const Uuid& datapath, std::int64_t zone, const char* setting,
                   Datum none, const char* other) {
  const Uuid row = find_zone(context, datapath, zone);
  if (zone_column(context, row, other).empty()) return delete_zone(context, datapath, zone);
  context.transaction().write(context.table_named("CT_Zone"), row, setting, std::move(none));
}

CommandResult<std::int64_t> parse_zone_argument(const std::string& word) {
  std::int64_t zone = 0;
  const bool is_zone = word.rfind("zone=", 0) == 0 && parse_decimal(word.substr(5), zone);
  if (!is_zone || zone < 0 || zone > kMaxZone) return fail("invalid zone argument, {}", word);
  return zone;
}

CommandResult<void> run_add_zone_tp(Context& context) {
  OVS_TRY(const Uuid datapath, need_datapath(context));
  OVS_TRY(const std::int64_t zone, parse_zone_argument(context.argument(2)));
  Uuid row = find_zone(context, datapath, zone);
  const bool has_policy = !row.is_zero() && !zone_column(context, row, "timeout_policy").empty();
  if (has_policy && context.has("--may-exist")) return kOk;
  if (has_policy) return fail("zone id {} already has a policy", zone);
  std::string timeouts;
  for (std::size_t i = 3; i < context.count(); ++i) {
    timeouts += (timeouts.empty() ? "" : ",") + context.argument(i);
  }
  const TableSchema& policies = context.table_named("CT_Timeout_Policy");
  auto parsed = ovsdb::parse_datum(policies.find("timeouts")->type, timeouts, nullptr);
  if (!parsed) return CommandError{parsed.error().text};
  const Uuid policy = context.transaction().insert(policies);
  context.transaction().write(policies, policy, "timeouts", std::move(parsed).value());
  if (row.is_zero()) row = create_zone(context, datapath, zone);
  context.transaction().write(context.table_named("CT_Zone"), row, "timeout_policy",
                              Datum::scalar(policy));
  return kOk;
}

CommandResult<void> run_del_zone_tp(Context& context) {
  OVS_TRY(const Uuid datapath, need_datapath(context));
  OVS_TRY(const std::int64_t zone, parse_zone_argument(context.argument(2)));
  const Uuid row = find_zone(context, datapath, zone);
  if (row.is_zero() || zone_column(context, row, "timeout_policy").empty()) {
    const bool is_bare_zone = !row.is_zero() && zone_column(context, row, "limit").empty();
    if (is_bare_zone) delete_zone(context, datapath, zone);
    if (is_bare_zone || context.has("--if-exists")) return kOk;
    return fail("zone id {} does not have a policy", zone);
  }
  clear_setting(context, datapath, zone, "timeout_policy", Datum::empty(AtomType::Uuid), "limit");
  return kOk;
}

CommandResult<void> run_list_zone_tp(Context& context) {
  OVS_TRY(const Uuid datapath, need_datapath(context));
  const TableSchema& policies = context.table_named("CT_Timeout_Policy");
  const Datum zones =
      context.transaction().read(context.table_named("Datapath"), datapath, "ct_zones");
  for (std::size_t i = 0; i < zones.count(); ++i) {
    context.output += fmt::format("Zone:{}, Timeout Policies:", zones.key(i).integer());
    const Datum& policy = zone_column(context, zones.value(i).uuid(), "timeout_policy");
    if (policy.empty()) context.output += " system default";
    if (!policy.empty()) {
      const Datum& timeouts =
          context.transaction().read(policies, policy.key(0).uuid(), "timeouts");
      for (std::size_t k = 0; k < timeouts.count(); ++k) {
        context.output +=
            fmt::format(" {}={}", timeouts.key(k).string(), timeouts.value(k).integer());
      }
    }
    context.output += "\n";
  }
  return kOk;
}

constexpr const char* kDefaultZone = "default";

CommandResult<std::int64_t> parse_zone_id(const std::string& word) {
  std::int64_t zone = 0;
  if (!parse_decimal(word, zone)) return fail("invalid zone id, {}", word);
  if (zone < 0 || zone > kMaxZone) return fail("zone_id ({}) out of range", word);
  return zone;
}

CommandResult<void> run_set_zone_limit(Context& context) {
  OVS_TRY(const Uuid datapath, need_datapath(context));
  const bool is_default = context.argument(2) == kDefaultZone;
  std::int64_t zone = 0, limit = 0;
  if (!is_default) {
    OVS_TRY(zone, parse_zone_id(context.argument(2)));
  }
  const std::string& word = context.argument(3);
  if (!parse_decimal(word, limit)) return fail("invalid limit, {}", word);
  if (limit < 0 || limit > kMaxLimit) return fail("limit ({}) out of range", word);
  if (is_default) {
    context.transaction().write(context.table_named("Datapath"), datapath, "ct_zone_default_limit",
                                Datum::scalar(limit));
    return kOk;
  }
  Uuid row = find_zone(context, datapath, zone);
  if (row.is_zero()) row = create_zone(context, datapath, zone);
  context.transaction().write(context.table_named("CT_Zone"), row, "limit", Datum::scalar(limit));
  return kOk;
}

CommandResult<void> del_default_limit(Context& context, const Uuid& datapath) {
  const TableSchema& table = context.table_named("Datapath");
  if (context.transaction().read(table, datapath, "ct_zone_default_limit").empty()) {
    if (context.has("--if-exists")) return kOk;
    return fail("datapath {} does not have a limit", context.argument(1));
  }
  context.transaction().write(table, datapath, "ct_zone_default_limit",
                              Datum::empty(AtomType::Integer));
  return kOk;
}

CommandResult<void> run_del_zone_limit(Context& context) {
  OVS_TRY(const Uuid datapath, need_datapath(context));
  if (context.argument(2) == kDefaultZone) return del_default_limit(context, datapath);
  OVS_TRY(const std::int64_t zone, parse_zone_id(context.argument(2)));
  const Uuid row = find_zone(context, datapath, zone);
  if (row.is_zero() || zone_column(context, row, "limit").empty()) {
    if (context.has("--if-exists")) return kOk;
    return fail("zone_id {} does not have a limit", zone);
  }
  clear_setting(context, datapath, zone, "limit", Datum::empty(AtomType::Integer),
                "timeout_policy");
  return kOk;
}

CommandResult<void> run_list_zone_limits(Context& context) {
  OVS_TRY(const Uuid datapath, need_datapath(context));
  const TableSchema& table = context.table_named("Datapath");
  const Datum& otherwise = context.transaction().read(table, datapath, "ct_zone_default_limit");
  if (!otherwise.empty()) {
    context.output += fmt::format("Default, Limit: {}\n", otherwise.key(0).integer());
  }
  const Datum zones = context.transaction().read(table, datapath, "ct_zones");
  for (std::size_t i = 0; i < zones.count(); ++i) {
    const Datum& limit = zone_column(context, zones.value(i).uuid(), "limit");
    if (limit.empty()) continue;
    context.output +=
        fmt::format("Zone: {}, Limit: {}\n", zones.key(i).integer(), limit.key(0).integer());
  }
  return kOk;
}

CommandResult<void> run_list_dp_cap(Context& context) {
  const Uuid row = find_datapath(context, context.argument(1));
  if (row.is_zero()) return fail("datapath \"{}\" record not found", context.argument(1));
  const Datum& has =
      context.transaction().read(context.table_named("Datapath"), row, "capabilities");
  for (std::size_t i = 0; i < has.count(); ++i) {
    context.output += fmt::format("{}={}\n", has.key(i).string(), has.value(i).string());
  }
  return kOk;
}

constexpr Command kCommands[] = {
    {"add-zone-tp", 2, kManyArguments, "", "--may-exist", run_add_zone_tp},
    {"del-zone-tp", 2, 2, "", "--if-exists", run_del_zone_tp},
    {"list-zone-tp", 1, 1, "", "", run_list_zone_tp},
    {"set-zone-limit", 3, 3, "ARG ARG ARG", "", run_set_zone_limit},
    {"del-zone-limit", 2, 2, "ARG ARG", "--if-exists", run_del_zone_limit},
    {"list-zone-limits", 1, 1, "ARG", "", run_list_zone_limits},
    {"list-dp-cap", 1, 1, "", "", run_list_dp_cap},
};

}  // namespace

std::span<const Command> datapath_commands() {
  return kCommands;
}

}  // namespace ovs::vsctl

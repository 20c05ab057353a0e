#include <doctest/doctest.h>

#include "ovsdb/data/text_form.h"
#include "tools/ovs-vsctl/command_line.h"
#include "tools/ovs-vsctl/rows.h"
#include "wire/json/parse.h"

namespace ovs::vsctl {
namespace {

std::string parsed(const std::vector<std::string>& words, const CommandOptions& leading = {}) {
  const auto commands = parse_commands(words, leading);
  if (!commands) return "error: " + commands.error().text;
  std::string text;
  for (const Context& context : *commands) {
    for (const auto& [name, value] : context.options) text += name + "=" + value + " ";
    for (const std::string& word : context.arguments) text += word + " ";
    text += "; ";
  }
  return text;
}

TEST_CASE("command line: commands are apart by dashes, their options before their names") {
  CHECK(parsed({"add-br", "b", "--", "--may-exist", "add-port", "b", "p"}) ==
        "add-br b ; --may-exist= add-port b p ; ");
  CHECK(parsed({"--", "list-br", "--"}) == "list-br ; ");
  CHECK(parsed({"list", "br"}, {{"--columns", "name"}}) == "--columns=name list br ; ");
}

TEST_CASE("command line: what is wrong is told") {
  CHECK(parsed({}) == "error: missing command name (use --help for help)");
  CHECK(parsed({"--", "--may-exist"}) == "error: missing command name (use --help for help)");
  CHECK(parsed({"foo"}) == "error: unknown command 'foo'; use --help for help");
  CHECK(parsed({"--fake", "add-br", "b"}) == "error: 'add-br' command has no '--fake' option");
  CHECK(parsed({"add-port", "b"}) == "error: 'add-port' command requires at least 2 arguments");
  CHECK(parsed({"list-br", "x"}) == "error: 'list-br' command takes at most 0 arguments");
  CHECK(parsed({"list-br", "--", "del-br", "b", "--if-exists", "c"}) ==
        "error: 'del-br' command takes at most 1 arguments (note that options must precede command "
        "names and follow a \"--\" argument)");
}

TEST_CASE("command line: completion reads how often an argument may stand") {
  auto line = [](const char* name) { return completion_line(*find_command(name)); };
  CHECK(line("add-br") == "[--may-exist] ,add-br,!NEW-BRIDGE ?PARENT ?NEW-VLAN");
  CHECK(line("get") == "[--if-exists] [--id=] ,get,!TABLE !RECORD *COLUMN?:KEY");
  CHECK(line("add") == "[--if-exists] ,add,!TABLE !RECORD !COLUMN +?KEY=VALUE");
  CHECK(line("init") == ",init,");
}

TEST_CASE("command line: logs show words as a shell takes them") {
  const std::vector<std::string> words = {"set", "a b", "say \"x\"", ""};
  CHECK(quoted_words(words) == R"(set "a b" "say \"x\"" "")");
}

constexpr const char* kSchema = R"({"name":"Open_vSwitch","version":"1.0.0","tables":{
  "Open_vSwitch":{"isRoot":true,"columns":{"bridges":{"type":{"key":"uuid","min":0}}}},
  "Bridge":{"isRoot":true,"columns":{
    "name":{"type":"string","mutable":false},
    "datapath_id":{"type":{"key":"string","min":0,"max":1}},
    "datapath_type":{"type":"string"},
    "other_config":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}},
    "flood_vlans":{"type":{"key":{"type":"integer","minInteger":0,"maxInteger":4095},
                           "min":0,"max":4096}}}}}})";

struct Fixture {
  ovsdb::Replica replica{*ovsdb::Schema::parse(*wire::parse_json(kSchema))};
  ovsdb::UuidSource uuids{1};
  Attempt attempt{replica, uuids};
  Context context;
  const TableSchema& bridges = *replica.schema().find("Bridge");
  Uuid row;

  Fixture() {
    context.attempt = &attempt;
    row = attempt.transaction.insert(bridges);
    attempt.transaction.write(bridges, row, "name", Datum::scalar("br0"));
  }
  std::string set(std::string_view word, const char* column) {
    const auto done = set_column(context, bridges, row, word);
    if (!done) return done.error().text;
    return ovsdb::datum_text(attempt.transaction.read(bridges, row, column));
  }
  std::string column(std::string_view name) {
    const auto found = find_column(bridges, name);
    return found ? (*found)->name : found.error().text;
  }
  std::string met(std::string_view word) {
    const auto is_met = is_condition_met(context, bridges, row, word);
    return !is_met ? is_met.error().text : *is_met ? "yes" : "no";
  }
};

TEST_CASE("rows: tables and columns may be abbreviated, not beyond doubt") {
  Fixture f;
  CHECK((*find_table(f.context, "br"))->name == "Bridge");
  CHECK(f.column("Flood-VLANs") == "flood_vlans");
  CHECK(f.column("datapath") ==
        "Bridge contains more than one column whose name matches \"datapath\": datapath_id, "
        "datapath_type");
  CHECK(f.column("x") == "Bridge does not contain a column whose name matches \"x\"");
}

TEST_CASE("rows: records are named by UUID, its beginning, or what people call them") {
  Fixture f;
  auto find = [&](const std::string& name) {
    return *find_record(f.context, f.bridges, name, MustExist::No);
  };
  CHECK(find("br0") == f.row);
  CHECK(find(".") == f.row);
  CHECK(find(f.row.text()) == f.row);
  CHECK(find(f.row.text().substr(0, 8)) == f.row);
  CHECK(find("br1").is_zero());
  const auto missing = find_record(f.context, f.bridges, "br1", MustExist::Yes);
  CHECK(missing.error().text == "no row \"br1\" in table Bridge");
}

TEST_CASE("rows: settings are values, or one key's value to the end of the word") {
  Fixture f;
  CHECK(f.set("flood_vlans=1,5-7", "flood_vlans") == "[1, 5, 6, 7]");
  CHECK(f.set("other_config:hwaddr=00:11:22:33:44:55", "other_config") ==
        "{hwaddr=\"00:11:22:33:44:55\"}");
  CHECK(f.set("other-config:a=b", "other_config") == "{a=b, hwaddr=\"00:11:22:33:44:55\"}");
  CHECK(f.set("other_config:a=c", "other_config") == "{a=c, hwaddr=\"00:11:22:33:44:55\"}");
}

TEST_CASE("rows: settings that cannot be are told") {
  Fixture f;
  CHECK(f.set("datapath_id:y>=z", "name") ==
        "datapath_id:y>=z: argument does not end in \"=\" followed by a value.");
  CHECK(f.set("flood_vlans=4096", "name") ==
        "constraint violation: 4096 is not in the valid range 0 to 4095 (inclusive)");
  CHECK(f.set("datapath_type:x=y", "name") ==
        "cannot specify key to set for non-map column datapath_type");
  CHECK(f.set("_uuid=x", "name") == "cannot modify read-only column _uuid in table Bridge");
}

TEST_CASE("rows: conditions compare values, keys and sets") {
  Fixture f;
  (void)f.set("flood_vlans=1,2", "flood_vlans");
  (void)f.set("other_config:a=5", "other_config");
  CHECK(f.met("name=br0") == "yes");
  CHECK(f.met("name!=br0") == "no");
  CHECK(f.met("flood_vlans{>}1") == "yes");
  CHECK(f.met("flood_vlans{<=}1,2,3") == "yes");
  CHECK(f.met("flood_vlans{not-in}7") == "yes");
  CHECK(f.met("other_config:a=5") == "yes");
  CHECK(f.met("other_config:b!=5") == "no");
  CHECK(f.met("other_config:b{!=}5") == "yes");
}

}  // namespace
}  // namespace ovs::vsctl

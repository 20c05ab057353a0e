#include "emulator/host/command/parameters.h"

#include <doctest/doctest.h>

#include "emulator/host/command/records.h"
#include "wire/json/write.h"

namespace ovs::emulator {
namespace {

const CommandSpec kCommand = {
    "new-thing",
    "makes a thing",
    {{"name", "NAME", ParameterKind::Text, 0, Need::Required, "what to call it"},
     {"switch-name", "SWITCH", ParameterKind::Text, 1, Need::Optional, "where"},
     {"vlan-id", "VLAN", ParameterKind::Number, kNamedOnly, Need::Optional, "which"},
     {"allow-management-os", "", ParameterKind::Boolean, kNamedOnly, Need::Optional, "or not"},
     {"allowed-list", "LIST", ParameterKind::Text, kNamedOnly, Need::Optional, "those"}}};

std::string error_of(const std::vector<std::string>& words) {
  const auto parsed = parse_arguments(kCommand, words);
  return parsed ? "" : parsed.error().text;
}

Arguments parse(const std::vector<std::string>& words) {
  auto parsed = parse_arguments(kCommand, words);
  CAPTURE(error_of(words));
  REQUIRE(parsed.ok());
  return std::move(parsed).value();
}

TEST_CASE("Parameters: cmdlets' way of writing them and ours mean the same") {
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"external", "--switch-name", "s"},
        {"external", "--switch-name=s"},
        {"-SwitchName", "s", "external"},
        {"-SWITCHNAME:s", "-Name", "external"},
        {"\xe2\x80\x93SwitchName", "s", "\xe2\x80\x93Name", "external"},
        {"external", "s"},
        {"-sw", "s", "external"}}) {
    const Arguments arguments = parse(words);
    CHECK(arguments.text("name") == "external");
    CHECK(arguments.text("switch-name") == "s");
  }
}

TEST_CASE("Parameters: words without a name take the places that names left") {
  const Arguments arguments = parse({"s", "--name", "external"});
  CHECK(arguments.text("name") == "external");
  CHECK(arguments.text("switch-name") == "s");
}

TEST_CASE("Parameters: a Boolean is true where it stands, or what follows it") {
  CHECK(parse({"a"}).flag("allow-management-os", true));
  CHECK(!parse({"a"}).flag("allow-management-os"));
  CHECK(parse({"a", "--allow-management-os"}).flag("allow-management-os"));
  CHECK(parse({"-AllowManagementOS", "$true", "a"}).flag("allow-management-os"));
  CHECK(!parse({"-AllowManagementOS", "$false", "a"}).flag("allow-management-os", true));
  CHECK(!parse({"a", "--allow-management-os=0"}).flag("allow-management-os", true));
  CHECK(parse({"--allow-management-os", "a"}).text("name") == "a");
}

TEST_CASE("Parameters: what is wrong is named") {
  CHECK(error_of({}) == "new-thing: --name is required");
  CHECK(error_of({"a", "b", "c"}) == "new-thing: there is no place for \"c\"");
  CHECK(error_of({"a", "--colour", "red"}) == "new-thing: it has no parameter --colour");
  CHECK(error_of({"a", "--allow"}) ==
        "new-thing: --allow may be --allow-management-os --allowed-list");
  CHECK(error_of({"a", "--vlan-id"}) == "new-thing: --vlan-id needs a value");
  CHECK(error_of({"a", "--vlan-id", "x1"}) == "new-thing: --vlan-id: x1 is not a number");
  CHECK(error_of({"a", "--vlan-id", "99999999999999999999"}) ==
        "new-thing: --vlan-id: 99999999999999999999 is not a number");
  CHECK(error_of({"a", "--allow-management-os=maybe"}) ==
        "new-thing: --allow-management-os: maybe is neither true nor false");
  CHECK(error_of({"a", "--name", "b", "--name", "c"}) == "new-thing: --name is given twice");
}

TEST_CASE("Parameters: help shows each with what it takes") {
  CHECK(usage_of(kCommand) ==
        "[--name] NAME [[--switch-name] SWITCH] [--vlan-id VLAN] [--allow-management-os] "
        "[--allowed-list LIST]");
  CHECK(help_of(kCommand, "hvemu")
            .starts_with("new-thing: makes a thing\nusage: hvemu new-thing --dir D [--format=json] "
                         "[--name] NAME"));
}

Answer things() {
  Answer answer;
  answer.columns = {"Name", "Count", "Whole"};
  Record first, second;
  first.emplace_back("Name", "Grün");
  first.emplace_back("Count", 7);
  first.emplace_back("Whole", true);
  first.emplace_back("Hidden", wire::Json::array("a", "b"));
  second.emplace_back("Name", "b");
  second.emplace_back("Count", 1234567);
  second.emplace_back("Whole", wire::Json());
  answer.records.push_back(std::move(first));
  answer.records.push_back(std::move(second));
  return answer;
}

TEST_CASE("Records: a table has PowerShell's rules, numbers to the right, and only its columns") {
  CHECK(things().text() ==
        "Name   Count Whole\n"
        "----   ----- -----\n"
        "Grün       7 True\n"
        "b    1234567\n");
}

TEST_CASE("Records: a list has a property a line, and a blank line between objects") {
  Answer answer = things();
  answer.layout = Layout::List;
  CHECK(answer.text() ==
        "Name   : Grün\n"
        "Count  : 7\n"
        "Whole  : True\n"
        "Hidden : {a, b}\n"
        "\n"
        "Name  : b\n"
        "Count : 1234567\n"
        "Whole :\n");
}

TEST_CASE("Records: JSON has every property") {
  CHECK(wire::json_text(things().json()) ==
        R"([{"Name":"Grün","Count":7,"Whole":true,"Hidden":["a","b"]},)"
        R"({"Name":"b","Count":1234567,"Whole":null}])");
}

}  // namespace
}  // namespace ovs::emulator

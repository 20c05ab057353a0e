#include <doctest/doctest.h>

#include "daemon/run/command_line.h"

namespace ovs::daemon {
namespace {

struct Fixture {
  Fixture() {
    line.flag("help", 'h', help).text("db", 'd', db).positive("timeout", 'T', timeout);
    line.flag("detach", 0, detach);
    line.add({"verbose", 'v', OptionArgument::Optional, [this](std::string_view value, bool has) {
                verbose += has ? "[" + std::string(value) + "]" : "[-]";
                return Result<void, UsageError>();
              }});
  }

  CommandLine line;
  bool help = false;
  bool detach = false;
  std::string db;
  unsigned timeout = 0;
  std::string verbose;

  std::string parse(std::vector<std::string> words,
                    CommandLine::Order order = CommandLine::Order::Permute) {
    const auto operands = line.parse(words, order);
    if (!operands.ok()) return "error: " + operands.error().text;
    std::string text;
    for (const std::string& operand : *operands) text += (text.empty() ? "" : " ") + operand;
    return text;
  }
};

TEST_CASE_FIXTURE(Fixture, "CommandLine: options stand anywhere, operands keep their order") {
  CHECK(parse({"a", "--db=x", "b", "-h", "-T", "7", "--", "-c"}) == "a b -c");
  CHECK((db == "x" && help && timeout == 7));
}

TEST_CASE_FIXTURE(Fixture, "CommandLine: or they end at the first operand") {
  CHECK(parse({"-h", "add-br", "--db", "--", "x"}, CommandLine::Order::StopAtOperand) ==
        "add-br --db -- x");
  CHECK(db.empty());
  CHECK(parse({"--", "add-br", "--", "x"}, CommandLine::Order::StopAtOperand) == "add-br -- x");
}

TEST_CASE_FIXTURE(Fixture, "CommandLine: long options may be abbreviated, also with values") {
  CHECK(parse({"--tim=5", "--det", "--d", "y"}) ==
        "error: option '--d' is ambiguous; possibilities: '--db' '--detach'");
  CHECK((timeout == 5 && detach));
  CHECK(parse({"--db", "y"}) == "");
  CHECK(db == "y");
}

TEST_CASE_FIXTURE(Fixture, "CommandLine: an optional argument is attached or absent") {
  CHECK(parse({"-vbridge:dbg", "-v", "--verbose", "--verb=x", "operand"}) == "operand");
  CHECK(verbose == "[bridge:dbg][-][-][x]");
}

TEST_CASE_FIXTURE(Fixture, "CommandLine: letters may share a dash") {
  CHECK(parse({"-hT9", "-hd", "z"}) == "");
  CHECK((help && timeout == 9 && db == "z"));
}

TEST_CASE_FIXTURE(Fixture, "CommandLine: a lone dash is an operand") {
  CHECK(parse({"-", "x"}) == "- x");
}

TEST_CASE_FIXTURE(Fixture, "CommandLine: errors read like getopt's") {
  CHECK(parse({"--foo=3"}) == "error: unrecognized option '--foo=3'");
  CHECK(parse({"-x"}) == "error: invalid option -- 'x'");
  CHECK(parse({"--db"}) == "error: option '--db' requires an argument");
  CHECK(parse({"-d"}) == "error: option requires an argument -- 'd'");
  CHECK(parse({"--detach=1"}) == "error: option '--detach' doesn't allow an argument");
  CHECK(parse({"-T0"}) == "error: value 0 on -T or --timeout is invalid");
  CHECK(parse({"-Tx"}) == "error: value x on -T or --timeout is invalid");
}

}  // namespace
}  // namespace ovs::daemon

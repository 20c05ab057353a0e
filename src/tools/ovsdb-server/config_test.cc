// What configuration files may say, and that what is kept for a restart is read back.
#include "tools/ovsdb-server/config.h"

#include <doctest/doctest.h>

#include "daemon/log/memory_log_output.h"
#include "platform/fake/virtual_clock.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

using namespace ovs;
using namespace ovs::tools;

namespace {

struct Fixture {
  // What was wrong, without the lines' heads; "" if nothing was.
  std::string parse(const char* text) {
    config = ServerConfig();
    output.console.clear();
    is_good = parse_config(*wire::parse_json(text), log.module("ovsdb_server"), config);
    std::string out;
    for (std::string_view rest = output.console; !rest.empty();) {
      const std::string_view line = rest.substr(0, rest.find('\n'));
      out.append(line.substr(line.rfind("WARN|") + 5)) += '\n';
      rest.remove_prefix(line.size() + 1);
    }
    return out;
  }

  platform::VirtualClock clock;
  daemon::MemoryLogOutput output;
  daemon::Log log{clock, output, "ovsdb-server", 1};
  ServerConfig config;
  bool is_good = false;
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "Config: remotes and databases, with and without options") {
  CHECK(parse(R"({"remotes":{"punix:a":{},"ptcp:1":{"read-only":true,"inactivity-probe":0}},
                  "databases":{"x":null,"y":{"service-model":"standalone"}}})") == "");
  CHECK(is_good);
  CHECK(config.remotes["ptcp:1"].read_only);
  CHECK(*config.remotes["ptcp:1"].probe_interval_ms == 0);
  CHECK_FALSE(config.remotes["punix:a"].read_only);
  CHECK(config.databases["x"].model == ServiceModel::Any);
  CHECK(config.databases["y"].model == ServiceModel::Standalone);
}

TEST_CASE_FIXTURE(Fixture, "Config: what is wrong is said, and where") {
  CHECK(parse("[]") == "configuration in a file must be a JSON object\n");
  CHECK(parse(R"({"databases":{"d":{"service-model":"x"}}})") ==
        "Unrecognized database service model: 'x'\n"
        "syntax \"{\"service-model\":\"x\"}\": syntax error: Parsing database d failed: "
        "'x' is not a valid service model\n"
        "config: failed to parse 'databases'\n");
  CHECK(parse(R"({"databases":{"d":{"service-model":"relay"}}})") ==
        "syntax \"{\"service-model\":\"relay\"}\": syntax error: Parsing database d failed: "
        "Required 'source' member is missing.\n"
        "config: failed to parse 'databases'\n");
  CHECK_FALSE(is_good);
  CHECK(parse(R"({"databases":{"d":{"service-model":"relay",
                  "source":{"tcp:a":{"role":"r"}}}}})")
            .find("Member 'role' is present but not allowed here.") != std::string::npos);
  CHECK(is_good);  // options are a matter of taste
}

TEST_CASE_FIXTURE(Fixture, "Config: what is written is read back") {
  REQUIRE(parse(R"({"remotes":{"ptcp:1":{"dscp":3,"role":"r"}},"databases":{
    "b":{"service-model":"active-backup","backup":true,"source":{"tcp:a":{"max-backoff":9}},
         "exclude-tables":["t","u"]},
    "R":{"service-model":"relay","source":{"tcp:a,tcp:b":{}}}}})") == "");
  config.sync_from = "tcp:x";
  const std::string text = wire::json_text(config_json(config));
  const ServerConfig before = config;
  CHECK(parse(text.c_str()) == "");
  parse_sync(*wire::parse_json(text), config);
  CHECK(config.databases == before.databases);
  CHECK(config.remotes == before.remotes);
  CHECK(config.sync_from == "tcp:x");
  CHECK(config.databases["b"].excluded.size() == 2);
}

TEST_CASE("Config: an operand is a file or a relay") {
  ServerConfig config;
  add_operand(config, "relay:db:tcp:1.2.3.4:5,unix:x");
  add_operand(config, "/var/conf.db");
  CHECK(config.databases["db"].source == "tcp:1.2.3.4:5,unix:x");
  CHECK(config.databases["/var/conf.db"].model == ServiceModel::Any);
}

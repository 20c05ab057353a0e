// ovsdb-tool: works on database files without a server. A table of commands over ovsdb/engine.
#include <charconv>
#include <cstdio>
#include <string>
#include <vector>

#include "daemon/run/command_line.h"
#include "daemon/run/directories.h"
#include "ovsdb/data/cat.h"
#include "ovsdb/engine/execute.h"
#include "ovsdb/engine/storage.h"
#include "platform/posix/clock.h"
#include "platform/posix/files.h"
#include "tools/ovsdb-tool/cluster.h"
#include "tools/ovsdb-tool/show_log.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

namespace ovs::tools {
namespace {

using namespace ovs::ovsdb;

using Arguments = std::vector<std::string>;
constexpr const char* kVersion = "3.7.1";  // of Open vSwitch, whose behaviour we have
constexpr int kDone = 0, kFailed = 1, kNo = 2;

class Tool;
struct Command {
  const char* name;
  const char* usage;
  std::size_t min_arguments, max_arguments;
  DbResult<int> (Tool::*run)(const Arguments&);
};

class Tool {
 public:
  int main(const Arguments& arguments);

 private:
  static const std::vector<Command>& commands();
  int run(const Arguments& operands);
  int usage();

  std::string database_path(const Arguments& a, std::size_t at = 0) const {
    return a.size() > at ? a[at] : directories_.database + "/conf.db";
  }
  std::string schema_path(const Arguments& a, std::size_t at) const {
    return a.size() > at ? a[at] : directories_.package_data + "/vswitch.ovsschema";
  }
  // The schema of a standalone database.
  DbResult<Schema> standalone_schema(const std::string& path);
  DbResult<Storage> open(const std::string& path, LogMode mode,
                         std::shared_ptr<const Schema> schema = nullptr);
  DbResult<int> rewrite(Storage& storage, const std::string& comment, const std::string& target);
  DbResult<int> run_transaction(const Arguments& a, LogMode mode);

  DbResult<int> create(const Arguments& a);
  DbResult<int> compact(const Arguments& a);
  DbResult<int> convert_schema(const Arguments& a);
  DbResult<int> needs_conversion(const Arguments& a);
  DbResult<int> db_name(const Arguments& a);
  DbResult<int> db_version(const Arguments& a);
  DbResult<int> db_cksum(const Arguments& a);
  DbResult<int> create_cluster(const Arguments& a);
  DbResult<int> join_cluster(const Arguments& a);
  DbResult<int> print_cluster_member(const std::string& path, std::string_view name);
  DbResult<int> db_cluster_id(const Arguments& a);
  DbResult<int> db_server_id(const Arguments& a) { return print_cluster_member(a[0], "server_id"); }
  DbResult<int> db_local_address(const Arguments& a) {
    return print_cluster_member(a[0], "local_address");
  }
  DbResult<int> unsupported(const Arguments& a);
  DbResult<int> db_is_clustered(const Arguments& a);
  DbResult<int> db_is_standalone(const Arguments& a);
  DbResult<int> schema_name(const Arguments& a);
  DbResult<int> schema_version(const Arguments& a);
  DbResult<int> schema_cksum(const Arguments& a);
  DbResult<int> query(const Arguments& a) { return run_transaction(a, LogMode::Read); }
  DbResult<int> transact(const Arguments& a) { return run_transaction(a, LogMode::ReadWrite); }
  DbResult<int> show(const Arguments& a);
  DbResult<int> compare_versions(const Arguments& a);
  DbResult<int> help(const Arguments&) { return usage(); }
  DbResult<int> list_commands(const Arguments&);

  const daemon::Directories directories_ = daemon::Directories::from_environment();
  platform::SystemFiles files_;
  platform::SystemClock clock_;
  UuidSource uuids_;
  std::string command_;
  std::string rbac_role_;
  std::string cluster_id_;
  int verbosity_ = 0;
};

const std::vector<Command>& Tool::commands() {
  static const std::vector<Command> kCommands = {
      {"create", "[db [schema]]", 0, 2, &Tool::create},
      {"create-cluster", "db contents local", 3, 3, &Tool::create_cluster},
      {"join-cluster", "db name local remote...", 4, SIZE_MAX, &Tool::join_cluster},
      {"compact", "[db [dst]]", 0, 2, &Tool::compact},
      {"convert", "[db [schema [dst]]]", 0, 3, &Tool::convert_schema},
      {"needs-conversion", "[db [schema]]", 0, 2, &Tool::needs_conversion},
      {"db-name", "[db]", 0, 1, &Tool::db_name},
      {"db-version", "[db]", 0, 1, &Tool::db_version},
      {"db-cksum", "[db]", 0, 1, &Tool::db_cksum},
      {"db-cid", "db", 1, 1, &Tool::db_cluster_id},
      {"db-sid", "db", 1, 1, &Tool::db_server_id},
      {"db-local-address", "db", 1, 1, &Tool::db_local_address},
      {"db-is-clustered", "db", 1, 1, &Tool::db_is_clustered},
      {"db-is-standalone", "db", 1, 1, &Tool::db_is_standalone},
      {"schema-name", "[schema]", 0, 1, &Tool::schema_name},
      {"schema-version", "[schema]", 0, 1, &Tool::schema_version},
      {"schema-cksum", "[schema]", 0, 1, &Tool::schema_cksum},
      {"query", "[db] trns", 1, 2, &Tool::query},
      {"transact", "[db] trns", 1, 2, &Tool::transact},
      {"show-log", "[db]", 0, 1, &Tool::show},
      {"check-cluster", "db...", 1, SIZE_MAX, &Tool::unsupported},
      {"compare-versions", "a op b", 3, 3, &Tool::compare_versions},
      {"help", nullptr, 0, SIZE_MAX, &Tool::help},
      {"list-commands", nullptr, 0, SIZE_MAX, &Tool::list_commands},
      {"cluster-to-standalone", "db clusterdb", 2, 2, &Tool::unsupported},
  };
  return kCommands;
}

DbResult<Schema> Tool::standalone_schema(const std::string& path) {
  OVS_TRY(std::unique_ptr<LogFile> log, LogFile::open(files_, path, LogMode::Read, true));
  if (log->magic() == LogFile::kClustered) {
    return DbError::general(cat(path, ": cannot apply this operation to clustered database file"));
  }
  return read_schema(files_, path);
}

DbResult<Storage> Tool::open(const std::string& path, LogMode mode,
                             std::shared_ptr<const Schema> schema) {
  auto own = standalone_schema(path);
  if (!own) return std::move(own).error();
  std::string warning;
  OVS_TRY(Storage storage, Storage::open(files_, uuids_, path, mode, warning, std::move(schema)));
  if (!warning.empty()) std::fprintf(stderr, "ovsdb-tool: %s\n", warning.c_str());
  return storage;
}

DbResult<int> Tool::create(const Arguments& a) {
  OVS_TRY(const Schema schema, read_schema_file(files_, schema_path(a, 1)));
  OVS_TRY(Storage::create(files_, database_path(a), schema));
  return kDone;
}

// Writes the database compacted, over its own file or into a new one.
DbResult<int> Tool::rewrite(Storage& storage, const std::string& comment,
                            const std::string& target) {
  if (target.empty()) {
    OVS_TRY(storage.compact(comment, clock_.wall_ms()));
    return kDone;
  }
  OVS_TRY(Storage::create(files_, target, storage.database().schema()));
  std::string warning;
  OVS_TRY(Storage copy, Storage::open(files_, uuids_, target, LogMode::ReadWrite, warning));
  OVS_TRY(copy.replace(std::move(storage.database()), comment, clock_.wall_ms()));
  return kDone;
}

DbResult<int> Tool::compact(const Arguments& a) {
  const std::string target = a.size() > 1 ? a[1] : "";
  OVS_TRY(Storage storage,
          open(database_path(a), target.empty() ? LogMode::ReadWrite : LogMode::Read));
  return rewrite(storage, "compacted by ovsdb-tool " + std::string(kVersion), target);
}

DbResult<int> Tool::convert_schema(const Arguments& a) {
  OVS_TRY(Schema schema, read_schema_file(files_, schema_path(a, 1)));
  const std::string target = a.size() > 2 ? a[2] : "";
  OVS_TRY(Storage storage,
          open(database_path(a), target.empty() ? LogMode::ReadWrite : LogMode::Read,
               std::make_shared<Schema>(std::move(schema))));
  return rewrite(storage, "converted by ovsdb-tool " + std::string(kVersion), target);
}

DbResult<int> Tool::needs_conversion(const Arguments& a) {
  OVS_TRY(const Schema own, standalone_schema(database_path(a)));
  OVS_TRY(const Schema wanted, read_schema_file(files_, schema_path(a, 1)));
  std::puts(own == wanted ? "no" : "yes");
  return kDone;
}

DbResult<int> Tool::db_name(const Arguments& a) {
  OVS_TRY(const auto log, LogFile::open(files_, database_path(a), LogMode::Read, true));
  if (log->magic() == LogFile::kClustered) return print_cluster_member(database_path(a), "name");
  OVS_TRY(const Schema schema, read_schema(files_, database_path(a)));
  std::puts(schema.name.c_str());
  return kDone;
}

DbResult<int> Tool::db_version(const Arguments& a) {
  OVS_TRY(const Schema schema, standalone_schema(database_path(a)));
  std::puts(schema.version.c_str());
  return kDone;
}

DbResult<int> Tool::db_cksum(const Arguments& a) {
  OVS_TRY(const Schema schema, standalone_schema(database_path(a)));
  std::puts(schema.cksum.c_str());
  return kDone;
}

DbResult<int> Tool::create_cluster(const Arguments& a) {
  OVS_TRY(tools::create_cluster(files_, uuids_, a[0], a[1], a[2], clock_.wall_ms()));
  return kDone;
}

DbResult<int> Tool::join_cluster(const Arguments& a) {
  Uuid cluster_id;
  if (!cluster_id_.empty() && !Uuid::parse(cluster_id_, cluster_id)) {
    std::fprintf(stderr, "ovsdb-tool: %s: not a valid UUID\n", cluster_id_.c_str());
    return kFailed;
  }
  OVS_TRY(tools::join_cluster(files_, uuids_, a[0],
                              {a[1], a[2], {a.begin() + 3, a.end()}, cluster_id_}));
  return kDone;
}

DbResult<int> Tool::print_cluster_member(const std::string& path, std::string_view name) {
  OVS_TRY(const auto log, LogFile::open(files_, path, LogMode::Read, true));
  if (log->magic() != LogFile::kClustered) {
    std::fprintf(stderr, "ovsdb-tool: %s: not a clustered database\n", path.c_str());
    return kFailed;
  }
  OVS_TRY(const std::string text, cluster_member(files_, path, name));
  std::puts(text.c_str());
  return kDone;
}

DbResult<int> Tool::db_cluster_id(const Arguments& a) {
  OVS_TRY(const auto log, LogFile::open(files_, a[0], LogMode::Read, true));
  OVS_TRY(const std::string id, cluster_member(files_, a[0], "cluster_id"));
  if (log->magic() != LogFile::kClustered || !id.empty()) {
    return print_cluster_member(a[0], "cluster_id");
  }
  std::fprintf(stderr, "%s: cluster ID not yet known\n", a[0].c_str());
  return kNo;
}

DbResult<int> Tool::unsupported(const Arguments&) {
  std::fprintf(stderr, "ovsdb-tool: %s: not supported yet: clustered databases\n",
               command_.c_str());
  return kFailed;
}

DbResult<int> Tool::db_is_clustered(const Arguments& a) {
  OVS_TRY(const auto log, LogFile::open(files_, a[0], LogMode::Read, true));
  return log->magic() == LogFile::kClustered ? kDone : kNo;
}

DbResult<int> Tool::db_is_standalone(const Arguments& a) {
  OVS_TRY(const auto log, LogFile::open(files_, a[0], LogMode::Read, true));
  return log->magic() == LogFile::kStandalone ? kDone : kNo;
}

DbResult<int> Tool::schema_name(const Arguments& a) {
  OVS_TRY(const Schema schema, read_schema_file(files_, schema_path(a, 0)));
  std::puts(schema.name.c_str());
  return kDone;
}

DbResult<int> Tool::schema_version(const Arguments& a) {
  OVS_TRY(const Schema schema, read_schema_file(files_, schema_path(a, 0)));
  std::puts(schema.version.c_str());
  return kDone;
}

DbResult<int> Tool::schema_cksum(const Arguments& a) {
  OVS_TRY(const Schema schema, read_schema_file(files_, schema_path(a, 0)));
  std::puts(schema.cksum.c_str());
  return kDone;
}

DbResult<int> Tool::run_transaction(const Arguments& a, LogMode mode) {
  const std::string path = a.size() > 1 ? a[0] : database_path({});
  auto request = wire::parse_json(a.back());
  if (!request) {
    std::fprintf(stderr, "ovsdb-tool: \"%s\": %s\n", a.back().c_str(),
                 request.error().text.c_str());
    return kFailed;
  }
  if (!rbac_role_.empty()) {
    std::fprintf(stderr, "ovsdb-tool: --rbac-role: not supported yet\n");
    return kFailed;
  }
  OVS_TRY(Storage storage, open(path, mode));
  Transaction transaction(storage.database(), uuids_);
  ExecuteOptions options;
  options.read_only = mode == LogMode::Read;
  Executed executed = execute(transaction, *request, options);
  if (!executed.failed) {
    auto prepared = transaction.prepare();
    if (prepared && !options.read_only) {
      prepared = storage.commit(transaction, clock_.wall_ms(), RecordForm::ColumnDiffs);
    }
    if (prepared && executed.durable) prepared = storage.sync();
    if (!prepared) executed.results.push_back(prepared.error().to_json());
  }
  std::puts(wire::json_text(Json(std::move(executed.results)), wire::JsonStyle::Compact,
                            wire::JsonOrder::Sorted)
                .c_str());
  return kDone;
}

DbResult<int> Tool::show(const Arguments& a) {
  OVS_TRY(const auto log, LogFile::open(files_, database_path(a), LogMode::Read, true));
  if (log->magic() == LogFile::kClustered) return unsupported(a);
  OVS_TRY(show_log(*log, verbosity_));
  return kDone;
}

// Three numbers, or a message and false.
bool parse_version(const std::string& text, unsigned (&out)[3]) {
  const char* at = text.data();
  const char* end = at + text.size();
  for (int i = 0; i < 3 && is_schema_version(text); ++i) {
    at = std::from_chars(at, end, out[i]).ptr + 1;
  }
  if (is_schema_version(text)) return true;
  std::fprintf(stderr, "ovsdb-tool: %s: not an OVSDB version number in format x.y.z\n",
               text.c_str());
  return false;
}

DbResult<int> Tool::compare_versions(const Arguments& a) {
  unsigned left[3] = {}, right[3] = {};
  if (!parse_version(a[0], left) || !parse_version(a[2], right)) return kFailed;
  int order = 0;
  for (int i = 0; i < 3 && order == 0; ++i) {
    order = left[i] < right[i] ? -1 : left[i] > right[i] ? 1 : 0;
  }
  const std::string& op = a[1];
  if (op == "<") return order < 0 ? kDone : kNo;
  if (op == "<=") return order <= 0 ? kDone : kNo;
  if (op == "==") return order == 0 ? kDone : kNo;
  if (op == ">=") return order >= 0 ? kDone : kNo;
  if (op == ">") return order > 0 ? kDone : kNo;
  if (op == "!=") return order != 0 ? kDone : kNo;
  std::fprintf(stderr, "ovsdb-tool: %s: not a relational operator\n", op.c_str());
  return kFailed;
}

DbResult<int> Tool::list_commands(const Arguments&) {
  std::puts("The available commands are:");
  for (const Command& command : commands()) {
    if (command.usage == nullptr) {
      std::printf("  %s\n", command.name);
    } else {
      std::printf("  %-23s %s\n", command.name, command.usage);
    }
  }
  return kDone;
}

int Tool::usage() {
  std::puts(
      "ovsdb-tool: Open vSwitch database management utility\n"
      "usage: ovsdb-tool [OPTIONS] COMMAND [ARG...]");
  for (const Command& command : commands()) {
    if (command.usage != nullptr) std::printf("  %-23s %s\n", command.name, command.usage);
  }
  std::printf("The default DB is %s.\nThe default SCHEMA is %s.\n", database_path({}).c_str(),
              schema_path({}, 0).c_str());
  std::puts(
      "\nOther options:\n"
      "  -m, --more                  increase show-log verbosity\n"
      "  --cid=UUID                  cluster that join-cluster is to join\n"
      "  --rbac-role=ROLE            RBAC role for transact and query commands\n"
      "  -h, --help                  display this help message\n"
      "  -V, --version               display version information");
  return kDone;
}

int print_options(const daemon::CommandLine& line) {
  for (const daemon::Option& option : line.options()) {
    const bool value = option.argument != daemon::OptionArgument::None;
    std::printf("--%s%s\n", option.name.c_str(), value ? "=ARG" : "");
    if (option.letter != 0) std::printf("-%c%s\n", option.letter, value ? " ARG" : "");
  }
  return kDone;
}

int Tool::run(const Arguments& operands) {
  command_ = operands.front();
  const Arguments rest(operands.begin() + 1, operands.end());
  for (const Command& command : commands()) {
    if (command_ != command.name) continue;
    if (rest.size() < command.min_arguments || rest.size() > command.max_arguments) {
      const bool few = rest.size() < command.min_arguments;
      std::fprintf(stderr, "ovsdb-tool: '%s' command %s %zu arguments\n", command.name,
                   few ? "requires at least" : "takes at most",
                   few ? command.min_arguments : command.max_arguments);
      return kFailed;
    }
    auto done = (this->*command.run)(rest);
    if (done) return *done;
    std::fprintf(stderr, "ovsdb-tool: %s\n", done.error().to_text().c_str());
    return kFailed;
  }
  std::fprintf(stderr, "ovsdb-tool: unknown command '%s'; use --help for help\n", command_.c_str());
  return kFailed;
}

int Tool::main(const Arguments& arguments) {
  bool wants_help = false, wants_options = false, wants_version = false;
  std::string ignored;
  daemon::CommandLine line;
  line.add({"more", 'm', daemon::OptionArgument::None,
            [this](std::string_view, bool) -> Result<void, daemon::UsageError> {
              ++verbosity_;
              return kOk;
            }});
  line.text("rbac-role", 0, rbac_role_)
      .text("cid", 0, cluster_id_)
      .text("election-timer", 0, ignored);
  line.add({"verbose", 'v', daemon::OptionArgument::Optional,
            [](std::string_view, bool) -> Result<void, daemon::UsageError> { return kOk; }});
  line.flag("help", 'h', wants_help).flag("option", 'o', wants_options);
  line.flag("version", 'V', wants_version);
  auto operands = line.parse(arguments);
  if (!operands) {
    std::fprintf(stderr, "ovsdb-tool: %s\n", operands.error().text.c_str());
    return kFailed;
  }
  if (wants_help) return usage();
  if (wants_version) {
    std::printf("ovsdb-tool (Open vSwitch) %s\n", kVersion);
    return kDone;
  }
  if (wants_options) return print_options(line);
  if (operands->empty()) {
    std::fprintf(stderr, "ovsdb-tool: missing command name; use --help for help\n");
    return kFailed;
  }
  return run(*operands);
}

}  // namespace
}  // namespace ovs::tools

int main(int argc, char** argv) {
  ovs::tools::Tool tool;
  return tool.main(std::vector<std::string>(argv + 1, argv + argc));
}

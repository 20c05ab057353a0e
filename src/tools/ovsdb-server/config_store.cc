// See config_store.h.
#include "tools/ovsdb-server/config_store.h"

#include "ovsdb/data/cat.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

namespace ovs::tools {
namespace {

std::string reason(const platform::OsError& error) {
  const Text text = platform::os_error_text(error);
  return std::string(text.data(), text.size());
}

}  // namespace

ConfigStore ConfigStore::of_file(daemon::Program& program, std::string path) {
  ConfigStore store(program);
  store.path_ = std::move(path);
  return store;
}

Result<ConfigStore, std::string> ConfigStore::of_command_line(daemon::Program& program,
                                                              const ServerConfig& config) {
  ConfigStore store(program);
  const std::string path =
      ovsdb::cat("/tmp/ovsdb-server.", static_cast<std::uint32_t>(program.process().id()), ".conf");
  auto file = program.files().open(path, platform::OpenMode::CreateNew);
  if (!file.ok()) {
    return ovsdb::cat("failed to create temporary file (", reason(file.error()), ')');
  }
  store.file_ = std::move(file).value();
  (void)program.files().remove(path);
  store.save(config);
  return store;
}

void ConfigStore::save(const ServerConfig& config) {
  if (is_users_file()) return;
  const std::string text = wire::json_text(config_json(config));
  auto saved = file_->truncate(0);
  if (saved.ok()) saved = file_->write_at(0, platform::bytes_of(text));
  if (saved.ok()) return;
  program_.log()
      .module("ovsdb_server")
      .err("failed to write temporary file ({})", reason(saved.error()));
}

bool ConfigStore::read(std::string& text) {
  auto done = is_users_file() ? platform::read_all(program_.files(), path_, text)
                              : platform::read_all(*file_, text);
  if (done.ok()) return true;
  program_.log()
      .module("ovsdb_server")
      .err("failed to open configuration file '{}': {}", path_, reason(done.error()));
  return false;
}

bool ConfigStore::load(ServerConfig& out) {
  const auto log = program_.log().module("ovsdb_server");
  if (is_users_file()) log.info("loading configuration from '{}'", path_);
  std::string text;
  if (!read(text)) return false;
  auto json = wire::parse_json(text);
  if (!json) {
    log.warn("config: reading JSON failed ({})", json.error().text);
    return false;
  }
  if (!parse_config(*json, log, out)) return false;
  if (!is_users_file()) parse_sync(*json, out);
  return true;
}

}  // namespace ovs::tools

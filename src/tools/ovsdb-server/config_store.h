// Where the configuration is read from: the user's file, or what the command line and commands have
// made of it, kept in a file without a name, which a process that is started again by its
// supervisor inherits.
#pragma once
#include <string>

#include "daemon/run/program.h"
#include "tools/ovsdb-server/config.h"

namespace ovs::tools {

class ConfigStore {
 public:
  // A file of the user's, which is only read.
  static ConfigStore of_file(daemon::Program& program, std::string path);
  // Before the program detaches. The error is a sentence.
  static Result<ConfigStore, std::string> of_command_line(daemon::Program& program,
                                                          const ServerConfig& config);

  bool is_users_file() const { return !path_.empty(); }
  const std::string& path() const { return path_; }
  // False: what is wrong has been logged.
  bool load(ServerConfig& out);
  // Of no effect on the user's file.
  void save(const ServerConfig& config);

 private:
  explicit ConfigStore(daemon::Program& program) : program_(program) {}
  bool read(std::string& text);

  daemon::Program& program_;
  std::string path_;
  Boxed<platform::File> file_;
};

}  // namespace ovs::tools

// The control socket of a program: commands by name, their arguments as strings, one reply each,
// now or later. Speaks JSON-RPC over punix:RUNDIR/NAME.PID.ctl. The commands every daemon has are
// in common_commands.h.
#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/core/result.h"
#include "daemon/log/log.h"
#include "daemon/stream/stream.h"
#include "wire/json/json.h"

namespace ovs::daemon {

enum class ControlFormat : std::uint8_t { Text, Json };

// One command under way. Answered exactly once; if it is destroyed unanswered the client hears an
// error. May be kept and answered later, on the loop's thread, also when the client has gone or the
// server with it.
class ControlCall {
 public:
  // Where the answer goes: a client's session, or a test.
  struct Sink {
    virtual ~Sink() = default;
    virtual void answer(wire::Json body, bool is_error) = 0;
    ControlFormat format = ControlFormat::Text;
  };
  ControlCall(std::shared_ptr<Sink> sink, std::vector<std::string> arguments);
  ControlCall(ControlCall&&) noexcept = default;
  ControlCall& operator=(ControlCall&&) noexcept;
  ~ControlCall();

  // arguments()[0] is the command's own name.
  const std::vector<std::string>& arguments() const { return arguments_; }
  const std::string& argument(std::size_t index) const;  // empty beyond the last
  ControlFormat format() const;

  // A client that reads text gets whole lines: the last one's end is put if it is missing.
  void reply(std::string_view text);
  void reply_json(wire::Json value);  // only when format() is Json
  void reply_error(std::string_view text);

 private:
  friend class ControlServer;
  void finish(wire::Json body, bool is_error);
  void set_options();
  std::shared_ptr<Sink> sink_;
  std::vector<std::string> arguments_;
};

class ControlServer {
 public:
  using Handler = std::function<void(ControlCall)>;
  static constexpr unsigned kAnyNumber = std::numeric_limits<unsigned>::max();

  explicit ControlServer(Log& log);
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  // `usage` names the arguments, as list-commands shows them; a command whose usage is null is not
  // listed. Replaces a command of the same name.
  void add(std::string name, const char* usage, unsigned min_arguments, unsigned max_arguments,
           Handler handler);
  void remove(std::string_view name);

  // Listens on a passive method ("punix:/run/openvswitch/x.1.ctl"). May be called for several.
  Result<void, IoError> listen(Network& network, std::string_view method);
  void close();

  // Runs a command without a socket, for tests and for one command that calls another.
  void run(ControlCall call);
  std::string commands_text() const;  // the reply to list-commands

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace ovs::daemon

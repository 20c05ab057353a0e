// A connection on which a tool asks and waits for the answer, and then may listen. What fails is a
// sentence.
#pragma once
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "daemon/run/program.h"
#include "daemon/stream/jsonrpc_session.h"
#include "ovsdb/schema/schema.h"
#include "tools/common/timeout.h"

namespace ovs::tools {

using wire::Json;
using wire::JsonArray;
using wire::JsonObject;
template <class T>
using Outcome = Result<T, std::string>;

enum class Retry : bool { No, Yes };

class Dialogue {
 public:
  Dialogue(daemon::Program& program, Timeout& timeout) : program_(program), timeout_(timeout) {}

  daemon::Program& program() { return program_; }
  const std::string& server() const { return server_; }
  Outcome<void> connect(const std::string& remote, Retry retry = Retry::No);
  // Sends a request and waits for its reply's result.
  Outcome<Json> ask(std::string method, Json params);
  // Sends a request and does not wait; its id.
  std::int64_t send(std::string method, Json params);
  // Hands every message to `handle` until that returns false, or the connection ends.
  Outcome<void> listen(std::function<bool(const daemon::JsonRpcMessage&)> handle);
  // Whether a request was refused because its database is not there yet: a relay that has not
  // reached its source. It may be asked again, in another dialogue.
  bool was_too_early() const { return too_early_; }
  void pause(bool paused);
  void stop() { stopped_ = true; }

  Outcome<ovsdb::Schema> schema(const std::string& database);
  Outcome<std::vector<std::string>> databases();

 private:
  Outcome<void> wait();  // for something to happen
  daemon::Program& program_;
  Timeout& timeout_;
  std::string server_;
  std::unique_ptr<daemon::JsonRpcSession> session_;
  std::deque<daemon::JsonRpcMessage> messages_;
  std::unique_ptr<daemon::Timer> deadline_;
  std::string end_;  // why the connection has gone
  bool connected_ = false, has_ended_ = false, expired_ = false, stopped_ = false;
  bool too_early_ = false;
  std::int64_t next_id_ = 0;
};

}  // namespace ovs::tools

// A Server in memory for tests: its files, network, clock; and clients that speak JSON-RPC as text.
// In what they receive, the members of objects are sorted and UUIDs are <0>, <1>... in the order in
// which they were first seen.
#pragma once
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "daemon/log/memory_log_output.h"
#include "daemon/stream/memory_network.h"
#include "ovsdb/protocol/server.h"
#include "platform/fake/memory_files.h"
#include "platform/fake/virtual_clock.h"
#include "platform/fake/worker.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {

// Numbers UUIDs in texts.
class UuidNames {
 public:
  std::string tidy(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      Uuid uuid;
      const std::string_view piece = std::string_view(text).substr(at, Uuid::kTextSize);
      if (piece.size() == Uuid::kTextSize && Uuid::parse(piece, uuid)) {
        out += "<" + std::to_string(number(std::string(piece))) + ">";
        at += Uuid::kTextSize;
      } else {
        out += text[at++];
      }
    }
    return out;
  }

 private:
  std::size_t number(const std::string& uuid) {
    return numbers_.emplace(uuid, numbers_.size()).first->second;
  }
  std::map<std::string, std::size_t> numbers_;
};

class TestClient {
 public:
  // `settle` lets everything happen that is to happen now.
  TestClient(std::function<void()> settle, daemon::Network& network,
             std::string_view method = "tcp:1")
      : settle_(std::move(settle)) {
    connecting_ = network.connect(method, [this](auto stream) {
      REQUIRE(stream.ok());
      stream_ = std::move(*stream);
      stream_->start({.on_read = [this](std::string_view bytes) { read(bytes); },
                      .on_close = [this](const daemon::IoError&) { closed = true; },
                      .on_drained = nullptr});
    });
    settle_();
  }

  void send(const std::string& message) {
    stream_->write(message);
    settle_();
  }
  // Sends a request and returns what has come since: the reply, and what came before and after.
  std::string request(const std::string& id, const std::string& method, const std::string& params) {
    send(R"({"id":)" + id + R"(,"method":")" + method + R"(","params":)" + params + "}");
    return take();
  }
  std::string transact(const std::string& operations, const std::string& id = "1") {
    return request(id, "transact", R"(["d",)" + operations + "]");
  }
  // What was received since, a message a line.
  std::string take() {
    settle_();
    return std::exchange(received_, {});
  }
  // Stops and begins again to read; bytes wait with who sent them.
  void set_reading(daemon::Stream::Reading reading) { stream_->set_reading(reading); }
  void vanish() {
    stream_.reset();
    settle_();
  }

  bool closed = false;

 private:
  void read(std::string_view bytes) {
    json_.feed(bytes);
    for (auto next = json_.next(); next.ok() && !next->is_null(); next = json_.next()) {
      const std::string text =
          wire::json_text(*next, wire::JsonStyle::Compact, wire::JsonOrder::Sorted);
      if (!received_.empty()) received_ += '\n';
      received_ += names_.tidy(text);
    }
  }

  std::function<void()> settle_;
  std::unique_ptr<daemon::Connecting> connecting_;
  std::unique_ptr<daemon::Stream> stream_;
  wire::JsonStream json_;
  UuidNames names_;
  std::string received_;
};

struct ServerFixture {
  static constexpr const char* kSchema = R"({"name":"d","version":"1.0.0","tables":{
    "t":{"isRoot":true,"indexes":[["name"]],"columns":{
      "name":{"type":"string"},"n":{"type":"integer"},
      "e":{"type":"integer","ephemeral":true},
      "tags":{"type":{"key":"string","min":0,"max":"unlimited"}}}}}})";

  ServerFixture() {
    auto schema = Schema::parse(*wire::parse_json(kSchema));
    REQUIRE(schema.ok());
    REQUIRE(Storage::create(files, "/d", *schema).ok());
    REQUIRE(files.sync_directory("/").ok());
    start();
  }
  void start() {
    server = std::make_unique<Server>(
        Server::Environment{loop, network, log, clock, files, file_worker, query_worker, ++seed});
    REQUIRE(server->add_database("/d").ok());
    REQUIRE(server->add_remote("ptcp:1").ok());
  }
  // The machine loses power and the server is started again.
  void crash() {
    server.reset();
    loop.drain();
    files.crash();
    start();
  }
  void pass(std::uint64_t ms) {
    clock.advance_ms(ms);
    settle();
  }
  void settle() {
    do {
      loop.drain();
    } while (file_worker.run_due() + query_worker.run_due() > 0);
  }
  // What went wrong with a compaction, or "".
  std::string compact() {
    std::string said = "not done";
    server->compact("d", [&](const std::string& errors) { said = errors; });
    settle();
    return said;
  }
  std::unique_ptr<TestClient> client(std::string_view method = "tcp:1") {
    return std::make_unique<TestClient>([this] { settle(); }, network, method);
  }

  platform::VirtualClock clock;
  daemon::MemoryLogOutput output;
  daemon::Log log{clock, output, "ovsdb-server", 1};
  daemon::Loop loop{clock};
  daemon::MemoryNetwork network{loop};
  platform::MemoryFiles files{clock};
  platform::FakeWorker file_worker{clock}, query_worker{clock};
  std::uint64_t seed = 0;
  std::unique_ptr<Server> server;
};

inline std::string insert(const std::string& name, const std::string& more = "") {
  return R"({"op":"insert","table":"t","row":{"name":")" + name + "\"" + more + "}}";
}
inline constexpr const char* kDurable = R"({"op":"commit","durable":true})";
inline constexpr const char* kNames =
    R"({"op":"select","table":"t","where":[],"columns":["name"],"sort":["name"]})";

}  // namespace ovs::ovsdb

#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "daemon/log/memory_log_output.h"
#include "daemon/stream/jsonrpc.h"
#include "daemon/stream/jsonrpc_session.h"
#include "daemon/stream/memory_network.h"
#include "platform/fake/virtual_clock.h"
#include "wire/json/parse.h"

namespace ovs::daemon {
namespace {

using wire::Json;

std::string round_trip(const char* text) {
  auto message = JsonRpcMessage::from_json(std::move(*wire::parse_json(text)));
  if (!message.ok()) return "error: " + message.error();
  std::string out;
  message->append_to(out);
  return out;
}

TEST_CASE("JsonRpcMessage: each kind is read and written") {
  for (const char* text :
       {R"({"id":7,"method":"transact","params":["db"]})",
        R"({"id":null,"method":"update","params":[]})",
        R"({"id":"x","result":{"a":1},"error":null})", R"({"id":1,"result":null,"error":"no"})"}) {
    CHECK(round_trip(text) == text);
  }
}

TEST_CASE("JsonRpcMessage: what contradicts itself is refused with a reason") {
  CHECK(round_trip("[]") == "error: message is not a JSON object");
  CHECK(round_trip(R"({"x":1})") == "error: message has unexpected member \"x\"");
  CHECK(round_trip(R"({"id":1,"method":5,"params":[]})") == "error: method is not JSON string");
  CHECK(round_trip(R"({"id":1,"method":"m","params":{}})") ==
        "error: request must have \"params\" array");
  CHECK(round_trip(R"({"id":null,"method":"m","params":[],"result":1})") ==
        "error: notification must not have \"result\"");
  CHECK(round_trip(R"({"result":1})") == "error: reply must have \"id\"");
  CHECK(round_trip(R"({"id":1,"result":1,"error":2})") == "error: error must not have \"result\"");
}

struct Fixture {
  platform::VirtualClock clock;
  MemoryLogOutput output;
  Log log{clock, output, "test", 1};
  Loop loop{clock};
  MemoryNetwork network{loop};
  std::unique_ptr<Stream> accepted;
  std::unique_ptr<Listener> listener = listen();
  std::string events;

  std::unique_ptr<Listener> listen() {
    return std::move(
        *network.listen("ptcp:1", [this](std::unique_ptr<Stream> s) { accepted = std::move(s); }));
  }
  std::unique_ptr<JsonRpcSession> session() {
    return std::make_unique<JsonRpcSession>(
        loop, network, log, JsonRpcSession::Options{.remotes = {"tcp:1"}},
        JsonRpcSession::Handlers{
            .on_connect = [this] { events += "connected "; },
            .on_message = [this](JsonRpcMessage m) { events += m.method + " "; },
            .on_disconnect = [this](const IoError& e) { events += "(" + e.text() + ") "; }});
  }
  // What the far side has received.
  std::string received;
  void read_far() {
    accepted->start({.on_read = [this](std::string_view bytes) { received += bytes; },
                     .on_close = [](const IoError&) {},
                     .on_drained = nullptr});
    loop.drain();
  }
  void pass(std::uint64_t ms) {
    clock.advance_ms(ms);
    loop.drain();
  }
};

TEST_CASE_FIXTURE(Fixture, "JsonRpcConnection: messages come out of bytes however these are cut") {
  auto session_of = session();
  loop.drain();
  for (const char c :
       std::string(R"({"id":null,"method":"a","params":[]}{"id":null,"method":"b","params":[]})")) {
    accepted->write(std::string(1, c));
    loop.drain();
  }
  CHECK(events == "connected a b ");
}

TEST_CASE_FIXTURE(Fixture, "JsonRpcConnection: a malformed message ends it") {
  auto session_of = session();
  loop.drain();
  accepted->write(R"({"id":null,"method":"a","params":[]}{"foo":1})");
  loop.drain();
  CHECK(events == "connected a (Protocol error) ");
}

TEST_CASE_FIXTURE(Fixture, "JsonRpcSession: answers echoes with their own params and id") {
  auto session_of = session();
  loop.drain();
  accepted->write(R"({"id":"e","method":"echo","params":[1,"x"]})");
  read_far();
  CHECK(received == R"({"id":"e","result":[1,"x"],"error":null})");
  CHECK(events == "connected ");
}

TEST_CASE_FIXTURE(Fixture,
                  "JsonRpcSession: probes a silent peer, then drops it and connects again") {
  auto session_of = session();
  loop.drain();
  read_far();
  pass(5000);
  CHECK(received == R"({"id":"echo","method":"echo","params":[]})");
  CHECK(session_of->is_connected());
  pass(5000);
  CHECK(events == "connected (Connection timed out) ");
  pass(1000);
  CHECK(events == "connected (Connection timed out) connected ");
}

TEST_CASE_FIXTURE(Fixture, "JsonRpcSession: an answered probe keeps the connection") {
  auto session_of = session();
  loop.drain();
  read_far();
  for (int i = 0; i < 4; ++i) {
    pass(5000);
    accepted->write(R"({"id":"echo","result":[],"error":null})");
    pass(0);
  }
  CHECK(events == "connected ");
}

TEST_CASE_FIXTURE(Fixture, "JsonRpcSession: tries again until somebody listens") {
  listener.reset();
  auto session_of = session();
  loop.drain();
  CHECK(events == "(Connection refused) ");
  listener = listen();
  pass(999);
  CHECK(!session_of->is_connected());
  pass(1);
  CHECK(session_of->is_connected());
}

TEST_CASE_FIXTURE(Fixture, "JsonRpcSession: may be destroyed inside each of its handlers") {
  std::unique_ptr<JsonRpcSession> session_of;
  JsonRpcSession::Handlers handlers{.on_connect = nullptr,
                                    .on_message = [&](JsonRpcMessage) { session_of.reset(); },
                                    .on_disconnect = nullptr};
  session_of = std::make_unique<JsonRpcSession>(
      loop, network, log, JsonRpcSession::Options{.remotes = {"tcp:1"}}, std::move(handlers));
  loop.drain();
  accepted->write(R"({"id":null,"method":"a","params":[]}{"id":null,"method":"b","params":[]})");
  loop.drain();
  CHECK(session_of == nullptr);

  session_of = std::make_unique<JsonRpcSession>(
      loop, network, log, JsonRpcSession::Options{.remotes = {"tcp:1"}},
      JsonRpcSession::Handlers{.on_connect = nullptr,
                               .on_message = nullptr,
                               .on_disconnect = [&](const IoError&) { session_of.reset(); }});
  loop.drain();
  network.reset_streams();
  loop.drain();
  CHECK(session_of == nullptr);
}

TEST_CASE_FIXTURE(Fixture, "JsonRpcSession: a paused one delivers nothing until it reads again") {
  auto session_of = session();
  loop.drain();
  session_of->set_reading(Stream::Reading::Paused);
  accepted->write(R"({"id":null,"method":"a","params":[]})");
  loop.drain();
  CHECK(events == "connected ");
  session_of->set_reading(Stream::Reading::Active);
  loop.drain();
  CHECK(events == "connected a ");
}

TEST_CASE_FIXTURE(Fixture, "JsonRpcSession: one that does not read does not blame its peer") {
  auto session_of = session();
  loop.drain();
  session_of->set_reading(Stream::Reading::Paused);
  for (int i = 0; i < 4; ++i) pass(5000);
  CHECK(events == "connected ");
  session_of->set_reading(Stream::Reading::Active);
  pass(5000);
  pass(5000);
  CHECK(events == "connected (Connection timed out) ");
}

TEST_CASE_FIXTURE(Fixture, "JsonRpcSession: a peer that takes what was queued is alive") {
  auto session_of = session();
  loop.drain();
  session_of->send_text(std::make_shared<const std::string>("{}"));
  pass(5000);  // the probe stands behind what is queued
  read_far();
  pass(5000);
  CHECK(events == "connected ");
  pass(5000);
  pass(5000);
  CHECK(events == "connected (Connection timed out) ");
}

TEST_CASE_FIXTURE(Fixture, "JsonRpcSession: one around an accepted stream ends with it") {
  auto client = session();
  loop.drain();
  std::string ended;
  JsonRpcSession server(loop, log, std::move(accepted), {},
                        {.on_connect = nullptr,
                         .on_message = nullptr,
                         .on_disconnect = [&](const IoError& e) { ended = e.text(); }});
  CHECK(server.is_alive());
  client.reset();
  loop.drain();
  CHECK(ended == "End of file");
  CHECK(!server.is_alive());
}

}  // namespace
}  // namespace ovs::daemon

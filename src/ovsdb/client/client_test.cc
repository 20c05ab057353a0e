#include "ovsdb/client/client.h"

#include <doctest/doctest.h>

#include <deque>
#include <string>

#include "daemon/log/memory_log_output.h"
#include "daemon/stream/memory_network.h"
#include "ovsdb/client/output_table.h"
#include "ovsdb/data/text_form.h"
#include "platform/fake/virtual_clock.h"
#include "wire/json/parse.h"
#include "wire/json/write.h"

namespace ovs::ovsdb {
namespace {

using daemon::JsonRpcMessage;

constexpr const char* kSchema = R"({"name":"D","version":"1.0.0","tables":{
  "T":{"isRoot":true,"columns":{
    "name":{"type":"string"},
    "number":{"type":"integer"},
    "set":{"type":{"key":"string","min":0,"max":"unlimited"}},
    "map":{"type":{"key":"string","value":"string","min":0,"max":"unlimited"}}}},
  "R":{"isRoot":true,"columns":{
    "target":{"type":{"key":{"type":"uuid","refTable":"T"}}}}}}})";
constexpr const char* kRow = "11111111-2222-3333-4444-555555555555";

Json json_of(std::string_view text) {
  auto parsed = wire::parse_json(text);
  REQUIRE(parsed);
  return std::move(parsed).value();
}

Schema schema() {
  auto parsed = Schema::parse(json_of(kSchema));
  REQUIRE(parsed);
  return std::move(parsed).value();
}

Uuid row_uuid() {
  Uuid uuid;
  REQUIRE(Uuid::parse(kRow, uuid));
  return uuid;
}

std::string update(std::string_view change) {
  return R"({"T":{")" + std::string(kRow) + R"(":)" + std::string(change) + "}}";
}

std::string shown(const Replica& replica) {
  std::string text;
  for (const ReplicaRow* row : replica.find("T")->rows()) {
    for (const char* column : {"name", "number", "set", "map"}) {
      text += datum_text((*row)[column]) + " ";
    }
  }
  return text;
}

TEST_CASE("Replica: old and new rows of monitor are followed") {
  Replica replica(schema());
  REQUIRE(replica.apply_update(json_of(update(R"({"new":{"name":"a","number":1}})"))));
  CHECK(shown(replica) == "a 1 [] {} ");
  REQUIRE(replica.apply_update(
      json_of(update(R"({"old":{"number":1},"new":{"name":"a","number":2}})"))));
  CHECK(shown(replica) == "a 2 [] {} ");
  REQUIRE(replica.apply_update(json_of(update(R"({"old":{"name":"a","number":2}})"))));
  CHECK(shown(replica) == "");
}

TEST_CASE("Replica: differences of monitor_cond are applied to sets, maps and scalars") {
  Replica replica(schema());
  REQUIRE(replica.apply_update2(json_of(update(
      R"({"initial":{"name":"a","set":["set",["x","y"]],"map":["map",[["k","v"],["l","w"]]]}})"))));
  CHECK(shown(replica) == "a 0 [x, y] {k=v, l=w} ");
  REQUIRE(replica.apply_update2(json_of(update(
      R"({"modify":{"number":5,"set":["set",["y","z"]],"map":["map",[["k","u"],["l","w"]]]}})"))));
  CHECK(shown(replica) == "a 5 [x, z] {k=u} ");
  REQUIRE(replica.apply_update2(json_of(update(R"({"delete":null})"))));
  CHECK(shown(replica) == "");
}

TEST_CASE("Replica: changes are told once, in order") {
  using Kind = ReplicaChange::Kind;
  Replica replica(schema());
  REQUIRE(replica.apply_update2(json_of(update(R"({"insert":{"name":"a"}})"))));
  REQUIRE(replica.apply_update2(json_of(update(R"({"modify":{"number":5}})"))));
  const auto changes = replica.take_changes();
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].kind == Kind::Inserted);
  CHECK(changes[1].kind == Kind::Modified);
  CHECK(changes[1].uuid == row_uuid());
  CHECK(replica.take_changes().empty());
}

TEST_CASE("Replica: an update that contradicts the copy is refused") {
  Replica replica(schema());
  CHECK_FALSE(replica.apply_update2(json_of(update(R"({"modify":{"number":5}})"))));
  CHECK_FALSE(replica.apply_update2(json_of(R"({"Nope":{}})")));
  CHECK_FALSE(replica.apply_update2(json_of(R"({"T":{"no uuid":{"delete":null}}})")));
}

struct Written {
  Replica replica{schema()};
  UuidSource uuids{1};
  ClientTransaction transaction{replica, uuids};
  const TableSchema& t = *replica.schema().find("T");
  const TableSchema& r = *replica.schema().find("R");

  Written() { REQUIRE(replica.apply_update2(json_of(update(R"({"initial":{"name":"a"}})")))); }
  std::string operations() { return wire::json_text(transaction.operations()); }
};

TEST_CASE("ClientTransaction: nothing written is nothing to commit") {
  Written w;
  w.transaction.comment("only words");
  CHECK(w.transaction.is_empty());
  w.transaction.write(w.t, row_uuid(), "name", Datum::scalar("b"));
  CHECK_FALSE(w.transaction.is_empty());
}

TEST_CASE("ClientTransaction: it reads what it wrote, and writes only what differs") {
  Written w;
  w.transaction.write(w.t, row_uuid(), "name", Datum::scalar("a"));
  w.transaction.write(w.t, row_uuid(), "number", Datum::scalar(std::int64_t{7}));
  CHECK(w.transaction.read(w.t, row_uuid(), "number").key(0).integer() == 7);
  CHECK(w.operations() == R"(["D",{"op":"update","table":"T","where":[["_uuid","==",["uuid",")" +
                              std::string(kRow) + R"("]]],"row":{"number":7}}])");
}

TEST_CASE("ClientTransaction: what was verified is checked by the server first") {
  Written w;
  w.transaction.verify(w.t, row_uuid(), w.t.find("name")->index);
  w.transaction.erase(w.t, row_uuid());
  const Json operations = w.transaction.operations();
  REQUIRE(operations.elements().size() == 3);
  CHECK(operations.elements()[1].find("op")->string() == "wait");
  CHECK(operations.elements()[1].find("timeout")->integer() == 0);
  CHECK(wire::json_text(*operations.elements()[1].find("rows")) == R"([{"name":"a"}])");
  CHECK(operations.elements()[2].find("op")->string() == "delete");
}

TEST_CASE("ClientTransaction: new rows refer to each other by names and get their UUIDs") {
  Written w;
  const Uuid target = w.transaction.insert(w.t);
  const Uuid row = w.transaction.insert(w.r);
  w.transaction.write(w.r, row, "target", Datum::scalar(target));
  const Json operations = w.transaction.operations();
  REQUIRE(operations.elements().size() == 3);
  std::size_t of_target = 0;
  for (std::size_t i = 1; i < 3; ++i) {
    const Json& operation = operations.elements()[i];
    CHECK(operation.find("op")->string() == "insert");
    if (operation.find("table")->is_string("T")) of_target = i;
  }
  const Json& other = operations.elements()[3 - of_target];
  const std::string name(operations.elements()[of_target].find("uuid-name")->string());
  CHECK(wire::json_text(*other.find("row")) == R"({"target":["named-uuid",")" + name + R"("]})");
  const std::string given = "99999999-2222-3333-4444-555555555555";
  const auto outcome = w.transaction.finish(
      json_of(R"([{"uuid":["uuid",")" + given + R"("]},{"uuid":["uuid",")" + given + R"("]}])"));
  CHECK(outcome.kind == ClientTransaction::Outcome::Kind::Success);
  CHECK(w.transaction.committed_uuid(target).text() == given);
}

TEST_CASE("ClientTransaction: replies tell success, a conflict, a lost lock or an error") {
  using Kind = ClientTransaction::Outcome::Kind;
  Written w;
  auto kind_of = [&](const char* reply) { return w.transaction.finish(json_of(reply)).kind; };
  CHECK(kind_of(R"([{}])") == Kind::Success);
  CHECK(kind_of(R"([{"error":"timed out"},null])") == Kind::TryAgain);
  CHECK(kind_of(R"([{"error":"not owner"}])") == Kind::NotLocked);
  CHECK(kind_of(R"({})") == Kind::Failed);
  const auto failed = w.transaction.finish(
      json_of(R"([null,{"error":"constraint violation","details":"too many"}])"));
  CHECK(failed.error == "constraint violation: too many");
}

OutputTable small_table() {
  OutputTable table{.caption = "T table", .headings = {"name", "set"}};
  const ColumnType many{BaseType::of(AtomType::String), BaseType(), 0, kUnlimited};
  std::vector<Cell> row;
  row.emplace_back(Datum::scalar("a b"), ColumnType::scalar(AtomType::String));
  row.emplace_back(Datum::scalar("x"), many);
  table.rows.push_back(std::move(row));
  return table;
}

TEST_CASE("OutputTable: each format") {
  auto text_in = [](TableFormat format, CellFormat cells = CellFormat::String) {
    return small_table().text({.format = format, .cells = cells});
  };
  CHECK(text_in(TableFormat::Table) == "T table\nname  set\n----- ---\n\"a b\" [x]\n");
  CHECK(text_in(TableFormat::List) ==
        "T table\nname                : \"a b\"\nset                 : [x]\n");
  CHECK(text_in(TableFormat::Csv) == "T table\nname,set\n\"\"\"a b\"\"\",[x]\n");
  CHECK(text_in(TableFormat::Csv, CellFormat::Bare) == "T table\nname,set\na b,x\n");
  CHECK(text_in(TableFormat::Json) ==
        R"({"caption":"T table","data":[["a b","x"]],"headings":["name","set"]})"
        "\n");
  CHECK(text_in(TableFormat::Html).find("    <td>&quot;a b&quot;</td>\n") != std::string::npos);
}

TEST_CASE("OutputTable: without headings the caption stays") {
  const TableStyle style{.format = TableFormat::Table, .with_headings = false};
  CHECK(small_table().text(style) == "T table\n\"a b\" [x]\n");
}

TEST_CASE("TableSequence: tables for people are apart, JSON is not") {
  const TableStyle people{.format = TableFormat::Csv}, json{.format = TableFormat::Json};
  TableSequence first(people), second(json);
  CHECK(first.next(small_table())[0] == 'T');
  CHECK(first.next(small_table())[0] == '\n');
  (void)second.next(small_table());
  CHECK(second.next(small_table())[0] == '{');
}

// A server that answers by script: replies are given by method, and the requests are recorded.
struct Fixture {
  platform::VirtualClock clock;
  daemon::MemoryLogOutput output;
  daemon::Log log{clock, output, "test", 1};
  daemon::Loop loop{clock};
  daemon::MemoryNetwork network{loop};
  std::unique_ptr<daemon::JsonRpcConnection> server;
  std::unique_ptr<daemon::Listener> listener =
      std::move(*network.listen("ptcp:1", [this](auto stream) { accept(std::move(stream)); }));
  std::string requests;  // methods, in order
  std::string error;
  int changes = 0;
  bool has_since = true, has_lock = true, answers_transact = true;
  std::unique_ptr<Client> client;

  void accept(std::unique_ptr<daemon::Stream> stream) {
    server =
        std::make_unique<daemon::JsonRpcConnection>(std::move(stream), log.module("test_server"));
    server->start({.on_message = [this](JsonRpcMessage message) { answer(message); },
                   .on_close = [](const daemon::IoError&) {},
                   .on_drained = nullptr});
  }

  void answer(const JsonRpcMessage& message) {
    if (message.is_echo_request()) {
      server->send(JsonRpcMessage::reply(message.body.clone(), message.id.clone()));
      return;
    }
    requests += message.method + " ";
    auto reply = [&](std::string_view text) {
      server->send(JsonRpcMessage::reply(json_of(text), message.id.clone()));
    };
    if (message.method == "get_schema") {
      reply(kSchema);
    } else if (message.method == "monitor_cond_since" && !has_since) {
      server->send(JsonRpcMessage::error(Json("unknown method"), message.id.clone()));
    } else if (message.method == "monitor_cond_since") {
      reply("[false,\"00000000-0000-0000-0000-000000000001\"," +
            update(R"({"initial":{"name":"a"}})") + "]");
    } else if (message.method == "monitor_cond") {
      server->send(JsonRpcMessage::error(Json("unknown method"), message.id.clone()));
    } else if (message.method == "monitor") {
      reply(update(R"({"new":{"name":"old"}})"));
    } else if (message.method == "lock") {
      reply(has_lock ? R"({"locked":true})" : R"({"locked":false})");
    } else if (message.method == "transact" && answers_transact) {
      reply("[{}]");
    }
  }

  void notify(const char* method, std::string_view params) {
    server->send(JsonRpcMessage::notify(method, json_of(params)));
    loop.drain();
  }

  void start(ClientOptions options = {}) {
    options.remotes = {"tcp:1"};
    options.database = "D";
    client = std::make_unique<Client>(
        loop, network, log, options,
        Client::Handlers{.on_change = [this] { ++changes; },
                         .on_error = [this](std::string text) { error = std::move(text); },
                         .on_disconnect = {}});
    settle();
  }

  void settle() {
    for (int i = 0; i < 20; ++i) {
      clock.advance_ms(1000);
      loop.drain();
    }
  }
};

TEST_CASE("Client: a copy is made and followed") {
  Fixture f;
  f.start();
  REQUIRE(f.client->is_synced());
  CHECK(f.changes == 1);
  CHECK(shown(f.client->replica()) == "a 0 [] {} ");
  f.notify("update3", R"(["monitor","00000000-0000-0000-0000-000000000002",)" +
                          update(R"({"modify":{"number":3}})") + "]");
  CHECK(f.changes == 2);
  CHECK(shown(f.client->replica()) == "a 3 [] {} ");
}

TEST_CASE("Client: an older server is asked in older ways") {
  Fixture f;
  f.has_since = false;
  f.start();
  REQUIRE(f.client->is_synced());
  CHECK(f.requests.find("monitor_cond_since monitor_cond monitor ") != std::string::npos);
  CHECK(shown(f.client->replica()) == "old 0 [] {} ");
}

TEST_CASE("Client: after a broken connection the copy is made again") {
  Fixture f;
  f.start();
  f.network.reset_streams();
  f.loop.drain();
  CHECK_FALSE(f.client->is_synced());
  f.settle();
  CHECK(f.client->is_synced());
  CHECK(shown(f.client->replica()) == "a 0 [] {} ");
}

TEST_CASE("Client: a wrong update makes the copy anew") {
  Fixture f;
  f.start();
  f.requests.clear();
  f.notify("update3", R"(["monitor","00000000-0000-0000-0000-000000000002",{"Nope":{}}])");
  f.settle();
  CHECK(f.requests.find("monitor_cond_since") != std::string::npos);
  CHECK(f.client->is_synced());
}

TEST_CASE("Client: a lock is held, stolen and had again") {
  Fixture f;
  f.has_lock = false;
  ClientOptions options;
  options.lock = "l";
  f.start(options);
  CHECK(f.client->is_lock_contended());
  f.notify("locked", R"(["l"])");
  CHECK(f.client->has_lock());
  f.notify("stolen", R"(["other"])");
  CHECK(f.client->has_lock());
  f.notify("stolen", R"(["l"])");
  CHECK_FALSE(f.client->has_lock());
}

TEST_CASE("Client: a commit whose connection breaks may be tried again") {
  using Kind = ClientTransaction::Outcome::Kind;
  Fixture f;
  f.answers_transact = false;
  f.start();
  UuidSource uuids{1};
  ClientTransaction transaction(f.client->replica(), uuids);
  transaction.write(*f.client->replica().schema().find("T"), row_uuid(), "name",
                    Datum::scalar("b"));
  std::optional<Kind> kind;
  f.client->commit(transaction, [&](ClientTransaction::Outcome o) { kind = o.kind; });
  f.loop.drain();
  CHECK_FALSE(kind);
  f.network.reset_streams();
  f.loop.drain();
  REQUIRE(kind);
  CHECK(*kind == Kind::TryAgain);
}

TEST_CASE("Client: a commit is answered") {
  using Kind = ClientTransaction::Outcome::Kind;
  Fixture f;
  f.start();
  UuidSource uuids{1};
  ClientTransaction transaction(f.client->replica(), uuids);
  transaction.erase(*f.client->replica().schema().find("T"), row_uuid());
  std::optional<Kind> kind;
  f.client->commit(transaction, [&](ClientTransaction::Outcome o) { kind = o.kind; });
  f.loop.drain();
  REQUIRE(kind);
  CHECK(*kind == Kind::Success);
}

}  // namespace
}  // namespace ovs::ovsdb

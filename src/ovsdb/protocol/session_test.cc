// One client's requests: transactions, waits, locks, what is refused, what is left when it goes.
#include "ovsdb/protocol/server_test.h"

using namespace ovs::ovsdb;

namespace {

constexpr const char* kWaitForA =
    R"({"op":"wait","table":"t","where":[["name","==","a"]],"columns":["name"],"until":"==",)"
    R"("rows":[{"name":"a"}]})";

std::string wait_for_a(unsigned timeout_ms) {
  std::string text = kWaitForA;
  return text.insert(1, "\"timeout\":" + std::to_string(timeout_ms) + ",");
}

struct SessionFixture : ServerFixture {
  std::unique_ptr<TestClient> one = client(), two = client();
};

}  // namespace

TEST_CASE_FIXTURE(SessionFixture, "Session: a transaction's results come back under its id") {
  CHECK(one->transact(insert("a") + "," + kNames, R"("x")") ==
        R"({"error":null,"id":"x","result":[{"uuid":["uuid","<0>"]},{"rows":[{"name":"a"}]}]})");
}

TEST_CASE_FIXTURE(SessionFixture,
                  "Session: a failed operation leaves nulls behind it and no trace") {
  CHECK(one->transact(insert("a") + R"(,{"op":"abort"},)" + kNames) ==
        R"({"error":null,"id":1,"result":[{"uuid":["uuid","<0>"]},)"
        R"({"details":"aborted by request","error":"aborted"},null]})");
  CHECK(two->transact(kNames) == R"({"error":null,"id":1,"result":[{"rows":[]}]})");
}

TEST_CASE_FIXTURE(SessionFixture,
                  "Session: a commit that is refused adds an error to the results") {
  CHECK(one->transact(insert("a") + "," + insert("a")).find("constraint violation") !=
        std::string::npos);
}

TEST_CASE_FIXTURE(SessionFixture, "Session: what the server knows is told") {
  CHECK(one->request("1", "list_dbs", "[]") == R"({"error":null,"id":1,"result":["_Server","d"]})");
  CHECK(one->request("2", "echo", R"([1,"a"])") == R"({"error":null,"id":2,"result":[1,"a"]})");
  CHECK(one->request("3", "get_server_id", "[]") == R"({"error":null,"id":3,"result":"<0>"})");
  const std::string schema = one->request("4", "get_schema", R"(["d"])");
  CHECK(schema.find(R"("version":"1.0.0")") != schema.npos);
}

TEST_CASE_FIXTURE(SessionFixture,
                  "Session: what makes no sense is refused, and the session goes on") {
  CHECK(one->request("1", "frobnicate", "[]") ==
        R"({"error":"unknown method","id":1,"result":null})");
  const struct {
    const char *method, *params, *details;
  } kRefused[] = {
      {"transact", "[]", "transact request params must begin with <db-name>"},
      {"transact", R"(["e"])", "transact request specifies unknown database e"},
      {"get_schema", "[1]", "get_schema request params must begin with <db-name>"},
      {"monitor", R"(["d"])", "invalid parameters"},
      {"monitor", R"(["d",1,[]])", "monitor-requests must be object"},
      {"monitor", R"(["d",1,{"x":{}}])", "no table named x"},
      {"monitor_cond", R"(["d",1,{},2])", "invalid parameters"},
      {"monitor_cond_since", R"(["d",1,{},"x"])", "last-txn-id must be UUID format."},
      {"monitor_cond_change", "[1]", "invalid parameters"},
      {"monitor_cond_change", "[1,2,{}]", "unknown monitor session"},
      {"lock", "[7]", "lock request params must be <id>"},
      {"unlock", R"(["l"])", "without \\\"lock\\\" or \\\"steal\\\""},
      {"set_db_change_aware", "[]", "set_db_change_aware: true or false parameter expected"},
      {"convert", R"(["d",{"name":"e","version":"1.0.0","tables":{}}])", "does not match"},
  };
  for (const auto& each : kRefused) {
    const std::string reply = one->request("2", each.method, each.params);
    CHECK_MESSAGE(reply.find(each.details) != reply.npos, each.method, each.params, ": ", reply);
    CHECK(reply.find(R"("result":null)") != reply.npos);
  }
  CHECK(one->request("3", "monitor_cancel", "[1]") ==
        R"({"error":"unknown monitor","id":3,"result":null})");
  CHECK_FALSE(one->closed);
}

TEST_CASE_FIXTURE(SessionFixture,
                  "Session: what is no JSON-RPC ends the connection of its sender alone") {
  one->send(R"({"method":"echo"} nonsense)");
  CHECK(one->closed);
  CHECK_FALSE(two->closed);
  CHECK(two->request("1", "echo", "[]") == R"({"error":null,"id":1,"result":[]})");
}

TEST_CASE_FIXTURE(SessionFixture, "Session: a wait is answered when somebody makes it true") {
  CHECK(one->transact(kWaitForA, "7") == "");
  CHECK(two->transact(insert("b")) != "");
  CHECK(one->take() == "");
  two->transact(insert("a"));
  CHECK(one->take() == R"({"error":null,"id":7,"result":[{}]})");
}

TEST_CASE_FIXTURE(SessionFixture, "Session: a wait ends when its time is up, and not before") {
  CHECK(one->transact(wait_for_a(50)) == "");
  pass(49);
  CHECK(one->take() == "");
  pass(1);
  CHECK(one->take() ==
        R"({"error":null,"id":1,"result":[{"details":"\"wait\" timed out after 50 ms",)"
        R"("error":"timed out"}]})");
}

TEST_CASE_FIXTURE(SessionFixture, "Session: a wait can be cancelled by its id, by its client") {
  CHECK(one->transact(kWaitForA, "7") == "");
  two->send(R"({"id":null,"method":"cancel","params":[7]})");
  CHECK(one->take() == "");
  one->send(R"({"id":null,"method":"cancel","params":[7]})");
  CHECK(one->take() == R"({"error":"canceled","id":7,"result":null})");
  two->transact(insert("a"));
  CHECK(one->take() == "");
}

TEST_CASE_FIXTURE(SessionFixture, "Session: two waits may not have one id") {
  one->transact(kWaitForA, "7");
  CHECK(one->transact(kWaitForA, "7").find("duplicate request ID") != std::string::npos);
}

TEST_CASE_FIXTURE(SessionFixture,
                  "Lock: the first owns, the second is told when the first unlocks") {
  CHECK(one->request("1", "lock", R"(["l"])") ==
        R"({"error":null,"id":1,"result":{"locked":true}})");
  CHECK(two->request("1", "lock", R"(["l"])") ==
        R"({"error":null,"id":1,"result":{"locked":false}})");
  CHECK(one->request("2", "unlock", R"(["l"])") == R"({"error":null,"id":2,"result":{}})");
  CHECK(two->take() == R"({"id":null,"method":"locked","params":["l"]})");
}

TEST_CASE_FIXTURE(SessionFixture, "Lock: a thief owns at once, and its victim again after it") {
  one->request("1", "lock", R"(["l"])");
  CHECK(two->request("1", "steal", R"(["l"])") ==
        R"({"error":null,"id":1,"result":{"locked":true}})");
  CHECK(one->take() == R"({"id":null,"method":"stolen","params":["l"]})");
  CHECK(one->transact(R"({"op":"assert","lock":"l"})").find("not owner") != std::string::npos);
  CHECK(two->transact(R"({"op":"assert","lock":"l"})") == R"({"error":null,"id":1,"result":[{}]})");
}

TEST_CASE_FIXTURE(SessionFixture,
                  "Lock: it may be asked for once, and goes to the next when its owner vanishes") {
  one->request("1", "lock", R"(["l"])");
  CHECK(one->request("2", "lock", R"(["l"])").find("must issue") != std::string::npos);
  two->request("1", "lock", R"(["l"])");
  one->vanish();
  CHECK(two->take() == R"({"id":null,"method":"locked","params":["l"]})");
}

TEST_CASE_FIXTURE(SessionFixture, "Lock: a victim that has vanished gets nothing back") {
  one->request("1", "lock", R"(["l"])");
  two->request("1", "steal", R"(["l"])");
  one->vanish();
  CHECK(two->request("2", "unlock", R"(["l"])") == R"({"error":null,"id":2,"result":{}})");
  CHECK(two->request("3", "lock", R"(["l"])") ==
        R"({"error":null,"id":3,"result":{"locked":true}})");
}

TEST_CASE_FIXTURE(SessionFixture,
                  "Session: who vanishes with a monitor and a wait leaves nothing behind") {
  one->request("1", "monitor", R"(["d","m",{"t":{}}])");
  one->transact(wait_for_a(1000));
  HostedDatabase& db = *server->find("d");
  CHECK(db.listener_count() == 1);
  CHECK(server->session_count() == 2);
  one->vanish();
  CHECK(db.listener_count() == 0);
  CHECK(server->session_count() == 1);
  CHECK(two->transact(insert("a")) != "");  // which would make the wait true
  pass(1000);
}

TEST_CASE_FIXTURE(SessionFixture, "Session: waits, locks and monitors of one client have a limit") {
  for (std::size_t i = 0; i < Session::kMaxWaiting; ++i)
    one->transact(kWaitForA, std::to_string(i));
  CHECK(one->take() == "");
  CHECK(one->transact(kWaitForA, "7777").find("resources exhausted") != std::string::npos);
  for (std::size_t i = 0; i < Session::kMaxLocks; ++i) {
    one->request("1", "lock", "[\"l" + std::to_string(i) + "\"]");
  }
  CHECK(one->request("1", "lock", R"(["more"])").find("resources exhausted") != std::string::npos);
  for (std::size_t i = 0; i < Session::kMaxMonitors; ++i) {
    one->request("1", "monitor", "[\"d\"," + std::to_string(i) + R"(,{"t":{"columns":[]}}])");
  }
  CHECK(one->request("1", "monitor", R"(["d","more",{}])").find("resources exhausted") !=
        std::string::npos);
  CHECK(two->request("1", "lock", R"(["more"])").find("true") != std::string::npos);
  CHECK(two->transact(insert("a")) != "");
  const std::string answers = one->take();  // each wait
  CHECK(std::count(answers.begin(), answers.end(), '\n') >=
        std::ptrdiff_t(Session::kMaxWaiting) - 1);
}

TEST_CASE_FIXTURE(SessionFixture, "Session: who does not read is not read from, until it reads") {
  const std::string long_name(100'000, 'x');
  one->transact(insert(long_name));
  one->set_reading(ovs::daemon::Stream::Reading::Paused);
  for (int i = 0; i < 50; ++i) one->transact(kNames, std::to_string(i));
  one->transact(insert("late"));
  // About ten replies fill what a client may leave unread; the insert is behind the others.
  CHECK(two->transact(kNames).find("late") == std::string::npos);
  one->set_reading(ovs::daemon::Stream::Reading::Active);
  const std::string replies = one->take();
  CHECK(std::count(replies.begin(), replies.end(), '\n') == 50);
  CHECK(two->transact(kNames).find("late") != std::string::npos);
}

TEST_CASE_FIXTURE(SessionFixture,
                  "Session: who is not aware of databases is dropped when one goes") {
  one->request("1", "set_db_change_aware", "[true]");
  one->request("2", "monitor", R"(["d","m",{"t":{}}])");
  one->transact(kWaitForA, "3");
  CHECK(server->remove_database("d").ok());
  CHECK(one->take() ==
        "{\"error\":\"canceled\",\"id\":3,\"result\":null}\n"
        "{\"id\":null,\"method\":\"monitor_canceled\",\"params\":[\"m\"]}");
  CHECK(two->closed);
  CHECK_FALSE(one->closed);
}

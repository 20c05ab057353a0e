// What a server says when the disk fails, and what a crash leaves.
#include "ovsdb/protocol/server_test.h"

using namespace ovs::ovsdb;

namespace {

bool has(const std::string& text, std::string_view piece) {
  return text.find(piece) != text.npos;
}

struct DurabilityFixture : ServerFixture {
  std::unique_ptr<TestClient> one = client();
  std::string names() {
    const std::string reply = one->transact(kNames);
    std::string out;
    for (const char* name : {"a", "b", "c"}) {
      if (has(reply, std::string("\"") + name + "\"")) out += name;
    }
    return out;
  }
  std::string durable(const std::string& name) {
    return one->transact(insert(name) + "," + kDurable);
  }
  // The server that comes after a power failure, and its rows.
  std::string names_after_crash() {
    crash();
    one = client();
    return names();
  }
};

constexpr const char* kDone = R"({"error":null,"id":1,"result":[{"uuid":["uuid","<0>"]},{}]})";

}  // namespace

TEST_CASE_FIXTURE(DurabilityFixture,
                  "Durability: what was acknowledged as durable outlives a crash") {
  CHECK(durable("a") == kDone);
  one->transact(insert("b"));
  CHECK(names_after_crash() == "a");
}

TEST_CASE_FIXTURE(DurabilityFixture,
                  "Durability: a failed sync is told to the client as an I/O error") {
  files.fail_sync(0);
  CHECK(durable("a") ==
        R"({"error":null,"id":1,"result":[{"uuid":["uuid","<0>"]},{},)"
        R"({"details":"/d: fsync failed","error":"I/O error","io-error":"Input/output error"}]})");
  CHECK(has(output.file + output.console, "commits to d are refused"));
}

TEST_CASE_FIXTURE(DurabilityFixture,
                  "Durability: all who wait for one sync are told that it failed") {
  auto two = client();
  files.fail_sync(0);
  const std::string transact = R"(,"method":"transact","params":["d",)";
  one->send(R"({"id":1)" + transact + insert("a") + "," + kDurable + "]}" + R"({"id":2)" +
            transact + insert("b") + "," + kDurable + "]}");
  const std::string replies = one->take();
  const std::size_t first = replies.find("I/O error");
  REQUIRE(first != replies.npos);
  CHECK(replies.find("I/O error", first + 1) != replies.npos);
  CHECK(two->transact(kNames) ==
        R"({"error":null,"id":1,"result":[{"rows":[{"name":"a"},{"name":"b"}]}]})");
}

TEST_CASE_FIXTURE(
    DurabilityFixture,
    "Durability: after a failed sync nothing is committed, even if a sync would work") {
  files.fail_sync(0);
  durable("a");
  const std::string refused = one->transact(insert("b"));
  CHECK(has(refused, "I/O error"));
  CHECK(has(refused, "refused because an earlier fsync failed"));
  CHECK(has(durable("c"), "I/O error"));
  CHECK(names() == "a");
  // What is not written to the file is still possible.
  CHECK(one->transact(R"({"op":"update","table":"t","where":[],"row":{"e":5}})") ==
        R"({"error":null,"id":1,"result":[{"count":1}]})");
}

TEST_CASE_FIXTURE(DurabilityFixture, "Durability: the server recovers by rewriting the file") {
  files.fail_sync(0);
  durable("a");
  pass(5000);
  CHECK(has(output.file + output.console, "commits are taken again"));
  CHECK(durable("b") == R"({"error":null,"id":1,"result":[{"uuid":["uuid","<1>"]},{}]})");
  CHECK(names_after_crash() == "ab");
}

TEST_CASE_FIXTURE(DurabilityFixture, "Durability: recovery is tried until it succeeds") {
  files.fail_sync(0);
  durable("a");
  files.fail_write(0);
  pass(5000);
  CHECK(has(durable("b"), "I/O error"));
  pass(5000);
  CHECK_FALSE(has(durable("b"), "I/O error"));
  CHECK(names_after_crash() == "ab");
}

TEST_CASE_FIXTURE(DurabilityFixture, "Durability: compaction on request recovers at once") {
  files.fail_sync(0);
  durable("a");
  CHECK(compact() == "");
  CHECK_FALSE(has(durable("b"), "I/O error"));
  CHECK(names_after_crash() == "ab");
}

TEST_CASE_FIXTURE(DurabilityFixture,
                  "Durability: a rewritten file whose name is not durable is not trusted") {
  durable("a");
  files.fail_sync(1);  // 0 is the new file, 1 its directory
  CHECK(compact() != "");
  CHECK(has(durable("b"), "I/O error"));
  CHECK(compact() == "");
  CHECK_FALSE(has(durable("b"), "I/O error"));
  CHECK(names_after_crash() == "ab");
}

TEST_CASE_FIXTURE(DurabilityFixture,
                  "Durability: a transaction that could not be written is not committed") {
  durable("a");
  files.fail_write(0);
  const std::string refused = durable("b");
  CHECK(has(refused, "/d: write failed"));
  CHECK(names() == "a");
  CHECK_FALSE(has(durable("c"), "I/O error"));
  CHECK(names_after_crash() == "ac");
}

TEST_CASE_FIXTURE(DurabilityFixture,
                  "Durability: whichever write or sync fails, what was acknowledged is kept") {
  for (int nth = 0; nth < 6; ++nth) {
    files.fail_sync(nth);
    std::string kept = names();
    for (const char* name : {"a", "b", "c"}) {
      if (!has(durable(name), "rror\":\"")) kept += name;
      (void)compact();
    }
    const std::string found = names_after_crash();
    for (const char name : kept) CHECK(has(found, std::string(1, name)));
    files.fail_sync(-1);
    one->transact(R"({"op":"delete","table":"t","where":[]},)" + std::string(kDurable));
  }
}

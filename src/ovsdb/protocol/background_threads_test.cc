// The same work on real threads, for the thread sanitizer: a writer, compactions and readers of
// many rows, all at once.
#include "ovsdb/protocol/server_test.h"
#include "tests/support/thread_worker.h"

using namespace ovs;
using namespace ovs::ovsdb;

namespace {

struct ThreadsFixture {
  ThreadsFixture() {
    auto schema = Schema::parse(*wire::parse_json(ServerFixture::kSchema));
    REQUIRE(schema.ok());
    REQUIRE(Storage::create(files, "/d", *schema).ok());
    REQUIRE(server.add_database("/d").ok());
    REQUIRE(server.add_remote("ptcp:1").ok());
  }
  std::unique_ptr<TestClient> client() {
    return std::make_unique<TestClient>([this] { loop.drain(); }, network);
  }
  // What `client` is sent next.
  std::string wait(TestClient& client) {
    std::string text;
    while ((text = client.take()).empty()) loop.run_once(10);
    return text;
  }

  platform::VirtualClock clock;
  daemon::MemoryLogOutput output;
  daemon::Log log{clock, output, "ovsdb-server", 1};
  daemon::Loop loop{clock};
  daemon::MemoryNetwork network{loop};
  platform::MemoryFiles files{clock};
  tests::ThreadWorker file_worker{clock}, query_worker{clock};
  Server server{{loop, network, log, clock, files, file_worker, query_worker}};
};

std::size_t count(const std::string& text, std::string_view piece) {
  std::size_t found = 0;
  for (std::size_t at = text.find(piece); at != text.npos; at = text.find(piece, at + 1)) ++found;
  return found;
}

}  // namespace

TEST_CASE_FIXTURE(
    ThreadsFixture,
    "Threads: readers see whole snapshots while rows change and the file is rewritten") {
  constexpr int kRounds = 20;
  auto writer = client(), reader = client();
  std::string operations;
  for (std::size_t i = 0; i <= Session::kLongReadRows; ++i) {
    operations += (i == 0 ? "" : ",") + insert(std::to_string(i));
  }
  writer->transact(operations);
  int compacted = 0;
  for (int round = 1; round <= kRounds; ++round) {
    reader->send(R"({"id":1,"method":"transact","params":["d",)"
                 R"({"op":"select","table":"t","where":[],"columns":["n"]}]})");
    server.compact("d", [&](const std::string& errors) { compacted += errors.empty(); });
    // Every row in every round: who mixed two states would see two numbers.
    writer->transact(R"({"op":"update","table":"t","where":[],"row":{"n":)" +
                     std::to_string(round) + "}}");
    CHECK(count(wait(*reader), "{\"n\":") == 1);
  }
  while (compacted < kRounds) loop.run_once(10);
  auto watcher = client();
  watcher->send(R"({"id":1,"method":"monitor_cond","params":["d","m",{"t":{"columns":["n"]}}]})");
  CHECK(count(wait(*watcher), "initial") == Session::kLongReadRows + 1);
}

TEST_CASE_FIXTURE(ThreadsFixture,
                  "Threads: the file has every commit, though it is rewritten all the time") {
  auto writer = client();
  bool running = false;
  for (int i = 0; i < 300; ++i) {
    if (!running) {
      running = true;
      server.compact("d", [&](const std::string&) { running = false; });
    }
    writer->transact(insert(std::to_string(i)) + (i % 3 == 0 ? "" : std::string(",") + kDurable));
  }
  while (running) loop.run_once(10);
  UuidSource uuids(1);
  std::string warning;
  auto storage = Storage::open(files, uuids, "/d", LogMode::Read, warning);
  REQUIRE(storage.ok());
  CHECK(warning == "");
  CHECK(storage->database().find("t")->count() == 300);
}

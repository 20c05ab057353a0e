#include <doctest/doctest.h>

#include <cerrno>
#include <filesystem>
#include <random>
#include <string>

#include "daemon/log/memory_log_output.h"
#include "daemon/stream/method.h"
#include "daemon/stream/system_network.h"
#include "platform/fake/virtual_clock.h"

namespace ovs::daemon {
namespace {

struct Directory {
  Directory()
      : path(std::filesystem::temp_directory_path() /
             ("ovs-net-" + std::to_string(std::random_device()()))) {
    std::filesystem::create_directory(path);
  }
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

struct Fixture {
  platform::VirtualClock clock;
  MemoryLogOutput output;
  Log log{clock, output, "test", 1};
  Loop loop{clock};
  Directory directory;
  SystemNetwork network{loop, log, directory.path.string()};
  std::unique_ptr<Stream> server;
  std::unique_ptr<Stream> client;
  std::string received;
  std::string failure;

  auto accept() {
    return [this](std::unique_ptr<Stream> stream) { server = std::move(stream); };
  }
  auto connected() {
    return [this](Result<std::unique_ptr<Stream>, IoError> stream) {
      if (stream.ok()) {
        client = std::move(*stream);
      } else {
        failure = stream.error().text();
      }
    };
  }
  template <class Done>
  void wait(Done done) {
    for (int i = 0; i < 200 && !done(); ++i) loop.run_once(50);
    CHECK(done());
  }
  void exchange(const std::string& method) {
    auto attempt = network.connect(method, connected());
    wait([&] { return client && server; });
    server->start({.on_read = [this](std::string_view bytes) { received += bytes; },
                   .on_close = [this](const IoError& error) { failure = error.text(); },
                   .on_drained = nullptr});
    const std::string megabyte(1 << 20, 'x');
    client->write(std::make_shared<const std::string>(megabyte));
    client->write("end");
    wait([&] { return received.size() == megabyte.size() + 3; });
    CHECK(received.ends_with("xend"));
    CHECK(server->counters().read_bytes == received.size());
    client.reset();
    wait([&] { return !failure.empty(); });
    CHECK(failure == "End of file");
  }
};

TEST_CASE_FIXTURE(Fixture, "SystemNetwork: tcp carries a megabyte and ends in an orderly way") {
  const auto listener = network.listen("ptcp:0:127.0.0.1", accept());
  REQUIRE(listener.ok());
  const std::string port = std::to_string((*listener)->port());
  CHECK(
      output.console.ends_with("|socket_util|INFO|0:127.0.0.1: listening on port " + port + "\n"));
  exchange("tcp:127.0.0.1:" + port);
  CHECK(server->name().starts_with("tcp:127.0.0.1:"));
}

TEST_CASE_FIXTURE(Fixture,
                  "SystemNetwork: unix sockets with relative names are in the run directory") {
  {
    const auto listener = network.listen("punix:x.sock", accept());
    REQUIRE(listener.ok());
    CHECK(std::filesystem::is_socket(directory.path / "x.sock"));
    exchange("unix:x.sock");
    CHECK(server->name() == "unix#0");
  }
  CHECK(!std::filesystem::exists(directory.path / "x.sock"));
}

TEST_CASE_FIXTURE(Fixture, "SystemNetwork: failures have the system's words") {
  auto attempt = network.connect("unix:nobody.sock", connected());
  wait([&] { return !failure.empty(); });
  CHECK(failure == "No such file or directory");
  failure.clear();
  attempt = network.connect("ssl:127.0.0.1:1", connected());
  wait([&] { return !failure.empty(); });
  CHECK(failure == "Connection refused");
  CHECK(network.listen("tcp:1", accept()).error().number == EAFNOSUPPORT);
}

TEST_CASE("Method: hosts, ports and paths are told apart") {
  const auto v6 = parse_method("tcp:[fe80::1%eth0]:77", 6640);
  REQUIRE(v6.ok());
  CHECK((v6->host == "fe80::1%eth0" && v6->port == 77));
  CHECK(parse_method("tcp:host", 6640)->port == 6640);
  CHECK(parse_method("ptcp:", 6640)->port == 6640);
  CHECK(parse_method("ptcp:0:[::]", 6640)->host == "::");
  CHECK(parse_method("punix:a/b", 0)->path == "a/b");
  for (const char* bad :
       {"tcp:", "tcp:h:", "tcp:h:x", "tcp:h:70000", "tcp:h:0", "ptcp:x", "tcp:[::1:5"}) {
    CHECK(!parse_method(bad, 6640).ok());
  }
}

}  // namespace
}  // namespace ovs::daemon

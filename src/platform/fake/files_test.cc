// What every Files promises, asked of the machine's and of the fake; then what only the fake can
// show.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "platform/fake/memory_files.h"
#include "platform/fake/virtual_clock.h"
#include "platform/posix/files.h"

namespace ovs::platform {
namespace {

struct Machine {
  Machine() {
    char name[] = "/tmp/files_test.XXXXXX";
    root = mkdtemp(name);
  }
  ~Machine() {
    std::vector<std::string> names;
    (void)files.list(root, [&](Text name) { names.emplace_back(name); });
    for (const std::string& name : names) (void)files.remove(root + "/" + name);
    (void)files.remove(root);
  }
  SystemFiles files;
  std::string root;
};

struct Fake {
  Fake() { (void)files.make_directory(root); }
  VirtualClock clock;
  MemoryFiles files{clock};
  std::string root = "/d";
};

std::string contents(Files& files, const std::string& path) {
  std::string text;
  const auto done = read_all(files, path, text);
  return done.ok() ? text : "(" + std::string(os_error_text(done.error())) + ")";
}

TEST_CASE_TEMPLATE("Files: reads back what was written, appended and cut", Host, Machine, Fake) {
  Host host;
  const std::string path = host.root + "/log";
  auto file = host.files.open(path, OpenMode::CreateNew);
  REQUIRE(file.ok());
  CHECK((*file)->append(bytes_of("hello ")).ok());
  CHECK((*file)->append(bytes_of("world")).ok());
  CHECK((*file)->write_at(0, bytes_of("J")).ok());
  CHECK(contents(host.files, path) == "Jello world");
  CHECK((*file)->truncate(5).ok());
  CHECK((*file)->sync().ok());
  CHECK(contents(host.files, path) == "Jello");
  CHECK((*file)->info()->size == 5);
  CHECK(host.files.open(path, OpenMode::CreateNew).error().kind == Error::Exists);
  CHECK(host.files.open(path, OpenMode::Truncate).ok());
  CHECK(contents(host.files, path) == "");
}

TEST_CASE_TEMPLATE("Files: large files are read whole", Host, Machine, Fake) {
  Host host;
  const std::string path = host.root + "/large";
  const std::string large(200000, 'x');
  CHECK((*host.files.open(path, OpenMode::Create))->append(bytes_of(large)).ok());
  CHECK(contents(host.files, path) == large);
}

TEST_CASE_TEMPLATE("Files: says what is not there", Host, Machine, Fake) {
  Host host;
  CHECK(contents(host.files, host.root + "/none") == "(No such file or directory)");
  CHECK(host.files.open(host.root + "/none/x", OpenMode::Create).error().kind == Error::NotFound);
  CHECK(host.files.remove(host.root + "/none").error().kind == Error::NotFound);
  CHECK(host.files.make_directory(host.root).error().kind == Error::Exists);
}

TEST_CASE_TEMPLATE("Files: rename replaces, and list tells", Host, Machine, Fake) {
  Host host;
  CHECK((*host.files.open(host.root + "/a", OpenMode::Create))->append(bytes_of("A")).ok());
  CHECK((*host.files.open(host.root + "/b", OpenMode::Create))->append(bytes_of("B")).ok());
  CHECK(host.files.open(host.root + "/c", OpenMode::Create).ok());
  CHECK(host.files.rename(host.root + "/a", host.root + "/b").ok());
  CHECK(host.files.sync_directory(host.root).ok());
  CHECK(contents(host.files, host.root + "/b") == "A");
  std::vector<std::string> names;
  CHECK(host.files.list(host.root, [&](Text name) { names.emplace_back(name); }).ok());
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"b", "c"});
}

TEST_CASE_TEMPLATE("Files: a lock is held by one, and released with its owner", Host, Machine,
                   Fake) {
  Host host;
  const std::string path = host.root + "/.lock";
  {
    const auto lock = host.files.lock(path);
    REQUIRE(lock.ok());
    CHECK(host.files.lock(path).error().kind == Error::Busy);
  }
  CHECK(host.files.lock(path).ok());
}

TEST_CASE("MemoryFiles: a crash takes back what was not synced, of contents and of names") {
  Fake host;
  auto file = host.files.open("/d/db", OpenMode::Create);
  CHECK((*file)->append(bytes_of("kept")).ok());
  CHECK((*file)->sync().ok());
  CHECK(host.files.sync_directory("/d").ok());
  CHECK((*file)->append(bytes_of(" lost")).ok());
  CHECK(host.files.open("/d/unnamed", OpenMode::Create).ok());
  host.files.crash();
  CHECK(contents(host.files, "/d/db") == "kept");
  CHECK(contents(host.files, "/d/unnamed") == "(No such file or directory)");
}

TEST_CASE("MemoryFiles: a failing write leaves half of its bytes") {
  Fake host;
  auto file = host.files.open("/d/db", OpenMode::Create);
  host.files.fail_write(1);
  CHECK((*file)->append(bytes_of("first ")).ok());
  CHECK((*file)->append(bytes_of("second")).error().number == ENOSPC);
  CHECK((*file)->append(bytes_of("!")).ok());
  CHECK(contents(host.files, "/d/db") == "first sec!");
}

}  // namespace
}  // namespace ovs::platform

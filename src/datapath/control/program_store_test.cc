// Programs that flows share.
#include "datapath/control/program_store.h"

#include <doctest/doctest.h>

#include "platform/fake/failing_allocator.h"
#include "platform/fake/rcu.h"

using namespace ovs;
using namespace ovs::datapath;

namespace {

// Output to a port, as netlink has it.
Array<std::uint8_t, 8> output_to(std::uint8_t port) {
  return Array<std::uint8_t, 8>{{8, 0, 1, 0, port, 0, 0, 0}};
}

struct Store {
  Store() : programs(std::move(*ProgramStore::create(reclaimer, 7))) {}
  ~Store() { reclaimer.drain(Passive::here()); }

  SharedProgram& use(std::uint8_t port) {
    const auto actions = output_to(port);
    const auto made = programs->use(Bytes(actions.data(), actions.size()));
    REQUIRE(made);
    return **made;
  }

  Reclaimer reclaimer;
  Owned<ProgramStore> programs;
};

}  // namespace

TEST_CASE("ProgramStore: the same actions are one program, until nobody uses it") {
  Store store;
  SharedProgram& two = store.use(2);
  CHECK(&store.use(2) == &two);
  CHECK(&store.use(3) != &two);
  CHECK(two.program().only_port() == 2);
  CHECK(store.programs->count() == 2);
  store.programs->leave(two);
  CHECK(store.programs->count() == 2);
  store.programs->leave(two);
  CHECK(store.programs->count() == 1);
  SharedProgram& three = store.use(3);
  store.programs->leave(three);
  store.programs->leave(three);
  CHECK(store.programs->count() == 0);
}

TEST_CASE("ProgramStore: many programs are found, and what is no action is refused") {
  Store store;
  SharedProgram* programs[200];
  for (unsigned port = 0; port < 200; ++port) programs[port] = &store.use(std::uint8_t(port));
  for (unsigned port = 0; port < 200; ++port) {
    CHECK(&store.use(std::uint8_t(port)) == programs[port]);
    store.programs->leave(*programs[port]);
    store.programs->leave(*programs[port]);
  }
  CHECK(store.programs->count() == 0);
  const std::uint8_t bad[] = {8, 0, 200, 0, 0, 0, 0, 0};
  CHECK(!store.programs->use(Bytes(bad)));
  CHECK(store.programs->count() == 0);
}

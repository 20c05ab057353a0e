#include "flow/action/action.h"

#include <doctest/doctest.h>

#include <random>
#include <vector>

#include "flow/match/written_test.h"

namespace ovs::flow {
namespace {

std::vector<std::uint8_t> some_of_everything() {
  return written([](wire::Writer& writer) {
    put_output(writer, 3);
    UserspaceAction upcall;
    upcall.pid = 77;
    constexpr std::uint8_t data[] = {1, 2, 3};
    upcall.userdata = data, upcall.has_userdata = true;
    put_userspace(writer, upcall);
    put_push_vlan(writer, Be16(std::uint16_t{0x8100}), Be16(std::uint16_t{0x1005}));
    put_pop_vlan(writer);
    const SampleNest sample = begin_sample(writer, 0x80000000);
    put_hash(writer, {0, 1});
    const auto clone = begin_clone(writer);
    put_recirc(writer, 9);
    end_clone(writer, clone);
    end_sample(writer, sample);
    put_trunc(writer, 100);
  });
}

TEST_CASE("Actions: are read as they were written") {
  const auto bytes = some_of_everything();
  const auto list = ActionList::parse(bytes);
  REQUIRE(list.ok());
  std::vector<Action> actions;
  for (const Action& action : *list) actions.push_back(action);
  REQUIRE(actions.size() == 6);
  CHECK(actions[0].type == ActionType::Output);
  CHECK(actions[0].number == 3);
  CHECK(actions[1].userspace.pid == 77);
  CHECK(actions[1].userspace.userdata.count() == 3);
  CHECK(actions[2].push_vlan.tci.host() == 0x1005);
  CHECK(actions[3].type == ActionType::PopVlan);
  CHECK(actions[4].sample.probability == 0x80000000);
  std::vector<Action> inner;
  for (const Action& action : ActionList::nested(actions[4].sample.actions))
    inner.push_back(action);
  REQUIRE(inner.size() == 2);
  CHECK(inner[0].hash.basis == 1);
  CHECK((*ActionList::nested(inner[1].payload).begin()).number == 9);
  CHECK(actions[5].number == 100);
}

TEST_CASE("Actions: an empty list is a list") {
  CHECK(ActionList::parse(Bytes()).value().empty());
}

TEST_CASE("Actions: a refusal says where") {
  auto bytes = some_of_everything();
  const std::size_t at = bytes.size();
  wire::ContainerRoom room(bytes);
  const auto bad = written([](wire::Writer& writer) { writer.put_u32(std::uint16_t{200}, 1); });
  bytes.insert(bytes.end(), bad.begin(), bad.end());
  const ActionRefusal refusal = ActionList::parse(bytes).error();
  CHECK(refusal.offset == at);
  CHECK(refusal.type == 200);
  CHECK(refusal.error == Error::Unsupported);
}

TEST_CASE("Actions: nesting has a limit") {
  const auto nested = [](unsigned depth) {
    return written([&](wire::Writer& writer) {
      std::vector<wire::Writer::Nest> nests;
      for (unsigned i = 0; i < depth; ++i) nests.push_back(begin_clone(writer));
      put_output(writer, 1);
      for (; !nests.empty(); nests.pop_back()) end_clone(writer, nests.back());
    });
  };
  CHECK(ActionList::parse(nested(kMaxActionNesting)).ok());
  CHECK(ActionList::parse(nested(kMaxActionNesting + 1)).error().error == Error::Range);
}

TEST_CASE("Actions: any bytes are a list that can be walked, or refused") {
  std::mt19937_64 random(11);
  const auto whole = some_of_everything();
  unsigned taken = 0;
  for (int i = 0; i < 50000; ++i) {
    auto bytes = whole;
    for (unsigned changes = 1 + random() % 3; changes > 0; --changes) {
      bytes[random() % bytes.size()] = std::uint8_t(random() % 32);
    }
    const auto list = ActionList::parse(bytes);
    if (!list) continue;
    ++taken;
    std::uint64_t sum = 0;
    for (const Action& action : *list) sum += action.number + action.payload.count();
    CHECK(sum < 0x100000000000);
  }
  CHECK(taken > 1000);
}

}  // namespace
}  // namespace ovs::flow

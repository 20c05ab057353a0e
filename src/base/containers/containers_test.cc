// The intrusive list and hash table, and the fixed vector.
#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <random>
#include <string>

#include "base/bytes/hash.h"
#include "base/containers/fixed_vector.h"
#include "base/containers/hash_table.h"
#include "base/containers/list.h"

namespace ovs {
namespace {

struct ByAge;
struct Item : ListLink<>, ListLink<ByAge>, HashLink<> {
  explicit Item(int number) : value(number) {}
  int value;
};

static_assert(!std::is_copy_constructible_v<Item> && !std::is_copy_constructible_v<List<Item>>);

template <class AnyList>
std::string text_of(const AnyList& list) {
  std::string text;
  for (const Item& item : list) text += std::to_string(item.value);
  return text;
}

TEST_CASE("List: keeps order, whatever is pushed, inserted and removed") {
  Item one{1}, two{2}, three{3}, four{4};
  List<Item> list;
  list.push_back(two);
  list.push_front(one);
  list.push_back(four);
  list.insert_before(four, three);
  CHECK(text_of(list) == "1234");
  list.remove(two);
  CHECK(text_of(list) == "134");
  CHECK(list.take_first() == &one);
  CHECK(list.take_first() == &three);
  CHECK(list.take_first() == &four);
  CHECK(list.take_first() == nullptr);
}

TEST_CASE("List: one element may be in a list for each of its links") {
  Item one{1}, two{2};
  List<Item> list;
  List<Item, ByAge> by_age;
  list.push_back(one);
  list.push_back(two);
  by_age.push_front(one);
  by_age.push_front(two);
  CHECK(text_of(list) == "12");
  CHECK(text_of(by_age) == "21");
  list.remove(one);
  CHECK(text_of(by_age) == "21");
  while (list.take_first() != nullptr) {
  }
  while (by_age.take_first() != nullptr) {
  }
}

TEST_CASE("List: takes all of another, and moves") {
  Item one{1}, two{2}, three{3};
  List<Item> list, other;
  list.push_back(one);
  other.push_back(two);
  other.push_back(three);
  list.take_all(other);
  CHECK(other.empty());
  List<Item> moved{std::move(list)};
  CHECK(text_of(moved) == "123");
  while (moved.take_first() != nullptr) {
  }
}

TEST_CASE("HashTable: agrees with a map under random operations and rehashing") {
  HashLink<>* few[4] = {};
  HashLink<>* many[64] = {};
  HashTable<Item> table{Span<HashLink<>*>(few)};
  std::map<int, std::unique_ptr<Item>> model;
  std::mt19937 random{11};
  const auto find = [&](int value) {
    return table.find(hash_mix(value, 0), [&](const Item& item) { return item.value == value; });
  };
  for (int step = 0; step < 2000; ++step) {
    if (step == 1000) table.rehash(Span<HashLink<>*>(many));
    const int value = int(random() % 100);
    Item* found = find(value);
    REQUIRE(found == (model.contains(value) ? model[value].get() : nullptr));
    if (found != nullptr) {
      table.remove(*found);
      model.erase(value);
    } else {
      model[value] = std::make_unique<Item>(value);
      table.insert(*model[value], hash_mix(value, 0));
    }
    REQUIRE(table.count() == model.size());
  }
  table.for_each([&](Item& item) { table.remove(item); });
  CHECK(table.empty());
}

TEST_CASE("FixedVector: refuses the element after the last") {
  FixedVector<std::string, 2> vector;
  CHECK(vector.push("a").ok());
  CHECK(vector.push("b").ok());
  CHECK(vector.push("c").error() == Error::Full);
  CHECK(vector.pop() == "b");
  CHECK(vector.count() == 1);
  CHECK(vector.last() == "a");
  vector.clear();
  CHECK(vector.empty());
}

}  // namespace
}  // namespace ovs

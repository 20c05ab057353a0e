#include "base/core/result.h"

#include <doctest/doctest.h>

#include "base/bytes/big.h"
#include "base/bytes/span.h"
#include "base/containers/array.h"
#include "base/core/maybe.h"
#include "base/core/owned.h"
#include "base/text/text.h"

#include <string>

namespace ovs {
namespace {

static_assert(!std::is_copy_constructible_v<Owned<int>>);
static_assert(sizeof(Result<void>) == 2);

Result<int> half(int value) {
  if (value % 2 != 0) return Error::Invalid;
  return value / 2;
}

Result<int> quarter(int value) {
  OVS_TRY(const int first, half(value));
  OVS_TRY(const int second, half(first));
  return second;
}

Result<void> check(int value) {
  OVS_TRY(quarter(value));
  return kOk;
}

TEST_CASE("Result: OVS_TRY hands on the value or the error") {
  CHECK(quarter(12).value() == 3);
  CHECK(quarter(6).error() == Error::Invalid);
  CHECK(check(8).ok());
  CHECK(check(2).error() == Error::Invalid);
}

struct Explanation {
  std::string text;
};

TEST_CASE("Result: moves what it holds, whichever it is") {
  Result<std::string, Explanation> full = std::string(100, 'x');
  Result<std::string, Explanation> taken = std::move(full);
  CHECK(taken->size() == 100);
  taken = Explanation{"because"};
  CHECK(taken.error().text == "because");
}

TEST_CASE("Big: bytes are in network order") {
  const Be32 value{0x01020304};
  CHECK(load<std::uint8_t>(&value) == 1);
  CHECK(value.host() == 0x01020304);
  static_assert(Be16{0x1234}.host() == 0x1234);
}

TEST_CASE("Text: converts from and to the standard library's strings") {
  const std::string hello = "hello";
  const Text text = hello;
  CHECK(text == "hello");
  CHECK(std::string(text) == hello);
  CHECK(text.starts_with("hel"));
  CHECK(text.from(3) == "lo");
}

TEST_CASE("Maybe: absent, or equal by value") {
  CHECK(!Maybe<int>());
  CHECK(*Maybe<int>(3) == 3);
  CHECK(Maybe<int>(3) == Maybe<int>(3));
  CHECK(!(Maybe<int>() == Maybe<int>(0)));
}

}  // namespace
}  // namespace ovs

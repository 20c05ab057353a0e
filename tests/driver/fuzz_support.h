// What fuzzers of the driver share: the input as a source of decisions, and a failed CHECK or a
// violation of the host's that ends as libFuzzer wants to see it.
#pragma once
#include <cstdint>
#include <string>

#include "base/bytes/span.h"

namespace ovs::tests {

// Numbers out of an input; zeros when it has ended.
class Choices {
 public:
  explicit Choices(Bytes input) : rest_(input) {}

  bool at_end() const { return rest_.empty(); }
  std::uint8_t byte() { return std::uint8_t(number(1)); }
  std::uint16_t half() { return std::uint16_t(number(2)); }
  std::uint32_t word() { return number(4); }
  unsigned below(unsigned count) { return byte() % count; }
  bool flag() { return (byte() & 1) != 0; }
  template <class T, std::size_t N>
  const T& any(const T (&items)[N]) {
    return items[below(N)];
  }
  Bytes bytes(std::size_t most) {
    const Bytes taken = rest_.first(most < rest_.count() ? most : rest_.count());
    rest_ = rest_.from(taken.count());
    return taken;
  }

 private:
  std::uint32_t number(unsigned size) {
    std::uint32_t value = 0;
    for (const std::uint8_t each : bytes(size)) value = value << 8 | each;
    return value;
  }

  Bytes rest_;
};

// Once, before anything else: no test runs, and what would fail one ends the process.
void fail_by_abort();
// Ends the process, if they are not the same.
void demand(bool holds, const std::string& what);

}  // namespace ovs::tests

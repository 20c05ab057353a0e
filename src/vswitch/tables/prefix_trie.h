// Which prefixes of a field occur in rules: tells how many leading bits of a value must be known to
// know which prefixes it has. Copied in no time, as HashTrie is. Values are up to 128 bits, first
// byte first.
#pragma once
#include <bitset>
#include <cstdint>

#include "base/bytes/span.h"
#include "vswitch/tables/shared.h"

namespace ovs::vswitch {

class PrefixTrie {
 public:
  static constexpr unsigned kMaxBits = 128;
  using Lengths = std::bitset<kMaxBits + 1>;

  struct Answer {
    unsigned known_bits = 0;  // a value that agrees in so many leading bits has the same answer
    Lengths matching;         // the lengths of the prefixes that the value has
  };
  // `value` has `bits` bits.
  Answer find(const std::uint8_t* value, unsigned bits) const;

  // One more, or one fewer, rule with the prefix of `length` bits of `value`; length > 0.
  void insert(const std::uint8_t* value, unsigned length);
  void remove(const std::uint8_t* value, unsigned length);
  bool empty() const { return !root_; }

 private:
  struct Node : SharedCount {
    std::uint8_t bytes[kMaxBits / 8] = {};  // the whole path, from the first bit
    unsigned begin = 0, end = 0;            // the bits of it that this edge adds
    unsigned rules = 0;                     // with exactly this prefix
    Shared<Node> child[2];

    bool is_leaf() const { return !child[0] && !child[1]; }
  };
  static unsigned equal_bits(const Node& node, const std::uint8_t* value, unsigned limit);
  static Shared<Node> make_edge(const std::uint8_t* value, unsigned begin, unsigned end);
  static void split(Shared<Node>& at, unsigned end);
  static void remove_in(Shared<Node>& at, const std::uint8_t* value, unsigned length);

  Shared<Node> root_;
};

}  // namespace ovs::vswitch

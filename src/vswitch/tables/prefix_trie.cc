#include "vswitch/tables/prefix_trie.h"

#include <algorithm>
#include <cstring>

namespace ovs::vswitch {

namespace {

unsigned bit_at(const std::uint8_t* value, unsigned index) {
  return value[index / 8] >> (7 - index % 8) & 1;
}

}  // namespace

// How many bits of the edge agree with `value`, looking at no bit from `limit` on.
unsigned PrefixTrie::equal_bits(const Node& node, const std::uint8_t* value, unsigned limit) {
  const unsigned end = std::min(node.end, limit);
  unsigned at = node.begin;
  while (at < end && bit_at(node.bytes, at) == bit_at(value, at)) ++at;
  return at - node.begin;
}

PrefixTrie::Answer PrefixTrie::find(const std::uint8_t* value, unsigned bits) const {
  Answer answer;
  const Node* previous = nullptr;
  unsigned at = 0;
  for (const Node* node = root_.raw(); node != nullptr;) {
    const unsigned equal = equal_bits(*node, value, bits);
    at += equal;
    if (equal < node->end - node->begin) {
      answer.known_bits = std::min(at + 1, bits);  // the first bit that differs counts
      return answer;
    }
    if (node->rules > 0) answer.matching.set(at);
    if (at >= bits) {
      answer.known_bits = bits;
      return answer;
    }
    previous = node;
    node = node->child[bit_at(value, at)].raw();
  }
  // Nothing further this way; one more bit tells it from the other branch, if there is one.
  answer.known_bits = previous == nullptr || previous->is_leaf() ? at : at + 1;
  return answer;
}

Shared<PrefixTrie::Node> PrefixTrie::make_edge(const std::uint8_t* value, unsigned begin,
                                               unsigned end) {
  auto node = new_shared<Node>();
  std::memcpy(node->bytes, value, (end + 7) / 8);
  node->begin = begin;
  node->end = end;
  return node;
}

// Cuts the edge so that a node ends at `end`.
void PrefixTrie::split(Shared<Node>& at, unsigned end) {
  Shared<Node> upper = make_edge(at->bytes, at->begin, end);
  Node& lower = own(at);
  lower.begin = end;
  const unsigned side = bit_at(lower.bytes, end);
  upper->child[side] = at;
  at = upper;
}

void PrefixTrie::insert(const std::uint8_t* value, unsigned length) {
  Shared<Node>* at = &root_;
  unsigned done = 0;
  while (*at) {
    const unsigned equal = equal_bits(**at, value, length);
    done += equal;
    if (done < (*at)->end) split(*at, done);
    Node& node = own(*at);
    if (done == length) {
      ++node.rules;
      return;
    }
    at = &node.child[bit_at(value, done)];
  }
  *at = make_edge(value, done, length);
  (*at)->rules = 1;
}

void PrefixTrie::remove_in(Shared<Node>& at, const std::uint8_t* value, unsigned length) {
  Node& node = own(at);
  if (node.end == length) {
    --node.rules;
  } else {
    remove_in(node.child[bit_at(value, node.end)], value, length);
  }
  if (node.rules > 0 || (node.child[0] && node.child[1])) return;
  if (node.is_leaf()) {
    at = nullptr;
    return;
  }
  // One child and nothing of its own: the child takes the edge over.
  Shared<Node> child = node.child[0] ? node.child[0] : node.child[1];
  const unsigned begin = node.begin;
  at = child;
  child = nullptr;
  own(at).begin = begin;
}

void PrefixTrie::remove(const std::uint8_t* value, unsigned length) {
  remove_in(root_, value, length);
}

}  // namespace ovs::vswitch

// A map from 64-bit hashes to values that is copied in no time: copies share all nodes, and a
// change copies only the path to what it changes. So the control thread edits its own copy while
// readers walk an older one, without locks.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "vswitch/tables/shared.h"

namespace ovs::vswitch {

template <class V>
class HashTrie {
 public:
  // Null if there is none. Valid as long as this copy of the trie is not changed.
  const V* find(std::uint64_t hash) const {
    const Node* node = root_.raw();
    for (unsigned shift = 0; node != nullptr; shift += kBits) {
      const std::uint32_t bit = bit_of(hash, shift);
      if ((node->leaf_map & bit) != 0) {
        const Leaf& leaf = node->leaves[rank(node->leaf_map, bit)];
        return leaf.hash == hash ? &leaf.value : nullptr;
      }
      if ((node->child_map & bit) == 0) return nullptr;
      node = node->children[rank(node->child_map, bit)].raw();
    }
    return nullptr;
  }

  // The value at `hash` to be changed, made if there is none.
  V& edit(std::uint64_t hash) {
    if (!root_) root_ = new_shared<Node>();
    return edit_in(root_, hash, 0);
  }

  void erase(std::uint64_t hash) {
    if (find(hash) != nullptr) erase_in(root_, hash, 0);
  }

  template <class F>
  void for_each(F&& visit) const {
    if (root_) visit_node(*root_, visit);
  }
  bool empty() const { return count_ == 0; }
  std::size_t count() const { return count_; }

 private:
  static constexpr unsigned kBits = 5;

  struct Leaf {
    std::uint64_t hash;
    V value;
  };
  struct Node : SharedCount {
    std::uint32_t child_map = 0, leaf_map = 0;
    std::vector<Shared<Node>> children;
    std::vector<Leaf> leaves;
  };

  static std::uint32_t bit_of(std::uint64_t hash, unsigned shift) {
    return std::uint32_t{1} << (hash >> shift & 31);
  }
  static unsigned rank(std::uint32_t map, std::uint32_t bit) {
    return unsigned(std::popcount(map & (bit - 1)));
  }

  V& edit_in(Shared<Node>& at, std::uint64_t hash, unsigned shift) {
    Node& node = own(at);
    const std::uint32_t bit = bit_of(hash, shift);
    const unsigned leaf_at = rank(node.leaf_map, bit), child_at = rank(node.child_map, bit);
    if ((node.child_map & bit) != 0) return edit_in(node.children[child_at], hash, shift + kBits);
    if ((node.leaf_map & bit) == 0) {
      node.leaf_map |= bit;
      ++count_;
      return node.leaves.insert(node.leaves.begin() + leaf_at, Leaf{hash, V()})->value;
    }
    if (node.leaves[leaf_at].hash == hash) return node.leaves[leaf_at].value;
    return edit_in(push_down(node, bit, shift), hash, shift + kBits);
  }

  // The leaf at `bit` becomes a node with that leaf.
  Shared<Node>& push_down(Node& node, std::uint32_t bit, unsigned shift) {
    const unsigned leaf_at = rank(node.leaf_map, bit), child_at = rank(node.child_map, bit);
    auto child = new_shared<Node>();
    child->leaf_map = bit_of(node.leaves[leaf_at].hash, shift + kBits);
    child->leaves.push_back(std::move(node.leaves[leaf_at]));
    node.leaves.erase(node.leaves.begin() + leaf_at);
    node.leaf_map &= ~bit;
    node.child_map |= bit;
    return *node.children.insert(node.children.begin() + child_at, std::move(child));
  }

  void erase_in(Shared<Node>& at, std::uint64_t hash, unsigned shift) {
    Node& node = own(at);
    const std::uint32_t bit = bit_of(hash, shift);
    if ((node.leaf_map & bit) != 0) {
      node.leaves.erase(node.leaves.begin() + rank(node.leaf_map, bit));
      node.leaf_map &= ~bit;
      --count_;
      return;
    }
    const unsigned child_at = rank(node.child_map, bit);
    erase_in(node.children[child_at], hash, shift + kBits);
    const Node& child = *node.children[child_at];
    if (child.leaf_map != 0 || child.child_map != 0) return;
    node.children.erase(node.children.begin() + child_at);
    node.child_map &= ~bit;
  }

  template <class F>
  static void visit_node(const Node& node, F&& visit) {
    for (const Leaf& leaf : node.leaves) visit(leaf.value);
    for (const Shared<Node>& child : node.children) visit_node(*child, visit);
  }

  Shared<Node> root_;
  std::size_t count_ = 0;
};

}  // namespace ovs::vswitch

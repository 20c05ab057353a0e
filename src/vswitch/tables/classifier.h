// One OpenFlow table: rules by priority and match, grouped by mask (tuple space), tried by falling
// priority. A value: copies share everything, so a reader keeps a version while the control thread
// edits the next. A lookup un-wildcards only the bits that it needed to know, and names what it
// read so that a change of it can be told.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "vswitch/tables/compact_match.h"
#include "vswitch/tables/hash_trie.h"
#include "vswitch/tables/prefix_trie.h"
#include "vswitch/tables/rule.h"
#include "vswitch/tables/stamps.h"

namespace ovs::vswitch {

// Fields whose prefixes are tracked, so that a long prefix that does not match costs few bits.
inline constexpr flow::FieldId kPrefixFields[] = {flow::FieldId::Ipv6Dst, flow::FieldId::Ipv6Src,
                                                  flow::FieldId::IpDst, flow::FieldId::IpSrc};
inline constexpr unsigned kPrefixFieldCount = std::size(kPrefixFields);

// A lookup gives up a mask stage by stage: metadata, L2, L3, L4.
inline constexpr unsigned kStageCount = 4;

// All rules with one mask.
class Subtable : public SharedCount {
 public:
  Subtable(const flow::MatchMask& mask, std::uint64_t id);

  const flow::MatchMask& mask() const { return mask_; }
  int max_priority() const { return priorities_.front().priority; }
  bool empty() const { return priorities_.empty(); }

 private:
  friend class Classifier;
  struct MaskWord {
    std::uint8_t index;
    std::uint64_t bits;
  };
  struct Stage {
    std::uint8_t number;  // 0 metadata ... 3 L4
    std::vector<MaskWord> words;
  };
  struct PriorityCount {
    int priority;
    unsigned rules;
  };
  // Rules of one full hash: of one key, as good as always. By falling priority.
  using Group = std::vector<Shared<Rule>>;

  std::uint64_t stage_hash(unsigned stage, const flow::MatchKey& key, std::uint64_t basis) const;
  void fold_stage(unsigned stage, flow::MatchMask& wildcards) const;
  void add_priority(int priority);
  void remove_priority(int priority);

  flow::MatchMask mask_;
  std::uint64_t id_;
  std::vector<Stage> stages_;              // those that the mask has bits in; at least one
  std::vector<PriorityCount> priorities_;  // falling
  std::array<HashTrie<unsigned>, kStageCount - 1>
      index_;  // of all but the last: rules by hash so far
  HashTrie<Group> rules_;
  std::array<std::uint8_t, kPrefixFieldCount> prefix_bits_ = {};  // 0: not a prefix of that field
  unsigned port_bits_ = 0;  // leading bits of tp_src,tp_dst that the mask reaches to
  PrefixTrie ports_;
};

enum class Strictness : bool { Loose, Strict };

class Classifier : public SharedCount {
 public:
  // `table` keeps the stamps of different tables apart.
  explicit Classifier(std::uint64_t table) : table_(table) {}

  // The rule of highest priority that takes the packet; null if none does. Bits that were looked at
  // are added to `wildcards`, what was read to `dependencies`; either may be null.
  const Rule* find(const flow::MatchKey& packet, flow::MatchMask* wildcards,
                   Dependencies* dependencies) const;

  const Rule* find_exactly(const flow::Match& match, int priority) const;
  // Whether a rule of this priority could take a packet that `match` takes.
  bool has_overlap(const flow::Match& match, int priority) const;
  // Rules within `match` (loose), or with exactly this match and priority (strict).
  std::vector<Shared<Rule>> select(const flow::Match& match, int priority,
                                   Strictness strictness) const;

  // Takes the rule in; one with the same match and priority leaves, and is returned.
  Shared<Rule> insert(Shared<Rule> rule, PendingStamps& changed);
  void remove(const Rule& rule, PendingStamps& changed);

  template <class F>
  void for_each(F&& visit) const {
    for (const Shared<Subtable>& subtable : subtables_) {
      subtable->rules_.for_each([&](const Subtable::Group& group) {
        for (const Shared<Rule>& rule : group) visit(rule);
      });
    }
  }
  std::size_t count() const { return count_; }
  std::size_t mask_count() const { return subtables_.size(); }

 private:
  struct Prefixes;
  const Subtable* find_subtable(const flow::MatchMask& mask) const;
  Subtable& own_subtable(const flow::MatchMask& mask, PendingStamps& changed);
  const Rule* find_in(const Subtable& subtable, const flow::MatchKey& packet, Prefixes& prefixes,
                      flow::MatchMask* wildcards, Dependencies* dependencies) const;
  bool excluded_by_prefix(const Subtable& subtable, unsigned stage, const flow::MatchKey& packet,
                          Prefixes& prefixes, flow::MatchMask* wildcards) const;
  void index(Subtable& subtable, const flow::MatchKey& key, int change, PendingStamps& changed);
  void track_prefixes(Subtable& subtable, const flow::MatchKey& key, int change);
  void sort();

  std::uint64_t table_;
  std::vector<Shared<Subtable>> subtables_;  // by falling maximum priority
  std::array<PrefixTrie, kPrefixFieldCount> prefixes_;
  std::size_t count_ = 0;
};

}  // namespace ovs::vswitch

// A Match in the words that it uses: most rules look at two or three words of thirty-three.
#pragma once
#include <bit>
#include <cstdint>
#include <memory>

#include "flow/match/match.h"

namespace ovs::vswitch {

// Both segments of a key as one row of words.
inline constexpr unsigned kMatchWords = flow::kFlowWords + flow::kPipelineWords;
static_assert(kMatchWords <= 64);
inline std::uint64_t word_of(const flow::MatchKey& key, unsigned index) {
  return index < flow::kFlowWords ? key.flow.words[index]
                                  : key.pipeline.words[index - flow::kFlowWords];
}
inline std::uint64_t& word_of(flow::MatchKey& key, unsigned index) {
  return index < flow::kFlowWords ? key.flow.words[index]
                                  : key.pipeline.words[index - flow::kFlowWords];
}

class CompactMatch {
 public:
  explicit CompactMatch(const flow::Match& match);

  flow::Match expanded() const;
  // The packet has all values that the match asks for.
  bool matches(const flow::MatchKey& packet) const;
  bool operator==(const CompactMatch& other) const;

 private:
  struct Word {
    std::uint64_t value, mask;
    bool operator==(const Word&) const = default;
  };
  unsigned count() const { return unsigned(std::popcount(used_)); }

  std::uint64_t used_ = 0;  // bit i: word i has a mask
  std::unique_ptr<Word[]> words_;
};

}  // namespace ovs::vswitch

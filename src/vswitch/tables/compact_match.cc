#include "vswitch/tables/compact_match.h"

#include <algorithm>

namespace ovs::vswitch {

CompactMatch::CompactMatch(const flow::Match& match) {
  for (unsigned i = 0; i < kMatchWords; ++i) {
    if (word_of(match.mask(), i) != 0) used_ |= std::uint64_t{1} << i;
  }
  words_ = std::make_unique<Word[]>(count());
  unsigned at = 0;
  for (std::uint64_t rest = used_; rest != 0; rest &= rest - 1) {
    const unsigned i = unsigned(std::countr_zero(rest));
    words_[at++] = {word_of(match.key(), i), word_of(match.mask(), i)};
  }
}

flow::Match CompactMatch::expanded() const {
  flow::MatchKey key;
  flow::MatchMask mask;
  unsigned at = 0;
  for (std::uint64_t rest = used_; rest != 0; rest &= rest - 1) {
    const unsigned i = unsigned(std::countr_zero(rest));
    word_of(key, i) = words_[at].value;
    word_of(mask, i) = words_[at++].mask;
  }
  return flow::Match(key, mask);
}

bool CompactMatch::matches(const flow::MatchKey& packet) const {
  unsigned at = 0;
  for (std::uint64_t rest = used_; rest != 0; rest &= rest - 1) {
    const Word& word = words_[at++];
    const unsigned i = unsigned(std::countr_zero(rest));
    if (((word_of(packet, i) ^ word.value) & word.mask) != 0) return false;
  }
  return true;
}

bool CompactMatch::operator==(const CompactMatch& other) const {
  return used_ == other.used_ &&
         std::equal(words_.get(), words_.get() + count(), other.words_.get());
}

}  // namespace ovs::vswitch

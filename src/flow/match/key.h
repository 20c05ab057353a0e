// What is known of a packet, as words: the keys and masks that tables are made of. Fields are read
// and written by their rows; nothing here names one. Extraction from bytes is extract.h, netlink
// netlink.h, text match_text.h and odp_text.h.
#pragma once
#include "flow/field/field.h"
#include "flow/field/value.h"

namespace ovs::flow {

// A segment of a key, or of a mask: the type does not tell, the name of the variable does.
template <Segment S, unsigned Words>
struct KeyWords {
  static constexpr Segment kSegment = S;
  static constexpr unsigned kWords = Words;

  std::uint64_t words[Words] = {};  // each in memory order, so network order within

  std::uint8_t* bytes() { return reinterpret_cast<std::uint8_t*>(words); }
  const std::uint8_t* bytes() const { return reinterpret_cast<const std::uint8_t*>(words); }
  constexpr bool operator==(const KeyWords&) const = default;

  constexpr bool is_zero() const {
    std::uint64_t any = 0;
    for (unsigned i = 0; i < Words; ++i) any |= words[i];
    return any == 0;
  }
  // This key where `mask` has ones, zero elsewhere.
  constexpr KeyWords under(const KeyWords& mask) const {
    KeyWords result;
    for (unsigned i = 0; i < Words; ++i) result.words[i] = words[i] & mask.words[i];
    return result;
  }
  constexpr KeyWords united(const KeyWords& other) const {
    KeyWords result;
    for (unsigned i = 0; i < Words; ++i) result.words[i] = words[i] | other.words[i];
    return result;
  }
  constexpr bool equals_under(const KeyWords& other, const KeyWords& mask) const {
    std::uint64_t differ = 0;
    for (unsigned i = 0; i < Words; ++i) differ |= (words[i] ^ other.words[i]) & mask.words[i];
    return differ == 0;
  }
  // Whether every bit of `other` is set here: as masks, whether this one looks at all that the
  // other looks at.
  constexpr bool covers(const KeyWords& other) const {
    std::uint64_t missing = 0;
    for (unsigned i = 0; i < Words; ++i) missing |= other.words[i] & ~words[i];
    return missing == 0;
  }
};

using FlowKey = KeyWords<Segment::Datapath, kFlowWords>;          // what a datapath matches
using PipelineKey = KeyWords<Segment::Pipeline, kPipelineWords>;  // what only OpenFlow tables match
using FlowMask = FlowKey;
using PipelineMask = PipelineKey;

// Both segments: what an OpenFlow table matches.
struct MatchKey {
  FlowKey flow;
  PipelineKey pipeline;

  bool operator==(const MatchKey&) const = default;
};
using MatchMask = MatchKey;

// One stored thing of a segment, of up to eight bytes, as a number in host order.
template <StorageId Id, Segment S, unsigned W>
std::uint64_t load_stored(const KeyWords<S, W>& key) {
  constexpr Storage row = storage(Id);
  static_assert(row.segment == S && row.size <= 8);
  const std::uint64_t word = byte_swap(key.words[row.word]) << 8 * row.byte;
  return word >> (64 - 8 * row.size);
}
template <StorageId Id, Segment S, unsigned W>
void store_number(KeyWords<S, W>& key, std::uint64_t number) {
  constexpr Storage row = storage(Id);
  static_assert(row.segment == S && row.size <= 8);
  constexpr unsigned shift = 64 - 8 * row.size - 8 * row.byte;
  constexpr std::uint64_t ones =
      (row.size == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << 8 * row.size % 64) - 1) << shift;
  const std::uint64_t word = byte_swap(key.words[row.word]);
  key.words[row.word] = byte_swap((word & ~ones) | (number << shift & ones));
}

// The bits of a place, right-aligned; and putting them there. No coding is applied: these are
// stored bits.
FieldValue load_bits(const std::uint8_t* segment, const Place& place);
void store_bits(std::uint8_t* segment, const Place& place, const FieldValue& value);
FieldValue load_bits(const MatchKey& key, const Place& place);
void store_bits(MatchKey& key, const Place& place, const FieldValue& value);

// A field as people and OpenFlow write it (in_port_oxm in 32 bits, nw_tos with its ECN bits zero).
FieldValue field_value(const MatchKey& key, FieldId id);
void set_field(MatchKey& key, FieldId id, const FieldValue& value);
// Datapath fields alone.
FieldValue field_value(const FlowKey& key, FieldId id);
void set_field(FlowKey& key, FieldId id, const FieldValue& value);

// A number from the words, well mixed, the same in every run for the same basis.
std::uint64_t hash_words(const std::uint64_t* words, std::size_t count, std::uint64_t basis);
template <Segment S, unsigned W>
std::uint64_t hash(const KeyWords<S, W>& key, std::uint64_t basis = 0) {
  return hash_words(key.words, W, basis);
}
std::uint64_t hash(const MatchKey& key, std::uint64_t basis = 0);
std::uint64_t hash_under(const MatchKey& key, const MatchMask& mask, std::uint64_t basis = 0);

// A datapath key as extraction leaves it: the hot words are always valid; a cold word is valid only
// where `present` has its bit (bit i is cold[i]) and counts as zero elsewhere, so that nothing is
// cleared for packets that do not use it.
struct alignas(64) PacketKey {
  std::uint64_t hot[kHotWords];
  std::uint64_t present;
  std::uint64_t scratch;  // the table's: a hash, so that the first line of a key is one cache line
  std::uint64_t cold[kColdWords];

  std::uint64_t word(unsigned index) const {
    if (index < kHotWords) return hot[index];
    const unsigned at = index - kHotWords;
    return (present >> at & 1) != 0 ? cold[at] : 0;
  }
  FlowKey expanded() const {
    FlowKey key;
    for (unsigned i = 0; i < kFlowWords; ++i) key.words[i] = word(i);
    return key;
  }
  void assign(const FlowKey& key) {
    present = 0;
    for (unsigned i = 0; i < kFlowWords; ++i) {
      if (i < kHotWords) {
        hot[i] = key.words[i];
      } else if (key.words[i] != 0) {
        cold[i - kHotWords] = key.words[i];
        present |= std::uint64_t{1} << (i - kHotWords);
      }
    }
  }
};

}  // namespace ovs::flow

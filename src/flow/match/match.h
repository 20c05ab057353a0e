// What a rule says of packets: a key and the mask of the bits that count. Bits of the key outside
// the mask are zero, so that equal matches are equal bytes. Knows nothing of priorities, tables or
// text.
#pragma once
#include "base/core/result.h"
#include "flow/match/key.h"

namespace ovs::flow {

class Match {
 public:
  Match() = default;  // matches everything
  // Bits of `key` outside `mask` are dropped.
  Match(const MatchKey& key, const MatchMask& mask);

  const MatchKey& key() const { return key_; }
  const MatchMask& mask() const { return mask_; }

  // The field must have exactly this value. Codings apply: dl_vlan=N also asks for a tag,
  // dl_vlan=0xffff for none.
  void set(FieldId id, const FieldValue& value);
  void set(FieldId id, std::uint64_t value) { set(id, FieldValue::of(value)); }
  // The field must have this value in the bits of `mask`. A mask of zero takes the field out of the
  // match.
  void set_masked(FieldId id, const FieldValue& value, const FieldValue& mask);
  void wildcard(FieldId id) { set_masked(id, FieldValue{}, FieldValue{}); }

  FieldValue value(FieldId id) const;
  FieldValue mask(FieldId id) const;
  // What a mask of this field is when all of it counts.
  static FieldValue exact_mask(FieldId id);
  bool is_exact(FieldId id) const { return mask(id) == exact_mask(id); }
  bool is_wildcard(FieldId id) const { return mask(id).is_zero(); }

  // Whether this match already says what the field needs (tcp_dst: that the packet is TCP).
  bool meets(Needs needs) const;
  bool may_match(FieldId id) const { return meets(field(id).needs); }

  bool matches(const MatchKey& packet) const {
    return packet.flow.equals_under(key_.flow, mask_.flow) &&
           packet.pipeline.equals_under(key_.pipeline, mask_.pipeline);
  }
  // Whether every packet that this match takes is taken by `wider` too.
  bool is_within(const Match& wider) const {
    return mask_.flow.covers(wider.mask_.flow) && mask_.pipeline.covers(wider.mask_.pipeline) &&
           wider.matches(key_);
  }
  // Whether some packet is taken by both.
  bool overlaps(const Match& other) const;
  bool is_catch_all() const { return mask_.flow.is_zero() && mask_.pipeline.is_zero(); }

  bool operator==(const Match&) const = default;
  std::uint64_t hash(std::uint64_t basis = 0) const;

 private:
  MatchKey key_;
  MatchMask mask_;
};

// The match without what it says of fields that its packets do not have (tp_dst without a transport
// protocol), as OpenFlow 1.0 asks of switches.
Match normalized(const Match& match);

// Whether `value` is one that the field can have (its width, its coding).
bool is_valid(FieldId id, const FieldValue& value);

}  // namespace ovs::flow

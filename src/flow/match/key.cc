#include "flow/match/key.h"

namespace ovs::flow {
namespace {

constexpr std::uint16_t kVlanTag = 0x1000;
constexpr std::uint16_t kNoVlan = 0xffff;
constexpr std::uint16_t kFirstReservedPort = 0xff00;

FieldValue shifted_right(const FieldValue& value, unsigned bits) {
  FieldValue result;
  unsigned carry = 0;
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned byte = value.bytes[i];
    result.bytes[i] = std::uint8_t(carry << (8 - bits) | byte >> bits);
    carry = byte & ((1u << bits) - 1);
  }
  return result;
}

FieldValue shifted_left(const FieldValue& value, unsigned bits) {
  FieldValue result;
  unsigned carry = 0;
  for (unsigned i = 16; i-- > 0;) {
    const unsigned byte = value.bytes[i];
    result.bytes[i] = std::uint8_t(byte << bits | carry);
    carry = byte >> (8 - bits);
  }
  return result;
}

std::size_t byte_count(const Place& place) {
  return place.last_byte() - place.first_byte() + 1;
}

// What a field's stored bits mean to people.
FieldValue decoded(const Field& row, const FieldValue& stored) {
  switch (row.coding) {
    case Coding::Plain:
    case Coding::VlanVid:
    case Coding::VlanPcp: return stored;
    case Coding::Dscp: return FieldValue::of(stored.low() << 2);
    case Coding::PortNumber: {
      const std::uint64_t port = stored.low();
      return FieldValue::of(port >= kFirstReservedPort ? 0xffff0000u | port : port);
    }
  }
  return stored;
}

void set_tag(std::uint8_t* segment, const Field& row, const FieldValue& value) {
  const Place tci = whole(StorageId::VlanTci);
  if (row.coding == Coding::VlanVid && value.low() == kNoVlan) {
    store_bits(segment, tci, FieldValue{});
    return;
  }
  store_bits(segment, row.at, value);
  store_bits(segment, tci, load_bits(segment, tci) | FieldValue::of(kVlanTag));
}

void set_coded(std::uint8_t* segment, const Field& row, const FieldValue& value) {
  switch (row.coding) {
    case Coding::Plain:
    case Coding::PortNumber: store_bits(segment, row.at, value); return;
    case Coding::Dscp: store_bits(segment, row.at, FieldValue::of(value.low() >> 2)); return;
    case Coding::VlanVid:
    case Coding::VlanPcp: set_tag(segment, row, value); return;
  }
}

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

std::uint64_t finished(std::uint64_t hash) {
  hash = (hash ^ hash >> 32) * 0xd6e8feb86659fd93;
  return hash ^ hash >> 32;
}

}  // namespace

FieldValue load_bits(const std::uint8_t* segment, const Place& place) {
  const FieldValue bytes = FieldValue::of(Bytes(segment + place.first_byte(), byte_count(place)));
  return shifted_right(bytes, place.shift()) & FieldValue::ones(place.bits);
}

void store_bits(std::uint8_t* segment, const Place& place, const FieldValue& value) {
  const FieldValue ones = shifted_left(FieldValue::ones(place.bits), place.shift());
  const FieldValue bits = shifted_left(value, place.shift()) & ones;
  const std::size_t count = byte_count(place);
  std::uint8_t* to = segment + place.first_byte();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t from = 16 - count + i;
    to[i] = std::uint8_t((to[i] & ~ones.bytes[from]) | bits.bytes[from]);
  }
}

FieldValue load_bits(const MatchKey& key, const Place& place) {
  switch (place.segment) {
    case Segment::Datapath: return load_bits(key.flow.bytes(), place);
    case Segment::Pipeline: return load_bits(key.pipeline.bytes(), place);
  }
  return {};
}

void store_bits(MatchKey& key, const Place& place, const FieldValue& value) {
  switch (place.segment) {
    case Segment::Datapath: store_bits(key.flow.bytes(), place, value); return;
    case Segment::Pipeline: store_bits(key.pipeline.bytes(), place, value); return;
  }
}

FieldValue field_value(const MatchKey& key, FieldId id) {
  return decoded(field(id), load_bits(key, field(id).at));
}

void set_field(MatchKey& key, FieldId id, const FieldValue& value) {
  const Field& row = field(id);
  switch (row.at.segment) {
    case Segment::Datapath: set_coded(key.flow.bytes(), row, value); return;
    case Segment::Pipeline: set_coded(key.pipeline.bytes(), row, value); return;
  }
}

FieldValue field_value(const FlowKey& key, FieldId id) {
  const Field& row = field(id);
  OVS_ASSERT(row.at.segment == Segment::Datapath);
  return decoded(row, load_bits(key.bytes(), row.at));
}

void set_field(FlowKey& key, FieldId id, const FieldValue& value) {
  const Field& row = field(id);
  OVS_ASSERT(row.at.segment == Segment::Datapath);
  set_coded(key.bytes(), row, value);
}

std::uint64_t hash_words(const std::uint64_t* words, std::size_t count, std::uint64_t basis) {
  std::uint64_t hash = basis ^ count;
  for (std::size_t i = 0; i < count; ++i) hash = mixed(hash, words[i]);
  return finished(hash);
}

std::uint64_t hash(const MatchKey& key, std::uint64_t basis) {
  return hash(key.pipeline, hash(key.flow, basis));
}

std::uint64_t hash_under(const MatchKey& key, const MatchMask& mask, std::uint64_t basis) {
  return hash(key.pipeline.under(mask.pipeline), hash(key.flow.under(mask.flow), basis));
}

}  // namespace ovs::flow

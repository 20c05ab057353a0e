#include "flow/match/netlink.h"

#include "flow/match/extract.h"
#include "flow/match/netlink_parts.h"
#include "flow/match/presence.h"
#include "wire/packet/ethernet.h"

namespace ovs::flow {
namespace {

using wire::Attribute;
using Done = Result<void, KeyRefusal>;

KeyRefusal refuse(Error error, KeyAttr attribute, Text reason) {
  return {error, std::uint16_t(attribute), reason};
}

Place tag_place(unsigned tag) {
  return whole(kTagStorage[tag].tci);
}
Place tpid_place(unsigned tag) {
  return whole(kTagStorage[tag].tpid);
}

// The attributes of one level by type. Filled in place, and small: it stands on a kernel's stack.
class Table {
 public:
  // What it had is gone.
  Done read(Bytes bytes);
  bool has(KeyAttr id) const { return (present_ >> unsigned(id) & 1) != 0; }
  // Empty if there is none.
  Attribute operator[](KeyAttr id) const { return {std::uint16_t(id), payloads_[unsigned(id)]}; }

 private:
  static_assert(wire::kMaxKeyAttr < 64);
  Bytes payloads_[wire::kMaxKeyAttr + 1];
  std::uint64_t present_ = 0;
};

Done Table::read(Bytes bytes) {
  *this = Table();
  const auto attributes = wire::Attributes::parse(bytes);
  if (!attributes)
    return refuse(attributes.error(), KeyAttr::Unspec, "attributes leave their bytes");
  bool is_known = true, is_single = true;
  for (const Attribute attribute : *attributes) {
    const auto id = KeyAttr(attribute.type);
    is_known = is_known && attribute.type <= wire::kMaxKeyAttr;
    if (attribute.type > wire::kMaxKeyAttr) continue;
    is_single = is_single && !has(id);
    payloads_[attribute.type] = attribute.payload;
    present_ |= std::uint64_t{1} << attribute.type;
  }
  if (!is_known) return refuse(Error::Unsupported, KeyAttr::Unspec, "unknown key attribute");
  if (!is_single) return refuse(Error::Invalid, KeyAttr::Unspec, "key attribute given twice");
  return kOk;
}

// Attributes of `level` in `table`; everything else must be something that this level or a codec of
// its own takes.
Done check_known(const Table& table, Level level) {
  for (unsigned i = 0; i <= wire::kMaxKeyAttr; ++i) {
    const auto id = KeyAttr(i);
    if (!table.has(id) || id == KeyAttr::Vlan || id == KeyAttr::Encap || id == KeyAttr::EtherType)
      continue;
    if (id == KeyAttr::PacketType && level == Level::Outermost) continue;
    const OdpAttr* row = find_odp_attr(id);
    if (row == nullptr) return refuse(Error::Unsupported, id, "key attribute not supported yet");
    if (level == Level::Innermost && row->level == Level::Outermost) {
      return refuse(Error::Invalid, id, "key attribute within an encapsulation");
    }
  }
  return kOk;
}

Done take_level(const Table& table, Level level, ValueKind kind, FlowKey& key) {
  for (const OdpAttr& row : kOdpAttrs) {
    if (row.level != level || !table.has(row.id)) continue;
    const Attribute attribute = table[row.id];
    if (row.id == KeyAttr::Tunnel) {
      OVS_TRY(take_tunnel(attribute.payload, kind, key));
    } else {
      OVS_TRY(take_members(row, attribute.payload, kind, key));
    }
  }
  return kOk;
}

// Only Ethernet frames are known: any other packet type is refused.
Done check_packet_type(const Table& table) {
  if (!table.has(KeyAttr::PacketType)) return kOk;
  const auto type = table[KeyAttr::PacketType].u32();
  if (!type || *type != 0) {
    return refuse(Error::Unsupported, KeyAttr::PacketType, "packet type other than Ethernet");
  }
  return kOk;
}

Result<std::uint16_t, KeyRefusal> number16(const Table& table, KeyAttr id) {
  if (!table.has(id)) return std::uint16_t{0};
  const auto value = table[id].as<Be16>();
  if (!value) return refuse(Error::Malformed, id, "not two bytes");
  return value->host();
}

// The tag that `table` speaks of, if any: its numbers into the key, its ENCAP into `inner`.
struct Tag {
  bool present = false;
  bool truncated = false;  // the packet ends behind the tag's EtherType
  Bytes inner;
};
Result<Tag, KeyRefusal> take_tag(const Table& table, unsigned tag, FlowKey& key) {
  OVS_TRY(const std::uint16_t tpid, number16(table, KeyAttr::EtherType));
  if (!wire::is_vlan_type(tpid) || !table.has(KeyAttr::Vlan)) return Tag{};
  if (tag == kMaxTags) return refuse(Error::Unsupported, KeyAttr::Vlan, "more than two VLAN tags");
  if (!table.has(KeyAttr::Encap))
    return refuse(Error::Invalid, KeyAttr::Vlan, "VLAN without ENCAP");
  OVS_TRY(const std::uint16_t tci, number16(table, KeyAttr::Vlan));
  const Bytes inner = table[KeyAttr::Encap].payload;
  if ((tci & kVlanPresent) == 0) {
    if (tci != 0 || !inner.empty())
      return refuse(Error::Invalid, KeyAttr::Vlan, "VLAN TCI without 0x1000");
    return Tag{true, true, {}};
  }
  store_bits(key.bytes(), tpid_place(tag), FieldValue::of(tpid));
  store_bits(key.bytes(), tag_place(tag), FieldValue::of(tci));
  return Tag{true, false, inner};
}

// The attributes behind all tags, into the key; which must describe a packet that has them.
Done take_innermost(const Table& table, Fit fit, FlowKey& key) {
  if (table.has(KeyAttr::EtherType)) {
    OVS_TRY(take_level(table, Level::Innermost, ValueKind::Value, key));
  } else {
    store_number<StorageId::EthType>(key, kNotAnEtherType);
  }
  for (const OdpAttr& row : kOdpAttrs) {
    if (row.level != Level::Innermost || !table.has(row.id) || has(key, row.when)) continue;
    return refuse(Error::Invalid, row.id, "key attribute of a protocol that the key does not have");
  }
  if (fit == Fit::Loose) return kOk;
  for (const OdpAttr& row : kOdpAttrs) {
    if (!is_expected(row, key) || table.has(row.id)) continue;
    return refuse(Error::Invalid, row.id, "key attribute of the key's protocol is missing");
  }
  return kOk;
}

Done check_plain(const Table& table) {
  for (const KeyAttr id : {KeyAttr::Vlan, KeyAttr::Encap}) {
    if (table.has(id)) return refuse(Error::Invalid, id, "not behind the EtherType of a VLAN tag");
  }
  return kOk;
}

Done finish_key(Table& table, Fit fit, FlowKey& key) {
  for (unsigned tag = 0;; ++tag) {
    OVS_TRY(const Tag taken, take_tag(table, tag, key));
    if (!taken.present) break;
    if (taken.truncated) {
      store_number<StorageId::EthType>(key, wire::kEtherTypeVlan);
      OVS_TRY(const std::uint16_t tpid, number16(table, KeyAttr::EtherType));
      store_number<StorageId::EthType>(key, tpid);
      return kOk;
    }
    OVS_TRY(table.read(taken.inner));
    OVS_TRY(check_known(table, Level::Innermost));
  }
  OVS_TRY(check_plain(table));
  return take_innermost(table, fit, key);
}

Done take_tag_mask(const Table& table, unsigned tag, FlowMask& mask) {
  OVS_TRY(const std::uint16_t tpid, number16(table, KeyAttr::EtherType));
  OVS_TRY(const std::uint16_t tci, number16(table, KeyAttr::Vlan));
  store_bits(mask.bytes(), tpid_place(tag), FieldValue::of(tpid));
  store_bits(mask.bytes(), tag_place(tag), FieldValue::of(tci));
  return kOk;
}

bool says_nothing(const Attribute& mask) {
  std::uint8_t any = 0;
  for (const std::uint8_t each : mask.payload) any |= each;
  return any == 0;
}

// What looks at a protocol's fields looks at whether the packet is of that protocol.
Done check_pinned(const Table& table, const FlowMask& mask) {
  for (const OdpAttr& row : kOdpAttrs) {
    if (row.level != Level::Innermost || !table.has(row.id) || is_pinned(mask, row.when)) continue;
    if (says_nothing(table[row.id])) continue;
    return refuse(Error::Invalid, row.id, "mask of a protocol that the mask does not ask for");
  }
  return kOk;
}

Done take_innermost_mask(const Table& table, const FlowKey& key, Fit fit, FlowMask& mask) {
  for (const OdpAttr& row : kOdpAttrs) {
    // The mask of an EtherType says "any frame without one" where the key has none.
    if (row.level != Level::Innermost || !table.has(row.id) || row.id == KeyAttr::EtherType)
      continue;
    if (has(key, row.when)) continue;
    return refuse(Error::Invalid, row.id, "mask of a protocol that the key does not have");
  }
  OVS_TRY(take_level(table, Level::Innermost, ValueKind::Mask, mask));
  return fit == Fit::Loose ? Done(kOk) : check_pinned(table, mask);
}

bool is_truncated_tag(const FlowKey& key) {
  return wire::is_vlan_type(load_stored<StorageId::EthType>(key)) && tag_count(key) < kMaxTags;
}

void put_level(wire::Writer& writer, Level level, ValueKind kind, const FlowKey& values,
               const FlowKey& key) {
  for (const OdpAttr& row : kOdpAttrs) {
    // Masks always speak of the port and the tunnel: that there is none is something to match, too.
    const bool always = kind == ValueKind::Mask && row.level == Level::Outermost;
    if (row.level != level || !(always || has(key, row.when))) continue;
    // Peers expect the flags only from those who look at them.
    if (row.id == KeyAttr::TcpFlags && load_stored<StorageId::TcpFlags>(values) == 0) continue;
    if (row.id == KeyAttr::Tunnel) {
      const auto nest = writer.begin_nest(KeyAttr::Tunnel);
      put_tunnel_members(writer, values);
      writer.end_nest(nest);
    } else {
      put_members(writer, row, kind, values);
    }
  }
}

void put(wire::Writer& writer, ValueKind kind, const FlowKey& values, const FlowKey& key) {
  put_level(writer, Level::Outermost, kind, values, key);
  const bool is_mask = kind == ValueKind::Mask;
  const unsigned tags = tag_count(key), nests = tags + (is_truncated_tag(key) ? 1 : 0);
  wire::Writer::Nest open[kMaxTags] = {};
  for (unsigned tag = 0; tag < nests; ++tag) {
    const bool whole_tag = tag < tags;
    const std::uint64_t tpid = whole_tag ? load_bits(values.bytes(), tpid_place(tag)).low()
                                         : load_stored<StorageId::EthType>(values);
    writer.put_value(KeyAttr::EtherType,
                     Be16(is_mask ? std::uint16_t{0xffff} : std::uint16_t(tpid)));
    writer.put_value(KeyAttr::Vlan,
                     Be16(std::uint16_t(load_bits(values.bytes(), tag_place(tag)).low())));
    open[tag] = writer.begin_nest(KeyAttr::Encap);
  }
  if (nests == tags) {
    const bool untyped = is_mask && !has(key, When::HasEtherType);
    if (untyped) {
      writer.put_value(KeyAttr::EtherType,
                       Be16(std::uint16_t(load_stored<StorageId::EthType>(values))));
    }
    put_level(writer, Level::Innermost, kind, values, key);
  }
  for (unsigned tag = nests; tag-- > 0;) writer.end_nest(open[tag]);
}

}  // namespace

Result<FlowKey, KeyRefusal> parse_key(Bytes attributes, Fit fit) {
  Table table;
  OVS_TRY(table.read(attributes));
  OVS_TRY(check_known(table, Level::Outermost));
  OVS_TRY(check_packet_type(table));
  FlowKey key;
  store_number<StorageId::InPort>(key, kNoInPort);
  OVS_TRY(take_level(table, Level::Outermost, ValueKind::Value, key));
  OVS_TRY(finish_key(table, fit, key));
  return key;
}

Result<FlowMask, KeyRefusal> parse_mask(Bytes attributes, const FlowKey& key, Fit fit) {
  Table table;
  OVS_TRY(table.read(attributes));
  OVS_TRY(check_known(table, Level::Outermost));
  FlowMask mask;
  OVS_TRY(take_level(table, Level::Outermost, ValueKind::Mask, mask));
  // A key without a tag has no attribute to carry the mask that says so: it matches only packets
  // without one.
  if (tag_count(key) == 0) store_bits(mask.bytes(), tag_place(0), FieldValue::ones(16));
  for (unsigned tag = 0; tag < tag_count(key); ++tag) {
    OVS_TRY(take_tag_mask(table, tag, mask));
    const Bytes inner = table[KeyAttr::Encap].payload;
    OVS_TRY(table.read(inner));
    OVS_TRY(check_known(table, Level::Innermost));
  }
  OVS_TRY(take_innermost_mask(table, key, fit, mask));
  return mask;
}

FlowMask exact_mask_of(const FlowKey& key) {
  FlowMask mask;
  for (const OdpMember& row : kOdpMembers) {
    if (row.attr == KeyAttr::EtherType || row.attr == KeyAttr::InPort ||
        has(key, find_odp_attr(row.attr)->when)) {
      store_bits(mask.bytes(), row.at, FieldValue::ones(row.at.bits));
    }
  }
  for (const OdpTunnelMember& row : kOdpTunnelMembers) {
    store_bits(mask.bytes(), row.at, FieldValue::ones(row.at.bits));
  }
  store_bits(mask.bytes(), kTunnelKeyBit, FieldValue::ones(1));
  store_bits(mask.bytes(), tag_place(0), FieldValue::ones(16));
  for (unsigned tag = 0; tag < tag_count(key); ++tag) {
    store_bits(mask.bytes(), tag_place(tag), FieldValue::ones(16));
    store_bits(mask.bytes(), tpid_place(tag), FieldValue::ones(16));
  }
  return mask;
}

void put_key(wire::Writer& writer, const FlowKey& key) {
  put(writer, ValueKind::Value, key, key);
}
void put_mask(wire::Writer& writer, const FlowMask& mask, const FlowKey& key) {
  put(writer, ValueKind::Mask, mask, key);
}
void put_tunnel(wire::Writer& writer, const FlowKey& key) {
  put_tunnel_members(writer, key);
}

}  // namespace ovs::flow

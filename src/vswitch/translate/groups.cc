// Groups: which buckets a packet takes. A select group chooses by a hash of the packet that is
// computed here, so that its megaflows match what was hashed.
#include "vswitch/translate/translator.h"

namespace ovs::vswitch {

namespace {

std::uint64_t mix(std::uint64_t hash, std::uint64_t value) {
  hash = (hash ^ value) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

std::uint64_t mix(std::uint64_t hash, const std::uint8_t* bytes, unsigned size) {
  for (unsigned i = 0; i < size; ++i) hash = mix(hash, bytes[i]);
  return hash;
}

// Both directions of a connection have the same.
constexpr StorageId kSymmetric[][2] = {{StorageId::EthSrc, StorageId::EthDst},
                                       {StorageId::NwSrc, StorageId::NwDst},
                                       {StorageId::Ipv6Src, StorageId::Ipv6Dst},
                                       {StorageId::TpSrc, StorageId::TpDst}};

}  // namespace

// Addresses, VLAN, protocol and ports, as far as the packet has them.
std::uint64_t Translator::connection_hash() {
  std::uint64_t hash = mix(0, eth_type());
  look_at(StorageId::VlanTci, kVlanVidBits | kVlanPresentBit);
  hash = mix(hash, number(StorageId::VlanTci) & kVlanVidBits);
  const bool has_ports =
      is_ip() && (number(StorageId::NwProto) == 6 || number(StorageId::NwProto) == 17 ||
                  number(StorageId::NwProto) == 132);
  if (is_ip()) look_at(StorageId::NwProto);
  for (const auto& [from, to] : kSymmetric) {
    if (from == StorageId::NwSrc && eth_type() != 0x0800) continue;
    if (from == StorageId::Ipv6Src && eth_type() != 0x86dd) continue;
    if (from == StorageId::TpSrc && !has_ports) continue;
    look_at(from);
    look_at(to);
    const unsigned size = flow::storage(from).size;
    hash = mix(hash, mix(1, stored_bytes(key_, from), size) ^ mix(1, stored_bytes(key_, to), size));
  }
  return hash;
}

std::uint64_t Translator::fields_hash(const openflow::GroupProperties& properties) {
  std::uint64_t hash = mix(0, properties.parameter);
  for (const openflow::GroupField& each : properties.fields) {
    look_at_bits(each.field, each.mask);
    const FieldValue value = flow::field_value(key_, each.field) & each.mask;
    hash = mix(mix(hash, value.low()), value.high());
  }
  return hash;
}

bool Translator::is_live(const openflow::Bucket& bucket, unsigned depth) {
  if (!bucket.has_liveness()) return true;
  const PortView* port = bridge_->find_port(OfPort(bucket.watch_port));
  if (port != nullptr && port->is_up) return true;
  const Group* watched = find_group(bucket.watch_group);
  if (watched == nullptr || depth == kMaxTranslationDepth) return false;
  return std::any_of(watched->buckets.begin(), watched->buckets.end(),
                     [&](const Group::Bucket& each) { return is_live(each.does, depth + 1); });
}

const Group* Translator::find_group(std::uint32_t id) {
  result_.dependencies.add(StampKind::Group, bridge_->id, id);
  return bridge_->groups->find(id);
}

// Each bucket draws a number from the hash, in proportion to its weight; so a bucket that comes or
// goes moves only the packets that it gets or had.
const Group::Bucket* Translator::select_bucket(const Group& group) {
  const bool by_fields = group.properties.method == "hash" && !group.properties.fields.empty();
  const std::uint64_t hash = by_fields ? fields_hash(group.properties) : connection_hash();
  const Group::Bucket* best = nullptr;
  std::uint64_t best_score = 0;
  for (const Group::Bucket& bucket : group.buckets) {
    if (!is_live(bucket.does, 0)) continue;
    const std::uint64_t score = (mix(hash, bucket.does.id) >> 16 & 0xffff) * bucket.does.weight;
    if (score <= best_score) continue;
    best = &bucket;
    best_score = score;
  }
  return best;
}

const Group::Bucket* Translator::choose_bucket(const Group& group) {
  if (group.type == openflow::GroupType::Select) return select_bucket(group);
  if (group.type == openflow::GroupType::Indirect) {
    return group.buckets.empty() ? nullptr : &group.buckets.front();
  }
  const auto live =
      std::find_if(group.buckets.begin(), group.buckets.end(),
                   [this](const Group::Bucket& each) { return is_live(each.does, 0); });
  return live == group.buckets.end() ? nullptr : &*live;
}

void Translator::run_group(std::uint32_t id) {
  const Group* group = find_group(id);
  if (group == nullptr) return note(NoteKind::Warning, "there is no group {}", id);
  if (!may_go_deeper()) return;
  if (group->type == openflow::GroupType::All) {
    result_.effects.add(PacketsCounted{group->count});
    for (const Group::Bucket& bucket : group->buckets) run_bucket(bucket);
    return;
  }
  const Group::Bucket* bucket = choose_bucket(*group);
  if (bucket == nullptr) return note(NoteKind::Detail, "no live bucket");
  note(NoteKind::Detail, "using bucket {}", bucket->does.id);
  result_.effects.add(PacketsCounted{group->count});
  run_bucket(*bucket);
}

// What a bucket does to the packet is over with it.
void Translator::run_bucket(const Group::Bucket& bucket) {
  result_.effects.add(PacketsCounted{bucket.count});
  const flow::MatchKey outer_key = key_;
  const bool outer_exited = exited_;
  const bool outer_in_set = in_action_set_;
  openflow::Actions outer_set = std::exchange(action_set_, bucket.does.actions);
  ++depth_;
  ++resubmits_;
  run_action_set();
  --depth_;
  action_set_ = std::move(outer_set);
  in_action_set_ = outer_in_set;
  exited_ = outer_exited;
  key_ = outer_key;
}

}  // namespace ovs::vswitch

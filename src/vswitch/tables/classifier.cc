#include "vswitch/tables/classifier.h"

#include <algorithm>

namespace ovs::vswitch {

namespace {

using flow::FieldId;
using flow::MatchKey;
using flow::MatchMask;
using flow::StorageId;

constexpr unsigned stage_of(StorageId id) {
  switch (id) {
    case StorageId::RecircId:
    case StorageId::InPort:
    case StorageId::SkbPriority:
    case StorageId::PktMark:
    case StorageId::DpHash:
    case StorageId::TunId:
    case StorageId::TunSrc:
    case StorageId::TunDst:
    case StorageId::TunFlags:
    case StorageId::TunTos:
    case StorageId::TunTtl:
    case StorageId::TunTpSrc:
    case StorageId::TunTpDst:
    case StorageId::TunIpv6Src:
    case StorageId::TunIpv6Dst:
    case StorageId::Metadata:
    case StorageId::Registers:
    case StorageId::ConjId:
    case StorageId::OfInPort: return 0;
    case StorageId::EthDst:
    case StorageId::EthSrc:
    case StorageId::EthType:
    case StorageId::VlanTci:
    case StorageId::VlanTpid:
    case StorageId::Vlan2Tci:
    case StorageId::Vlan2Tpid: return 1;
    case StorageId::TpSrc:
    case StorageId::TpDst: return 3;
    default: return 2;
  }
}

// The bits of each word that belong to each stage.
struct StageBits {
  MatchMask of[kStageCount];
};
StageBits make_stage_bits() {
  StageBits bits;
  for (const flow::Storage& row : flow::kStorageRows) {
    MatchMask& mask = bits.of[stage_of(row.id)];
    std::uint8_t* bytes =
        row.segment == flow::Segment::Datapath ? mask.flow.bytes() : mask.pipeline.bytes();
    std::fill(bytes + row.offset(), bytes + row.offset() + row.size, std::uint8_t(0xff));
  }
  return bits;
}
const StageBits kStageBits = make_stage_bits();

std::uint64_t mix(std::uint64_t hash, std::uint64_t word) {
  hash = (hash ^ word) * 0x9e3779b97f4a7c15;
  return hash ^ hash >> 29;
}

// How many leading bits of the field are set, if all set bits are leading ones; else 0.
unsigned prefix_length(const MatchMask& mask, const flow::Place& place) {
  const std::uint8_t* bytes = mask.flow.bytes() + place.first_byte();
  unsigned length = 0;
  while (length < place.bits && (bytes[length / 8] >> (7 - length % 8) & 1) != 0) ++length;
  for (unsigned i = length; i < place.bits; ++i) {
    if ((bytes[i / 8] >> (7 - i % 8) & 1) != 0) return 0;
  }
  return length;
}

bool has_prefix(const MatchMask& mask, const flow::Place& place, unsigned length) {
  const std::uint8_t* bytes = mask.flow.bytes() + place.first_byte();
  for (unsigned i = 0; i < length; ++i) {
    if ((bytes[i / 8] >> (7 - i % 8) & 1) == 0) return false;
  }
  return true;
}

void set_prefix(MatchMask& mask, const flow::Place& place, unsigned length) {
  std::uint8_t* bytes = mask.flow.bytes() + place.first_byte();
  for (unsigned i = 0; i < length; ++i) bytes[i / 8] |= std::uint8_t(0x80 >> i % 8);
}

// Whether the packet's bytes at an address field are an address of that kind (ARP shares IPv4's).
bool is_address_of(const MatchKey& packet, FieldId id) {
  const auto type = flow::load_stored<StorageId::EthType>(packet.flow);
  return type == (id == FieldId::IpSrc || id == FieldId::IpDst ? 0x0800 : 0x86dd);
}

constexpr flow::Place kPorts{flow::Segment::Datapath,
                             std::uint16_t(flow::storage(StorageId::TpSrc).offset() * 8), 32,
                             StorageId::TpSrc};

}  // namespace

Subtable::Subtable(const MatchMask& mask, std::uint64_t id) : mask_(mask), id_(id) {
  for (unsigned number = 0; number < kStageCount; ++number) {
    Stage stage{std::uint8_t(number), {}};
    for (unsigned i = 0; i < kMatchWords; ++i) {
      const std::uint64_t bits = word_of(mask, i) & word_of(kStageBits.of[number], i);
      if (bits != 0) stage.words.push_back({std::uint8_t(i), bits});
    }
    if (!stage.words.empty()) stages_.push_back(std::move(stage));
  }
  if (stages_.empty()) stages_.push_back(Stage{0, {}});
  for (unsigned i = 0; i < kPrefixFieldCount; ++i) {
    prefix_bits_[i] = std::uint8_t(prefix_length(mask, flow::field(kPrefixFields[i]).at));
  }
  for (unsigned i = 0; i < 32; ++i) {
    if ((mask.flow.bytes()[kPorts.first_byte() + i / 8] >> (7 - i % 8) & 1) != 0)
      port_bits_ = i + 1;
  }
}

std::uint64_t Subtable::stage_hash(unsigned stage, const MatchKey& key, std::uint64_t basis) const {
  std::uint64_t hash = basis;
  for (const MaskWord& word : stages_[stage].words) {
    hash = mix(hash, word_of(key, word.index) & word.bits);
  }
  return mix(hash, stage + 1);
}

void Subtable::fold_stage(unsigned stage, MatchMask& wildcards) const {
  for (const MaskWord& word : stages_[stage].words) word_of(wildcards, word.index) |= word.bits;
}

void Subtable::add_priority(int priority) {
  auto at = std::find_if(priorities_.begin(), priorities_.end(),
                         [&](const PriorityCount& each) { return each.priority <= priority; });
  if (at != priorities_.end() && at->priority == priority) {
    ++at->rules;
  } else {
    priorities_.insert(at, {priority, 1});
  }
}

void Subtable::remove_priority(int priority) {
  auto at = std::find_if(priorities_.begin(), priorities_.end(),
                         [&](const PriorityCount& each) { return each.priority == priority; });
  if (--at->rules == 0) priorities_.erase(at);
}

// What the prefix tries say of one packet, asked when first needed.
struct Classifier::Prefixes {
  struct State {
    bool is_asked = false;
    PrefixTrie::Answer answer;
  };
  std::array<State, kPrefixFieldCount> of;
};

const Rule* Classifier::find(const MatchKey& packet, MatchMask* wildcards,
                             Dependencies* dependencies) const {
  Prefixes prefixes;
  const Rule* best = nullptr;
  if (dependencies != nullptr) dependencies->add(StampKind::TableShape, table_);
  for (const Shared<Subtable>& subtable : subtables_) {
    if (best != nullptr && subtable->max_priority() <= best->spec.priority) break;
    const Rule* rule = find_in(*subtable, packet, prefixes, wildcards, dependencies);
    if (rule == nullptr) continue;
    if (best == nullptr || rule->spec.priority > best->spec.priority) best = rule;
  }
  return best;
}

// Whether the packet has no prefix of the length that the subtable's rules have. Un-wildcards the
// bits that prove it, unless they are more than the subtable itself would.
bool Classifier::excluded_by_prefix(const Subtable& subtable, unsigned stage,
                                    const MatchKey& packet, Prefixes& prefixes,
                                    MatchMask* wildcards) const {
  for (unsigned i = 0; i < kPrefixFieldCount; ++i) {
    const unsigned length = subtable.prefix_bits_[i];
    const flow::Place& place = flow::field(kPrefixFields[i]).at;
    if (length == 0 || stage_of(place.storage) != stage) continue;
    if (!is_address_of(packet, kPrefixFields[i])) continue;
    Prefixes::State& state = prefixes.of[i];
    if (!state.is_asked) {
      state.answer = prefixes_[i].find(packet.flow.bytes() + place.first_byte(), place.bits);
      state.is_asked = true;
    }
    if (state.answer.matching.test(length)) continue;
    if (wildcards == nullptr) return true;
    const unsigned known = state.answer.known_bits;
    if (known <= length) {
      set_prefix(*wildcards, place, known);
      return true;
    }
    if (has_prefix(*wildcards, place, known)) return true;
  }
  return false;
}

const Rule* Classifier::find_in(const Subtable& subtable, const MatchKey& packet,
                                Prefixes& prefixes, MatchMask* wildcards,
                                Dependencies* dependencies) const {
  const unsigned last = unsigned(subtable.stages_.size()) - 1;
  // Every rule that takes a packet which agrees in the stages so far has this hash.
  std::uint64_t hash = subtable.id_;
  const auto give_up = [&](unsigned stages_seen) -> const Rule* {
    if (dependencies != nullptr) dependencies->add(StampKind::Stage, hash);
    for (unsigned i = 0; wildcards != nullptr && i < stages_seen; ++i) {
      subtable.fold_stage(i, *wildcards);
    }
    return nullptr;
  };
  for (unsigned i = 0; i <= last; ++i) {
    if (excluded_by_prefix(subtable, subtable.stages_[i].number, packet, prefixes, wildcards)) {
      return give_up(i);
    }
    if (i == last) break;
    hash = subtable.stage_hash(i, packet, hash);
    if (subtable.index_[i].find(hash) == nullptr) return give_up(i + 1);
  }
  const std::uint64_t full = subtable.stage_hash(last, packet, hash);
  const Subtable::Group* group = subtable.rules_.find(full);
  const auto found =
      group == nullptr
          ? nullptr
          : std::find_if(group->data(), group->data() + group->size(),
                         [&](const Shared<Rule>& rule) { return rule->match.matches(packet); });
  const bool is_hit = group != nullptr && found != group->data() + group->size();
  if (!is_hit && subtable.port_bits_ > 0 && wildcards != nullptr) {
    const flow::FlowKey masked = packet.flow.under(subtable.mask_.flow);
    const auto answer = subtable.ports_.find(masked.bytes() + kPorts.first_byte(), 32);
    MatchMask known;
    set_prefix(known, kPorts, answer.known_bits);
    wildcards->flow = wildcards->flow.united(known.flow.under(subtable.mask_.flow));
    return give_up(last);
  }
  hash = full;
  if (!is_hit) return give_up(last + 1);
  give_up(last + 1);
  return found->raw();
}

const Subtable* Classifier::find_subtable(const MatchMask& mask) const {
  for (const Shared<Subtable>& subtable : subtables_) {
    if (subtable->mask_ == mask) return subtable.raw();
  }
  return nullptr;
}

const Rule* Classifier::find_exactly(const flow::Match& match, int priority) const {
  const Subtable* subtable = find_subtable(match.mask());
  if (subtable == nullptr) return nullptr;
  std::uint64_t hash = subtable->id_;
  for (unsigned i = 0; i < subtable->stages_.size(); ++i) {
    hash = subtable->stage_hash(i, match.key(), hash);
  }
  const Subtable::Group* group = subtable->rules_.find(hash);
  if (group == nullptr) return nullptr;
  for (const Shared<Rule>& rule : *group) {
    if (rule->spec.priority == priority && rule->match.matches(match.key())) return rule.raw();
  }
  return nullptr;
}

bool Classifier::has_overlap(const flow::Match& match, int priority) const {
  bool found = false;
  for_each([&](const Shared<Rule>& rule) {
    if (!found && rule->spec.priority == priority && rule->match.expanded().overlaps(match)) {
      found = true;
    }
  });
  return found;
}

std::vector<Shared<Rule>> Classifier::select(const flow::Match& match, int priority,
                                             Strictness strictness) const {
  std::vector<Shared<Rule>> selected;
  if (strictness == Strictness::Strict) {
    const Rule* rule = find_exactly(match, priority);
    if (rule != nullptr) selected.emplace_back(const_cast<Rule*>(rule));
    return selected;
  }
  const bool is_everything = match.is_catch_all();
  for (const Shared<Subtable>& subtable : subtables_) {
    if (!subtable->mask_.flow.covers(match.mask().flow)) continue;
    if (!subtable->mask_.pipeline.covers(match.mask().pipeline)) continue;
    subtable->rules_.for_each([&](const Subtable::Group& group) {
      for (const Shared<Rule>& rule : group) {
        if (is_everything || rule->match.expanded().is_within(match)) selected.push_back(rule);
      }
    });
  }
  return selected;
}

Subtable& Classifier::own_subtable(const MatchMask& mask, PendingStamps& changed) {
  for (Shared<Subtable>& subtable : subtables_) {
    if (subtable->mask_ == mask) return own(subtable);
  }
  // The same mask has the same id whenever it comes, so that what was read of it before counts.
  const std::uint64_t id =
      stamp_of(StampKind::TableShape, table_, flow::hash_under(mask, mask, table_));
  changed.add(StampKind::TableShape, table_);
  subtables_.push_back(new_shared<Subtable>(mask, id));
  return *subtables_.back();
}

// One more (+1) or one fewer (-1) rule with this key: its partial hashes, and the stamps of all who
// may have looked there.
void Classifier::index(Subtable& subtable, const MatchKey& key, int change,
                       PendingStamps& changed) {
  const unsigned last = unsigned(subtable.stages_.size()) - 1;
  std::uint64_t hash = subtable.id_;
  changed.add(StampKind::Stage, hash);
  for (unsigned i = 0; i <= last; ++i) {
    hash = subtable.stage_hash(i, key, hash);
    changed.add(StampKind::Stage, hash);
    if (i == last) break;
    unsigned& rules = subtable.index_[i].edit(hash);
    rules += unsigned(change);
    if (rules == 0) subtable.index_[i].erase(hash);
  }
}

void Classifier::track_prefixes(Subtable& subtable, const MatchKey& key, int change) {
  const auto track = [&](PrefixTrie& trie, const flow::Place& place, unsigned length) {
    if (length == 0) return;
    const std::uint8_t* value = key.flow.bytes() + place.first_byte();
    if (change > 0) {
      trie.insert(value, length);
    } else {
      trie.remove(value, length);
    }
  };
  for (unsigned i = 0; i < kPrefixFieldCount; ++i) {
    track(prefixes_[i], flow::field(kPrefixFields[i]).at, subtable.prefix_bits_[i]);
  }
  track(subtable.ports_, kPorts, subtable.port_bits_);
}

void Classifier::sort() {
  std::stable_sort(subtables_.begin(), subtables_.end(),
                   [](const Shared<Subtable>& a, const Shared<Subtable>& b) {
                     return a->max_priority() > b->max_priority();
                   });
}

Shared<Rule> Classifier::insert(Shared<Rule> rule, PendingStamps& changed) {
  const flow::Match match = rule->match.expanded();
  const int priority = rule->spec.priority;
  Subtable& subtable = own_subtable(match.mask(), changed);
  std::uint64_t hash = subtable.id_;
  for (unsigned i = 0; i < subtable.stages_.size(); ++i) {
    hash = subtable.stage_hash(i, match.key(), hash);
  }
  Subtable::Group& group = subtable.rules_.edit(hash);
  for (Shared<Rule>& old : group) {
    if (old->spec.priority != priority || !(old->match == rule->match)) continue;
    std::swap(old, rule);
    index(subtable, match.key(), 0, changed);
    return rule;
  }
  const bool rises = subtable.empty() || priority > subtable.max_priority();
  group.insert(
      std::find_if(group.begin(), group.end(),
                   [&](const Shared<Rule>& each) { return each->spec.priority < priority; }),
      std::move(rule));
  subtable.add_priority(priority);
  index(subtable, match.key(), +1, changed);
  track_prefixes(subtable, match.key(), +1);
  ++count_;
  if (rises) {
    changed.add(StampKind::TableShape, table_);
    sort();
  }
  return nullptr;
}

void Classifier::remove(const Rule& rule, PendingStamps& changed) {
  const flow::Match match = rule.match.expanded();
  Subtable& subtable = own_subtable(match.mask(), changed);
  std::uint64_t hash = subtable.id_;
  for (unsigned i = 0; i < subtable.stages_.size(); ++i) {
    hash = subtable.stage_hash(i, match.key(), hash);
  }
  const int priority = rule.spec.priority, top = subtable.max_priority();
  track_prefixes(subtable, match.key(), -1);
  index(subtable, match.key(), -1, changed);
  Subtable::Group& group = subtable.rules_.edit(hash);
  std::erase_if(group, [&](const Shared<Rule>& each) { return each.raw() == &rule; });
  if (group.empty()) subtable.rules_.erase(hash);
  subtable.remove_priority(priority);
  --count_;
  if (subtable.empty()) {
    std::erase_if(subtables_,
                  [&](const Shared<Subtable>& each) { return each.raw() == &subtable; });
  } else if (subtable.max_priority() != top) {
    sort();
  }
}

}  // namespace ovs::vswitch

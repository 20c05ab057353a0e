#include "datapath/table/flow_table.h"

namespace ovs::datapath {

namespace {

flow::FlowKey key_of(const FlowRecord& record, const ColdMask* cold) {
  flow::FlowKey key;
  for (unsigned i = 0; i < flow::kHotWords; ++i) key.words[i] = record.hot[i];
  if (cold == nullptr) return key;
  const FlowBody& body = *record.body.load(Order::Relaxed);
  for (std::uint32_t i = 0; i < cold->count; ++i) {
    key.words[flow::kHotWords + cold->places[i]] = body.cold[i];
  }
  return key;
}

void pack_cold(const flow::FlowKey& key, const ColdMask* cold, FlowBody& body) {
  if (cold == nullptr) return;
  for (std::uint32_t i = 0; i < cold->count; ++i) {
    body.cold[i] = key.words[flow::kHotWords + cold->places[i]];
  }
}

bool cold_matches(const FlowRecord& record, const ColdMask& mask, const flow::PacketKey& key) {
  const FlowBody& body = *record.body.load(Order::Acquire);
  std::uint64_t differ = 0;
  for (std::uint32_t i = 0; i < mask.count; ++i) {
    const unsigned at = mask.places[i];
    const std::uint64_t word = (key.present >> at & 1) != 0 ? key.cold[at] : 0;
    differ |= (word & mask.values[i]) ^ body.cold[i];
  }
  return differ == 0;
}

}  // namespace

struct FlowTable::Parts {
  Reclaimer& reclaimer;
  HashSecrets secrets;
  FlowSlab slab;
  OwnedArray<HotMask> hot_masks;
  OwnedArray<RcuPtr<Subtable>> subtables;
  OwnedArray<Atomic<bool>> mask_taken;
  OwnedArray<Owned<LookupContext>> contexts;
  Owned<View> view;
};

FlowTable::FlowTable(Parts parts)
    : reclaimer_(parts.reclaimer),
      secrets_(parts.secrets),
      slab_(std::move(parts.slab)),
      hot_masks_(std::move(parts.hot_masks)),
      mask_taken_(std::move(parts.mask_taken)),
      subtables_(std::move(parts.subtables)),
      contexts_(std::move(parts.contexts)),
      view_(std::move(parts.view)) {}

FlowTable::~FlowTable() {
  OVS_ASSERT(count_ == 0);
}

Result<Owned<FlowTable>> FlowTable::create(const Config& config, Reclaimer& reclaimer) {
  OVS_TRY(auto slab, FlowSlab::create(config.processors));
  OVS_TRY(auto hot_masks, try_make_array<HotMask>(kMaxMasks, kTag));
  OVS_TRY(auto subtables, try_make_array<RcuPtr<Subtable>>(kMaxMasks, kTag));
  OVS_TRY(auto mask_taken, try_make_array<Atomic<bool>>(kMaxMasks, kTag));
  OVS_TRY(auto contexts, try_make_array<Owned<LookupContext>>(config.processors, kTag));
  for (Owned<LookupContext>& context : contexts) {
    OVS_TRY(auto cache, SignatureCache::create(config.cache_bits));
    OVS_TRY(context, try_make<LookupContext>(std::move(cache)));
  }
  OVS_TRY(auto view, try_make<View>());
  return try_make<FlowTable>(Parts{reclaimer, HashSecrets::draw(config.secret), std::move(slab),
                                   std::move(hot_masks), std::move(subtables),
                                   std::move(mask_taken), std::move(contexts), std::move(view)});
}

// ---- readers -----------------------------------------------------------------------------------

bool FlowTable::matches_cold(const FlowRecord& record, MaskId mask, const flow::PacketKey& key,
                             const RcuReader& reader) const {
  const Subtable* subtable = subtables_.data()[unsigned(mask)].read(reader);
  return subtable != nullptr && cold_matches(record, *subtable->cold(), key);
}

FlowIndex FlowTable::probe(const Subtable& subtable, std::uint64_t hash, const flow::PacketKey& key,
                           const RcuReader& reader) const {
  const Subtable::Slots& slots = subtable.slots(reader);
  const std::uint32_t last = (std::uint32_t{1} << slots.bits) - 1;
  const std::uint16_t tag = tag_of(hash);
  std::uint32_t at = bucket_of(hash, slots.bits);
  for (std::uint32_t visited = 0; visited <= last; ++visited, at = (at + 1) & last) {
    const Bucket& bucket = slots.buckets.data()[at];
    for (unsigned ways = match_tags(bucket.tags, tag); ways != 0; ways &= ways - 1) {
      const FlowIndex flow{bucket.index[__builtin_ctz(ways)].load(Order::Acquire)};
      if (matches(flow, key, reader)) return flow;
    }
    if (bucket.overflow.load(Order::Relaxed) == 0) break;
  }
  return kNoFlow;
}

unsigned FlowTable::probe_one_mask(const Pass& pass, const Subtable& subtable,
                                   std::uint8_t* missed) const {
  const Subtable::Slots& slots = subtable.slots(pass.reader);
  const ColdMask* cold = subtable.cold();
  for (flow::PacketKey& key : pass.keys) {
    key.scratch = hash_under(key, subtable.hot(), cold, secrets_);
    prefetch(&slots.bucket(key.scratch));
  }
  for (std::size_t i = 0; i < pass.keys.count(); ++i) {
    const std::uint64_t hash = pass.keys.data()[i].scratch;
    pass.found[i] = slots.bucket(hash).first_of(tag_of(hash));
  }
  return validate(pass, missed);
}

unsigned FlowTable::probe_cache(const Pass& pass, const View& view, const SignatureCache& cache,
                                std::uint8_t* missed) const {
  const ColdMask* cold = view.united_cold.count == 0 ? nullptr : &view.united_cold;
  for (flow::PacketKey& key : pass.keys) {
    key.scratch = hash_under(key, view.united, key.present == 0 ? nullptr : cold, secrets_);
    prefetch(&cache.bucket(key.scratch));
  }
  for (std::size_t i = 0; i < pass.keys.count(); ++i) {
    const std::uint64_t hash = pass.keys.data()[i].scratch;
    const Bucket& home = cache.bucket(hash);
    pass.found[i] = home.first_of(tag_of(hash));
    if (pass.found[i] == kNoFlow) pass.found[i] = cache.neighbour(home).first_of(tag_of(hash));
  }
  return validate(pass, missed);
}

// Compares each candidate with its packet, and lists the packets whose candidate is not their flow.
unsigned FlowTable::validate(const Pass& pass, std::uint8_t* missed) const {
  const std::size_t count = pass.keys.count();
  for (std::size_t i = 0; i < count; ++i) {
    prefetch(&slab_.record(pass.found[i]));
    prefetch(&slab_.counters(pass.processor, pass.found[i]));
  }
  unsigned missed_count = 0;
  for (std::size_t i = 0; i < count; ++i) {
    missed[missed_count] = std::uint8_t(i);
    missed_count += !matches(pass.found[i], pass.keys.data()[i], pass.reader);
  }
  return missed_count;
}

// Asks the masks one after the other, each for all packets that are left.
void FlowTable::search(const Pass& pass, const View& view, std::uint8_t* left,
                       unsigned count) const {
  std::uint64_t hashes[kBatch];
  for (unsigned i = 0; i < count; ++i) pass.found[left[i]] = kNoFlow;
  for (const Subtable* subtable : view.order) {
    const Subtable::Slots& slots = subtable->slots(pass.reader);
    for (unsigned i = 0; i < count; ++i) {
      hashes[i] =
          hash_under(pass.keys.data()[left[i]], subtable->hot(), subtable->cold(), secrets_);
      prefetch(&slots.bucket(hashes[i]));
    }
    unsigned kept = 0;
    for (unsigned i = 0; i < count; ++i) {
      const std::uint8_t packet = left[i];
      pass.found[packet] = probe(*subtable, hashes[i], pass.keys.data()[packet], pass.reader);
      left[kept] = packet;
      kept += pass.found[packet] == kNoFlow;
    }
    pass.context.mask_hits[unsigned(subtable->id())].add_unshared(count - kept);
    pass.context.counters.masks_visited.add_unshared(count);
    count = kept;
    if (count == 0) break;
  }
  pass.context.counters.misses.add_unshared(count);
}

void FlowTable::lookup(Span<flow::PacketKey> keys, FlowIndex* found, unsigned processor,
                       const RcuReader& reader) const {
  OVS_ASSERT(keys.count() <= kBatch);
  LookupContext& context = *contexts_.data()[processor];
  const View& view = *view_.read(reader);
  const Pass pass{keys, found, context, processor, reader};
  const bool direct = view.order.count() == 1;
  const SignatureCache& cache = *context.cache.read(reader);
  std::uint8_t missed[kBatch], left[kBatch];
  const unsigned count = direct ? probe_one_mask(pass, *view.order.data()[0], missed)
                                : probe_cache(pass, view, cache, missed);
  context.counters.packets.add_unshared(keys.count());
  context.counters.hits.add_unshared(keys.count() - count);
  if (count == 0) return;
  for (unsigned i = 0; i < count; ++i) left[i] = missed[i];
  search(pass, view, left, count);
  if (direct) return;
  for (unsigned i = 0; i < count; ++i) {
    const std::uint8_t packet = missed[i];
    if (found[packet] != kNoFlow) cache.insert(keys.data()[packet].scratch, found[packet]);
  }
}

// ---- the writer --------------------------------------------------------------------------------

std::uint64_t FlowTable::hash_key(const flow::FlowKey& key, const Subtable& subtable) const {
  flow::PacketKey packet;
  packet.assign(key);
  return hash_under(packet, subtable.hot(), subtable.cold(), secrets_);
}

Subtable* FlowTable::find_subtable(const flow::FlowMask& mask) const {
  for (Subtable* subtable : view_.current()->order) {
    if (subtable->mask() == mask) return subtable;
  }
  return nullptr;
}

Result<Owned<FlowTable::View>> FlowTable::make_view(Subtable* added,
                                                    const Subtable* removed) const {
  const View& now = *view_.current();
  OVS_TRY(auto view, try_make<View>());
  const std::size_t count = now.order.count() + (added != nullptr) - (removed != nullptr);
  OVS_TRY(view->order, try_make_array<Subtable*>(count, View::kTag));
  std::size_t at = 0;
  for (Subtable* subtable : now.order) {
    if (subtable != removed) view->order[at++] = subtable;
  }
  if (added != nullptr) view->order[at++] = added;
  flow::FlowMask united;
  for (const Subtable* subtable : view->order) united = united.united(subtable->mask());
  fill_masks(united, view->united, view->united_cold);
  return view;
}

Result<Subtable*> FlowTable::add_subtable(const flow::FlowMask& mask) {
  unsigned id = 1;
  while (id < kMaxMasks && mask_taken_[id].load(Order::Acquire)) ++id;
  if (id == kMaxMasks) return Error::Full;
  OVS_TRY(auto made, Subtable::create(MaskId(id), mask, mask_taken_[id]));
  OVS_TRY(auto view, make_view(made.raw(), nullptr));
  Subtable* subtable = made.raw();
  hot_masks_[id] = subtable->hot();
  for (Owned<LookupContext>& context : contexts_) context->mask_hits[id].store(0, Order::Relaxed);
  reclaimer_.take(subtables_[id].publish(std::move(made)));
  reclaimer_.take(view_.publish(std::move(view)));
  return subtable;
}

// Without memory for a view that lacks it, it stays, empty, until maintain() tries again.
void FlowTable::drop_subtable(Subtable& subtable) {
  auto view = make_view(nullptr, &subtable);
  if (!view) return;
  reclaimer_.take(view_.publish(std::move(*view)));
  reclaimer_.take(subtables_[unsigned(subtable.id())].publish(nullptr));
}

FlowIndex FlowTable::find_in(const Subtable& subtable, std::uint64_t hash,
                             const flow::FlowKey& key) const {
  const Subtable::Slots& slots = subtable.writable();
  const std::uint32_t last = (std::uint32_t{1} << slots.bits) - 1;
  std::uint32_t at = bucket_of(hash, slots.bits);
  for (std::uint32_t visited = 0; visited <= last; ++visited, at = (at + 1) & last) {
    const Bucket& bucket = slots.buckets.data()[at];
    for (unsigned ways = match_tags(bucket.tags, tag_of(hash)); ways != 0; ways &= ways - 1) {
      const FlowIndex flow{bucket.index[__builtin_ctz(ways)].load(Order::Relaxed)};
      if (key_of(slab_.record(flow), subtable.cold()) == key) return flow;
    }
    if (bucket.overflow.load(Order::Relaxed) == 0) break;
  }
  return kNoFlow;
}

FlowIndex FlowTable::find_exactly(const flow::FlowKey& key, const flow::FlowMask& mask) const {
  const Subtable* subtable = find_subtable(mask);
  if (subtable == nullptr) return kNoFlow;
  return find_in(*subtable, hash_key(key, *subtable), key);
}

Result<FlowIndex> FlowTable::insert_into(Subtable& subtable, const flow::FlowKey& key,
                                         FlowBody& body, std::uint32_t only_port) {
  const std::uint64_t hash = hash_key(key, subtable);
  if (find_in(subtable, hash, key) != kNoFlow) return Error::Exists;
  OVS_TRY(subtable.reserve(slab_, secrets_, reclaimer_));
  OVS_TRY(const FlowIndex flow, slab_.take());
  pack_cold(key, subtable.cold(), body);
  FlowRecord& record = slab_.record(flow);
  for (unsigned i = 0; i < flow::kHotWords; ++i) record.hot[i] = key.words[i];
  record.cold_count = subtable.cold() == nullptr ? 0 : std::uint16_t(subtable.cold()->count);
  record.only_port.store(only_port, Order::Relaxed);
  record.body.store(&body, Order::Relaxed);
  record.mask.store(subtable.id(), Order::Release);
  subtable.insert(hash, flow);
  ++count_;
  return flow;
}

Result<FlowIndex> FlowTable::insert(const flow::FlowKey& key, const flow::FlowMask& mask,
                                    FlowBody& body, std::uint32_t only_port) {
  OVS_ASSERT(mask.covers(key));
  Subtable* subtable = find_subtable(mask);
  if (subtable == nullptr) {
    OVS_TRY(subtable, add_subtable(mask));
  }
  Result<FlowIndex> flow = insert_into(*subtable, key, body, only_port);
  if (!flow && subtable->count() == 0) drop_subtable(*subtable);
  return flow;
}

void FlowTable::remove(FlowIndex flow) {
  FlowRecord& record = slab_.record(flow);
  const MaskId mask = record.mask.load(Order::Relaxed);
  OVS_ASSERT(mask != kNoMask);
  Subtable& subtable = const_cast<Subtable&>(*subtables_[unsigned(mask)].current());
  const std::uint64_t hash = hash_of(record, subtable.cold(), secrets_);
  record.mask.store(kNoMask, Order::Release);
  subtable.remove(hash, flow);
  --count_;
  if (subtable.count() == 0) drop_subtable(subtable);
}

void FlowTable::set_program(FlowIndex flow, FlowBody& body, const FlowProgram& program,
                            std::uint32_t only_port) {
  FlowRecord& record = slab_.record(flow);
  OVS_ASSERT(record.body.load(Order::Relaxed) == &body);
  // A reader may pair the old port with the new program for one batch, so a port comes last and
  // goes first.
  if (only_port == kNoOnlyPort) record.only_port.store(kNoOnlyPort, Order::Release);
  body.program.store(&program, Order::Release);
  if (only_port != kNoOnlyPort) record.only_port.store(only_port, Order::Release);
}

const flow::FlowMask& FlowTable::mask_of(FlowIndex flow) const {
  return subtables_[unsigned(slab_.record(flow).mask.load(Order::Relaxed))].current()->mask();
}

flow::FlowKey FlowTable::key_of_flow(FlowIndex flow) const {
  const FlowRecord& record = slab_.record(flow);
  return key_of(record, subtables_[unsigned(record.mask.load(Order::Relaxed))].current()->cold());
}

// ---- upkeep ------------------------------------------------------------------------------------

std::uint64_t FlowTable::take_hits(const Subtable& subtable) const {
  std::uint64_t hits = 0;
  for (const Owned<LookupContext>& context : contexts_) {
    hits += context->mask_hits[unsigned(subtable.id())].load(Order::Relaxed);
  }
  return hits;
}

void FlowTable::order_masks() {
  auto made = make_view(nullptr, nullptr);
  if (!made) return;
  OwnedArray<Subtable*>& order = (*made)->order;
  for (std::size_t i = 1; i < order.count(); ++i) {  // nearly sorted from the time before
    Subtable* const moving = order[i];
    const std::uint64_t hits = take_hits(*moving);
    std::size_t at = i;
    for (; at > 0 && take_hits(*order[at - 1]) < hits; --at) order[at] = order[at - 1];
    order[at] = moving;
  }
  reclaimer_.take(view_.publish(std::move(*made)));
}

// A cache is too small when more than one packet in a hundred finds both of its buckets full.
void FlowTable::grow_caches() {
  for (Owned<LookupContext>& context : contexts_) {
    const SignatureCache& cache = *context->cache.current();
    const std::uint64_t packets = context->counters.packets.load(Order::Relaxed);
    const std::uint64_t recent = packets - std::exchange(context->seen_packets, packets);
    const std::uint64_t crowded = cache.crowded_count();
    const std::uint64_t recent_crowded = crowded - std::exchange(context->seen_crowded, crowded);
    if (recent_crowded * 100 <= recent || cache.bits() >= kMaxCacheBits) continue;
    auto grown = SignatureCache::create(cache.bits() + 2);
    if (!grown) continue;
    context->seen_crowded = 0;
    reclaimer_.take(context->cache.publish(std::move(*grown)));
  }
}

void FlowTable::maintain() {
  View& view = const_cast<View&>(*view_.current());
  for (std::size_t i = 0; i < view.order.count(); ++i) {
    if (view.order[i]->count() != 0) continue;
    drop_subtable(*view.order[i]);
    break;  // the view has been replaced; the next one waits for the next time
  }
  if (mask_count() > 1) order_masks();
  grow_caches();
}

}  // namespace ovs::datapath

#include "datapath/control/flow_store.h"

#include "base/bytes/hash.h"

namespace ovs::datapath {

FlowTotals Flow::totals() const {
  FlowTotals totals = table_.totals(index_);
  totals.packets -= cleared_.packets;
  totals.bytes -= cleared_.bytes;
  if (totals.packets == 0) totals.used_ms = 0;
  return totals;
}

Result<Owned<FlowStore>> FlowStore::create(FlowTable& table, Reclaimer& reclaimer,
                                           std::uint64_t secret) {
  using Head = HashTable<Flow, Flow>::Bucket;
  OVS_TRY(auto buckets, try_make_array<Head>(1024, kTag));
  OVS_TRY(auto by_index, try_make_array<Flow*>(1024, kTag));
  return try_make<FlowStore>(table, reclaimer, secret, std::move(buckets), std::move(by_index));
}

FlowStore::FlowStore(FlowTable& table, Reclaimer& reclaimer, std::uint64_t secret,
                     OwnedArray<HashTable<Flow, Flow>::Bucket> buckets, OwnedArray<Flow*> by_index)
    : table_(table),
      reclaimer_(reclaimer),
      secret_(secret),
      buckets_(std::move(buckets)),
      index_(buckets_.span()),
      by_index_(std::move(by_index)) {}

std::uint64_t FlowStore::hash(const FlowId& id, const flow::FlowKey& key) const {
  if (id.has_ufid) return hash_bytes(Bytes(id.ufid.data(), 16), secret_);
  return hash_words(key.words, flow::kFlowWords, secret_);
}

Flow* FlowStore::find(const FlowId& id, const flow::FlowKey& key) const {
  return index_.find(hash(id, key), [&](const Flow& flow) {
    return flow.id_ == id && (id.has_ufid || flow.key_ == key);
  });
}

// For one more flow, whatever index it gets.
Result<void> FlowStore::make_room() {
  if (index_.count() >= kMaxFlows) return Error::Full;
  if (table_.index_end() + 1 >= by_index_.count()) {
    OVS_TRY(auto grown, try_make_array<Flow*>(by_index_.count() * 2, kTag));
    for (std::size_t i = 0; i < by_index_.count(); ++i) grown[i] = by_index_[i];
    by_index_ = std::move(grown);
  }
  if (!index_.is_crowded()) return kOk;
  using Head = HashTable<Flow, Flow>::Bucket;
  OVS_TRY(auto buckets, try_make_array<Head>(buckets_.count() * 2, kTag));
  index_.rehash(buckets.span());
  buckets_ = std::move(buckets);
  return kOk;
}

namespace {

Refusal refusal_of(const CompileRefusal& why) {
  return Refusal(why.error, why.reason, why.offset);
}

Refusal refusal_of_insert(Error error) {
  if (error == Error::Exists) return Refusal(error, "a flow of the same key and mask exists");
  if (error == Error::Full) return Refusal(error, "too many flows or masks");
  return Refusal(error);
}

}  // namespace

Result<Flow*, Refusal> FlowStore::add(const Spec& spec) {
  if (find(spec.id, spec.key) != nullptr) return Refusal(Error::Exists, "the flow exists");
  auto program = compile(spec.actions);
  if (!program) return refusal_of(program.error());
  if (const auto room = make_room(); !room) return refusal_of_insert(room.error());
  auto actions = try_copy(spec.actions, kTag);
  if (!actions) return Refusal(actions.error());
  Program& body = **program;
  auto made = try_make<Flow>(table_, spec.id, spec.key, std::move(*actions), std::move(*program));
  if (!made) return Refusal(made.error());
  const auto index = table_.insert(spec.key.under(spec.mask), spec.mask, body, body.only_port());
  if (!index) return refusal_of_insert(index.error());
  Flow* const flow = made->release();
  flow->index_ = *index;
  flow->born_ = ++born_;
  by_index_[std::uint32_t(*index)] = flow;
  index_.insert(*flow, hash(spec.id, spec.key));
  return flow;
}

Outcome FlowStore::set_actions(Flow& flow, Bytes actions) {
  auto program = compile(actions);
  if (!program) return refusal_of(program.error());
  auto copy = try_copy(actions, kTag);
  if (!copy) return Refusal(copy.error());
  table_.replace_body(flow.index_, **program, (*program)->only_port());
  reclaimer_.take(Retired<Program>(std::exchange(flow.program_, std::move(*program))));
  flow.actions_ = std::move(*copy);
  return kOk;
}

void FlowStore::clear_totals(Flow& flow) {
  flow.cleared_ = table_.totals(flow.index_);
  table_.clear_tcp_flags(flow.index_);
}

void FlowStore::remove(Flow& flow) {
  table_.remove(flow.index_);
  index_.remove(flow);
  by_index_[std::uint32_t(flow.index_)] = nullptr;
  reclaimer_.take(Retired<Flow>(Owned<Flow>::adopt(&flow)));
}

void FlowStore::clear() {
  for (Flow* flow : by_index_) {
    if (flow != nullptr) remove(*flow);
  }
}

Flow* FlowStore::at(FlowCursor& cursor) const {
  for (; cursor.next < by_index_.count() && cursor.next < table_.index_end(); ++cursor.next) {
    Flow* const flow = by_index_[cursor.next];
    if (flow != nullptr && flow->born_ <= cursor.began) return flow;
  }
  return nullptr;
}

}  // namespace ovs::datapath

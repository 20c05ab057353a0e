#include "datapath/control/flow_store.h"

#include "base/bytes/hash.h"
#include "datapath/control/hash_room.h"

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
  OVS_TRY(auto programs, ProgramStore::create(reclaimer, secret));
  return try_make<FlowStore>(table, reclaimer, secret, std::move(buckets), std::move(by_index),
                             std::move(programs));
}

FlowStore::FlowStore(FlowTable& table, Reclaimer& reclaimer, std::uint64_t secret,
                     OwnedArray<HashTable<Flow, Flow>::Bucket> buckets, OwnedArray<Flow*> by_index,
                     Owned<ProgramStore> programs)
    : table_(table),
      reclaimer_(reclaimer),
      secret_(secret),
      buckets_(std::move(buckets)),
      index_(buckets_.span()),
      by_index_(std::move(by_index)),
      programs_(std::move(programs)) {}

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
  return datapath::make_room(index_, buckets_, kTag);
}

namespace {

Refusal refusal_of_insert(Error error) {
  if (error == Error::Exists) return Refusal(error, "a flow of the same key and mask exists");
  if (error == Error::Full) return Refusal(error, "too many flows or masks");
  return Refusal(error);
}

}  // namespace

Result<Flow*, Refusal> FlowStore::add(const Spec& spec) {
  if (find(spec.id, spec.key) != nullptr) return Refusal(Error::Exists, "the flow exists");
  if (const auto room = make_room(); !room) return refusal_of_insert(room.error());
  OVS_TRY(SharedProgram* const shared, programs_->use(spec.actions));
  const auto refuse = [&](const Refusal& why) {
    programs_->leave(*shared);
    return why;
  };
  auto made = try_make<Flow>(table_, spec.id, spec.key, *shared);
  if (!made) return refuse(Refusal(made.error()));
  const auto index = table_.insert(spec.key.under(spec.mask), spec.mask, (*made)->body_,
                                   shared->program().only_port());
  if (!index) return refuse(refusal_of_insert(index.error()));
  Flow* const flow = made->release();
  flow->index_ = *index;
  flow->born_ = ++born_;
  by_index_[std::uint32_t(*index)] = flow;
  index_.insert(*flow, hash(spec.id, spec.key));
  return flow;
}

Outcome FlowStore::set_actions(Flow& flow, Bytes actions) {
  OVS_TRY(SharedProgram* const shared, programs_->use(actions));
  const Program& program = shared->program();
  table_.set_program(flow.index_, flow.body_, program, program.only_port());
  programs_->leave(*std::exchange(flow.program_, shared));
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
  programs_->leave(*flow.program_);
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

#include "datapath/table/slab.h"

namespace ovs::datapath {

Result<FlowSlab> FlowSlab::create(unsigned processors) {
  OVS_TRY(auto records, try_make_array<OwnedArray<FlowRecord>>(kMaxChunks, kTag));
  OVS_TRY(auto counters,
          try_make_array<OwnedArray<FlowCounters>>(std::size_t{processors} * kMaxChunks, kTag));
  OVS_TRY(auto freed, try_make<Atomic<std::uint32_t>>());
  FlowSlab slab(processors, std::move(records), std::move(counters), std::move(freed));
  OVS_TRY(slab.add_chunk());
  return slab;
}

Result<void> FlowSlab::add_chunk() {
  if (chunk_count_ == kMaxChunks) return Error::Full;
  OVS_TRY(auto records, try_make_array<FlowRecord>(kChunkFlows, kTag));
  for (unsigned processor = 0; processor < processors_; ++processor) {
    auto& row = counters_[std::size_t{processor} * kMaxChunks + chunk_count_];
    if (!row.empty()) continue;  // from an attempt that ran out of memory half-way
    OVS_TRY(row, try_make_array<FlowCounters>(kChunkFlows, kTag));
  }
  records_[chunk_count_++] = std::move(records);
  return kOk;
}

Result<FlowIndex> FlowSlab::take() {
  if (free_ == 0) free_ = freed_->exchange(0, Order::Acquire);
  if (free_ != 0) {
    const FlowIndex flow{free_};
    free_ = record(flow).only_port.load(Order::Relaxed);
    return flow;
  }
  if (next_ == chunk_count_ * kChunkFlows) {
    OVS_TRY(add_chunk());
  }
  return FlowIndex{next_++};
}

void FlowSlab::give_back(FlowIndex flow) {
  FlowRecord& record = this->record(flow);
  OVS_ASSERT(record.mask.load(Order::Relaxed) == kNoMask);
  for (unsigned processor = 0; processor < processors_; ++processor) {
    FlowCounters& counters = this->counters(processor, flow);
    counters.packets.store(0, Order::Relaxed);
    counters.bytes.store(0, Order::Relaxed);
    counters.used_ms.store(0, Order::Relaxed);
    counters.tcp_flags.store(0, Order::Relaxed);
  }
  record.body.store(nullptr, Order::Relaxed);
  std::uint32_t head = freed_->load(Order::Relaxed);
  do {
    record.only_port.store(head, Order::Relaxed);
  } while (!freed_->compare_exchange(head, std::uint32_t(flow), Order::Release));
}

FlowTotals FlowSlab::totals(FlowIndex flow) const {
  FlowTotals totals;
  for (unsigned processor = 0; processor < processors_; ++processor) {
    const FlowCounters& row = counters(processor, flow);
    totals.packets += row.packets.load(Order::Relaxed);
    totals.bytes += row.bytes.load(Order::Relaxed);
    const std::uint64_t used = row.used_ms.load(Order::Relaxed);
    if (used > totals.used_ms) totals.used_ms = used;
    totals.tcp_flags |= std::uint16_t(row.tcp_flags.load(Order::Relaxed));
  }
  return totals;
}

void FlowSlab::clear_tcp_flags(FlowIndex flow) {
  for (unsigned processor = 0; processor < processors_; ++processor) {
    counters(processor, flow).tcp_flags.store(0, Order::Relaxed);
  }
}

}  // namespace ovs::datapath

// Flow records and their counters, by index: chunks that are added as flows come and stay until the
// table goes, so that an index, however stale, always leads to a record. One writer; readers follow
// indices that it has published.
#pragma once
#include "datapath/table/record.h"
#include "platform/api/memory.h"

namespace ovs::datapath {

struct FlowTotals {
  std::uint64_t packets = 0, bytes = 0, used_ms = 0;  // used_ms 0: never
  std::uint16_t tcp_flags = 0;                        // in host order
};

class FlowSlab {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsF");
  static constexpr unsigned kChunkBits = 12;
  static constexpr std::uint32_t kChunkFlows = std::uint32_t{1} << kChunkBits;
  static constexpr std::uint32_t kMaxChunks = 1024;  // 4 million flows

  // With `processors` rows of counters.
  static Result<FlowSlab> create(unsigned processors);
  FlowSlab(FlowSlab&&) = default;

  FlowRecord& record(FlowIndex flow) const {
    return records_.data()[std::uint32_t(flow) >> kChunkBits]
        .data()[std::uint32_t(flow) & (kChunkFlows - 1)];
  }
  FlowCounters& counters(unsigned processor, FlowIndex flow) const {
    return counters_
        .data()[std::size_t{processor} * kMaxChunks + (std::uint32_t(flow) >> kChunkBits)]
        .data()[std::uint32_t(flow) & (kChunkFlows - 1)];
  }
  FlowTotals totals(FlowIndex flow) const;
  void clear_tcp_flags(FlowIndex flow);

  // A dead record with its counters at zero, not kNoFlow. Errors: NoMemory, Full.
  Result<FlowIndex> take();
  // No reader can still be looking at it. May be called by any thread.
  void give_back(FlowIndex flow);
  // Every index in use is below this.
  std::uint32_t end() const { return next_; }

 private:
  FlowSlab(unsigned processors, OwnedArray<OwnedArray<FlowRecord>> records,
           OwnedArray<OwnedArray<FlowCounters>> counters, Owned<Atomic<std::uint32_t>> freed)
      : processors_(processors),
        records_(std::move(records)),
        counters_(std::move(counters)),
        freed_(std::move(freed)) {}
  Result<void> add_chunk();

  unsigned processors_;
  OwnedArray<OwnedArray<FlowRecord>> records_;
  OwnedArray<OwnedArray<FlowCounters>> counters_;  // kMaxChunks for each processor
  std::uint32_t chunk_count_ = 0;
  std::uint32_t next_ = 1;
  std::uint32_t free_ = 0;  // a list through the dead records; 0 ends it
  Owned<Atomic<std::uint32_t>>
      freed_;  // the same, pushed by whoever gives back, taken whole by take()
};

}  // namespace ovs::datapath

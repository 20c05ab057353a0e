#include "driver/packets/packet_processors.h"

#include "driver/packets/departures.h"

namespace ovs::driver {
namespace {

// Of a processor: calls that are nested in calls, and what came over the device, until its DPC.
constexpr unsigned kBurstsEach = 16;
constexpr std::uint64_t kRetryMs = 100;    // how often what waits is looked at without traffic
constexpr std::size_t kMaxFrame = 0xffff;  // as an upcall's packet, which comes back

}  // namespace

struct PacketProcessors::Parts final : private platform::WorkItem {
  static constexpr MemoryTag kTag = memory_tag("ovsU");

  struct Retry {
    KDPC dpc;  // on its processor
  };

  Parts(const platform::nt::Platform& platform_, Owned<FramePool> pool_,
        OwnedArray<Owned<ProcessorHost>> hosts_, OwnedArray<Burst> bursts_,
        OwnedArray<Retry> retries_);
  Parts(const Parts&) = delete;
  ~Parts();

  void start(datapath::Datapath& to);
  void stop(Passive passive);
  void defer(Burst& burst);
  void retry();
  void run(Passive) override;
  static KDEFERRED_ROUTINE run_retry;
  static KDEFERRED_ROUTINE run_deferred;

  const platform::nt::Platform& platform;
  PacketProcessors* owner = nullptr;
  Owned<FramePool> pool;
  OwnedArray<Owned<ProcessorHost>> hosts;
  OwnedArray<Burst> burst_memory;
  SLIST_HEADER bursts = {};
  OwnedArray<Retry> retries;
  datapath::Datapath* datapath = nullptr;
  KDPC deferred_dpc;
  Atomic<Burst*> deferred{nullptr};
};

PacketProcessors::Parts::Parts(const platform::nt::Platform& platform_, Owned<FramePool> pool_,
                               OwnedArray<Owned<ProcessorHost>> hosts_, OwnedArray<Burst> bursts_,
                               OwnedArray<Retry> retries_)
    : platform(platform_),
      pool(std::move(pool_)),
      hosts(std::move(hosts_)),
      burst_memory(std::move(bursts_)),
      retries(std::move(retries_)) {
  KeInitializeDpc(&deferred_dpc, run_deferred, this);
  for (Burst& burst : burst_memory) ExpInterlockedPushEntrySList(&bursts, &burst);
  ULONG index = 0;
  for (Retry& each : retries) {
    KeInitializeDpc(&each.dpc, run_retry, this);
    PROCESSOR_NUMBER number = {};
    if (NT_SUCCESS(KeGetProcessorNumberFromIndex(index++, &number))) {
      KeSetTargetProcessorDpcEx(&each.dpc, &number);
    }
  }
}

PacketProcessors::Parts::~Parts() {
  OVS_ASSERT(datapath == nullptr && deferred.load(Order::Relaxed) == nullptr);
  std::size_t bursts_back = take_all(bursts, burst_memory.count());
  for (const Owned<ProcessorHost>& host : hosts) {
    while (host->take_burst() != nullptr) ++bursts_back;
  }
  OVS_ASSERT(bursts_back == burst_memory.count());
}

Result<Owned<PacketProcessors>> PacketProcessors::create(const platform::nt::Platform& platform) {
  const unsigned count = platform.processor_count();
  OVS_TRY(auto pool, FramePool::create(count));
  OVS_TRY(auto hosts, try_make_array<Owned<ProcessorHost>>(count, kTag));
  for (Owned<ProcessorHost>& host : hosts) {
    OVS_TRY(host, try_make<ProcessorHost>(*pool));
  }
  OVS_TRY(auto bursts, try_make_array<Burst>(std::size_t{count} * kBurstsEach, kTag));
  OVS_TRY(auto retries, try_make_array<Parts::Retry>(count, kTag));
  OVS_TRY(auto parts, try_make<Parts>(platform, std::move(pool), std::move(hosts),
                                      std::move(bursts), std::move(retries)));
  return try_make<PacketProcessors>(std::move(parts));
}

PacketProcessors::PacketProcessors(Owned<Parts> parts) : parts_(std::move(parts)) {
  parts_->owner = this;
}
PacketProcessors::~PacketProcessors() = default;

// ---- life --------------------------------------------------------------------------------------

void PacketProcessors::Parts::start(datapath::Datapath& to) {
  OVS_ASSERT(to.processor_count() == hosts.count());
  datapath = &to;
  for (unsigned id = 0; id < hosts.count(); ++id) hosts[id]->join(to, id);
  platform.worker().submit_after(*this, kRetryMs);
}

void PacketProcessors::Parts::stop(Passive passive) {
  if (datapath == nullptr) return;
  platform.worker().cancel(*this, passive);
  KeFlushQueuedDpcs();
  for (unsigned id = 0; id < hosts.count(); ++id) {
    datapath::Processor& processor = datapath->processor(id);
    for (unsigned i = 0; i < processor.held_count; ++i) {
      processor.host->release(Span<datapath::Packet* const>(&processor.held[i].packet, 1));
    }
    processor.held_count = 0;
  }
  datapath = nullptr;
}

void PacketProcessors::start(datapath::Datapath& datapath) {
  parts_->start(datapath);
}

void PacketProcessors::stop(Passive passive) {
  parts_->stop(passive);
}

// ---- the engine --------------------------------------------------------------------------------

FramePool& PacketProcessors::frames() {
  return *parts_->pool;
}

ProcessorHost& PacketProcessors::here(const RcuReader&) {
  return *parts_->hosts[KeGetCurrentProcessorNumberEx(nullptr)];
}

Burst* PacketProcessors::take_burst(ProcessorHost& host) {
  Burst* burst = host.take_burst();
  if (burst == nullptr) {
    const PSLIST_ENTRY entry = ExpInterlockedPopEntrySList(&parts_->bursts);
    if (entry == nullptr) return nullptr;
    burst = static_cast<Burst*>(entry);
  }
  burst->clear();
  return burst;
}

void PacketProcessors::give_back(Burst& burst, ProcessorHost* host) {
  if (host != nullptr && host->keep(burst)) return;
  ExpInterlockedPushEntrySList(&parts_->bursts, &burst);
}

// ---- over the device ---------------------------------------------------------------------------

namespace {

bool fill(FramePool& pool, Frame& frame, Bytes bytes) {
  datapath::Packet& packet = frame.packet;
  const std::size_t prefix = bytes.count() <= kWholeSize ? bytes.count() : kPrefixSize;
  packet.head_size = std::uint32_t(prefix);
  __builtin_memcpy(packet.data, bytes.data(), prefix);
  return pool.put_tail(frame, bytes.from(prefix));
}

void set_metadata(datapath::Packet& packet, const flow::PacketMetadata& metadata) {
  packet.in_port = metadata.in_port;
  packet.recirc_id = metadata.recirc_id;
  packet.skb_priority = metadata.skb_priority;
  packet.pkt_mark = metadata.pkt_mark;
  packet.dp_hash = metadata.dp_hash;
  packet.has_tunnel = metadata.tunnel != nullptr;
  if (packet.has_tunnel) packet.tunnel = *metadata.tunnel;
}

}  // namespace

Result<void> PacketProcessors::run(Bytes bytes, const flow::PacketMetadata& metadata,
                                   const datapath::Program& program) {
  if (parts_->datapath == nullptr) return Error::Down;
  if (bytes.count() > kMaxFrame) return Error::Range;
  Frame* const frame = frames().take();
  if (frame == nullptr) return Error::NoMemory;
  if (!fill(frames(), *frame, bytes)) {
    frames().give_back(*frame);
    return Error::NoMemory;
  }
  set_metadata(frame->packet, metadata);
  Burst* burst = nullptr;
  {
    const RcuReader reader;
    ProcessorHost& host = here(reader);
    burst = take_burst(host);
    if (burst != nullptr) {
      host.execute(*burst, frame->packet, program, reader);
      commit(*burst, host, reader);
    }
  }
  if (burst == nullptr) {
    frames().give_back(*frame);
    return Error::NoMemory;
  }
  parts_->defer(*burst);
  return kOk;
}

// Whoever calls run() holds locks.
void PacketProcessors::Parts::defer(Burst& burst) {
  Burst* first = deferred.load(Order::Relaxed);
  do {
    burst.next = first;
  } while (!deferred.compare_exchange(first, &burst, Order::Release));
  KeInsertQueueDpc(&deferred_dpc, nullptr, nullptr);
}

VOID NTAPI PacketProcessors::Parts::run_deferred(PKDPC, PVOID context, PVOID, PVOID) {
  auto& parts = *static_cast<Parts*>(context);
  Burst* newest_first = parts.deferred.exchange(nullptr, Order::Acquire);
  Burst* in_order = nullptr;
  while (newest_first != nullptr) {
    Burst* const burst = std::exchange(newest_first, newest_first->next);
    burst->next = std::exchange(in_order, burst);
  }
  while (in_order != nullptr) {
    Burst* const burst = std::exchange(in_order, in_order->next);
    depart(*burst, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
    ExpInterlockedPushEntrySList(&parts.bursts, burst);
  }
}

// ---- what waits for a neighbour ----------------------------------------------------------------

VOID NTAPI PacketProcessors::Parts::run_retry(PKDPC, PVOID context, PVOID, PVOID) {
  static_cast<Parts*>(context)->retry();
}

void PacketProcessors::Parts::retry() {
  const RcuReader reader(RcuReader::At::Dispatch);
  ProcessorHost& host = owner->here(reader);
  Burst* const burst = owner->take_burst(host);
  if (burst == nullptr) return;
  host.retry(*burst, reader);
  commit(*burst, host, reader);
  depart(*burst, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
  owner->give_back(*burst, &host);
}

void PacketProcessors::Parts::run(Passive) {
  for (unsigned id = 0; id < retries.count(); ++id) {
    // A count that is read while it changes is looked at again soon.
    const auto& held = datapath->processor(id).held_count;
    if (__atomic_load_n(&held, __ATOMIC_RELAXED) == 0) continue;
    KeInsertQueueDpc(&retries[id].dpc, nullptr, nullptr);
  }
  platform.worker().submit_after(*this, kRetryMs);
}

}  // namespace ovs::driver

#include "driver/packets/packet_path.h"

#include "driver/identity.h"
#include "driver/packets/arrivals.h"
#include "driver/packets/destinations.h"
#include "driver/packets/gate.h"
#include "driver/packets/offload.h"
#include "driver/packets/packet_processors.h"

namespace ovs::driver {
namespace {

constexpr ULONG kPoolTag = ULONG(memory_tag("ovsn"));
constexpr USHORT kContextSize = 16;  // of a list of ours: the frame whose memory it is

// A slice of a list, or as many lists as a burst has room for.
struct Slice {
  PNET_BUFFER_LIST list = nullptr;  // whose next NET_BUFFER this is; null: none is half done
  PNET_BUFFER next = nullptr;
  Fate fate = Fate::NoFlow;  // of what was done of it
  std::uint32_t payload = 0;
};

Frame*& frame_of(PNET_BUFFER_LIST list) {
  return *reinterpret_cast<Frame**>(NET_BUFFER_LIST_CONTEXT_DATA_START(list));
}

// What a device says that was left the segments of a list, when it is done with it.
void say_segments_sent(PNET_BUFFER_LIST list, std::uint32_t payload) {
  PVOID& entry = NET_BUFFER_LIST_INFO(list, TcpLargeSendNetBufferListInfo);
  if (entry == nullptr) return;
  const auto asked = std::uint32_t(reinterpret_cast<ULONG_PTR>(entry));
  entry = reinterpret_cast<PVOID>(ULONG_PTR{large_send_completion(asked, payload)});
}

const WCHAR* reason_of(Fate fate) {
  switch (fate) {
    case Fate::Open:
    case Fate::Goes:
    case Fate::Copied:
    case Fate::Done:
    case Fate::kCount: break;
    case Fate::Moved: return L"Open vSwitch: it goes on outside of this switch";
    case Fate::NoFlow: return L"Open vSwitch: no flow sends it on";
    case Fate::NoPort: return L"Open vSwitch: its port is not connected";
    case Fate::Policy: return L"Open vSwitch: its port's policy forbids it";
    case Fate::Unread: return L"Open vSwitch: it is not a readable frame";
    case Fate::Full: return L"Open vSwitch: out of buffers";
  }
  return L"Open vSwitch";
}

}  // namespace

struct PacketPath::Parts {
  static constexpr MemoryTag kTag = memory_tag("ovsQ");

  Parts(SwitchModule& module_, PacketProcessors& processors_, MacTable macs_, NDIS_HANDLE pool_)
      : module(module_), processors(processors_), macs(std::move(macs_)), pool(pool_) {}
  Parts(const Parts&) = delete;
  ~Parts() { NdisFreeNetBufferListPool(pool); }

  void switch_lists(NblChain lists, ULONG dispatch);
  bool switch_burst(NblChain& lists, Slice& slice, ULONG dispatch);
  void gather(Arrivals& arrivals, Burst& burst, NblChain& lists, Slice& slice);
  void finish(Burst& burst, Slice& slice, NblChain& done);
  void report(Burst& burst);
  void report(PNET_BUFFER_LIST chain, UINT32 count, NDIS_SWITCH_PORT_ID port, Fate fate);
  void count_refused(PNET_BUFFER_LIST list);
  void drop(NblChain lists, ULONG dispatch);
  void refuse(NblChain lists, NDIS_STATUS status, ULONG dispatch);
  void complete(NblChain lists, ULONG dispatch);
  void complete(const ListRun& lists, ULONG dispatch);

  SwitchModule& module;
  PacketProcessors& processors;
  MacTable macs;
  NDIS_HANDLE pool;
  Gate gate;
};

// ---- life --------------------------------------------------------------------------------------

Result<Owned<PacketPath>> PacketPath::create(SwitchModule& module, PacketProcessors& processors) {
  OVS_TRY(auto macs, MacTable::create());
  NET_BUFFER_LIST_POOL_PARAMETERS how = {};
  how.Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1};
  how.ProtocolId = NDIS_PROTOCOL_ID_DEFAULT;
  how.fAllocateNetBuffer = TRUE;
  how.ContextSize = kContextSize;
  how.PoolTag = kPoolTag;
  const NDIS_HANDLE pool = NdisAllocateNetBufferListPool(module.filter(), &how);
  if (pool == nullptr) return Error::NoMemory;
  auto parts = try_make<Parts>(module, processors, std::move(macs), pool);
  if (!parts) {
    NdisFreeNetBufferListPool(pool);
    return parts.error();
  }
  return try_make<PacketPath>(std::move(*parts));
}

PacketPath::PacketPath(Owned<Parts> parts) : parts_(std::move(parts)) {}
PacketPath::~PacketPath() = default;

void PacketPath::restart() {
  parts_->gate.open();
}

Drained PacketPath::begin_pause() {
  return parts_->gate.close() ? Drained::Now : Drained::Later;
}

bool PacketPath::enter(unsigned count) {
  return parts_->gate.enter(count);
}

// Whoever is told may end this.
void PacketPath::leave(unsigned count) {
  SwitchModule& module = parts_->module;
  if (parts_->gate.leave(count)) module.pause_complete();
}

// ---- NDIS's calls ------------------------------------------------------------------------------

void PacketPath::send(PNET_BUFFER_LIST chain, ULONG send_flags) {
  NblChain lists(chain);
  const ULONG dispatch = send_flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL;
  if (!enter()) return parts_->refuse(std::move(lists), NDIS_STATUS_PAUSED, dispatch);
  parts_->switch_lists(std::move(lists), dispatch);
  leave();
}

void PacketPath::send_complete(PNET_BUFFER_LIST chain, ULONG send_complete_flags) {
  NblChain lists(chain), theirs;
  PNET_BUFFER_LIST at = chain;
  while (at != nullptr && at->NdisPoolHandle != parts_->pool) at = at->Next;
  if (at == nullptr) {  // as nearly always: none is ours
    return NdisFSendNetBufferListsComplete(parts_->module.filter(), lists.release(),
                                           send_complete_flags);
  }
  const bool is_at_dispatch = (send_complete_flags & NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL) != 0;
  const unsigned ours = take_back(std::move(lists), theirs, is_at_dispatch);
  if (!theirs.empty()) {
    NdisFSendNetBufferListsComplete(parts_->module.filter(), theirs.release(), send_complete_flags);
  }
  if (ours != 0) leave(ours);
}

unsigned PacketPath::take_back(NblChain lists, NblChain& theirs, bool is_at_dispatch) {
  const RcuReader reader(is_at_dispatch ? RcuReader::At::Dispatch : RcuReader::At::AnyLevel);
  FrameHand& hand = parts_->processors.here(reader).hand();
  unsigned ours = 0;
  while (!lists.empty()) {
    const PNET_BUFFER_LIST list = lists.take_first();
    if (list->NdisPoolHandle != parts_->pool) {
      theirs.push_back(list);
      continue;
    }
    Frame& frame = *frame_of(list);
    unmake_list(list);
    hand.give_back(frame);
    ++ours;
  }
  return ours;
}

// Nothing is queued here beyond the call that brought it.
void PacketPath::cancel(PVOID cancel_id) {
  NdisFCancelSendNetBufferLists(parts_->module.filter(), cancel_id);
}

// ---- bursts ------------------------------------------------------------------------------------

void PacketPath::Parts::switch_lists(NblChain lists, ULONG dispatch) {
  Slice slice;
  while (!lists.empty() || slice.list != nullptr) {
    if (switch_burst(lists, slice, dispatch)) continue;
    if (slice.list != nullptr) lists.push_back(std::exchange(slice.list, nullptr));
    return drop(std::move(lists), dispatch);
  }
}

// As many as a burst has room for. False: there is no burst.
bool PacketPath::Parts::switch_burst(NblChain& lists, Slice& slice, ULONG dispatch) {
  const bool is_at_dispatch = dispatch != 0;
  Burst* burst = nullptr;
  ProcessorHost* host = nullptr;
  {
    const RcuReader reader(is_at_dispatch ? RcuReader::At::Dispatch : RcuReader::At::AnyLevel);
    host = &processors.here(reader);
    burst = processors.take_burst(*host);
    if (burst == nullptr) return false;
    burst->module = &module;
    Arrivals arrivals(module, *host, macs, *burst, reader);
    gather(arrivals, *burst, lists, slice);
    host->receive(*burst, reader);
    if (!burst->are_all_gone()) arrivals.settle();
    commit(*burst, *host, reader);
  }
  depart(*burst, dispatch);
  NblChain done;
  if (!burst->are_all_gone()) finish(*burst, slice, done);
  const ListRun copied = burst->copied;
  processors.give_back(*burst, is_at_dispatch ? host : nullptr);
  if (copied.first != nullptr) complete(copied, dispatch);
  if (!done.empty()) complete(std::move(done), dispatch);
  return true;
}

// A list with more NET_BUFFERs than a burst has room for is alone in its bursts.
void PacketPath::Parts::gather(Arrivals& arrivals, Burst& burst, NblChain& lists, Slice& slice) {
  if (slice.list != nullptr) {
    slice.next = arrivals.take(slice.list, slice.next);
    return;
  }
  while (true) {
    const PNET_BUFFER_LIST list = arrivals.take_plain(lists.first());
    lists.begin_at(list);
    if (list == nullptr || burst.arrival_count == Burst::kArrivals) return;
    const bool fits = cost_of(list) * count_from(NET_BUFFER_LIST_FIRST_NB(list)) <= burst.room;
    if (!fits && burst.arrival_count > 0) return;
    (void)lists.take_first();
    slice.next = arrivals.take(list, NET_BUFFER_LIST_FIRST_NB(list));
    if (slice.next == nullptr) continue;
    slice.list = list;
    slice.fate = Fate::NoFlow;
    slice.payload = 0;
    return;
  }
}

// What does not go down is done, and drops are reported.
void PacketPath::Parts::finish(Burst& burst, Slice& slice, NblChain& done) {
  if (slice.list != nullptr) {
    Arrival& part = burst.arrivals[0];
    if (slice.fate == Fate::Copied) part.fate = Fate::Copied;  // some of it was
    slice.fate = part.fate;
    slice.payload = part.payload += slice.payload;
    if (slice.next != nullptr) part.fate = Fate::Goes;  // not yet done
    if (slice.next == nullptr) slice.list = nullptr;
  }
  report(burst);
  for (unsigned i = 0; i < burst.arrival_count; ++i) {
    const Arrival& arrival = burst.arrivals[i];
    if (arrival.fate == Fate::Goes || arrival.fate == Fate::Done) continue;
    say_segments_sent(arrival.list, arrival.payload);
    done.push_back(arrival.list);
  }
}

// One call for each port and reason.
void PacketPath::Parts::report(Burst& burst) {
  for (unsigned i = 0; i < burst.arrival_count; ++i) {
    if (!is_reported(burst.arrivals[i].fate)) continue;
    const Arrival first = burst.arrivals[i];
    NblChain dropped;
    UINT32 count = 0;
    for (unsigned j = i; j < burst.arrival_count; ++j) {
      Arrival& other = burst.arrivals[j];
      if (other.fate != first.fate || port_of(other.source) != port_of(first.source)) continue;
      dropped.push_back(other.list);
      other.fate = Fate::Copied;  // done, and reported
      ++count;
    }
    report(dropped.release(), count, port_of(first.source), first.fate);
  }
}

void PacketPath::Parts::report(PNET_BUFFER_LIST chain, UINT32 count, NDIS_SWITCH_PORT_ID port,
                               Fate fate) {
  UNICODE_STRING unique_name, friendly_name, reason;
  RtlInitUnicodeString(&unique_name, kUniqueName);
  RtlInitUnicodeString(&friendly_name, kFriendlyName);
  RtlInitUnicodeString(&reason, reason_of(fate));
  module.handlers().ReportFilteredNetBufferLists(
      module.context(), &unique_name, &friendly_name, port,
      NDIS_SWITCH_REPORT_FILTERED_NBL_FLAGS_IS_INCOMING, count, chain, &reason);
}

void PacketPath::Parts::count_refused(PNET_BUFFER_LIST list) {
  const RcuReader reader;
  const auto& detail = *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
  const HypervNic* nic = module.ports().find(detail.SourcePortId, detail.SourceNicIndex, reader);
  if (nic == nullptr) return;
  const unsigned count = count_from(NET_BUFFER_LIST_FIRST_NB(list));
  processors.here(reader).count_refused(nic->number(), datapath::Drop::NoHostRoom, count);
}

// There was no burst for them.
void PacketPath::Parts::drop(NblChain lists, ULONG dispatch) {
  NblChain dropped;
  while (!lists.empty()) {
    const PNET_BUFFER_LIST list = lists.take_first();
    const auto& detail = *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
    count_refused(list);
    report(list, 1, detail.SourcePortId, Fate::Full);
    dropped.push_back(list);
  }
  refuse(std::move(dropped), NDIS_STATUS_RESOURCES, dispatch);
}

void PacketPath::Parts::refuse(NblChain lists, NDIS_STATUS status, ULONG dispatch) {
  for (PNET_BUFFER_LIST list = lists.first(); list != nullptr; list = list->Next) {
    NET_BUFFER_LIST_STATUS(list) = status;
    say_segments_sent(list, 0);
  }
  complete(std::move(lists), dispatch);
}

void PacketPath::Parts::complete(NblChain lists, ULONG dispatch) {
  ListRun run;
  while (!lists.empty()) {
    const PNET_BUFFER_LIST list = lists.take_first();
    run.add(list, source_of(list));
  }
  complete(run, dispatch);
}

void PacketPath::Parts::complete(const ListRun& lists, ULONG dispatch) {
  lists.last->Next = nullptr;
  ULONG flags = lists.differs == 0 ? NDIS_SEND_COMPLETE_FLAGS_SWITCH_SINGLE_SOURCE : 0;
  if (dispatch != 0) flags |= NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL;
  NdisFSendNetBufferListsComplete(module.filter(), lists.first, flags);
}

// ---- lists of our own --------------------------------------------------------------------------

PNET_BUFFER_LIST PacketPath::make_list(Frame& frame, const Source& source, const Target& target) {
  const SwitchModule& module = parts_->module;
  const NDIS_SWITCH_OPTIONAL_HANDLERS& handlers = module.handlers();
  const PNET_BUFFER_LIST list =
      NdisAllocateNetBufferAndNetBufferList(parts_->pool, kContextSize, 0, &frame.mdl.mdl,
                                            ULONG(frame.packet.headroom()), frame.packet.size());
  if (list == nullptr) return nullptr;
  list->SourceHandle = module.filter();
  frame_of(list) = &frame;
  if (handlers.AllocateNetBufferListForwardingContext(module.context(), list) !=
      NDIS_STATUS_SUCCESS) {
    NdisFreeNetBufferList(list);
    return nullptr;
  }
  NDIS_STATUS status = NDIS_STATUS_SUCCESS;
  if (source.arrival != nullptr) {
    status = handlers.CopyNetBufferListInfo(module.context(), list, source.arrival->list, 0);
  } else if (source.nic != nullptr) {
    status = handlers.SetNetBufferListSource(module.context(), list, source.nic->port_id(),
                                             source.nic->index());
  }
  NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->IsPacketDataSafe = 1;
  if (status == NDIS_STATUS_SUCCESS &&
      commit_destinations(module, list, Span<const Target>(&target, 1))) {
    return list;
  }
  unmake_list(list);
  return nullptr;
}

void PacketPath::unmake_list(PNET_BUFFER_LIST list) {
  const SwitchModule& module = parts_->module;
  module.handlers().FreeNetBufferListForwardingContext(module.context(), list);
  NdisFreeNetBufferList(list);
}

void PacketPath::send_down(Departures& departures, ULONG dispatch) {
  ULONG flags = dispatch;
  if (departures.is_single_source) flags |= NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE;
  if (departures.is_group) flags |= NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP;
  NdisFSendNetBufferLists(parts_->module.filter(), departures.first, NDIS_DEFAULT_PORT_NUMBER,
                          flags);
}

}  // namespace ovs::driver

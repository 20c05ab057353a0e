#include "bench/driver/plain_packets.h"

#include <cstdlib>
#include <cstring>

namespace ovs::bench {
namespace {

constexpr std::size_t kBlock = 64;  // lists that lie side by side
constexpr std::uint32_t kMostDestinations = 8;
constexpr std::uint32_t kContextRoom = 32;
constexpr std::uint32_t kFrameRoom = 256;
constexpr const char* kNdis = "ndis.sys";
// What belongs to a frame's bytes.
constexpr NDIS_NET_BUFFER_LIST_INFO kCopied[] = {
    TcpIpChecksumNetBufferListInfo, TcpLargeSendNetBufferListInfo, Ieee8021QNetBufferListInfo,
    TcpRecvSegCoalesceInfo};

PlainPackets* the_packets = nullptr;
decltype(&::NdisFRegisterFilterDriver) register_driver = nullptr;
decltype(&::NdisFSetAttributes) set_attributes = nullptr;
decltype(&::NdisFGetOptionalSwitchHandlers) switch_handlers = nullptr;

}  // namespace

// What belongs together lies in one line.
struct alignas(64) PlainList {
  NET_BUFFER_LIST list = {};
  PVOID more_info[16] = {};
  alignas(64) NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY array = {};
  NDIS_SWITCH_PORT_DESTINATION destinations[kMostDestinations] = {};
  alignas(64) NET_BUFFER buffer = {};
  alignas(64) MDL mdl = {};
  ULONG_PTR pages[2] = {};
  alignas(64) std::uint8_t frame[kFrameRoom];
  NET_BUFFER_LIST_CONTEXT context = {};
  std::uint8_t context_room[kContextRoom];

  PlainList() {
    list.FirstNetBuffer = &buffer;
    array.Header = {NDIS_OBJECT_TYPE_DEFAULT, NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY_REVISION_1,
                    sizeof array};
    array.ElementSize = sizeof destinations[0];
    array.FirstElement = destinations;
    MmInitializeMdl(&mdl, frame, sizeof frame);
    mdl.MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL;
    mdl.MappedSystemVa = frame;
  }
  static PlainList& of(NET_BUFFER_LIST* list) { return *CONTAINING_RECORD(list, PlainList, list); }
  auto& detail() { return *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(&list); }
  void reset_destinations(std::uint32_t room) {
    array.NumElements = room;
    array.NumDestinations = 0;
    detail().NumAvailableDestinations = room;
  }
  void describe(MDL* chain, ULONG offset, ULONG size) {
    buffer.MdlChain = buffer.CurrentMdl = chain;
    buffer.DataOffset = buffer.CurrentMdlOffset = offset;
    buffer.DataLength = size;
  }
};

static_assert(sizeof(PlainList) / 64 % 2 == 1);  // neighbours share no set of the first cache

// The functions, as the driver calls them.
struct PlainPackets::Imports {
  static PlainPackets& packets() { return *the_packets; }

  // ---- what the host does as well
  static NDIS_STATUS NTAPI note_driver(PDRIVER_OBJECT object, NDIS_HANDLE context,
                                       PNDIS_FILTER_DRIVER_CHARACTERISTICS how,
                                       PNDIS_HANDLE handle) {
    std::memcpy(&packets().how_, how, how->Header.Size);
    return register_driver(object, context, how, handle);
  }
  static NDIS_STATUS NTAPI note_module(NDIS_HANDLE filter, NDIS_HANDLE context,
                                       PNDIS_FILTER_ATTRIBUTES attributes) {
    packets().context_ = context;
    return set_attributes(filter, context, attributes);
  }
  static NDIS_STATUS NTAPI give_handlers(NDIS_HANDLE filter, PNDIS_SWITCH_CONTEXT context,
                                         PNDIS_SWITCH_OPTIONAL_HANDLERS handlers) {
    const NDIS_STATUS status = switch_handlers(filter, context, handlers);
    handlers->AllocateNetBufferListForwardingContext = allocate_context;
    handlers->FreeNetBufferListForwardingContext = free_context;
    handlers->SetNetBufferListSource = set_source;
    handlers->AddNetBufferListDestination = add_destination;
    handlers->GrowNetBufferListDestinations = grow_destinations;
    handlers->GetNetBufferListDestinations = get_destinations;
    handlers->UpdateNetBufferListDestinations = update_destinations;
    handlers->CopyNetBufferListInfo = copy_info;
    handlers->ReportFilteredNetBufferLists = report_filtered;
    return status;
  }

  // ---- sends and completions
  static VOID NTAPI send(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG flags) {
    PlainPackets& self = packets();
    for (PNET_BUFFER_LIST list = chain; list != nullptr; list = list->Next) {
      self.delivered_ += PlainList::of(list).array.NumDestinations;
      list->Status = NDIS_STATUS_SUCCESS;
    }
    const ULONG dispatch = flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL;
    self.how_.SendNetBufferListsCompleteHandler(self.context_, chain, dispatch);
  }
  static VOID NTAPI complete(NDIS_HANDLE, PNET_BUFFER_LIST chain, ULONG) {
    PlainPackets& self = packets();
    PNET_BUFFER_LIST* link = &self.of_nics_;  // which is empty, if all that was sent comes back
    while (*link != nullptr) link = &(*link)->Next;
    *link = chain;
  }

  // ---- pools: all lists are of one
  static NDIS_HANDLE NTAPI allocate_pool(NDIS_HANDLE, PNET_BUFFER_LIST_POOL_PARAMETERS) {
    return &packets().of_driver_;
  }
  static VOID NTAPI free_pool(NDIS_HANDLE) {}
  static PNET_BUFFER_LIST NTAPI allocate_list(NDIS_HANDLE pool, USHORT size, USHORT backfill,
                                              PMDL chain, ULONG offset, SIZE_T length) {
    PlainList* const made = packets().take_of_driver();
    if (made == nullptr || size + backfill > int{kContextRoom}) return nullptr;
    made->list.Next = nullptr;
    made->list.NdisPoolHandle = pool;
    made->list.ParentNetBufferList = nullptr;
    made->context = {nullptr, size, backfill};
    made->list.Context = &made->context;
    made->describe(chain, offset, ULONG(length));
    std::memset(made->list.NetBufferListInfo, 0, sizeof made->list.NetBufferListInfo);
    return &made->list;
  }
  static VOID NTAPI free_list(PNET_BUFFER_LIST list) {
    packets().of_driver_.push_back(&PlainList::of(list));
  }

  // ---- forwarding contexts
  static NDIS_STATUS NTAPI allocate_context(NDIS_SWITCH_CONTEXT, PNET_BUFFER_LIST list) {
    PlainList::of(list).detail().AsUINT64 = 0;
    PlainList::of(list).reset_destinations(1);
    return NDIS_STATUS_SUCCESS;
  }
  static VOID NTAPI free_context(NDIS_SWITCH_CONTEXT, PNET_BUFFER_LIST) {}
  static NDIS_STATUS NTAPI set_source(NDIS_SWITCH_CONTEXT, PNET_BUFFER_LIST list,
                                      NDIS_SWITCH_PORT_ID port, NDIS_SWITCH_NIC_INDEX index) {
    auto& detail = PlainList::of(list).detail();
    detail.SourcePortId = port & 0xffff;
    detail.SourceNicIndex = index & 0xff;
    return NDIS_STATUS_SUCCESS;
  }
  static NDIS_STATUS NTAPI add_destination(NDIS_SWITCH_CONTEXT, PNET_BUFFER_LIST list,
                                           PNDIS_SWITCH_PORT_DESTINATION destination) {
    PlainList& to = PlainList::of(list);
    if (to.array.NumDestinations == to.array.NumElements) return NDIS_STATUS_RESOURCES;
    to.destinations[to.array.NumDestinations++] = *destination;
    --to.detail().NumAvailableDestinations;
    return NDIS_STATUS_SUCCESS;
  }
  static NDIS_STATUS NTAPI grow_destinations(NDIS_SWITCH_CONTEXT, PNET_BUFFER_LIST list,
                                             UINT32 more,
                                             PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array) {
    PlainList& to = PlainList::of(list);
    if (to.array.NumElements + more > kMostDestinations) return NDIS_STATUS_RESOURCES;
    to.array.NumElements += more;
    to.detail().NumAvailableDestinations = to.array.NumElements - to.array.NumDestinations;
    *array = &to.array;
    return NDIS_STATUS_SUCCESS;
  }
  static VOID NTAPI get_destinations(NDIS_SWITCH_CONTEXT, PNET_BUFFER_LIST list,
                                     PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array) {
    *array = &PlainList::of(list).array;
  }
  static NDIS_STATUS NTAPI update_destinations(NDIS_SWITCH_CONTEXT, PNET_BUFFER_LIST list,
                                               UINT32 count,
                                               PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY array) {
    array->NumDestinations += count;
    PlainList::of(list).detail().NumAvailableDestinations -= count;
    return NDIS_STATUS_SUCCESS;
  }
  static NDIS_STATUS NTAPI copy_info(NDIS_SWITCH_CONTEXT, PNET_BUFFER_LIST to,
                                     PNET_BUFFER_LIST from, UINT32) {
    for (const auto info : kCopied) to->NetBufferListInfo[info] = from->NetBufferListInfo[info];
    const auto& source = PlainList::of(from).detail();
    auto& copy = PlainList::of(to).detail();
    copy.SourcePortId = source.SourcePortId;
    copy.SourceNicIndex = source.SourceNicIndex;
    return NDIS_STATUS_SUCCESS;
  }
  static VOID NTAPI report_filtered(NDIS_SWITCH_CONTEXT, PUNICODE_STRING, PUNICODE_STRING,
                                    NDIS_SWITCH_PORT_ID, UINT32, UINT32, PNET_BUFFER_LIST,
                                    PUNICODE_STRING) {}
};

PlainPackets::PlainPackets(emulator::ImportTable& imports) {
  the_packets = this;
  const auto original = [&](const char* name, auto& function) {
    function = reinterpret_cast<std::remove_reference_t<decltype(function)>>(  //
        imports.find(kNdis, name));
    if (function == nullptr) std::abort();
  };
  original("NdisFRegisterFilterDriver", register_driver);
  original("NdisFSetAttributes", set_attributes);
  original("NdisFGetOptionalSwitchHandlers", switch_handlers);
  imports.add(kNdis, "NdisFRegisterFilterDriver", Imports::note_driver);
  imports.add(kNdis, "NdisFSetAttributes", Imports::note_module);
  imports.add(kNdis, "NdisFGetOptionalSwitchHandlers", Imports::give_handlers);
  imports.add(kNdis, "NdisFSendNetBufferLists", Imports::send);
  imports.add(kNdis, "NdisFSendNetBufferListsComplete", Imports::complete);
  imports.add(kNdis, "NdisAllocateNetBufferListPool", Imports::allocate_pool);
  imports.add(kNdis, "NdisFreeNetBufferListPool", Imports::free_pool);
  imports.add(kNdis, "NdisAllocateNetBufferAndNetBufferList", Imports::allocate_list);
  imports.add(kNdis, "NdisFreeNetBufferList", Imports::free_list);
}

PlainPackets::~PlainPackets() {
  the_packets = nullptr;
}

PlainList& PlainPackets::make(NDIS_HANDLE pool) {
  if (made_ % kBlock == 0) all_.push_back(std::make_unique<PlainList[]>(kBlock));
  PlainList& made = all_.back()[made_++ % kBlock];
  made.list.NdisPoolHandle = pool;
  return made;
}

PlainList* PlainPackets::take_of_driver() {
  if (of_driver_.empty()) return &make(&of_driver_);
  PlainList* const taken = of_driver_.back();
  of_driver_.pop_back();
  return taken;
}

void PlainPackets::send(std::uint16_t port, Memory memory, Span<const std::uint8_t* const> frames,
                        std::uint32_t size) {
  NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO detail = {};
  detail.SourcePortId = port;
  detail.IsPacketDataSafe = memory == Memory::Safe;
  detail.NumAvailableDestinations = 1;
  const PNET_BUFFER_LIST chain = of_nics_ != nullptr ? of_nics_ : &make(this).list;
  PNET_BUFFER_LIST list = chain;
  for (std::size_t i = 0;; ++i) {
    PlainList& filled = PlainList::of(list);
    std::memcpy(filled.frame, frames.data()[i], kFrameBytes);
    if (filled.buffer.DataLength != size) filled.describe(&filled.mdl, 0, size);
    list->NetBufferListInfo[Ieee8021QNetBufferListInfo] = nullptr;
    filled.detail() = detail;
    filled.array.NumElements = 1;
    filled.array.NumDestinations = 0;
    if (i + 1 == frames.count()) break;
    if (list->Next == nullptr) list->Next = &make(this).list;
    list = list->Next;
  }
  of_nics_ = std::exchange(list->Next, nullptr);
  how_.SendNetBufferListsHandler(
      context_, chain, NDIS_DEFAULT_PORT_NUMBER,
      NDIS_SEND_FLAGS_DISPATCH_LEVEL | NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE);
}

}  // namespace ovs::bench

#include "emulator/ndis/rig_test.h"

#include <cstring>

namespace ovs::emulator::test {
namespace {

constexpr ULONG kTag = 0x74736574;
Rig* the_rig = nullptr;

VOID NTAPI detach(NDIS_HANDLE) {}
NDIS_STATUS NTAPI restart(NDIS_HANDLE, PNDIS_FILTER_RESTART_PARAMETERS) {
  return NDIS_STATUS_SUCCESS;
}
NDIS_STATUS NTAPI pause(NDIS_HANDLE, PNDIS_FILTER_PAUSE_PARAMETERS) {
  return NDIS_STATUS_SUCCESS;
}
VOID NTAPI send(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG flags) {
  OVS_IMPORTED(NdisFSendNetBufferLists)(Rig::current().handle, chain, port, flags);
}
VOID NTAPI send_complete(NDIS_HANDLE, PNET_BUFFER_LIST chain, ULONG flags) {
  OVS_IMPORTED(NdisFSendNetBufferListsComplete)(Rig::current().handle, chain, flags);
}
VOID NTAPI cancel_send(NDIS_HANDLE, PVOID id) {
  OVS_IMPORTED(NdisFCancelSendNetBufferLists)(Rig::current().handle, id);
}
VOID NTAPI cancel_request(NDIS_HANDLE, PVOID id) {
  OVS_IMPORTED(NdisFCancelOidRequest)(Rig::current().handle, id);
}
VOID NTAPI status(NDIS_HANDLE, PNDIS_STATUS_INDICATION indication) {
  OVS_IMPORTED(NdisFIndicateStatus)(Rig::current().handle, indication);
}
NDIS_STATUS NTAPI pnp_event(NDIS_HANDLE, PNET_PNP_EVENT_NOTIFICATION event) {
  return OVS_IMPORTED(NdisFNetPnPEvent)(Rig::current().handle, event);
}

UNICODE_STRING text(const char16_t* from) {
  const auto size = static_cast<USHORT>(2 * std::char_traits<char16_t>::length(from));
  return {size, size, reinterpret_cast<PWCH>(const_cast<char16_t*>(from))};
}

NDIS_FILTER_DRIVER_CHARACTERISTICS right_driver(UINT version) {
  NDIS_FILTER_DRIVER_CHARACTERISTICS how = {};
  const auto minor = static_cast<UCHAR>(version);
  const bool is_third = minor >= 80;
  how.Header = {
      NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS,
      is_third ? NDIS_FILTER_CHARACTERISTICS_REVISION_3 : NDIS_FILTER_CHARACTERISTICS_REVISION_2,
      is_third ? NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3
               : NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2};
  how.MajorNdisVersion = 6;
  how.MinorNdisVersion = minor;
  how.FriendlyName = text(u"Test");
  how.UniqueName = text(u"{1A7FA0B7-AAFC-492A-B870-424D1FF85470}");
  how.ServiceName = text(u"OVSExt");
  how.AttachHandler = attach;
  how.DetachHandler = detach;
  how.RestartHandler = restart;
  how.PauseHandler = pause;
  how.SendNetBufferListsHandler = send;
  how.SendNetBufferListsCompleteHandler = send_complete;
  how.CancelSendNetBufferListsHandler = cancel_send;
  how.OidRequestHandler = pass_request;
  how.OidRequestCompleteHandler = request_complete;
  how.CancelOidRequestHandler = cancel_request;
  how.StatusHandler = status;
  how.NetPnPEventHandler = pnp_event;
  return how;
}

KernelConfig kernel_config(UINT version, std::optional<std::uint64_t> seed) {
  KernelConfig config;
  config.ndis = version;
  config.seed = seed;
  return config;
}

}  // namespace

// ---- the edge ----
NDIS_STATUS MemoryEdge::switch_handlers(FilterModule&, NDIS_SWITCH_CONTEXT& context,
                                        NDIS_SWITCH_OPTIONAL_HANDLERS&) {
  context = this;
  return NDIS_STATUS_SUCCESS;
}
void MemoryEdge::sent(FilterModule& module, NET_BUFFER_LIST* chain, ULONG) {
  {
    const std::lock_guard lock(mutex);
    for_each_list(chain, [&](NET_BUFFER_LIST* each) {
      for (FrameBytes& frame : frames_of(*each)) frames.push_back(std::move(frame));
      below.push_back(each);
    });
  }
  if (!keeps) complete_all(module);
}
void MemoryEdge::complete_all(FilterModule& module) {
  std::vector<NET_BUFFER_LIST*> ready;
  {
    const std::lock_guard lock(mutex);
    ready.swap(below);
  }
  for (NET_BUFFER_LIST* each : ready) {
    each->Next = nullptr;
    each->Status = NDIS_STATUS_SUCCESS;
    module.send_complete(each, 0);
  }
}
void MemoryEdge::send_completed(FilterModule&, NET_BUFFER_LIST* chain, ULONG) {
  for_each_list(chain, [&](NET_BUFFER_LIST* each) {
    const std::lock_guard lock(mutex);
    ends.push_back(each->Status);
    free_list(each);
  });
}
void MemoryEdge::cancel_send(FilterModule&, void* cancel_id) {
  cancelled.push_back(cancel_id);
}
void MemoryEdge::received(FilterModule& module, NET_BUFFER_LIST* chain, ULONG) {
  module.return_lists(chain, 0);
}
void MemoryEdge::returned(FilterModule&, NET_BUFFER_LIST* chain, ULONG) {
  free_chain(chain);
}
bool MemoryEdge::is_destination_group(const NET_BUFFER_LIST*) {
  return is_group;
}
NDIS_STATUS MemoryEdge::oid_request(FilterModule&, NDIS_OID_REQUEST* asked) {
  const std::lock_guard lock(mutex);
  requests.push_back(asked);
  if (oid_answer != NDIS_STATUS_PENDING) {
    asked->SupportedRevision = 1;
    if (asked->RequestType == NdisRequestSetInformation) {
      asked->DATA.SET_INFORMATION.BytesRead = asked->DATA.SET_INFORMATION.InformationBufferLength;
    }
  }
  return oid_answer;
}
void MemoryEdge::cancel_oid(FilterModule&, void* request_id) {
  cancelled.push_back(request_id);
}
void MemoryEdge::status_indicated(FilterModule&, const NDIS_STATUS_INDICATION& indication) {
  statuses.push_back(indication.StatusCode);
}
NDIS_STATUS MemoryEdge::net_pnp_event(FilterModule&, NET_PNP_EVENT_NOTIFICATION&) {
  return pnp_answer;
}
void MemoryEdge::state_changed(FilterModule& module) {
  states.push_back(module.state());
}

// ---- the driver ----
NDIS_STATUS set_attributes(NDIS_HANDLE handle) {
  NDIS_FILTER_ATTRIBUTES attributes = {};
  attributes.Header = {NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1,
                       NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1};
  return OVS_IMPORTED(NdisFSetAttributes)(handle, &Rig::current(), &attributes);
}
NDIS_STATUS get_switch_handlers(NDIS_HANDLE handle) {
  NDIS_SWITCH_OPTIONAL_HANDLERS handlers = {};
  handlers.Header = {NDIS_OBJECT_TYPE_SWITCH_OPTIONAL_HANDLERS,
                     NDIS_SWITCH_OPTIONAL_HANDLERS_REVISION_1,
                     NDIS_SIZEOF_SWITCH_OPTIONAL_HANDLERS_REVISION_1};
  NDIS_SWITCH_CONTEXT context = nullptr;
  return OVS_IMPORTED(NdisFGetOptionalSwitchHandlers)(handle, &context, &handlers);
}
NDIS_STATUS NTAPI attach(NDIS_HANDLE handle, NDIS_HANDLE, PNDIS_FILTER_ATTACH_PARAMETERS) {
  Rig::current().handle = handle;
  const NDIS_STATUS found = get_switch_handlers(handle);
  return found == NDIS_STATUS_SUCCESS ? set_attributes(handle) : found;
}

NDIS_OID_REQUEST* clone_of(NDIS_OID_REQUEST* original) {
  NDIS_OID_REQUEST* clone = nullptr;
  if (OVS_IMPORTED(NdisAllocateCloneOidRequest)(Rig::current().handle, original, kTag, &clone) !=
      NDIS_STATUS_SUCCESS) {
    return nullptr;
  }
  std::memcpy(clone->SourceReserved, &original, sizeof original);
  return clone;
}

// Copies what the clone says to its original, and frees it.
static NDIS_OID_REQUEST* end_clone(NDIS_OID_REQUEST* clone) {
  NDIS_OID_REQUEST* original = nullptr;
  std::memcpy(&original, clone->SourceReserved, sizeof original);
  const auto& method = clone->DATA.METHOD_INFORMATION;
  original->SupportedRevision = clone->SupportedRevision;
  if (clone->RequestType == NdisRequestMethod) {
    original->DATA.METHOD_INFORMATION.BytesWritten = method.BytesWritten;
    original->DATA.METHOD_INFORMATION.BytesRead = method.BytesRead;
    original->DATA.METHOD_INFORMATION.BytesNeeded = method.BytesNeeded;
  } else {
    original->DATA.SET_INFORMATION.BytesRead = clone->DATA.SET_INFORMATION.BytesRead;
    original->DATA.SET_INFORMATION.BytesNeeded = clone->DATA.SET_INFORMATION.BytesNeeded;
  }
  OVS_IMPORTED(NdisFreeCloneOidRequest)(Rig::current().handle, clone);
  return original;
}

NDIS_STATUS NTAPI pass_request(NDIS_HANDLE, PNDIS_OID_REQUEST request) {
  NDIS_OID_REQUEST* clone = clone_of(request);
  if (clone == nullptr) return NDIS_STATUS_RESOURCES;
  const NDIS_STATUS status = OVS_IMPORTED(NdisFOidRequest)(Rig::current().handle, clone);
  if (status != NDIS_STATUS_PENDING) end_clone(clone);
  return status;
}
VOID NTAPI request_complete(NDIS_HANDLE, PNDIS_OID_REQUEST request, NDIS_STATUS status) {
  OVS_IMPORTED(NdisFOidRequestComplete)(Rig::current().handle, end_clone(request), status);
}

NDIS_HANDLE make_list_pool(USHORT context_size, bool with_buffer) {
  NET_BUFFER_LIST_POOL_PARAMETERS parameters = {};
  parameters.Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                       NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1};
  parameters.fAllocateNetBuffer = with_buffer ? TRUE : FALSE;
  parameters.ContextSize = context_size;
  parameters.PoolTag = kTag;
  return OVS_IMPORTED(NdisAllocateNetBufferListPool)(Rig::current().handle, &parameters);
}
NET_BUFFER_LIST* clone_list(NET_BUFFER_LIST* original, NDIS_HANDLE pool) {
  NET_BUFFER_LIST* clone = OVS_IMPORTED(NdisAllocateCloneNetBufferList)(original, pool, nullptr, 0);
  clone->ParentNetBufferList = original;
  clone->SourceHandle = Rig::current().handle;
  return clone;
}

// ---- the rig ----
Rig::Rig(UINT version, StackKind kind, std::optional<std::uint64_t> seed)
    : kernel(kernel_config(version, seed)), ndis(Ndis::start(kernel, imports, {})) {
  the_rig = this;
  StackConfig config;
  config.kind = kind;
  stack = make_stack(*ndis, edge, config);
  stack->enable(kUniqueName);
  how = right_driver(version);
}
Rig::~Rig() {
  if (driver != nullptr) stop();
  stack.reset();
  the_rig = nullptr;
}
Rig& Rig::current() {
  return *the_rig;
}

NDIS_STATUS Rig::start() {
  return OVS_IMPORTED(NdisFRegisterFilterDriver)(&object, this, &how, &driver);
}
void Rig::stop() {
  OVS_IMPORTED(NdisFDeregisterFilterDriver)(driver);
  driver = nullptr;
}

NET_BUFFER_LIST* Rig::list(std::size_t frame_count) {
  const std::vector<FrameBytes> frames(frame_count, FrameBytes(64, std::byte{0x42}));
  return make_list(frames);
}

NDIS_STATUS Rig::ask(NDIS_OID oid, NDIS_REQUEST_TYPE type, std::size_t size) {
  buffer.assign(size, 0x11);
  request = {};
  request.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
                    NDIS_SIZEOF_OID_REQUEST_REVISION_1};
  request.RequestType = type;
  request.RequestId = &request;
  request.DATA.SET_INFORMATION.Oid = oid;
  request.DATA.SET_INFORMATION.InformationBuffer = buffer.data();
  request.DATA.SET_INFORMATION.InformationBufferLength = static_cast<UINT>(size);
  return module().oid_request(request);
}

}  // namespace ovs::emulator::test

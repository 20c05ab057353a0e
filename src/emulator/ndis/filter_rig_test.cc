#include "emulator/ndis/filter_rig_test.h"

#include <cstring>

namespace ovs::emulator::test {
namespace {

FilterRig* the_rig = nullptr;

TestFilter& filter_of(NDIS_HANDLE context) {
  return *static_cast<TestFilter*>(context);
}

VOID NTAPI detach(NDIS_HANDLE context) {
  filter_of(context).detached();
}
NDIS_STATUS NTAPI restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS) {
  return filter_of(context).restart();
}
NDIS_STATUS NTAPI pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS) {
  filter_of(context).pause();
  return NDIS_STATUS_SUCCESS;
}
VOID NTAPI send(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG flags) {
  filter_of(context).send_chain(chain, flags);
}
VOID NTAPI send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags) {
  filter_of(context).send_complete(chain, flags);
}
VOID NTAPI receive(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG count,
                   ULONG flags) {
  filter_of(context).receive_chain(chain, count, flags);
}
VOID NTAPI return_lists(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags) {
  filter_of(context).return_chain(chain, flags);
}
VOID NTAPI cancel_send(NDIS_HANDLE context, PVOID id) {
  OVS_IMPORTED(NdisFCancelSendNetBufferLists)(filter_of(context).handle, id);
}
VOID NTAPI cancel_request(NDIS_HANDLE context, PVOID id) {
  OVS_IMPORTED(NdisFCancelOidRequest)(filter_of(context).handle, id);
}
VOID NTAPI status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication) {
  OVS_IMPORTED(NdisFIndicateStatus)(filter_of(context).handle, indication);
}
NDIS_STATUS NTAPI pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event) {
  return filter_of(context).pnp_event(event);
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
  how.UniqueName = text(kUniqueNameText);
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

NDIS_OID_REQUEST* original_of(const NDIS_OID_REQUEST& request) {
  NDIS_OID_REQUEST* original = nullptr;
  std::memcpy(&original, request.SourceReserved, sizeof original);
  return original;
}

// Copies what the clone says to its original, and frees it.
NDIS_OID_REQUEST* end_clone(NDIS_HANDLE handle, NDIS_OID_REQUEST* clone) {
  NDIS_OID_REQUEST* original = original_of(*clone);
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
  OVS_IMPORTED(NdisFreeCloneOidRequest)(handle, clone);
  return original;
}

}  // namespace

UNICODE_STRING text(std::u16string_view from) {
  const auto size = static_cast<USHORT>(2 * from.size());
  return {size, size, reinterpret_cast<PWCH>(const_cast<char16_t*>(from.data()))};
}

// ---- a module ----
void TestFilter::send_chain(NET_BUFFER_LIST* chain, ULONG flags) {
  OVS_IMPORTED(NdisFSendNetBufferLists)(handle, chain, NDIS_DEFAULT_PORT_NUMBER, flags);
}
void TestFilter::send_complete(NET_BUFFER_LIST* chain, ULONG flags) {
  OVS_IMPORTED(NdisFSendNetBufferListsComplete)(handle, chain, flags);
}
void TestFilter::receive_chain(NET_BUFFER_LIST* chain, ULONG count, ULONG flags) {
  OVS_IMPORTED(NdisFIndicateReceiveNetBufferLists)
  (handle, chain, NDIS_DEFAULT_PORT_NUMBER, count, flags);
}
void TestFilter::return_chain(NET_BUFFER_LIST* chain, ULONG flags) {
  OVS_IMPORTED(NdisFReturnNetBufferLists)(handle, chain, flags);
}
NDIS_STATUS TestFilter::oid(NDIS_OID_REQUEST* request) {
  return pass_on(request);
}
NDIS_STATUS TestFilter::pnp_event(NET_PNP_EVENT_NOTIFICATION* event) {
  return OVS_IMPORTED(NdisFNetPnPEvent)(handle, event);
}
NDIS_STATUS TestFilter::pass_on(NDIS_OID_REQUEST* request) {
  NDIS_OID_REQUEST* clone = clone_of(handle, request);
  if (clone == nullptr) return NDIS_STATUS_RESOURCES;
  const NDIS_STATUS answered = OVS_IMPORTED(NdisFOidRequest)(handle, clone);
  if (answered != NDIS_STATUS_PENDING) end_clone(handle, clone);
  return answered;
}

// ---- the handlers ----
NDIS_STATUS set_attributes(NDIS_HANDLE handle) {
  NDIS_FILTER_ATTRIBUTES attributes = {};
  attributes.Header = {NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1,
                       NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1};
  return OVS_IMPORTED(NdisFSetAttributes)(handle, &FilterRig::current().module_of(handle),
                                          &attributes);
}
NDIS_STATUS get_switch_handlers(NDIS_HANDLE handle) {
  TestFilter& module = FilterRig::current().module_of(handle);
  module.handlers.Header = {NDIS_OBJECT_TYPE_SWITCH_OPTIONAL_HANDLERS,
                            NDIS_SWITCH_OPTIONAL_HANDLERS_REVISION_1,
                            NDIS_SIZEOF_SWITCH_OPTIONAL_HANDLERS_REVISION_1};
  return OVS_IMPORTED(NdisFGetOptionalSwitchHandlers)(handle, &module.context, &module.handlers);
}
NDIS_STATUS NTAPI attach(NDIS_HANDLE handle, NDIS_HANDLE, PNDIS_FILTER_ATTACH_PARAMETERS) {
  TestFilter& module = FilterRig::current().module_of(handle);
  module.handle = handle;
  const NDIS_STATUS found = get_switch_handlers(handle);
  if (found != NDIS_STATUS_SUCCESS) return found;
  const NDIS_STATUS set = set_attributes(handle);
  return set == NDIS_STATUS_SUCCESS ? module.attached() : set;
}
NDIS_STATUS NTAPI pass_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
  filter_of(context).oids.push_back(request->DATA.QUERY_INFORMATION.Oid);
  return filter_of(context).oid(request);
}
VOID NTAPI request_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST request, NDIS_STATUS status) {
  TestFilter& module = filter_of(context);
  if (original_of(*request) == nullptr) return module.own_oid_complete();
  OVS_IMPORTED(NdisFOidRequestComplete)(module.handle, end_clone(module.handle, request), status);
}

NDIS_OID_REQUEST* clone_of(NDIS_HANDLE handle, NDIS_OID_REQUEST* original) {
  NDIS_OID_REQUEST* clone = nullptr;
  if (OVS_IMPORTED(NdisAllocateCloneOidRequest)(handle, original, kTag, &clone) !=
      NDIS_STATUS_SUCCESS) {
    return nullptr;
  }
  std::memcpy(clone->SourceReserved, &original, sizeof original);
  return clone;
}

NDIS_HANDLE make_list_pool(NDIS_HANDLE handle, USHORT context_size, bool with_buffer) {
  NET_BUFFER_LIST_POOL_PARAMETERS parameters = {};
  parameters.Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                       NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1};
  parameters.fAllocateNetBuffer = with_buffer ? TRUE : FALSE;
  parameters.ContextSize = context_size;
  parameters.PoolTag = kTag;
  return OVS_IMPORTED(NdisAllocateNetBufferListPool)(handle, &parameters);
}

// ---- the rig ----
FilterRig::FilterRig(const KernelConfig& kernel_config, const NdisConfig& config)
    : kernel(kernel_config),
      ndis(Ndis::start(kernel, imports, config)),
      how(right_driver(kernel_config.ndis)) {
  the_rig = this;
}
FilterRig::~FilterRig() {
  the_rig = nullptr;
}
FilterRig& FilterRig::current() {
  return *the_rig;
}
void FilterRig::take_received() {
  how.ReceiveNetBufferListsHandler = receive;
  how.ReturnNetBufferListsHandler = return_lists;
}
NDIS_STATUS FilterRig::start() {
  return OVS_IMPORTED(NdisFRegisterFilterDriver)(&object, this, &how, &driver);
}
void FilterRig::stop() {
  if (driver != nullptr) OVS_IMPORTED(NdisFDeregisterFilterDriver)(driver);
  driver = nullptr;
}

}  // namespace ovs::emulator::test

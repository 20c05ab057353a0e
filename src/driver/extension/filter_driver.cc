#include "driver/extension/filter_driver.h"

#include "driver/identity.h"
#include "driver/status.h"

namespace ovs::driver {
namespace {

constexpr UCHAR kMajorVersion = 6;
constexpr UCHAR kLowestMinor = 30;
constexpr UCHAR kHighestMinor = 85;
constexpr UCHAR kFirstMinorOfRevision3 = 80;

SwitchModule& module_of(NDIS_HANDLE context) {
  return *static_cast<SwitchModule*>(context);
}

}  // namespace

Result<NdisLevel> level_for(UINT version) {
  const UINT major = version >> 16;
  const UINT minor = version & 0xffff;
  if (major < kMajorVersion || (major == kMajorVersion && minor < kLowestMinor)) {
    return Error::Unsupported;
  }
  const bool is_newer = major > kMajorVersion || minor > kHighestMinor;
  const UCHAR chosen = is_newer ? kHighestMinor : static_cast<UCHAR>(minor);
  if (chosen < kFirstMinorOfRevision3) {
    return NdisLevel{chosen, NDIS_FILTER_CHARACTERISTICS_REVISION_2,
                     NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2};
  }
  return NdisLevel{chosen, NDIS_FILTER_CHARACTERISTICS_REVISION_3,
                   NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3};
}

NDIS_FILTER_DRIVER_CHARACTERISTICS FilterDriver::characteristics(const NdisLevel& level) {
  NDIS_FILTER_DRIVER_CHARACTERISTICS how = {};
  how.Header = {NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS, level.revision, level.size};
  how.MajorNdisVersion = kMajorVersion;
  how.MinorNdisVersion = level.minor;
  how.MajorDriverVersion = 1;
  RtlInitUnicodeString(&how.FriendlyName, kFriendlyName);
  RtlInitUnicodeString(&how.UniqueName, kUniqueName);
  RtlInitUnicodeString(&how.ServiceName, kServiceName);
  how.AttachHandler = attach;
  how.DetachHandler = detach;
  how.RestartHandler = restart;
  how.PauseHandler = pause;
  how.SendNetBufferListsHandler = send;
  how.SendNetBufferListsCompleteHandler = send_complete;
  how.CancelSendNetBufferListsHandler = cancel_send;
  how.OidRequestHandler = oid_request;
  how.OidRequestCompleteHandler = oid_request_complete;
  how.CancelOidRequestHandler = cancel_oid_request;
  how.NetPnPEventHandler = net_pnp_event;
  how.StatusHandler = status;
  return how;
}

Result<Owned<FilterDriver>> FilterDriver::register_with_ndis(DRIVER_OBJECT& object,
                                                             const SwitchModule::Hosts& hosts) {
  OVS_TRY(const NdisLevel level, level_for(NdisGetVersion()));
  OVS_TRY(auto driver, try_make<FilterDriver>(level, hosts));
  NDIS_FILTER_DRIVER_CHARACTERISTICS how = characteristics(level);
  const NDIS_STATUS status =
      NdisFRegisterFilterDriver(&object, driver.raw(), &how, &driver->handle_);
  if (status == NDIS_STATUS_RESOURCES) return Error::NoMemory;
  if (status != NDIS_STATUS_SUCCESS) return Error::Io;
  return driver;
}

FilterDriver::~FilterDriver() {
  if (handle_ != nullptr) NdisFDeregisterFilterDriver(handle_);
}

// ---- a module's life ---------------------------------------------------------------------------

NDIS_STATUS NTAPI FilterDriver::attach(NDIS_HANDLE filter, NDIS_HANDLE driver,
                                       PNDIS_FILTER_ATTACH_PARAMETERS parameters) {
  const FilterDriver& self = *static_cast<FilterDriver*>(driver);
  if (parameters->MiniportMediaType != NdisMedium802_3) return NDIS_STATUS_INVALID_PARAMETER;
  auto module = SwitchModule::attach(filter, self.level_.minor, self.hosts_);
  if (!module) return to_status(module.error());
  (void)module->release();  // NDIS's: it gives it back to detach()
  return NDIS_STATUS_SUCCESS;
}

VOID NTAPI FilterDriver::detach(NDIS_HANDLE context) {
  (void)Owned<SwitchModule>::adopt(&module_of(context));
}

NDIS_STATUS NTAPI FilterDriver::restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS) {
  return module_of(context).restart(Passive::here());
}

NDIS_STATUS NTAPI FilterDriver::pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS) {
  return module_of(context).pause(Passive::here());
}

// ---- its packets, requests, events -------------------------------------------------------------

VOID NTAPI FilterDriver::send(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER,
                              ULONG flags) {
  module_of(context).packets().send(chain, flags);
}

VOID NTAPI FilterDriver::send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags) {
  module_of(context).packets().send_complete(chain, flags);
}

VOID NTAPI FilterDriver::cancel_send(NDIS_HANDLE context, PVOID cancel_id) {
  module_of(context).packets().cancel(cancel_id);
}

NDIS_STATUS NTAPI FilterDriver::oid_request(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
  return module_of(context).oid_request(request, Passive::here());
}

VOID NTAPI FilterDriver::oid_request_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST request,
                                              NDIS_STATUS status) {
  module_of(context).oid_request_complete(request, status);
}

VOID NTAPI FilterDriver::cancel_oid_request(NDIS_HANDLE context, PVOID request_id) {
  module_of(context).cancel_oid_request(request_id);
}

NDIS_STATUS NTAPI FilterDriver::net_pnp_event(NDIS_HANDLE context,
                                              PNET_PNP_EVENT_NOTIFICATION event) {
  return module_of(context).net_pnp_event(event, Passive::here());
}

VOID NTAPI FilterDriver::status(NDIS_HANDLE context, PNDIS_STATUS_INDICATION indication) {
  module_of(context).status(indication);
}

}  // namespace ovs::driver

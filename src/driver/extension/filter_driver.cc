#include "driver/extension/filter_driver.h"

namespace ovs::driver {
namespace {

// As windows/openvswitch.inf has them: its service, its display name, its NetCfgInstanceId.
constexpr auto& kServiceName = L"OVSExt";
constexpr auto& kFriendlyName = L"Open vSwitch Extension";
constexpr auto& kUniqueName = L"{1A7FA0B7-AAFC-492A-B870-424D1FF85470}";

constexpr UCHAR kMajorVersion = 6;
constexpr UCHAR kLowestMinor = 30;
constexpr UCHAR kHighestMinor = 85;
constexpr UCHAR kFirstMinorOfRevision3 = 80;

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

Result<Owned<FilterDriver>> FilterDriver::register_with_ndis(DRIVER_OBJECT& object,
                                                             platform::Trace& trace) {
  OVS_TRY(const NdisLevel level, level_for(NdisGetVersion()));
  OVS_TRY(auto driver, try_make<FilterDriver>(trace));
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
  const NDIS_STATUS status =
      NdisFRegisterFilterDriver(&object, driver.raw(), &how, &driver->handle_);
  if (status == NDIS_STATUS_RESOURCES) return Error::NoMemory;
  if (status != NDIS_STATUS_SUCCESS) return Error::Io;
  return driver;
}

FilterDriver::~FilterDriver() {
  if (handle_ != nullptr) NdisFDeregisterFilterDriver(handle_);
}

NDIS_STATUS NTAPI FilterDriver::attach(NDIS_HANDLE, NDIS_HANDLE driver,
                                       PNDIS_FILTER_ATTACH_PARAMETERS) {
  static_cast<FilterDriver*>(driver)->trace_.event(
      {platform::TraceLevel::Error, "driver", "attaching to a switch: not supported yet"});
  return NDIS_STATUS_NOT_SUPPORTED;
}

// No module was ever attached, so that NDIS has no context to call these with.
VOID NTAPI FilterDriver::detach(NDIS_HANDLE module) {
  OVS_ASSERT(module == nullptr);
}
NDIS_STATUS NTAPI FilterDriver::restart(NDIS_HANDLE, PNDIS_FILTER_RESTART_PARAMETERS) {
  return NDIS_STATUS_NOT_SUPPORTED;
}
NDIS_STATUS NTAPI FilterDriver::pause(NDIS_HANDLE module, PNDIS_FILTER_PAUSE_PARAMETERS) {
  OVS_ASSERT(module == nullptr);
  return NDIS_STATUS_SUCCESS;
}

}  // namespace ovs::driver

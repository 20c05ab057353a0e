// The driver as NDIS knows it: a modifying filter of the extensible switch, whose modules it makes
// and hands their calls. Its end deregisters it.
#pragma once
#include "driver/extension/switch_module.h"

namespace ovs::driver {

// The version of NDIS to register for: the host's, if we know it, else the newest that we know.
struct NdisLevel {
  UCHAR minor;
  UCHAR revision;  // of the characteristics
  USHORT size;     // likewise
};
// `version` is NdisGetVersion()'s. Error::Unsupported below 6.30.
Result<NdisLevel> level_for(UINT version);

class FilterDriver {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsF");

  // Modules may attach before it returns; what `hosts` names outlives it. PASSIVE_LEVEL. Errors:
  // Unsupported, NoMemory, Io.
  static Result<Owned<FilterDriver>> register_with_ndis(DRIVER_OBJECT& object,
                                                        const SwitchModule::Hosts& hosts);
  FilterDriver(const NdisLevel& level, const SwitchModule::Hosts& hosts)
      : level_(level), hosts_(hosts) {}
  FilterDriver(const FilterDriver&) = delete;
  // Modules that are still attached are detached first. PASSIVE_LEVEL.
  ~FilterDriver();

  NDIS_HANDLE handle() const { return handle_; }

 private:
  static NDIS_FILTER_DRIVER_CHARACTERISTICS characteristics(const NdisLevel& level);
  static FILTER_ATTACH attach;
  static FILTER_DETACH detach;
  static FILTER_RESTART restart;
  static FILTER_PAUSE pause;
  static FILTER_SEND_NET_BUFFER_LISTS send;
  static FILTER_SEND_NET_BUFFER_LISTS_COMPLETE send_complete;
  static FILTER_CANCEL_SEND_NET_BUFFER_LISTS cancel_send;
  static FILTER_OID_REQUEST oid_request;
  static FILTER_OID_REQUEST_COMPLETE oid_request_complete;
  static FILTER_CANCEL_OID_REQUEST cancel_oid_request;
  static FILTER_NET_PNP_EVENT net_pnp_event;
  static FILTER_STATUS status;

  const NdisLevel level_;
  const SwitchModule::Hosts hosts_;
  NDIS_HANDLE handle_ = nullptr;
};

}  // namespace ovs::driver

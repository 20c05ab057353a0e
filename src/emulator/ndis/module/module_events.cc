// Status indications and Plug and Play events through a module (rules 10, 18, 36).
#include <algorithm>

#include "emulator/ndis/imports.h"
#include "emulator/ndis/module/filter_driver.h"
#include "emulator/ndis/module/module.h"
#include "emulator/ndis/module/stack.h"

namespace ovs::emulator {

// Something that the driver has been given to pass on.
struct Passing {
  const void* what = nullptr;  // a status's buffer, or the structure; a PnP event
  NDIS_STATUS code = NDIS_STATUS_SUCCESS;
  std::uint64_t hash = 0;
  int passed = 0;
  NDIS_STATUS answer = NDIS_STATUS_SUCCESS;
};

namespace {

std::uint64_t hash_of(const NDIS_STATUS_INDICATION& status) {
  const auto* bytes = static_cast<const unsigned char*>(status.StatusBuffer);
  std::uint64_t hash = 0xcbf29ce484222325 ^ status.StatusBufferSize;
  for (ULONG i = 0; i < status.StatusBufferSize; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
  return hash;
}
std::string name_of(const NDIS_STATUS_INDICATION& status) {
  return "status " + hex(std::uint64_t{static_cast<ULONG>(status.StatusCode)});
}

}  // namespace

void Module::indicate_status(NDIS_STATUS_INDICATION& status) {
  if (how().StatusHandler == nullptr) return edge().status_indicated(*this, status);
  Passing passing{status.StatusBuffer, status.StatusCode, hash_of(status), 0, 0};
  {
    const std::lock_guard lock(requests_mutex_);
    passing_.push_back(&passing);
  }
  call_driver("FilterStatus", how().StatusHandler, context_, &status);
  const std::lock_guard lock(requests_mutex_);
  std::erase(passing_, &passing);
  if (passing.passed != 1) {
    violate(36, name_of(status) + ": FilterStatus passed it on " + std::to_string(passing.passed) +
                    " times");
  }
}

void Module::driver_indicates_status(NDIS_STATUS_INDICATION* status) {
  check_may_act("NdisFIndicateStatus");
  if (status->Header.Type != NDIS_OBJECT_TYPE_STATUS_INDICATION) {
    violate(36, "NdisFIndicateStatus: the header is not that of a status indication");
  }
  {
    const std::lock_guard lock(requests_mutex_);
    for (Passing* passing : passing_) {
      if (passing->what != status->StatusBuffer || passing->code != status->StatusCode) continue;
      ++passing->passed;
      if (passing->hash != hash_of(*status)) {
        violate(36, name_of(*status) + ": its buffer is not as it came");
      }
    }
  }
  edge().status_indicated(*this, *status);
}

NDIS_STATUS Module::net_pnp_event(NET_PNP_EVENT_NOTIFICATION& event) {
  if (how().NetPnPEventHandler == nullptr) return edge().net_pnp_event(*this, event);
  Passing passing{&event, 0, 0, 0, 0};
  {
    const std::lock_guard lock(requests_mutex_);
    passing_.push_back(&passing);
  }
  const NDIS_STATUS status =
      call_driver("FilterNetPnPEvent", how().NetPnPEventHandler, context_, &event);
  const std::lock_guard lock(requests_mutex_);
  std::erase(passing_, &passing);
  if (passing.passed != 1) {
    violate(18, "FilterNetPnPEvent passed event " + std::to_string(event.NetPnPEvent.NetEvent) +
                    " on " + std::to_string(passing.passed) + " times");
  }
  if (status != passing.answer) {
    violate(18, "FilterNetPnPEvent returns " + hex(std::uint64_t{static_cast<ULONG>(status)}) +
                    ", NdisFNetPnPEvent returned " +
                    hex(std::uint64_t{static_cast<ULONG>(passing.answer)}));
  }
  return status;
}

NDIS_STATUS Module::driver_passes_event(NET_PNP_EVENT_NOTIFICATION* event) {
  check_may_act("NdisFNetPnPEvent");
  const NDIS_STATUS answer = edge().net_pnp_event(*this, *event);
  const std::lock_guard lock(requests_mutex_);
  for (Passing* passing : passing_) {
    if (passing->what != event) continue;
    ++passing->passed;
    passing->answer = answer;
  }
  return answer;
}

namespace {

void indicate_status(NDIS_HANDLE handle, PNDIS_STATUS_INDICATION status) {
  module_of(handle, "NdisFIndicateStatus").driver_indicates_status(status);
}
NDIS_STATUS net_pnp_event(NDIS_HANDLE handle, PNET_PNP_EVENT_NOTIFICATION event) {
  return module_of(handle, "NdisFNetPnPEvent").driver_passes_event(event);
}
// What lies above a switch has no use for it.
void device_pnp_event_notify(NDIS_HANDLE handle, PNET_DEVICE_PNP_EVENT) {
  module_of(handle, "NdisFDevicePnPEventNotify");
}

}  // namespace

void add_event_functions(Exports& exports) {
  OVS_NDIS_EXPORT(exports, indicate_status, NdisFIndicateStatus, kUpToDispatch, SpinLocks::None);
  OVS_NDIS_EXPORT(exports, net_pnp_event, NdisFNetPnPEvent, kPassive, SpinLocks::None);
  OVS_NDIS_EXPORT(exports, device_pnp_event_notify, NdisFDevicePnPEventNotify, kPassive,
                  SpinLocks::None);
}

}  // namespace ovs::emulator

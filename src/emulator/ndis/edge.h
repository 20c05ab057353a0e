// What lies above and below a filter module: the miniport of its stack, and whoever sends through
// it. The extensible switch implements it, NDIS calls it. Its calls into a module are those of
// filter_module.h.
#pragma once
#include "emulator/sdk/ndis.h"

namespace ovs::emulator {

class FilterModule;

// Called on the driver's thread, at the driver's level (at most DISPATCH_LEVEL), with no lock of
// NDIS held: any of these may call the module again. Chains and requests have been checked: they
// are what the contract lets a module pass on.
class Edge {
 public:
  Edge() = default;
  Edge(const Edge&) = delete;
  Edge& operator=(const Edge&) = delete;
  virtual ~Edge() = default;

  // For NdisFGetOptionalSwitchHandlers, whose header has been checked. `handlers.Header` stays as
  // it is. Not called where the stack is no switch's.
  virtual NDIS_STATUS switch_handlers(FilterModule& module, NDIS_SWITCH_CONTEXT& context,
                                      NDIS_SWITCH_OPTIONAL_HANDLERS& handlers) = 0;

  // --- packets. A chain is linked by Next, and its receiver's.
  // NdisFSendNetBufferLists: down. Each list comes back by FilterModule::send_complete, once: now,
  // later, in any order.
  virtual void sent(FilterModule& module, NET_BUFFER_LIST* chain, ULONG send_flags) = 0;
  // NdisFSendNetBufferListsComplete: lists that were given to FilterModule::send have come back,
  // with their Status.
  virtual void send_completed(FilterModule& module, NET_BUFFER_LIST* chain, ULONG flags) = 0;
  // NdisFCancelSendNetBufferLists.
  virtual void cancel_send(FilterModule& module, void* cancel_id) = 0;
  // NdisFIndicateReceiveNetBufferLists: up. Come back by FilterModule::return_lists.
  virtual void received(FilterModule& module, NET_BUFFER_LIST* chain, ULONG receive_flags) = 0;
  // NdisFReturnNetBufferLists: lists that were given to FilterModule::receive have come back.
  virtual void returned(FilterModule& module, NET_BUFFER_LIST* chain, ULONG return_flags) = 0;
  // Whether every list of the chain has the same destinations: what
  // NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP says.
  virtual bool is_destination_group(const NET_BUFFER_LIST* chain) = 0;

  // --- requests, status, events
  // NdisFOidRequest: a clone, or a request of the module's own. NDIS_STATUS_PENDING:
  // FilterModule::oid_complete follows.
  virtual NDIS_STATUS oid_request(FilterModule& module, NDIS_OID_REQUEST* request) = 0;
  // NdisFCancelOidRequest. Requests of this id that are pended complete as
  // NDIS_STATUS_REQUEST_ABORTED, soon.
  virtual void cancel_oid(FilterModule& module, void* request_id) = 0;
  // NdisFIndicateStatus: up.
  virtual void status_indicated(FilterModule& module, const NDIS_STATUS_INDICATION& status) = 0;
  // NdisFNetPnPEvent: on to the miniport.
  virtual NDIS_STATUS net_pnp_event(FilterModule& module, NET_PNP_EVENT_NOTIFICATION& event) = 0;
  // The module has reached another state: see FilterModule::state.
  virtual void state_changed(FilterModule& module) = 0;
};

}  // namespace ovs::emulator

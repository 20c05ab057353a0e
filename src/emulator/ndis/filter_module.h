// A filter module: a filter driver's instance on one stack, as NDIS keeps it. The switch calls
// these to speak to the driver; what the driver answers comes by edge.h. Every rule of the contract
// about a module is checked on the way, and a driver that breaks one ends the process
// (emulator/nt's violate).
#pragma once
#include <functional>

#include "emulator/ndis/edge.h"

namespace ovs::emulator {

class FilterStack;

enum class ModuleState { Attaching, Paused, Restarting, Running, Pausing, Detaching, Detached };
const char* text_of(ModuleState state);

// A request's end: called once, on any thread, at most DISPATCH_LEVEL, maybe before start_oid
// returns.
using OidDone = std::function<void(NDIS_OID_REQUEST& request, NDIS_STATUS status)>;

class FilterModule {
 public:
  FilterModule() = default;
  FilterModule(const FilterModule&) = delete;
  FilterModule& operator=(const FilterModule&) = delete;

  virtual ModuleState state() const = 0;
  virtual FilterStack& stack() = 0;
  // NdisFilterHandle, which lists that the module originates have as their SourceHandle.
  virtual NDIS_HANDLE handle() = 0;

  // --- life. PASSIVE_LEVEL; each waits until the driver has completed, however late it does.
  // Running afterwards, or Paused with the driver's failure.
  virtual NDIS_STATUS restart() = 0;
  // From Running. Every packet is where it belongs when this returns.
  virtual void pause() = 0;

  // --- packets from above: at most DISPATCH_LEVEL; the flags say so truthfully. Lists are of
  // make_list (buffers/net_buffers.h).
  virtual void send(NET_BUFFER_LIST* chain, ULONG send_flags) = 0;
  virtual void cancel_send(void* cancel_id) = 0;
  virtual void return_lists(NET_BUFFER_LIST* chain, ULONG return_flags) = 0;
  // --- packets from below: lists that Edge::sent was given, in chains and an order of the caller's
  // choice, their Status set.
  virtual void send_complete(NET_BUFFER_LIST* chain, ULONG send_complete_flags) = 0;
  virtual void receive(NET_BUFFER_LIST* chain, ULONG receive_flags) = 0;
  // Whether the driver looks at what is received.
  virtual bool takes_received() const = 0;

  // --- requests
  // The request, its buffers and `done` live until `done` is called. PASSIVE_LEVEL.
  virtual void start_oid(NDIS_OID_REQUEST& request, OidDone done) = 0;
  // The same, waiting for the end.
  virtual NDIS_STATUS oid_request(NDIS_OID_REQUEST& request) = 0;
  // FilterCancelOidRequest, by the RequestId of a request that may have ended.
  virtual void cancel_oid(void* request_id) = 0;
  // From below: Edge::oid_request had answered NDIS_STATUS_PENDING for it.
  virtual void oid_complete(NDIS_OID_REQUEST* request, NDIS_STATUS status) = 0;

  // --- events
  // FilterStatus. The indication is up when this returns.
  virtual void indicate_status(NDIS_STATUS_INDICATION& status) = 0;
  // FilterNetPnPEvent; PASSIVE_LEVEL.
  virtual NDIS_STATUS net_pnp_event(NET_PNP_EVENT_NOTIFICATION& event) = 0;

  // At the end of a scenario, when nothing is under way: a violation if the driver still has a list
  // of the host's (51) or has not ended a request (20).
  virtual void check_quiescent() = 0;

  // --- the account: lists that were given to the driver and have not come back; lists of its own
  // that are below.
  virtual std::size_t held_count() const = 0;
  virtual std::size_t originated_count() const = 0;

 protected:
  ~FilterModule() = default;
};

}  // namespace ovs::emulator

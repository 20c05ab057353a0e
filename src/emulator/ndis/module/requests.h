// OID requests as NDIS keeps them: the host's, in the driver's hands, and clones.
#pragma once
#include <string>
#include <vector>

#include "emulator/ndis/filter_module.h"

namespace ovs::emulator {

class Module;

// What the answerer of a request fills.
struct OidAnswer {
  NDIS_STATUS status = NDIS_STATUS_PENDING;
  UINT bytes_out = 0, bytes_in = 0, bytes_needed = 0;  // written, read, needed
  UCHAR supported_revision = 0;
};
OidAnswer answer_of(const NDIS_OID_REQUEST& request, NDIS_STATUS status);
bool is_set(const NDIS_OID_REQUEST& request);
NDIS_OID oid_of(const NDIS_OID_REQUEST& request);
bool is_switch_oid(NDIS_OID oid);
// Of the information buffer, without what a driver may change in it; 0 for none.
std::uint64_t hash_of_buffer(const NDIS_OID_REQUEST& request);

enum class FlightState { InHandler, Pended };
// A request that the host has given to the driver.
struct Flight {
  NDIS_OID_REQUEST* original = nullptr;
  OidDone done;
  FlightState state = FlightState::InHandler;
  bool is_complete = false;  // by NdisFOidRequestComplete inside the handler
  bool was_forwarded = false;
  bool is_cancelled = false;
  std::uint64_t buffer_hash = 0;  // as it has to be when the request ends
  ULONG mtu = 0;                  // of a NIC that is being created: it may be lowered
  OidAnswer answer;               // of the clone
};

enum class CloneOwner { Driver, Below };
struct OidClone {
  NDIS_OID_REQUEST request;
  NDIS_OID_REQUEST* original = nullptr;
  Module* module = nullptr;
  CloneOwner owner = CloneOwner::Driver;
};
// Null: no clone that lives.
OidClone* find_clone(const NDIS_OID_REQUEST* request);
// The clones that a module has not freed, in words; empty: none.
std::string live_clones_of(const Module& module);

}  // namespace ovs::emulator

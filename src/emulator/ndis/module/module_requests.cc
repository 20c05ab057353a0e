// OID requests through a module (rules 16, 19 to 25, 37).
#include <algorithm>
#include <memory>

#include "emulator/ndis/imports.h"
#include "emulator/ndis/module/filter_driver.h"
#include "emulator/ndis/module/module.h"
#include "emulator/ndis/module/requests.h"
#include "emulator/ndis/module/stack.h"

namespace ovs::emulator {
namespace {

std::string name_of(const NDIS_OID_REQUEST& request) {
  return "OID " + hex(std::uint64_t{oid_of(request)});
}
std::string text_of_status(NDIS_STATUS status) {
  return hex(std::uint64_t{static_cast<ULONG>(status)});
}
bool same_counts(const OidAnswer& a, const OidAnswer& b) {
  return a.bytes_out == b.bytes_out && a.bytes_in == b.bytes_in &&
         a.bytes_needed == b.bytes_needed && a.supported_revision == b.supported_revision;
}

// The MTU of a NIC that is being created and may be given a lower one; 0: of no other.
ULONG mtu_of(const NDIS_OID_REQUEST& request) {
  const auto& set = request.DATA.SET_INFORMATION;
  if (set.Oid != OID_SWITCH_NIC_CREATE ||
      set.InformationBufferLength < NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_1) {
    return 0;
  }
  return static_cast<const NDIS_SWITCH_NIC_PARAMETERS*>(set.InformationBuffer)->MTU;
}
bool may_lower_mtu(const NDIS_OID_REQUEST& request) {
  const auto* nic = static_cast<const NDIS_SWITCH_NIC_PARAMETERS*>(
      request.DATA.SET_INFORMATION.InformationBuffer);
  return (nic->Flags & NDIS_SWITCH_NIC_FLAGS_NIC_INITIALIZING) != 0;
}

void check_buffer(const Flight& flight, const char* when) {
  const NDIS_OID_REQUEST& request = *flight.original;
  if (hash_of_buffer(request) != flight.buffer_hash) {
    violate(25, name_of(request) + ": the buffer was changed " + when);
  }
  const ULONG mtu = mtu_of(request);
  const bool is_lower = mtu < flight.mtu && mtu != 0 && may_lower_mtu(request);
  if (mtu != flight.mtu && !is_lower) {
    violate(25, name_of(request) + ": the MTU was changed from " + std::to_string(flight.mtu) +
                    " to " + std::to_string(mtu));
  }
}

}  // namespace

// ---- from the host ----
void Module::start_oid(NDIS_OID_REQUEST& request, OidDone done) {
  ndis_.kernel().take(is_requesting_);
  auto flight = std::make_unique<Flight>();
  flight->original = &request;
  flight->done = std::move(done);
  flight->buffer_hash = hash_of_buffer(request);
  flight->mtu = mtu_of(request);
  {
    const std::lock_guard lock(requests_mutex_);
    flights_[&request] = std::move(flight);
  }
  run_request(request);
}

void Module::run_request(NDIS_OID_REQUEST& request) {
  if (how().OidRequestHandler == nullptr) {
    const NDIS_STATUS answer = edge().oid_request(*this, &request);
    if (answer != NDIS_STATUS_PENDING) finish(&request, answer, "the edge");
    return;
  }
  const NDIS_STATUS status =
      call_driver("FilterOidRequest", how().OidRequestHandler, context_, &request);
  bool is_complete = false;
  {
    const std::lock_guard lock(requests_mutex_);
    Flight& flight = *flights_.find(&request)->second;
    is_complete = flight.is_complete;
    if (status != NDIS_STATUS_PENDING && !is_complete) check_answer(flight, status);
    flight.state = FlightState::Pended;
  }
  if (status == NDIS_STATUS_PENDING) {
    if (is_complete) finish(&request, NDIS_STATUS_PENDING, "NdisFOidRequestComplete");
    return;
  }
  if (is_complete) {
    violate(20, name_of(request) + ": completed, and FilterOidRequest returns " +
                    text_of_status(status) + " besides");
  }
  finish(&request, status, "FilterOidRequest");
}

NDIS_STATUS Module::oid_request(NDIS_OID_REQUEST& request) {
  std::optional<NDIS_STATUS> end;
  start_oid(request, [&](NDIS_OID_REQUEST&, NDIS_STATUS status) {
    ndis_.kernel().change([&] { end = status; });
  });
  ndis_.kernel().wait_until([&] { return end.has_value(); });
  return *end;
}

// The request ends: `how` says by whom. Inside the handler's call its end waits for the return.
void Module::finish(NDIS_OID_REQUEST* original, NDIS_STATUS status, const char* how_ended) {
  std::unique_ptr<Flight> flight;
  {
    const std::lock_guard lock(requests_mutex_);
    const auto found = flights_.find(original);
    if (found == flights_.end()) {
      violate(20, std::string(how_ended) + ": " + hex(original) + " is not under way");
    }
    flight = std::move(found->second);
    flights_.erase(found);
  }
  if (!flight->is_complete) flight->answer.status = status;
  const NDIS_STATUS final = flight->answer.status;
  ndis_.kernel().change([&] { is_requesting_ = false; });
  flight->done(*original, final);
}

void Module::check_answer(Flight& flight, NDIS_STATUS status) {
  NDIS_OID_REQUEST& request = *flight.original;
  const OidAnswer given = answer_of(request, status);
  if (flight.was_forwarded) {
    check_buffer(flight, "on its way up");
    if (!same_counts(given, flight.answer)) {
      violate(22, name_of(request) + ": the clone's counts or supported revision are not copied");
    }
    return;
  }
  if (is_set(request) && status == NDIS_STATUS_SUCCESS && request.SupportedRevision == 0) {
    violate(22, name_of(request) + ": a set that the driver serves, without a supported revision");
  }
  const bool is_refusal = status == NDIS_STATUS_PAUSED || status == NDIS_STATUS_INVALID_STATE ||
                          status == NDIS_STATUS_FAILURE ||
                          (status == NDIS_STATUS_REQUEST_ABORTED && !flight.is_cancelled);
  if (state_ != ModuleState::Running && is_refusal) {
    violate(16, name_of(request) + " in " + text_of(state()) + ": ended with " +
                    text_of_status(status) + ", and not passed on");
  }
}

void Module::cancel_oid(void* request_id) {
  NDIS_OID_REQUEST* pending = nullptr;
  {
    const std::lock_guard lock(requests_mutex_);
    for (auto& [request, flight] : flights_) {
      if (request->RequestId != request_id || flight->state != FlightState::Pended) continue;
      flight->is_cancelled = true;
      pending = request;
    }
    cancelled_requests_.clear();
  }
  if (how().CancelOidRequestHandler == nullptr) return;
  call_driver("FilterCancelOidRequest", how().CancelOidRequestHandler, context_, request_id);
  const std::lock_guard lock(requests_mutex_);
  const auto found = flights_.find(pending);
  if (pending == nullptr || found == flights_.end()) return;
  const bool was_passed = !cancelled_requests_.empty();
  // What came back from below meanwhile is about to end.
  const Flight& flight = *found->second;
  const bool is_ending = flight.was_forwarded && flight.answer.status != NDIS_STATUS_PENDING;
  if (!was_passed && !is_ending) {
    violate(24, name_of(*pending) +
                    ": FilterCancelOidRequest neither passes the cancel on nor ends "
                    "the request");
  }
}

// ---- from the driver ----
void Module::check_own_request(const NDIS_OID_REQUEST& request) {
  if (request.Header.Type != NDIS_OBJECT_TYPE_OID_REQUEST) {
    violate(37, "NdisFOidRequest: " + hex(&request) + " is no OID request");
  }
  // Every kind of request begins with the OID and the buffer.
  check_not_on_stack(request.DATA.QUERY_INFORMATION.InformationBuffer, "the buffer of a request");
  if (!was_restarted_) violate(37, "NdisFOidRequest of its own before Restarting");
  if (is_set(request) && is_switch_oid(oid_of(request))) {
    violate(37, "NdisFOidRequest of its own: a set of the switch, " + name_of(request));
  }
}

NDIS_STATUS Module::driver_requests(NDIS_OID_REQUEST* request) {
  check_may_act("NdisFOidRequest");
  OidClone* clone = find_clone(request);
  {
    const std::lock_guard lock(requests_mutex_);
    ids_below_.insert(request->RequestId);
    if (flights_.count(request) != 0) {
      violate(19, "NdisFOidRequest: the host's own request, not a clone: " + name_of(*request));
    }
    if (clone == nullptr && !own_requests_.insert(request).second) {
      violate(20, "NdisFOidRequest: a request that is under way: " + name_of(*request));
    }
  }
  if (clone == nullptr) {
    check_own_request(*request);
  } else {
    if (clone->module != this) violate(106, "NdisFOidRequest: another module's clone");
    if (clone->owner != CloneOwner::Driver) violate(21, "NdisFOidRequest: the clone is below");
    clone->owner = CloneOwner::Below;
    const std::lock_guard lock(requests_mutex_);
    const auto found = flights_.find(clone->original);
    if (found == flights_.end()) violate(21, "NdisFOidRequest: the clone's original has ended");
    check_buffer(*found->second, "on its way down");
    found->second->was_forwarded = true;
  }
  return pass_down(request, clone);
}

NDIS_STATUS Module::pass_down(NDIS_OID_REQUEST* request, OidClone* clone) {
  const bool completes_inside = ndis_.mixes_answers() && ndis_.chance(2) &&
                                (clone != nullptr || how().OidRequestCompleteHandler != nullptr);
  const NDIS_STATUS status = edge().oid_request(*this, request);
  if (status == NDIS_STATUS_PENDING) return status;
  if (completes_inside) {
    oid_complete(request, status);
    return NDIS_STATUS_PENDING;
  }
  note_answer(request, status);
  return status;
}

// The answer has come from below: the driver has its request again.
void Module::note_answer(NDIS_OID_REQUEST* request, NDIS_STATUS status) {
  OidClone* clone = find_clone(request);
  const std::lock_guard lock(requests_mutex_);
  if (clone == nullptr) {
    own_requests_.erase(request);
    return;
  }
  clone->owner = CloneOwner::Driver;
  const auto found = flights_.find(clone->original);
  if (found == flights_.end()) return;
  found->second->answer = answer_of(*request, status);
  found->second->buffer_hash = hash_of_buffer(*clone->original);
  found->second->mtu = mtu_of(*clone->original);
}

void Module::oid_complete(NDIS_OID_REQUEST* request, NDIS_STATUS status) {
  bool is_hosts = false;
  {
    const std::lock_guard lock(requests_mutex_);
    is_hosts = flights_.count(request) != 0;
  }
  if (is_hosts) return finish(request, status, "the edge");
  note_answer(request, status);
  if (how().OidRequestCompleteHandler == nullptr) {
    violate(3, "no request-complete handler for " + name_of(*request));
  }
  call_driver("FilterOidRequestComplete", how().OidRequestCompleteHandler, context_, request,
              status);
}

void Module::driver_completes_request(NDIS_OID_REQUEST* request, NDIS_STATUS status) {
  const char* const call = "NdisFOidRequestComplete";
  if (find_clone(request) != nullptr) violate(23, std::string(call) + ": a clone, not the host's");
  if (status == NDIS_STATUS_PENDING) violate(20, std::string(call) + ": with a status of pending");
  bool is_in_handler = false;
  {
    const std::lock_guard lock(requests_mutex_);
    if (own_requests_.count(request) != 0) violate(23, std::string(call) + ": the driver's own");
    const auto found = flights_.find(request);
    if (found == flights_.end() || found->second->is_complete) {
      violate(20, std::string(call) + ": " + hex(request) + " is not pending");
    }
    Flight& flight = *found->second;
    check_answer(flight, status);
    flight.is_complete = true;
    flight.answer.status = status;
    is_in_handler = flight.state == FlightState::InHandler;
  }
  if (!is_in_handler) finish(request, status, call);
}

void Module::driver_cancels_request(void* request_id) {
  {
    const std::lock_guard lock(requests_mutex_);
    // A cancel may overtake the request on its way through the driver: then it is too early.
    const bool is_on_its_way = std::any_of(flights_.begin(), flights_.end(), [&](const auto& each) {
      return each.first->RequestId == request_id;
    });
    if (!is_on_its_way && ids_below_.count(request_id) == 0) {
      violate(24, "NdisFCancelOidRequest: no request below ever had the id " + hex(request_id));
    }
    cancelled_requests_.push_back(request_id);
  }
  edge().cancel_oid(*this, request_id);
}

namespace {

NDIS_STATUS oid_request(NDIS_HANDLE handle, PNDIS_OID_REQUEST request) {
  return module_of(handle, "NdisFOidRequest").driver_requests(request);
}
void oid_request_complete(NDIS_HANDLE handle, PNDIS_OID_REQUEST request, NDIS_STATUS status) {
  module_of(handle, "NdisFOidRequestComplete").driver_completes_request(request, status);
}
void cancel_oid_request(NDIS_HANDLE handle, PVOID request_id) {
  module_of(handle, "NdisFCancelOidRequest").driver_cancels_request(request_id);
}

}  // namespace

void add_request_functions(Exports& exports) {
  add_clone_request_functions(exports);
  OVS_NDIS_EXPORT(exports, oid_request, NdisFOidRequest, kUpToDispatch, SpinLocks::None);
  OVS_NDIS_EXPORT(exports, oid_request_complete, NdisFOidRequestComplete, kUpToDispatch,
                  SpinLocks::None);
  OVS_NDIS_EXPORT(exports, cancel_oid_request, NdisFCancelOidRequest, kUpToDispatch,
                  SpinLocks::None);
}

}  // namespace ovs::emulator

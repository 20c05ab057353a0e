// OID requests, status and events through a module: a driver that loses, doubles or alters one is
// caught.
#include "emulator/ndis/rig_test.h"

namespace ovs::emulator::test {
namespace {

NDIS_STATUS send_down(NDIS_OID_REQUEST* request) {
  return OVS_IMPORTED(NdisFOidRequest)(Rig::current().handle, request);
}
void complete(NDIS_OID_REQUEST* request, NDIS_STATUS status) {
  OVS_IMPORTED(NdisFOidRequestComplete)(Rig::current().handle, request, status);
}
void free_clone(NDIS_OID_REQUEST* clone) {
  OVS_IMPORTED(NdisFreeCloneOidRequest)(Rig::current().handle, clone);
}

// A request of the switch's through a driver with that handler.
NDIS_STATUS ask_through(FILTER_OID_REQUEST* handler, NDIS_OID oid = OID_SWITCH_PORT_CREATE,
                        std::size_t size = 16) {
  Rig rig;
  rig.how.OidRequestHandler = handler;
  rig.start();
  return rig.ask(oid, NdisRequestSetInformation, size);
}

TEST_CASE("Ndis: a request is cloned, goes down and comes back, now and later") {
  for (const Answers answers : {Answers::Prompt, Answers::Mixed}) {
    Rig rig;
    rig.ndis->set_answers(answers);
    rig.start();
    for (int i = 0; i < 20; ++i) {
      CHECK(rig.ask(OID_SWITCH_PORT_CREATE) == NDIS_STATUS_SUCCESS);
      CHECK(rig.request.SupportedRevision == 1);
    }
    CHECK(rig.edge.requests.size() == 20);
  }
}
TEST_CASE("Ndis: a request that is pended below ends when the edge says") {
  Rig rig;
  rig.start();
  rig.edge.oid_answer = NDIS_STATUS_PENDING;
  NDIS_STATUS end = NDIS_STATUS_PENDING;
  rig.request.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1};
  rig.request.DATA.QUERY_INFORMATION.Oid = OID_SWITCH_PARAMETERS;
  rig.module().start_oid(rig.request, [&](NDIS_OID_REQUEST&, NDIS_STATUS status) { end = status; });
  CHECK(end == NDIS_STATUS_PENDING);
  rig.module().oid_complete(rig.edge.requests.at(0), NDIS_STATUS_BUFFER_TOO_SHORT);
  CHECK(end == NDIS_STATUS_BUFFER_TOO_SHORT);
}

NDIS_STATUS NTAPI fail_when_paused(NDIS_HANDLE, PNDIS_OID_REQUEST) {
  return NDIS_STATUS_PAUSED;
}
TEST_CASE("16 FilterOidRequest: a request that fails because the module is paused is found") {
  CHECK(expect_violation(16, [] {
          Rig rig;
          rig.how.OidRequestHandler = fail_when_paused;
          rig.start();
          rig.module().pause();
          rig.ask(OID_SWITCH_NIC_CONNECT);
        }) == "");
}

NDIS_STATUS NTAPI send_original(NDIS_HANDLE, PNDIS_OID_REQUEST request) {
  return send_down(request);
}
TEST_CASE("19 NdisFOidRequest: the host's own request that is sent down is found") {
  CHECK(expect_violation(19, [] { ask_through(send_original); }) == "");
}

NDIS_STATUS NTAPI complete_and_return(NDIS_HANDLE, PNDIS_OID_REQUEST request) {
  request->SupportedRevision = 1;
  complete(request, NDIS_STATUS_SUCCESS);
  return NDIS_STATUS_SUCCESS;
}
NDIS_STATUS NTAPI complete_twice(NDIS_HANDLE, PNDIS_OID_REQUEST request) {
  request->SupportedRevision = 1;
  complete(request, NDIS_STATUS_SUCCESS);
  complete(request, NDIS_STATUS_SUCCESS);
  return NDIS_STATUS_PENDING;
}
NDIS_STATUS NTAPI never_complete(NDIS_HANDLE, PNDIS_OID_REQUEST) {
  return NDIS_STATUS_PENDING;
}
TEST_CASE("20 FilterOidRequest: a completion and a final status besides are found") {
  CHECK(expect_violation(20, [] { ask_through(complete_and_return); }) == "");
}
TEST_CASE("20 FilterOidRequest: two completions are found") {
  CHECK(expect_violation(20, [] { ask_through(complete_twice); }) == "");
}
TEST_CASE("20 FilterOidRequest: a request that never ends is found") {
  CHECK(expect_violation(
            20,
            [] {
              Rig rig;
              rig.how.OidRequestHandler = never_complete;
              rig.start();
              NDIS_OID_REQUEST request = {};
              rig.module().start_oid(request, [](NDIS_OID_REQUEST&, NDIS_STATUS) {});
              rig.module().check_quiescent();
            },
            ") has not ended a request") == "");
}

NDIS_STATUS NTAPI leak_clone(NDIS_HANDLE, PNDIS_OID_REQUEST request) {
  clone_of(request);
  return NDIS_STATUS_DATA_NOT_ACCEPTED;
}
NDIS_STATUS NTAPI free_twice(NDIS_HANDLE, PNDIS_OID_REQUEST request) {
  NDIS_OID_REQUEST* clone = clone_of(request);
  free_clone(clone);
  free_clone(clone);
  return NDIS_STATUS_DATA_NOT_ACCEPTED;
}
NDIS_STATUS NTAPI free_below(NDIS_HANDLE, PNDIS_OID_REQUEST request) {
  Rig::current().edge.oid_answer = NDIS_STATUS_PENDING;
  NDIS_OID_REQUEST* clone = clone_of(request);
  send_down(clone);
  free_clone(clone);
  return NDIS_STATUS_PENDING;
}
TEST_CASE("21 NdisFreeCloneOidRequest: a clone that is not freed is found") {
  CHECK(expect_violation(21, [] { ask_through(leak_clone); }) == "");
}
TEST_CASE("21 NdisFreeCloneOidRequest: a clone that is freed twice is found") {
  CHECK(expect_violation(21, [] { ask_through(free_twice); }) == "");
}
TEST_CASE("21 NdisFreeCloneOidRequest: a clone that is freed while it is below is found") {
  CHECK(expect_violation(21, [] { ask_through(free_below); }) == "");
}

NDIS_STATUS NTAPI copy_nothing(NDIS_HANDLE, PNDIS_OID_REQUEST request) {
  NDIS_OID_REQUEST* clone = clone_of(request);
  const NDIS_STATUS status = send_down(clone);
  free_clone(clone);
  return status;
}
NDIS_STATUS NTAPI serve_without_revision(NDIS_HANDLE, PNDIS_OID_REQUEST) {
  return NDIS_STATUS_SUCCESS;
}
TEST_CASE("22 FilterOidRequest: counts of the clone that are not copied are found") {
  CHECK(expect_violation(22, [] { ask_through(copy_nothing); }) == "");
}
TEST_CASE("22 FilterOidRequest: a set that is served without a supported revision is found") {
  CHECK(expect_violation(
            22, [] { ask_through(serve_without_revision, OID_SWITCH_PROPERTY_ADD); }) == "");
}

NDIS_STATUS NTAPI complete_clone(NDIS_HANDLE, PNDIS_OID_REQUEST request) {
  complete(clone_of(request), NDIS_STATUS_SUCCESS);
  return NDIS_STATUS_PENDING;
}
TEST_CASE("23 NdisFOidRequestComplete: a clone that is completed up is found") {
  CHECK(expect_violation(23, [] { ask_through(complete_clone); }) == "");
}

// ---- cancelling ----
VOID NTAPI ignore_cancel(NDIS_HANDLE, PVOID) {}
VOID NTAPI cancel_another(NDIS_HANDLE, PVOID) {
  OVS_IMPORTED(NdisFCancelOidRequest)(Rig::current().handle, &Rig::current());
}
void cancel_through(FILTER_CANCEL_OID_REQUEST* handler) {
  Rig rig;
  if (handler != nullptr) rig.how.CancelOidRequestHandler = handler;
  rig.start();
  rig.edge.oid_answer = NDIS_STATUS_PENDING;
  NDIS_STATUS end = NDIS_STATUS_PENDING;
  NDIS_OID_REQUEST request = {};
  request.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1};
  request.RequestId = &request;
  rig.module().start_oid(request, [&](NDIS_OID_REQUEST&, NDIS_STATUS status) { end = status; });
  rig.module().cancel_oid(&request);
  CHECK(rig.edge.cancelled == std::vector<void*>{&request});
  rig.module().oid_complete(rig.edge.requests.at(0), NDIS_STATUS_REQUEST_ABORTED);
  CHECK(end == NDIS_STATUS_REQUEST_ABORTED);
}
TEST_CASE("24 FilterCancelOidRequest: a cancel that is not passed on is found") {
  CHECK(expect_violation(24, [] { cancel_through(ignore_cancel); }) == "");
}
TEST_CASE("24 FilterCancelOidRequest: another id is found") {
  CHECK(expect_violation(24, [] { cancel_through(cancel_another); }) == "");
}
TEST_CASE("24 FilterCancelOidRequest: a right driver passes") {
  cancel_through(nullptr);
}

// ---- buffers ----
NDIS_STATUS NTAPI change_and_pass(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
  static_cast<PUCHAR>(request->DATA.SET_INFORMATION.InformationBuffer)[3] = 0;
  return pass_request(context, request);
}
NDIS_STATUS NTAPI pass_and_change(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
  const NDIS_STATUS status = pass_request(context, request);
  static_cast<PUCHAR>(request->DATA.SET_INFORMATION.InformationBuffer)[3] = 0;
  return status;
}
NDIS_STATUS NTAPI raise_mtu(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
  ++static_cast<PNDIS_SWITCH_NIC_PARAMETERS>(request->DATA.SET_INFORMATION.InformationBuffer)->MTU;
  return pass_request(context, request);
}
NDIS_STATUS NTAPI lower_mtu(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
  --static_cast<PNDIS_SWITCH_NIC_PARAMETERS>(request->DATA.SET_INFORMATION.InformationBuffer)->MTU;
  return pass_request(context, request);
}
TEST_CASE("25 FilterOidRequest: a buffer that is changed on its way down is found") {
  CHECK(expect_violation(25, [] { ask_through(change_and_pass); }) == "");
}
TEST_CASE("25 FilterOidRequest: a buffer that is changed on its way up is found") {
  CHECK(expect_violation(25, [] { ask_through(pass_and_change); }) == "");
}
TEST_CASE("25 FilterOidRequest: a NIC's MTU that is raised is found, one that is lowered is not") {
  constexpr std::size_t kSize = NDIS_SIZEOF_NDIS_SWITCH_NIC_PARAMETERS_REVISION_2;
  CHECK(expect_violation(25, [] { ask_through(raise_mtu, OID_SWITCH_NIC_CREATE, kSize); }) == "");
  CHECK(ask_through(lower_mtu, OID_SWITCH_NIC_CREATE, kSize) == NDIS_STATUS_SUCCESS);
}

// ---- the driver's own ----
NDIS_OID_REQUEST own = {};
NDIS_STATUS ask_own(NDIS_REQUEST_TYPE type, void* buffer = nullptr) {
  own = {};
  own.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1};
  own.RequestType = type;
  own.DATA.QUERY_INFORMATION.Oid = OID_SWITCH_PORT_ARRAY;
  own.DATA.QUERY_INFORMATION.InformationBuffer = buffer;
  return send_down(&own);
}
NDIS_STATUS NTAPI restart_and_set(NDIS_HANDLE, PNDIS_FILTER_RESTART_PARAMETERS) {
  return ask_own(NdisRequestSetInformation);
}
NDIS_STATUS NTAPI restart_and_query(NDIS_HANDLE, PNDIS_FILTER_RESTART_PARAMETERS) {
  return ask_own(NdisRequestQueryInformation);
}
TEST_CASE("37 NdisFOidRequest: a set of the switch's that the driver makes itself is found") {
  CHECK(expect_violation(37, [] {
          Rig rig;
          rig.how.RestartHandler = restart_and_set;
          rig.start();
        }) == "");
}
NDIS_STATUS NTAPI restart_and_query_into_the_stack(NDIS_HANDLE, PNDIS_FILTER_RESTART_PARAMETERS) {
  char room[64];
  return ask_own(NdisRequestQueryInformation, room);
}
TEST_CASE("37, 88 NdisFOidRequest: a buffer that lies on a stack is found") {
  CHECK(expect_violation(
            88,
            [] {
              Rig rig;
              rig.how.RestartHandler = restart_and_query_into_the_stack;
              rig.start();
            },
            "lies on a stack") == "");
}
TEST_CASE("37 NdisFOidRequest: a query of the driver's own is answered") {
  Rig rig;
  rig.how.RestartHandler = restart_and_query;
  rig.start();
  CHECK(rig.edge.requests == std::vector<NDIS_OID_REQUEST*>{&own});
  CHECK(rig.module().state() == ModuleState::Running);
}

// ---- events and status ----
NDIS_STATUS NTAPI swallow_event(NDIS_HANDLE, PNET_PNP_EVENT_NOTIFICATION) {
  return NDIS_STATUS_SUCCESS;
}
NDIS_STATUS NTAPI answer_otherwise(NDIS_HANDLE, PNET_PNP_EVENT_NOTIFICATION event) {
  OVS_IMPORTED(NdisFNetPnPEvent)(Rig::current().handle, event);
  return NDIS_STATUS_SUCCESS;
}
NDIS_STATUS event_through(FILTER_NET_PNP_EVENT* handler) {
  Rig rig;
  if (handler != nullptr) rig.how.NetPnPEventHandler = handler;
  rig.edge.pnp_answer = NDIS_STATUS_FAILURE;
  rig.start();
  NET_PNP_EVENT_NOTIFICATION event = {};
  event.NetPnPEvent.NetEvent = NetEventSwitchActivate;
  return rig.module().net_pnp_event(event);
}
TEST_CASE("18 FilterNetPnPEvent: an event that is swallowed is found") {
  CHECK(expect_violation(18, [] { event_through(swallow_event); }) == "");
}
TEST_CASE("18 FilterNetPnPEvent: another status than the lower one is found") {
  CHECK(expect_violation(18, [] { event_through(answer_otherwise); }) == "");
}
TEST_CASE("18 FilterNetPnPEvent: a right driver passes") {
  CHECK(event_through(nullptr) == NDIS_STATUS_FAILURE);
}

VOID NTAPI swallow_status(NDIS_HANDLE, PNDIS_STATUS_INDICATION) {}
VOID NTAPI alter_status(NDIS_HANDLE, PNDIS_STATUS_INDICATION status) {
  static_cast<PUCHAR>(status->StatusBuffer)[0] ^= 1;
  OVS_IMPORTED(NdisFIndicateStatus)(Rig::current().handle, status);
}
void status_through(FILTER_STATUS* handler) {
  Rig rig;
  if (handler != nullptr) rig.how.StatusHandler = handler;
  rig.start();
  unsigned char bytes[8] = {};
  NDIS_STATUS_INDICATION status = {};
  status.Header = {NDIS_OBJECT_TYPE_STATUS_INDICATION, 1, NDIS_SIZEOF_STATUS_INDICATION_REVISION_1};
  status.StatusCode = NDIS_STATUS_SWITCH_NIC_STATUS;
  status.StatusBuffer = bytes;
  status.StatusBufferSize = sizeof bytes;
  rig.module().indicate_status(status);
  CHECK(rig.edge.statuses == std::vector<NDIS_STATUS>{NDIS_STATUS_SWITCH_NIC_STATUS});
}
TEST_CASE("36 FilterStatus: a status that is swallowed is found") {
  CHECK(expect_violation(36, [] { status_through(swallow_status); }) == "");
}
TEST_CASE("36 FilterStatus: a status that is altered is found") {
  CHECK(expect_violation(36, [] { status_through(alter_status); }) == "");
}
TEST_CASE("36 FilterStatus: a right driver passes") {
  status_through(nullptr);
}
NDIS_STATUS NTAPI attach_and_indicate(NDIS_HANDLE handle, NDIS_HANDLE,
                                      PNDIS_FILTER_ATTACH_PARAMETERS) {
  NDIS_STATUS_INDICATION status = {};
  status.Header.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
  OVS_IMPORTED(NdisFIndicateStatus)(handle, &status);
  return NDIS_STATUS_FAILURE;
}
TEST_CASE("10 FilterAttach: a status from a module in Attaching is found") {
  CHECK(expect_violation(10, [] {
          Rig rig;
          rig.how.AttachHandler = attach_and_indicate;
          rig.start();
        }) == "");
}
TEST_CASE("16 FilterOidRequest: requests and status pass while the module is paused") {
  Rig rig;
  rig.start();
  rig.module().pause();
  CHECK(rig.ask(OID_SWITCH_NIC_CONNECT) == NDIS_STATUS_SUCCESS);
  NDIS_STATUS_INDICATION status = {};
  status.Header.Type = NDIS_OBJECT_TYPE_STATUS_INDICATION;
  rig.module().indicate_status(status);
  CHECK(rig.edge.statuses.size() == 1);
}

}  // namespace
}  // namespace ovs::emulator::test

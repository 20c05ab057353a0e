// A driver's registration and a module's states: what is right passes, what is wrong is caught.
#include "emulator/ndis/rig_test.h"
#include "emulator/nt/driver.h"

namespace ovs::emulator::test {
namespace {

constexpr UINT kVersions[] = {0x6001e, 0x60028, 0x60032, 0x6003c, 0x60050, 0x60052, 0x60055};

TEST_CASE("Ndis: a right driver attaches, restarts, passes packets, pauses and detaches") {
  for (const UINT version : kVersions) {
    CAPTURE(version);
    Rig rig(version);
    REQUIRE(rig.start() == NDIS_STATUS_SUCCESS);
    CHECK(rig.module().state() == ModuleState::Running);
    rig.send(rig.list(2));
    CHECK(rig.edge.frames.size() == 2);
    CHECK(rig.edge.ends == std::vector<NDIS_STATUS>{NDIS_STATUS_SUCCESS});
    rig.module().pause();
    CHECK(rig.module().state() == ModuleState::Paused);
    CHECK(rig.module().restart() == NDIS_STATUS_SUCCESS);
    rig.stop();
    CHECK(rig.stack->module() == nullptr);
    CHECK(rig.edge.states.back() == ModuleState::Detached);
  }
}

TEST_CASE("2 NdisFRegisterFilterDriver: a revision that does not fit the version is refused") {
  for (const UINT version : kVersions) {
    CAPTURE(version);
    Rig rig(version);
    rig.how.Header.Revision = rig.how.Header.Revision == 2 ? 3 : 2;
    CHECK(rig.start() == NDIS_STATUS_BAD_CHARACTERISTICS);
    CHECK(rig.stack->module() == nullptr);
  }
}
TEST_CASE("2 NdisFRegisterFilterDriver: a version above the host's is refused") {
  Rig rig(0x6001e);
  rig.how.MinorNdisVersion = 40;
  CHECK(rig.start() == NDIS_STATUS_BAD_VERSION);
}

TEST_CASE("3 NdisFRegisterFilterDriver: a driver that cannot be paused is refused") {
  Rig rig;
  rig.how.PauseHandler = nullptr;
  CHECK(rig.start() == NDIS_STATUS_BAD_CHARACTERISTICS);
}
TEST_CASE("3 NdisFRegisterFilterDriver: a send handler without a send-complete handler is found") {
  CHECK(expect_violation(3, [] {
          Rig rig;
          rig.how.SendNetBufferListsCompleteHandler = nullptr;
          rig.start();
        }) == "");
}

NDIS_STATUS NTAPI attach_with_the_drivers_handle(NDIS_HANDLE handle, NDIS_HANDLE,
                                                 PNDIS_FILTER_ATTACH_PARAMETERS) {
  OVS_IMPORTED(NdisAllocateMdl)(Rig::current().driver, Rig::current().buffer.data(), 16);
  return set_attributes(handle);
}
TEST_CASE("4 NdisFRegisterFilterDriver: a handle that is used before it is written is found") {
  CHECK(expect_violation(
            4,
            [] {
              Rig rig;
              rig.how.AttachHandler = attach_with_the_drivers_handle;
              rig.start();
            },
            "not written yet") == "");
}

TEST_CASE("5 NdisFRegisterFilterDriver: a service name that is not the INF's is found") {
  CHECK(expect_violation(5, [] {
          Rig rig;
          rig.how.ServiceName.Length -= 2;
          rig.start();
        }) == "");
}

NTSTATUS NTAPI register_and_fail(PDRIVER_OBJECT object, PUNICODE_STRING) {
  Rig& rig = Rig::current();
  OVS_IMPORTED(NdisFRegisterFilterDriver)(object, &rig, &rig.how, &rig.driver);
  return STATUS_INSUFFICIENT_RESOURCES;
}
TEST_CASE("7 DriverEntry: a filter driver that stays registered after a failure is found") {
  CHECK(expect_violation(
            7,
            [] {
              Rig rig;
              const StartedDriver started(register_and_fail);
            },
            "filter driver") == "");
}

TEST_CASE("8 DriverUnload: a filter driver that stays registered is listed") {
  Rig rig;
  REQUIRE(rig.start() == NDIS_STATUS_SUCCESS);
  CHECK(rig.kernel.live_objects().count("filter driver") == 1);
  rig.stop();
  CHECK(rig.kernel.live_objects().count("filter driver") == 0);
}
TEST_CASE("8 DriverUnload: a pool that is not freed is found") {
  CHECK(expect_violation(
            8,
            [] {
              Rig rig;
              rig.start();
              rig.handle = rig.driver;
              make_list_pool();
              rig.stop();
              rig.kernel.check_nothing_left(8, "DriverUnload");
            },
            "NDIS pool") == "");
}

// ---- attach ----
NDIS_STATUS NTAPI attach_without_attributes(NDIS_HANDLE, NDIS_HANDLE,
                                            PNDIS_FILTER_ATTACH_PARAMETERS) {
  return NDIS_STATUS_SUCCESS;
}
NDIS_STATUS NTAPI attach_twice(NDIS_HANDLE handle, NDIS_HANDLE, PNDIS_FILTER_ATTACH_PARAMETERS) {
  set_attributes(handle);
  return set_attributes(handle);
}
TEST_CASE("9 FilterAttach: success without NdisFSetAttributes is found") {
  CHECK(expect_violation(9, [] {
          Rig rig;
          rig.how.AttachHandler = attach_without_attributes;
          rig.start();
        }) == "");
}
TEST_CASE("9 FilterAttach: a second NdisFSetAttributes is found") {
  CHECK(expect_violation(
            9,
            [] {
              Rig rig;
              rig.how.AttachHandler = attach_twice;
              rig.start();
            },
            "second time") == "");
}

NDIS_STATUS NTAPI attach_and_ask(NDIS_HANDLE handle, NDIS_HANDLE, PNDIS_FILTER_ATTACH_PARAMETERS) {
  NDIS_OID_REQUEST& request = Rig::current().request;
  request.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, 1, NDIS_SIZEOF_OID_REQUEST_REVISION_1};
  request.DATA.QUERY_INFORMATION.Oid = OID_SWITCH_PARAMETERS;
  return OVS_IMPORTED(NdisFOidRequest)(handle, &request);
}
TEST_CASE("10 FilterAttach: a request from a module in Attaching is found") {
  CHECK(expect_violation(10, [] {
          Rig rig;
          rig.how.AttachHandler = attach_and_ask;
          rig.start();
        }) == "");
}

NDIS_STATUS NTAPI attach_with_old_header(NDIS_HANDLE handle, NDIS_HANDLE,
                                         PNDIS_FILTER_ATTACH_PARAMETERS) {
  NDIS_SWITCH_OPTIONAL_HANDLERS handlers = {};
  handlers.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof handlers};
  NDIS_SWITCH_CONTEXT context = nullptr;
  return OVS_IMPORTED(NdisFGetOptionalSwitchHandlers)(handle, &context, &handlers);
}
NDIS_STATUS NTAPI attach_anywhere(NDIS_HANDLE handle, NDIS_HANDLE, PNDIS_FILTER_ATTACH_PARAMETERS) {
  get_switch_handlers(handle);
  return set_attributes(handle);
}
TEST_CASE("11 NdisFGetOptionalSwitchHandlers: a wrong header is found") {
  CHECK(expect_violation(11, [] {
          Rig rig;
          rig.how.AttachHandler = attach_with_old_header;
          rig.start();
        }) == "");
}
TEST_CASE("11 NdisFGetOptionalSwitchHandlers: a module that attaches where no switch is is found") {
  CHECK(expect_violation(11, [] {
          Rig rig(0x60055, StackKind::Adapter);
          rig.how.AttachHandler = attach_anywhere;
          rig.start();
        }) == "");
}
TEST_CASE("11 NdisFGetOptionalSwitchHandlers: its failure makes a right driver's attach fail") {
  Rig rig(0x60055, StackKind::Adapter);
  CHECK(rig.start() == NDIS_STATUS_SUCCESS);
  CHECK(rig.stack->module() == nullptr);
}

NDIS_STATUS NTAPI attach_and_forget(NDIS_HANDLE handle, NDIS_HANDLE,
                                    PNDIS_FILTER_ATTACH_PARAMETERS) {
  Rig::current().handle = handle;
  make_list_pool();
  return NDIS_STATUS_RESOURCES;
}
TEST_CASE("12 FilterAttach: a pool that a failing attach leaves is found") {
  CHECK(expect_violation(
            12,
            [] {
              Rig rig;
              rig.how.AttachHandler = attach_and_forget;
              rig.start();
            },
            "violation of rule 12: a list pool") == "");
}

TEST_CASE("12, 90 FilterAttach: whatever fails, a right driver leaves nothing") {
  Rig rig;
  for (std::int64_t nth = 0;; ++nth) {
    rig.kernel.failures().fail_nth(nth);
    const NDIS_STATUS status = rig.start();
    const bool has_failed = rig.kernel.failures().has_failed();
    rig.kernel.failures().fail_nth(-1);
    if (status != NDIS_STATUS_SUCCESS) {
      CHECK(status == NDIS_STATUS_RESOURCES);
      rig.driver = nullptr;
      CHECK(rig.kernel.live_objects().count("filter driver") == 0);
      continue;
    }
    CHECK((rig.stack->module() == nullptr) == has_failed);
    rig.stop();
    if (!has_failed) break;
  }
}

// ---- restart ----
NDIS_STATUS NTAPI restart_twice(NDIS_HANDLE, PNDIS_FILTER_RESTART_PARAMETERS) {
  OVS_IMPORTED(NdisFRestartComplete)(Rig::current().handle, NDIS_STATUS_SUCCESS);
  return NDIS_STATUS_SUCCESS;
}
NDIS_STATUS NTAPI restart_by_completion(NDIS_HANDLE, PNDIS_FILTER_RESTART_PARAMETERS) {
  OVS_IMPORTED(NdisFRestartComplete)(Rig::current().handle, NDIS_STATUS_SUCCESS);
  return NDIS_STATUS_PENDING;
}
NDIS_STATUS NTAPI restart_fails(NDIS_HANDLE, PNDIS_FILTER_RESTART_PARAMETERS) {
  return NDIS_STATUS_RESOURCES;
}
TEST_CASE("13 FilterRestart: a completion and a final status besides are found") {
  CHECK(expect_violation(13, [] {
          Rig rig;
          rig.how.RestartHandler = restart_twice;
          rig.start();
        }) == "");
}
TEST_CASE("13 FilterRestart: pending and one completion is right; a failure leaves it Paused") {
  Rig rig;
  rig.how.RestartHandler = restart_by_completion;
  REQUIRE(rig.start() == NDIS_STATUS_SUCCESS);
  CHECK(rig.module().state() == ModuleState::Running);
  Rig::current().stop();
  rig.how.RestartHandler = restart_fails;
  REQUIRE(rig.start() == NDIS_STATUS_SUCCESS);
  CHECK(rig.module().state() == ModuleState::Paused);
}

// ---- pause ----
NDIS_STATUS NTAPI pause_fails(NDIS_HANDLE, PNDIS_FILTER_PAUSE_PARAMETERS) {
  return NDIS_STATUS_FAILURE;
}
VOID NTAPI hold(NDIS_HANDLE, PNET_BUFFER_LIST, NDIS_PORT_NUMBER, ULONG) {}
TEST_CASE("14 FilterPause: a failure is found") {
  CHECK(expect_violation(14, [] {
          Rig rig;
          rig.how.PauseHandler = pause_fails;
          rig.start();
          rig.module().pause();
        }) == "");
}
TEST_CASE("14 FilterPause: a list of the host's that is held then is found") {
  CHECK(expect_violation(14, [] {
          Rig rig;
          rig.how.SendNetBufferListsHandler = hold;
          rig.start();
          rig.send(rig.list());
          rig.module().pause();
        }) == "");
}
VOID NTAPI send_a_clone_too(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG flags) {
  NET_BUFFER_LIST* clone = clone_list(chain, nullptr);
  OVS_IMPORTED(NdisFSendNetBufferLists)(Rig::current().handle, clone, 0, flags);
}
TEST_CASE("14 FilterPause: a list of the driver's that is below then is found") {
  CHECK(expect_violation(
            14,
            [] {
              Rig rig;
              rig.how.SendNetBufferListsHandler = send_a_clone_too;
              rig.edge.keeps = true;
              rig.start();
              rig.send(rig.list());
              rig.module().pause();
            },
            "1 of its own are below") == "");
}

NDIS_STATUS NTAPI pause_and_complete_it(NDIS_HANDLE, PNDIS_FILTER_PAUSE_PARAMETERS) {
  OVS_IMPORTED(NdisFPauseComplete)(Rig::current().handle);
  return NDIS_STATUS_SUCCESS;
}
NDIS_STATUS NTAPI pause_and_complete_twice(NDIS_HANDLE, PNDIS_FILTER_PAUSE_PARAMETERS) {
  OVS_IMPORTED(NdisFPauseComplete)(Rig::current().handle);
  OVS_IMPORTED(NdisFPauseComplete)(Rig::current().handle);
  return NDIS_STATUS_PENDING;
}
std::string paused_by(FILTER_PAUSE* handler, std::string_view words) {
  return expect_violation(
      14,
      [&] {
        Rig rig;
        rig.how.PauseHandler = handler;
        rig.start();
        rig.module().pause();
      },
      words);
}
TEST_CASE("14 FilterPause: NdisFPauseComplete and success besides are found") {
  CHECK(paused_by(pause_and_complete_it, "success besides") == "");
}
TEST_CASE("14 NdisFPauseComplete: a second one is found, and one in Running") {
  CHECK(paused_by(pause_and_complete_twice, "no pause is pending") == "");
  CHECK(expect_violation(14, [] {
          Rig rig;
          rig.start();
          OVS_IMPORTED(NdisFPauseComplete)(Rig::current().handle);
        }) == "");
}

TEST_CASE("15 FilterSendNetBufferLists: a list that is forwarded in Paused is found") {
  CHECK(expect_violation(15, [] {
          Rig rig;
          rig.start();
          rig.module().pause();
          rig.send(rig.list());
        }) == "");
}
VOID NTAPI complete_with_failure(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  for_each_list(chain, [](NET_BUFFER_LIST* list) { list->Status = NDIS_STATUS_FAILURE; });
  OVS_IMPORTED(NdisFSendNetBufferListsComplete)(Rig::current().handle, chain, 0);
}
TEST_CASE("15 FilterSendNetBufferLists: a status other than paused in Paused is found") {
  CHECK(expect_violation(15, [] {
          Rig rig;
          rig.how.SendNetBufferListsHandler = complete_with_failure;
          rig.start();
          rig.module().pause();
          rig.send(rig.list());
        }) == "");
}

NDIS_STATUS NTAPI pause_later(NDIS_HANDLE, PNDIS_FILTER_PAUSE_PARAMETERS) {
  return NDIS_STATUS_PENDING;
}
VOID NTAPI send_a_clone_and_refuse(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  NET_BUFFER_LIST* clone = clone_list(chain, nullptr);
  OVS_IMPORTED(NdisFSendNetBufferLists)(Rig::current().handle, clone, 0, 0);
}
TEST_CASE("15 FilterSendNetBufferLists: a clone of what comes in Pausing that is sent is found") {
  CHECK(expect_violation(15, [] {
          Rig rig;
          rig.how.PauseHandler = pause_later;
          rig.how.SendNetBufferListsHandler = send_a_clone_and_refuse;
          rig.start();
          rig.edge.keeps = true;
          const HostThread pausing("pausing", [&] { rig.module().pause(); });
          while (true) {
            rig.send(rig.list());
            rig.kernel.sleep_ms(1);
          }
        }) == "");
}

// ---- detach ----
NDIS_HANDLE kept_pool = nullptr;
NDIS_STATUS NTAPI attach_with_a_pool(NDIS_HANDLE handle, NDIS_HANDLE context,
                                     PNDIS_FILTER_ATTACH_PARAMETERS parameters) {
  const NDIS_STATUS status = attach(handle, context, parameters);
  kept_pool = make_list_pool();
  return status;
}
VOID NTAPI detach_and_keep(NDIS_HANDLE) {}
TEST_CASE("17 FilterDetach: a pool of the module that stays is found") {
  CHECK(expect_violation(17, [] {
          Rig rig;
          rig.how.AttachHandler = attach_with_a_pool;
          rig.how.DetachHandler = detach_and_keep;
          rig.start();
          rig.stop();
        }) == "");
}
// Sees that its memory is not there, and leaves the rest as it is.
VOID NTAPI detach_with_memory(NDIS_HANDLE) {
  static char what_is_left[64];
  MDL* const mdl = OVS_IMPORTED(NdisAllocateMdl)(Rig::current().handle, what_is_left, 64);
  if (mdl == nullptr) return;
  OVS_IMPORTED(NdisFreeNetBufferListPool)(kept_pool);
  OVS_IMPORTED(NdisFreeMdl)(mdl);
}
TEST_CASE("17 FilterDetach: a driver that needs memory for it is found") {
  CHECK(expect_violation(
            17,
            [] {
              Rig rig;
              rig.how.AttachHandler = attach_with_a_pool;
              rig.how.DetachHandler = detach_with_memory;
              rig.start();
              rig.stop();
            },
            "a list pool") == "");
}
TEST_CASE("17 FilterDetach: a call with the handle of a module that is gone is found") {
  CHECK(expect_violation(17, [] {
          Rig rig;
          rig.start();
          rig.stop();
          make_list_pool();
        }) == "");
}

}  // namespace
}  // namespace ovs::emulator::test

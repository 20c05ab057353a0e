// Packets through a module: a driver that loses, keeps, changes or doubles them is caught.
#include "emulator/ndis/rig_test.h"

namespace ovs::emulator::test {
namespace {

void send_down(NET_BUFFER_LIST* chain, ULONG flags = 0) {
  OVS_IMPORTED(NdisFSendNetBufferLists)(Rig::current().handle, chain, 0, flags);
}
void complete(NET_BUFFER_LIST* chain, ULONG flags = 0) {
  OVS_IMPORTED(NdisFSendNetBufferListsComplete)(Rig::current().handle, chain, flags);
}
NET_BUFFER_LIST* kept = nullptr;  // by a handler that keeps

using SendHandler = FILTER_SEND_NET_BUFFER_LISTS;
using CompleteHandler = FILTER_SEND_NET_BUFFER_LISTS_COMPLETE;

// One list through a driver with that send handler.
void send_through(SendHandler* handler, bool is_kept_below = false) {
  Rig rig;
  rig.how.SendNetBufferListsHandler = handler;
  rig.edge.keeps = is_kept_below;
  rig.start();
  rig.send(rig.list());
  rig.module().check_quiescent();
}

VOID NTAPI hold(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  kept = chain;
}
VOID NTAPI send_twice(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  send_down(chain);
  send_down(chain);
}
VOID NTAPI complete_twice(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  complete(chain);
  complete(chain);
}
VOID NTAPI send_and_complete(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  send_down(chain);
  complete(chain);
}
TEST_CASE("51 FilterSendNetBufferLists: a list that is neither sent nor completed is found") {
  CHECK(expect_violation(
            51, [] { send_through(hold); }, "neither sent nor completed") == "");
}
TEST_CASE("51 FilterSendNetBufferLists: a list that is sent twice is found") {
  CHECK(expect_violation(
            51, [] { send_through(send_twice, true); }, "NdisFSendNetBufferLists: list 0x") == "");
}
TEST_CASE("51 FilterSendNetBufferLists: a list that is completed twice is found") {
  CHECK(expect_violation(
            51, [] { send_through(complete_twice); }, "is free") == "");
}
TEST_CASE("51 FilterSendNetBufferLists: a list that is sent and completed besides is found") {
  CHECK(expect_violation(
            51, [] { send_through(send_and_complete, true); }, "below") == "");
}

VOID NTAPI free_below(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  NET_BUFFER_LIST* clone = clone_list(chain, nullptr);
  send_down(clone);
  OVS_IMPORTED(NdisFreeCloneNetBufferList)(clone, 0);
}
VOID NTAPI write_after_completion(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  complete(chain);
  chain->Flags = 1;
}
TEST_CASE("52 NdisFSendNetBufferLists: a clone that is freed while it is below is found") {
  CHECK(expect_violation(52, [] { send_through(free_below, true); }) == "");
}
TEST_CASE("52 NdisFSendNetBufferListsComplete: a write into a list after it is found") {
  CHECK(expect_violation(
            52,
            [] {
              Rig rig;
              rig.how.SendNetBufferListsHandler = write_after_completion;
              rig.start();
              for (int i = 0; i < 2000; ++i) rig.send(rig.list());
            },
            "after it was freed") == "");
}

VOID NTAPI retreat_and_complete(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  OVS_IMPORTED(NdisRetreatNetBufferDataStart)(chain->FirstNetBuffer, 14, 0, nullptr);
  complete(chain);
}
VOID NTAPI cut_and_complete(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  chain->FirstNetBuffer->DataLength -= 4;
  complete(chain);
}
VOID NTAPI unlink_and_complete(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  chain->FirstNetBuffer->MdlChain->ByteCount -= 1;
  complete(chain);
}
VOID NTAPI grow_context_and_complete(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  OVS_IMPORTED(NdisAllocateNetBufferListContext)(chain, 16, 0, 0x74736574);
  complete(chain);
}
TEST_CASE("53 NdisFSendNetBufferListsComplete: a retreat that is not advanced is found") {
  CHECK(expect_violation(53, [] { send_through(retreat_and_complete); }) == "");
}
TEST_CASE("53 NdisFSendNetBufferListsComplete: another length is found") {
  CHECK(expect_violation(
            53, [] { send_through(cut_and_complete); }, "DataLength") == "");
}
TEST_CASE("53 NdisFSendNetBufferListsComplete: an MDL that was changed is found") {
  CHECK(expect_violation(
            53, [] { send_through(unlink_and_complete); }, "MDL") == "");
}
TEST_CASE("53 NdisFSendNetBufferListsComplete: a context that is not freed is found") {
  CHECK(expect_violation(
            53, [] { send_through(grow_context_and_complete); }, "context") == "");
}

VOID NTAPI mark_and_complete(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  chain->MiniportReserved[0] = chain;
  complete(chain);
}
VOID NTAPI mark_scratch_and_send(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  chain->Scratch = chain;
  send_down(chain);
}
bool scratch_survives = true;
VOID NTAPI look_at_scratch(NDIS_HANDLE, PNET_BUFFER_LIST chain, ULONG flags) {
  scratch_survives = chain->Scratch == chain;
  complete(chain, flags);
}
TEST_CASE(
    "54 NdisFSendNetBufferListsComplete: a reserved field of another's that was written is found") {
  CHECK(expect_violation(
            54, [] { send_through(mark_and_complete); }, "MiniportReserved") == "");
}
TEST_CASE("54 NdisFSendNetBufferLists: what is left in Scratch is not there any more") {
  Rig rig;
  rig.how.SendNetBufferListsHandler = mark_scratch_and_send;
  rig.how.SendNetBufferListsCompleteHandler = look_at_scratch;
  rig.start();
  rig.send(rig.list());
  CHECK_FALSE(scratch_survives);
}

VOID NTAPI send_clone_of_nobody(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  NET_BUFFER_LIST* clone = clone_list(chain, nullptr);
  clone->SourceHandle = chain->SourceHandle;
  send_down(clone);
}
VOID NTAPI complete_own(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  complete(clone_list(chain, nullptr));
}
TEST_CASE("55 NdisFSendNetBufferLists: an own list with another's source handle is found") {
  CHECK(expect_violation(
            55, [] { send_through(send_clone_of_nobody); }, "SourceHandle is") == "");
}
TEST_CASE("55 NdisFSendNetBufferListsComplete: an own list that is completed up is found") {
  CHECK(expect_violation(55, [] { send_through(complete_own); }) == "");
}

// ---- several switches ----
VOID NTAPI send_by_the_other(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  send_down(chain);
}
TEST_CASE(
    "106 NdisFSendNetBufferLists: a list of one module's that goes down by another is found") {
  CHECK(expect_violation(106, [] {
          Rig rig;
          MemoryEdge other_edge;
          const auto other = make_stack(*rig.ndis, other_edge, {});
          other->enable(kUniqueName);
          rig.how.SendNetBufferListsHandler = send_by_the_other;
          rig.start();
          // The handle that the driver kept is the second module's.
          rig.send(rig.list());
        }) == "");
}

// ---- clones ----
VOID NTAPI send_orphan(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  NET_BUFFER_LIST* clone = clone_list(chain, nullptr);
  clone->ParentNetBufferList = nullptr;
  send_down(clone);
}
VOID NTAPI complete_parent_first(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  send_down(clone_list(chain, nullptr));
  complete(chain);
}
TEST_CASE("58 NdisFSendNetBufferLists: a clone without its parent is found") {
  CHECK(expect_violation(58, [] { send_through(send_orphan); }) == "");
}
TEST_CASE(
    "58 NdisFSendNetBufferListsComplete: a parent that is completed before its clone is found") {
  CHECK(expect_violation(58, [] { send_through(complete_parent_first, true); }) == "");
}

// A right driver that sends a clone in the place of each list, and frees it when it comes back.
VOID NTAPI send_clones(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  for_each_list(chain, [](NET_BUFFER_LIST* list) {
    list->Next = nullptr;
    send_down(clone_list(list, nullptr));
  });
}
VOID NTAPI free_clones(NDIS_HANDLE, PNET_BUFFER_LIST chain, ULONG) {
  for_each_list(chain, [](NET_BUFFER_LIST* clone) {
    NET_BUFFER_LIST* parent = clone->ParentNetBufferList;
    parent->Status = clone->Status;
    OVS_IMPORTED(NdisFreeCloneNetBufferList)(clone, 0);
    complete(parent);
  });
}
TEST_CASE("Ndis: a clone is sent in its original's place, and both come home") {
  Rig rig;
  rig.how.SendNetBufferListsHandler = send_clones;
  rig.how.SendNetBufferListsCompleteHandler = free_clones;
  rig.start();
  for (int i = 0; i < 100; ++i) rig.send(rig.list(3));
  CHECK(rig.edge.frames.size() == 300);
  CHECK(rig.edge.frames.front() == FrameBytes(64, std::byte{0x42}));
  CHECK(rig.edge.ends.size() == 100);
  CHECK(rig.module().originated_count() == 0);
}

// ---- completions ----
// Every list is home, within ten seconds.
bool settles(Rig& rig) {
  for (int i = 0; i < 10'000 && live_list_count() != 0; ++i) rig.kernel.sleep_ms(1);
  return live_list_count() == 0;
}

TEST_CASE(
    "62 FilterSendNetBufferListsComplete: lists come back inside the call, late, reordered and "
    "failed") {
  Rig rig;
  rig.ndis->set_completions(Completions::Mixed);
  rig.start();
  bool was_late = false;
  bool was_inside = false;
  for (int i = 0; i < 200; ++i) {
    const std::size_t before = rig.edge.ends.size();
    rig.send(rig.list());
    was_late = was_late || rig.edge.ends.size() == before;
    was_inside = was_inside || rig.edge.ends.size() > before;
  }
  CHECK(was_late);
  CHECK(was_inside);
  rig.module().pause();
  CHECK(rig.edge.ends.size() == 200);
  CHECK(rig.module().held_count() == 0);
  CHECK(std::count(rig.edge.ends.begin(), rig.edge.ends.end(), NDIS_STATUS_FAILURE) > 0);
}

TEST_CASE("62 FilterSendNetBufferListsComplete: what is late comes although nothing more is sent") {
  Rig rig;
  rig.ndis->set_completions(Completions::Mixed);
  rig.start();
  for (int i = 0; i < 20; ++i) rig.send(rig.list());
  CHECK(settles(rig));
}

TEST_CASE(
    "Ndis: senders, requests and pauses run through each other, by every seed and on threads") {
  for (std::uint64_t seed = 0; seed < 12; ++seed) {
    CAPTURE(seed);
    Rig rig(0x60055, StackKind::Switch,
            seed == 0 ? std::optional<std::uint64_t>() : std::optional<std::uint64_t>(seed));
    rig.how.SendNetBufferListsHandler = send_clones;
    rig.how.SendNetBufferListsCompleteHandler = free_clones;
    rig.ndis->set_completions(Completions::Mixed);
    rig.ndis->set_answers(Answers::Mixed);
    rig.start();
    for (int round = 0; round < 3; ++round) {
      const auto send_some = [&] {
        for (int i = 0; i < 20; ++i) rig.send(rig.list(2));
      };
      HostThread one("one", send_some);
      HostThread other("other", send_some);
      for (int i = 0; i < 10; ++i) CHECK(rig.ask(OID_SWITCH_NIC_CONNECT) == NDIS_STATUS_SUCCESS);
      one.join();
      other.join();
      CHECK(settles(rig));
      rig.module().pause();
      CHECK(rig.module().restart() == NDIS_STATUS_SUCCESS);
    }
    CHECK(rig.edge.ends.size() == 120);
    CHECK(rig.edge.frames.size() == 240);
  }
  CHECK(live_list_count() == 0);
}

// A driver that looks into a list after it has sent it.
VOID NTAPI count_after_sending(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  send_down(chain);
  if (chain->FirstNetBuffer->Next != nullptr) Rig::current().buffer.push_back(1);
}
TEST_CASE("52 NdisFSendNetBufferLists: a driver that expects its list to be there still is found") {
  CHECK(expect_violation(52, [] { send_through(count_after_sending); }) == "");
}

// ---- cancelling ----
VOID NTAPI ignore_cancel(NDIS_HANDLE, PVOID id) {
  OVS_IMPORTED(NdisFCancelSendNetBufferLists)(Rig::current().handle, id);
}
VOID NTAPI cancel_alone(NDIS_HANDLE, PVOID) {
  kept->Status = NDIS_STATUS_SEND_ABORTED;
  complete(kept);
}
VOID NTAPI cancel_as_success(NDIS_HANDLE, PVOID id) {
  kept->Status = NDIS_STATUS_SUCCESS;
  complete(kept);
  OVS_IMPORTED(NdisFCancelSendNetBufferLists)(Rig::current().handle, id);
}
VOID NTAPI cancel_rightly(NDIS_HANDLE, PVOID id) {
  kept->Status = NDIS_STATUS_SEND_ABORTED;
  complete(kept);
  OVS_IMPORTED(NdisFCancelSendNetBufferLists)(Rig::current().handle, id);
}
void cancel_through(FILTER_CANCEL_SEND_NET_BUFFER_LISTS* handler) {
  Rig rig;
  rig.how.SendNetBufferListsHandler = hold;
  rig.how.CancelSendNetBufferListsHandler = handler;
  rig.start();
  NET_BUFFER_LIST* list = rig.list();
  list->NetBufferListInfo[NetBufferListCancelId] = &rig;
  rig.send(list);
  rig.module().cancel_send(&rig);
  CHECK(rig.edge.ends == std::vector<NDIS_STATUS>{NDIS_STATUS_SEND_ABORTED});
  CHECK(rig.edge.cancelled == std::vector<void*>{&rig});
}
TEST_CASE("63 FilterCancelSendNetBufferLists: a queued list that is held past it is found") {
  CHECK(expect_violation(
            63, [] { cancel_through(ignore_cancel); }, "held past") == "");
}
TEST_CASE("63 FilterCancelSendNetBufferLists: another status than aborted is found") {
  CHECK(expect_violation(63, [] { cancel_through(cancel_as_success); }) == "");
}
TEST_CASE("63 FilterCancelSendNetBufferLists: a cancel that is not passed on is found") {
  CHECK(expect_violation(
            63, [] { cancel_through(cancel_alone); }, "pass the cancel on") == "");
}
TEST_CASE("63 FilterCancelSendNetBufferLists: a right driver passes") {
  cancel_through(cancel_rightly);
}
TEST_CASE("3 FilterSendNetBufferLists: a driver that queues and has no cancel handler is found") {
  CHECK(expect_violation(3, [] { cancel_through(nullptr); }) == "");
}

// ---- flags ----
VOID NTAPI claim_dispatch(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  send_down(chain, NDIS_SEND_FLAGS_DISPATCH_LEVEL);
}
VOID NTAPI claim_one_source(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  send_down(chain, NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE);
}
VOID NTAPI claim_one_destination(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  send_down(chain, NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP);
}
TEST_CASE("76 NdisFSendNetBufferLists: a dispatch flag below DISPATCH_LEVEL is found") {
  CHECK(expect_violation(76, [] { send_through(claim_dispatch); }) == "");
}
TEST_CASE("76 NdisFSendNetBufferLists: a dispatch flag at DISPATCH_LEVEL is right") {
  Rig rig;
  rig.how.SendNetBufferListsHandler = claim_dispatch;
  rig.start();
  const RaisedLevel raised;
  rig.send(rig.list(), NDIS_SEND_FLAGS_DISPATCH_LEVEL);
  CHECK(rig.edge.ends.size() == 1);
}
TEST_CASE("76 NdisFSendNetBufferLists: one source for lists of two is found") {
  CHECK(expect_violation(76, [] {
          Rig rig;
          rig.how.SendNetBufferListsHandler = claim_one_source;
          rig.start();
          NET_BUFFER_LIST* chain = rig.list();
          chain->Next = rig.list();
          NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(chain)->SourcePortId = 7;
          rig.send(chain);
        }) == "");
}
TEST_CASE("76 NdisFSendNetBufferLists: one destination group for lists of several is found") {
  CHECK(expect_violation(76, [] {
          Rig rig;
          rig.how.SendNetBufferListsHandler = claim_one_destination;
          rig.edge.is_group = false;
          rig.start();
          rig.send(rig.list());
        }) == "");
}

VOID NTAPI complete_claiming_dispatch(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER,
                                      ULONG) {
  complete(chain, NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL);
}
VOID NTAPI complete_claiming_one_source(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER,
                                        ULONG) {
  complete(chain, NDIS_SEND_COMPLETE_FLAGS_SWITCH_SINGLE_SOURCE);
}
TEST_CASE("76 NdisFSendNetBufferListsComplete: a dispatch flag below DISPATCH_LEVEL is found") {
  CHECK(expect_violation(76, [] { send_through(complete_claiming_dispatch); }) == "");
}
TEST_CASE("76 NdisFSendNetBufferListsComplete: one source for lists of two is found") {
  CHECK(expect_violation(
            76,
            [] {
              Rig rig;
              rig.how.SendNetBufferListsHandler = complete_claiming_one_source;
              rig.start();
              NET_BUFFER_LIST* chain = rig.list();
              chain->Next = rig.list();
              NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(chain)->SourcePortId = 7;
              rig.send(chain);
            },
            "one source") == "");
}

// ---- memory ----
VOID NTAPI send_from_the_stack(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  const NDIS_HANDLE handle = Rig::current().handle;
  char bytes[64] = {};
  MDL* const mdl = OVS_IMPORTED(NdisAllocateMdl)(handle, bytes, sizeof bytes);
  NET_BUFFER_LIST* const own = OVS_IMPORTED(NdisAllocateNetBufferAndNetBufferList)(
      make_list_pool(handle, 0, true), 0, 0, mdl, 0, sizeof bytes);
  own->SourceHandle = handle;
  send_down(own);
  complete(chain);
}
TEST_CASE("88 NdisFSendNetBufferLists: data that lie on a stack are found") {
  CHECK(expect_violation(
            88, [] { send_through(send_from_the_stack); }, "lies on a stack") == "");
}

// ---- received ----
VOID NTAPI receive(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG count,
                   ULONG flags) {
  OVS_IMPORTED(NdisFIndicateReceiveNetBufferLists)
  (Rig::current().handle, chain, port, count, flags);
}
VOID NTAPI receive_with_resources(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port,
                                  ULONG count, ULONG flags) {
  OVS_IMPORTED(NdisFIndicateReceiveNetBufferLists)
  (Rig::current().handle, chain, port, count, flags | NDIS_RECEIVE_FLAGS_RESOURCES);
}
VOID NTAPI give_back(NDIS_HANDLE, PNET_BUFFER_LIST chain, ULONG flags) {
  OVS_IMPORTED(NdisFReturnNetBufferLists)(Rig::current().handle, chain, flags);
}
TEST_CASE("77 NdisFIndicateReceiveNetBufferLists: the resources flag is found") {
  CHECK(expect_violation(77, [] {
          Rig rig;
          rig.how.ReceiveNetBufferListsHandler = receive_with_resources;
          rig.how.ReturnNetBufferListsHandler = give_back;
          rig.start();
          rig.module().receive(rig.list(), 0);
        }) == "");
}
VOID NTAPI receive_one_more(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port, ULONG count,
                            ULONG flags) {
  receive(nullptr, chain, port, count + 1, flags);
}
VOID NTAPI receive_a_clone_too(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port,
                               ULONG count, ULONG flags) {
  chain->Next = clone_list(chain, nullptr);
  receive(nullptr, chain, port, count + 1, flags);
}
VOID NTAPI receive_claiming_dispatch(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER port,
                                     ULONG count, ULONG flags) {
  receive(nullptr, chain, port, count, flags | NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL);
}
VOID NTAPI give_back_claiming_dispatch(NDIS_HANDLE, PNET_BUFFER_LIST chain, ULONG flags) {
  give_back(nullptr, chain, flags | NDIS_RETURN_FLAGS_DISPATCH_LEVEL);
}
void receive_through(FILTER_RECEIVE_NET_BUFFER_LISTS* receiver,
                     FILTER_RETURN_NET_BUFFER_LISTS* returner) {
  Rig rig;
  rig.how.ReceiveNetBufferListsHandler = receiver;
  rig.how.ReturnNetBufferListsHandler = returner;
  rig.start();
  rig.module().receive(rig.list(), 0);
}
TEST_CASE("77 NdisFIndicateReceiveNetBufferLists: a count that is wrong is found") {
  CHECK(expect_violation(
            77, [] { receive_through(receive_one_more, give_back); }, "count") == "");
}
TEST_CASE("77 NdisFIndicateReceiveNetBufferLists: a list that is injected is found") {
  CHECK(expect_violation(
            77, [] { receive_through(receive_a_clone_too, give_back); }, "injected") == "");
}
TEST_CASE("76 NdisFIndicateReceiveNetBufferLists: a dispatch flag that is not true is found") {
  CHECK(expect_violation(76, [] { receive_through(receive_claiming_dispatch, give_back); }) == "");
}
TEST_CASE("76 NdisFReturnNetBufferLists: a dispatch flag that is not true is found") {
  CHECK(expect_violation(76, [] { receive_through(receive, give_back_claiming_dispatch); }) == "");
}
TEST_CASE("Ndis: what is received goes up and comes back, with handlers and without") {
  for (const bool has_handlers : {true, false}) {
    Rig rig;
    if (has_handlers) rig.how.ReceiveNetBufferListsHandler = receive;
    if (has_handlers) rig.how.ReturnNetBufferListsHandler = give_back;
    rig.start();
    rig.module().receive(rig.list(), 0);
    CHECK(rig.module().held_count() == 0);
  }
  CHECK(live_list_count() == 0);
}

}  // namespace
}  // namespace ovs::emulator::test

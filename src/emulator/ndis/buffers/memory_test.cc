// Pools, data buffers and the shapes of packets: a driver that frees, reads or writes wrongly is
// caught.
#include <cstring>

#include "emulator/ndis/buffers/guarded_memory.h"
#include "emulator/ndis/rig_test.h"

namespace ovs::emulator::test {
namespace {

void send_down(NET_BUFFER_LIST* chain) {
  OVS_IMPORTED(NdisFSendNetBufferLists)(Rig::current().handle, chain, 0, 0);
}

// ---- pools ----
void with_rig(void (*body)()) {
  Rig rig;
  rig.start();
  body();
}
NET_BUFFER_LIST* allocate(NDIS_HANDLE pool) {
  return OVS_IMPORTED(NdisAllocateNetBufferList)(pool, 0, 0);
}

TEST_CASE("59 NdisFreeNetBufferList: a clone that is freed with the plain routine is found") {
  CHECK(expect_violation(59, [] {
          with_rig([] {
            NDIS_HANDLE pool = make_list_pool();
            NET_BUFFER_LIST* list = allocate(pool);
            OVS_IMPORTED(NdisFreeNetBufferList)(clone_list(list, pool));
          });
        }) == "");
}
TEST_CASE("59 NdisFreeCloneNetBufferList: a list that is no clone is found") {
  CHECK(expect_violation(59, [] {
          with_rig([] { OVS_IMPORTED(NdisFreeCloneNetBufferList)(allocate(make_list_pool()), 0); });
        }) == "");
}
TEST_CASE("59 NdisFreeCloneNetBufferList: other flags than the allocation's are found") {
  CHECK(expect_violation(59, [] {
          with_rig([] {
            NET_BUFFER_LIST* clone = clone_list(allocate(make_list_pool()), nullptr);
            OVS_IMPORTED(NdisFreeCloneNetBufferList)(clone, NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS);
          });
        }) == "");
}
TEST_CASE("59 NdisFreeNetBufferList: a list that is freed twice is found") {
  CHECK(expect_violation(
            59,
            [] {
              with_rig([] {
                NET_BUFFER_LIST* list = allocate(make_list_pool());
                OVS_IMPORTED(NdisFreeNetBufferList)(list);
                OVS_IMPORTED(NdisFreeNetBufferList)(list);
              });
            },
            "is free") == "");
}
TEST_CASE("59 NdisFreeNetBufferListPool: a pool with a list out is found") {
  CHECK(expect_violation(59, [] {
          with_rig([] {
            NDIS_HANDLE pool = make_list_pool();
            allocate(pool);
            OVS_IMPORTED(NdisFreeNetBufferListPool)(pool);
          });
        }) == "");
}

void allocate_pool(UCHAR type, USHORT context_size, ULONG tag) {
  NET_BUFFER_LIST_POOL_PARAMETERS parameters = {};
  parameters.Header = {type, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                       NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1};
  parameters.ContextSize = context_size;
  parameters.PoolTag = tag;
  OVS_IMPORTED(NdisAllocateNetBufferListPool)(Rig::current().handle, &parameters);
}
TEST_CASE("64 NdisAllocateNetBufferListPool: a wrong header, no tag, an odd context are found") {
  CHECK(expect_violation(64, [] { with_rig([] { allocate_pool(0, 0, 1); }); }) == "");
  CHECK(expect_violation(64, [] { with_rig([] { allocate_pool(0x80, 0, 0); }); }) == "");
  CHECK(expect_violation(64, [] { with_rig([] { allocate_pool(0x80, 24, 1); }); }) == "");
}

TEST_CASE("Ndis: a list's context grows into what its pool reserves, and beyond") {
  Rig rig;
  rig.start();
  NDIS_HANDLE pool = make_list_pool(64);
  NET_BUFFER_LIST* list = OVS_IMPORTED(NdisAllocateNetBufferList)(pool, 32, 32);
  REQUIRE(list->Context != nullptr);
  CHECK(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(list) == 32);
  auto allocate_context = OVS_IMPORTED(NdisAllocateNetBufferListContext);
  auto free_context = OVS_IMPORTED(NdisFreeNetBufferListContext);
  CHECK(allocate_context(list, 32, 0, 1) == NDIS_STATUS_SUCCESS);
  CHECK(NET_BUFFER_LIST_CONTEXT_DATA_SIZE(list) == 64);
  NET_BUFFER_LIST_CONTEXT* const first = list->Context;
  CHECK(allocate_context(list, 16, 0, 1) == NDIS_STATUS_SUCCESS);
  CHECK(list->Context != first);
  std::memset(NET_BUFFER_LIST_CONTEXT_DATA_START(list), 1, 16);
  free_context(list, 16);
  CHECK(list->Context == first);
  free_context(list, 64);
  OVS_IMPORTED(NdisFreeNetBufferList)(list);
  OVS_IMPORTED(NdisFreeNetBufferListPool)(pool);
}

// ---- data ----
FrameBytes counted_frame(std::size_t size) {
  FrameBytes frame(size);
  for (std::size_t i = 0; i < size; ++i) frame[i] = static_cast<std::byte>(i);
  return frame;
}
PVOID data_of(NET_BUFFER_LIST* list, ULONG size, PVOID storage, UINT alignment = 1) {
  return OVS_IMPORTED(NdisGetDataBuffer)(list->FirstNetBuffer, size, storage, alignment, 0);
}

TEST_CASE("81 NdisGetDataBuffer: an alignment that is no power of two is found") {
  CHECK(expect_violation(81, [] {
          Rig rig;
          rig.start();
          char storage[4];
          data_of(rig.list(), 4, storage, 3);
        }) == "");
}
TEST_CASE("81 NdisGetDataBuffer: null where the bytes are not together and there is no storage") {
  Rig rig;
  rig.start();
  FrameLayout layout;
  layout.splits = {10};
  const FrameBytes frame = counted_frame(64);
  NET_BUFFER_LIST* list = make_list({&frame, 1}, layout);
  FrameBytes storage(64);
  CHECK(data_of(list, 10, nullptr) != nullptr);
  CHECK(data_of(list, 11, nullptr) == nullptr);
  CHECK(data_of(list, 65, storage.data()) == nullptr);
  CHECK(data_of(list, 64, storage.data()) == storage.data());
  CHECK(storage == frame);
  free_list(list);
}
TEST_CASE("81 NdisGetDataBuffer: a copy comes at random where none would be needed") {
  Rig rig;
  rig.ndis->set_answers(Answers::Mixed);
  rig.start();
  NET_BUFFER_LIST* list = rig.list();
  char storage[16];
  int copies = 0;
  for (int i = 0; i < 100; ++i) copies += data_of(list, 16, storage) == storage ? 1 : 0;
  CHECK(copies > 0);
  CHECK(copies < 100);
  free_list(list);
}
TEST_CASE("82 NdisGetDataBuffer: null comes where memory fails") {
  Rig rig;
  rig.start();
  NET_BUFFER_LIST* list = rig.list();
  char storage[16];
  rig.kernel.failures().fail_nth(0);
  CHECK(data_of(list, 16, storage) == nullptr);
  CHECK(data_of(list, 16, storage) != nullptr);
  free_list(list);
}

TEST_CASE("83 NdisGetDataBuffer: the guest rewrites what has been read once") {
  Rig rig;
  rig.start();
  FrameLayout layout;
  layout.flip_at = 12;
  layout.flip_count = 2;
  const FrameBytes frame = counted_frame(64);
  for (const bool is_split : {true, false}) {
    if (is_split) layout.splits = {5};
    if (!is_split) layout.splits.clear();
    NET_BUFFER_LIST* list = make_list({&frame, 1}, layout);
    FrameBytes storage(64);
    const auto* first = static_cast<std::byte*>(data_of(list, 64, storage.data()));
    CHECK(first[12] == std::byte{12});
    FrameBytes again(64);
    const auto* second = static_cast<std::byte*>(data_of(list, 64, again.data()));
    CHECK(second[12] == std::byte{0xf3});
    CHECK(second[14] == std::byte{14});
    free_list(list);
  }
}

// ---- a guest that rewrites its packet ----
FrameLayout watched(std::uint32_t flip_after) {
  FrameLayout layout;
  layout.memory = FrameMemory::Watched;
  layout.flip_at = 12;
  layout.flip_count = 2;
  layout.flip_after = flip_after;
  return layout;
}
FrameBytes rewritten(FrameBytes frame) {
  frame[12] = ~frame[12];
  frame[13] = ~frame[13];
  return frame;
}
VOID NTAPI read_twice(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  const volatile UCHAR* data = static_cast<PUCHAR>(data_of(chain, 14, nullptr));
  Rig::current().buffer.assign({UCHAR{data[12]}, UCHAR{data[12]}});
  send_down(chain);
}
TEST_CASE("83 make_list: a driver that looks twice sees what its guest has rewritten in between") {
  Rig rig;
  rig.how.SendNetBufferListsHandler = read_twice;
  rig.start();
  const FrameBytes frame = counted_frame(64);
  for (std::uint32_t flip_after = 1; flip_after <= 3; ++flip_after) {
    CAPTURE(flip_after);
    const std::size_t before = rewritten_count();
    rig.send(make_list({&frame, 1}, watched(flip_after)));
    CHECK(rewritten_count() - before == (flip_after <= 2 ? 1 : 0));
    CHECK(rig.edge.frames.back() == (flip_after <= 2 ? rewritten(frame) : frame));
    CHECK(rig.buffer[0] == 12);
    CHECK(rig.buffer[1] == (flip_after == 1 ? 0xf3 : 12));
  }
}
TEST_CASE("83 make_list: the guest rewrites a frame that lies in several MDLs") {
  Rig rig;
  rig.start();
  const FrameBytes frame = counted_frame(64);
  FrameLayout layout = watched(2);
  layout.splits = {5, 5, 13};
  layout.offset = 3;
  NET_BUFFER_LIST* list = make_list({&frame, 1}, layout);
  FrameBytes storage(64);
  watch_list(*list, Watch::Yes);
  const std::size_t before = rewritten_count();
  data_of(list, 64, storage.data());
  CHECK(rewritten_count() == before + 1);
  watch_list(*list, Watch::No);
  CHECK(frames_of(*list) == std::vector<FrameBytes>{rewritten(frame)});
  free_list(list);
}

VOID NTAPI write_in_place(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  static_cast<PUCHAR>(data_of(chain, 14, nullptr))[0] = 0xff;
  send_down(chain);
}
VOID NTAPI read_beyond(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  const volatile UCHAR* data = static_cast<PUCHAR>(data_of(chain, 14, nullptr));
  Rig::current().buffer.push_back(UCHAR{data[64]});
}
VOID NTAPI read_after_sending(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  const volatile UCHAR* data = static_cast<PUCHAR>(data_of(chain, 14, nullptr));
  send_down(chain);
  Rig::current().buffer.push_back(UCHAR{data[0]});
}
void send_guarded(FILTER_SEND_NET_BUFFER_LISTS* handler, FrameMemory memory) {
  Rig rig;
  if (handler != nullptr) rig.how.SendNetBufferListsHandler = handler;
  rig.start();
  FrameLayout layout;
  layout.memory = memory;
  const FrameBytes frame = counted_frame(64);
  rig.send(make_list({&frame, 1}, layout));
  CHECK(rig.edge.frames == std::vector<FrameBytes>{frame});
}
TEST_CASE("84 FilterSendNetBufferLists: a write into a packet in place is found") {
  CHECK(expect_violation(84, [] { send_guarded(write_in_place, FrameMemory::ReadOnly); }) == "");
  send_guarded(nullptr, FrameMemory::ReadOnly);
}
TEST_CASE("85 FilterSendNetBufferLists: a read behind an MDL is found") {
  CHECK(expect_violation(85, [] { send_guarded(read_beyond, FrameMemory::Guarded); }) == "");
}
TEST_CASE("52 NdisFSendNetBufferLists: a read from a packet after it is found") {
  CHECK(expect_violation(52, [] { send_guarded(read_after_sending, FrameMemory::Guarded); }) == "");
}

const volatile UCHAR* previous = nullptr;
VOID NTAPI read_previous(NDIS_HANDLE, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  if (previous != nullptr) Rig::current().buffer.push_back(UCHAR{previous[0]});
  previous = static_cast<PUCHAR>(data_of(chain, 14, nullptr));
  send_down(chain);
}
TEST_CASE("52 NdisFSendNetBufferLists: a read from a packet that comes back late is found") {
  CHECK(expect_violation(52, [] {
          Rig rig;
          rig.ndis->set_completions(Completions::Mixed);
          rig.how.SendNetBufferListsHandler = read_previous;
          rig.start();
          FrameLayout layout;
          layout.memory = FrameMemory::Guarded;
          const FrameBytes frame = counted_frame(64);
          while (true) rig.send(make_list({&frame, 1}, layout));
        }) == "");
}
TEST_CASE("52 conceal: memory of a packet that was sent cannot be read, and later can") {
  std::byte* const memory = allocate_guarded(100);
  const volatile std::byte* const seen = memory;
  CHECK(expect_violation(
            52,
            [&] {
              report_frame_faults();
              conceal(memory, Conceal::Yes);
              static_cast<void>(std::byte{seen[5]});
            },
            "that was sent") == "");
  conceal(memory, Conceal::Yes);
  conceal(memory, Conceal::No);
  CHECK(std::byte{seen[5]} == std::byte{0});
  free_guarded(memory, 100);
}

TEST_CASE("85 make_list: a header split at every byte, offsets and empty MDLs describe one frame") {
  Rig rig;
  rig.start();
  const FrameBytes frame = counted_frame(64);
  for (std::uint32_t split = 0; split <= 64; ++split) {
    FrameLayout layout;
    layout.offset = split % 7;
    layout.trailing = split % 5;
    layout.splits = {split / 2, split, split};
    layout.memory = FrameMemory::Guarded;
    NET_BUFFER_LIST* list = make_list({&frame, 1}, layout);
    CHECK(frames_of(*list) == std::vector<FrameBytes>{frame});
    FrameBytes storage(64);
    CHECK(std::memcmp(data_of(list, 64, storage.data()), frame.data(), 64) == 0);
    free_list(list);
  }
}

TEST_CASE("85 make_list: lists of every shape pass a right driver, and hold one frame") {
  Rig rig;
  rig.ndis->set_shapes(Shapes::Mixed);
  rig.ndis->set_answers(Answers::Mixed);
  rig.start();
  const FrameBytes frame = counted_frame(200);
  for (int i = 0; i < 300; ++i) {
    NET_BUFFER_LIST* list = make_list(std::span<const std::byte>(frame));
    FrameBytes storage(200);
    CHECK(std::memcmp(data_of(list, 200, storage.data()), frame.data(), 200) == 0);
    rig.send(list);
    CHECK(rig.edge.frames.back() == frame);
  }
}

TEST_CASE("Ndis: data move back into what lies before them, or into a new MDL, and forth again") {
  Rig rig;
  rig.start();
  const FrameBytes frame = counted_frame(64);
  FrameLayout layout;
  layout.offset = 8;
  NET_BUFFER_LIST* list = make_list({&frame, 1}, layout);
  NET_BUFFER* buffer = list->FirstNetBuffer;
  auto retreat = OVS_IMPORTED(NdisRetreatNetBufferDataStart);
  auto advance = OVS_IMPORTED(NdisAdvanceNetBufferDataStart);
  for (const ULONG delta : {ULONG{4}, ULONG{8}, ULONG{50}}) {
    MDL* const chain = buffer->MdlChain;
    REQUIRE(retreat(buffer, delta, 6, nullptr) == NDIS_STATUS_SUCCESS);
    CHECK(buffer->DataLength == 64 + delta);
    advance(buffer, delta, TRUE, nullptr);
    CHECK(buffer->MdlChain == chain);
    CHECK(frame_of(*buffer) == frame);
  }
  free_list(list);
}

}  // namespace
}  // namespace ovs::emulator::test

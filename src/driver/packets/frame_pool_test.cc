// That the pool ends only when all that it made is back; over lists that one thread has.
#include "driver/packets/frame_pool.h"

#include <doctest/doctest.h>

#include "tests/support/panics.h"

// ---- what of the kernel a pool calls -----------------------------------------------------------

extern "C" {

ULONG NTAPI KeGetCurrentProcessorNumberEx(PPROCESSOR_NUMBER) {
  return 1;
}

VOID NTAPI MmBuildMdlForNonPagedPool(PMDL) {}

PSLIST_ENTRY NTAPI ExpInterlockedPushEntrySList(PSLIST_HEADER list, PSLIST_ENTRY entry) {
  entry->Next = reinterpret_cast<PSLIST_ENTRY>(list->Region);
  list->Region = reinterpret_cast<ULONGLONG>(entry);
  return entry->Next;
}

PSLIST_ENTRY NTAPI ExpInterlockedPopEntrySList(PSLIST_HEADER list) {
  const auto entry = reinterpret_cast<PSLIST_ENTRY>(list->Region);
  if (entry != nullptr) list->Region = reinterpret_cast<ULONGLONG>(entry->Next);
  return entry;
}

}  // extern "C"

namespace ovs::driver {
namespace {

constexpr unsigned kProcessors = 2;

// `use` has a pool and a hand, which end after it.
template <class Use>
void live(Use use) {
  auto pool = FramePool::create(kProcessors);
  REQUIRE(pool.ok());
  FrameHand hand(**pool);
  use(**pool, hand);
}

TEST_CASE("FramePool: what is in a hand or on another processor's shelf is back") {
  CHECK(!panics([] {
    live([](FramePool& pool, FrameHand& hand) {
      Frame* const kept = hand.take();
      Frame* const other = pool.take();
      REQUIRE((kept != nullptr && other != nullptr));
      other->blocks = pool.take_blocks(3 * kBlockSize);
      REQUIRE(other->blocks != nullptr);
      hand.give_back(*kept);
      pool.give_back(*other);
    });
  }));
}

TEST_CASE("FramePool: a frame that nobody gave back is found at its end") {
  CHECK(panics([] { live([](FramePool& pool, FrameHand&) { (void)pool.take(); }); }));
  CHECK(panics([] { live([](FramePool&, FrameHand& hand) { (void)hand.take(); }); }));
}

TEST_CASE("FramePool: a block that nobody gave back is found at its end") {
  CHECK(panics([] { live([](FramePool& pool, FrameHand&) { (void)pool.take_blocks(1); }); }));
}

TEST_CASE("FramePool: a frame that was given back twice is found at its end") {
  CHECK(panics([] {
    live([](FramePool& pool, FrameHand&) {
      Frame& frame = *pool.take();
      pool.give_back(frame);
      pool.give_back(frame);
    });
  }));
}

}  // namespace
}  // namespace ovs::driver

// Memory for frames, taken once: for each processor a list of frames and one of blocks, which any
// code up to DISPATCH_LEVEL takes from and gives back to without a lock. Whoever finds his
// processor's list empty takes from the others.
#pragma once
#include "base/core/atomic.h"
#include "driver/packets/frame.h"
#include "platform/api/memory.h"

namespace ovs::driver {

class FramePool;

// How many entries the list has; it is empty then. Counts no further than one more than `most`:
// what came back twice has made a ring of it.
inline std::size_t take_all(SLIST_HEADER& list, std::size_t most) {
  std::size_t count = 0;
  while (count <= most && ExpInterlockedPopEntrySList(&list) != nullptr) ++count;
  return count;
}

// Frames that one processor has at hand: taking one and giving it back is nobody else's business.
// On that processor at DISPATCH_LEVEL.
class FrameHand {
 public:
  explicit FrameHand(FramePool& pool) : pool_(pool) {}
  FrameHand(const FrameHand&) = delete;
  // What is in it goes back to the pool. Any processor: nobody takes from it any more.
  inline ~FrameHand();

  // As the pool's, which is asked when the hand is empty, or full.
  inline Frame* take();
  inline void give_back(Frame& frame);
  // Those that are in it; and one of them, as there is one.
  unsigned count() const { return count_; }
  inline Frame& take_one();
  // There are this many, of at most 64, or as many as the pool has.
  void stock(unsigned count);

 private:
  static constexpr unsigned kMost = 64;

  FramePool& pool_;
  unsigned count_ = 0;
  Frame* frames_[kMost];
};

class FramePool {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsK");

  // PASSIVE_LEVEL. Error::NoMemory.
  static Result<Owned<FramePool>> create(unsigned processors);
  struct Shelf;
  explicit FramePool(OwnedArray<Shelf> shelves);
  FramePool(const FramePool&) = delete;
  // Everything has been given back: asserted, since what has not is a list that hangs somewhere, or
  // memory that a running switch would miss sooner or later.
  ~FramePool();

  // Empty: a packet with all of its room in front of it. Null: there is none.
  Frame* take();
  // With its blocks. It is in no list.
  void give_back(Frame& frame);
  // Room for `size` bytes. Null: there is not that much.
  Block* take_blocks(std::uint32_t size);
  void give_back(Block* blocks);
  // A frame of the same content; its tail is shared where it is still where it arrived.
  Frame* clone(const Frame& frame, FrameHand& hand);
  // A frame of this one's first `header_size` bytes, which are in its prefix, and of `size` bytes
  // from `from` on; it shares nothing. Null: there is no room, or they cannot be read.
  Frame* clone_part(const Frame& frame, std::uint32_t header_size, std::uint32_t from,
                    std::uint32_t size, FrameHand& hand);
  // These bytes are the tail of a frame that has none. False: there is no room.
  bool put_tail(Frame& frame, Bytes bytes);
  // Makes the tail ours: the prefix's end, if it fits there. False: there is no room, or it cannot
  // be read; the frame has no tail then.
  bool keep_tail(Frame& frame);

 private:
  unsigned here() const;
  Frame* clone_head(const Frame& frame, std::uint32_t size, FrameHand& hand);

  OwnedArray<Shelf> shelves_;
};

FrameHand::~FrameHand() {
  while (count_ != 0) pool_.give_back(*frames_[--count_]);
}

Frame* FrameHand::take() {
  return count_ == 0 ? pool_.take() : &take_one();
}

Frame& FrameHand::take_one() {
  Frame& frame = *frames_[--count_];
  frame.clear();
  return frame;
}

void FrameHand::give_back(Frame& frame) {
  if (count_ == kMost) return pool_.give_back(frame);
  if (frame.blocks != nullptr) pool_.give_back(std::exchange(frame.blocks, nullptr));
  frames_[count_++] = &frame;
}

}  // namespace ovs::driver

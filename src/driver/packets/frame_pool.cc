#include "driver/packets/frame_pool.h"

namespace ovs::driver {
namespace {

// Enough for a batch to sixteen ports at once, on machines of few processors; and for eight frames
// of 64 kB.
constexpr unsigned kFramesEach = 512, kBlocksEach = 256;
// On larger ones, at most this many; each has a batch's at least.
constexpr unsigned kFramesOfAll = 8192, kFramesAtLeast = 128;

unsigned frames_each(unsigned processors) {
  const unsigned share = kFramesOfAll / processors;
  return share > kFramesEach ? kFramesEach : share < kFramesAtLeast ? kFramesAtLeast : share;
}

template <class T>
T* pop(SLIST_HEADER& list) {
  const PSLIST_ENTRY entry = ExpInterlockedPopEntrySList(&list);
  return static_cast<T*>(entry);
}

}  // namespace

struct alignas(kCacheLine) FramePool::Shelf {
  SLIST_HEADER frames = {}, blocks = {};
  OwnedArray<Frame> frame_memory;
  OwnedArray<Block> block_memory;

  Result<void> fill(unsigned frame_count, unsigned block_count);
};

Result<void> FramePool::Shelf::fill(unsigned frame_count, unsigned block_count) {
  OVS_TRY(frame_memory, try_make_array<Frame>(frame_count, kTag));
  OVS_TRY(block_memory, try_make_array<Block>(block_count, kTag));
  for (Frame& frame : frame_memory) {
    frame.mdl.describe(frame.room, kFrameRoom);
    frame.packet.room = frame.room;
    frame.packet.room_size = kFrameRoom;
    OVS_ASSERT(&Frame::of(frame.packet) == &frame);
    ExpInterlockedPushEntrySList(&frames, &frame);
  }
  for (Block& block : block_memory) {
    block.mdl.describe(block.bytes, kBlockSize);
    ExpInterlockedPushEntrySList(&blocks, &block);
  }
  return kOk;
}

Result<Owned<FramePool>> FramePool::create(unsigned processors) {
  OVS_TRY(auto shelves, try_make_array<Shelf>(processors, kTag));
  const unsigned frames = frames_each(processors);
  const unsigned blocks = frames * kBlocksEach / kFramesEach;
  for (Shelf& shelf : shelves) {
    OVS_TRY(shelf.fill(frames, blocks));
  }
  return try_make<FramePool>(std::move(shelves));
}

void FrameHand::stock(unsigned count) {
  OVS_ASSERT(count <= kMost);
  while (count_ < count) {
    Frame* const frame = pool_.take();
    if (frame == nullptr) return;
    frames_[count_++] = frame;
  }
}

FramePool::FramePool(OwnedArray<Shelf> shelves) : shelves_(std::move(shelves)) {}

FramePool::~FramePool() {
  std::size_t frames_made = 0, blocks_made = 0, frames_back = 0, blocks_back = 0;
  for (const Shelf& shelf : shelves_) {
    frames_made += shelf.frame_memory.count();
    blocks_made += shelf.block_memory.count();
  }
  for (Shelf& shelf : shelves_) {
    frames_back += take_all(shelf.frames, frames_made);
    blocks_back += take_all(shelf.blocks, blocks_made);
  }
  OVS_ASSERT(frames_back == frames_made);
  OVS_ASSERT(blocks_back == blocks_made);
}

unsigned FramePool::here() const {
  return unsigned(KeGetCurrentProcessorNumberEx(nullptr) % shelves_.count());
}

Frame* FramePool::take() {
  const std::size_t count = shelves_.count();
  const unsigned first = here();
  Frame* frame = nullptr;
  for (std::size_t i = 0; i < count && frame == nullptr; ++i) {
    frame = pop<Frame>(shelves_[(first + i) % count].frames);
  }
  if (frame == nullptr) return nullptr;
  frame->clear();
  return frame;
}

void FramePool::give_back(Frame& frame) {
  if (frame.blocks != nullptr) give_back(std::exchange(frame.blocks, nullptr));
  ExpInterlockedPushEntrySList(&shelves_[here()].frames, &frame);
}

Block* FramePool::take_blocks(std::uint32_t size) {
  const std::size_t count = shelves_.count();
  const unsigned first = here();
  Block* taken = nullptr;
  for (std::uint32_t have = 0; have < size; have += kBlockSize) {
    Block* block = nullptr;
    for (std::size_t i = 0; i < count && block == nullptr; ++i) {
      block = pop<Block>(shelves_[(first + i) % count].blocks);
    }
    if (block == nullptr) {
      give_back(taken);
      return nullptr;
    }
    block->next = taken;
    taken = block;
  }
  return taken;
}

void FramePool::give_back(Block* blocks) {
  SLIST_HEADER& shelf = shelves_[here()].blocks;
  while (blocks != nullptr) {
    Block* const next = blocks->next;
    ExpInterlockedPushEntrySList(&shelf, blocks);
    blocks = next;
  }
}

Frame* FramePool::clone_head(const Frame& frame, std::uint32_t size, FrameHand& hand) {
  Frame* const copy = hand.take();
  if (copy == nullptr) return nullptr;
  const datapath::Packet& packet = frame.packet;
  copy->packet = packet;
  copy->packet.room = copy->room;
  copy->packet.data = copy->room + packet.headroom();
  copy->packet.head_size = size;
  __builtin_memcpy(copy->packet.data, packet.data, size);
  copy->arrival = frame.arrival;
  copy->index = frame.index;
  copy->is_broken = frame.is_broken;
  return copy;
}

Frame* FramePool::clone(const Frame& frame, FrameHand& hand) {
  const datapath::Packet& packet = frame.packet;
  Frame* const copy = clone_head(frame, packet.head_size, hand);
  if (copy == nullptr) return nullptr;
  copy->buffer = frame.buffer;
  copy->tail_at = frame.tail_at;
  copy->has_arrived_tail = frame.has_arrived_tail;
  if (packet.tail_size == 0 || frame.has_arrived_tail) return copy;
  copy->blocks = take_blocks(packet.tail_size);
  const Block* from = frame.blocks;
  for (Block* to = copy->blocks; to != nullptr; to = to->next, from = from->next) {
    __builtin_memcpy(to->bytes, from->bytes, kBlockSize);
  }
  if (copy->blocks != nullptr) return copy;
  hand.give_back(*copy);
  return nullptr;
}

namespace {

// Where a frame's pieces are put, block after block.
class BlockWriter {
 public:
  explicit BlockWriter(Block* first) : block_(first) {}
  void add(Bytes piece) {
    while (!piece.empty()) {
      if (used_ == kBlockSize) {
        block_ = block_->next;
        used_ = 0;
      }
      const std::size_t room = kBlockSize - used_;
      const std::size_t part = piece.count() < room ? piece.count() : room;
      __builtin_memcpy(block_->bytes + used_, piece.data(), part);
      used_ += std::uint32_t(part);
      piece = piece.from(part);
    }
  }

 private:
  Block* block_;
  std::uint32_t used_ = 0;
};

// Calls `use` for the bytes of the frame, wherever they lie.
template <class F>
bool for_each_part(const Frame& frame, std::uint32_t from, std::uint32_t size, F&& use) {
  const std::uint32_t head = frame.packet.head_size;
  if (from < head) {
    const std::uint32_t part = size < head - from ? size : head - from;
    use(frame.packet.head().part(from, part));
    from += part;
    size -= part;
  }
  return for_each_tail_piece(frame, from - head, size, use);
}

}  // namespace

Frame* FramePool::clone_part(const Frame& frame, std::uint32_t header_size, std::uint32_t from,
                             std::uint32_t size, FrameHand& hand) {
  Frame* const copy = clone_head(frame, header_size, hand);
  if (copy == nullptr) return nullptr;
  datapath::Packet& packet = copy->packet;
  packet.tail_size = 0;
  bool is_read = false;
  if (size <= copy->tailroom()) {
    is_read = for_each_part(frame, from, size, [&](Bytes piece) {
      __builtin_memcpy(packet.data + packet.head_size, piece.data(), piece.count());
      packet.head_size += std::uint32_t(piece.count());
    });
  } else if ((copy->blocks = take_blocks(size)) != nullptr) {
    packet.tail_size = size;
    BlockWriter writer(copy->blocks);
    is_read = for_each_part(frame, from, size, [&](Bytes piece) { writer.add(piece); });
  }
  if (is_read) return copy;
  hand.give_back(*copy);
  return nullptr;
}

bool FramePool::put_tail(Frame& frame, Bytes bytes) {
  if (bytes.empty()) return true;
  frame.blocks = take_blocks(std::uint32_t(bytes.count()));
  if (frame.blocks == nullptr) return false;
  BlockWriter(frame.blocks).add(bytes);
  frame.packet.tail_size = std::uint32_t(bytes.count());
  return true;
}

bool FramePool::keep_tail(Frame& frame) {
  if (!frame.has_arrived_tail) return !frame.is_broken;
  frame.has_arrived_tail = false;
  const std::uint32_t size = frame.packet.tail_size;
  if (size == 0) return true;
  if (size <= frame.tailroom()) {
    frame.packet.tail_size = 0;
    frame.is_broken =
        !copy_from(*frame.buffer, frame.tail_at, size, frame.packet.data + frame.packet.head_size);
    frame.packet.head_size += size;
    return !frame.is_broken;
  }
  frame.blocks = take_blocks(size);
  if (frame.blocks != nullptr) {
    BlockWriter writer(frame.blocks);
    const bool is_read =
        for_each_piece(*frame.buffer, frame.tail_at, size, [&](Bytes piece) { writer.add(piece); });
    if (is_read) return true;
  }
  frame.packet.tail_size = 0;
  frame.is_broken = true;
  return false;
}

}  // namespace ovs::driver

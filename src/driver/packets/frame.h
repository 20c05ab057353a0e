// A frame under way in the driver: the engine's packet, its prefix in memory of ours, and where the
// rest of it lies (in the NET_BUFFER it came in, or in blocks of ours). And how such a frame is
// read. Taken from and given back to a FramePool; knows no switch.
#pragma once
#include <ndis.h>

#include "datapath/pipeline/packet.h"
#include "datapath/port/vport.h"

namespace ovs::driver {

class HypervNic;
struct Arrival;

// Of a frame that is copied ahead.
inline constexpr std::uint32_t kPrefixSize = 1792;
inline constexpr std::uint32_t kFrameRoom = 2048;
inline constexpr std::uint32_t kFrontRoom = 192;  // of a frame's room, in front of it as it comes
inline constexpr std::uint32_t kWholeSize = kFrameRoom - kFrontRoom;  // frames that fit in a room
inline constexpr std::uint32_t kBlockSize = 2048;

static_assert(kPrefixSize >= datapath::kMinPrefix && kPrefixSize <= kWholeSize &&
              kFrontRoom >= datapath::kHeadroom + 4);

// Frames and blocks are SLIST_ENTRYs of a pool while they are free.

// An MDL inside of what it describes, which it does from when that is made; buffers of ours touch
// at most two pages.
struct InlineMdl {
  MDL mdl;
  ULONG_PTR pages[2];

  void describe(void* memory, std::uint32_t size) {
    MmInitializeMdl(&mdl, memory, size);
    MmBuildMdlForNonPagedPool(&mdl);
  }
  // Of that memory, this much; and what follows it.
  void link(std::uint32_t size, MDL* next) {
    mdl.ByteCount = size;
    mdl.Next = next;
  }
};

struct Block : SLIST_ENTRY {
  Block* next = nullptr;
  InlineMdl mdl;
  alignas(16) std::uint8_t bytes[kBlockSize];
};

// Where a frame goes: an adapter, which is there as long as the reader that it was found under.
struct Target {
  const HypervNic* nic;
  bool keeps_tag;  // false: the tag that is beside the frame goes with the delivery
};

// Its first line is the driver's, the second the engine's: most frames need no other.
struct alignas(64) Frame : SLIST_ENTRY {
  static constexpr std::size_t kPacketAt = 64;

  Arrival* arrival = nullptr;      // null: it came over the device, or its NET_BUFFER has gone
  PNET_BUFFER buffer = nullptr;    // that it came in, and what of it is in front of the tail
  Block* blocks = nullptr;         // the tail, when it is ours: each block is full but the last
  Frame* next = nullptr;           // of those that go out
  const HypervNic* nic = nullptr;  // that it goes to
  std::uint32_t tail_at = 0;
  std::uint8_t index = 0;         // of its NET_BUFFER in the list it came in
  bool has_arrived_tail = false;  // the tail is still in that NET_BUFFER
  bool is_broken = false;         // its tail was lost: there was no block for it
  bool keeps_tag = true;          // as its target's
  datapath::Packet packet;
  InlineMdl mdl;  // of `room`
  alignas(16) std::uint8_t room[kFrameRoom];

  // By where the packet lies in it, for which no other line is to be read.
  static Frame& of(const datapath::Packet& packet) {
    auto* const at = reinterpret_cast<std::uint8_t*>(const_cast<datapath::Packet*>(&packet));
    return *reinterpret_cast<Frame*>(at - kPacketAt);
  }
  Target target() const { return Target{nic, keeps_tag}; }
  void send_to(const Target& target) {
    nic = target.nic;
    keeps_tag = target.keeps_tag;
  }
  // What fits behind the prefix.
  std::uint32_t tailroom() const {
    return kFrameRoom - std::uint32_t(packet.headroom()) - packet.head_size;
  }
  // Empty: a packet with all of its room but the front behind it.
  void clear() {
    packet.clear(room + kFrontRoom);
    arrival = nullptr;
    has_arrived_tail = is_broken = false;
  }
};
static_assert(sizeof(Frame) ==
              Frame::kPacketAt + sizeof(datapath::Packet) + sizeof(InlineMdl) + kFrameRoom);
static_assert(sizeof(Frame) / 64 % 2 == 1);  // neighbours share no set of the first cache

// Calls `use` for each piece of `size` bytes of a NET_BUFFER from `from` on. False: they are not
// all there, or not mapped.
template <class F>
bool for_each_piece(const NET_BUFFER& buffer, std::uint32_t from, std::uint32_t size, F&& use) {
  MDL* mdl = buffer.CurrentMdl;
  std::uint64_t skip = std::uint64_t{buffer.CurrentMdlOffset} + from;
  for (; size > 0 && mdl != nullptr; mdl = mdl->Next) {
    const std::uint32_t count = MmGetMdlByteCount(mdl);
    if (skip >= count) {
      skip -= count;
      continue;
    }
    const auto* at = static_cast<const std::uint8_t*>(
        MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority | MdlMappingNoExecute));
    if (at == nullptr) return false;
    const std::uint32_t here = std::uint32_t(count - skip);
    const std::uint32_t part = here < size ? here : size;
    use(Bytes(at + skip, part));
    size -= part;
    skip = 0;
  }
  return size == 0;
}

// What of a NET_BUFFER lies in its first MDL, if that is mapped as it mostly is, and what follows
// there; else nothing.
inline Bytes first_piece(const NET_BUFFER& buffer) {
  constexpr CSHORT kMapped = MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL;
  const MDL* const mdl = buffer.CurrentMdl;
  if (mdl == nullptr || (mdl->MdlFlags & kMapped) == 0) return {};
  const std::uint32_t count = MmGetMdlByteCount(mdl), offset = buffer.CurrentMdlOffset;
  if (offset >= count) return {};
  return Bytes(static_cast<const std::uint8_t*>(mdl->MappedSystemVa) + offset, count - offset);
}

// Copies `size` bytes, at least an Ethernet header, of those that begin `from`; the room behind
// them is written to as far as its line. Most frames are short, and the kernel's copying of any
// size takes longer to begin than this takes.
inline void copy_prefix(std::uint8_t* to, Bytes from, std::uint32_t size) {
  constexpr std::uint32_t kStep = 64, kShort = 256;
  const std::uint32_t whole = (size + kStep - 1) / kStep * kStep;
  if (size > kShort || from.count() < whole) {
    __builtin_memcpy(to, from.data(), size);
    return;
  }
  std::uint32_t at = 0;
  do {
    __builtin_memcpy(to + at, from.data() + at, kStep);
    at += kStep;
  } while (at < whole);
}

// False, and nothing said of `to`: they are not all there, or not mapped.
bool copy_from(const NET_BUFFER& buffer, std::uint32_t from, std::uint32_t size, std::uint8_t* to);
// Calls `use` for each piece of `size` bytes of the tail from `from` on. False: as above.
template <class F>
bool for_each_tail_piece(const Frame& frame, std::uint32_t from, std::uint32_t size, F&& use) {
  if (frame.has_arrived_tail) return for_each_piece(*frame.buffer, frame.tail_at + from, size, use);
  for (const Block* block = frame.blocks; block != nullptr && size > 0; block = block->next) {
    if (from >= kBlockSize) {
      from -= kBlockSize;
      continue;
    }
    const std::uint32_t here = kBlockSize - from;
    const std::uint32_t part = size < here ? size : here;
    use(Bytes(block->bytes + from, part));
    size -= part;
    from = 0;
  }
  return size == 0;
}
// Those bytes of the tail.
bool copy_tail(const Frame& frame, std::uint32_t from, std::uint32_t size, std::uint8_t* to);
// Of all of the tail.
std::uint16_t sum_tail(const Frame& frame);

}  // namespace ovs::driver

// A frame under way in the driver: the engine's packet, its prefix in memory of ours, and where the
// rest of it lies (in the NET_BUFFER it came in, or in blocks of ours). And how such a frame is
// read. Taken from and given back to a FramePool; knows no switch.
#pragma once
#include <ndis.h>

#include "datapath/pipeline/packet.h"
#include "datapath/port/vport.h"

namespace ovs::driver {

class PacketPath;
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

// An MDL inside of what it describes; buffers of ours touch at most two pages.
struct InlineMdl {
  MDL mdl;
  ULONG_PTR pages[2];

  void describe(void* memory, std::uint32_t size) {
    MmInitializeMdl(&mdl, memory, size);
    MmBuildMdlForNonPagedPool(&mdl);
  }
};

struct Block : SLIST_ENTRY {
  Block* next = nullptr;
  InlineMdl mdl;
  alignas(16) std::uint8_t bytes[kBlockSize];
};

// Where a frame goes: an adapter, as it was when that was decided.
struct Target {
  PacketPath* path = nullptr;
  NDIS_SWITCH_PORT_ID port = 0;
  NDIS_SWITCH_NIC_INDEX nic = 0;
  bool keeps_tag = true;    // false: the tag that is beside the frame goes with the delivery
  bool is_outside = false;  // it is a physical adapter
  datapath::PortNo number = datapath::kNoPort;  // of its vport, if a flow decided

  bool is_same_nic(const Target& other) const { return port == other.port && nic == other.nic; }
};

struct alignas(64) Frame : SLIST_ENTRY {
  datapath::Packet packet;
  Arrival* arrival = nullptr;     // null: it came over the device, or its NET_BUFFER has gone
  std::uint8_t index = 0;         // of its NET_BUFFER in the list it came in
  bool has_arrived_tail = false;  // the tail is still in that NET_BUFFER
  bool is_broken = false;         // its tail was lost: there was no block for it
  PNET_BUFFER buffer = nullptr;   // that it came in, and what of it is in front of the tail
  std::uint32_t tail_at = 0;
  Block* blocks = nullptr;  // the tail, when it is ours: each block is full but the last
  Frame* next = nullptr;    // of those that go out
  Target target;
  InlineMdl mdl;  // of `room`
  alignas(16) std::uint8_t room[kFrameRoom];

  static Frame& of(const datapath::Packet& packet) { return *static_cast<Frame*>(packet.owner); }
  // What fits behind the prefix.
  std::uint32_t tailroom() const {
    return kFrameRoom - std::uint32_t(packet.headroom()) - packet.head_size;
  }
  // Empty: a packet with all of its room but the front behind it.
  void clear() {
    packet.data = room + kFrontRoom;
    packet.head_size = packet.tail_size = 0;
    packet.in_port = flow::kNoInPort;
    packet.recirc_id = packet.skb_priority = packet.pkt_mark = packet.dp_hash = packet.limit = 0;
    packet.open = {};
    packet.segment_size = packet.verdict = 0;
    packet.passes = 0;
    packet.has_tunnel = packet.is_rewritten = false;
    arrival = nullptr;
    has_arrived_tail = is_broken = false;
  }
};

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

// A NET_BUFFER's first `size` bytes where they are mapped and lie in one piece, as they mostly do;
// else null.
inline const std::uint8_t* first_piece(const NET_BUFFER& buffer, std::uint32_t size) {
  constexpr CSHORT kMapped = MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL;
  const MDL* const mdl = buffer.CurrentMdl;
  if (mdl == nullptr || (mdl->MdlFlags & kMapped) == 0) return nullptr;
  const std::uint64_t end = std::uint64_t{buffer.CurrentMdlOffset} + size;
  if (end > MmGetMdlByteCount(mdl)) return nullptr;
  return static_cast<const std::uint8_t*>(mdl->MappedSystemVa) + buffer.CurrentMdlOffset;
}

// At least an Ethernet header. Most frames are short, and the kernel's copying of any size takes
// longer to begin than this takes.
inline void copy_prefix(std::uint8_t* to, const std::uint8_t* from, std::uint32_t size) {
  constexpr std::uint32_t kStep = 16, kShort = 256;
  if (size > kShort) {
    __builtin_memcpy(to, from, size);
  } else if (size < kStep) {
    __builtin_memcpy(to, from, 8);
    __builtin_memcpy(to + size - 8, from + size - 8, 8);
  } else {
    for (std::uint32_t at = 0; at < size - kStep; at += kStep)
      __builtin_memcpy(to + at, from + at, kStep);
    __builtin_memcpy(to + size - kStep, from + size - kStep, kStep);
  }
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

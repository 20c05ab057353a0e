// NET_BUFFER_LISTs of the host's own, in every shape that a driver may meet, and reading frames out
// of any. Whoever sends through a module (the switch) makes and frees them here; those of the
// driver's pools are NDIS's (buffer_pool.h).
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "emulator/sdk/ndis.h"

namespace ovs::emulator {

using FrameBytes = std::vector<std::byte>;

// Whose memory a frame lies in.
enum class FrameMemory {
  Plain,     // the host's: fast
  Guarded,   // each MDL ends where a page begins that nobody may touch, and begins after one where
             // it fills its page
  ReadOnly,  // Guarded, and not to be written: a fault is rule 84's
  Watched,   // Guarded, and each instruction of the driver's that touches it is noticed
};

struct FrameLayout {
  std::uint32_t offset = 0;    // bytes of the first MDL before the frame (DataOffset)
  std::uint32_t trailing = 0;  // bytes of the last MDL after it
  std::vector<std::uint32_t>
      splits;  // ascending: where the frame goes on in another MDL; twice the same: an empty MDL
  FrameMemory memory = FrameMemory::Plain;
  bool is_mapped = true;  // else the driver has to ask for a mapping
  // The guest rewrites its packet while the driver has it: these bytes are inverted, after the
  // driver has first asked NDIS for its data; Watched: after its `flip_after`th access.
  std::uint32_t flip_at = 0, flip_count = 0, flip_after = 1;
};

// A list with a NET_BUFFER for each frame, all laid out alike. Status is success, info is zero, the
// source handle the host's. Any level.
NET_BUFFER_LIST* make_list(std::span<const FrameBytes> frames, const FrameLayout& layout = {});
// As Ndis::set_shapes says.
NET_BUFFER_LIST* make_list(std::span<const std::byte> frame);
// One NET_BUFFER more, of a host's list, while the host owns it.
void add_frame(NET_BUFFER_LIST* list, std::span<const std::byte> frame);
void add_frame(NET_BUFFER_LIST* list, std::span<const std::byte> frame, const FrameLayout& layout);
// Of Watched memory: the driver has the list, or has it no more.
enum class Watch : bool { No, Yes };
void watch_list(NET_BUFFER_LIST& list, Watch how);
// Whether a guest will rewrite it, or has.
bool may_be_rewritten(const NET_BUFFER_LIST& list);
// Packets that were rewritten while the driver had them, since the process began.
std::size_t rewritten_count();
// A layout drawn from `random`: any that a driver has to take.
FrameLayout any_layout(std::uint64_t random, std::size_t frame_size);
// The host owns it: it never went to a module, or has come back. Its memory is unmapped (Guarded)
// or poisoned.
void free_list(NET_BUFFER_LIST* list);
// Every list of the chain.
void free_chain(NET_BUFFER_LIST* chain);
// Host's lists that live.
std::size_t live_list_count();

// The frame of one NET_BUFFER, of anyone's list, from its data offset on.
FrameBytes frame_of(const NET_BUFFER& buffer);
void append_frame(const NET_BUFFER& buffer, FrameBytes& to);
// A frame for each NET_BUFFER.
std::vector<FrameBytes> frames_of(const NET_BUFFER_LIST& list);

// For whoever keeps something of its own by a list, the host's or a driver's (the switch:
// destinations). Null at first; whoever set it clears it before the list is freed.
void*& host_data(NET_BUFFER_LIST* list);

// --- chains
template <class Visit>
void for_each_list(NET_BUFFER_LIST* chain, Visit visit) {
  while (chain != nullptr) {
    NET_BUFFER_LIST* const next = chain->Next;
    visit(chain);
    chain = next;
  }
}
std::size_t list_count(const NET_BUFFER_LIST* chain);

}  // namespace ovs::emulator

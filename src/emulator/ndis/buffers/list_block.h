// What NDIS knows of a NET_BUFFER_LIST, a NET_BUFFER and an MDL that it allocated: a record that
// lies before each in memory, so that a packet costs no lookup. The record says whose the list is;
// who calls checks and changes that (module_packets.cc, buffer_pool.cc, net_buffers.cc).
#pragma once
#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

#include "base/core/function_ref.h"
#include "emulator/sdk/ndis.h"

namespace ovs::emulator {

class BufferPool;
class GuestWriter;
class Module;

// Whose a list is at the moment.
enum class ListOwner : std::uint8_t { Host, Driver, Below, Above, Nobody };
const char* text_of(ListOwner owner);

inline constexpr std::size_t kMoreInfo = 16;  // later NDIS versions have more NetBufferListInfo
inline constexpr std::size_t kInlineContext = 256;

// --- what a list was when the driver was given it
struct MdlShot {
  MDL* mdl;
  MDL* next;
  void* start;
  ULONG count, offset;
};
struct BufferShot {
  NET_BUFFER* buffer;
  NET_BUFFER image;
  std::size_t first_mdl, mdl_count;  // in ListShot::mdls
};
struct ListShot {
  NET_BUFFER_LIST image;
  std::uint32_t context_depth = 0;
  std::vector<BufferShot> buffers;
  std::vector<MdlShot> mdls;
};
void take_shot(const NET_BUFFER_LIST& list, ListShot& shot);
struct Difference {
  int rule = 0;  // 0: none
  std::string text;
};
Difference compare_with_shot(const NET_BUFFER_LIST& list, const ListShot& shot);
// Bytes of context in use.
std::uint32_t context_depth(const NET_BUFFER_LIST& list);

struct ListBlock {
  std::uint64_t magic;
  std::atomic<ListOwner> owner;
  bool is_hosts;  // made by the host, not of a driver's pool
  bool is_clone;
  bool came_while_open;          // from above, when the driver was not told to pause
  bool is_received;              // on the receive path, not the send path
  bool went_below;               // has been sent down since it came
  std::atomic<bool> is_in_call;  // the call that gave it to the driver has not returned
  bool is_cancelled;             // was queued in the driver when its id was cancelled
  ULONG clone_flags;
  Module* module;       // that has it, or had it before the edge below
  BufferPool* pool;     // of a driver's
  ListBlock* original;  // of a clone
  std::atomic<int> clones_below;
  void* host_data;
  void* context_memory;  // where kInlineContext does not suffice
  std::uint32_t context_capacity;
  ListShot shot;
  alignas(16) std::byte context[sizeof(NET_BUFFER_LIST_CONTEXT) + kInlineContext];
  alignas(16) NET_BUFFER_LIST list;
  void* more_info[kMoreInfo];
};

struct BufferBlock {
  std::uint64_t magic;
  BufferPool* pool;                   // null: the host's
  ListBlock* list;                    // that NDIS allocated it together with
  bool is_with_data;                  // MDL and data are NDIS's
  bool was_read;                      // the driver has asked for its data
  std::uint32_t flip_at, flip_count;  // what the guest rewrites then
  GuestWriter* guest;                 // of watched memory
  std::vector<MDL*> retreats;         // MDLs that retreating put before the rest, the last first
  alignas(16) NET_BUFFER buffer;
};

// Of a list that must be NDIS's own and alive; a violation of `rule` otherwise, which names `call`.
ListBlock& block_of(NET_BUFFER_LIST* list, int rule, const char* call);
BufferBlock& block_of(NET_BUFFER* buffer, int rule, const char* call);
inline const ListBlock& trusted_block_of(const NET_BUFFER_LIST* list) {
  return *CONTAINING_RECORD(const_cast<NET_BUFFER_LIST*>(list), ListBlock, list);
}
inline ListBlock& trusted_block_of(NET_BUFFER_LIST* list) {
  return *CONTAINING_RECORD(list, ListBlock, list);
}
inline BufferBlock& trusted_block_of(NET_BUFFER* buffer) {
  return *CONTAINING_RECORD(buffer, BufferBlock, buffer);
}

// Blocks are used again only after others have been, filled with poison meanwhile; a write into a
// block that is free is a violation (52) when it is used again.
// Visits every list that is not free.
void for_each_block(FunctionRef<void(ListBlock&)> visit);
ListBlock* new_list_block();
void free_list_block(ListBlock& block);
BufferBlock* new_buffer_block();
void free_buffer_block(BufferBlock& block);

// "list 0x7f.. (a clone of 0x7f.., of module .., owner Below)".
std::string describe(const ListBlock& block);

}  // namespace ovs::emulator

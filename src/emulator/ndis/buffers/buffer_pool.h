// Pools of a driver's, and what lists and NET_BUFFERs are made of; the functions of ndis.sys that
// allocate, free and clone are in buffer_pool.cc and clones.cc.
#pragma once
#include <atomic>
#include <cstdint>

#include "emulator/ndis/buffers/list_block.h"

namespace ovs::emulator {

class Exports;

enum class PoolKind : bool { Lists, Buffers };

class BufferPool {
 public:
  BufferPool(PoolKind what, NDIS_HANDLE of) : kind(what), owner(of) {}

  std::string describe() const;

  PoolKind kind;
  NDIS_HANDLE owner;  // a driver's or a module's
  ULONG tag = 0;
  std::uint32_t context_size = 0, data_size = 0;
  bool with_buffer = false;
  std::atomic<long> out{0};  // lists, or NET_BUFFERs
};

// Of a pool handle that must be alive and of that kind; a violation of `rule` otherwise.
BufferPool& pool_of(NDIS_HANDLE handle, PoolKind kind, int rule, const char* call);

// Of the host's memory: an MDL over `size` bytes at `start`, mapped as nonpaged pool is.
MDL* new_mdl(void* start, std::uint32_t size);
void delete_mdl(MDL* mdl);

// Recomputes where the data begin from the buffer's DataOffset.
void find_current_mdl(NET_BUFFER& buffer);
NET_BUFFER* new_buffer(BufferPool* pool, MDL* chain, std::uint32_t offset, std::size_t length);

// Memory for the buffer's data, which goes with it.
void give_data(NET_BUFFER& buffer, std::uint32_t size);
void release_buffer(BufferBlock& block, const char* call);
// Of the driver's, owned by it; `pool` may be null.
ListBlock& new_driver_list(BufferPool* pool);
// The context that the pool reserves.
void reserve_context(ListBlock& block);
void free_driver_list(ListBlock& block);
// A violation of `rule` unless the driver owns the list.
void check_drivers(const ListBlock& block, int rule, const char* call);
enum class IsClone : bool { No, Yes };
void check_may_free(const ListBlock& block, IsClone wanted, const char* call);

void add_pool_functions(Exports& exports);
void add_clone_functions(Exports& exports);
void add_data_functions(Exports& exports);

// Pools that `owner` allocated and has not freed, in words; empty: none.
std::string live_pools_of(NDIS_HANDLE owner);

}  // namespace ovs::emulator

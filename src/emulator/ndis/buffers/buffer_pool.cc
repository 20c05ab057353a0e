#include "emulator/ndis/buffers/buffer_pool.h"

#include <algorithm>
#include <cstring>
#include <new>

#include "emulator/ndis/imports.h"
#include "emulator/ndis/ndis_impl.h"

namespace ovs::emulator {
namespace {

constexpr std::uint32_t kAlignment = 16;  // MEMORY_ALLOCATION_ALIGNMENT
constexpr ULONG_PTR kPageMask = 0xfff;
constexpr const char* kLivePool = "NDIS pool";
constexpr const char* kLiveMdl = "NDIS MDL";

void check_header(const NDIS_OBJECT_HEADER& header, UCHAR revision, USHORT size, const char* call) {
  if (header.Type == NDIS_OBJECT_TYPE_DEFAULT && header.Revision == revision &&
      header.Size == size) {
    return;
  }
  violate(64, std::string(call) + ": the header is type " + hex(header.Type) + ", revision " +
                  std::to_string(header.Revision) + ", size " + std::to_string(header.Size));
}
void check_pool(const BufferPool& pool, const char* call) {
  if (pool.tag == 0) violate(64, std::string(call) + ": the pool tag is zero");
  if (pool.context_size % kAlignment != 0) {
    violate(64, std::string(call) + ": a context of " + std::to_string(pool.context_size) +
                    " bytes is no multiple of 16");
  }
  if (pool.data_size != 0 && pool.kind == PoolKind::Lists && !pool.with_buffer) {
    violate(64, std::string(call) + ": data without a NET_BUFFER");
  }
}

NDIS_HANDLE enter(BufferPool* pool, const char* call) {
  check_pool(*pool, call);
  NdisImpl& ndis = NdisImpl::current();
  ndis.kernel().live_objects().add(kLivePool, pool, pool->describe());
  const std::lock_guard lock(ndis.mutex);
  ndis.pools.insert(pool);
  return pool;
}

void leave(NDIS_HANDLE handle, PoolKind kind, const char* call) {
  BufferPool& pool = pool_of(handle, kind, 59, call);
  if (pool.out != 0) {
    violate(59, std::string(call) + ": " + std::to_string(pool.out) + " of the pool are not freed");
  }
  NdisImpl& ndis = NdisImpl::current();
  ndis.kernel().live_objects().remove(kLivePool, &pool);
  const std::lock_guard lock(ndis.mutex);
  ndis.pools.erase(&pool);
  delete &pool;
}

NDIS_HANDLE allocate_net_buffer_list_pool(NDIS_HANDLE handle,
                                          PNET_BUFFER_LIST_POOL_PARAMETERS how) {
  const char* const call = "NdisAllocateNetBufferListPool";
  check_header(how->Header, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
               NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1, call);
  if (handle != nullptr) check_handle(handle, call);
  if (fails_now()) return nullptr;
  auto* pool = new BufferPool(PoolKind::Lists, handle);
  pool->tag = how->PoolTag;
  pool->context_size = how->ContextSize;
  pool->data_size = how->DataSize;
  pool->with_buffer = how->fAllocateNetBuffer != FALSE;
  return enter(pool, call);
}
VOID free_net_buffer_list_pool(NDIS_HANDLE handle) {
  const char* const call = "NdisFreeNetBufferListPool";
  leave(handle, PoolKind::Lists, call);
}
NDIS_HANDLE allocate_net_buffer_pool(NDIS_HANDLE handle, PNET_BUFFER_POOL_PARAMETERS how) {
  const char* const call = "NdisAllocateNetBufferPool";
  check_header(how->Header, NET_BUFFER_POOL_PARAMETERS_REVISION_1,
               NDIS_SIZEOF_NET_BUFFER_POOL_PARAMETERS_REVISION_1, call);
  if (handle != nullptr) check_handle(handle, call);
  if (fails_now()) return nullptr;
  auto* pool = new BufferPool(PoolKind::Buffers, handle);
  pool->tag = how->PoolTag;
  pool->data_size = how->DataSize;
  return enter(pool, call);
}
VOID free_net_buffer_pool(NDIS_HANDLE handle) {
  const char* const call = "NdisFreeNetBufferPool";
  leave(handle, PoolKind::Buffers, call);
}

// ---- lists ----
void link_context(ListBlock& block, void* memory, std::uint32_t capacity, std::uint32_t used) {
  auto* context = new (memory) NET_BUFFER_LIST_CONTEXT{};
  context->Next = nullptr;
  context->Size = static_cast<USHORT>(used);
  context->Offset = static_cast<USHORT>(capacity - used);
  block.list.Context = context;
  block.context_capacity = capacity;
}
void make_context(ListBlock& block, std::uint32_t used, std::uint32_t backfill) {
  const std::uint32_t reserved = block.pool != nullptr ? block.pool->context_size : 0;
  const std::uint32_t capacity = std::max(reserved, used + backfill);
  if (capacity == 0) return;
  void* memory = block.context;
  if (capacity > kInlineContext) {
    memory = block.context_memory = ::operator new(sizeof(NET_BUFFER_LIST_CONTEXT) + capacity);
  }
  std::memset(static_cast<std::byte*>(memory) + sizeof(NET_BUFFER_LIST_CONTEXT), 0xcd, capacity);
  link_context(block, memory, capacity, used);
}
void check_context_size(std::uint32_t size, const char* call) {
  if (size % kAlignment == 0) return;
  violate(64, std::string(call) + ": a context of " + std::to_string(size) +
                  " bytes is no multiple of 16");
}

ListBlock& new_list(BufferPool& pool, USHORT context, USHORT backfill, const char* call) {
  check_context_size(context, call);
  check_context_size(backfill, call);
  ListBlock& block = new_driver_list(&pool);
  make_context(block, context, backfill);
  return block;
}

PNET_BUFFER_LIST allocate_net_buffer_list(NDIS_HANDLE handle, USHORT context, USHORT backfill) {
  const char* const call = "NdisAllocateNetBufferList";
  BufferPool& pool = pool_of(handle, PoolKind::Lists, 64, call);
  if (fails_now()) return nullptr;
  return &new_list(pool, context, backfill, call).list;
}

PNET_BUFFER_LIST allocate_net_buffer_and_net_buffer_list(NDIS_HANDLE handle, USHORT context,
                                                         USHORT backfill, PMDL chain, ULONG offset,
                                                         SIZE_T length) {
  const char* const call = "NdisAllocateNetBufferAndNetBufferList";
  BufferPool& pool = pool_of(handle, PoolKind::Lists, 64, call);
  if (!pool.with_buffer) violate(64, std::string(call) + ": the pool has no NET_BUFFERs");
  if (fails_now()) return nullptr;
  ListBlock& block = new_list(pool, context, backfill, call);
  NET_BUFFER* buffer = new_buffer(nullptr, chain, offset, length);
  trusted_block_of(buffer).list = &block;
  if (chain == nullptr && pool.data_size != 0) give_data(*buffer, pool.data_size);
  block.list.FirstNetBuffer = buffer;
  return &block.list;
}

// What was allocated with the list goes with it; the rest is the driver's to free, before or after.
void free_own_buffers(ListBlock& block, const char* call) {
  if (block.pool == nullptr || !block.pool->with_buffer) return;
  NET_BUFFER* buffer = block.list.FirstNetBuffer;
  while (buffer != nullptr) {
    NET_BUFFER* const next = buffer->Next;
    BufferBlock& of = block_of(buffer, 59, call);
    if (of.list != &block) {
      violate(59, std::string(call) + ": NET_BUFFER " + hex(buffer) + " is still in " +
                      describe(block));
    }
    release_buffer(of, call);
    buffer = next;
  }
}

VOID free_net_buffer_list(PNET_BUFFER_LIST list) {
  const char* const call = "NdisFreeNetBufferList";
  ListBlock& block = block_of(list, 59, call);
  check_may_free(block, IsClone::No, call);
  free_own_buffers(block, call);
  free_driver_list(block);
}

// ---- NET_BUFFERs ----
PNET_BUFFER allocate_net_buffer(NDIS_HANDLE handle, PMDL chain, ULONG offset, SIZE_T length) {
  const char* const call = "NdisAllocateNetBuffer";
  BufferPool& pool = pool_of(handle, PoolKind::Buffers, 64, call);
  if (fails_now()) return nullptr;
  return new_buffer(&pool, chain, offset, length);
}
PNET_BUFFER allocate_net_buffer_mdl_and_data(NDIS_HANDLE handle) {
  const char* const call = "NdisAllocateNetBufferMdlAndData";
  BufferPool& pool = pool_of(handle, PoolKind::Buffers, 64, call);
  if (pool.data_size == 0) violate(64, std::string(call) + ": a pool without data");
  if (fails_now()) return nullptr;
  NET_BUFFER* buffer = new_buffer(&pool, nullptr, 0, 0);
  give_data(*buffer, pool.data_size);
  return buffer;
}
VOID free_net_buffer(PNET_BUFFER buffer) {
  const char* const call = "NdisFreeNetBuffer";
  BufferBlock& block = block_of(buffer, 59, call);
  if (block.pool == nullptr) {
    violate(59, std::string(call) + ": NET_BUFFER " + hex(buffer) + " was not allocated by itself");
  }
  release_buffer(block, call);
}

// ---- contexts ----
NDIS_STATUS allocate_net_buffer_list_context(PNET_BUFFER_LIST list, USHORT size, USHORT backfill,
                                             ULONG tag) {
  const char* const call = "NdisAllocateNetBufferListContext";
  ListBlock& block = block_of(list, 52, call);
  check_drivers(block, 52, call);
  check_context_size(size, call);
  check_context_size(backfill, call);
  NET_BUFFER_LIST_CONTEXT* context = list->Context;
  if (context != nullptr && context->Offset >= size) {
    context->Offset = static_cast<USHORT>(context->Offset - size);
    context->Size = static_cast<USHORT>(context->Size + size);
    return NDIS_STATUS_SUCCESS;
  }
  if (tag == 0) violate(64, std::string(call) + ": the pool tag is zero");
  if (fails_now()) return NDIS_STATUS_RESOURCES;
  void* memory = ::operator new(sizeof(NET_BUFFER_LIST_CONTEXT) + size + backfill);
  auto* made = new (memory) NET_BUFFER_LIST_CONTEXT{context, size, backfill};
  std::memset(static_cast<void*>(made + 1), 0xcd, std::size_t{size} + backfill);
  list->Context = made;
  return NDIS_STATUS_SUCCESS;
}

VOID free_net_buffer_list_context(PNET_BUFFER_LIST list, USHORT size) {
  const char* const call = "NdisFreeNetBufferListContext";
  ListBlock& block = block_of(list, 52, call);
  check_drivers(block, 52, call);
  NET_BUFFER_LIST_CONTEXT* context = list->Context;
  if (context == nullptr || context->Size < size) {
    violate(53, std::string(call) + ": " + std::to_string(size) + " bytes of a context of " +
                    std::to_string(context == nullptr ? 0 : context->Size));
  }
  context->Offset = static_cast<USHORT>(context->Offset + size);
  context->Size = static_cast<USHORT>(context->Size - size);
  const bool is_first = context == static_cast<void*>(block.context) ||
                        static_cast<void*>(context) == block.context_memory;
  if (context->Size != 0 || is_first) return;
  list->Context = context->Next;
  ::operator delete(context);
}

// ---- MDLs ----
PMDL allocate_mdl(NDIS_HANDLE handle, PVOID start, UINT length) {
  check_handle(handle, "NdisAllocateMdl");
  if (fails_now()) return nullptr;
  MDL* mdl = new_mdl(start, length);
  NdisImpl::current().kernel().live_objects().add(kLiveMdl, mdl, std::to_string(length) + " bytes");
  return mdl;
}
VOID free_mdl(PMDL mdl) {
  if (!NdisImpl::current().kernel().live_objects().remove(kLiveMdl, mdl)) {
    violate(59, "NdisFreeMdl: " + hex(mdl) + " is no MDL of NdisAllocateMdl");
  }
  delete_mdl(mdl);
}

}  // namespace

std::string BufferPool::describe() const {
  return std::string(kind == PoolKind::Lists ? "a list pool" : "a NET_BUFFER pool") + " of tag " +
         hex(std::uint64_t{tag}) + ", " + std::to_string(out) + " out";
}

BufferPool& pool_of(NDIS_HANDLE handle, PoolKind kind, int rule, const char* call) {
  NdisImpl& ndis = NdisImpl::current();
  if (ndis.has_detectors()) {
    const std::lock_guard lock(ndis.mutex);
    if (ndis.pools.count(handle) == 0) handle = nullptr;
  }
  if (handle == nullptr) violate(rule, std::string(call) + ": no pool that is alive");
  auto& pool = *static_cast<BufferPool*>(handle);
  if (pool.kind != kind) violate(rule, std::string(call) + ": a pool of the other kind");
  return pool;
}

MDL* new_mdl(void* start, std::uint32_t size) {
  auto* mdl = new MDL{};
  const auto address = reinterpret_cast<ULONG_PTR>(start);
  mdl->Size = sizeof(MDL);
  mdl->MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL;
  mdl->MappedSystemVa = start;
  mdl->StartVa = reinterpret_cast<void*>(address & ~kPageMask);
  mdl->ByteOffset = static_cast<ULONG>(address & kPageMask);
  mdl->ByteCount = size;
  return mdl;
}
void delete_mdl(MDL* mdl) {
  std::memset(static_cast<void*>(mdl), 0xd0, sizeof *mdl);
  delete mdl;
}

void find_current_mdl(NET_BUFFER& buffer) {
  MDL* mdl = buffer.MdlChain;
  ULONG offset = buffer.DataOffset;
  while (mdl != nullptr && offset >= mdl->ByteCount && mdl->Next != nullptr) {
    offset -= mdl->ByteCount;
    mdl = mdl->Next;
  }
  buffer.CurrentMdl = mdl;
  buffer.CurrentMdlOffset = offset;
}

NET_BUFFER* new_buffer(BufferPool* pool, MDL* chain, std::uint32_t offset, std::size_t length) {
  BufferBlock& block = *new_buffer_block();
  block.pool = pool;
  if (pool != nullptr) ++pool->out;
  block.buffer.NdisPoolHandle = pool;
  block.buffer.MdlChain = chain;
  block.buffer.DataOffset = offset;
  block.buffer.DataLength = static_cast<ULONG>(length);
  find_current_mdl(block.buffer);
  return &block.buffer;
}

void give_data(NET_BUFFER& buffer, std::uint32_t size) {
  void* data = ::operator new (size, std::align_val_t{16});
  std::memset(data, 0xcd, size);
  buffer.MdlChain = new_mdl(data, size);
  trusted_block_of(&buffer).is_with_data = true;
  find_current_mdl(buffer);
}

void release_buffer(BufferBlock& block, const char* call) {
  if (!block.retreats.empty()) {
    violate(53, std::string(call) + ": NET_BUFFER " + hex(&block.buffer) +
                    " was retreated and is not advanced");
  }
  if (block.is_with_data) {
    MDL* mdl = block.buffer.MdlChain;
    void* data = MmGetMdlVirtualAddress(mdl);
    std::memset(data, 0xd0, mdl->ByteCount);
    ::operator delete (data, std::align_val_t{16});
    delete_mdl(mdl);
  }
  if (block.pool != nullptr) --block.pool->out;
  free_buffer_block(block);
}

ListBlock& new_driver_list(BufferPool* pool) {
  ListBlock& block = *new_list_block();
  block.owner = ListOwner::Driver;
  block.pool = pool;
  block.list.NdisPoolHandle = pool;
  if (pool != nullptr) ++pool->out;
  return block;
}

void reserve_context(ListBlock& block) {
  make_context(block, 0, 0);
}

void free_driver_list(ListBlock& block) {
  if (block.host_data != nullptr) {
    violate(57, "freed with its forwarding context: " + describe(block));
  }
  if (block.pool != nullptr) --block.pool->out;
  free_list_block(block);
}

void check_drivers(const ListBlock& block, int rule, const char* call) {
  if (block.owner == ListOwner::Driver) return;
  violate(rule, std::string(call) + ": " + describe(block));
}

void check_may_free(const ListBlock& block, IsClone wanted, const char* call) {
  if (block.is_hosts)
    violate(59, std::string(call) + ": not the driver's to free: " + describe(block));
  check_drivers(block, 52, call);
  if (block.is_clone != (wanted == IsClone::Yes)) {
    violate(59, std::string(call) + ": the wrong routine for " + describe(block));
  }
  if (block.clones_below != 0 || block.list.ChildRefCount != 0) {
    violate(58, std::string(call) + ": its clones are still out: " + describe(block));
  }
}

std::string live_pools_of(NDIS_HANDLE owner) {
  NdisImpl& ndis = NdisImpl::current();
  const std::lock_guard lock(ndis.mutex);
  std::string text;
  for (const void* handle : ndis.pools) {
    const auto& pool = *static_cast<const BufferPool*>(handle);
    if (pool.owner == owner) text += pool.describe() + "; ";
  }
  return text;
}

void add_pool_functions(Exports& exports) {
  OVS_NDIS_EXPORT(exports, allocate_net_buffer_list_pool, NdisAllocateNetBufferListPool,
                  kUpToDispatch);
  OVS_NDIS_EXPORT(exports, free_net_buffer_list_pool, NdisFreeNetBufferListPool, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, allocate_net_buffer_pool, NdisAllocateNetBufferPool, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, free_net_buffer_pool, NdisFreeNetBufferPool, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, allocate_net_buffer_list, NdisAllocateNetBufferList, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, allocate_net_buffer_and_net_buffer_list,
                  NdisAllocateNetBufferAndNetBufferList, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, free_net_buffer_list, NdisFreeNetBufferList, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, allocate_net_buffer, NdisAllocateNetBuffer, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, allocate_net_buffer_mdl_and_data, NdisAllocateNetBufferMdlAndData,
                  kUpToDispatch);
  OVS_NDIS_EXPORT(exports, free_net_buffer, NdisFreeNetBuffer, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, allocate_net_buffer_list_context, NdisAllocateNetBufferListContext,
                  kUpToDispatch);
  OVS_NDIS_EXPORT(exports, free_net_buffer_list_context, NdisFreeNetBufferListContext,
                  kUpToDispatch);
  OVS_NDIS_EXPORT(exports, allocate_mdl, NdisAllocateMdl, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, free_mdl, NdisFreeMdl, kUpToDispatch);
}

}  // namespace ovs::emulator

// Clones of NET_BUFFER_LISTs, and what is copied from list to list.
#include "emulator/ndis/buffers/buffer_pool.h"
#include "emulator/ndis/imports.h"
#include "emulator/ndis/ndis_impl.h"

namespace ovs::emulator {
namespace {

constexpr ULONG kKnownFlags = NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS;

// MDLs of the clone's own over the data alone: what lies before and behind them is not described.
MDL* clone_mdls(const NET_BUFFER& buffer) {
  MDL* first = nullptr;
  MDL** link = &first;
  ULONG skip = buffer.CurrentMdlOffset;
  ULONG left = buffer.DataLength;
  for (MDL* mdl = buffer.CurrentMdl; mdl != nullptr && left != 0; mdl = mdl->Next) {
    const ULONG here = std::min(left, mdl->ByteCount - skip);
    MDL* made = new_mdl(static_cast<PUCHAR>(MmGetMdlVirtualAddress(mdl)) + skip, here);
    if ((mdl->MdlFlags & (MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA)) == 0) {
      made->MdlFlags = MDL_PAGES_LOCKED;
      made->MappedSystemVa = nullptr;
    }
    *link = made;
    link = &made->Next;
    left -= here;
    skip = 0;
  }
  return first;
}

NET_BUFFER* clone_buffer(NET_BUFFER& buffer, BufferPool* pool, ListBlock& clone) {
  NET_BUFFER* made = nullptr;
  if ((clone.clone_flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) != 0) {
    made = new_buffer(pool, buffer.MdlChain, buffer.DataOffset, buffer.DataLength);
  } else {
    made = new_buffer(pool, clone_mdls(buffer), 0, buffer.DataLength);
  }
  made->ChecksumBias = buffer.ChecksumBias;
  BufferBlock& block = trusted_block_of(made);
  block.list = &clone;
  block.flip_at = block.flip_count = 0;
  return made;
}

void free_clone_buffers(ListBlock& clone, const char* call) {
  const bool has_mdls = (clone.clone_flags & NDIS_CLONE_FLAGS_USE_ORIGINAL_MDLS) == 0;
  NET_BUFFER* buffer = clone.list.FirstNetBuffer;
  while (buffer != nullptr) {
    NET_BUFFER* const next = buffer->Next;
    BufferBlock& block = block_of(buffer, 59, call);
    if (block.list != &clone) {
      violate(59,
              std::string(call) + ": NET_BUFFER " + hex(buffer) + " is not of " + describe(clone));
    }
    MDL* mdl = has_mdls ? buffer->MdlChain : nullptr;
    release_buffer(block, call);
    while (mdl != nullptr) {
      MDL* const next_mdl = mdl->Next;
      delete_mdl(mdl);
      mdl = next_mdl;
    }
    buffer = next;
  }
}

PNET_BUFFER_LIST allocate_clone_net_buffer_list(PNET_BUFFER_LIST original, NDIS_HANDLE list_pool,
                                                NDIS_HANDLE buffer_pool, ULONG flags) {
  const char* const call = "NdisAllocateCloneNetBufferList";
  ListBlock& from = block_of(original, 52, call);
  check_drivers(from, 52, call);
  if ((flags & ~kKnownFlags) != 0)
    violate(59, std::string(call) + ": flags " + hex(std::uint64_t{flags}));
  BufferPool* lists = nullptr;
  BufferPool* buffers = nullptr;
  if (list_pool != nullptr) lists = &pool_of(list_pool, PoolKind::Lists, 64, call);
  if (buffer_pool != nullptr) buffers = &pool_of(buffer_pool, PoolKind::Buffers, 64, call);
  if (fails_now()) return nullptr;
  ListBlock& clone = new_driver_list(lists);
  reserve_context(clone);
  clone.is_clone = true;
  clone.clone_flags = flags;
  clone.original = &from;
  NET_BUFFER** link = &clone.list.FirstNetBuffer;
  for (NET_BUFFER* buffer = original->FirstNetBuffer; buffer != nullptr; buffer = buffer->Next) {
    *link = clone_buffer(*buffer, buffers, clone);
    link = &(*link)->Next;
  }
  return &clone.list;
}

VOID free_clone_net_buffer_list(PNET_BUFFER_LIST list, ULONG flags) {
  const char* const call = "NdisFreeCloneNetBufferList";
  ListBlock& block = block_of(list, 59, call);
  check_may_free(block, IsClone::Yes, call);
  if (flags != block.clone_flags) {
    violate(59, std::string(call) + ": flags " + hex(std::uint64_t{flags}) +
                    ", not those of the allocation, of " + describe(block));
  }
  free_clone_buffers(block, call);
  free_driver_list(block);
}

// What a sender says of its packets, and a receiver: of no use to each other are cancel ids and
// what the layers of NDIS keep for themselves.
constexpr NDIS_NET_BUFFER_LIST_INFO kSendInfo[] = {
    TcpIpChecksumNetBufferListInfo, IPsecOffloadV1NetBufferListInfo,
    TcpLargeSendNetBufferListInfo,  ClassificationHandleNetBufferListInfo,
    Ieee8021QNetBufferListInfo,     MediaSpecificInformation,
    NetBufferListProtocolId,        NetBufferListHashValue,
    NetBufferListHashInfo,          WfpNetBufferListInfo,
    NetBufferListCorrelationId,     VirtualSubnetInfo};
constexpr NDIS_NET_BUFFER_LIST_INFO kReceiveInfo[] = {
    TcpIpChecksumNetBufferListInfo, Ieee8021QNetBufferListInfo, MediaSpecificInformation,
    NetBufferListProtocolId,        NetBufferListHashValue,     NetBufferListHashInfo,
    NetBufferListFilteringInfo,     NetBufferListCorrelationId, VirtualSubnetInfo,
    TcpRecvSegCoalesceInfo,         RscTcpTimestampDelta};

template <std::size_t N>
void copy_info(NET_BUFFER_LIST& to, const NET_BUFFER_LIST& from,
               const NDIS_NET_BUFFER_LIST_INFO (&which)[N], const char* call) {
  check_drivers(block_of(&to, 52, call), 52, call);
  for (const NDIS_NET_BUFFER_LIST_INFO id : which) {
    to.NetBufferListInfo[id] = from.NetBufferListInfo[id];
  }
}

VOID copy_send_net_buffer_list_info(PNET_BUFFER_LIST to, PNET_BUFFER_LIST from) {
  const char* const call = "NdisCopySendNetBufferListInfo";
  copy_info(*to, *from, kSendInfo, call);
}
VOID copy_receive_net_buffer_list_info(PNET_BUFFER_LIST to, PNET_BUFFER_LIST from) {
  const char* const call = "NdisCopyReceiveNetBufferListInfo";
  copy_info(*to, *from, kReceiveInfo, call);
}

}  // namespace

void add_clone_functions(Exports& exports) {
  OVS_NDIS_EXPORT(exports, allocate_clone_net_buffer_list, NdisAllocateCloneNetBufferList,
                  kUpToDispatch);
  OVS_NDIS_EXPORT(exports, free_clone_net_buffer_list, NdisFreeCloneNetBufferList, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, copy_send_net_buffer_list_info, NdisCopySendNetBufferListInfo,
                  kUpToDispatch);
  OVS_NDIS_EXPORT(exports, copy_receive_net_buffer_list_info, NdisCopyReceiveNetBufferListInfo,
                  kUpToDispatch);
}

}  // namespace ovs::emulator

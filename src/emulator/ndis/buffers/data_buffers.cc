// A NET_BUFFER's data: pointers to them, and where they begin.
#include <cstring>
#include <new>

#include "emulator/ndis/buffers/buffer_pool.h"
#include "emulator/ndis/buffers/net_buffers.h"
#include "emulator/ndis/imports.h"
#include "emulator/ndis/ndis_impl.h"

namespace ovs::emulator {
namespace {

// The bytes where the data begin, if `size` of them lie together.
PUCHAR contiguous(const NET_BUFFER& buffer, ULONG size) {
  MDL* mdl = buffer.CurrentMdl;
  if (mdl == nullptr || mdl->ByteCount - buffer.CurrentMdlOffset < size) return nullptr;
  return static_cast<PUCHAR>(MmGetMdlVirtualAddress(mdl)) + buffer.CurrentMdlOffset;
}

// Visits the data from `offset` on, piece by piece.
template <class Visit>
void for_each_piece(const NET_BUFFER& buffer, std::size_t offset, std::size_t size, Visit visit) {
  std::size_t skip = buffer.CurrentMdlOffset + offset;
  for (MDL* mdl = buffer.CurrentMdl; mdl != nullptr && size != 0; mdl = mdl->Next) {
    if (skip >= mdl->ByteCount) {
      skip -= mdl->ByteCount;
      continue;
    }
    const std::size_t here = std::min<std::size_t>(size, mdl->ByteCount - skip);
    visit(static_cast<PUCHAR>(MmGetMdlVirtualAddress(mdl)) + skip, here);
    size -= here;
    skip = 0;
  }
}

void copy_out(const NET_BUFFER& buffer, std::size_t offset, std::size_t size, void* to) {
  auto* at = static_cast<PUCHAR>(to);
  for_each_piece(buffer, offset, size, [&](PUCHAR piece, std::size_t count) {
    std::memcpy(at, piece, count);
    at += count;
  });
}

// The guest rewrites its packet, once, between the driver's first look at it and the second: at
// once where the driver looks at a copy.
void rewrite(BufferBlock& block, bool is_copied) {
  const bool is_time = is_copied || block.was_read;
  block.was_read = true;
  if (block.flip_count == 0 || !is_time) return;
  for_each_piece(block.buffer, block.flip_at, block.flip_count, [](PUCHAR piece, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) piece[i] = static_cast<UCHAR>(~piece[i]);
  });
  block.flip_count = 0;
}

bool is_aligned(const void* at, UINT multiple, UINT offset) {
  return reinterpret_cast<ULONG_PTR>(at) % multiple == offset % multiple;
}

PVOID get_data_buffer(PNET_BUFFER buffer, ULONG size, PVOID storage, UINT multiple, UINT offset) {
  BufferBlock& block = block_of(buffer, 52, "NdisGetDataBuffer");
  if (multiple == 0 || (multiple & (multiple - 1)) != 0) {
    violate(81, "NdisGetDataBuffer: an alignment of " + std::to_string(multiple) +
                    " is no power of two");
  }
  if (size == 0) violate(81, "NdisGetDataBuffer: no bytes are asked for");
  if (buffer->DataLength < size) return nullptr;
  NdisImpl& ndis = NdisImpl::current();
  PUCHAR there = contiguous(*buffer, size);
  const bool is_fit = there != nullptr && is_aligned(there, multiple, offset);
  const bool bounces = !is_fit || (storage != nullptr && ndis.mixes_answers() && ndis.chance(2));
  if (bounces && storage == nullptr) return nullptr;
  // The MDLs of a list that was not mapped are mapped for this, which can fail.
  if (fails_now()) return nullptr;
  if (bounces) copy_out(*buffer, 0, size, storage);
  rewrite(block, bounces);
  return bounces ? storage : there;
}

// ---- where the data begin ----
MDL* ask_for_mdl(NET_BUFFER_ALLOCATE_MDL_HANDLER allocate, ULONG& size) {
  if (allocate != nullptr) return call_driver("NetAllocateMdl", allocate, &size);
  void* data = ::operator new (size, std::align_val_t{16});
  std::memset(data, 0xcd, size);
  return new_mdl(data, size);
}

NDIS_STATUS retreat_net_buffer_data_start(PNET_BUFFER buffer, ULONG delta, ULONG backfill,
                                          NET_BUFFER_ALLOCATE_MDL_HANDLER allocate) {
  const char* const call = "NdisRetreatNetBufferDataStart";
  BufferBlock& block = block_of(buffer, 52, call);
  if (buffer->DataOffset >= delta) {
    buffer->DataOffset -= delta;
  } else {
    const ULONG missing = delta - buffer->DataOffset;
    ULONG size = missing + backfill;
    if (fails_now()) return NDIS_STATUS_RESOURCES;
    MDL* mdl = ask_for_mdl(allocate, size);
    if (mdl == nullptr) return NDIS_STATUS_RESOURCES;
    if (size < missing) violate(53, "NdisRetreatNetBufferDataStart: the MDL is too short");
    mdl->Next = buffer->MdlChain;
    buffer->MdlChain = mdl;
    block.retreats.push_back(mdl);
    buffer->DataOffset = size - missing;
  }
  buffer->DataLength += delta;
  find_current_mdl(*buffer);
  return NDIS_STATUS_SUCCESS;
}

void free_retreat(MDL* mdl, NET_BUFFER_FREE_MDL_HANDLER free) {
  mdl->Next = nullptr;
  if (free != nullptr) {
    call_driver("NetFreeMdl", free, mdl);
    return;
  }
  ::operator delete (MmGetMdlVirtualAddress(mdl), std::align_val_t{16});
  delete_mdl(mdl);
}

VOID advance_net_buffer_data_start(PNET_BUFFER buffer, ULONG delta, BOOLEAN frees,
                                   NET_BUFFER_FREE_MDL_HANDLER free) {
  const char* const call = "NdisAdvanceNetBufferDataStart";
  BufferBlock& block = block_of(buffer, 52, call);
  if (delta > buffer->DataLength) {
    violate(53, "NdisAdvanceNetBufferDataStart: by " + std::to_string(delta) + " bytes of " +
                    std::to_string(buffer->DataLength));
  }
  buffer->DataOffset += delta;
  buffer->DataLength -= delta;
  while (frees != FALSE && !block.retreats.empty() && block.retreats.back() == buffer->MdlChain &&
         buffer->DataOffset >= buffer->MdlChain->ByteCount) {
    MDL* mdl = buffer->MdlChain;
    buffer->DataOffset -= mdl->ByteCount;
    buffer->MdlChain = mdl->Next;
    block.retreats.pop_back();
    free_retreat(mdl, free);
  }
  find_current_mdl(*buffer);
}

NDIS_STATUS copy_from_net_buffer_to_net_buffer(PNET_BUFFER to, ULONG to_offset, ULONG size,
                                               PNET_BUFFER from, ULONG from_offset, PULONG copied) {
  const char* const call = "NdisCopyFromNetBufferToNetBuffer";
  block_of(to, 52, call);
  BufferBlock& source = block_of(from, 52, call);
  *copied = 0;
  if (to_offset > to->DataLength || from_offset > from->DataLength) return NDIS_STATUS_FAILURE;
  const ULONG count = std::min({size, to->DataLength - to_offset, from->DataLength - from_offset});
  ULONG done = 0;
  for_each_piece(*to, to_offset, count, [&](PUCHAR piece, std::size_t here) {
    copy_out(*from, from_offset + done, here, piece);
    done += static_cast<ULONG>(here);
  });
  *copied = done;
  rewrite(source, true);
  return NDIS_STATUS_SUCCESS;
}

}  // namespace

void append_frame(const NET_BUFFER& buffer, FrameBytes& to) {
  for_each_piece(buffer, 0, buffer.DataLength, [&](PUCHAR piece, std::size_t size) {
    const auto* bytes = reinterpret_cast<const std::byte*>(piece);
    to.insert(to.end(), bytes, bytes + size);
  });
}

void add_data_functions(Exports& exports) {
  OVS_NDIS_EXPORT(exports, get_data_buffer, NdisGetDataBuffer, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, retreat_net_buffer_data_start, NdisRetreatNetBufferDataStart,
                  kUpToDispatch);
  OVS_NDIS_EXPORT(exports, advance_net_buffer_data_start, NdisAdvanceNetBufferDataStart,
                  kUpToDispatch);
  OVS_NDIS_EXPORT(exports, copy_from_net_buffer_to_net_buffer, NdisCopyFromNetBufferToNetBuffer,
                  kUpToDispatch);
}

}  // namespace ovs::emulator

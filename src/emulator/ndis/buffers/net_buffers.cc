#include "emulator/ndis/buffers/net_buffers.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <new>

#include "emulator/ndis/buffers/buffer_pool.h"
#include "emulator/ndis/buffers/guarded_memory.h"
#include "emulator/ndis/buffers/guest_writer.h"
#include "emulator/ndis/ndis_impl.h"

namespace ovs::emulator {
namespace {

// What SourceHandle of the host's lists is: no module's handle.
char host_source;
std::atomic<std::size_t> live_lists{0};

// An MDL of the host's and how its memory is to be freed.
struct HostMdl {
  MDL mdl = {};
  std::byte* start = nullptr;
  std::uint32_t size = 0;
  FrameMemory memory = FrameMemory::Plain;
};

std::byte* allocate(std::uint32_t size, FrameMemory memory) {
  if (memory != FrameMemory::Plain) return allocate_guarded(size);
  return static_cast<std::byte*>(::operator new (size, std::align_val_t{16}));
}

MDL* make_mdl(std::uint32_t size, const FrameLayout& layout) {
  auto* made = new HostMdl;
  made->start = allocate(size, layout.memory);
  made->size = size;
  made->memory = layout.memory;
  const auto address = reinterpret_cast<ULONG_PTR>(made->start);
  made->mdl.Size = sizeof(MDL);
  made->mdl.StartVa = reinterpret_cast<void*>(address & ~ULONG_PTR{0xfff});
  made->mdl.ByteOffset = static_cast<ULONG>(address & 0xfff);
  made->mdl.ByteCount = size;
  made->mdl.MdlFlags = layout.is_mapped ? MDL_SOURCE_IS_NONPAGED_POOL : MDL_PAGES_LOCKED;
  made->mdl.MappedSystemVa = layout.is_mapped ? made->start : nullptr;
  return &made->mdl;
}

void free_mdl(MDL* mdl) {
  auto* made = reinterpret_cast<HostMdl*>(mdl);
  if (made->memory == FrameMemory::Plain) {
    std::memset(made->start, 0xd0, made->size);
    ::operator delete (made->start, std::align_val_t{16});
  } else {
    free_guarded(made->start, made->size);
  }
  std::memset(static_cast<void*>(made), 0xd0, sizeof *made);
  delete made;
}

// One MDL for each piece of the frame between splits; the first has room before, the last after.
MDL* make_chain(std::span<const std::byte> frame, const FrameLayout& layout) {
  MDL* first = nullptr;
  MDL** link = &first;
  std::uint32_t from = 0;
  for (std::size_t i = 0; i <= layout.splits.size(); ++i) {
    const bool is_last = i == layout.splits.size();
    const auto whole = static_cast<std::uint32_t>(frame.size());
    const std::uint32_t to = is_last ? whole : std::min(layout.splits[i], whole);
    const std::uint32_t before = i == 0 ? layout.offset : 0;
    const std::uint32_t after = is_last ? layout.trailing : 0;
    MDL* mdl = make_mdl(before + (to - from) + after, layout);
    std::byte* const start = reinterpret_cast<HostMdl*>(mdl)->start;
    std::memset(start, 0xcd, before);
    if (to != from) std::memcpy(start + before, frame.data() + from, to - from);
    std::memset(start + before + (to - from), 0xcd, after);
    if (layout.memory == FrameMemory::ReadOnly) make_read_only(start, mdl->ByteCount);
    *link = mdl;
    link = &mdl->Next;
    from = to;
  }
  return first;
}

// Of the chain's memory and of the bytes of the frame that will be rewritten.
GuestWriter* make_guest(const NET_BUFFER& buffer, const FrameLayout& layout) {
  std::vector<GuestWriter::Piece> memory, bytes;
  std::uint32_t begin = layout.offset + layout.flip_at, end = begin + layout.flip_count;
  for (MDL* mdl = buffer.MdlChain; mdl != nullptr; mdl = mdl->Next) {
    const std::span all(reinterpret_cast<HostMdl*>(mdl)->start, mdl->ByteCount);
    memory.push_back(all);
    const std::uint32_t from = std::min(begin, mdl->ByteCount), to = std::min(end, mdl->ByteCount);
    bytes.push_back(all.subspan(from, to - from));
    begin -= from;
    end -= to;
  }
  return new GuestWriter(std::move(memory), std::move(bytes), layout.flip_after);
}

NET_BUFFER* make_buffer(std::span<const std::byte> frame, const FrameLayout& layout) {
  NET_BUFFER* buffer = new_buffer(nullptr, make_chain(frame, layout), layout.offset, frame.size());
  BufferBlock& block = trusted_block_of(buffer);
  if (layout.memory == FrameMemory::Watched) {
    block.guest = make_guest(*buffer, layout);
  } else {
    block.flip_at = layout.flip_at;
    block.flip_count = layout.flip_count;
  }
  return buffer;
}

ListBlock& make_empty() {
  ListBlock& block = *new_list_block();
  block.is_hosts = true;
  block.list.SourceHandle = &host_source;
  ++live_lists;
  return block;
}

void free_buffers(ListBlock& block) {
  NET_BUFFER* buffer = block.list.FirstNetBuffer;
  while (buffer != nullptr) {
    NET_BUFFER* const next = buffer->Next;
    MDL* mdl = buffer->MdlChain;
    while (mdl != nullptr) {
      MDL* const next_mdl = mdl->Next;
      free_mdl(mdl);
      mdl = next_mdl;
    }
    delete trusted_block_of(buffer).guest;
    free_buffer_block(trusted_block_of(buffer));
    buffer = next;
  }
}

}  // namespace

NET_BUFFER_LIST* make_list(std::span<const FrameBytes> frames, const FrameLayout& layout) {
  ListBlock& block = make_empty();
  NET_BUFFER** link = &block.list.FirstNetBuffer;
  for (const FrameBytes& frame : frames) {
    *link = make_buffer(frame, layout);
    link = &(*link)->Next;
  }
  return &block.list;
}

NET_BUFFER_LIST* make_list(std::span<const std::byte> frame) {
  ListBlock& block = make_empty();
  add_frame(&block.list, frame);
  return &block.list;
}

void add_frame(NET_BUFFER_LIST* list, std::span<const std::byte> frame) {
  add_frame(list, frame, NdisImpl::current().layout_for(frame.size()));
}

void add_frame(NET_BUFFER_LIST* list, std::span<const std::byte> frame, const FrameLayout& layout) {
  NET_BUFFER** link = &list->FirstNetBuffer;
  while (*link != nullptr) link = &(*link)->Next;
  *link = make_buffer(frame, layout);
}

void watch_list(NET_BUFFER_LIST& list, Watch how) {
  for (NET_BUFFER* at = list.FirstNetBuffer; at != nullptr; at = at->Next) {
    GuestWriter* const guest = trusted_block_of(at).guest;
    if (guest == nullptr) continue;
    if (how == Watch::Yes) guest->start();
    if (how == Watch::No) guest->stop();
  }
}

bool may_be_rewritten(const NET_BUFFER_LIST& list) {
  for (NET_BUFFER* at = list.FirstNetBuffer; at != nullptr; at = at->Next) {
    if (trusted_block_of(at).guest != nullptr) return true;
  }
  return false;
}

std::size_t rewritten_count() {
  return GuestWriter::rewritten_count();
}

FrameLayout any_layout(std::uint64_t random, std::size_t frame_size) {
  const auto next = [&random](std::uint64_t below) {
    const std::uint64_t drawn = random % below;
    random /= below;
    return static_cast<std::uint32_t>(drawn);
  };
  constexpr std::uint32_t kHeaders = 128;  // where splits matter most
  FrameLayout layout;
  layout.is_mapped = next(2) == 0;
  layout.memory = static_cast<FrameMemory>(next(3));
  layout.offset = next(3) * next(32);
  layout.trailing = next(3) * 3;
  const auto most = std::min<std::uint64_t>(frame_size, kHeaders);
  for (std::uint32_t i = next(4); i > 0; --i) layout.splits.push_back(next(most + 1));
  if (!layout.splits.empty() && next(4) == 0) layout.splits.push_back(layout.splits.front());
  std::sort(layout.splits.begin(), layout.splits.end());
  return layout;
}

void free_list(NET_BUFFER_LIST* list) {
  ListBlock& block = block_of(list, 51, "the host frees a list");
  if (!block.is_hosts || block.owner != ListOwner::Host) {
    violate(51, "the host frees what is not its own: " + describe(block));
  }
  free_buffers(block);
  free_list_block(block);
  --live_lists;
}

void free_chain(NET_BUFFER_LIST* chain) {
  for_each_list(chain, free_list);
}

std::size_t live_list_count() {
  return live_lists;
}

FrameBytes frame_of(const NET_BUFFER& buffer) {
  FrameBytes frame;
  frame.reserve(buffer.DataLength);
  append_frame(buffer, frame);
  return frame;
}

std::vector<FrameBytes> frames_of(const NET_BUFFER_LIST& list) {
  std::vector<FrameBytes> frames;
  for (const NET_BUFFER* at = list.FirstNetBuffer; at != nullptr; at = at->Next) {
    frames.push_back(frame_of(*at));
  }
  return frames;
}

void*& host_data(NET_BUFFER_LIST* list) {
  return trusted_block_of(list).host_data;
}

std::size_t list_count(const NET_BUFFER_LIST* chain) {
  std::size_t count = 0;
  for (; chain != nullptr; chain = chain->Next) ++count;
  return count;
}

}  // namespace ovs::emulator

#include "emulator/ndis/buffers/list_block.h"

#include <cstring>
#include <deque>
#include <iterator>
#include <memory>
#include <mutex>

#include "emulator/ndis/report.h"

namespace ovs::emulator {
namespace {

constexpr std::uint64_t kListMagic = 0x4c42'4e20'6f76'7331;
constexpr std::uint64_t kBufferMagic = 0x2042'4e20'6f76'7332;
constexpr std::uint64_t kFreeMagic = 0x6565'7266'6f76'7333;
constexpr int kPoison = 0xd0;             // as an address it is aligned, so that its use faults
constexpr std::size_t kQuarantine = 512;  // blocks that rest before they are used again

bool is_poison(const void* at, std::size_t size) {
  const auto* bytes = static_cast<const unsigned char*>(at);
  return bytes[0] == kPoison && std::memcmp(bytes, bytes + 1, size - 1) == 0;
}

// Blocks of one kind that are free, the one that was freed last used last.
template <class Block>
class Shelf {
 public:
  Block* take() {
    const std::lock_guard lock(mutex_);
    if (free_.size() <= kQuarantine) return nullptr;
    Block* const block = free_.front();
    free_.pop_front();
    return block;
  }
  void give(Block& block) {
    const std::lock_guard lock(mutex_);
    free_.push_back(&block);
  }
  Block* make() {
    auto made = std::make_unique<Block>();
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(made));
    return all_.back().get();
  }
  void for_each(FunctionRef<void(Block&)> visit) {
    const std::lock_guard lock(mutex_);
    for (const auto& block : all_) visit(*block);
  }

 private:
  std::mutex mutex_;
  std::deque<Block*> free_;
  std::vector<std::unique_ptr<Block>> all_;
};
Shelf<ListBlock> free_lists;
Shelf<BufferBlock> free_buffers;

template <class T>
bool differs(const T& a, const T& b) {
  return std::memcmp(&a, &b, sizeof(T)) != 0;
}

void shoot_mdls(const NET_BUFFER& buffer, ListShot& shot) {
  for (MDL* mdl = buffer.MdlChain; mdl != nullptr; mdl = mdl->Next) {
    shot.mdls.push_back({mdl, mdl->Next, mdl->StartVa, mdl->ByteCount, mdl->ByteOffset});
  }
}

const char* difference_of(const NET_BUFFER& now, const NET_BUFFER& then) {
  if (now.Next != then.Next) return "the chain of its NET_BUFFERs";
  if (now.DataLength != then.DataLength) return "a NET_BUFFER's DataLength";
  if (now.DataOffset != then.DataOffset) return "a NET_BUFFER's DataOffset";
  if (now.MdlChain != then.MdlChain) return "a NET_BUFFER's MdlChain";
  if (now.CurrentMdl != then.CurrentMdl) return "a NET_BUFFER's CurrentMdl";
  if (now.CurrentMdlOffset != then.CurrentMdlOffset) return "a NET_BUFFER's CurrentMdlOffset";
  return nullptr;
}
const char* reserved_difference_of(const NET_BUFFER& now, const NET_BUFFER& then) {
  if (differs(now.ProtocolReserved, then.ProtocolReserved))
    return "a NET_BUFFER's ProtocolReserved";
  if (differs(now.MiniportReserved, then.MiniportReserved))
    return "a NET_BUFFER's MiniportReserved";
  if (differs(now.NdisReserved, then.NdisReserved)) return "a NET_BUFFER's NdisReserved";
  if (now.NdisPoolHandle != then.NdisPoolHandle) return "a NET_BUFFER's NdisPoolHandle";
  return nullptr;
}
const char* reserved_difference_of(const NET_BUFFER_LIST& now, const NET_BUFFER_LIST& then) {
  if (differs(now.ProtocolReserved, then.ProtocolReserved)) return "ProtocolReserved";
  if (differs(now.MiniportReserved, then.MiniportReserved)) return "MiniportReserved";
  if (differs(now.NdisReserved, then.NdisReserved)) return "NdisReserved";
  if (now.NdisPoolHandle != then.NdisPoolHandle) return "NdisPoolHandle";
  if (now.NblFlags != then.NblFlags) return "NblFlags";
  if (now.ParentNetBufferList != then.ParentNetBufferList) return "ParentNetBufferList";
  return nullptr;
}

const char* difference_of(const BufferShot& shot, const std::vector<MdlShot>& mdls) {
  if (const char* what = difference_of(*shot.buffer, shot.image)) return what;
  for (std::size_t i = 0; i < shot.mdl_count; ++i) {
    const MdlShot& then = mdls[shot.first_mdl + i];
    const MDL& now = *then.mdl;
    if (now.Next != then.next) return "the chain of MDLs";
    if (now.StartVa != then.start || now.ByteCount != then.count || now.ByteOffset != then.offset) {
      return "what an MDL describes";
    }
  }
  return nullptr;
}

}  // namespace

const char* text_of(ListOwner owner) {
  switch (owner) {
    case ListOwner::Host: return "the host";
    case ListOwner::Driver: return "the driver";
    case ListOwner::Below: return "the edge below";
    case ListOwner::Above: return "the edge above";
    case ListOwner::Nobody: return "nobody, it is free";
  }
  return "unknown";
}

std::uint32_t context_depth(const NET_BUFFER_LIST& list) {
  std::uint32_t depth = 0;
  for (const auto* at = list.Context; at != nullptr; at = at->Next) depth += at->Size;
  return depth;
}

void take_shot(const NET_BUFFER_LIST& list, ListShot& shot) {
  std::memcpy(&shot.image, &list, sizeof(list));
  shot.context_depth = context_depth(list);
  shot.buffers.clear();
  shot.mdls.clear();
  for (NET_BUFFER* buffer = list.FirstNetBuffer; buffer != nullptr; buffer = buffer->Next) {
    const std::size_t first = shot.mdls.size();
    shoot_mdls(*buffer, shot);
    shot.buffers.push_back({buffer, *buffer, first, shot.mdls.size() - first});
  }
}

Difference compare_with_shot(const NET_BUFFER_LIST& list, const ListShot& shot) {
  if (list.FirstNetBuffer != shot.image.FirstNetBuffer) return {53, "FirstNetBuffer"};
  if (list.SourceHandle != shot.image.SourceHandle) return {53, "SourceHandle"};
  if (context_depth(list) != shot.context_depth) return {53, "the depth of its context"};
  for (const BufferShot& buffer : shot.buffers) {
    if (const char* what = difference_of(buffer, shot.mdls)) return {53, what};
    if (const char* what = reserved_difference_of(*buffer.buffer, buffer.image)) return {54, what};
  }
  if (const char* what = reserved_difference_of(list, shot.image)) return {54, what};
  if (list.ChildRefCount != shot.image.ChildRefCount) return {58, "ChildRefCount"};
  return {};
}

ListBlock& block_of(NET_BUFFER_LIST* list, int rule, const char* call) {
  ListBlock& block = trusted_block_of(list);
  if (block.magic == kFreeMagic) {
    violate(rule, std::string(call) + ": list " + hex(list) + " is free");
  }
  if (block.magic != kListMagic) {
    violate(rule, std::string(call) + ": " + hex(list) + " is no list that NDIS allocated");
  }
  return block;
}

BufferBlock& block_of(NET_BUFFER* buffer, int rule, const char* call) {
  BufferBlock& block = trusted_block_of(buffer);
  if (block.magic == kFreeMagic) {
    violate(rule, std::string(call) + ": NET_BUFFER " + hex(buffer) + " is free");
  }
  if (block.magic != kBufferMagic) {
    violate(rule, std::string(call) + ": " + hex(buffer) + " is no NET_BUFFER of NDIS");
  }
  return block;
}

void for_each_block(FunctionRef<void(ListBlock&)> visit) {
  free_lists.for_each([&](ListBlock& block) {
    if (block.magic == kListMagic) visit(block);
  });
}

ListBlock* new_list_block() {
  ListBlock* block = free_lists.take();
  if (block == nullptr) {
    block = free_lists.make();
  } else if (!is_poison(&block->list, sizeof block->list)) {
    violate(52, "list " + hex(&block->list) + " was written to after it was freed");
  }
  block->magic = kListMagic;
  block->owner = ListOwner::Host;
  block->is_hosts = block->is_clone = block->came_while_open = block->is_received = false;
  block->went_below = block->is_cancelled = false;
  block->is_in_call = false;
  block->clone_flags = 0;
  block->module = nullptr;
  block->pool = nullptr;
  block->original = nullptr;
  block->clones_below = 0;
  block->host_data = nullptr;
  block->context_memory = nullptr;
  block->context_capacity = 0;
  std::memset(&block->list, 0, sizeof block->list);
  std::memset(block->more_info, 0, sizeof block->more_info);
  return block;
}

void free_list_block(ListBlock& block) {
  block.owner = ListOwner::Nobody;
  block.magic = kFreeMagic;
  if (block.context_memory != nullptr) ::operator delete(block.context_memory);
  block.context_memory = nullptr;
  std::memset(static_cast<void*>(&block.list), kPoison, sizeof block.list);
  free_lists.give(block);
}

BufferBlock* new_buffer_block() {
  BufferBlock* block = free_buffers.take();
  if (block == nullptr) {
    block = free_buffers.make();
  } else if (!is_poison(&block->buffer, sizeof block->buffer)) {
    violate(52, "NET_BUFFER " + hex(&block->buffer) + " was written to after it was freed");
  }
  block->magic = kBufferMagic;
  block->pool = nullptr;
  block->list = nullptr;
  block->is_with_data = block->was_read = false;
  block->flip_at = block->flip_count = 0;
  block->guest = nullptr;
  block->retreats.clear();
  std::memset(static_cast<void*>(&block->buffer), 0, sizeof block->buffer);
  return block;
}

void free_buffer_block(BufferBlock& block) {
  block.magic = kFreeMagic;
  std::memset(static_cast<void*>(&block.buffer), kPoison, sizeof block.buffer);
  free_buffers.give(block);
}

std::string describe(const ListBlock& block) {
  std::string text = "list " + hex(&block.list);
  if (block.is_clone) text += ", a clone of " + hex(&block.original->list);
  text += block.is_hosts ? ", of the host" : ", of the driver's pool";
  return text + ", owned by " + text_of(block.owner);
}

}  // namespace ovs::emulator

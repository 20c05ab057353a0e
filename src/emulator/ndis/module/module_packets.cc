// Packets through a module: whose each list is, in what state it goes on and comes back (rules 15,
// 51 to 55, 58, 62, 63, 76).
#include <algorithm>

#include "emulator/ndis/buffers/guarded_memory.h"
#include "emulator/ndis/buffers/net_buffers.h"
#include "emulator/ndis/imports.h"
#include "emulator/ndis/module/filter_driver.h"
#include "emulator/ndis/module/module.h"
#include "emulator/ndis/module/stack.h"
#include "emulator/nt/schedule/processor.h"

namespace ovs::emulator {
namespace {

constexpr unsigned kFirstWithParents = 40;  // 6.40 asks for a clone's parent
constexpr std::size_t kMostPutOff = 64;
constexpr int kDeepestCompletion = 4;  // completions inside sends inside completions

// The call that gives lists to the driver, and whether it came before the driver was told to pause:
// what the driver makes of them may then still go down.
struct Giving {
  const Module* module = nullptr;
  bool was_open = false;
};
thread_local Giving giving;
thread_local int completion_depth = 0;

const char* kSends = "NdisFSendNetBufferLists";
const char* kCompletes = "NdisFSendNetBufferListsComplete";

std::uint64_t source_of(NET_BUFFER_LIST* list) {
  const auto& detail = *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
  return std::uint64_t{detail.SourcePortId} << 8 | detail.SourceNicIndex;
}
bool is_single_source(NET_BUFFER_LIST* chain) {
  for (NET_BUFFER_LIST* at = chain; at != nullptr; at = at->Next) {
    if (source_of(at) != source_of(chain)) return false;
  }
  return true;
}
void check_dispatch(bool is_claimed, const char* call) {
  if (is_claimed && current_level() != DISPATCH_LEVEL) {
    violate(76, std::string(call) + ": the flags say DISPATCH_LEVEL, and it is not");
  }
}

// Whoever owned the list till now; a violation if that is not who should.
void hand_over(ListBlock& block, ListOwner from, ListOwner to, int rule, const char* call) {
  ListOwner owner = from;
  if (block.owner.compare_exchange_strong(owner, to)) return;
  violate(rule, std::string(call) + ": " + describe(block));
}

// Rule 88, of the driver's own memory.
void check_memory(const NET_BUFFER_LIST& list) {
  for (const NET_BUFFER* buffer = list.FirstNetBuffer; buffer != nullptr; buffer = buffer->Next) {
    for (const MDL* mdl = buffer->MdlChain; mdl != nullptr; mdl = mdl->Next) {
      check_not_on_stack(mdl, "an MDL of a list that is sent,");
      check_not_on_stack(MmGetMdlVirtualAddress(mdl), "data of a list that is sent,");
    }
  }
}

// The edge is through with the list, and the driver has not got it back: nobody reads its bytes.
void conceal_data(const NET_BUFFER_LIST& list, Conceal how) {
  if (!trusted_block_of(&list).is_hosts) return;
  for (const NET_BUFFER* buffer = list.FirstNetBuffer; buffer != nullptr; buffer = buffer->Next) {
    for (const MDL* mdl = buffer->MdlChain; mdl != nullptr; mdl = mdl->Next) {
      conceal(MmGetMdlVirtualAddress(mdl), how);
    }
  }
}

// The scratch field is whoever's has the list: nobody finds there what he left.
void* scratch() {
  return reinterpret_cast<void*>(std::uintptr_t{0x5c5c5c5c5c5c5c5c});
}

// The list may be free by now, and another's; its block is still a block.
void end_of_call(NET_BUFFER_LIST* list) {
  ListBlock& block = trusted_block_of(list);
  if (block.owner == ListOwner::Driver) block.is_in_call = false;
}

std::vector<NET_BUFFER_LIST*> lists_of(NET_BUFFER_LIST* chain) {
  std::vector<NET_BUFFER_LIST*> lists;
  for_each_list(chain, [&](NET_BUFFER_LIST* list) { lists.push_back(list); });
  return lists;
}

}  // namespace

// ---- to the driver ----
void Module::give(NET_BUFFER_LIST* chain, bool is_received) {
  if (!ndis_.has_detectors()) return;
  const bool was_open = is_open();
  std::size_t count = 0;
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    ListBlock& block = block_of(list, 51, "the host sends");
    hand_over(block, ListOwner::Host, ListOwner::Driver, 51, "the host sends");
    block.module = this;
    block.came_while_open = was_open;
    block.is_received = is_received;
    block.went_below = block.is_cancelled = false;
    block.is_in_call = true;
    list->Scratch = scratch();
    watch_list(*list, Watch::Yes);
    take_shot(*list, block.shot);
    ++count;
  });
  held_ += count;
}

void Module::send(NET_BUFFER_LIST* chain, ULONG flags) {
  if (how().SendNetBufferListsHandler == nullptr) {
    give(chain, false);
    return driver_sends(chain, flags);
  }
  give(chain, false);
  const Giving before = giving;
  giving = {this, is_open()};
  const auto lists = ndis_.has_detectors() ? lists_of(chain) : std::vector<NET_BUFFER_LIST*>();
  call_driver("FilterSendNetBufferLists", how().SendNetBufferListsHandler, context_, chain,
              NDIS_DEFAULT_PORT_NUMBER, flags);
  giving = before;
  for (NET_BUFFER_LIST* list : lists) end_of_call(list);
}

void Module::receive(NET_BUFFER_LIST* chain, ULONG flags) {
  give(chain, true);
  const auto count = static_cast<ULONG>(list_count(chain));
  if (how().ReceiveNetBufferListsHandler == nullptr) return driver_indicates(chain, count, flags);
  call_driver("FilterReceiveNetBufferLists", how().ReceiveNetBufferListsHandler, context_, chain,
              NDIS_DEFAULT_PORT_NUMBER, count, flags);
}

// ---- down ----
void Module::check_originated(ListBlock& block) {
  if (block.list.SourceHandle != handle()) {
    violate(55, std::string(kSends) + ": SourceHandle is " + hex(block.list.SourceHandle) +
                    ", not the module's: " + ovs::emulator::describe(block));
  }
  if (block.is_clone && ndis_.minor() >= kFirstWithParents &&
      block.list.ParentNetBufferList != &block.original->list) {
    violate(58, std::string(kSends) + ": the parent is not set: " + ovs::emulator::describe(block));
  }
  // A thread that asked earlier whether it may send cannot be told from one that did not ask.
  if (giving.module == this && !giving.was_open) {
    violate(15, std::string(kSends) + " originates in Pausing: " + ovs::emulator::describe(block));
  }
  check_memory(block.list);
  block.module = this;
  if (block.is_clone) ++block.original->clones_below;
  ++originated_;
}

void Module::check_sent(ListBlock& block) {
  if (block.is_received) violate(51, std::string(kSends) + ": it was received, not sent");
  if (block.is_hosts && block.module != this) {
    violate(106, std::string(kSends) + ": another module's: " + ovs::emulator::describe(block));
  }
  const ModuleState now = state_;
  if (now == ModuleState::Paused || (block.is_hosts && !block.came_while_open)) {
    violate(15, std::string(kSends) + " in " + text_of(now));
  }
  hand_over(block, ListOwner::Driver, ListOwner::Below, 51, kSends);
  if (block.is_hosts) {
    --held_;
    block.went_below = true;
    watch_list(block.list, Watch::No);
  } else {
    check_originated(block);
  }
  block.list.Scratch = scratch();
}

void Module::check_send_flags(NET_BUFFER_LIST* chain, ULONG flags) {
  check_dispatch((flags & NDIS_SEND_FLAGS_DISPATCH_LEVEL) != 0, kSends);
  if ((flags & NDIS_SEND_FLAGS_SWITCH_SINGLE_SOURCE) != 0 && !is_single_source(chain)) {
    violate(76, std::string(kSends) + ": the flags say one source, and there are more");
  }
  if ((flags & NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP) != 0 &&
      !edge().is_destination_group(chain)) {
    violate(76, std::string(kSends) + ": the flags say the same destinations, and they differ");
  }
}

void Module::driver_sends(NET_BUFFER_LIST* chain, ULONG flags) {
  if (!ndis_.has_detectors()) return edge().sent(*this, chain, flags);
  check_may_act(kSends);
  if (chain == nullptr) violate(51, std::string(kSends) + ": no list");
  for_each_list(chain, [&](NET_BUFFER_LIST* list) { check_sent(block_of(list, 51, kSends)); });
  check_send_flags(chain, flags);
  edge().sent(*this, chain, flags);
  if (ndis_.mixes_completions() && completion_depth == 0 && ndis_.chance(4)) flush_completions();
}

// ---- up again ----
void Module::send_complete(NET_BUFFER_LIST* chain, ULONG flags) {
  if (!ndis_.has_detectors()) return complete_up(chain, flags);
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    ListBlock& block = block_of(list, 51, "the edge completes");
    if (block.owner != ListOwner::Below || block.module != this) {
      violate(51, "the edge completes what was not sent to it: " + ovs::emulator::describe(block));
    }
  });
  if (ndis_.holds_completions()) return hold(chain);
  if (ndis_.mixes_completions()) chain = put_off(chain);
  if (chain != nullptr) complete_up(chain, flags);
}

void Module::hold(NET_BUFFER_LIST* chain) {
  const std::lock_guard lock(put_off_mutex_);
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    conceal_data(*list, Conceal::Yes);
    put_off_.push_back(list);
  });
}

// Keeps some of the lists for later, and returns the rest, maybe in another order.
NET_BUFFER_LIST* Module::put_off(NET_BUFFER_LIST* chain) {
  NET_BUFFER_LIST* now = nullptr;
  std::unique_lock lock(put_off_mutex_);
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    if (ndis_.chance(8)) list->Status = NDIS_STATUS_FAILURE;
    const bool waits = completion_depth >= kDeepestCompletion || ndis_.chance(2);
    if (waits && put_off_.size() < kMostPutOff) {
      conceal_data(*list, Conceal::Yes);
      put_off_.push_back(list);
      return;
    }
    list->Next = now;
    now = list;
  });
  const bool has_late = !put_off_.empty();
  lock.unlock();
  if (has_late) ndis_.note_put_off();
  return now;
}

void Module::flush_completions() {
  std::vector<NET_BUFFER_LIST*> late;
  {
    const std::lock_guard lock(put_off_mutex_);
    late.swap(put_off_);
  }
  while (!late.empty()) {
    const std::size_t which = ndis_.random() % late.size();
    NET_BUFFER_LIST* list = late[which];
    late.erase(late.begin() + static_cast<std::ptrdiff_t>(which));
    list->Next = nullptr;
    conceal_data(*list, Conceal::No);
    complete_up(list, 0);
  }
}

// From below to the driver.
void Module::take_up(NET_BUFFER_LIST* chain, bool has_handler) {
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    ListBlock& block = trusted_block_of(list);
    hand_over(block, ListOwner::Below, ListOwner::Driver, 51, "the edge completes");
    list->Scratch = scratch();
    if (block.is_hosts) {
      ++held_;
      return;
    }
    if (!has_handler) violate(3, "no send-complete handler for what the driver originated");
    if (block.is_clone) --block.original->clones_below;
    --originated_;
  });
}

void Module::complete_up(NET_BUFFER_LIST* chain, ULONG flags) {
  const bool has_handler = how().SendNetBufferListsCompleteHandler != nullptr;
  if (ndis_.has_detectors()) take_up(chain, has_handler);
  if (!has_handler) return driver_completes(chain, flags);
  ++completion_depth;
  call_driver("FilterSendNetBufferListsComplete", how().SendNetBufferListsCompleteHandler, context_,
              chain, flags);
  --completion_depth;
}

void Module::check_given_back(ListBlock& block, const char* call) {
  if (!block.is_hosts) {
    violate(55, std::string(call) + ": the driver's own list: " + ovs::emulator::describe(block));
  }
  if (block.module != this) {
    violate(106, std::string(call) + ": another module's: " + ovs::emulator::describe(block));
  }
  if (block.owner != ListOwner::Driver) {
    violate(51, std::string(call) + ": " + ovs::emulator::describe(block));
  }
  if (block.clones_below != 0) {
    violate(58, std::string(call) + ": " + std::to_string(block.clones_below) +
                    " of its clones are still below: " + ovs::emulator::describe(block));
  }
  const Difference difference = compare_with_shot(block.list, block.shot);
  if (difference.rule == 0) return;
  violate(difference.rule, std::string(call) + ": " + difference.text +
                               " is not as it was: " + ovs::emulator::describe(block));
}

void Module::driver_completes(NET_BUFFER_LIST* chain, ULONG flags) {
  if (!ndis_.has_detectors()) return edge().send_completed(*this, chain, flags);
  if (chain == nullptr) violate(51, std::string(kCompletes) + ": no list");
  check_dispatch((flags & NDIS_SEND_COMPLETE_FLAGS_DISPATCH_LEVEL) != 0, kCompletes);
  if ((flags & NDIS_SEND_COMPLETE_FLAGS_SWITCH_SINGLE_SOURCE) != 0 && !is_single_source(chain)) {
    violate(76, std::string(kCompletes) + ": the flags say one source, and there are more");
  }
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    ListBlock& block = block_of(list, 51, kCompletes);
    check_given_back(block, kCompletes);
    if (block.is_received) violate(51, std::string(kCompletes) + ": it was received, not sent");
    if (!block.came_while_open && !block.went_below && list->Status != NDIS_STATUS_PAUSED) {
      violate(15, std::string(kCompletes) +
                      ": sent after the module was told to pause, and completed "
                      "with " +
                      hex(std::uint64_t{static_cast<ULONG>(list->Status)}));
    }
    if (block.is_cancelled && list->Status != NDIS_STATUS_SEND_ABORTED) {
      violate(63, std::string(kCompletes) + ": cancelled, and completed with " +
                      hex(std::uint64_t{static_cast<ULONG>(list->Status)}));
    }
    hand_over(block, ListOwner::Driver, ListOwner::Host, 51, kCompletes);
    watch_list(*list, Watch::No);
    --held_;
  });
  edge().send_completed(*this, chain, flags);
}

// ---- received ----
void Module::driver_indicates(NET_BUFFER_LIST* chain, ULONG count, ULONG flags) {
  const char* const call = "NdisFIndicateReceiveNetBufferLists";
  if (!ndis_.has_detectors()) return edge().received(*this, chain, flags);
  check_may_act(call);
  check_dispatch((flags & NDIS_RECEIVE_FLAGS_DISPATCH_LEVEL) != 0, call);
  if ((flags & NDIS_RECEIVE_FLAGS_RESOURCES) != 0) violate(77, std::string(call) + ": RESOURCES");
  if (count != list_count(chain)) violate(77, std::string(call) + ": the count is wrong");
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    ListBlock& block = block_of(list, 51, call);
    if (!block.is_hosts || !block.is_received) {
      violate(77, std::string(call) + ": injected: " + ovs::emulator::describe(block));
    }
    hand_over(block, ListOwner::Driver, ListOwner::Above, 51, call);
    watch_list(*list, Watch::No);
    --held_;
  });
  edge().received(*this, chain, flags);
}

void Module::return_lists(NET_BUFFER_LIST* chain, ULONG flags) {
  if (ndis_.has_detectors()) {
    for_each_list(chain, [&](NET_BUFFER_LIST* list) {
      ListBlock& block = block_of(list, 51, "the host returns");
      hand_over(block, ListOwner::Above, ListOwner::Driver, 51, "the host returns");
      ++held_;
    });
  }
  if (how().ReturnNetBufferListsHandler == nullptr) return driver_returns(chain, flags);
  call_driver("FilterReturnNetBufferLists", how().ReturnNetBufferListsHandler, context_, chain,
              flags);
}

void Module::driver_returns(NET_BUFFER_LIST* chain, ULONG flags) {
  if (!ndis_.has_detectors()) return edge().returned(*this, chain, flags);
  const char* const call = "NdisFReturnNetBufferLists";
  check_dispatch((flags & NDIS_RETURN_FLAGS_DISPATCH_LEVEL) != 0, call);
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    ListBlock& block = block_of(list, 51, call);
    check_given_back(block, call);
    if (!block.is_received) violate(51, std::string(call) + ": it was sent, not received");
    hand_over(block, ListOwner::Driver, ListOwner::Host, 51, call);
    --held_;
  });
  edge().returned(*this, chain, flags);
}

// ---- cancelling ----
void Module::cancel_send(void* cancel_id) {
  std::vector<ListBlock*> queued;
  for_each_block([&](ListBlock& block) {
    const bool is_queued = block.is_hosts && block.module == this && !block.is_in_call &&
                           block.owner == ListOwner::Driver && !block.went_below &&
                           NDIS_GET_NET_BUFFER_LIST_CANCEL_ID(&block.list) == cancel_id;
    if (!is_queued) return;
    block.is_cancelled = true;
    queued.push_back(&block);
  });
  if (how().CancelSendNetBufferListsHandler == nullptr) {
    if (!queued.empty()) violate(3, "the driver queues sends and has no cancel handler");
    return edge().cancel_send(*this, cancel_id);
  }
  cancelled_down_.clear();
  call_driver("FilterCancelSendNetBufferLists", how().CancelSendNetBufferListsHandler, context_,
              cancel_id);
  for (const ListBlock* block : queued) {
    if (block->owner != ListOwner::Driver || !block->is_cancelled) continue;
    violate(63, "held past FilterCancelSendNetBufferLists: " + ovs::emulator::describe(*block));
  }
  if (std::find(cancelled_down_.begin(), cancelled_down_.end(), cancel_id) ==
      cancelled_down_.end()) {
    violate(63, "FilterCancelSendNetBufferLists does not pass the cancel on");
  }
}

void Module::driver_cancels_send(void* cancel_id) {
  check_may_act("NdisFCancelSendNetBufferLists");
  cancelled_down_.push_back(cancel_id);
  edge().cancel_send(*this, cancel_id);
}

namespace {

void send_net_buffer_lists(NDIS_HANDLE handle, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER,
                           ULONG flags) {
  module_of(handle, kSends).driver_sends(chain, flags);
}
void send_net_buffer_lists_complete(NDIS_HANDLE handle, PNET_BUFFER_LIST chain, ULONG flags) {
  module_of(handle, kCompletes).driver_completes(chain, flags);
}
void cancel_send_net_buffer_lists(NDIS_HANDLE handle, PVOID cancel_id) {
  module_of(handle, "NdisFCancelSendNetBufferLists").driver_cancels_send(cancel_id);
}
void indicate_receive_net_buffer_lists(NDIS_HANDLE handle, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER,
                                       ULONG count, ULONG flags) {
  module_of(handle, "NdisFIndicateReceiveNetBufferLists").driver_indicates(chain, count, flags);
}
void return_net_buffer_lists(NDIS_HANDLE handle, PNET_BUFFER_LIST chain, ULONG flags) {
  module_of(handle, "NdisFReturnNetBufferLists").driver_returns(chain, flags);
}

}  // namespace

void add_packet_functions(Exports& exports) {
  OVS_NDIS_EXPORT(exports, send_net_buffer_lists, NdisFSendNetBufferLists, kUpToDispatch,
                  SpinLocks::None);
  OVS_NDIS_EXPORT(exports, send_net_buffer_lists_complete, NdisFSendNetBufferListsComplete,
                  kUpToDispatch, SpinLocks::None);
  OVS_NDIS_EXPORT(exports, cancel_send_net_buffer_lists, NdisFCancelSendNetBufferLists,
                  kUpToDispatch, SpinLocks::None);
  OVS_NDIS_EXPORT(exports, indicate_receive_net_buffer_lists, NdisFIndicateReceiveNetBufferLists,
                  kUpToDispatch, SpinLocks::None);
  OVS_NDIS_EXPORT(exports, return_net_buffer_lists, NdisFReturnNetBufferLists, kUpToDispatch,
                  SpinLocks::None);
}

}  // namespace ovs::emulator

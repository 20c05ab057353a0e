// Packets between NICs: from a NIC's far side into the extension as lists with forwarding
// contexts, out of it to the NICs that it chose, and back to be freed. Where there is no extension,
// through the built-in switch.
#pragma once
#include <atomic>

#include "emulator/ndis/filter_module.h"
#include "emulator/vmswitch/built_in_switch.h"
#include "emulator/vmswitch/forwarding.h"
#include "emulator/vmswitch/raw_list.h"

namespace ovs::emulator {

class PacketPath {
 public:
  PacketPath(SwitchModel& model, ForwardingDesk& desk);

  // --- which way packets take
  void use_built_in();
  void use_extension(FilterModule& module);
  // Packets are dropped; on return none is on its way into the module. PASSIVE_LEVEL.
  void use_nothing();

  std::size_t transmit(NicAddress from, Span<const NicFrame> frames);
  std::size_t transmit_raw(NicAddress from, Span<const RawList> lists);

  // --- the edges
  void sent(FilterModule& module, NET_BUFFER_LIST* chain);
  void received(FilterModule& module, NET_BUFFER_LIST* chain, ULONG flags);
  void completed(NET_BUFFER_LIST* chain);

  // No packet from this NIC is with the extension. With the model's mutex free.
  bool is_quiet(NicAddress address) const;
  void forget(NicAddress address) { built_in_.forget(address); }

 private:
  class Passage;
  NET_BUFFER_LIST* make(const SwitchPort& port, SwitchNic& nic, const NicFrame& frame);
  NET_BUFFER_LIST* make(const SwitchPort& port, const SwitchNic& nic, const RawList& raw);
  void judge_raw(ForwardingContext& context, const SwitchPort& port, const SwitchNic& nic,
                 const RawList& raw) const;
  bool join(NET_BUFFER_LIST* list, const SwitchPort& port, const SwitchNic& nic,
            const NicFrame& frame);
  void forward_built_in(SwitchNic& nic, const NicFrame& frame);
  void deliver_list(NET_BUFFER_LIST* list, ForwardingContext& context);
  void deliver_frame(NET_BUFFER_LIST* list, const ForwardingContext& context, const Parcel& parcel);
  void check_policy(const ForwardingContext& context, const SwitchPort& port, const Tag& on_list,
                    const Tag& delivered) const;
  void check_rewritten(NET_BUFFER_LIST* list, const ForwardingContext& context, Bytes frame) const;
  void check_untouched_memory(NET_BUFFER_LIST* list, const ForwardingContext& context) const;
  void indicate(FilterModule& module, NET_BUFFER_LIST* list, const ForwardingContext& context);
  void end_egress(NET_BUFFER_LIST* list, const ForwardingContext& context);
  void give_back(NET_BUFFER_LIST* list);

  SwitchModel& model_;
  ForwardingDesk& desk_;
  const bool has_detectors_;
  BuiltInSwitch built_in_;
  std::atomic<FilterModule*> module_ = nullptr;
  std::atomic<bool> is_built_in_ = true;
  std::atomic<int> passing_ = 0;          // threads that are giving packets to the module
  std::atomic<unsigned> made_count_ = 0;  // lists, where native_every counts them
  std::atomic<bool> is_waiting_ = false;  // until they are none
};

}  // namespace ovs::emulator

// Forwarding contexts: where a packet comes from and where it is to go, as the switch keeps it
// beside each list, and the functions by which an extension reads and changes that. What a list's
// own fields say is compared with it when the list goes down.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "emulator/ndis/buffers/net_buffers.h"
#include "emulator/vmswitch/oid_buffer.h"

namespace ovs::emulator {

class ForwardingDesk;

// The destinations' memory as the extension sees it; growing makes another.
class DestinationArray {
 public:
  DestinationArray(std::uint32_t capacity, std::uint32_t padding);

  NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY& header() { return header_; }
  NDIS_SWITCH_PORT_DESTINATION& at(std::uint32_t index) {
    return *NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(&header_, index);
  }
  std::uint32_t capacity() const { return header_.NumElements; }
  // It has been replaced: nobody may write to it.
  void retire();
  bool was_written_after_retirement() const;

 private:
  NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY header_{};
  std::vector<std::byte> elements_;
};

struct ForwardingContext {
  ForwardingDesk* desk = nullptr;
  bool is_hosts = false;  // of a list that a NIC sent
  bool is_below = false;
  bool is_raw = false;            // a host's, of words that nobody vouches for (raw_list.h)
  bool is_egress = false;         // of a host's list on its way to its destinations
  std::uint16_t frame_count = 1;  // of a host's list
  NicAddress source;              // port 0: the switch's own
  NicAddress origin;         // of a host's list: the NIC that sent it, whatever its source is now
  std::uint64_t detail = 0;  // of the list, apart from source and free destinations
  std::unique_ptr<DestinationArray> array;
  std::vector<std::unique_ptr<DestinationArray>> retired;
  std::vector<NDIS_SWITCH_PORT_DESTINATION> committed;
  // --- what the extension did
  bool was_added = false;     // AddNetBufferListDestination, and no growing since
  bool has_failed = false;    // a call for it failed, and was not made good
  bool was_reported = false;  // filtered
  bool was_sent = false, was_copied = false;
  std::vector<NDIS_SWITCH_PORT_ID> reported_ports;  // that it is kept from
  // --- what is known of the packet that it is, or came from
  const char* denial = nullptr;       // why the built-in switch would not have let it in
  bool is_sane = false;               // its bytes are known to be right
  std::vector<std::uint64_t> hashes;  // of a host's frames, to see whether they have changed
  std::uint16_t vlan = 0;             // it belongs to, by its port
  std::uint32_t policies = 0;         // SwitchModel::policy_generation when it came
  bool is_host_memory = true;         // no guest can write to it

  std::uint32_t free_count() const {
    return array->capacity() - static_cast<std::uint32_t>(committed.size());
  }
};

// Null: the list has none.
ForwardingContext* context_of(NET_BUFFER_LIST* list);

class ForwardingDesk {
 public:
  ForwardingDesk(SwitchModel& model, std::u16string extension_guid);
  ForwardingDesk(const ForwardingDesk&) = delete;
  ~ForwardingDesk();

  // For NdisFGetOptionalSwitchHandlers.
  void give(NDIS_SWITCH_CONTEXT& context, NDIS_SWITCH_OPTIONAL_HANDLERS& handlers);
  // The module is detached: its handlers are nobody's (17).
  void take_back() { is_given_ = false; }
  bool is_given() const { return is_given_; }

  // --- the host's lists
  ForwardingContext& open(NET_BUFFER_LIST* list, NicAddress source, std::uint64_t detail);
  // A list with the same frames on its way to the destinations that `from` went to.
  ForwardingContext& open_egress(NET_BUFFER_LIST* list, const ForwardingContext& from);
  void close(NET_BUFFER_LIST* list);

  // A list goes down: what its fields, its array and its context say agrees (56, 65, 67 to 70, 73
  // to 75). Its destinations are then in `committed`, with the exclusions of the moment.
  ForwardingContext& judge(NET_BUFFER_LIST* list);
  // One of open_egress() goes up: it goes to fewer places at most, and that is reported (77).
  ForwardingContext& judge_egress(NET_BUFFER_LIST* list);
  // The extension's contexts that live.
  long live_count() const { return live_; }
  // Rules 42, 43, 57: the extension is paused.
  void check_paused() const;

  // --- the handlers' bodies
  NDIS_STATUS allocate_context(NET_BUFFER_LIST* list);
  void free_context(NET_BUFFER_LIST* list);
  NDIS_STATUS set_source(NET_BUFFER_LIST* list, NicAddress source);
  NDIS_STATUS add(NET_BUFFER_LIST* list, const NDIS_SWITCH_PORT_DESTINATION& destination);
  NDIS_STATUS grow(NET_BUFFER_LIST* list, UINT32 more,
                   NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY** array);
  void destinations(NET_BUFFER_LIST* list, NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY** array);
  NDIS_STATUS update(NET_BUFFER_LIST* list, UINT32 count,
                     NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array);
  NDIS_STATUS copy_info(NET_BUFFER_LIST* to, NET_BUFFER_LIST* from, UINT32 flags);
  NDIS_STATUS reference_nic(NicAddress address);
  NDIS_STATUS dereference_nic(NicAddress address);
  NDIS_STATUS reference_port(PortId port);
  NDIS_STATUS dereference_port(PortId port);
  struct Report {
    PUNICODE_STRING guid, name, reason;
    NDIS_SWITCH_PORT_ID port;
    UINT32 flags, count;
    NET_BUFFER_LIST* chain;
  };
  void report_filtered(const Report& report);

  std::uint64_t magic;  // of one that lives
  static constexpr std::uint64_t kMagic = 0x6b736564'77667673;

 private:
  ForwardingContext& context(NET_BUFFER_LIST* list, int rule, const char* call);
  void check_destination(const NDIS_SWITCH_PORT_DESTINATION& destination, const char* call) const;
  void check_arrays(NET_BUFFER_LIST* list, ForwardingContext& context) const;
  void check_detail(NET_BUFFER_LIST* list, const ForwardingContext& context) const;
  void write_detail(NET_BUFFER_LIST* list, const ForwardingContext& context) const;

  SwitchModel& model_;
  const std::u16string extension_guid_;
  const bool has_detectors_;
  std::atomic<long> live_ = 0;
  std::atomic<bool> is_given_ = false;
};

std::string name_of(NicAddress address);

}  // namespace ovs::emulator

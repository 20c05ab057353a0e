// A filter driver (filter_rig_test.h) over an edge that remembers: what the tests of NDIS share.
#pragma once
#include <doctest/doctest.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "emulator/ndis/buffers/net_buffers.h"
#include "emulator/ndis/filter_rig_test.h"
#include "emulator/ndis/filter_stack.h"
#include "emulator/nt/schedule/processor.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator::test {

// The other side of a module: takes what comes, and gives it back as it is told.
class MemoryEdge final : public Edge {
 public:
  NDIS_STATUS switch_handlers(FilterModule& module, NDIS_SWITCH_CONTEXT& context,
                              NDIS_SWITCH_OPTIONAL_HANDLERS& handlers) override;
  void sent(FilterModule& module, NET_BUFFER_LIST* chain, ULONG flags) override;
  void send_completed(FilterModule& module, NET_BUFFER_LIST* chain, ULONG flags) override;
  void cancel_send(FilterModule& module, void* cancel_id) override;
  void received(FilterModule& module, NET_BUFFER_LIST* chain, ULONG flags) override;
  void returned(FilterModule& module, NET_BUFFER_LIST* chain, ULONG flags) override;
  bool is_destination_group(const NET_BUFFER_LIST* chain) override;
  NDIS_STATUS oid_request(FilterModule& module, NDIS_OID_REQUEST* request) override;
  void cancel_oid(FilterModule& module, void* request_id) override;
  void status_indicated(FilterModule& module, const NDIS_STATUS_INDICATION& status) override;
  NDIS_STATUS net_pnp_event(FilterModule& module, NET_PNP_EVENT_NOTIFICATION& event) override;
  void state_changed(FilterModule& module) override;

  // Lists that are sent stay below until complete_all().
  bool keeps = false;
  bool is_group = true;
  NDIS_STATUS oid_answer = NDIS_STATUS_SUCCESS;
  NDIS_STATUS pnp_answer = NDIS_STATUS_SUCCESS;
  void complete_all(FilterModule& module);

  std::mutex mutex;  // of what follows
  std::vector<NET_BUFFER_LIST*> below;
  std::vector<FrameBytes> frames;  // that were sent down
  std::vector<NDIS_STATUS> ends;   // of lists that came back, which are freed
  std::vector<NDIS_OID_REQUEST*> requests;
  std::vector<NDIS_STATUS> statuses;
  std::vector<ModuleState> states;
  std::vector<void*> cancelled;
};

class Rig final : public FilterRig {
 public:
  explicit Rig(UINT version = 0x00060055, StackKind kind = StackKind::Switch,
               std::optional<std::uint64_t> seed = {});
  ~Rig() override;
  static Rig& current() { return static_cast<Rig&>(FilterRig::current()); }

  TestFilter& module_of(NDIS_HANDLE) override { return filter; }
  FilterModule& module() { return *stack->module(); }

  // A list with that many frames of 64 bytes.
  NET_BUFFER_LIST* list(std::size_t frame_count = 1);
  void send(NET_BUFFER_LIST* chain, ULONG flags = 0) { module().send(chain, flags); }
  // A request with a buffer of its own.
  NDIS_STATUS ask(NDIS_OID oid, NDIS_REQUEST_TYPE type = NdisRequestSetInformation,
                  std::size_t size = 16);

  TestFilter filter;
  NDIS_HANDLE& handle = filter.handle;
  MemoryEdge edge;
  std::unique_ptr<FilterStack> stack;
  NDIS_OID_REQUEST request = {};
  std::vector<unsigned char> buffer;
};

// Of the rig's module.
NDIS_OID_REQUEST* clone_of(NDIS_OID_REQUEST* original);
NDIS_HANDLE make_list_pool(USHORT context_size = 0, bool with_buffer = false);
NET_BUFFER_LIST* clone_list(NET_BUFFER_LIST* original, NDIS_HANDLE pool);

}  // namespace ovs::emulator::test

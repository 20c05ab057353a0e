// A filter driver in the test's own process, over a kernel, an NDIS and an edge that remembers. Its
// handlers are right: they pass everything on; a test puts its wrong one in the place of one.
#pragma once
#include <doctest/doctest.h>

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "emulator/host/loader/driver_image.h"
#include "emulator/ndis/filter_stack.h"
#include "emulator/ndis/ndis.h"
#include "emulator/ndis/net_buffers.h"
#include "emulator/nt/kernel.h"
#include "emulator/nt/schedule/processor.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator::test {

inline constexpr const char* kUniqueName = "{1A7FA0B7-AAFC-492A-B870-424D1FF85470}";

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

class Rig {
 public:
  explicit Rig(UINT version = 0x00060055, StackKind kind = StackKind::Switch,
               std::optional<std::uint64_t> seed = {});
  Rig(const Rig&) = delete;
  // A rig that a violation does not end takes its driver down in order.
  ~Rig();
  // The one that lives, for handlers.
  static Rig& current();

  // Registers, which attaches and restarts.
  NDIS_STATUS start();
  // Deregisters.
  void stop();
  FilterModule& module() { return *stack->module(); }

  // A list with that many frames of 64 bytes.
  NET_BUFFER_LIST* list(std::size_t frame_count = 1);
  void send(NET_BUFFER_LIST* chain, ULONG flags = 0) { module().send(chain, flags); }
  // A request with a buffer of its own.
  NDIS_STATUS ask(NDIS_OID oid, NDIS_REQUEST_TYPE type = NdisRequestSetInformation,
                  std::size_t size = 16);

  Kernel kernel;
  ImportTable imports;
  std::unique_ptr<Ndis> ndis;
  MemoryEdge edge;
  std::unique_ptr<FilterStack> stack;

  DRIVER_OBJECT object = {};
  NDIS_FILTER_DRIVER_CHARACTERISTICS how = {};
  NDIS_HANDLE driver = nullptr;
  NDIS_HANDLE handle = nullptr;  // of the module, as FilterAttach was given it
  NDIS_OID_REQUEST request = {};
  std::vector<unsigned char> buffer;
};

// A function of ndis.sys as a driver calls it.
#define OVS_IMPORTED(name)             \
  reinterpret_cast<decltype(&::name)>( \
      ovs::emulator::test::Rig::current().imports.find("ndis.sys", #name))

// A right driver's handlers.
NDIS_STATUS NTAPI attach(NDIS_HANDLE handle, NDIS_HANDLE, PNDIS_FILTER_ATTACH_PARAMETERS);
NDIS_STATUS set_attributes(NDIS_HANDLE handle);
NDIS_STATUS get_switch_handlers(NDIS_HANDLE handle);
NDIS_STATUS NTAPI pass_request(NDIS_HANDLE, PNDIS_OID_REQUEST request);
VOID NTAPI request_complete(NDIS_HANDLE, PNDIS_OID_REQUEST request, NDIS_STATUS status);
// The clone that a request's handler made last, and its original.
NDIS_OID_REQUEST* clone_of(NDIS_OID_REQUEST* original);

// A list pool of the driver's, and a list in it.
NDIS_HANDLE make_list_pool(USHORT context_size = 0, bool with_buffer = false);
NET_BUFFER_LIST* clone_list(NET_BUFFER_LIST* original, NDIS_HANDLE pool);

}  // namespace ovs::emulator::test

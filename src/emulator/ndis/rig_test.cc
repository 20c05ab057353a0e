#include "emulator/ndis/rig_test.h"

namespace ovs::emulator::test {
namespace {

KernelConfig kernel_config(UINT version, std::optional<std::uint64_t> seed) {
  KernelConfig config;
  config.ndis = version;
  config.seed = seed;
  return config;
}

}  // namespace

// ---- the edge ----
NDIS_STATUS MemoryEdge::switch_handlers(FilterModule&, NDIS_SWITCH_CONTEXT& context,
                                        NDIS_SWITCH_OPTIONAL_HANDLERS&) {
  context = this;
  return NDIS_STATUS_SUCCESS;
}
void MemoryEdge::sent(FilterModule& module, NET_BUFFER_LIST* chain, ULONG) {
  {
    const std::lock_guard lock(mutex);
    for_each_list(chain, [&](NET_BUFFER_LIST* each) {
      for (FrameBytes& frame : frames_of(*each)) frames.push_back(std::move(frame));
      below.push_back(each);
    });
  }
  if (!keeps) complete_all(module);
}
void MemoryEdge::complete_all(FilterModule& module) {
  std::vector<NET_BUFFER_LIST*> ready;
  {
    const std::lock_guard lock(mutex);
    ready.swap(below);
  }
  for (NET_BUFFER_LIST* each : ready) {
    each->Next = nullptr;
    each->Status = NDIS_STATUS_SUCCESS;
    module.send_complete(each, 0);
  }
}
void MemoryEdge::send_completed(FilterModule&, NET_BUFFER_LIST* chain, ULONG) {
  for_each_list(chain, [&](NET_BUFFER_LIST* each) {
    const std::lock_guard lock(mutex);
    ends.push_back(each->Status);
    free_list(each);
  });
}
void MemoryEdge::cancel_send(FilterModule&, void* cancel_id) {
  cancelled.push_back(cancel_id);
}
void MemoryEdge::received(FilterModule& module, NET_BUFFER_LIST* chain, ULONG) {
  module.return_lists(chain, 0);
}
void MemoryEdge::returned(FilterModule&, NET_BUFFER_LIST* chain, ULONG) {
  free_chain(chain);
}
bool MemoryEdge::is_destination_group(const NET_BUFFER_LIST*) {
  return is_group;
}
NDIS_STATUS MemoryEdge::oid_request(FilterModule&, NDIS_OID_REQUEST* asked) {
  const std::lock_guard lock(mutex);
  requests.push_back(asked);
  if (oid_answer != NDIS_STATUS_PENDING) {
    asked->SupportedRevision = 1;
    if (asked->RequestType == NdisRequestSetInformation) {
      asked->DATA.SET_INFORMATION.BytesRead = asked->DATA.SET_INFORMATION.InformationBufferLength;
    }
  }
  return oid_answer;
}
void MemoryEdge::cancel_oid(FilterModule&, void* request_id) {
  cancelled.push_back(request_id);
}
void MemoryEdge::status_indicated(FilterModule&, const NDIS_STATUS_INDICATION& indication) {
  statuses.push_back(indication.StatusCode);
}
NDIS_STATUS MemoryEdge::net_pnp_event(FilterModule&, NET_PNP_EVENT_NOTIFICATION&) {
  return pnp_answer;
}
void MemoryEdge::state_changed(FilterModule& module) {
  states.push_back(module.state());
}

// ---- the rig ----
Rig::Rig(UINT version, StackKind kind, std::optional<std::uint64_t> seed)
    : FilterRig(kernel_config(version, seed)) {
  StackConfig config;
  config.kind = kind;
  stack = make_stack(*ndis, edge, config);
  stack->enable(kUniqueName);
}
Rig::~Rig() {
  stop();
  stack.reset();
}

NDIS_OID_REQUEST* clone_of(NDIS_OID_REQUEST* original) {
  return clone_of(Rig::current().handle, original);
}
NDIS_HANDLE make_list_pool(USHORT context_size, bool with_buffer) {
  return make_list_pool(Rig::current().handle, context_size, with_buffer);
}
NET_BUFFER_LIST* clone_list(NET_BUFFER_LIST* original, NDIS_HANDLE pool) {
  NET_BUFFER_LIST* clone = OVS_IMPORTED(NdisAllocateCloneNetBufferList)(original, pool, nullptr, 0);
  clone->ParentNetBufferList = original;
  clone->SourceHandle = Rig::current().handle;
  return clone;
}

NET_BUFFER_LIST* Rig::list(std::size_t frame_count) {
  const std::vector<FrameBytes> frames(frame_count, FrameBytes(64, std::byte{0x42}));
  return make_list(frames);
}

NDIS_STATUS Rig::ask(NDIS_OID oid, NDIS_REQUEST_TYPE type, std::size_t size) {
  buffer.assign(size, 0x11);
  request = {};
  request.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
                    NDIS_SIZEOF_OID_REQUEST_REVISION_1};
  request.RequestType = type;
  request.RequestId = &request;
  request.DATA.SET_INFORMATION.Oid = oid;
  request.DATA.SET_INFORMATION.InformationBuffer = buffer.data();
  request.DATA.SET_INFORMATION.InformationBufferLength = static_cast<UINT>(size);
  return module().oid_request(request);
}

}  // namespace ovs::emulator::test

#include "emulator/vmswitch/switch_rig_test.h"

#include <cstring>

#include "emulator/vmswitch/frame_edit.h"

namespace ovs::emulator::test {
namespace {

constexpr ULONG kTag = 0x74736574;
constexpr std::u16string_view kGuid = u"{1A7FA0B7-AAFC-492A-B870-424D1FF85470}";
SwitchRig* the_rig = nullptr;

UNICODE_STRING text(std::u16string_view from) {
  const auto size = static_cast<USHORT>(2 * from.size());
  return {size, size, reinterpret_cast<PWCH>(const_cast<char16_t*>(from.data()))};
}

TestExtension& module_of(NDIS_HANDLE context) {
  return *static_cast<TestExtension*>(context);
}

NDIS_STATUS make_pool(TestExtension& module) {
  NET_BUFFER_LIST_POOL_PARAMETERS parameters = {};
  parameters.Header = {NDIS_OBJECT_TYPE_DEFAULT, NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1,
                       NDIS_SIZEOF_NET_BUFFER_LIST_POOL_PARAMETERS_REVISION_1};
  parameters.fAllocateNetBuffer = TRUE;
  parameters.PoolTag = kTag;
  module.pool = OVS_NDIS(NdisAllocateNetBufferListPool)(module.handle, &parameters);
  return module.pool == nullptr ? NDIS_STATUS_RESOURCES : NDIS_STATUS_SUCCESS;
}

NDIS_STATUS NTAPI attach(NDIS_HANDLE handle, NDIS_HANDLE, PNDIS_FILTER_ATTACH_PARAMETERS) {
  SwitchRig& rig = SwitchRig::current();
  TestExtension& module = rig.extension.handle == nullptr ? rig.extension : *rig.second;
  module.handle = handle;
  module.handlers.Header = {NDIS_OBJECT_TYPE_SWITCH_OPTIONAL_HANDLERS,
                            NDIS_SWITCH_OPTIONAL_HANDLERS_REVISION_1,
                            NDIS_SIZEOF_SWITCH_OPTIONAL_HANDLERS_REVISION_1};
  NDIS_FILTER_ATTRIBUTES attributes = {};
  attributes.Header = {NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1,
                       NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1};
  const NDIS_STATUS found =
      OVS_NDIS(NdisFGetOptionalSwitchHandlers)(handle, &module.context, &module.handlers);
  if (found != NDIS_STATUS_SUCCESS) return found;
  OVS_NDIS(NdisFSetAttributes)(handle, &module, &attributes);
  return make_pool(module);
}
VOID NTAPI detach(NDIS_HANDLE context) {
  OVS_NDIS(NdisFreeNetBufferListPool)(module_of(context).pool);
  module_of(context).handle = nullptr;
}
NDIS_STATUS NTAPI restart(NDIS_HANDLE context, PNDIS_FILTER_RESTART_PARAMETERS) {
  return module_of(context).restart();
}
NDIS_STATUS NTAPI pause(NDIS_HANDLE context, PNDIS_FILTER_PAUSE_PARAMETERS) {
  module_of(context).pause();
  return NDIS_STATUS_SUCCESS;
}
VOID NTAPI send(NDIS_HANDLE context, PNET_BUFFER_LIST chain, NDIS_PORT_NUMBER, ULONG) {
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    list->Next = nullptr;
    module_of(context).send(list);
  });
}
VOID NTAPI send_complete(NDIS_HANDLE context, PNET_BUFFER_LIST chain, ULONG flags) {
  module_of(context).send_complete(chain, flags);
}
VOID NTAPI cancel_send(NDIS_HANDLE context, PVOID id) {
  OVS_NDIS(NdisFCancelSendNetBufferLists)(module_of(context).handle, id);
}
NDIS_STATUS NTAPI oid(NDIS_HANDLE context, PNDIS_OID_REQUEST request) {
  TestExtension& module = module_of(context);
  module.oids.push_back(request->DATA.QUERY_INFORMATION.Oid);
  return module.oid(request);
}
VOID NTAPI oid_complete(NDIS_HANDLE context, PNDIS_OID_REQUEST, NDIS_STATUS) {
  module_of(context).is_own_complete = true;
}
VOID NTAPI cancel_oid(NDIS_HANDLE context, PVOID id) {
  OVS_NDIS(NdisFCancelOidRequest)(module_of(context).handle, id);
}
NDIS_STATUS NTAPI pnp_event(NDIS_HANDLE context, PNET_PNP_EVENT_NOTIFICATION event) {
  return module_of(context).pnp_event(event);
}

NDIS_FILTER_DRIVER_CHARACTERISTICS characteristics() {
  NDIS_FILTER_DRIVER_CHARACTERISTICS how = {};
  how.Header = {NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS,
                NDIS_FILTER_CHARACTERISTICS_REVISION_2,
                NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2};
  how.MajorNdisVersion = 6;
  how.MinorNdisVersion = 30;
  how.FriendlyName = text(u"Test");
  how.UniqueName = text(kGuid);
  how.ServiceName = text(u"OVSExt");
  how.AttachHandler = attach;
  how.DetachHandler = detach;
  how.RestartHandler = restart;
  how.PauseHandler = pause;
  how.SendNetBufferListsHandler = send;
  how.SendNetBufferListsCompleteHandler = send_complete;
  how.CancelSendNetBufferListsHandler = cancel_send;
  how.OidRequestHandler = oid;
  how.OidRequestCompleteHandler = oid_complete;
  how.CancelOidRequestHandler = cancel_oid;
  how.NetPnPEventHandler = pnp_event;
  return how;
}

KernelConfig kernel_config(UINT version) {
  KernelConfig config;
  config.ndis = version;
  return config;
}

NdisConfig ndis_config(UINT version) {
  NdisConfig config;
  config.version = version;
  return config;
}

}  // namespace

void MemoryNic::deliver(const NicFrame& frame) {
  arrivals.push_back({{frame.bytes.data(), frame.bytes.data() + frame.bytes.count()},
                      frame.partial,
                      frame.segment_size});
}

// ---- the extension ----
void TestExtension::send(NET_BUFFER_LIST* list) {
  const PortId from{NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->SourcePortId};
  const std::vector<NicAddress>& to = routes[from];
  if (to.empty()) return drop(list);
  if (to.size() == 1) {
    add(list, to[0]);
  } else {
    grow_to(list, to);
  }
  forward(list);
}

void TestExtension::send_complete(NET_BUFFER_LIST* chain, ULONG) {
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    list->Next = nullptr;
    if (list->NdisPoolHandle != pool) return complete(list);
    free_copy(list);
  });
}

NDIS_STATUS TestExtension::oid(NDIS_OID_REQUEST* request) {
  return pass_on(request);
}

NDIS_STATUS TestExtension::pnp_event(NET_PNP_EVENT_NOTIFICATION* event) {
  return OVS_NDIS(NdisFNetPnPEvent)(handle, event);
}

void TestExtension::forward(NET_BUFFER_LIST* list) {
  OVS_NDIS(NdisFSendNetBufferLists)(handle, list, NDIS_DEFAULT_PORT_NUMBER, 0);
}

void TestExtension::complete(NET_BUFFER_LIST* list) {
  OVS_NDIS(NdisFSendNetBufferListsComplete)(handle, list, 0);
}

void TestExtension::drop(NET_BUFFER_LIST* list) {
  report(list, kGuid, NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->SourcePortId, 1);
  list->Status = NDIS_STATUS_FAILURE;
  complete(list);
}

void TestExtension::report(NET_BUFFER_LIST* list, std::u16string_view guid,
                           NDIS_SWITCH_PORT_ID port, UINT32 count, std::u16string_view reason) {
  UNICODE_STRING guid_text = text(guid), name = text(u"Open vSwitch Extension"), why = text(reason);
  handlers.ReportFilteredNetBufferLists(context, &guid_text, &name, port,
                                        NDIS_SWITCH_REPORT_FILTERED_NBL_FLAGS_IS_INCOMING, count,
                                        list, &why);
}

void TestExtension::add(NET_BUFFER_LIST* list, NicAddress to) {
  NDIS_SWITCH_PORT_DESTINATION destination = {};
  destination.PortId = static_cast<NDIS_SWITCH_PORT_ID>(to.port);
  destination.NicIndex = to.index;
  destination.PreserveVLAN = destination.PreservePriority = 1;
  handlers.AddNetBufferListDestination(context, list, &destination);
}

void TestExtension::grow_to(NET_BUFFER_LIST* list, const std::vector<NicAddress>& to) {
  const UINT32 have = NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->NumAvailableDestinations;
  const auto count = static_cast<UINT32>(to.size());
  NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array = nullptr;
  if (count > have) {
    handlers.GrowNetBufferListDestinations(context, list, count - have, &array);
  } else {
    handlers.GetNetBufferListDestinations(context, list, &array);
  }
  for (UINT32 i = 0; i < count; ++i) {
    auto& element = *NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, array->NumDestinations + i);
    element = {};
    element.PortId = static_cast<NDIS_SWITCH_PORT_ID>(to[i].port);
    element.NicIndex = to[i].index;
    element.PreserveVLAN = element.PreservePriority = 1;
  }
  handlers.UpdateNetBufferListDestinations(context, list, count, array);
}

NET_BUFFER_LIST* TestExtension::copy(NET_BUFFER_LIST* list) {
  const FrameBytes frame = frame_of(*list->FirstNetBuffer);
  const auto size = static_cast<UINT>(frame.size());
  auto* bytes = new std::byte[size];
  std::memcpy(bytes, frame.data(), size);
  MDL* const mdl = OVS_NDIS(NdisAllocateMdl)(handle, bytes, size);
  NET_BUFFER_LIST* made = OVS_NDIS(NdisAllocateNetBufferAndNetBufferList)(pool, 0, 0, mdl, 0, size);
  made->SourceHandle = handle;
  handlers.AllocateNetBufferListForwardingContext(context, made);
  handlers.CopyNetBufferListInfo(context, made, list, 0);
  return made;
}

void TestExtension::free_copy(NET_BUFFER_LIST* list) {
  MDL* const mdl = list->FirstNetBuffer->MdlChain;
  auto* bytes = static_cast<std::byte*>(MmGetMdlVirtualAddress(mdl));
  handlers.FreeNetBufferListForwardingContext(context, list);
  OVS_NDIS(NdisFreeNetBufferList)(list);
  OVS_NDIS(NdisFreeMdl)(mdl);
  delete[] bytes;
}

NDIS_STATUS TestExtension::query(NDIS_OID oid, std::vector<std::byte>& buffer, UINT& needed,
                                 NDIS_REQUEST_TYPE type) {
  NDIS_OID_REQUEST request = {};
  request.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
                    NDIS_SIZEOF_OID_REQUEST_REVISION_1};
  request.RequestType = type;
  request.RequestId = &request;
  const auto size = static_cast<UINT>(buffer.size());
  if (type == NdisRequestMethod) {
    auto& method = request.DATA.METHOD_INFORMATION;
    method.Oid = oid;
    method.InformationBuffer = buffer.data();
    method.InputBufferLength = method.OutputBufferLength = size;
  } else {
    request.DATA.QUERY_INFORMATION.Oid = oid;
    request.DATA.QUERY_INFORMATION.InformationBuffer = buffer.data();
    request.DATA.QUERY_INFORMATION.InformationBufferLength = size;
  }
  const NDIS_STATUS status = OVS_NDIS(NdisFOidRequest)(handle, &request);
  needed = type == NdisRequestMethod ? request.DATA.METHOD_INFORMATION.BytesNeeded
                                     : request.DATA.QUERY_INFORMATION.BytesNeeded;
  return status;
}

NDIS_STATUS TestExtension::pass_on(NDIS_OID_REQUEST* request) {
  NDIS_OID_REQUEST* clone = nullptr;
  OVS_NDIS(NdisAllocateCloneOidRequest)(handle, request, kTag, &clone);
  const NDIS_STATUS status = OVS_NDIS(NdisFOidRequest)(handle, clone);
  request->SupportedRevision = clone->SupportedRevision;
  if (request->RequestType == NdisRequestMethod) {
    auto& to = request->DATA.METHOD_INFORMATION;
    const auto& from = clone->DATA.METHOD_INFORMATION;
    to.BytesWritten = from.BytesWritten;
    to.BytesRead = from.BytesRead;
    to.BytesNeeded = from.BytesNeeded;
  } else {
    request->DATA.SET_INFORMATION.BytesRead = clone->DATA.SET_INFORMATION.BytesRead;
    request->DATA.SET_INFORMATION.BytesNeeded = clone->DATA.SET_INFORMATION.BytesNeeded;
  }
  OVS_NDIS(NdisFreeCloneOidRequest)(handle, clone);
  return status;
}

// ---- the rig ----
SwitchRig::SwitchRig(TestExtension& module, UINT version)
    : kernel(kernel_config(version)),
      ndis(Ndis::start(kernel, imports, ndis_config(version))),
      extension(module) {
  the_rig = this;
  NDIS_FILTER_DRIVER_CHARACTERISTICS how = characteristics();
  OVS_NDIS(NdisFRegisterFilterDriver)(&object, this, &how, &driver);
}

SwitchRig::~SwitchRig() {
  other.reset();
  made.reset();
  OVS_NDIS(NdisFDeregisterFilterDriver)(driver);
  the_rig = nullptr;
}

SwitchRig& SwitchRig::current() {
  return *the_rig;
}

VirtualSwitch& SwitchRig::private_switch(const SwitchHabits& habits) {
  SwitchSpec spec;
  spec.name = "00000000-0000-0000-0000-000000000001";
  spec.friendly_name = "test";
  spec.habits = habits;
  made = std::move(*VirtualSwitch::create(*ndis, spec));
  REQUIRE(made->enable_extension().ok());
  a = *made->add_port({PortKind::Synthetic, "", "a"});
  b = *made->add_port({PortKind::Synthetic, "", "b"});
  REQUIRE(made->connect_nic(a, nic_spec("nic-a", kMacA), nic_a).ok());
  REQUIRE(made->connect_nic(b, nic_spec("nic-b", kMacB), nic_b).ok());
  return *made;
}

std::size_t SwitchRig::send(PortId from, const std::vector<std::uint8_t>& frame) {
  const NicFrame frames[] = {{Bytes(frame), {}, 0}};
  return made->transmit({from, 0}, frames);
}

NicSpec nic_spec(const char* name, const MacAddress& mac) {
  NicSpec spec;
  spec.name = name;
  spec.friendly_name = "Network Adapter";
  spec.vm_name = spec.vm_friendly_name = "VM";
  spec.mac = mac;
  return spec;
}

std::vector<std::uint8_t> plain_frame(const MacAddress& to, const MacAddress& from,
                                      std::size_t size) {
  std::vector<std::uint8_t> frame(size, 0x5a);
  std::memcpy(frame.data(), to.bytes.items, 6);
  std::memcpy(frame.data() + 6, from.bytes.items, 6);
  frame[12] = 0x88;
  frame[13] = 0xb5;
  return frame;
}

namespace {

// IPv4 with `protocol` over Ethernet, then `transport`, then `payload` bytes; checksums right.
std::vector<std::uint8_t> ip_frame(const MacAddress& to, const MacAddress& from,
                                   std::uint8_t protocol,
                                   const std::vector<std::uint8_t>& transport,
                                   std::size_t payload) {
  const std::size_t length = 20 + transport.size() + payload;
  std::vector<std::uint8_t> frame = plain_frame(to, from, 14 + length);
  const std::uint8_t ip[] = {0x08,
                             0x00,
                             0x45,
                             0,
                             static_cast<std::uint8_t>(length >> 8),
                             static_cast<std::uint8_t>(length),
                             0,
                             1,
                             0,
                             0,
                             64,
                             protocol,
                             0,
                             0,
                             10,
                             0,
                             0,
                             1,
                             10,
                             0,
                             0,
                             2};
  std::memcpy(frame.data() + 12, ip, sizeof ip);
  std::memcpy(frame.data() + 34, transport.data(), transport.size());
  const Headers found = headers_of(frame);
  complete_ip_checksum(frame, found);
  complete_transport_checksum(frame, found);
  return frame;
}

}  // namespace

std::vector<std::uint8_t> udp_frame(const MacAddress& to, const MacAddress& from,
                                    std::size_t payload) {
  const auto length = static_cast<std::uint8_t>(8 + payload);
  return ip_frame(to, from, 17, {0x10, 0, 0x20, 0, 0, length, 0, 0}, payload);
}

std::vector<std::uint8_t> tcp_frame(const MacAddress& to, const MacAddress& from,
                                    std::size_t payload) {
  return ip_frame(to, from, 6,
                  {0x10, 0, 0x20, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0x50, 0x18, 1, 0, 0, 0, 0, 0},
                  payload);
}

}  // namespace ovs::emulator::test

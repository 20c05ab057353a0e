#include "emulator/vmswitch/switch_rig_test.h"

#include <cstring>

#include "emulator/vmswitch/frame_edit.h"

namespace ovs::emulator::test {
namespace {

KernelConfig kernel_config(UINT version) {
  KernelConfig config;
  config.ndis = version;
  return config;
}

}  // namespace

void MemoryNic::deliver(const NicFrame& frame) {
  arrivals.push_back({{frame.bytes.data(), frame.bytes.data() + frame.bytes.count()},
                      frame.partial,
                      frame.segment_size});
}

// ---- the extension ----
NDIS_STATUS TestExtension::attached() {
  pool = make_list_pool(handle, 0, true);
  return pool == nullptr ? NDIS_STATUS_RESOURCES : NDIS_STATUS_SUCCESS;
}

void TestExtension::detached() {
  OVS_IMPORTED(NdisFreeNetBufferListPool)(pool);
  handle = nullptr;
}

void TestExtension::send_chain(NET_BUFFER_LIST* chain, ULONG) {
  for_each_list(chain, [&](NET_BUFFER_LIST* list) {
    list->Next = nullptr;
    send(list);
  });
}

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

void TestExtension::forward(NET_BUFFER_LIST* list) {
  OVS_IMPORTED(NdisFSendNetBufferLists)(handle, list, NDIS_DEFAULT_PORT_NUMBER, 0);
}

void TestExtension::complete(NET_BUFFER_LIST* list) {
  OVS_IMPORTED(NdisFSendNetBufferListsComplete)(handle, list, 0);
}

void TestExtension::drop(NET_BUFFER_LIST* list) {
  report(list, kUniqueNameText, NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->SourcePortId, 1);
  list->Status = NDIS_STATUS_FAILURE;
  complete(list);
}

void TestExtension::report(NET_BUFFER_LIST* list, std::u16string_view guid,
                           NDIS_SWITCH_PORT_ID port, UINT32 count, std::u16string_view reason,
                           ULONG flags) {
  UNICODE_STRING guid_text = text(guid), name = text(u"Open vSwitch Extension"), why = text(reason);
  handlers.ReportFilteredNetBufferLists(context, &guid_text, &name, port, flags, count, list, &why);
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
  MDL* const mdl = OVS_IMPORTED(NdisAllocateMdl)(handle, bytes, size);
  NET_BUFFER_LIST* made =
      OVS_IMPORTED(NdisAllocateNetBufferAndNetBufferList)(pool, 0, 0, mdl, 0, size);
  made->SourceHandle = handle;
  handlers.AllocateNetBufferListForwardingContext(context, made);
  handlers.CopyNetBufferListInfo(context, made, list, 0);
  return made;
}

void TestExtension::free_copy(NET_BUFFER_LIST* list) {
  MDL* const mdl = list->FirstNetBuffer->MdlChain;
  auto* bytes = static_cast<std::byte*>(MmGetMdlVirtualAddress(mdl));
  handlers.FreeNetBufferListForwardingContext(context, list);
  OVS_IMPORTED(NdisFreeNetBufferList)(list);
  OVS_IMPORTED(NdisFreeMdl)(mdl);
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
  const NDIS_STATUS status = OVS_IMPORTED(NdisFOidRequest)(handle, &request);
  needed = type == NdisRequestMethod ? request.DATA.METHOD_INFORMATION.BytesNeeded
                                     : request.DATA.QUERY_INFORMATION.BytesNeeded;
  return status;
}

// ---- the rig ----
SwitchRig::SwitchRig(TestExtension& module, UINT version)
    : FilterRig(kernel_config(version)), extension(module) {
  if (module.receives) take_received();
  start();
}

SwitchRig::~SwitchRig() {
  other.reset();
  made.reset();
  stop();
}

TestFilter& SwitchRig::module_of(NDIS_HANDLE handle) {
  const bool is_first = extension.handle == nullptr || extension.handle == handle;
  return is_first ? extension : *second;
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

#include <doctest/doctest.h>
#include <ndis.h>

#include <cstring>

// The kernel of this test: it has no room for mappings.
extern "C" PVOID NTAPI MmMapLockedPagesSpecifyCache(PMDL, KPROCESSOR_MODE, MEMORY_CACHING_TYPE,
                                                    PVOID, ULONG, ULONG) {
  return nullptr;
}

namespace {

TEST_CASE("Sdk: a constant string counts its bytes without the terminating zero") {
  static constexpr char16_t kName[] = u"abc";
  const UNICODE_STRING name = RTL_CONSTANT_STRING(kName);
  CHECK(name.Length == 6);
  CHECK(name.MaximumLength == 8);
  CHECK(name.Buffer[2] == u'c');
}

TEST_CASE("Sdk: a list keeps its order and knows when it is empty") {
  LIST_ENTRY head, first, second;
  InitializeListHead(&head);
  InsertTailList(&head, &first);
  InsertTailList(&head, &second);
  CHECK(RemoveHeadList(&head) == &first);
  CHECK(IsListEmpty(&head) == FALSE);
  CHECK(RemoveEntryList(&second) == TRUE);
  CHECK(IsListEmpty(&head) == TRUE);
}

TEST_CASE("Sdk: arrays are walked by the element size they state") {
  alignas(8) unsigned char room[sizeof(NDIS_SWITCH_PORT_ARRAY) + 2 * 2000] = {};
  const auto array = reinterpret_cast<PNDIS_SWITCH_PORT_ARRAY>(room);
  array->FirstElementOffset = 24;
  array->ElementSize = 2000;
  CHECK(reinterpret_cast<PUCHAR>(NDIS_SWITCH_PORT_AT_ARRAY_INDEX(array, 1)) == room + 2024);
}

TEST_CASE("Sdk: a set cancel routine is returned when it is taken away") {
  IRP irp;
  std::memset(&irp, 0, sizeof irp);
  const PDRIVER_CANCEL routine = [](PDEVICE_OBJECT, PIRP) NTAPI {};
  const bool was_unset = IoSetCancelRoutine(&irp, routine) == nullptr;
  const bool was_set = IoSetCancelRoutine(&irp, nullptr) == routine;
  CHECK(was_unset);
  CHECK(was_set);
}

TEST_CASE("Sdk: only an MDL that is not mapped yet asks for a mapping") {
  char byte = 0;
  MDL mdl = {};
  mdl.MappedSystemVa = &byte;
  CHECK(MmGetSystemAddressForMdlSafe(&mdl, NormalPagePriority | MdlMappingNoExecute) == nullptr);
  mdl.MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL;
  CHECK(MmGetSystemAddressForMdlSafe(&mdl, NormalPagePriority | MdlMappingNoExecute) == &byte);
}

TEST_CASE("Sdk: the bits of a packet's metadata lie where Windows has them") {
  NDIS_SWITCH_FORWARDING_DETAIL_NET_BUFFER_LIST_INFO detail = {};
  detail.NumAvailableDestinations = 1;
  detail.SourcePortId = 2;
  detail.SourceNicIndex = 3;
  detail.NativeForwardingRequired = 1;
  detail.IsPacketDataSafe = 1;
  detail.SafePacketDataSize = 1;
  CHECK(detail.AsUINT64 == 0x00000d0300020001);
  NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO checksum = {};
  checksum.Transmit.TcpChecksum = 1;
  checksum.Transmit.TcpHeaderOffset = 1;
  CHECK(reinterpret_cast<std::uintptr_t>(checksum.Value) == 0x10004);
  NDIS_TCP_LARGE_SEND_OFFLOAD_NET_BUFFER_LIST_INFO segments = {};
  segments.LsoV2Transmit.MSS = 1;
  segments.LsoV2Transmit.Type = NDIS_TCP_LARGE_SEND_OFFLOAD_V2_TYPE;
  CHECK(reinterpret_cast<std::uintptr_t>(segments.Value) == 0x40000001);
}

TEST_CASE("Sdk: the device's control codes are those of its reference") {
  CHECK(CTL_CODE(45000, 0x100, METHOD_BUFFERED, FILE_WRITE_ACCESS) == 0xafc88400);
  CHECK(CTL_CODE(45000, 0x104, METHOD_IN_DIRECT, FILE_READ_ACCESS) == 0xafc84411);
  CHECK(CTL_CODE(45000, 0x105, METHOD_OUT_DIRECT, FILE_WRITE_ACCESS) == 0xafc88416);
}

}  // namespace

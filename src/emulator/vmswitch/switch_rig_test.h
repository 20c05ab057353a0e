// A virtual switch with a small forwarding extension in the test's own process: a right filter
// driver (filter_rig_test.h) that sends packets to the ports that it is told. A test puts a wrong
// step in the place of one.
#pragma once
#include <doctest/doctest.h>

#include <map>
#include <string>
#include <vector>

#include "emulator/ndis/buffers/net_buffers.h"
#include "emulator/ndis/filter_rig_test.h"
#include "emulator/nt/violation.h"
#include "emulator/vmswitch/virtual_switch.h"

namespace ovs::emulator::test {

class SwitchRig;

// What a NIC's far side received.
class MemoryNic final : public NicBackend {
 public:
  struct Arrival {
    std::vector<std::uint8_t> bytes;
    platform::PartialChecksum partial;
    std::uint16_t segment_size = 0;
  };
  void deliver(const NicFrame& frame) override;
  std::vector<Arrival> arrivals;
};

// One module of the extension: the driver's side.
class TestExtension : public TestFilter {
 public:
  // --- steps, right by default
  virtual void send(NET_BUFFER_LIST* list);
  void send_complete(NET_BUFFER_LIST* chain, ULONG flags) override;

  NDIS_STATUS attached() override;
  void detached() override;
  void send_chain(NET_BUFFER_LIST* chain, ULONG flags) override;
  void own_oid_complete() override { is_own_complete = true; }

  // --- what it calls
  void forward(NET_BUFFER_LIST* list);   // down, as it is
  void complete(NET_BUFFER_LIST* list);  // up, as it is
  void drop(NET_BUFFER_LIST* list);      // reported and completed
  void add(NET_BUFFER_LIST* list, NicAddress to);
  void grow_to(NET_BUFFER_LIST* list, const std::vector<NicAddress>& to);
  void report(NET_BUFFER_LIST* list, std::u16string_view guid, NDIS_SWITCH_PORT_ID port,
              UINT32 count, std::u16string_view reason = u"no flow",
              ULONG flags = NDIS_SWITCH_REPORT_FILTERED_NBL_FLAGS_IS_INCOMING);
  // A copy of its own: its own memory, its own forwarding context.
  NET_BUFFER_LIST* copy(NET_BUFFER_LIST* list);
  void free_copy(NET_BUFFER_LIST* list);
  NDIS_STATUS query(NDIS_OID oid, std::vector<std::byte>& buffer, UINT& needed,
                    NDIS_REQUEST_TYPE type = NdisRequestQueryInformation);

  NDIS_HANDLE pool = nullptr;
  std::map<PortId, std::vector<NicAddress>> routes;  // by source port; none: dropped
  bool is_own_complete = false;                      // the request of its own has ended
};

class SwitchRig final : public FilterRig {
 public:
  // `extension` is this rig's one module; the driver is registered, not enabled on any switch.
  explicit SwitchRig(TestExtension& extension, UINT version = 0x00060055);
  ~SwitchRig() override;
  static SwitchRig& current() { return static_cast<SwitchRig&>(FilterRig::current()); }

  TestFilter& module_of(NDIS_HANDLE handle) override;
  // A private switch with the ports "a" and "b", whose NICs are connected, extension enabled.
  VirtualSwitch& private_switch(const SwitchHabits& habits = {});
  // From the port's NIC; the frame has its MAC address as source.
  std::size_t send(PortId from, const std::vector<std::uint8_t>& frame);

  TestExtension& extension;
  TestExtension* second = nullptr;  // the module of a second switch
  std::unique_ptr<VirtualSwitch> made, other;
  PortId a{}, b{};
  MemoryNic nic_a, nic_b;
};

inline constexpr MacAddress kMacA{{0x02, 0, 0, 0, 0, 0xa}};
inline constexpr MacAddress kMacB{{0x02, 0, 0, 0, 0, 0xb}};
NicSpec nic_spec(const char* name, const MacAddress& mac);
// An Ethernet frame of an experimental type.
std::vector<std::uint8_t> plain_frame(const MacAddress& to, const MacAddress& from,
                                      std::size_t size = 60);
// UDP over IPv4 with right checksums.
std::vector<std::uint8_t> udp_frame(const MacAddress& to, const MacAddress& from,
                                    std::size_t payload = 32);

// TCP over IPv4, likewise.
std::vector<std::uint8_t> tcp_frame(const MacAddress& to, const MacAddress& from,
                                    std::size_t payload);

}  // namespace ovs::emulator::test

// Packets through a wrong forwarding extension: each wrong step is caught by
// its rule.
#include "emulator/vmswitch/switch_rig_test.h"

namespace ovs::emulator::test {
namespace {

class Odd : public TestExtension {
 public:
  using Step = void (*)(Odd&, NET_BUFFER_LIST*);
  explicit Odd(Step step) : step_(step) {}
  void send(NET_BUFFER_LIST* list) override { step_(*this, list); }
  NicAddress to_b() const { return {SwitchRig::current().b, 0}; }
  NDIS_SWITCH_PORT_DESTINATION destination() const {
    NDIS_SWITCH_PORT_DESTINATION to = {};
    to.PortId = static_cast<NDIS_SWITCH_PORT_ID>(SwitchRig::current().b);
    to.PreserveVLAN = to.PreservePriority = 1;
    return to;
  }

 private:
  Step step_;
};

auto& detail_of(NET_BUFFER_LIST* list) {
  return *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
}

// A packet from "a" through an extension that does that with it.
void send_one(Odd::Step step, const SwitchHabits& habits = {}) {
  Odd odd(step);
  SwitchRig rig(odd);
  rig.private_switch(habits);
  rig.send(rig.a, udp_frame(kMacB, kMacA));
  rig.made->disable_extension().ok();
}

// ---- contexts ----
TEST_CASE("56 NdisFSendNetBufferLists: an own list without a context is found") {
  CHECK(expect_violation(56, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            NET_BUFFER_LIST* own = OVS_IMPORTED(NdisAllocateNetBufferList)(odd.pool, 0, 0);
            own->SourceHandle = odd.handle;
            odd.drop(list);
            odd.forward(own);
          });
        }) == "");
}
TEST_CASE("56 SetNetBufferListSource: a list without a context is found") {
  CHECK(expect_violation(56, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST*) {
            NET_BUFFER_LIST* own = OVS_IMPORTED(NdisAllocateNetBufferList)(odd.pool, 0, 0);
            odd.handlers.SetNetBufferListSource(odd.context, own, 1, 0);
          });
        }) == "");
}
TEST_CASE("56 AllocateNetBufferListForwardingContext: a host's list is found") {
  CHECK(expect_violation(56, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            odd.handlers.AllocateNetBufferListForwardingContext(odd.context, list);
          });
        }) == "");
}
TEST_CASE("57 FreeNetBufferListForwardingContext: freeing it twice is found") {
  CHECK(expect_violation(57, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            NET_BUFFER_LIST* own = odd.copy(list);
            odd.handlers.FreeNetBufferListForwardingContext(odd.context, own);
            odd.handlers.FreeNetBufferListForwardingContext(odd.context, own);
          });
        }) == "");
}
TEST_CASE("57 NdisFreeNetBufferList: a list that is freed with its context is found") {
  CHECK(expect_violation(57, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            OVS_IMPORTED(NdisFreeNetBufferList)(odd.copy(list));
          });
        }) == "");
}
TEST_CASE("57 FilterPause: a context that is not freed is found") {
  CHECK(expect_violation(57, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            odd.copy(list);
            odd.drop(list);
          });
        }) == "");
}
TEST_CASE("60 CopyNetBufferListInfo: destinations that are inherited are found") {
  CHECK(expect_violation(60, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            NET_BUFFER_LIST* own = odd.copy(list);
            odd.handlers.CopyNetBufferListInfo(
                odd.context, own, list, NDIS_SWITCH_COPY_NBL_INFO_FLAGS_PRESERVE_DESTINATIONS);
          });
        }) == "");
}
TEST_CASE("60 CopyNetBufferListInfo: a copy that has destinations already is found") {
  CHECK(expect_violation(60, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            NET_BUFFER_LIST* own = odd.copy(list);
            odd.add(own, odd.to_b());
            odd.handlers.CopyNetBufferListInfo(odd.context, own, list, 0);
          });
        }) == "");
}
TEST_CASE(
    "61 NdisFSendNetBufferLists: a guest's packet that is called safe is "
    "found") {
  CHECK(expect_violation(61, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            odd.add(list, odd.to_b());
            detail_of(list).IsPacketDataSafe = 1;
            odd.forward(list);
          });
        }) == "");
}

// ---- destinations ----
TEST_CASE("65 NdisFSendNetBufferLists: a packet without destinations is found") {
  CHECK(expect_violation(65, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) { odd.forward(list); });
        }) == "");
}
TEST_CASE(
    "66 NdisFSendNetBufferListsComplete: a drop that is not reported is "
    "found") {
  CHECK(expect_violation(66, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) { odd.complete(list); });
        }) == "");
}
TEST_CASE(
    "66 ReportFilteredNetBufferLists: a wrong count, port, GUID or no "
    "reason is found") {
  constexpr std::u16string_view guid = u"{1A7FA0B7-AAFC-492A-B870-424D1FF85470}";
  static constexpr auto report = [](std::u16string_view name, UINT32 port, UINT32 count,
                                    std::u16string_view reason) {
    return expect_violation(66, [=] {
      static std::u16string_view the_name, the_reason;
      static UINT32 the_port, the_count;
      the_name = name, the_port = port, the_count = count, the_reason = reason;
      send_one([](Odd& odd, NET_BUFFER_LIST* list) {
        odd.report(list, the_name, the_port, the_count, the_reason);
      });
    });
  };
  CHECK(report(guid, 1, 2, u"why") == "");
  CHECK(report(guid, 2, 1, u"why") == "");
  CHECK(report(u"{00000000-0000-0000-0000-000000000000}", 1, 1, u"why") == "");
  CHECK(report(guid, 1, 1, u"") == "");
}
TEST_CASE(
    "67 UpdateNetBufferListDestinations: an update after an addition is "
    "found") {
  CHECK(expect_violation(67, [] {
          send_one(
              [](Odd& odd, NET_BUFFER_LIST* list) {
                odd.add(list, odd.to_b());
                NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array = nullptr;
                odd.handlers.GetNetBufferListDestinations(odd.context, list, &array);
                odd.handlers.UpdateNetBufferListDestinations(odd.context, list, 1, array);
              },
              {.free_destinations = 2});
        }) == "");
}
TEST_CASE("67 AddNetBufferListDestination: sending after it failed is found") {
  CHECK(expect_violation(67, [] {
          send_one(
              [](Odd& odd, NET_BUFFER_LIST* list) {
                odd.add(list, odd.to_b());
                odd.forward(list);
              },
              {.free_destinations = 0});
        }) == "");
}
TEST_CASE("68 GrowNetBufferListDestinations: growing where there was room is found") {
  CHECK(expect_violation(68, [] {
          send_one(
              [](Odd& odd, NET_BUFFER_LIST* list) {
                NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array = nullptr;
                odd.handlers.GrowNetBufferListDestinations(odd.context, list, 4, &array);
                *NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, 0) = odd.destination();
                odd.handlers.UpdateNetBufferListDestinations(odd.context, list, 1, array);
                odd.forward(list);
              },
              {.free_destinations = 2});
        }) == "");
}
TEST_CASE("68 UpdateNetBufferListDestinations: an array that has moved is found") {
  CHECK(expect_violation(68, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY *old = nullptr, *array = nullptr;
            odd.handlers.GetNetBufferListDestinations(odd.context, list, &old);
            odd.handlers.GrowNetBufferListDestinations(odd.context, list, 2, &array);
            odd.handlers.UpdateNetBufferListDestinations(odd.context, list, 2, old);
          });
        }) == "");
}
TEST_CASE(
    "69 UpdateNetBufferListDestinations: a blank element that is "
    "committed is found") {
  CHECK(expect_violation(69, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array = nullptr;
            odd.handlers.GetNetBufferListDestinations(odd.context, list, &array);
            odd.handlers.UpdateNetBufferListDestinations(odd.context, list, 1, array);
          });
        }) == "");
}
TEST_CASE(
    "69 NdisFSendNetBufferLists: a destination that is filled, not "
    "committed, is found") {
  CHECK(expect_violation(69, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array = nullptr;
            odd.handlers.GetNetBufferListDestinations(odd.context, list, &array);
            *NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, 0) = odd.destination();
            odd.forward(list);
          });
        }) == "");
}
TEST_CASE(
    "70 NdisFSendNetBufferLists: a destination that changes after it is "
    "committed is found") {
  CHECK(expect_violation(70, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            odd.add(list, odd.to_b());
            NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array = nullptr;
            odd.handlers.GetNetBufferListDestinations(odd.context, list, &array);
            NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, 0)->PreserveVLAN = 0;
            odd.forward(list);
          });
        }) == "");
}
// To b, and not to it.
void exclude(Odd& odd, NET_BUFFER_LIST* list) {
  odd.add(list, odd.to_b());
  NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array = nullptr;
  odd.handlers.GetNetBufferListDestinations(odd.context, list, &array);
  NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, 0)->IsExcluded = 1;
}
TEST_CASE("70 NdisFSendNetBufferLists: an exclusion after the commitment is right") {
  Odd odd([](Odd& self, NET_BUFFER_LIST* list) {
    exclude(self, list);
    self.report(list, kUniqueNameText, NDIS_SWITCH_PORT_ID(self.to_b().port), 1, u"why", 0);
    self.forward(list);
  });
  SwitchRig rig(odd);
  rig.private_switch();
  rig.send(rig.a, udp_frame(kMacB, kMacA));
  CHECK(rig.nic_b.arrivals.empty());
}
TEST_CASE("66 NdisFSendNetBufferLists: an exclusion that is not reported is found") {
  CHECK(expect_violation(
            66,
            [] {
              send_one([](Odd& odd, NET_BUFFER_LIST* list) {
                exclude(odd, list);
                odd.forward(list);
              });
            },
            "kept from port") == "");
}
TEST_CASE("66 ReportFilteredNetBufferLists: an exclusion from a port that is not there is found") {
  CHECK(expect_violation(
            66,
            [] {
              send_one([](Odd& odd, NET_BUFFER_LIST* list) {
                exclude(odd, list);
                odd.report(list, kUniqueNameText, 99, 1, u"why", 0);
              });
            },
            "there is no port") == "");
}
TEST_CASE("52, 66 ReportFilteredNetBufferLists: a report after the completion is found") {
  CHECK(expect_violation(52, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            odd.drop(list);
            odd.report(list, kUniqueNameText, 1, 1);
          });
        }) == "");
}
// An extension that says what it kept back when the list has come back.
class Late : public TestExtension {
 public:
  void send_complete(NET_BUFFER_LIST* chain, ULONG) override {
    report(chain, kUniqueNameText, 1, 1);
    complete(chain);
  }
};
TEST_CASE("66 ReportFilteredNetBufferLists: a report after the packet was sent is found") {
  CHECK(expect_violation(
            66,
            [] {
              Late late;
              SwitchRig rig(late);
              rig.private_switch();
              late.routes[rig.a] = {{rig.b, 0}};
              rig.send(rig.a, udp_frame(kMacB, kMacA));
            },
            "too late") == "");
}
TEST_CASE("17 ReferenceSwitchNic: a call after FilterDetach is found") {
  CHECK(expect_violation(
            17,
            [] {
              TestExtension extension;
              SwitchRig rig(extension);
              rig.private_switch();
              rig.made->disable_extension().ok();
              extension.handlers.ReferenceSwitchNic(extension.context, NDIS_SWITCH_PORT_ID(rig.a),
                                                    0);
            },
            "after detaching") == "");
}
// A chain goes down as one, and is said to go to one place.
class Grouped : public TestExtension {
 public:
  void send_chain(NET_BUFFER_LIST* chain, ULONG) override {
    const NicAddress to[] = {{SwitchRig::current().b, 0}, {SwitchRig::current().a, 0}};
    add(chain, to[0]);
    if (chain->Next != nullptr) add(chain->Next, to[differs ? 1 : 0]);
    OVS_IMPORTED(NdisFSendNetBufferLists)
    (handle, chain, NDIS_DEFAULT_PORT_NUMBER, NDIS_SEND_FLAGS_SWITCH_DESTINATION_GROUP);
  }
  bool differs = false;
};
void send_grouped(bool differs) {
  Grouped grouped;
  grouped.differs = differs;
  SwitchRig rig(grouped);
  rig.private_switch();
  const auto frame = udp_frame(kMacB, kMacA);
  const NicFrame frames[] = {{Bytes(frame), {}, 0}, {Bytes(frame), {}, 0}};
  rig.made->transmit({rig.a, 0}, frames);
  CHECK(rig.nic_b.arrivals.size() == 2);
}
TEST_CASE("76 NdisFSendNetBufferLists: one destination group for lists to two ports is found") {
  CHECK(expect_violation(
            76, [] { send_grouped(true); }, "they differ") == "");
  send_grouped(false);
}
TEST_CASE("71 AddNetBufferListDestination: a port that does not exist is found") {
  CHECK(expect_violation(71, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) { odd.add(list, {PortId{99}, 0}); });
        }) == "");
}
TEST_CASE("49, 71 AddNetBufferListDestination: a NIC that is not connected is found") {
  CHECK(expect_violation(71, [] {
          Odd odd([](Odd& self, NET_BUFFER_LIST* list) { self.add(list, self.to_b()); });
          SwitchRig rig(odd);
          rig.private_switch();
          rig.made->disconnect_nic(rig.b).ok();
          rig.send(rig.a, udp_frame(kMacB, kMacA));
        }) == "");
}
TEST_CASE(
    "72 AddNetBufferListDestination: an index that a guest's port does "
    "not have is found") {
  CHECK(expect_violation(72, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            odd.add(list, {SwitchRig::current().b, 1});
          });
        }) == "");
}
TEST_CASE("73 NdisFSendNetBufferLists: a source that is written by hand is found") {
  CHECK(expect_violation(73, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            odd.add(list, odd.to_b());
            detail_of(list).SourcePortId = 2;
            odd.forward(list);
          });
        }) == "");
}
TEST_CASE("73 SetNetBufferListSource: a NIC that is not connected is found") {
  CHECK(expect_violation(73, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            NET_BUFFER_LIST* own = odd.copy(list);
            odd.handlers.SetNetBufferListSource(odd.context, own, 77, 0);
          });
        }) == "");
}
TEST_CASE(
    "74 NdisFSendNetBufferLists: a tenant's packet of no source port is "
    "found") {
  CHECK(expect_violation(74, [] {
          send_one(
              [](Odd& odd, NET_BUFFER_LIST* list) {
                NET_BUFFER_LIST* own = odd.copy(list);
                odd.handlers.SetNetBufferListSource(odd.context, own, 0, 0);
                odd.add(own, odd.to_b());
                odd.forward(own);
              },
              {.default_source_is_allowed = false});
        }) == "");
}

// ---- what it means ----
void send_native(Odd::Step step) {
  Odd odd(step);
  SwitchRig rig(odd);
  rig.private_switch();
  rig.made->set_isolation(rig.a, {IsolationMode::NativeVirtualSubnet, false, 5001}).ok();
  rig.send(rig.a, udp_frame(kMacB, kMacA));
}
TEST_CASE("75 NdisFSendNetBufferLists: a destination on a native packet is found") {
  CHECK(expect_violation(75, [] {
          send_native([](Odd& odd, NET_BUFFER_LIST* list) {
            odd.add(list, odd.to_b());
            odd.forward(list);
          });
        }) == "");
}
TEST_CASE("75 NdisFSendNetBufferLists: the native bit cleared is found") {
  CHECK(expect_violation(
            75,
            [] {
              send_native([](Odd& odd, NET_BUFFER_LIST* list) {
                detail_of(list).NativeForwardingRequired = 0;
                odd.add(list, odd.to_b());
                odd.forward(list);
              });
            },
            "was written") == "");
}
TEST_CASE(
    "75 NdisFSendNetBufferLists: a native packet that is passed on is "
    "forwarded") {
  Odd odd([](Odd& self, NET_BUFFER_LIST* list) { self.forward(list); });
  SwitchRig rig(odd);
  rig.private_switch();
  REQUIRE(rig.made->set_isolation(rig.a, {IsolationMode::NativeVirtualSubnet, false, 5001}).ok());
  rig.send(rig.a, udp_frame(kMacB, kMacA));
  CHECK(rig.nic_b.arrivals.size() == 1);
}
TEST_CASE(
    "78 NdisFSendNetBufferLists: a receive checksum on a guest's packet "
    "is found") {
  CHECK(expect_violation(78, [] {
          send_one([](Odd& odd, NET_BUFFER_LIST* list) {
            NDIS_TCP_IP_CHECKSUM_NET_BUFFER_LIST_INFO info;
            info.Value = nullptr;
            info.Receive.UdpChecksumSucceeded = 1;
            NET_BUFFER_LIST_INFO(list, TcpIpChecksumNetBufferListInfo) = info.Value;
            odd.add(list, odd.to_b());
            odd.forward(list);
          });
        }) == "");
}
TEST_CASE(
    "79 NdisFSendNetBufferLists: a frame that was changed without its "
    "checksum is found") {
  CHECK(expect_violation(
            79,
            [] {
              send_one([](Odd& odd, NET_BUFFER_LIST* list) {
                NET_BUFFER_LIST* own = odd.copy(list);
                auto* bytes = static_cast<UCHAR*>(
                    OVS_IMPORTED(NdisGetDataBuffer)(own->FirstNetBuffer, 42, nullptr, 1, 0));
                bytes[22] = 5;  // the hop limit
                odd.add(own, odd.to_b());
                odd.forward(own);
                odd.complete(list);
              });
            },
            "IPv4 header checksum") == "");
}
TEST_CASE(
    "79 NdisFSendNetBufferLists: a frame that does not fit is found "
    "where that is strict") {
  CHECK(expect_violation(
            79,
            [] {
              TestExtension extension;
              SwitchRig rig(extension);
              SwitchHabits habits;
              habits.mtu_is_strict = true;
              rig.private_switch(habits);
              extension.routes[rig.a] = {{rig.b, 0}};
              rig.send(rig.a, plain_frame(kMacB, kMacA, 1600));
            },
            "MTU") == "");
}
TEST_CASE("80 NdisFSendNetBufferLists: a spoofed source address is found") {
  CHECK(expect_violation(
            80,
            [] {
              TestExtension extension;
              SwitchRig rig(extension);
              rig.private_switch();
              extension.routes[rig.a] = {{rig.b, 0}};
              rig.send(rig.a, plain_frame(kMacB, {{2, 9, 9, 9, 9, 9}}));
            },
            "source MAC") == "");
}
TEST_CASE("80 NdisFSendNetBufferLists: a frame of another VLAN is found") {
  CHECK(expect_violation(
            80,
            [] {
              TestExtension extension;
              SwitchRig rig(extension);
              rig.private_switch();
              VlanPolicy ten, twenty;
              ten.mode = twenty.mode = VlanMode::Access;
              ten.access = 10, twenty.access = 20;
              rig.made->set_vlan(rig.a, ten).ok();
              rig.made->set_vlan(rig.b, twenty).ok();
              extension.routes[rig.a] = {{rig.b, 0}};
              rig.send(rig.a, plain_frame(kMacB, kMacA));
            },
            "another VLAN") == "");
}
TEST_CASE("104 FilterSendNetBufferLists: under an extension that wants flows first, nobody talks") {
  TestExtension without_routes;
  SwitchRig rig(without_routes);
  rig.private_switch();
  rig.send(rig.a, udp_frame(kMacB, kMacA));
  CHECK(rig.nic_b.arrivals.empty());
}

// ---- a guest that rewrites its packet ----
const volatile UCHAR* bytes_of(NET_BUFFER_LIST* list) {
  return static_cast<const UCHAR*>(MmGetMdlVirtualAddress(list->FirstNetBuffer->CurrentMdl));
}
// Its bytes from `at` on are inverted after the extension's first access.
void rewrite_after_first_read(std::uint32_t at, std::uint32_t count) {
  FrameLayout layout;
  layout.memory = FrameMemory::Watched;
  layout.flip_at = at;
  layout.flip_count = count;
  SwitchRig::current().ndis->set_layout(layout);
}
TEST_CASE("83 NdisFSendNetBufferLists: a sender that was looked at, and then rewritten, is found") {
  CHECK(expect_violation(
            83,
            [] {
              Odd odd([](Odd& self, NET_BUFFER_LIST* list) {
                if (bytes_of(list)[11] != 0xa) return self.drop(list);
                self.add(list, self.to_b());
                self.forward(list);
              });
              SwitchRig rig(odd);
              rig.private_switch();
              rewrite_after_first_read(11, 1);
              rig.send(rig.a, udp_frame(kMacB, kMacA));
            },
            "source MAC") == "");
}
TEST_CASE(
    "83 NdisFSendNetBufferLists: a driver that reads a header twice acts on what it did not "
    "check") {
  Odd odd([](Odd& self, NET_BUFFER_LIST* list) {
    const volatile UCHAR* frame = bytes_of(list);
    if (frame[12] != 0x08) return self.drop(list);  // IPv4 alone is for b
    if (frame[12] == 0xf7) self.add(list, self.to_b());
    if (frame[12] != 0xf7) return self.drop(list);
    self.forward(list);
  });
  SwitchRig rig(odd);
  rig.private_switch();
  rewrite_after_first_read(12, 1);
  rig.send(rig.a, udp_frame(kMacB, kMacA));
  REQUIRE(rig.nic_b.arrivals.size() == 1);
  CHECK(rig.nic_b.arrivals[0].bytes[12] == 0xf7);
}

// ---- several frames in a list ----
TEST_CASE("85 VirtualSwitch: frames that are sent together come in one list, where that is asked") {
  std::size_t lists = 0;
  struct Counting : TestExtension {
    explicit Counting(std::size_t& count_) : count(count_) {}
    void send(NET_BUFFER_LIST* list) override {
      ++count;
      TestExtension::send(list);
    }
    std::size_t& count;
  } extension(lists);
  SwitchRig rig(extension);
  SwitchHabits habits;
  habits.frames_in_list = 4;
  rig.private_switch(habits);
  extension.routes[rig.a] = {{rig.b, 0}};
  const auto small = udp_frame(kMacB, kMacA, 10), large = udp_frame(kMacB, kMacA, 100);
  std::vector<NicFrame> frames;
  for (int i = 0; i < 10; ++i) {
    const auto& bytes = i % 2 == 0 ? small : large;
    frames.push_back({Bytes(bytes.data(), bytes.size()), {}, 0});
  }
  CHECK(rig.made->transmit({rig.a, 0}, Span<const NicFrame>(frames.data(), 10)) == 10);
  CHECK(lists == 3);
  REQUIRE(rig.nic_b.arrivals.size() == 10);
  CHECK(rig.nic_b.arrivals[8].bytes == small);
  CHECK(rig.nic_b.arrivals[9].bytes == large);
}

// Beside the rig's switch another, with its own module of the extension.
void send_beside(Odd::Step step) {
  Odd odd(step);
  TestExtension beside;
  SwitchRig rig(odd);
  rig.second = &beside;
  rig.private_switch();
  SwitchSpec spec;
  spec.name = spec.friendly_name = "beside";
  rig.other = std::move(*VirtualSwitch::create(*rig.ndis, spec));
  rig.other->enable_extension().ok();
  rig.send(rig.a, udp_frame(kMacB, kMacA));
}
TEST_CASE("106 AddNetBufferListDestination: another switch's packet is found") {
  CHECK(expect_violation(106, [] {
          send_beside([](Odd& odd, NET_BUFFER_LIST* list) {
            const TestExtension& beside = *SwitchRig::current().second;
            NDIS_SWITCH_PORT_DESTINATION to = odd.destination();
            beside.handlers.AddNetBufferListDestination(beside.context, list, &to);
          });
        }) == "");
}
TEST_CASE("106 AddNetBufferListDestination: a context that is no switch's is found") {
  CHECK(expect_violation(
            106,
            [] {
              send_one([](Odd& odd, NET_BUFFER_LIST* list) {
                NDIS_SWITCH_PORT_DESTINATION to = odd.destination();
                odd.handlers.AddNetBufferListDestination(&odd, list, &to);
              });
            },
            "no switch has the context") == "");
}

}  // namespace
}  // namespace ovs::emulator::test

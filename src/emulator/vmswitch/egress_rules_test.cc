// Packets on their way to their destinations, through an extension that looks at them there: what
// it may do, and each wrong step.
#include "emulator/vmswitch/switch_rig_test.h"

namespace ovs::emulator::test {
namespace {

class Looking : public TestExtension {
 public:
  using Step = void (*)(Looking&, NET_BUFFER_LIST*);
  explicit Looking(Step step) : step_(step) { receives = true; }
  void receive_chain(NET_BUFFER_LIST* chain, ULONG, ULONG) override {
    ++looked_at;
    step_(*this, chain);
  }
  void pass(NET_BUFFER_LIST* list) { TestFilter::receive_chain(list, 1, 0); }
  NDIS_SWITCH_PORT_DESTINATION& destination(NET_BUFFER_LIST* list) {
    NDIS_SWITCH_FORWARDING_DESTINATION_ARRAY* array = nullptr;
    handlers.GetNetBufferListDestinations(context, list, &array);
    return *NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, 0);
  }
  void say_excluded(NET_BUFFER_LIST* list) {
    report(list, kUniqueNameText, NDIS_SWITCH_PORT_ID(SwitchRig::current().b), 1, u"why", 0);
  }
  int looked_at = 0;

 private:
  Step step_;
};

// How many packets arrive at "b", of one from "a".
std::size_t send_one(Looking::Step step) {
  Looking looking(step);
  SwitchRig rig(looking);
  rig.private_switch();
  looking.routes[rig.a] = {{rig.b, 0}};
  rig.send(rig.a, udp_frame(kMacB, kMacA));
  CHECK(looking.looked_at == 1);
  const std::size_t arrived = rig.nic_b.arrivals.size();
  rig.made->disable_extension().ok();
  return arrived;
}
std::string sent_by(int rule, Looking::Step step, std::string_view words) {
  return expect_violation(
      rule, [&] { send_one(step); }, words);
}

TEST_CASE("VirtualSwitch: an extension sees what goes to its destinations, and keeps it back") {
  CHECK(send_one([](Looking& looking, NET_BUFFER_LIST* list) { looking.pass(list); }) == 1);
  CHECK(send_one([](Looking& looking, NET_BUFFER_LIST* list) {
          looking.destination(list).IsExcluded = 1;
          looking.say_excluded(list);
          looking.pass(list);
        }) == 0);
  CHECK(send_one([](Looking& looking, NET_BUFFER_LIST* list) {
          looking.say_excluded(list);
          looking.return_chain(list, 0);
        }) == 0);
  CHECK(live_list_count() == 0);
}

TEST_CASE("77 NdisFIndicateReceiveNetBufferLists: an exclusion that is not reported is found") {
  CHECK(sent_by(
            77,
            [](Looking& looking, NET_BUFFER_LIST* list) {
              looking.destination(list).IsExcluded = 1;
              looking.pass(list);
            },
            "kept from port") == "");
}
TEST_CASE("77 NdisFIndicateReceiveNetBufferLists: another destination on egress is found") {
  CHECK(sent_by(
            77,
            [](Looking& looking, NET_BUFFER_LIST* list) {
              looking.destination(list).PortId = NDIS_SWITCH_PORT_ID(SwitchRig::current().a);
              looking.pass(list);
            },
            "has changed on egress") == "");
}
TEST_CASE("77 NdisFIndicateReceiveNetBufferLists: a packet that is rewritten on egress is found") {
  CHECK(sent_by(
            77,
            [](Looking& looking, NET_BUFFER_LIST* list) {
              MDL* const mdl = list->FirstNetBuffer->MdlChain;
              static_cast<std::byte*>(MmGetMdlVirtualAddress(mdl))[0] ^= std::byte{2};
              looking.pass(list);
            },
            "a packet from") == "");
}
TEST_CASE("77 AddNetBufferListDestination: a destination that is added on egress is found") {
  CHECK(sent_by(
            77,
            [](Looking& looking, NET_BUFFER_LIST* list) {
              looking.add(list, {SwitchRig::current().a, 0});
            },
            "on egress") == "");
}
TEST_CASE("77 SetNetBufferListSource: another source on egress is found") {
  CHECK(sent_by(
            77,
            [](Looking& looking, NET_BUFFER_LIST* list) {
              const auto b = NDIS_SWITCH_PORT_ID(SwitchRig::current().b);
              looking.handlers.SetNetBufferListSource(looking.context, list, b, 0);
            },
            "on egress") == "");
}
TEST_CASE("66 NdisFReturnNetBufferLists: a drop on egress that is not reported is found") {
  CHECK(sent_by(
            66, [](Looking& looking, NET_BUFFER_LIST* list) { looking.return_chain(list, 0); },
            "neither indicated nor reported") == "");
}

}  // namespace
}  // namespace ovs::emulator::test

// Requests of the switch through a wrong extension: each is caught by its rule.
#include <atomic>
#include <set>

#include "emulator/vmswitch/switch_rig_test.h"

namespace ovs::emulator::test {
namespace {

// An extension that does something else with one kind of request.
class Odd : public TestExtension {
 public:
  using Step = NDIS_STATUS (*)(Odd&, NDIS_OID_REQUEST*);
  Odd(NDIS_OID which, Step step) : which_(which), step_(step) {}
  NDIS_STATUS oid(NDIS_OID_REQUEST* request) override {
    if (request->DATA.SET_INFORMATION.Oid != which_) return TestExtension::oid(request);
    return step_(*this, request);
  }

 private:
  NDIS_OID which_;
  Step step_;
};

NDIS_STATUS succeed(Odd&, NDIS_OID_REQUEST* request) {
  request->SupportedRevision = 1;
  return NDIS_STATUS_SUCCESS;
}
NDIS_STATUS veto(Odd&, NDIS_OID_REQUEST*) {
  return NDIS_STATUS_DATA_NOT_ACCEPTED;
}
NDIS_STATUS fail(Odd&, NDIS_OID_REQUEST*) {
  return NDIS_STATUS_FAILURE;
}
NDIS_STATUS pass_and_fail(Odd& odd, NDIS_OID_REQUEST* request) {
  odd.pass_on(request);
  return NDIS_STATUS_FAILURE;
}
NDIS_STATUS scribble(Odd& odd, NDIS_OID_REQUEST* request) {
  auto& set = request->DATA.SET_INFORMATION;
  static_cast<UCHAR*>(set.InformationBuffer)[set.InformationBufferLength - 1] ^= 1;
  return odd.pass_on(request);
}

// A switch, with its two ports and NICs, plugged and unplugged under such an
// extension.
void live(NDIS_OID which, Odd::Step step) {
  Odd odd(which, step);
  SwitchRig rig(odd);
  rig.private_switch({.reference_patience_ms = 50});
  rig.made->rename_port(rig.a, "c").ok();
  rig.made->update_nic(rig.a, {"other", {}, 1400}).ok();
  rig.made->remove_port(rig.a).ok();
}

TEST_CASE("25 OID_SWITCH_PORT_CREATE: a buffer that is written to is found") {
  CHECK(expect_violation(25, [] { live(OID_SWITCH_PORT_CREATE, scribble); }) == "");
}
// Reads what a later revision may have behind the structure, whatever its size says.
NDIS_STATUS read_on(Odd& odd, NDIS_OID_REQUEST* request) {
  const auto* bytes =
      static_cast<const volatile UCHAR*>(request->DATA.SET_INFORMATION.InformationBuffer);
  static_cast<void>(bytes[sizeof(NDIS_SWITCH_NIC_PARAMETERS)]);
  return odd.pass_on(request);
}
TEST_CASE("26 OID_SWITCH_NIC_CREATE: reading further than the header says is found") {
  CHECK(expect_violation(26, [] { live(OID_SWITCH_NIC_CREATE, read_on); }) == "");
}
TEST_CASE("26 OID_SWITCH_NIC_CREATE: each revision comes with its size") {
  static std::vector<USHORT> sizes;
  const auto note = [](Odd& odd, NDIS_OID_REQUEST* request) {
    sizes.push_back(
        static_cast<NDIS_OBJECT_HEADER*>(request->DATA.SET_INFORMATION.InformationBuffer)->Size);
    return odd.pass_on(request);
  };
  for (const Revisions revisions : {Revisions::Oldest, Revisions::Newest, Revisions::Longer}) {
    Odd odd(OID_SWITCH_NIC_CREATE, note);
    SwitchRig rig(odd);
    SwitchHabits habits;
    habits.revisions = revisions;
    rig.private_switch(habits);
  }
  REQUIRE(sizes.size() == 6);
  CHECK(sizes[1] == 2207);  // the buffer has 2208 bytes
  CHECK(sizes[3] == 2224);
  CHECK(sizes[5] == 2240);
}
// A port's name to its zero, and by its length.
std::u16string until_zero, by_length;
TEST_CASE("41 OID_SWITCH_PORT_CREATE: a name that is read up to a zero has garbage behind it") {
  const auto read_name = [](Odd& odd, NDIS_OID_REQUEST* request) {
    const auto& port = *static_cast<const NDIS_SWITCH_PORT_PARAMETERS*>(
        request->DATA.SET_INFORMATION.InformationBuffer);
    const auto& name = port.PortFriendlyName;
    const std::size_t room = std::size(name.String);
    std::size_t zero = 0;
    while (zero < room && name.String[zero] != 0) ++zero;
    until_zero.assign(name.String, name.String + zero);
    by_length.assign(name.String, name.String + name.Length / sizeof(WCHAR));
    return odd.pass_on(request);
  };
  live(OID_SWITCH_PORT_CREATE, read_name);
  CHECK(by_length == u"b");
  CHECK(until_zero.size() > by_length.size());
}

TEST_CASE("27 OID_SWITCH_PORT_CREATE: success without passing it on is found") {
  CHECK(expect_violation(
            27, [] { live(OID_SWITCH_PORT_CREATE, succeed); }, "lower edge") == "");
}
TEST_CASE("27 OID_SWITCH_NIC_CREATE: a veto of another status is found") {
  CHECK(expect_violation(
            27, [] { live(OID_SWITCH_NIC_CREATE, fail); }, "veto") == "");
}
// Remembers what was created, also what the lower edge refused.
class Remembering : public TestExtension {
 public:
  NDIS_STATUS oid(NDIS_OID_REQUEST* request) override {
    const auto& set = request->DATA.SET_INFORMATION;
    if (set.Oid != OID_SWITCH_PORT_CREATE) return TestExtension::oid(request);
    const auto id = static_cast<NDIS_SWITCH_PORT_PARAMETERS*>(set.InformationBuffer)->PortId;
    if (id == known) return NDIS_STATUS_DATA_NOT_ACCEPTED;
    known = id;
    return pass_on(request);
  }
  NDIS_SWITCH_PORT_ID known = 0;
};
TEST_CASE("28 OID_SWITCH_PORT_CREATE: a port that the lower edge refused, remembered, is found") {
  CHECK(expect_violation(28, [] {
          Remembering remembering;
          SwitchRig rig(remembering);
          rig.private_switch();
          rig.made->refuse_next_creation();
          rig.made->add_port({PortKind::Synthetic, "", "c"}).ok();
          rig.made->add_port({PortKind::Synthetic, "", "c"}).ok();
        }) == "");
}
TEST_CASE("28 OID_SWITCH_NIC_CREATE: a NIC that the lower edge refused can come again") {
  TestExtension extension;
  SwitchRig rig(extension);
  VirtualSwitch& made = rig.private_switch();
  MemoryNic nic;
  const PortId c = *made.add_port({PortKind::Synthetic, "", "c"});
  made.refuse_next_creation();
  CHECK_FALSE(made.connect_nic(c, nic_spec("nic-c", kMacA), nic).ok());
  CHECK(made.connect_nic(c, nic_spec("nic-c", kMacA), nic).ok());
}
TEST_CASE("29 OID_SWITCH_PORT_UPDATED: a veto is found") {
  CHECK(expect_violation(29, [] { live(OID_SWITCH_PORT_UPDATED, veto); }) == "");
}
TEST_CASE("29 OID_SWITCH_PORT_TEARDOWN: success without passing it on is found") {
  CHECK(expect_violation(29, [] { live(OID_SWITCH_PORT_TEARDOWN, succeed); }) == "");
}
TEST_CASE(
    "29 OID_SWITCH_NIC_DISCONNECT: another status than the lower edge's "
    "is found") {
  CHECK(expect_violation(29, [] { live(OID_SWITCH_NIC_DISCONNECT, pass_and_fail); }) == "");
}
TEST_CASE("29 OID_SWITCH_NIC_UPDATED: a veto is found") {
  CHECK(expect_violation(29, [] { live(OID_SWITCH_NIC_UPDATED, veto); }) == "");
}
TEST_CASE(
    "31 OID_SWITCH_PORT_PROPERTY_ADD: a standard property that is "
    "consumed is found") {
  CHECK(expect_violation(31, [] { live(OID_SWITCH_PORT_PROPERTY_ADD, succeed); }) == "");
}

TEST_CASE("32 OID_SWITCH_PORT_FEATURE_STATUS_QUERY: another extension's, answered, is found") {
  CHECK(expect_violation(32, [] {
          Odd odd(OID_SWITCH_PORT_FEATURE_STATUS_QUERY, fail);
          SwitchRig rig(odd);
          rig.private_switch().poll(rig.a).ok();
        }) == "");
}

TEST_CASE("30 OID_SWITCH_NIC_CREATE: a veto of a member of a team is found") {
  CHECK(expect_violation(30, [] {
          Odd odd(OID_SWITCH_NIC_CREATE, veto);
          SwitchRig rig(odd);
          MemoryNic wire, other;
          SwitchSpec spec;
          spec.name = spec.friendly_name = "external";
          spec.kind = SwitchKind::External;
          spec.physical = {{nic_spec("eth0", kMacA), &wire}};
          rig.made = std::move(*VirtualSwitch::create(*rig.ndis, spec));
          rig.made->enable_extension().ok();
          rig.made->add_physical_nic({nic_spec("eth1", kMacB), &other}).ok();
        }) == "");
}

VirtualSwitch& inactive_switch(SwitchRig& rig) {
  SwitchSpec spec;
  spec.name = spec.friendly_name = "inactive";
  spec.is_active = false;
  rig.made = std::move(*VirtualSwitch::create(*rig.ndis, spec));
  return *rig.made;
}

TEST_CASE("39 OID_SWITCH_PORT_CREATE: a veto before the switch is active is found") {
  CHECK(expect_violation(39, [] {
          Odd odd(OID_SWITCH_PORT_CREATE, veto);
          SwitchRig rig(odd);
          VirtualSwitch& made = inactive_switch(rig);
          made.enable_extension().ok();
          made.add_port({PortKind::Synthetic, "", "a"}).ok();
        }) == "");
}

// Lets one NIC come to a port, and no other after it.
class Faithful : public TestExtension {
 public:
  NDIS_STATUS oid(NDIS_OID_REQUEST* request) override {
    if (request->DATA.SET_INFORMATION.Oid != OID_SWITCH_NIC_CREATE) {
      return TestExtension::oid(request);
    }
    return ++nics > 2 ? NDIS_STATUS_DATA_NOT_ACCEPTED : pass_on(request);
  }
  int nics = 0;
};
TEST_CASE("48 OID_SWITCH_NIC_CREATE: a veto of a port's second NIC is found") {
  CHECK(expect_violation(48, [] {
          Faithful faithful;
          SwitchRig rig(faithful);
          rig.private_switch();
          rig.made->disconnect_nic(rig.a).ok();
          rig.made->connect_nic(rig.a, nic_spec("nic-c", kMacA), rig.nic_a).ok();
        }) == "");
}

// Asks for the ports when it restarts, as often as told.
class Asking : public TestExtension {
 public:
  explicit Asking(int tries) : tries_(tries) {}
  NDIS_STATUS restart() override {
    std::vector<std::byte> buffer(sizeof(NDIS_SWITCH_PORT_ARRAY));
    for (int i = 0; i < tries_; ++i) {
      UINT needed = 0;
      if (query(OID_SWITCH_PORT_ARRAY, buffer, needed) == NDIS_STATUS_SUCCESS) break;
      if (grows) buffer.resize(needed);
    }
    return NDIS_STATUS_SUCCESS;
  }
  bool grows = true;

 private:
  int tries_;
};

// A switch that has a port when the extension comes.
void ask_with_ports(Asking& asking, const SwitchHabits& habits = {}) {
  SwitchRig rig(asking);
  rig.private_switch(habits);
  rig.made->disable_extension().ok();
  rig.made->enable_extension().ok();
}

TEST_CASE(
    "38 OID_SWITCH_PORT_ARRAY: giving up after one answer that is too "
    "short is found") {
  CHECK(expect_violation(38, [] {
          Asking asking(1);
          ask_with_ports(asking);
        }) == "");
}
TEST_CASE("38 OID_SWITCH_PORT_ARRAY: asking for ever with the same buffer is found") {
  CHECK(expect_violation(
            38,
            [] {
              Asking asking(1000);
              asking.grows = false;
              ask_with_ports(asking);
            },
            "again and again") == "");
}
TEST_CASE(
    "38 OID_SWITCH_PORT_ARRAY: an extension that asks while it grows is "
    "right") {
  Asking asking(10);
  SwitchHabits habits;
  habits.growing_answers = 3;
  ask_with_ports(asking, habits);
}
// Knows ports by the array, and by what it hears, unless it is deaf while it asks.
class Merging : public TestExtension {
 public:
  explicit Merging(bool is_deaf) : is_deaf_(is_deaf) {}
  NDIS_STATUS oid(NDIS_OID_REQUEST* request) override {
    const NDIS_STATUS status = TestExtension::oid(request);
    const auto& set = request->DATA.SET_INFORMATION;
    if (set.Oid == OID_SWITCH_PORT_CREATE && !(is_deaf_ && is_asking_)) {
      const auto* port = static_cast<const NDIS_SWITCH_PORT_PARAMETERS*>(set.InformationBuffer);
      Kernel::current().change([&] { ports.insert(port->PortId); });
    }
    if (set.Oid == OID_SWITCH_PORT_CREATE) Kernel::current().change([&] { ++heard; });
    return status;
  }
  NDIS_STATUS restart() override {
    is_asking_ = true;
    std::vector<std::byte> buffer(sizeof(NDIS_SWITCH_PORT_ARRAY));
    UINT needed = 0;
    while (query(OID_SWITCH_PORT_ARRAY, buffer, needed) != NDIS_STATUS_SUCCESS)
      buffer.resize(needed);
    // What comes now is not in the answer.
    Kernel::current().change([&] { has_asked = true; });
    Kernel::current().wait_until([&] { return heard >= waits_for; });
    auto& array = *reinterpret_cast<NDIS_SWITCH_PORT_ARRAY*>(buffer.data());
    Kernel::current().change([&] {
      for (ULONG i = 0; i < array.NumElements; ++i) {
        ports.insert(NDIS_SWITCH_PORT_AT_ARRAY_INDEX(&array, i)->PortId);
      }
    });
    is_asking_ = false;
    return NDIS_STATUS_SUCCESS;
  }
  std::set<NDIS_SWITCH_PORT_ID> ports;
  unsigned heard = 0, waits_for = 0;
  bool has_asked = false;

 private:
  const bool is_deaf_;
  std::atomic<bool> is_asking_ = false;
};
TEST_CASE("40 OID_SWITCH_PORT_CREATE: a port that comes while a module restarts is told") {
  for (const bool is_deaf : {false, true}) {
    Merging merging(is_deaf);
    SwitchRig rig(merging);
    VirtualSwitch& made = rig.private_switch();
    REQUIRE(made.disable_extension().ok());
    merging.ports.clear();
    merging.has_asked = false;
    merging.waits_for = merging.heard + 2;
    {
      const HostThread restarting("restarting", [&] { made.enable_extension().ok(); });
      rig.kernel.wait_until([&] { return merging.has_asked; });
      CHECK(made.add_port({PortKind::Synthetic, "", "late"}).ok());
      CHECK(made.add_port({PortKind::Synthetic, "", "later"}).ok());
    }
    CHECK(made.view().ports.size() == 4);
    CHECK((merging.ports.size() == made.view().ports.size()) == !is_deaf);
  }
}
TEST_CASE(
    "39 OID_SWITCH_PORT_ARRAY: a question before the switch is active is "
    "found") {
  CHECK(expect_violation(39, [] {
          Asking asking(3);
          SwitchRig rig(asking);
          inactive_switch(rig).enable_extension().ok();
        }) == "");
}

// Makes a request of its own when it restarts.
class Asks : public TestExtension {
 public:
  Asks(NDIS_OID oid, NDIS_REQUEST_TYPE type, PortId port = {})
      : oid_(oid), type_(type), port_(port) {}
  NDIS_STATUS restart() override {
    std::vector<std::byte> buffer(256);
    auto& asked = *reinterpret_cast<NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS*>(buffer.data());
    asked.PortId = static_cast<NDIS_SWITCH_PORT_ID>(port_);
    UINT needed = 0;
    query(oid_, buffer, needed, type_);
    return NDIS_STATUS_SUCCESS;
  }

 private:
  NDIS_OID oid_;
  NDIS_REQUEST_TYPE type_;
  PortId port_;
};

TEST_CASE("37 NdisFOidRequest: a set request of the switch's family is found") {
  CHECK(expect_violation(37, [] {
          Asks asks(OID_SWITCH_PORT_DELETE, NdisRequestSetInformation);
          SwitchRig rig(asks);
          rig.private_switch();
        }) == "");
}
TEST_CASE("46 OID_SWITCH_PORT_PROPERTY_ENUM: a port without a reference is found") {
  CHECK(expect_violation(46, [] {
          Asks asks(OID_SWITCH_PORT_PROPERTY_ENUM, NdisRequestMethod, PortId{1});
          SwitchRig rig(asks);
          rig.private_switch();
        }) == "");
}

// ---- save, restore, requests, status ----
constexpr GUID kOwn = {
    0x1A7FA0B7, 0xAAFC, 0x492A, {0xB8, 0x70, 0x42, 0x4D, 0x1F, 0xF8, 0x54, 0x70}};

// Saves a hundred bytes, once, and takes them back.
class Saving : public TestExtension {
 public:
  NDIS_STATUS oid(NDIS_OID_REQUEST* request) override {
    const auto& method = request->DATA.METHOD_INFORMATION;
    if (method.Oid == OID_SWITCH_NIC_SAVE && !has_saved) return save(request);
    if (method.Oid != OID_SWITCH_NIC_RESTORE) return TestExtension::oid(request);
    const auto& state = *static_cast<NDIS_SWITCH_NIC_SAVE_STATE*>(method.InformationBuffer);
    restored = state.SaveDataSize;
    request->SupportedRevision = 1;
    return NDIS_STATUS_SUCCESS;
  }
  GUID id = kOwn;
  UINT said = 1000;  // bytes needed, to a buffer that is too short
  bool has_saved = false;
  USHORT restored = 0;

 private:
  NDIS_STATUS save(NDIS_OID_REQUEST* request) {
    auto& method = request->DATA.METHOD_INFORMATION;
    auto& state = *static_cast<NDIS_SWITCH_NIC_SAVE_STATE*>(method.InformationBuffer);
    request->SupportedRevision = 1;
    if (state.SaveDataSize < 100) {
      method.BytesNeeded = said;
      return NDIS_STATUS_BUFFER_TOO_SHORT;
    }
    state.ExtensionId = id;
    state.SaveDataSize = 100;
    has_saved = true;
    return NDIS_STATUS_SUCCESS;
  }
};

std::vector<SavedNic> save_through(Saving& saving) {
  SwitchRig rig(saving);
  rig.private_switch();
  auto saved = rig.made->save_nic(rig.a);
  rig.made->restore_nic(rig.b, *saved).ok();
  return *saved;
}

TEST_CASE("33 OID_SWITCH_NIC_SAVE: what is saved is restored to another port") {
  Saving saving;
  const auto saved = save_through(saving);
  REQUIRE(saved.size() == 1);
  CHECK(saved[0].data.size() == 100);
  CHECK(saving.restored == 100);
}
TEST_CASE("33 OID_SWITCH_NIC_SAVE: data without the extension's GUID are found") {
  CHECK(expect_violation(33, [] {
          Saving saving;
          saving.id = {};
          save_through(saving);
        }) == "");
}
TEST_CASE("33 OID_SWITCH_NIC_SAVE: a needed size that is no larger is found") {
  CHECK(expect_violation(33, [] {
          Saving saving;
          saving.said = 10;
          save_through(saving);
        }) == "");
}
TEST_CASE("34 OID_SWITCH_NIC_RESTORE: another extension's data that are consumed are found") {
  CHECK(expect_violation(34, [] {
          Saving saving;
          SwitchRig rig(saving);
          rig.private_switch();
          SavedNic other;
          other.extension[0] = 1;
          other.data.resize(8);
          rig.made->restore_nic(rig.a, {other}).ok();
        }) == "");
}

void request_through(Odd::Step step, NDIS_OID oid) {
  Odd odd(OID_SWITCH_NIC_REQUEST, step);
  SwitchRig rig(odd);
  rig.private_switch();
  rig.made->request_of_nic(rig.a, oid);
}
TEST_CASE("35 OID_SWITCH_NIC_REQUEST: a veto of what is no hardware offload is found") {
  CHECK(expect_violation(35, [] { request_through(veto, 0x00010106); }) == "");
}
TEST_CASE("35 OID_SWITCH_NIC_REQUEST: a request that is completed is found") {
  CHECK(expect_violation(35, [] { request_through(succeed, OID_NIC_SWITCH_ALLOCATE_VF); }) == "");
}
TEST_CASE("35 OID_SWITCH_NIC_REQUEST: a nested request that is changed is found") {
  const auto change = [](Odd& odd, NDIS_OID_REQUEST* request) {
    auto& wrapped = *static_cast<NDIS_SWITCH_NIC_OID_REQUEST*>(
        request->DATA.METHOD_INFORMATION.InformationBuffer);
    wrapped.OidRequest->Timeout = 7;
    return odd.pass_on(request);
  };
  static NDIS_STATUS (*the_change)(Odd&, NDIS_OID_REQUEST*) = change;
  CHECK(expect_violation(35, [] { request_through(the_change, 0x00010106); }) == "");
}
TEST_CASE("35 OID_SWITCH_NIC_REQUEST: a veto of a virtual function is right") {
  Odd odd(OID_SWITCH_NIC_REQUEST, veto);
  SwitchRig rig(odd);
  rig.private_switch();
  CHECK(rig.made->request_of_nic(rig.a, OID_NIC_SWITCH_ALLOCATE_VF) ==
        NDIS_STATUS_DATA_NOT_ACCEPTED);
}
TEST_CASE("36 FilterStatus: a NIC's status that goes up without a reference is found") {
  CHECK(expect_violation(36, [] {
          TestExtension extension;
          SwitchRig rig(extension);
          rig.private_switch();
          rig.made->indicate_nic_status({rig.a, 0}, 0x40010006).ok();
        }) == "");
}

// ---- references ----
NDIS_STATUS reference_first(Odd& odd, NDIS_OID_REQUEST* request) {
  odd.handlers.ReferenceSwitchPort(odd.context, 1);
  return odd.pass_on(request);
}
NDIS_STATUS reference_after(Odd& odd, NDIS_OID_REQUEST* request) {
  const NDIS_STATUS status = odd.pass_on(request);
  odd.handlers.ReferenceSwitchPort(odd.context, 1);
  return status;
}
NDIS_STATUS reference_nic_first(Odd& odd, NDIS_OID_REQUEST* request) {
  odd.handlers.ReferenceSwitchNic(odd.context, 1, 0);
  return odd.pass_on(request);
}
NDIS_STATUS dereference_twice(Odd& odd, NDIS_OID_REQUEST* request) {
  odd.handlers.DereferenceSwitchPort(odd.context, 1);
  return odd.pass_on(request);
}

TEST_CASE("42 ReferenceSwitchPort: a port that is torn down is found") {
  CHECK(expect_violation(42, [] { live(OID_SWITCH_PORT_TEARDOWN, reference_after); }) == "");
}
TEST_CASE("42 DereferenceSwitchPort: a port without a reference is found") {
  CHECK(expect_violation(42, [] { live(OID_SWITCH_PORT_UPDATED, dereference_twice); }) == "");
}
TEST_CASE("42 FilterPause: a reference to a port that is kept is found") {
  CHECK(expect_violation(42, [] {
          Odd odd(OID_SWITCH_PORT_UPDATED, reference_first);
          SwitchRig rig(odd);
          rig.private_switch();
          rig.made->rename_port(rig.a, "c").ok();
          rig.made->disable_extension().ok();
        }) == "");
}
TEST_CASE("43 ReferenceSwitchNic: a NIC that is not yet connected is found") {
  CHECK(expect_violation(43, [] { live(OID_SWITCH_NIC_CONNECT, reference_nic_first); }) == "");
}
TEST_CASE("44 ReferenceSwitchNic: a reference that withholds the delete is found") {
  CHECK(expect_violation(44, [] { live(OID_SWITCH_NIC_DISCONNECT, reference_nic_first); }) == "");
}
TEST_CASE("45 OID_SWITCH_NIC_DISCONNECT: passing it on under a reference is found") {
  CHECK(expect_violation(45, [] { live(OID_SWITCH_NIC_DISCONNECT, reference_first); }) == "");
}
TEST_CASE("45 OID_SWITCH_PORT_TEARDOWN: passing it on under a reference is found") {
  CHECK(expect_violation(45, [] { live(OID_SWITCH_PORT_TEARDOWN, reference_first); }) == "");
}
TEST_CASE(
    "47 OID_SWITCH_PORT_CREATE: a reference to a port that is for "
    "validation is found") {
  CHECK(expect_violation(45, [] {
          Odd odd(OID_SWITCH_PORT_TEARDOWN, reference_first);
          SwitchRig rig(odd);
          VirtualSwitch& made = inactive_switch(rig);
          made.enable_extension().ok();
          made.validate_port({PortKind::Synthetic, "", "x"}).ok();
        }) == "");
}

}  // namespace
}  // namespace ovs::emulator::test

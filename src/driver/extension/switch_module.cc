#include "driver/extension/switch_module.h"

#include "driver/extension/switch_questions.h"
#include "driver/status.h"

namespace ovs::driver {
namespace {

constexpr std::uint64_t kLearnAgainMs = 500;
// A port whose adapter is being disconnected is asked about when that is over: in milliseconds.
constexpr int kMaxLooks = 10'000;

Result<void> read_handlers(SwitchModule::Handles& handles) {
  NDIS_SWITCH_OPTIONAL_HANDLERS& wanted = handles.switch_handlers;
  wanted.Header = {NDIS_OBJECT_TYPE_SWITCH_OPTIONAL_HANDLERS,
                   NDIS_SWITCH_OPTIONAL_HANDLERS_REVISION_1,
                   NDIS_SIZEOF_SWITCH_OPTIONAL_HANDLERS_REVISION_1};
  const NDIS_STATUS status =
      NdisFGetOptionalSwitchHandlers(handles.filter, &handles.context, &wanted);
  if (status == NDIS_STATUS_RESOURCES) return Error::NoMemory;
  if (status != NDIS_STATUS_SUCCESS) return Error::Unsupported;
  return kOk;
}

Result<void> set_attributes(NDIS_HANDLE filter, SwitchModule& module) {
  NDIS_FILTER_ATTRIBUTES attributes = {};
  attributes.Header = {NDIS_OBJECT_TYPE_FILTER_ATTRIBUTES, NDIS_FILTER_ATTRIBUTES_REVISION_1,
                       NDIS_SIZEOF_FILTER_ATTRIBUTES_REVISION_1};
  const NDIS_STATUS status = NdisFSetAttributes(filter, &module, &attributes);
  if (status == NDIS_STATUS_RESOURCES) return Error::NoMemory;
  if (status != NDIS_STATUS_SUCCESS) return Error::Io;
  return kOk;
}

}  // namespace

SwitchModule::SwitchModule(const Handles& handles, const Hosts& hosts)
    : handles_(handles),
      hosts_(hosts),
      ports_(*this),
      events_(ports_, hosts.bindings, hosts.trace),
      requests_(handles.filter, events_) {}

Result<Owned<SwitchModule>> SwitchModule::attach(NDIS_HANDLE filter, unsigned ndis_minor,
                                                 const Hosts& hosts) {
  Handles handles;
  handles.filter = filter;
  handles.ndis_minor = ndis_minor;
  OVS_TRY(read_handlers(handles));
  OVS_TRY(auto module, try_make<SwitchModule>(handles, hosts));
  OVS_TRY(module->packets_, PacketPath::create(*module, hosts.processors));
  hosts.bindings.add_switch(module->ports_);
  OVS_TRY(set_attributes(filter, *module));
  return module;
}

SwitchModule::~SwitchModule() {
  const Passive passive = Passive::here();
  hosts_.worker.cancel(*this, passive);
  if (ports_.is_linked()) hosts_.bindings.remove_switch(ports_, passive);
}

NDIS_STATUS SwitchModule::restart(Passive passive) {
  state_.store(State::Restarting, Order::Sequential);
  if (const auto learned = learn_switch(passive); !learned) {
    state_.store(State::Paused, Order::Sequential);
    return to_status(learned.error());
  }
  packets_->restart();
  state_.store(State::Running, Order::Sequential);
  return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS SwitchModule::pause(Passive passive) {
  state_.store(State::Paused, Order::Sequential);
  hosts_.worker.cancel(*this, passive);
  return packets_->begin_pause() == Drained::Now ? NDIS_STATUS_SUCCESS : NDIS_STATUS_PENDING;
}

void SwitchModule::pause_complete() {
  NdisFPauseComplete(handles_.filter);
}

// ---- requests, status, events ------------------------------------------------------------------

NDIS_STATUS SwitchModule::oid_request(PNDIS_OID_REQUEST request, Passive passive) {
  auto plan = events_.prepare(*request, passive);
  if (!plan) return plan.error();
  return requests_.pass_on(request, std::move(*plan));
}

namespace {

// Of a physical adapter's own status, if it is about its cable.
Maybe<PortBindings::Link> link_of(const NDIS_STATUS_INDICATION* status) {
  if (status == nullptr || status->StatusCode != NDIS_STATUS_LINK_STATE) return kNone;
  if (status->StatusBuffer == nullptr ||
      status->StatusBufferSize < RTL_SIZEOF_THROUGH_FIELD(NDIS_LINK_STATE, MediaConnectState))
    return kNone;
  const auto* link = static_cast<const NDIS_LINK_STATE*>(status->StatusBuffer);
  return link->MediaConnectState == MediaConnectStateDisconnected ? PortBindings::Link::Cut
                                                                  : PortBindings::Link::There;
}

}  // namespace

// An adapter's status goes up under a reference to the adapter.
void SwitchModule::status(PNDIS_STATUS_INDICATION indication) {
  using S = NDIS_SWITCH_NIC_STATUS_INDICATION;
  NDIS_SWITCH_PORT_ID port = NDIS_SWITCH_DEFAULT_PORT_ID;
  NDIS_SWITCH_NIC_INDEX index = NDIS_SWITCH_DEFAULT_NIC_INDEX;
  bool is_referenced = false;
  if (indication->StatusCode == NDIS_STATUS_SWITCH_NIC_STATUS &&
      indication->StatusBufferSize >= RTL_SIZEOF_THROUGH_FIELD(S, SourceNicIndex)) {
    const auto* nic_status = static_cast<const S*>(indication->StatusBuffer);
    port = nic_status->SourcePortId;
    index = nic_status->SourceNicIndex;
    // A disconnect waits for readers: while one sees the adapter connected, so does the switch.
    const RcuReader reader;
    const bool has_nested =
        indication->StatusBufferSize >= RTL_SIZEOF_THROUGH_FIELD(S, StatusIndication);
    if (const auto link = link_of(has_nested ? nic_status->StatusIndication : nullptr))
      hosts_.bindings.nic_linked(ports_, port, index, *link);
    const HypervNic* nic = ports_.find(port, index, reader);
    is_referenced = nic != nullptr && nic->is_connected() &&
                    handlers().ReferenceSwitchNic(context(), port, index) == NDIS_STATUS_SUCCESS;
  }
  NdisFIndicateStatus(handles_.filter, indication);
  if (is_referenced) handlers().DereferenceSwitchNic(context(), port, index);
}

NDIS_STATUS SwitchModule::net_pnp_event(PNET_PNP_EVENT_NOTIFICATION event, Passive passive) {
  if (event->NetPnPEvent.NetEvent == NetEventSwitchActivate &&
      state_.load(Order::Sequential) != State::Paused && !learn_switch(passive)) {
    hosts_.worker.submit_after(*this, kLearnAgainMs);
  }
  return NdisFNetPnPEvent(handles_.filter, event);
}

// ---- what the switch is, and has ---------------------------------------------------------------

void SwitchModule::run(Passive passive) {
  if (state_.load(Order::Sequential) == State::Paused) return;
  if (!learn_switch(passive)) hosts_.worker.submit_after(*this, kLearnAgainMs);
}

// Whoever comes while another learns makes that one look once more.
Result<void> SwitchModule::learn_switch(Passive passive) {
  if (wishes_.fetch_add(1, Order::Sequential) != 0) return kOk;
  Result<void> learned;
  std::uint32_t seen = 0;
  do {
    seen = wishes_.load(Order::Sequential);
    learned = learn_once(passive);
  } while (wishes_.fetch_sub(seen, Order::Sequential) != seen);
  return learned;
}

Result<void> SwitchModule::learn_once(Passive passive) {
  if (is_learned_) return kOk;
  SwitchQuestions questions(requests_, passive);
  OVS_TRY(const SwitchFacts facts, questions.ask_switch());
  hosts_.bindings.name_switch(ports_, facts.friendly_name);
  if (!facts.is_active) return kOk;  // its lists come with its activation
  OVS_TRY(hosts_.bindings.begin_lists(ports_));
  const auto listed = learn_lists(questions);
  hosts_.bindings.end_lists(ports_);
  OVS_TRY(listed);
  OVS_TRY(learn_policies(questions));
  is_learned_ = true;
  return kOk;
}

// An entry that we cannot read is of an adapter that we cannot serve: the others count.
Result<void> SwitchModule::learn_lists(SwitchQuestions& questions) {
  OVS_TRY(const FactsArray ports, questions.ask_ports());
  for (std::uint32_t i = 0; i < ports.count(); ++i) {
    const auto facts = parse_port(ports.element(i));
    if (!facts) continue;
    OVS_TRY(hosts_.bindings.list_port(ports_, *facts));
  }
  OVS_TRY(const FactsArray nics, questions.ask_nics());
  for (std::uint32_t i = 0; i < nics.count(); ++i) {
    const auto facts = parse_nic(nics.element(i));
    if (!facts) continue;
    OVS_TRY(hosts_.bindings.list_nic(ports_, *facts));
  }
  return kOk;
}

Result<void> SwitchModule::learn_policies(SwitchQuestions& questions) {
  while (const auto port = hosts_.bindings.take_port_to_ask(ports_)) {
    if (!begin_asking(*port)) continue;
    Result<void> learned;
    if (handlers().ReferenceSwitchPort(context(), *port) == NDIS_STATUS_SUCCESS) {
      learned = learn_policy(questions, *port);
      handlers().DereferenceSwitchPort(context(), *port);
    }
    events_.asked_port().end();
    OVS_TRY(learned);
  }
  return kOk;
}

// Whether the port is there to be asked about: until end(), its teardown and its adapters'
// disconnection wait.
bool SwitchModule::begin_asking(NDIS_SWITCH_PORT_ID port) {
  LARGE_INTEGER pause;
  pause.QuadPart = -10'000;
  for (int i = 0; i < kMaxLooks; ++i) {
    events_.asked_port().begin(port);
    const PortBindings::Presence presence = hosts_.bindings.presence(ports_, port);
    if (presence == PortBindings::Presence::There) return true;
    events_.asked_port().end();
    if (presence == PortBindings::Presence::Gone) return false;
    KeDelayExecutionThread(KernelMode, FALSE, &pause);
  }
  return false;
}

Result<void> SwitchModule::learn_policy(SwitchQuestions& questions, NDIS_SWITCH_PORT_ID port) {
  for (const INT type : kPolicyProperties) {
    const auto value = questions.ask_property(port, type);
    if (!value && value.error() == Error::NoMemory) return Error::NoMemory;
    if (!value || value->empty()) continue;  // a switch that does not know the type has none
    OVS_TRY(auto fresh, try_make<PublishedPolicy>(PortPolicy()));
    if (!apply_property(fresh->policy, type, *value)) continue;
    hosts_.bindings.set_property(ports_, port, type, PortBindings::Source::Question,
                                 std::move(fresh));
  }
  return kOk;
}

}  // namespace ovs::driver

#include "driver/extension/switch_events.h"

namespace ovs::driver {
namespace {

using What = OidPlan::What;

constexpr NDIS_STATUS kVeto = NDIS_STATUS_DATA_NOT_ACCEPTED;
// How long a teardown sleeps before it looks again: a wakeup may be for another port.
constexpr LONGLONG kLookAgain100ns = -10 * 10'000;

OidPlan plan_of(What what, NDIS_SWITCH_PORT_ID port, NDIS_SWITCH_NIC_INDEX nic = 0) {
  OidPlan plan;
  plan.what = what;
  plan.port = port;
  plan.nic = nic;
  return plan;
}

// Packets of queues and functions of their own would not come by here.
bool takes_packets_away(NDIS_OID oid) {
  switch (oid) {
    case OID_NIC_SWITCH_ALLOCATE_VF:
    case OID_NIC_SWITCH_CREATE_VPORT:
    case OID_RECEIVE_FILTER_ALLOCATE_QUEUE:
    case OID_RECEIVE_FILTER_SET_FILTER:
    case OID_RECEIVE_FILTER_MOVE_FILTER: return true;
  }
  return false;
}

Bytes buffer_of(PVOID data, std::size_t size) {
  return data != nullptr ? Bytes(static_cast<const std::uint8_t*>(data), size) : Bytes();
}

}  // namespace

// ---- a port that is being asked about ----------------------------------------------------------

void AskedPort::begin(NDIS_SWITCH_PORT_ID port) {
  KeClearEvent(&ended_);
  port_.store(port, Order::Sequential);
}

void AskedPort::end() {
  port_.store(kNobody, Order::Sequential);
  KeSetEvent(&ended_, IO_NO_INCREMENT, FALSE);
}

void AskedPort::wait(NDIS_SWITCH_PORT_ID port, Passive) {
  LARGE_INTEGER timeout;
  timeout.QuadPart = kLookAgain100ns;
  while (port_.load(Order::Sequential) == port) {
    KeWaitForSingleObject(&ended_, Executive, KernelMode, FALSE, &timeout);
  }
}

// ---- before a request is passed on -------------------------------------------------------------

SwitchEvents::Plan SwitchEvents::prepare(const NDIS_OID_REQUEST& request, Passive passive) {
  switch (request.RequestType) {
    case NdisRequestSetInformation: {
      const auto& set = request.DATA.SET_INFORMATION;
      return prepare_set(set.Oid, buffer_of(set.InformationBuffer, set.InformationBufferLength),
                         passive);
    }
    case NdisRequestMethod: {
      const auto& method = request.DATA.METHOD_INFORMATION;
      if (method.Oid != OID_SWITCH_NIC_REQUEST) return OidPlan();
      return prepare_nic_request(buffer_of(method.InformationBuffer, method.InputBufferLength));
    }
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics: break;
  }
  return OidPlan();
}

SwitchEvents::Plan SwitchEvents::prepare_set(NDIS_OID oid, Bytes buffer, Passive passive) {
  switch (oid) {
    case OID_SWITCH_PORT_CREATE:
    case OID_SWITCH_PORT_UPDATED:
    case OID_SWITCH_PORT_TEARDOWN:
    case OID_SWITCH_PORT_DELETE: {
      const auto facts = parse_port(buffer);
      if (facts) return prepare_port(oid, *facts, passive);
      return oid == OID_SWITCH_PORT_CREATE ? Plan(kVeto) : Plan(OidPlan());
    }
    case OID_SWITCH_NIC_CREATE:
    case OID_SWITCH_NIC_CONNECT:
    case OID_SWITCH_NIC_UPDATED:
    case OID_SWITCH_NIC_DISCONNECT:
    case OID_SWITCH_NIC_DELETE: {
      const auto facts = parse_nic(buffer);
      if (facts) return prepare_nic(oid, *facts, passive);
      return oid == OID_SWITCH_NIC_CREATE ? Plan(kVeto) : Plan(OidPlan());
    }
    case OID_SWITCH_PORT_PROPERTY_ADD:
    case OID_SWITCH_PORT_PROPERTY_UPDATE:
    case OID_SWITCH_PORT_PROPERTY_DELETE: return prepare_property(oid, buffer);
    case OID_SWITCH_NIC_REQUEST: return prepare_nic_request(buffer);
  }
  return OidPlan();
}

SwitchEvents::Plan SwitchEvents::prepare_port(NDIS_OID oid, const PortFacts& facts,
                                              Passive passive) {
  if (facts.is_validation) return OidPlan();
  switch (oid) {
    case OID_SWITCH_PORT_CREATE:
      if (!bindings_.port_created(ports_, facts)) return kVeto;
      return plan_of(What::PortCreate, facts.id);
    case OID_SWITCH_PORT_UPDATED:
      if (!bindings_.port_updated(ports_, facts)) say_lost();
      return OidPlan();
    case OID_SWITCH_PORT_TEARDOWN:
      bindings_.port_torn_down(ports_, facts.id);
      asked_port_.wait(facts.id, passive);
      return OidPlan();
    case OID_SWITCH_PORT_DELETE: bindings_.port_deleted(ports_, facts.id); return OidPlan();
  }
  return OidPlan();
}

SwitchEvents::Plan SwitchEvents::prepare_nic(NDIS_OID oid, const NicFacts& facts, Passive passive) {
  switch (oid) {
    case OID_SWITCH_NIC_CREATE:
      if (bindings_.nic_created(ports_, facts)) {
        return plan_of(What::NicCreate, facts.port, facts.index);
      }
      // A member of a team may not be refused; what it is, its next request says again.
      if (facts.index == NDIS_SWITCH_DEFAULT_NIC_INDEX) return kVeto;
      say_lost();
      return OidPlan();
    case OID_SWITCH_NIC_CONNECT:
      if (!bindings_.nic_updated(ports_, facts)) say_lost();
      return plan_of(What::NicConnect, facts.port, facts.index);
    case OID_SWITCH_NIC_UPDATED:
      if (!bindings_.nic_updated(ports_, facts)) say_lost();
      return OidPlan();
    case OID_SWITCH_NIC_DISCONNECT:
      if (!bindings_.nic_disconnected(ports_, facts, passive)) {
        say_lost();
        return OidPlan();
      }
      asked_port_.wait(facts.port, passive);
      return plan_of(What::NicDisconnect, facts.port, facts.index);
    case OID_SWITCH_NIC_DELETE: bindings_.nic_deleted(ports_, facts); return OidPlan();
  }
  return OidPlan();
}

// A property that we cannot read is not in force: its owner is to know.
SwitchEvents::Plan SwitchEvents::prepare_property(NDIS_OID oid, Bytes buffer) {
  const bool deletes = oid == OID_SWITCH_PORT_PROPERTY_DELETE;
  const auto facts = deletes ? parse_property_delete(buffer) : parse_property(buffer);
  if (!facts) return kVeto;
  if (!is_of_policy(facts->type)) return OidPlan();
  auto fresh = try_make<PublishedPolicy>(PortPolicy());
  if (!fresh) return kVeto;
  if (!deletes && !apply_property((*fresh)->policy, facts->type, facts->value)) return kVeto;
  OidPlan plan = plan_of(What::Policy, facts->port);
  plan.property = facts->type;
  plan.policy = std::move(*fresh);
  return plan;
}

SwitchEvents::Plan SwitchEvents::prepare_nic_request(Bytes buffer) {
  using S = NDIS_SWITCH_NIC_OID_REQUEST;
  if (!check_header(buffer, RTL_SIZEOF_THROUGH_FIELD(S, OidRequest))) return OidPlan();
  const auto wrapped = load<PNDIS_OID_REQUEST>(buffer.data() + offsetof(S, OidRequest));
  const auto port = load<NDIS_SWITCH_PORT_ID>(buffer.data() + offsetof(S, SourcePortId));
  if (wrapped == nullptr) return OidPlan();
  // Of every kind of request, the identifier lies at the same place.
  if (!takes_packets_away(wrapped->DATA.QUERY_INFORMATION.Oid)) return OidPlan();
  const RcuReader reader;
  const HypervPort* from = ports_.find_port(port, reader);
  const HypervNic* nic = from != nullptr ? from->first_nic(reader) : nullptr;
  for (; nic != nullptr; nic = nic->next(reader)) {
    if (nic->number() != datapath::kNoPort) return NDIS_STATUS_FAILURE;
  }
  return OidPlan();
}

void SwitchEvents::say_lost() {
  trace_.event({platform::TraceLevel::Warning, "extension", "no memory for what the switch told"});
}

// ---- after it ----------------------------------------------------------------------------------

void SwitchEvents::settle(OidPlan plan, NDIS_STATUS status) {
  const bool done = NT_SUCCESS(status);
  switch (plan.what) {
    case What::Nothing: return;
    case What::PortCreate:
      if (!done) bindings_.port_refused(ports_, plan.port);
      return;
    case What::NicCreate:
      if (!done) bindings_.nic_refused(ports_, plan.port, plan.nic);
      return;
    case What::NicConnect:
      if (done) bindings_.nic_connected(ports_, plan.port, plan.nic);
      return;
    case What::NicDisconnect: return bindings_.nic_left(ports_, plan.port);
    case What::Policy:
      if (!done) return;
      return bindings_.set_property(ports_, plan.port, plan.property, PortBindings::Source::Event,
                                    std::move(plan.policy));
  }
}

}  // namespace ovs::driver

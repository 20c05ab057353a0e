#include "emulator/vmswitch/control_path.h"

#include <algorithm>
#include <utility>

#include "emulator/nt/kernel.h"
#include "emulator/nt/violation.h"

namespace ovs::emulator {
namespace {

NDIS_OID_REQUEST request_of(const Issue& issue) {
  NDIS_OID_REQUEST request{};
  request.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
                    NDIS_SIZEOF_OID_REQUEST_REVISION_1};
  request.RequestType = issue.type;
  request.PortNumber = NDIS_DEFAULT_PORT_NUMBER;
  request.RequestId = issue.buffer->data();
  const auto size = static_cast<UINT>(issue.buffer->size());
  if (issue.type == NdisRequestMethod) {
    auto& method = request.DATA.METHOD_INFORMATION;
    method.Oid = issue.oid;
    method.InformationBuffer = issue.buffer->data();
    method.InputBufferLength = method.OutputBufferLength = size;
    return request;
  }
  auto& set = request.DATA.SET_INFORMATION;
  set.Oid = issue.oid;
  set.InformationBuffer = issue.buffer->data();
  set.InformationBufferLength = size;
  return request;
}

}  // namespace

ControlPath::ControlPath(SwitchModel& model, UINT ndis_version)
    : model_(model), layouts_{ndis_version, model.habits().revisions} {}

namespace {

bool holds_pointers(NDIS_OID oid) {
  return oid == OID_SWITCH_NIC_REQUEST || oid == OID_SWITCH_NIC_DIRECT_REQUEST;
}

}  // namespace

NDIS_STATUS ControlPath::issue_lie(Issue& issue) {
  OidBuffer* const truth = issue.buffer;
  std::vector<std::byte> told(truth->data(), truth->data() + truth->size());
  model_.lie(issue.oid, told);
  OidBuffer buffer(told.size());
  std::copy(told.begin(), told.end(), buffer.data());
  issue.buffer = &buffer;
  const NDIS_STATUS status = issue_as_it_is(issue);
  issue.buffer = truth;
  return status;
}

NDIS_STATUS ControlPath::issue(Issue& issue) {
  if (module_ == nullptr) return reach_below(issue);
  if (model_.lie && !holds_pointers(issue.oid)) return issue_lie(issue);
  return issue_as_it_is(issue);
}

NDIS_STATUS ControlPath::issue_as_it_is(Issue& issue) {
  NDIS_OID_REQUEST request = request_of(issue);
  const std::uint64_t before = issue.buffer->hash();
  const Failures& failures = Kernel::current().failures();
  const bool had_failed = failures.has_failed();
  {
    const std::lock_guard lock(mutex_);
    under_way_.push_back(&issue);
  }
  const NDIS_STATUS status = module_->oid_request(request);
  {
    const std::lock_guard lock(mutex_);
    std::erase(under_way_, &issue);
  }
  Kernel::current().wait_until([&] { return issue.cancellers == 0; });
  if (issue.type == NdisRequestMethod) {
    issue.written = request.DATA.METHOD_INFORMATION.BytesWritten;
    issue.needed = request.DATA.METHOD_INFORMATION.BytesNeeded;
  } else if (issue.buffer->hash() != before) {
    violate(25, std::string(oid_name(issue.oid)) + ": its buffer has changed on the way");
  }
  // For want of the memory of a clone nothing can be passed on.
  const bool is_refusal =
      status ==
      (issue.handling == Handling::Create ? NDIS_STATUS_DATA_NOT_ACCEPTED : NDIS_STATUS_RESOURCES);
  const bool lacked_memory = failures.has_failed() && !had_failed;
  if (model_.lie) return status;
  if (!lacked_memory || !is_refusal || issue.has_reached_below) judge(issue, status);
  return status;
}

std::size_t ControlPath::cancel_all() {
  std::vector<Issue*> issues;
  Kernel::current().change([&] {
    const std::lock_guard lock(mutex_);
    issues = under_way_;
    for (Issue* issue : issues) ++issue->cancellers;
  });
  for (Issue* issue : issues) {
    module_->cancel_oid(issue->buffer->data());
    Kernel::current().change([&] { --issue->cancellers; });
  }
  return issues.size();
}

NDIS_STATUS ControlPath::reach_below(Issue& issue) {
  issue.has_reached_below = true;
  issue.is_refused = issue.handling == Handling::Create && std::exchange(refuses_next_, false);
  if (issue.is_refused) return issue.status_below = NDIS_STATUS_DATA_NOT_ACCEPTED;
  issue.status_below = issue.below ? issue.below() : NDIS_STATUS_SUCCESS;
  return issue.status_below;
}

// Whether what the extension answered is what it may answer.
void ControlPath::judge(const Issue& issue, NDIS_STATUS status) const {
  const std::string what = std::string(oid_name(issue.oid)) + " answered " + status_text(status);
  switch (issue.handling) {
    case Handling::Create: return judge_create(issue, status);
    case Handling::Passed:
      if (!issue.has_reached_below) violate(29, what + " without being passed on");
      if (status != issue.status_below) {
        violate(29, what + ", from below came " + status_text(issue.status_below));
      }
      return;
    case Handling::Policy:
      if (!issue.has_reached_below && NT_SUCCESS(status)) {
        violate(31, what + " without being passed on: the property is not the extension's own");
      }
      return;
    case Handling::Foreign:
      if (!issue.has_reached_below) violate(32, what + " without being passed on");
      return;
    case Handling::Answered: return;
  }
}

void ControlPath::judge_create(const Issue& issue, NDIS_STATUS status) const {
  const std::string what = std::string(oid_name(issue.oid)) + " answered " + status_text(status);
  if (issue.has_reached_below) {
    if (status == issue.status_below) return;
    violate(27, what + ", from below came " + status_text(issue.status_below));
  }
  if (NT_SUCCESS(status)) violate(27, what + ", and the lower edge has not seen it");
  if (issue.follows_refusal) {
    violate(28, what + ": vetoed, after the lower edge had refused the same: it is not forgotten");
  }
  if (issue.is_next) violate(48, what + ": vetoed on a port that has had another NIC");
  if (!model_.is_active()) violate(39, what + ": vetoed before the switch is active");
  if (!issue.may_be_vetoed) violate(30, what + ": vetoed for a member of the team");
  if (status != NDIS_STATUS_DATA_NOT_ACCEPTED) {
    violate(27, what + ": a veto is NDIS_STATUS_DATA_NOT_ACCEPTED");
  }
}

NDIS_STATUS ControlPath::issue_port(NDIS_OID oid, PortId id, std::function<NDIS_STATUS()> below) {
  OidBuffer buffer(layouts_.port().Size);
  {
    const ReadLock lock(model_.mutex());
    const SwitchPort* port = model_.find_port(id);
    if (port == nullptr) return NDIS_STATUS_INVALID_PORT;
    put_port(buffer.as<NDIS_SWITCH_PORT_PARAMETERS>(), *port, layouts_);
  }
  Issue issue{.oid = oid, .buffer = &buffer, .below = std::move(below)};
  return this->issue(issue);
}

NDIS_STATUS ControlPath::create_port(std::unique_ptr<SwitchPort> port, bool was_refused) {
  OidBuffer buffer(layouts_.port().Size);
  put_port(buffer.as<NDIS_SWITCH_PORT_PARAMETERS>(), *port, layouts_);
  Issue issue{.oid = OID_SWITCH_PORT_CREATE,
              .buffer = &buffer,
              .handling = Handling::Create,
              .follows_refusal = was_refused};
  const PortId id = port->id;
  issue.below = [&] {
    const WriteLock lock(model_.mutex());
    model_.ports().emplace(id, std::move(port));
    return NDIS_STATUS_SUCCESS;
  };
  const NDIS_STATUS status = this->issue(issue);
  if (issue.is_refused) refused_port_ = id;
  return status;
}

NDIS_STATUS ControlPath::update_port(PortId id, const std::string& friendly_name) {
  // The name is the switch's before the extension hears of it: an update cannot be refused.
  {
    const WriteLock lock(model_.mutex());
    SwitchPort* port = model_.find_port(id);
    if (port == nullptr) return NDIS_STATUS_INVALID_PORT;
    port->spec.friendly_name = friendly_name;
  }
  return issue_port(OID_SWITCH_PORT_UPDATED, id, {});
}

// Rule 45: the extension's deferred work on a port is over before it lets it go.
void ControlPath::forbid_reference(const SwitchPort& port, const char* oid) const {
  const int count = port.references;
  if (count == 0) return;
  violate(45, std::string(oid) + " of port " + std::to_string(ndis_id(port.id)) +
                  " is passed on while the extension holds " + std::to_string(count) +
                  " reference(s) to the port");
}

NDIS_STATUS ControlPath::tear_down_port(PortId id) {
  return issue_port(OID_SWITCH_PORT_TEARDOWN, id, [this, id] {
    const WriteLock lock(model_.mutex());
    SwitchPort* port = model_.find_port(id);
    forbid_reference(*port, "OID_SWITCH_PORT_TEARDOWN");
    port->is_torn_down = true;
    return NDIS_STATUS_SUCCESS;
  });
}

NDIS_STATUS ControlPath::delete_port(PortId id) {
  return issue_port(OID_SWITCH_PORT_DELETE, id, [this, id] {
    const WriteLock lock(model_.mutex());
    model_.ports().erase(id);
    return NDIS_STATUS_SUCCESS;
  });
}

NDIS_STATUS ControlPath::issue_nic(NDIS_OID oid, NicAddress address,
                                   std::function<NDIS_STATUS()> below) {
  OidBuffer buffer(layouts_.nic().Size);
  {
    const ReadLock lock(model_.mutex());
    const SwitchPort* port = model_.find_port(address.port);
    const SwitchNic* nic = port == nullptr ? nullptr : port->find_nic(address.index);
    if (nic == nullptr) return NDIS_STATUS_INVALID_PORT;
    put_nic(buffer.as<NDIS_SWITCH_NIC_PARAMETERS>(), *nic, nic_kind_of(port->spec.kind), layouts_);
  }
  Issue issue{.oid = oid, .buffer = &buffer, .below = std::move(below)};
  return this->issue(issue);
}

NDIS_STATUS ControlPath::create_nic(std::unique_ptr<SwitchNic> nic) {
  OidBuffer buffer(layouts_.nic().Size);
  bool is_next = false;
  {
    const ReadLock lock(model_.mutex());
    const SwitchPort* port = model_.find_port(nic->address.port);
    if (port == nullptr) return NDIS_STATUS_INVALID_PORT;
    is_next = port->has_had_nic;
    put_nic(buffer.as<NDIS_SWITCH_NIC_PARAMETERS>(), *nic, nic_kind_of(port->spec.kind), layouts_);
  }
  Issue issue{.oid = OID_SWITCH_NIC_CREATE,
              .buffer = &buffer,
              .handling = Handling::Create,
              .may_be_vetoed = nic->address.index == NDIS_SWITCH_DEFAULT_NIC_INDEX,
              .follows_refusal = std::exchange(refused_nic_, std::nullopt) == nic->address,
              .is_next = is_next};
  const NicAddress address = nic->address;
  issue.below = [&] {
    const WriteLock lock(model_.mutex());
    SwitchPort* port = model_.find_port(address.port);
    port->has_had_nic = address.index == NDIS_SWITCH_DEFAULT_NIC_INDEX;
    port->nics.push_back(std::move(nic));
    return NDIS_STATUS_SUCCESS;
  };
  const NDIS_STATUS status = this->issue(issue);
  if (issue.is_refused) refused_nic_ = address;
  return status;
}

NDIS_STATUS ControlPath::connect_nic(NicAddress address) {
  return issue_nic(OID_SWITCH_NIC_CONNECT, address, [this, address] {
    const WriteLock lock(model_.mutex());
    model_.find_nic(address)->state = NicState::Connected;
    return NDIS_STATUS_SUCCESS;
  });
}

NDIS_STATUS ControlPath::update_nic(NicAddress address, const NicSpec& spec) {
  {
    const WriteLock lock(model_.mutex());
    SwitchNic* nic = model_.find_nic(address);
    if (nic == nullptr) return NDIS_STATUS_INVALID_PORT;
    nic->spec = spec;
  }
  return issue_nic(OID_SWITCH_NIC_UPDATED, address, {});
}

NDIS_STATUS ControlPath::disconnect_nic(NicAddress address) {
  return issue_nic(OID_SWITCH_NIC_DISCONNECT, address, [this, address] {
    const WriteLock lock(model_.mutex());
    forbid_reference(*model_.find_port(address.port), "OID_SWITCH_NIC_DISCONNECT");
    model_.find_nic(address)->state = NicState::Disconnected;
    return NDIS_STATUS_SUCCESS;
  });
}

NDIS_STATUS ControlPath::delete_nic(NicAddress address) {
  return issue_nic(OID_SWITCH_NIC_DELETE, address, [this, address] {
    const WriteLock lock(model_.mutex());
    std::erase_if(model_.find_port(address.port)->nics,
                  [&](const auto& nic) { return nic->address == address; });
    return NDIS_STATUS_SUCCESS;
  });
}

// --- policies

NDIS_STATUS ControlPath::set_policy(PortId id, PropertyKind kind, const PortPolicies& policies) {
  bool exists = false;
  {
    const ReadLock lock(model_.mutex());
    const SwitchPort* port = model_.find_port(id);
    if (port == nullptr) return NDIS_STATUS_INVALID_PORT;
    exists = port->property_versions[static_cast<int>(kind)] != 0;
  }
  const bool is_none = kind == PropertyKind::Vlan ? policies.vlan == VlanPolicy{}
                                                  : kind == PropertyKind::Isolation &&
                                                        policies.isolation == IsolationPolicy{};
  if (is_none && !exists) return NDIS_STATUS_SUCCESS;
  if (is_none) return delete_policy(id, kind);
  return change_policy(exists ? OID_SWITCH_PORT_PROPERTY_UPDATE : OID_SWITCH_PORT_PROPERTY_ADD, id,
                       kind, policies);
}

NDIS_STATUS ControlPath::change_policy(NDIS_OID oid, PortId id, PropertyKind kind,
                                       const PortPolicies& policies) {
  const NDIS_OBJECT_HEADER header = layouts_.plain(sizeof(NDIS_SWITCH_PORT_PROPERTY_PARAMETERS));
  const std::size_t offset = (header.Size + 7u) & ~std::size_t{7};
  const std::size_t size = property_size(kind, layouts_);
  OidBuffer buffer(offset + size);
  auto& parameters = buffer.as<NDIS_SWITCH_PORT_PROPERTY_PARAMETERS>();
  parameters.Header = header;
  parameters.Flags = 0;
  parameters.PortId = ndis_id(id);
  parameters.PropertyType = property_type(kind);
  parameters.PropertyId = property_id(kind);
  parameters.PropertyVersion = parameters.SerializationVersion = 0x100;
  parameters.PropertyInstanceId = property_instance(id, kind);
  parameters.PropertyBufferLength = static_cast<ULONG>(size);
  parameters.PropertyBufferOffset = static_cast<ULONG>(offset);
  parameters.Reserved = 0;
  put_property(buffer.data() + offset, kind, policies, layouts_);
  Issue issue{.oid = oid, .buffer = &buffer, .handling = Handling::Policy};
  issue.below = [&] {
    const WriteLock lock(model_.mutex());
    SwitchPort* port = model_.find_port(id);
    ++port->property_versions[static_cast<int>(kind)];
    port->policies = policies;
    return NDIS_STATUS_SUCCESS;
  };
  return this->issue(issue);
}

NDIS_STATUS ControlPath::delete_policy(PortId id, PropertyKind kind) {
  const NDIS_OBJECT_HEADER header =
      layouts_.plain(sizeof(NDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS));
  OidBuffer buffer(header.Size);
  auto& parameters = buffer.as<NDIS_SWITCH_PORT_PROPERTY_DELETE_PARAMETERS>();
  parameters.Header = header;
  parameters.Flags = 0;
  parameters.PortId = ndis_id(id);
  parameters.PropertyType = property_type(kind);
  parameters.PropertyId = property_id(kind);
  parameters.PropertyInstanceId = property_instance(id, kind);
  Issue issue{
      .oid = OID_SWITCH_PORT_PROPERTY_DELETE, .buffer = &buffer, .handling = Handling::Policy};
  issue.below = [this, id, kind] {
    const WriteLock lock(model_.mutex());
    SwitchPort* port = model_.find_port(id);
    port->property_versions[static_cast<int>(kind)] = 0;
    if (kind == PropertyKind::Vlan) port->policies.vlan = {};
    if (kind == PropertyKind::Isolation) port->policies.isolation = {};
    if (kind == PropertyKind::Security) port->policies.security = {};
    return NDIS_STATUS_SUCCESS;
  };
  return this->issue(issue);
}

void ControlPath::poll(PortId id) {
  OidBuffer status(sizeof(NDIS_SWITCH_PORT_FEATURE_STATUS_PARAMETERS));
  auto& asked = status.as<NDIS_SWITCH_PORT_FEATURE_STATUS_PARAMETERS>();
  asked = {};
  asked.Header = layouts_.plain(sizeof asked);
  asked.PortId = ndis_id(id);
  asked.FeatureStatusType = NdisSwitchPortFeatureStatusTypeCustom;
  OidBuffer properties(sizeof(NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS));
  auto& listed = properties.as<NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS>();
  listed = {};
  listed.Header = layouts_.plain(sizeof listed);
  listed.PortId = ndis_id(id);
  listed.PropertyType = NdisSwitchPortPropertyTypeProfile;
  for (auto [oid, buffer] : {std::pair{OID_SWITCH_PORT_FEATURE_STATUS_QUERY, &status},
                             std::pair{OID_SWITCH_PORT_PROPERTY_ENUM, &properties}}) {
    Issue issue{.type = NdisRequestMethod,
                .oid = oid,
                .buffer = buffer,
                .handling = Handling::Foreign,
                .below = [] { return NDIS_STATUS_NOT_SUPPORTED; }};
    this->issue(issue);
  }
}

}  // namespace ovs::emulator

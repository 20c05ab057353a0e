// The lower edge's half of the control path: what the extension passed on, and what it asks.
#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "emulator/nt/violation.h"
#include "emulator/vmswitch/control_path.h"

namespace ovs::emulator {
namespace {

// An extension that asks again after this many refusals will never stop.
constexpr std::uint32_t kMaxRefusals = 64;

constexpr std::size_t kGrowth = 256;  // by which an array has grown since it was asked
constexpr int kPorts = 0, kNics = 1;

bool is_own_question(NDIS_OID oid) {
  return oid == OID_SWITCH_PARAMETERS || oid == OID_SWITCH_PORT_ARRAY ||
         oid == OID_SWITCH_NIC_ARRAY || oid == OID_SWITCH_PORT_PROPERTY_ENUM ||
         oid == OID_SWITCH_PROPERTY_ENUM || oid == OID_SWITCH_PORT_FEATURE_STATUS_QUERY ||
         oid == OID_SWITCH_FEATURE_STATUS_QUERY;
}

struct OidName {
  NDIS_OID oid;
  const char* name;
};
#define OID_NAME(oid) \
  { oid, #oid }
constexpr OidName kOidNames[] = {
    OID_NAME(OID_SWITCH_PROPERTY_ADD),
    OID_NAME(OID_SWITCH_PROPERTY_UPDATE),
    OID_NAME(OID_SWITCH_PROPERTY_DELETE),
    OID_NAME(OID_SWITCH_PROPERTY_ENUM),
    OID_NAME(OID_SWITCH_FEATURE_STATUS_QUERY),
    OID_NAME(OID_SWITCH_NIC_REQUEST),
    OID_NAME(OID_SWITCH_PORT_PROPERTY_ADD),
    OID_NAME(OID_SWITCH_PORT_PROPERTY_UPDATE),
    OID_NAME(OID_SWITCH_PORT_PROPERTY_DELETE),
    OID_NAME(OID_SWITCH_PORT_PROPERTY_ENUM),
    OID_NAME(OID_SWITCH_PARAMETERS),
    OID_NAME(OID_SWITCH_PORT_ARRAY),
    OID_NAME(OID_SWITCH_NIC_ARRAY),
    OID_NAME(OID_SWITCH_PORT_CREATE),
    OID_NAME(OID_SWITCH_PORT_DELETE),
    OID_NAME(OID_SWITCH_NIC_CREATE),
    OID_NAME(OID_SWITCH_NIC_CONNECT),
    OID_NAME(OID_SWITCH_NIC_DISCONNECT),
    OID_NAME(OID_SWITCH_NIC_DELETE),
    OID_NAME(OID_SWITCH_PORT_FEATURE_STATUS_QUERY),
    OID_NAME(OID_SWITCH_PORT_TEARDOWN),
    OID_NAME(OID_SWITCH_NIC_SAVE),
    OID_NAME(OID_SWITCH_NIC_SAVE_COMPLETE),
    OID_NAME(OID_SWITCH_NIC_RESTORE),
    OID_NAME(OID_SWITCH_NIC_RESTORE_COMPLETE),
    OID_NAME(OID_SWITCH_NIC_UPDATED),
    OID_NAME(OID_SWITCH_PORT_UPDATED),
    OID_NAME(OID_SWITCH_NIC_DIRECT_REQUEST),
    OID_NAME(OID_SWITCH_NIC_SUSPEND),
    OID_NAME(OID_SWITCH_NIC_RESUME),
};
#undef OID_NAME

std::optional<PropertyKind> kind_of(NDIS_SWITCH_PORT_PROPERTY_TYPE type) {
  for (const PropertyKind kind :
       {PropertyKind::Security, PropertyKind::Vlan, PropertyKind::Isolation}) {
    if (property_type(kind) == type) return kind;
  }
  return std::nullopt;
}

template <class Array>
Array& begin_array(NDIS_OID_REQUEST& request, std::size_t count, std::size_t element) {
  auto& query = request.DATA.QUERY_INFORMATION;
  std::memset(query.InformationBuffer, 0xa5, query.InformationBufferLength);
  auto& array = *static_cast<Array*>(query.InformationBuffer);
  array.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof(Array)};
  array.Flags = 0;
  array.NumElements = static_cast<ULONG>(count);
  array.ElementSize = static_cast<ULONG>(element);
  return array;
}

std::size_t first_offset(const SwitchHabits& habits, std::size_t header) {
  return (header + habits.element_padding + 7) & ~std::size_t{7};
}

// Of an array's element whose header states `stated`: 2207 bytes of a NIC's first revision.
std::size_t element_size(const SwitchHabits& habits, std::size_t stated) {
  return ((stated + 7) & ~std::size_t{7}) + habits.element_padding;
}

}  // namespace

NDIS_STATUS ControlPath::answer(FilterModule& module, NDIS_OID_REQUEST& request) {
  // Every kind of request begins with the OID and the buffer.
  const auto& query = request.DATA.QUERY_INFORMATION;
  Issue* issue = nullptr;
  {
    const std::lock_guard lock(mutex_);
    for (Issue* candidate : under_way_) {
      if (candidate->buffer->data() != query.InformationBuffer) continue;
      if (candidate->oid == query.Oid) issue = candidate;
    }
  }
  if (issue == nullptr) return answer_own(module, request);
  if (issue->has_reached_below) {
    violate(20, std::string(oid_name(issue->oid)) + " is passed on twice");
  }
  return reach_below(*issue);
}

NDIS_STATUS ControlPath::answer_own(FilterModule& module, NDIS_OID_REQUEST& request) {
  const NDIS_OID oid = request.DATA.QUERY_INFORMATION.Oid;
  if (request.RequestType == NdisRequestSetInformation || !is_own_question(oid)) {
    violate(37, std::string("the extension makes a request of its own that is no query: ") +
                    oid_name(oid));
  }
  const ModuleState state = module.state();
  if (state == ModuleState::Attaching || state == ModuleState::Detaching) {
    violate(37, std::string(oid_name(oid)) + " is asked while the module is " + text_of(state));
  }
  if ((oid == OID_SWITCH_PORT_ARRAY || oid == OID_SWITCH_NIC_ARRAY) && !model_.is_active()) {
    violate(39, std::string(oid_name(oid)) + " is asked before the switch is active");
  }
  const NDIS_STATUS status = answer_truly(request);
  if (model_.lie && NT_SUCCESS(status)) lie_in(request);
  return status;
}

// An answer has no more room than the extension gave.
void ControlPath::lie_in(NDIS_OID_REQUEST& request) {
  const bool is_method = request.RequestType == NdisRequestMethod;
  auto& query = request.DATA.QUERY_INFORMATION;
  auto& method = request.DATA.METHOD_INFORMATION;
  const UINT room = is_method ? method.OutputBufferLength : query.InformationBufferLength;
  UINT& written = is_method ? method.BytesWritten : query.BytesWritten;
  auto* const answer = static_cast<std::byte*>(query.InformationBuffer);
  std::vector<std::byte> told(answer, answer + written);
  model_.lie(query.Oid, told);
  written = std::min(room, static_cast<UINT>(told.size()));
  std::copy_n(told.begin(), written, answer);
}

NDIS_STATUS ControlPath::answer_truly(NDIS_OID_REQUEST& request) {
  switch (request.DATA.QUERY_INFORMATION.Oid) {
    case OID_SWITCH_PARAMETERS: return answer_parameters(request);
    case OID_SWITCH_PORT_ARRAY: return answer_ports(request);
    case OID_SWITCH_NIC_ARRAY: return answer_nics(request);
    case OID_SWITCH_PORT_PROPERTY_ENUM: return answer_properties(request);
    default: return NDIS_STATUS_NOT_SUPPORTED;
  }
}

bool ControlPath::is_too_short(NDIS_OID_REQUEST& request, std::size_t needed) {
  auto& query = request.DATA.QUERY_INFORMATION;
  query.BytesNeeded = static_cast<UINT>(needed);
  query.BytesWritten = 0;
  if (query.InformationBufferLength < needed) return true;
  query.BytesWritten = static_cast<UINT>(needed);
  query.BytesNeeded = 0;
  return false;
}

NDIS_STATUS ControlPath::answer_parameters(NDIS_OID_REQUEST& request) {
  auto& query = request.DATA.QUERY_INFORMATION;
  // An extension that knows revision 1 alone gives room for no more.
  if (is_too_short(request, sizeof(NDIS_SWITCH_PARAMETERS))) return NDIS_STATUS_BUFFER_TOO_SHORT;
  std::memset(query.InformationBuffer, 0xa5, query.InformationBufferLength);
  Layouts known = layouts_;
  known.revisions = Revisions::Oldest;
  const ReadLock lock(model_.mutex());
  put_switch(*static_cast<NDIS_SWITCH_PARAMETERS*>(query.InformationBuffer), model_, known);
  return NDIS_STATUS_SUCCESS;
}

// Whether an array of this size is refused: for want of room, or because, the habits say, it has
// grown since the extension asked. `which` is of refused_.
bool ControlPath::refuses_array(NDIS_OID_REQUEST& request, std::size_t needed) {
  const auto& query = request.DATA.QUERY_INFORMATION;
  const int which = query.Oid == OID_SWITCH_PORT_ARRAY ? kPorts : kNics;
  const std::lock_guard lock(mutex_);
  if (query.InformationBufferLength >= needed && grown_[which] < model_.habits().growing_answers) {
    ++grown_[which];
    needed = query.InformationBufferLength + kGrowth;
  }
  if (!is_too_short(request, needed)) {
    refused_[which] = 0;
    return false;
  }
  if (++refused_[which] > kMaxRefusals) {
    violate(38, std::string(oid_name(query.Oid)) + " is asked again and again with a buffer of " +
                    std::to_string(query.InformationBufferLength) + " bytes where " +
                    std::to_string(needed) + " are needed");
  }
  return true;
}

NDIS_STATUS ControlPath::answer_ports(NDIS_OID_REQUEST& request) {
  const std::size_t element = element_size(model_.habits(), layouts_.port().Size);
  const std::size_t offset = first_offset(model_.habits(), sizeof(NDIS_SWITCH_PORT_ARRAY));
  const ReadLock lock(model_.mutex());
  std::vector<const SwitchPort*> shown;
  for (const auto& [id, port] : model_.ports()) {
    if (!port->is_validation) shown.push_back(port.get());
  }
  if (refuses_array(request, offset + element * shown.size())) return NDIS_STATUS_BUFFER_TOO_SHORT;
  auto& array = begin_array<NDIS_SWITCH_PORT_ARRAY>(request, shown.size(), element);
  array.FirstElementOffset = static_cast<USHORT>(offset);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    put_port(*NDIS_SWITCH_PORT_AT_ARRAY_INDEX(&array, static_cast<ULONG>(i)), *shown[i], layouts_);
  }
  return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ControlPath::answer_nics(NDIS_OID_REQUEST& request) {
  const std::size_t element = element_size(model_.habits(), layouts_.nic().Size);
  const std::size_t offset = first_offset(model_.habits(), sizeof(NDIS_SWITCH_NIC_ARRAY));
  const ReadLock lock(model_.mutex());
  std::vector<std::pair<const SwitchNic*, NicKind>> shown;
  for (const auto& [id, port] : model_.ports()) {
    for (const auto& nic : port->nics) {
      shown.emplace_back(nic.get(), nic_kind_of(port->spec.kind));
    }
  }
  if (refuses_array(request, offset + element * shown.size())) return NDIS_STATUS_BUFFER_TOO_SHORT;
  auto& array = begin_array<NDIS_SWITCH_NIC_ARRAY>(request, shown.size(), element);
  array.FirstElementOffset = static_cast<USHORT>(offset);
  for (std::size_t i = 0; i < shown.size(); ++i) {
    put_nic(*NDIS_SWITCH_NIC_AT_ARRAY_INDEX(&array, static_cast<ULONG>(i)), *shown[i].first,
            shown[i].second, layouts_);
  }
  return NDIS_STATUS_SUCCESS;
}

NDIS_STATUS ControlPath::answer_properties(NDIS_OID_REQUEST& request) {
  auto& method = request.DATA.METHOD_INFORMATION;
  if (request.RequestType != NdisRequestMethod ||
      method.InputBufferLength < sizeof(NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS)) {
    return NDIS_STATUS_INVALID_LENGTH;
  }
  auto& asked = *static_cast<NDIS_SWITCH_PORT_PROPERTY_ENUM_PARAMETERS*>(method.InformationBuffer);
  const ReadLock lock(model_.mutex());
  const SwitchPort* port = model_.find_port(PortId{asked.PortId});
  if (port == nullptr && model_.lie) return NDIS_STATUS_INVALID_PORT;
  if (port == nullptr || port->references == 0) {
    violate(46, "OID_SWITCH_PORT_PROPERTY_ENUM of port " + std::to_string(asked.PortId) +
                    ", to which the extension holds no reference");
  }
  const std::optional<PropertyKind> kind = kind_of(asked.PropertyType);
  const bool has_any = kind.has_value() && port->property_versions[static_cast<int>(*kind)] != 0;
  const std::size_t first = (sizeof asked + 7) & ~std::size_t{7};
  const std::size_t at = (sizeof(NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO) + 7) & ~std::size_t{7};
  const std::size_t size = has_any ? property_size(*kind, layouts_) : 0;
  const std::size_t aligned = (size + 7) & ~std::size_t{7};
  const std::size_t needed = has_any ? first + at + aligned : first;
  method.BytesNeeded = static_cast<UINT>(needed);
  method.BytesWritten = 0;
  if (method.OutputBufferLength < needed) return NDIS_STATUS_BUFFER_TOO_SHORT;
  method.BytesWritten = static_cast<UINT>(needed);
  asked.FirstPropertyOffset = static_cast<ULONG>(first);
  asked.NumProperties = has_any ? 1 : 0;
  if (!has_any) return NDIS_STATUS_SUCCESS;
  std::byte* const out = static_cast<std::byte*>(method.InformationBuffer) + first;
  auto& info = *reinterpret_cast<NDIS_SWITCH_PORT_PROPERTY_ENUM_INFO*>(out);
  info.Header = {NDIS_OBJECT_TYPE_DEFAULT, 1, sizeof info};
  info.Flags = 0;
  info.PropertyVersion = 0x100;
  info.PropertyInstanceId = property_instance(port->id, *kind);
  info.QwordAlignedPropertyBufferLength = static_cast<ULONG>(aligned);
  info.PropertyBufferLength = static_cast<ULONG>(size);
  info.PropertyBufferOffset = static_cast<ULONG>(at);
  put_property(out + at, *kind, port->policies, layouts_);
  return NDIS_STATUS_SUCCESS;
}

void ControlPath::restart_begins() {
  const std::lock_guard lock(mutex_);
  grown_[kPorts] = grown_[kNics] = refused_[kPorts] = refused_[kNics] = 0;
}

void ControlPath::restart_ends() {
  const std::lock_guard lock(mutex_);
  for (const int which : {kPorts, kNics}) {
    if (refused_[which] == 0) continue;
    violate(38,
            std::string(oid_name(which == kPorts ? OID_SWITCH_PORT_ARRAY : OID_SWITCH_NIC_ARRAY)) +
                " was answered \"too short\", and not asked again with more room");
  }
}

const char* oid_name(NDIS_OID oid) {
  for (const auto& [number, name] : kOidNames) {
    if (number == oid) return name;
  }
  return "a request that is no switch's";
}

}  // namespace ovs::emulator

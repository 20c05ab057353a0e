// What there is to know of a request without its module; clones of requests.
#include "emulator/ndis/module/requests.h"

#include <cstring>
#include <map>
#include <memory>
#include <mutex>

#include "emulator/ndis/imports.h"
#include "emulator/ndis/module/module.h"

namespace ovs::emulator {
namespace {

constexpr const char* kLiveClone = "cloned OID request";
constexpr NDIS_OID kFirstSwitchOid = OID_SWITCH_PROPERTY_ADD;
constexpr NDIS_OID kLastSwitchOid = OID_SWITCH_NIC_RESUME;

std::mutex clones_mutex;
std::map<const NDIS_OID_REQUEST*, std::unique_ptr<OidClone>> clones;

NDIS_STATUS allocate_clone_oid_request(NDIS_HANDLE handle, PNDIS_OID_REQUEST original, UINT tag,
                                       PNDIS_OID_REQUEST* clone) {
  const char* const call = "NdisAllocateCloneOidRequest";
  Module& module = module_of(handle, call);
  if (tag == 0) violate(64, std::string(call) + ": the pool tag is zero");
  if (original->Header.Type != NDIS_OBJECT_TYPE_OID_REQUEST) {
    violate(21, std::string(call) + ": " + hex(original) + " is no OID request");
  }
  if (fails_now()) return NDIS_STATUS_RESOURCES;
  auto made = std::make_unique<OidClone>();
  std::memcpy(&made->request, original, sizeof made->request);
  std::memset(made->request.SourceReserved, 0, sizeof made->request.SourceReserved);
  made->original = original;
  made->module = &module;
  *clone = &made->request;
  NdisImpl::current().kernel().live_objects().add(
      kLiveClone, *clone, "of OID " + hex(std::uint64_t{oid_of(*original)}));
  const std::lock_guard lock(clones_mutex);
  clones[*clone] = std::move(made);
  return NDIS_STATUS_SUCCESS;
}

void free_clone_oid_request(NDIS_HANDLE handle, PNDIS_OID_REQUEST request) {
  const char* const call = "NdisFreeCloneOidRequest";
  const Module& module = module_of(handle, call);
  const OidClone* clone = find_clone(request);
  if (clone == nullptr)
    violate(21, std::string(call) + ": " + hex(request) + " is no clone that lives");
  if (clone->module != &module) violate(21, std::string(call) + ": another module's clone");
  if (clone->owner != CloneOwner::Driver) {
    violate(21, std::string(call) + ": " + hex(request) + " is still below");
  }
  NdisImpl::current().kernel().live_objects().remove(kLiveClone, request);
  std::memset(static_cast<void*>(request), 0xd0, sizeof *request);
  const std::lock_guard lock(clones_mutex);
  clones.erase(request);
}

// NIC parameters: revision 2's MTU may be lowered while the NIC initialises.
constexpr std::size_t kMtuAt = offsetof(NDIS_SWITCH_NIC_PARAMETERS, MTU);

}  // namespace

OidAnswer answer_of(const NDIS_OID_REQUEST& request, NDIS_STATUS status) {
  OidAnswer answer;
  answer.status = status;
  answer.supported_revision = request.SupportedRevision;
  if (request.RequestType == NdisRequestMethod) {
    const auto& method = request.DATA.METHOD_INFORMATION;
    answer.bytes_out = method.BytesWritten;
    answer.bytes_in = method.BytesRead;
    answer.bytes_needed = method.BytesNeeded;
  } else if (is_set(request)) {
    answer.bytes_in = request.DATA.SET_INFORMATION.BytesRead;
    answer.bytes_needed = request.DATA.SET_INFORMATION.BytesNeeded;
  } else {
    answer.bytes_out = request.DATA.QUERY_INFORMATION.BytesWritten;
    answer.bytes_needed = request.DATA.QUERY_INFORMATION.BytesNeeded;
  }
  return answer;
}

bool is_set(const NDIS_OID_REQUEST& request) {
  return request.RequestType == NdisRequestSetInformation;
}
NDIS_OID oid_of(const NDIS_OID_REQUEST& request) {
  return request.DATA.QUERY_INFORMATION.Oid;
}
bool is_switch_oid(NDIS_OID oid) {
  return oid >= kFirstSwitchOid && oid <= kLastSwitchOid;
}

std::uint64_t hash_of_buffer(const NDIS_OID_REQUEST& request) {
  if (!is_switch_oid(oid_of(request))) return 0;
  const bool is_method = request.RequestType == NdisRequestMethod;
  const auto& method = request.DATA.METHOD_INFORMATION;
  const std::size_t size = is_method ? std::max(method.InputBufferLength, method.OutputBufferLength)
                                     : request.DATA.SET_INFORMATION.InformationBufferLength;
  const auto* bytes = static_cast<const unsigned char*>(method.InformationBuffer);
  const bool has_mtu = oid_of(request) == OID_SWITCH_NIC_CREATE && size >= kMtuAt + sizeof(ULONG);
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < size; ++i) {
    const bool is_mtu = has_mtu && i >= kMtuAt && i < kMtuAt + sizeof(ULONG);
    hash = (hash ^ (is_mtu ? 0 : bytes[i])) * 0x100000001b3;
  }
  return hash;
}

OidClone* find_clone(const NDIS_OID_REQUEST* request) {
  const std::lock_guard lock(clones_mutex);
  const auto found = clones.find(request);
  return found == clones.end() ? nullptr : found->second.get();
}

std::string live_clones_of(const Module& module) {
  const std::lock_guard lock(clones_mutex);
  std::string text;
  for (const auto& [request, clone] : clones) {
    if (clone->module == &module) {
      text += "a clone of OID " + hex(std::uint64_t{oid_of(*request)}) + " is not freed; ";
    }
  }
  return text;
}

void add_clone_request_functions(Exports& exports) {
  OVS_NDIS_EXPORT(exports, allocate_clone_oid_request, NdisAllocateCloneOidRequest, kUpToDispatch);
  OVS_NDIS_EXPORT(exports, free_clone_oid_request, NdisFreeCloneOidRequest, kUpToDispatch);
}

}  // namespace ovs::emulator

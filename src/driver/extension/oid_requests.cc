#include "driver/extension/oid_requests.h"

namespace ovs::driver {
namespace {

constexpr UINT kCloneTag = UINT(memory_tag("ovsq"));

// What a clone's owner learned is what the original's is to learn.
void copy_results(NDIS_OID_REQUEST& to, const NDIS_OID_REQUEST& from) {
  to.SupportedRevision = from.SupportedRevision;
  switch (to.RequestType) {
    case NdisRequestSetInformation:
      to.DATA.SET_INFORMATION.BytesRead = from.DATA.SET_INFORMATION.BytesRead;
      to.DATA.SET_INFORMATION.BytesNeeded = from.DATA.SET_INFORMATION.BytesNeeded;
      return;
    case NdisRequestMethod:
      to.DATA.METHOD_INFORMATION.OutputBufferLength =
          from.DATA.METHOD_INFORMATION.OutputBufferLength;
      to.DATA.METHOD_INFORMATION.BytesWritten = from.DATA.METHOD_INFORMATION.BytesWritten;
      to.DATA.METHOD_INFORMATION.BytesRead = from.DATA.METHOD_INFORMATION.BytesRead;
      to.DATA.METHOD_INFORMATION.BytesNeeded = from.DATA.METHOD_INFORMATION.BytesNeeded;
      return;
    case NdisRequestQueryInformation:
    case NdisRequestQueryStatistics:
      to.DATA.QUERY_INFORMATION.BytesWritten = from.DATA.QUERY_INFORMATION.BytesWritten;
      to.DATA.QUERY_INFORMATION.BytesNeeded = from.DATA.QUERY_INFORMATION.BytesNeeded;
      return;
  }
}

void fill_question(NDIS_OID_REQUEST& request, NDIS_REQUEST_TYPE type, NDIS_OID oid,
                   MutableBytes buffer) {
  request.Header = {NDIS_OBJECT_TYPE_OID_REQUEST, NDIS_OID_REQUEST_REVISION_1,
                    NDIS_SIZEOF_OID_REQUEST_REVISION_1};
  request.RequestType = type;
  request.PortNumber = NDIS_DEFAULT_PORT_NUMBER;
  if (type == NdisRequestMethod) {
    auto& method = request.DATA.METHOD_INFORMATION;
    method.Oid = oid;
    method.InformationBuffer = buffer.data();
    method.InputBufferLength = method.OutputBufferLength = ULONG(buffer.count());
    return;
  }
  auto& query = request.DATA.QUERY_INFORMATION;
  query.Oid = oid;
  query.InformationBuffer = buffer.data();
  query.InformationBufferLength = UINT(buffer.count());
}

OidAnswer answer_of(const NDIS_OID_REQUEST& request, NDIS_STATUS status) {
  if (request.RequestType == NdisRequestMethod) {
    const auto& method = request.DATA.METHOD_INFORMATION;
    return {.status = status, .written = method.BytesWritten, .needed = method.BytesNeeded};
  }
  const auto& query = request.DATA.QUERY_INFORMATION;
  return {.status = status, .written = query.BytesWritten, .needed = query.BytesNeeded};
}

}  // namespace

struct OidRequests::Record {
  enum class Kind : std::uint8_t { Forwarded, Own };
  explicit Record(Kind kind_) : kind(kind_) {}
  Kind kind;
};

struct OidRequests::Forwarded : Record, ListLink<> {
  static constexpr MemoryTag kTag = OidRequests::kTag;

  Forwarded(PNDIS_OID_REQUEST original_, OidPlan plan_)
      : Record(Kind::Forwarded), original(original_), plan(std::move(plan_)) {}
  PNDIS_OID_REQUEST original;
  OidPlan plan;
};

struct OidRequests::Own : Record {
  static constexpr MemoryTag kTag = OidRequests::kTag;

  Own() : Record(Kind::Own) { KeInitializeEvent(&done, NotificationEvent, FALSE); }
  NDIS_OID_REQUEST request = {};
  KEVENT done;
  NDIS_STATUS status = NDIS_STATUS_PENDING;
};

OidRequests::Record* OidRequests::record_of(const NDIS_OID_REQUEST& request) {
  Record* record;
  __builtin_memcpy(&record, request.SourceReserved, sizeof record);
  return record;
}

void OidRequests::set_record(NDIS_OID_REQUEST& request, Record* record) {
  __builtin_memcpy(request.SourceReserved, &record, sizeof record);
}

NDIS_STATUS OidRequests::refuse(OidPlan plan, NDIS_STATUS status) {
  sequel_.settle(std::move(plan), status);
  return status;
}

NDIS_STATUS OidRequests::pass_on(PNDIS_OID_REQUEST request, OidPlan plan) {
  // What creates is vetoed in the one way that there is; of others the status tells why.
  const bool creates =
      plan.what == OidPlan::What::PortCreate || plan.what == OidPlan::What::NicCreate;
  const NDIS_STATUS no_memory = creates ? NDIS_STATUS_DATA_NOT_ACCEPTED : NDIS_STATUS_RESOURCES;
  PNDIS_OID_REQUEST clone = nullptr;
  const NDIS_STATUS cloned = NdisAllocateCloneOidRequest(filter_, request, kCloneTag, &clone);
  if (cloned != NDIS_STATUS_SUCCESS) return refuse(std::move(plan), no_memory);
  auto made = try_make<Forwarded>(request, OidPlan());
  if (!made) {
    NdisFreeCloneOidRequest(filter_, clone);
    return refuse(std::move(plan), no_memory);
  }
  Forwarded* const forwarded = made->release();
  forwarded->plan = std::move(plan);
  clone->RequestId = request->RequestId;
  set_record(*clone, forwarded);
  under_way_.with([&](List<Forwarded>& list) { list.push_back(*forwarded); });
  const NDIS_STATUS status = NdisFOidRequest(filter_, clone);
  if (status == NDIS_STATUS_PENDING) return status;
  return finish(clone, *forwarded, status);
}

NDIS_STATUS OidRequests::finish(PNDIS_OID_REQUEST clone, Forwarded& forwarded, NDIS_STATUS status) {
  under_way_.with([&](List<Forwarded>& list) { list.remove(forwarded); });
  const auto record = Owned<Forwarded>::adopt(&forwarded);
  copy_results(*record->original, *clone);
  NdisFreeCloneOidRequest(filter_, clone);
  sequel_.settle(std::move(record->plan), status);
  return status;
}

void OidRequests::completed(PNDIS_OID_REQUEST request, NDIS_STATUS status) {
  Record* const record = record_of(*request);
  if (record->kind == Record::Kind::Own) {
    Own& own = *static_cast<Own*>(record);
    own.status = status;
    KeSetEvent(&own.done, IO_NO_INCREMENT, FALSE);
    return;
  }
  Forwarded& forwarded = *static_cast<Forwarded*>(record);
  const PNDIS_OID_REQUEST original = forwarded.original;
  NdisFOidRequestComplete(filter_, original, finish(request, forwarded, status));
}

// Whoever completes it meanwhile leaves an id that nobody below knows: that is allowed.
void OidRequests::cancel(PVOID request_id) {
  const bool is_below = under_way_.with([&](const List<Forwarded>& list) {
    for (const Forwarded& forwarded : list) {
      if (forwarded.original->RequestId == request_id) return true;
    }
    return false;
  });
  if (is_below) NdisFCancelOidRequest(filter_, request_id);
}

Result<OidAnswer> OidRequests::ask(NDIS_REQUEST_TYPE type, NDIS_OID oid, MutableBytes buffer,
                                   Passive) {
  OVS_TRY(const auto own, try_make<Own>());
  fill_question(own->request, type, oid, buffer);
  set_record(own->request, own.raw());
  NDIS_STATUS status = NdisFOidRequest(filter_, &own->request);
  if (status == NDIS_STATUS_PENDING) {
    KeWaitForSingleObject(&own->done, Executive, KernelMode, FALSE, nullptr);
    status = own->status;
  }
  return answer_of(own->request, status);
}

}  // namespace ovs::driver

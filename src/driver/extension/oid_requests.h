// A module's object identifier requests: those of others, passed on as clones and completed with
// what came back; and its own queries, which wait for their answer. Each has a record that its
// SourceReserved points at, so that completions of the two kinds are told apart. Knows no OID.
#pragma once
#include <ndis.h>

#include "base/containers/list.h"
#include "base/core/result.h"
#include "driver/extension/port_policy.h"
#include "platform/api/lock.h"

namespace ovs::driver {

// What passing a request on will mean, when its status is known.
struct OidPlan {
  enum class What : std::uint8_t {
    Nothing,
    PortCreate,
    NicCreate,
    NicConnect,
    NicDisconnect,
    Policy,
  };
  What what = What::Nothing;
  NDIS_SWITCH_PORT_ID port = 0;
  NDIS_SWITCH_NIC_INDEX nic = 0;
  INT property = 0;                         // Policy: which
  Owned<PublishedPolicy> policy = nullptr;  // what that property makes of one
};

// Who wants to know how a request ended.
class OidSequel {
 public:
  // Before the request's owner hears of it. At most DISPATCH_LEVEL, no lock held.
  virtual void settle(OidPlan plan, NDIS_STATUS status) = 0;

 protected:
  ~OidSequel() = default;
};

struct OidAnswer {
  NDIS_STATUS status = NDIS_STATUS_SUCCESS;
  UINT written = 0, needed = 0;
};

class OidRequests {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsq");

  // `filter` is the module's NdisFilterHandle. `sequel` outlives it.
  OidRequests(NDIS_HANDLE filter, OidSequel& sequel) : filter_(filter), sequel_(sequel) {}
  OidRequests(const OidRequests&) = delete;

  // FilterOidRequest's answer, PASSIVE_LEVEL: the plan is settled whatever it is, if not now then
  // before the request completes.
  NDIS_STATUS pass_on(PNDIS_OID_REQUEST request, OidPlan plan);
  // FilterOidRequestComplete and FilterCancelOidRequest.
  void completed(PNDIS_OID_REQUEST request, NDIS_STATUS status);
  void cancel(PVOID request_id);

  // A query, or a method whose question is at the buffer's start, of the module's own. The buffer
  // is nonpaged and no stack's. Error::NoMemory; else whatever the switch answered.
  Result<OidAnswer> ask(NDIS_REQUEST_TYPE type, NDIS_OID oid, MutableBytes buffer, Passive passive);

 private:
  struct Record;
  struct Forwarded;
  struct Own;

  static Record* record_of(const NDIS_OID_REQUEST& request);
  static void set_record(NDIS_OID_REQUEST& request, Record* record);
  NDIS_STATUS refuse(OidPlan plan, NDIS_STATUS status);
  NDIS_STATUS finish(PNDIS_OID_REQUEST clone, Forwarded& forwarded, NDIS_STATUS status);

  NDIS_HANDLE filter_;
  OidSequel& sequel_;
  Guarded<List<Forwarded>, LockRank::Leaf> under_way_;
};

}  // namespace ovs::driver

// What the switch's requests mean to us, before they are passed on and after: ports and adapters
// that come and go, properties, hardware offload. Decides vetoes; whatever has no meaning here is
// passed on as it is. Called by SwitchModule for each request that comes to it.
#pragma once
#include "driver/extension/oid_requests.h"
#include "driver/extension/port_bindings.h"

namespace ovs::driver {

// A port whose properties are being asked for, under a reference to it: while that is held, the
// port's teardown waits.
class AskedPort {
 public:
  AskedPort() { KeInitializeEvent(&ended_, NotificationEvent, TRUE); }
  AskedPort(const AskedPort&) = delete;

  // One at a time.
  void begin(NDIS_SWITCH_PORT_ID port);
  void end();
  // Returns when this port is not being asked about.
  void wait(NDIS_SWITCH_PORT_ID port, Passive passive);

 private:
  static constexpr std::uint32_t kNobody = ~0u;

  Atomic<std::uint32_t> port_{kNobody};
  KEVENT ended_;
};

class SwitchEvents final : public OidSequel {
 public:
  // All of these outlive it.
  SwitchEvents(HypervPorts& ports, PortBindings& bindings, platform::Trace& trace)
      : ports_(ports), bindings_(bindings), trace_(trace) {}
  SwitchEvents(const SwitchEvents&) = delete;

  // What passing the request on will mean; as error, the status of a veto. PASSIVE_LEVEL.
  Result<OidPlan, NDIS_STATUS> prepare(const NDIS_OID_REQUEST& request, Passive passive);
  void settle(OidPlan plan, NDIS_STATUS status) override;

  AskedPort& asked_port() { return asked_port_; }

 private:
  using Plan = Result<OidPlan, NDIS_STATUS>;

  Plan prepare_set(NDIS_OID oid, Bytes buffer, Passive passive);
  Plan prepare_port(NDIS_OID oid, const PortFacts& facts, Passive passive);
  Plan prepare_nic(NDIS_OID oid, const NicFacts& facts, Passive passive);
  Plan prepare_property(NDIS_OID oid, Bytes buffer);
  Plan prepare_nic_request(Bytes buffer);
  void say_lost();

  HypervPorts& ports_;
  PortBindings& bindings_;
  platform::Trace& trace_;
  AskedPort asked_port_;
};

}  // namespace ovs::driver

// One attached instance of the filter: a Hyper-V switch with our extension enabled. Its life is
// NDIS's (attach, restart, pause, detach); its ports are in HypervPorts, its requests in
// OidRequests, what they mean in SwitchEvents, its packets in packets/. FilterDriver hands it
// NDIS's calls.
#pragma once
#include "driver/extension/switch_events.h"
#include "driver/packets/packet_path.h"

namespace ovs::driver {

class SwitchQuestions;

class SwitchModule final : private platform::WorkItem {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsS");

  // What all modules share; it outlives them.
  struct Hosts {
    PortBindings& bindings;
    PacketProcessors& processors;
    platform::Worker& worker;
    platform::Trace& trace;
  };
  // What NDIS has given it.
  struct Handles {
    NDIS_HANDLE filter = nullptr;
    NDIS_SWITCH_CONTEXT context = nullptr;
    NDIS_SWITCH_OPTIONAL_HANDLERS switch_handlers = {};
    unsigned ndis_minor = 0;
  };

  // FilterAttach. Errors: Unsupported (no switch's stack), NoMemory, Io.
  static Result<Owned<SwitchModule>> attach(NDIS_HANDLE filter, unsigned ndis_minor,
                                            const Hosts& hosts);
  SwitchModule(const Handles& handles, const Hosts& hosts);
  SwitchModule(const SwitchModule&) = delete;
  // FilterDetach: it is paused, no request is under way. Needs no memory.
  ~SwitchModule();

  // ---- NDIS's calls, as FilterX has them ----
  NDIS_STATUS restart(Passive passive);
  NDIS_STATUS pause(Passive passive);
  NDIS_STATUS oid_request(PNDIS_OID_REQUEST request, Passive passive);
  void oid_request_complete(PNDIS_OID_REQUEST request, NDIS_STATUS status) {
    requests_.completed(request, status);
  }
  void cancel_oid_request(PVOID request_id) { requests_.cancel(request_id); }
  void status(PNDIS_STATUS_INDICATION indication);
  NDIS_STATUS net_pnp_event(PNET_PNP_EVENT_NOTIFICATION event, Passive passive);

  // ---- for packets/, at any level, from attach to detach ----
  NDIS_HANDLE filter() const { return handles_.filter; }  // own NBLs' SourceHandle
  NDIS_SWITCH_CONTEXT context() const { return handles_.context; }
  const NDIS_SWITCH_OPTIONAL_HANDLERS& handlers() const { return handles_.switch_handlers; }
  unsigned ndis_minor() const { return handles_.ndis_minor; }  // 30 to 85, as registered
  const HypervPorts& ports() const { return ports_; }
  // The way of this switch's packets: where another switch's go to be sent here.
  PacketPath& packets() const { return *packets_; }
  // A vport is, or was, bound to an adapter of this switch: flows alone decide. Else the switch
  // learns, as one that nobody configured.
  bool is_configured() const { return ports_.is_claimed(); }
  // begin_pause() said Later, and the last packet has come back. Up to DISPATCH_LEVEL; no lock is
  // held. The module may be gone when it returns.
  void pause_complete();

 private:
  // Who may be asked what: nothing before the first restart.
  enum class State : std::uint32_t { Paused, Restarting, Running };

  // ---- what the switch is, and has ----
  void run(Passive passive) override;
  Result<void> learn_switch(Passive passive);
  Result<void> learn_once(Passive passive);
  Result<void> learn_lists(SwitchQuestions& questions);
  Result<void> learn_policies(SwitchQuestions& questions);
  Result<void> learn_policy(SwitchQuestions& questions, NDIS_SWITCH_PORT_ID port);
  bool begin_asking(NDIS_SWITCH_PORT_ID port);

  const Handles handles_;
  const Hosts hosts_;
  Atomic<State> state_{State::Paused};
  Atomic<std::uint32_t> wishes_;  // to learn what the switch is; whoever has the first one does
  bool is_learned_ = false;       // the learner's
  HypervPorts ports_;
  SwitchEvents events_;
  OidRequests requests_;
  Owned<PacketPath> packets_;  // the first to end: it uses all of the above
};

}  // namespace ovs::driver

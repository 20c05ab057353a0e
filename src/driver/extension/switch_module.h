// One attached instance of the filter: a Hyper-V switch with our extension enabled. Its life is
// NDIS's (attach, restart, pause, detach); its ports are in HypervPorts, its requests in
// OidRequests, its packets in packets/. FilterDriver hands it NDIS's calls.
#pragma once
#include "driver/extension/hyperv_ports.h"

namespace ovs::driver {

class PacketPath;

class SwitchModule {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsS");

  // ---- for packets/, at any level, from attach to detach ----
  NDIS_HANDLE filter() const;           // what NdisF... calls take; own NBLs' SourceHandle
  NDIS_SWITCH_CONTEXT context() const;  // what the handlers take first
  const NDIS_SWITCH_OPTIONAL_HANDLERS& handlers() const;
  unsigned ndis_minor() const;  // 30 to 85: what the driver registered for
  const HypervPorts& ports() const;
  // The way of this switch's packets: where another switch's go to be sent here.
  PacketPath& packets() const;
  // A vport is, or was, bound to an adapter of this switch: flows alone decide. Else the switch
  // learns, as one that nobody configured.
  bool is_configured() const;
  // begin_pause() said Later, and the last packet has come back. Up to DISPATCH_LEVEL; no lock is
  // held. The module may be gone when it returns.
  void pause_complete();
};

}  // namespace ovs::driver

// What a VirtualSwitch is made of, and how it is NDIS's edge. For this folder and its tests.
#pragma once
#include <atomic>
#include <optional>

#include "emulator/ndis/filter_stack.h"
#include "emulator/ndis/ndis.h"
#include "emulator/vmswitch/nic_runs.h"
#include "emulator/vmswitch/packet_path.h"
#include "emulator/vmswitch/virtual_switch.h"

namespace ovs::emulator {

struct VirtualSwitch::Parts final : Edge {
  Parts(Ndis& ndis, const SwitchSpec& spec);
  ~Parts() override;

  // One control call at a time: the others wait.
  class Turn;
  class Transition;

  // --- Edge
  NDIS_STATUS switch_handlers(FilterModule& module, NDIS_SWITCH_CONTEXT& context,
                              NDIS_SWITCH_OPTIONAL_HANDLERS& handlers) override;
  void sent(FilterModule& module, NET_BUFFER_LIST* chain, ULONG flags) override;
  void send_completed(FilterModule& module, NET_BUFFER_LIST* chain, ULONG flags) override;
  void cancel_send(FilterModule& module, void* cancel_id) override;
  void received(FilterModule& module, NET_BUFFER_LIST* chain, ULONG flags) override;
  void returned(FilterModule& module, NET_BUFFER_LIST* chain, ULONG flags) override;
  bool is_destination_group(const NET_BUFFER_LIST* chain) override;
  NDIS_STATUS oid_request(FilterModule& module, NDIS_OID_REQUEST* request) override;
  void cancel_oid(FilterModule& module, void* request_id) override;
  void status_indicated(FilterModule& module, const NDIS_STATUS_INDICATION& status) override;
  NDIS_STATUS net_pnp_event(FilterModule& module, NET_PNP_EVENT_NOTIFICATION& event) override;
  void state_changed(FilterModule& module) override;

  // --- steps of control calls, whose turn it is
  SwitchResult<void> check(NDIS_STATUS status, const std::string& what) const;
  SwitchError error(std::string text, NDIS_STATUS status = 0) const;
  SwitchError no_nic(PortId port) const;
  SwitchResult<PortId> make_port(PortSpec spec, bool is_validation);
  SwitchResult<void> unmake_port(PortId port);
  SwitchResult<void> plug(NicAddress address, const NicSpec& spec, NicBackend* backend);
  SwitchResult<void> unplug(NicAddress address);
  SwitchResult<void> set_policy(PortId port, PropertyKind kind,
                                FunctionRef<void(PortPolicies&)> change);
  bool is_torn_down(PortId port) const;
  bool is_disconnected(NicAddress address) const;
  std::vector<NicAddress> nics_of(PortId port) const;
  std::vector<PortId> port_ids() const;
  void tell_links(FilterModule& module);  // of cables that are cut
  std::optional<PortKind> kind_of(PortId port) const;
  void activate();
  void make_external(const std::vector<PhysicalNicSpec>& physical);
  SwitchResult<void> plug_physical(const PhysicalNicSpec& spec);

  Ndis& ndis;
  SwitchModel model;
  ForwardingDesk desk;
  ControlPath control;
  NicRuns runs;
  PacketPath packets;
  std::unique_ptr<FilterStack> stack;
  std::atomic<bool> is_enabled = false;
  std::atomic<bool> is_running = false;
  bool is_busy = false;       // with a control call
  bool is_switching = false;  // the extension on or off
};

}  // namespace ovs::emulator

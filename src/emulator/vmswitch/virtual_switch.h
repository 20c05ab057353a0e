// Hyper-V's extensible switch as an extension and its host's owner see it: ports and NICs with
// their lives, properties, delivery, and switching by itself when no extension is enabled. Several
// of them make a host; one does not know another. The extension below is seen as ndis/edge.h.
//
// Threads: control calls come at PASSIVE_LEVEL from a thread that the kernel knows, one at a time
// per switch (the switch puts them in order), and return when the extension has answered every
// request that they caused. transmit() comes from any such thread, at up to DISPATCH_LEVEL.
#pragma once
#include <memory>
#include <optional>
#include <string_view>

#include "base/core/result.h"
#include "emulator/vmswitch/nic_backend.h"
#include "emulator/vmswitch/switch_types.h"

namespace ovs::emulator {

class Ndis;
struct RawList;

template <class T>
using SwitchResult = Result<T, SwitchError>;

struct NicUpdate {  // what is empty or zero stays as it is
  std::string friendly_name;
  MacAddress mac;
  std::uint32_t mtu = 0;
};

class VirtualSwitch {
 public:
  // An external switch has its external port, that port's own NIC and its physical NICs at once;
  // the switch is active when this returns, unless the spec says otherwise. The extension is not
  // enabled.
  static SwitchResult<std::unique_ptr<VirtualSwitch>> create(Ndis& ndis, const SwitchSpec& spec);
  // Disconnects every NIC, deletes every port, disables the extension.
  ~VirtualSwitch();

  const SwitchSpec& spec() const;
  // A switch made inactive comes to life: NetEventSwitchActivate.
  SwitchResult<void> activate();
  SwitchView view() const;  // at any level, from any thread

  // --- ports: what a VM's adapter is plugged into
  SwitchResult<PortId> add_port(const PortSpec& spec);
  // Takes its NIC away first, if it has one.
  SwitchResult<void> remove_port(PortId port);
  // The name by which an extension knows it.
  SwitchResult<void> rename_port(PortId port, std::string_view friendly_name);
  // A port that exists to ask the extension whether it would be accepted, and goes at once.
  SwitchResult<void> validate_port(const PortSpec& spec);

  SwitchResult<void> set_vlan(PortId port, const VlanPolicy& policy);
  SwitchResult<void> set_security(PortId port, const SecurityPolicy& policy);
  SwitchResult<void> set_isolation(PortId port, const IsolationPolicy& policy);

  // Management looks for properties and statuses that are other extensions' to answer.
  SwitchResult<void> poll(PortId port);
  // The switch itself refuses the next port or NIC, after its extension has let it pass.
  void refuse_next_creation();

  // --- NICs, at a port's index 0. The backend outlives the connection.
  // Creates and connects. A NIC that the port had before must have been disconnected.
  SwitchResult<void> connect_nic(PortId port, const NicSpec& spec, NicBackend& backend);
  // Disconnects and deletes: on return no frame is under way to or from it, and none will come.
  SwitchResult<void> disconnect_nic(PortId port);
  SwitchResult<void> update_nic(PortId port, const NicUpdate& update);

  // What the extension keeps of the NIC for a live migration, in a form of its own; given back to
  // it, here or in another switch, after the NIC there is connected.
  SwitchResult<std::vector<SavedNic>> save_nic(PortId port);
  SwitchResult<void> restore_nic(PortId port, const std::vector<SavedNic>& saved);
  // The NIC's owner asks the physical NIC for something, by a request's number: what the extension
  // makes of it. The status, because refusing is no failure of ours.
  std::int32_t request_of_nic(PortId port, std::uint32_t oid);
  // Something happened to the NIC that is not the switch's business: an NDIS_STATUS for those
  // above.
  SwitchResult<void> indicate_nic_status(NicAddress nic, std::int32_t status);

  // --- the team of an external switch
  SwitchResult<void> add_physical_nic(const PhysicalNicSpec& spec);
  SwitchResult<void> remove_physical_nic(std::string_view name);
  std::optional<NicAddress> find_physical_nic(std::string_view name) const;
  // A physical NIC's cable is cut, or mended. It stays in the switch; the extension is told, as
  // NDIS_STATUS_LINK_STATE of the NIC, now and whenever it starts while the cable is cut.
  SwitchResult<void> set_link(std::string_view name, LinkState state);

  // --- frames
  // Into the switch from a NIC's far side. Copies them. How many were taken: 0 when the NIC is not
  // connected.
  std::size_t transmit(NicAddress nic, Span<const NicFrame> frames);
  // The same, in one chain, of lists that are made as they are told to be.
  std::size_t transmit_raw(NicAddress nic, Span<const RawList> lists);

  // From now on; empty: the truth again.
  void lie_by(Lie lie);

  // --- the extension, by whichever driver is or will be registered
  SwitchResult<void> enable_extension();
  SwitchResult<void> disable_extension();
  // It stays in its stack and does nothing, as while NDIS changes what is bound to the stack; what
  // is sent meanwhile is lost.
  SwitchResult<void> pause_extension();
  SwitchResult<void> restart_extension();
  // Whoever issued the requests that the extension has gives them up. PASSIVE_LEVEL, from any
  // thread. How many there were.
  std::size_t cancel_requests();
  // The same for sent packets of this id (NdisCancelSendNetBufferLists).
  SwitchResult<void> cancel_sends(void* cancel_id);

 private:
  struct Parts;
  explicit VirtualSwitch(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace ovs::emulator

// Which vport of the datapath has which adapter of which Hyper-V switch: by name. A vport may come
// first, and waits; an adapter may come first, and is found. What Hyper-V tells of ports and
// adapters comes in here, from modules; what the datapath asks of devices too, as its PortProvider.
// Knows no request and no packet.
#pragma once
#include "datapath/control/control.h"
#include "driver/extension/port_properties.h"
#include "platform/api/lock.h"
#include "platform/api/trace.h"
#include "platform/api/work.h"

namespace ovs::driver {

class PortBindings final : public datapath::PortProvider, private platform::WorkItem {
 public:
  static constexpr MemoryTag kTag = memory_tag("ovsb");

  // Both outlive it.
  PortBindings(platform::Worker& worker, platform::Trace& trace) : worker_(worker), trace_(trace) {}
  PortBindings(const PortBindings&) = delete;
  // No switch, no device is left. PASSIVE_LEVEL.
  ~PortBindings();

  // Whom to tell of changes, from start() to stop(). PASSIVE_LEVEL.
  void start(datapath::Control& control) { control_ = &control; }
  void stop(Passive passive);
  // Frees what readers have let go of.
  void maintain(Passive passive) { reclaimer_.poll(passive); }

  // ---- switches. PASSIVE_LEVEL ----
  void add_switch(HypervPorts& ports);
  // Forgets all of it; when this returns no reader has anything of it.
  void remove_switch(HypervPorts& ports, Passive passive);
  void name_switch(HypervPorts& ports, const datapath::PortName& name);

  // ---- what Hyper-V tells, before it is passed on. PASSIVE_LEVEL. What is told of something
  // unknown makes it known: the lists may come later. Error::NoMemory; then nothing has changed.
  Result<void> port_created(HypervPorts& ports, const PortFacts& facts);
  Result<void> port_updated(HypervPorts& ports, const PortFacts& facts);
  void port_torn_down(HypervPorts& ports, NDIS_SWITCH_PORT_ID id);
  void port_deleted(HypervPorts& ports, NDIS_SWITCH_PORT_ID id);
  Result<void> nic_created(HypervPorts& ports, const NicFacts& facts);
  Result<void> nic_updated(HypervPorts& ports, const NicFacts& facts);
  // Returns when no packet is being sent to it; nic_left() is to follow.
  Result<void> nic_disconnected(HypervPorts& ports, const NicFacts& facts, Passive passive);
  void nic_deleted(HypervPorts& ports, const NicFacts& facts);

  // ---- what has come of it. At most DISPATCH_LEVEL ----
  void port_refused(HypervPorts& ports, NDIS_SWITCH_PORT_ID id);
  void nic_refused(HypervPorts& ports, NDIS_SWITCH_PORT_ID id, NDIS_SWITCH_NIC_INDEX index);
  void nic_connected(HypervPorts& ports, NDIS_SWITCH_PORT_ID id, NDIS_SWITCH_NIC_INDEX index);
  enum class Link : bool { Cut, There };
  void nic_linked(HypervPorts& ports, NDIS_SWITCH_PORT_ID id, NDIS_SWITCH_NIC_INDEX index,
                  Link link);
  void nic_left(HypervPorts& ports, NDIS_SWITCH_PORT_ID id);
  // `fresh` holds what property `type` makes of a policy; it takes what others made from the port.
  enum class Source : bool { Event, Question };  // what was asked for may be older than an event
  void set_property(HypervPorts& ports, NDIS_SWITCH_PORT_ID id, INT type, Source source,
                    Owned<PublishedPolicy> fresh);

  // ---- the lists of ports and adapters, asked for while all of the above may happen; what was
  // told is newer than what they say. PASSIVE_LEVEL. Error::NoMemory ----
  Result<void> begin_lists(HypervPorts& ports);
  Result<void> list_port(HypervPorts& ports, const PortFacts& facts);
  Result<void> list_nic(HypervPorts& ports, const NicFacts& facts);
  void end_lists(HypervPorts& ports);
  // A port that came by a list, whose properties are to be asked for now: each once.
  Maybe<NDIS_SWITCH_PORT_ID> take_port_to_ask(HypervPorts& ports);

  // Leaving: an adapter of it is being disconnected.
  enum class Presence : std::uint8_t { There, Leaving, Gone };
  Presence presence(HypervPorts& ports, NDIS_SWITCH_PORT_ID id);

  // ---- PortProvider ----
  datapath::PortNo preferred_number(Text, datapath::VportKind) override {
    return datapath::kNoPort;
  }
  // NotFound never: the device waits for an adapter.
  Result<datapath::PortDevice> attach(Text name, datapath::VportKind kind,
                                      datapath::PortNo number) override;
  void detach(void* device) override;
  void release(void* device) override;
  datapath::PortState state(void* device) override;
  Result<void> change(void* device, const datapath::PortChange& change) override;

 private:
  // How well an adapter answers to a vport's name: the smaller the better.
  enum class Fit : std::uint8_t { OvsName, AdapterName, SwitchName, None };
  static Fit fit_of(const VportDevice& device, const HypervPorts& ports, const HypervNic& nic);

  void run(Passive passive) override;

  // All of these under lock_.
  Result<HypervPort*> find_or_make(HypervPorts& ports, const PortFacts& facts);
  Result<HypervNic*> find_or_make(HypervPorts& ports, const NicFacts& facts);
  void update(HypervPorts& ports, HypervNic& nic, const NicFacts& facts);
  void remove(HypervPorts& ports, HypervNic& nic);
  void remove(HypervPorts& ports, HypervPort& port);
  void remove_refused(HypervPorts& ports);
  void rename(HypervPorts& ports, HypervPort& port, const datapath::PortName& name);
  void bind(HypervPorts& ports, VportDevice& device, HypervNic& nic);
  void unbind(HypervNic& nic);
  void find_device_for(HypervPorts& ports, HypervNic& nic);
  void find_nic_for(VportDevice& device);
  void leave_home(VportDevice& device);
  unsigned take_changed(Span<datapath::PortNo> numbers, Passive passive);

  platform::Worker& worker_;
  platform::Trace& trace_;
  datapath::Control* control_ = nullptr;
  Reclaimer reclaimer_;
  SpinLock policy_lock_{LockRank::Ports};  // over what policies are published from
  Mutex lock_{LockRank::Ports};            // over all that follows, and what switches have
  List<HypervPorts, HypervPorts> switches_;
  List<VportDevice, VportDevice> devices_;
};

}  // namespace ovs::driver

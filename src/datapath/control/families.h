// What each command of each netlink family does. Called by control.cc under its lock. Not for
// anybody else.
#pragma once
#include "datapath/control/control.h"

namespace ovs::datapath {

class Families {
 public:
  explicit Families(Control& control) : control_(control) {}

  // Runs a request that came by TRANSACT or WRITE; replies are appended to operation.reply.
  Outcome run(const Operation& operation);
  // Appends the messages of a dump that fit, and NLMSG_DONE at its end. False: nothing fits.
  bool continue_dump(Session& session, wire::Writer& writer);
  void put_event(wire::Writer& writer, const Event& event, std::uint32_t pid);

 private:
  Outcome control_family(const Operation& operation);
  Outcome subscribe_events(const Operation& operation);
  Outcome subscribe_packets(const Operation& operation);
  Outcome socket_property(const Operation& operation);

  Outcome datapath_family(const Operation& operation);
  enum class Told : bool { AsLinux, WithDrops };
  void put_datapath(wire::Writer& writer, const wire::Message& request, std::uint16_t flags,
                    Told told = Told::AsLinux);

  Outcome vport_family(const Operation& operation);
  Outcome new_vport(const Operation& operation);
  Result<Owned<Vport>, Refusal> make_vport(const Vport::Spec& spec);
  Outcome set_vport(const Operation& operation);
  Outcome del_vport(const Operation& operation);
  void put_vport(wire::Writer& writer, const wire::Message& request, std::uint16_t flags,
                 const Vport& port);

  Outcome flow_family(const Operation& operation);
  Outcome new_flow(const Operation& operation);
  Outcome del_flow(const Operation& operation);
  void echo_flow(const Operation& operation, const Flow& flow, std::uint32_t ufid_flags);
  void put_flow(wire::Writer& writer, const wire::Message& request, std::uint16_t flags,
                const Flow& flow, std::uint32_t ufid_flags);

  Outcome packet_family(const Operation& operation);
  Outcome netdev_family(const Operation& operation);
  void put_netdev(const Operation& operation, const Vport& port);
  Outcome set_netdev(const Vport& port, const wire::Attributes& list);

  Outcome route_family(const Operation& operation);
  Outcome change_route(const Operation& operation);
  bool put_underlay_row(wire::Writer& writer, const Dump& dump);

  // Whether the row at the cursor was appended; false at the end.
  enum class Step : std::uint8_t { Appended, AtEnd };
  Step dump_step(Dump& dump, wire::Writer& writer);

  Datapath& datapath() { return *control_.datapath_; }

  Control& control_;
};

}  // namespace ovs::datapath

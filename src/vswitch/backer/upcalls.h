// Answers a datapath's upcalls: translates the packet, sends it on, installs its megaflow. Any
// number of threads at once; holds no state but what BackerState shares.
#pragma once
#include <functional>

#include "vswitch/backer/state.h"
#include "vswitch/translate/cookie.h"

namespace ovs::vswitch {

// A packet that an action or a miss sends to controllers of a bridge.
struct ControllerPacket {
  Cookie cookie;
  FrozenState state;
  flow::FlowKey key;
  std::vector<std::uint8_t> packet;
};

class UpcallHandler {
 public:
  // Called on the thread that handles the upcall.
  using ControllerSink = std::function<void(ControllerPacket)>;

  UpcallHandler(BackerState& state, ControllerSink sink) : state_(state), sink_(std::move(sink)) {}

  void handle(std::vector<Upcall>& upcalls);

 private:
  void take_miss(Upcall& upcall);
  void take_action(Upcall& upcall);
  enum class Installed : bool { No, Yes };
  Installed install(MegaflowTable::Shard& shard, Megaflow& flow);
  void put_back(Megaflow& flow);

  BackerState& state_;
  ControllerSink sink_;
};

}  // namespace ovs::vswitch

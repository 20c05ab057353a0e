// Where packets go: ports of the datapath, patch ports, controllers, floods.
#include <algorithm>

#include "vswitch/translate/cookie.h"
#include "vswitch/translate/translator.h"

namespace ovs::vswitch {

void Translator::output(OfPort port, std::uint16_t max_length) {
  switch (port) {
    case kPortInPort: {
      const PortView* own = bridge_->find_port(in_port());
      if (own != nullptr) compose_output(*own);
      return;
    }
    case kPortTable: run_table(0, in_port(), MissBehaviour::Drop); return;
    case kPortNormal: normal(); return;
    case kPortFlood: flood(FloodScope::Flood); return;
    case kPortAll: flood(FloodScope::All); return;
    case kPortController:
      send_to_controller(
          in_action_set_ ? openflow::PacketInReason::ActionSet : openflow::PacketInReason::Action,
          max_length, 0);
      return;
    case kPortNone:
    case kPortUnset: return;
    default: break;
  }
  if (port == in_port()) {
    note(NoteKind::Warning, "skipping output to input port");
    return;
  }
  const PortView* to = bridge_->find_port(port);
  if (to == nullptr) {
    note(NoteKind::Warning, "Nonexistent output port");
    return;
  }
  compose_output(*to);
}

void Translator::compose_output(const PortView& port) {
  if (port.has(openflow::kNoForward)) {
    note(NoteKind::Warning, "OFPPC_NO_FWD set, skipping output");
    return;
  }
  if (!port.is_up) {
    note(NoteKind::Warning, "port {} is down, skipping output", port.name);
    return;
  }
  if (port.is_patch()) {
    compose_patch(port);
    return;
  }
  if (port.datapath_port == kNoDpPort) return;
  const flow::MatchKey before = key_;
  if (port.tunnel && !prepare_tunnel(port)) {
    key_ = before;
    return;
  }
  commit();
  flow::put_output(writer_, std::uint32_t(port.datapath_port));
  if (port.tunnel) {
    result_.effects.add(PortTraffic{port.counters, Direction::Sent});
    for (const StorageId id : kTunnelStorage) set_stored_bytes(id, before);
  }
}

void Translator::set_stored_bytes(StorageId id, const flow::MatchKey& from) {
  std::memcpy(stored_bytes(key_, id), stored_bytes(from, id), flow::storage(id).size);
}

// The other bridge sees the packet as it is now, and nothing of what this one knows about it.
void Translator::compose_patch(const PortView& port) {
  const PortPlace peer = request_.view->find_patch(port.peer);
  if (!peer || peer.port->peer != port.name) {
    note(NoteKind::Warning, "Nonexistent patch port peer");
    return;
  }
  if (!may_go_deeper()) return;
  result_.effects.add(PortTraffic{port.counters, Direction::Sent});
  result_.effects.add(PortTraffic{peer.port->counters, Direction::Received});

  const flow::MatchKey outer_key = key_;
  const BridgeView* outer_bridge = std::exchange(bridge_, peer.bridge);
  std::vector<StackEntry> outer_stack = std::exchange(stack_, {});
  openflow::Actions outer_set = std::exchange(action_set_, {});
  const std::uint8_t outer_table = std::exchange(table_, 0);
  const bool outer_exited = std::exchange(exited_, false);
  const bool outer_in_set = std::exchange(in_action_set_, false);
  const std::uint64_t outer_cookie = rule_cookie_;

  key_.pipeline = {};
  for (const StorageId id : kTunnelStorage) set_stored_bytes(id, flow::MatchKey{});
  set_in_port(peer.port->number);
  ++depth_;
  run_bridge();
  --depth_;

  rule_cookie_ = outer_cookie;
  in_action_set_ = outer_in_set;
  exited_ = outer_exited;
  table_ = outer_table;
  action_set_ = std::move(outer_set);
  stack_ = std::move(outer_stack);
  bridge_ = outer_bridge;
  key_ = outer_key;
}

void Translator::flood(FloodScope scope) {
  const OfPort own = in_port();
  for (const Shared<PortView>& port : bridge_->ports->ports) {
    if (port->number == own) continue;
    if (scope == FloodScope::Flood && port->has(openflow::kNoFlood)) continue;
    compose_output(*port);
  }
}

void Translator::send_to_controller(openflow::PacketInReason reason, std::uint16_t max_length,
                                    std::uint16_t controller_id) {
  commit();
  Cookie cookie;
  cookie.kind = CookieKind::Controller;
  cookie.dont_send = request_.sending == Sending::No;
  cookie.reason = std::uint8_t(reason);
  cookie.controller_id = controller_id;
  cookie.max_length = max_length;
  cookie.in_port = std::uint16_t(in_port());
  cookie.rule_cookie = rule_cookie_;
  cookie.bridge = bridge_->id;
  if (request_.frozen != nullptr) {
    const FrozenState state{bridge_->id, table_, key_.pipeline, number(StorageId::TunId)};
    auto frozen = request_.frozen->freeze(state);
    if (!frozen) return;  // too many: the packet is not worth a wrong account of it
    cookie.recirc_id = frozen->id();
    result_.frozen.push_back(std::move(*frozen));
  }
  const std::vector<std::uint8_t> userdata = encode(cookie);
  flow::UserspaceAction action;
  action.pid = request_.upcall_pid;
  action.userdata = userdata;
  action.has_userdata = true;
  flow::put_userspace(writer_, action);
}

}  // namespace ovs::vswitch

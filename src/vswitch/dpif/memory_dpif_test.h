// A datapath in memory for tests of the switch: ports, megaflows that packets are looked up in, and
// what was executed.
#pragma once
#include <map>

#include "flow/action/action_text.h"
#include "vswitch/dpif/dpif.h"

namespace ovs::vswitch {

class MemoryDpif final : public Dpif {
 public:
  explicit MemoryDpif(std::string type = "dummy") : type_(std::move(type)) {}

  const std::string& type() const override { return type_; }
  const std::string& name() const override { return name_; }
  Threading threading() const override { return Threading::Stepped; }

  DpifResult<DpPort> port_add(const DpifPortSpec& spec) override {
    const DpPort number = spec.number.value_or(DpPort(next_port_++));
    ports.push_back({spec.name, spec.type, number});
    return number;
  }
  DpifResult<void> port_del(DpPort port) override {
    std::erase_if(ports, [&](const DpifPort& each) { return each.number == port; });
    return kOk;
  }
  DpifResult<DpifPort> port_by_name(std::string_view wanted) override {
    for (const DpifPort& port : ports) {
      if (port.name == wanted) return port;
    }
    return DpifError{Error::NotFound, "no such port"};
  }
  DpifResult<std::vector<DpifPort>> port_dump() override { return ports; }
  DpifResult<DpifPortStats> port_stats(DpPort) override { return DpifPortStats{}; }
  DpifResult<DpifStats> stats() override { return DpifStats{}; }

  DpifResult<DpifLink> link(const std::string& port_name) override {
    const auto at = links.find(port_name);
    if (at == links.end()) return DpifError{Error::NotFound, "no such device"};
    return at->second;
  }
  DpifResult<void> change_link(const std::string& port_name,
                               const DpifLinkChange& change) override {
    if (change.is_up) links[port_name].is_up = links[port_name].carrier = *change.is_up;
    return kOk;
  }

  DpifResult<void> flow_put(const FlowPut& put) override {
    const bool exists = flows.contains(put.ufid.low);
    if (put.mode == FlowPutMode::Create && exists) return DpifError{Error::Exists, "flow exists"};
    if (put.mode == FlowPutMode::Modify && !exists) return DpifError{Error::NotFound, "no flow"};
    DpifFlow& flow = flows[put.ufid.low];
    flow.ufid = put.ufid;
    flow.key = put.key;
    flow.mask = put.mask;
    flow.actions.assign(put.actions.begin(), put.actions.end());
    return kOk;
  }
  DpifResult<DpifFlowStats> flow_del(const Ufid& ufid, const flow::FlowKey&) override {
    const auto at = flows.find(ufid.low);
    if (at == flows.end()) return DpifError{Error::NotFound, "no flow"};
    const DpifFlowStats stats = at->second.stats;
    flows.erase(at);
    return stats;
  }
  DpifResult<DpifFlow> flow_find(const Ufid& ufid, const flow::FlowKey&) override {
    const auto at = flows.find(ufid.low);
    if (at == flows.end()) return DpifError{Error::NotFound, "no flow"};
    return at->second;
  }
  DpifResult<void> flow_dump(const FlowVisitor& visit) override {
    for (auto [id, flow] : std::map(flows)) visit(flow);  // visitors may delete
    return kOk;
  }
  DpifResult<void> flow_flush() override {
    flows.clear();
    return kOk;
  }
  DpifResult<void> execute(const Execute& run) override {
    executed.push_back(text_of(run.actions));
    return kOk;
  }
  std::uint32_t upcall_pid(DpPort) const override { return 0; }
  void set_upcall_handler(UpcallHandler handler, const UpcallThreads&) override {
    handler_ = std::move(handler);
  }
  void set_port_event_handler(PortEventHandler handler) override {
    port_events_ = std::move(handler);
  }
  // Its device goes down or comes up.
  void set_link(const std::string& port_name, bool is_up) {
    links[port_name].is_up = links[port_name].carrier = is_up;
    if (port_events_) port_events_(PortEvent::Changed, *port_by_name(port_name));
  }

  // A packet comes in. The actions that it meets: of a megaflow, or those the switch ran for it.
  std::string receive(const flow::FlowKey& key, std::uint64_t now_ms) {
    for (auto& [id, flow] : flows) {
      if (!key.equals_under(flow.key, flow.mask)) continue;
      ++flow.stats.packets;
      flow.stats.bytes += 60;
      flow.stats.used_ms = now_ms;
      return text_of(flow.actions);
    }
    executed.clear();
    std::vector<Upcall> upcalls(1);
    upcalls[0].key = key;
    upcalls[0].packet.resize(60);
    handler_(upcalls);
    return executed.empty() ? "drop" : executed.back();
  }

  static std::string text_of(Bytes actions) {
    const auto list = flow::ActionList::parse(actions);
    return list.ok() ? flow::format_actions(*list) : "(malformed)";
  }

  std::vector<DpifPort> ports;
  std::map<std::uint64_t, DpifFlow> flows;
  std::vector<std::string> executed;
  std::map<std::string, DpifLink> links;

 private:
  std::string type_, name_ = "ovs-dummy";
  std::uint32_t next_port_ = 1;
  UpcallHandler handler_;
  PortEventHandler port_events_;
};

}  // namespace ovs::vswitch

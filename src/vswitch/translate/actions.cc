// What each OpenFlow action does to the packet under translation.
#include <algorithm>

#include "vswitch/translate/translator.h"

namespace ovs::vswitch {

using openflow::Basic;
using openflow::BasicOp;

namespace {

using Wide = unsigned __int128;

Wide wide(const FieldValue& value) {
  return Wide(value.high()) << 64 | value.low();
}
FieldValue narrow(Wide number) {
  FieldValue value;
  for (unsigned i = 16; i-- > 0; number >>= 8) value.bytes.items[i] = std::uint8_t(number);
  return value;
}
Wide ones(unsigned bits) {
  return bits >= 128 ? ~Wide{0} : (Wide{1} << bits) - 1;
}
void mark_bits(flow::MatchMask& mask, const flow::Place& place, const FieldValue& bits) {
  flow::store_bits(mask, place, flow::load_bits(mask, place) | bits);
}

}  // namespace

void Translator::run_actions(const openflow::Actions& actions) {
  for (const openflow::Action& action : actions) {
    if (is_stopped()) return;
    if (request_.listener != nullptr) request_.listener->action(action);
    if (run_action(action) == Flow::StopList) return;
  }
}

Translator::Flow Translator::run_action(const openflow::Action& action) {
  return std::visit([this](const auto& one) { return act(one); }, action.value);
}

Translator::Flow Translator::act(const openflow::Output& action) {
  output(OfPort(action.port), action.max_length);
  return Flow::Continue;
}

Translator::Flow Translator::act(const openflow::OutputReg& action) {
  const auto port = std::uint64_t(read(action.source));
  note(NoteKind::Detail, "output port is {}", port);
  if (port <= 0xffff) output(OfPort(std::uint16_t(port)), action.max_length);
  return Flow::Continue;
}

// As a datapath that truncates: only this output is cut.
Translator::Flow Translator::act(const openflow::OutputTrunc& action) {
  flow::put_trunc(writer_, action.max_length);
  output(OfPort(action.port), 0xffff);
  return Flow::Continue;
}

// A queue is the packet's priority when it leaves: the device's own scheduler reads that.
Translator::Flow Translator::act(const openflow::Enqueue& action) {
  look_at(StorageId::SkbPriority);
  const std::uint64_t before = number(StorageId::SkbPriority);
  set_number(StorageId::SkbPriority, action.queue);
  output(OfPort(action.port), 0xffff);
  set_number(StorageId::SkbPriority, before);
  return Flow::Continue;
}

void Translator::set_queue(std::uint64_t queue) {
  look_at(StorageId::SkbPriority);
  set_number(StorageId::SkbPriority, queue);
}

// The queue that the packet came with.
void Translator::pop_queue() {
  const std::uint64_t own = stored(request_.key, StorageId::SkbPriority);
  set_queue(own);
  own == 0 ? note(NoteKind::Detail, "queue = 0") : note(NoteKind::Detail, "queue = {:#x}", own);
}

Translator::Flow Translator::act(const openflow::Controller& action) {
  send_to_controller(action.reason, action.max_length, action.controller_id);
  return Flow::Continue;
}

Translator::Flow Translator::act(const openflow::SetField& set) {
  const flow::Field& row = flow::field(set.field);
  if (row.needs == flow::Needs::Vlan && (number(StorageId::VlanTci) & kVlanPresentBit) == 0) {
    return Flow::Continue;
  }
  const FieldValue old = flow::field_value(key_, set.field);
  mark_bits(result_.wildcards, row.at,
            row.coding == flow::Coding::Plain ? set.mask : FieldValue::ones(row.at.bits));
  flow::set_field(key_, set.field, (old & ~set.mask) | (set.value & set.mask));
  return Flow::Continue;
}

void Translator::look_at_bits(FieldId id, const FieldValue& bits) {
  const flow::Field& row = flow::field(id);
  mark_bits(result_.wildcards, row.at,
            row.coding == flow::Coding::Plain ? bits : FieldValue::ones(row.at.bits));
}

unsigned __int128 Translator::read(const openflow::Subfield& source) {
  look_at_bits(source.field, narrow(ones(source.bits) << source.first_bit));
  return wide(flow::field_value(key_, source.field)) >> source.first_bit & ones(source.bits);
}

void Translator::write(const openflow::Subfield& destination, unsigned __int128 value) {
  const Wide mask = ones(destination.bits) << destination.first_bit;
  openflow::SetField set;
  set.field = destination.field;
  set.value = narrow(value << destination.first_bit & mask);
  set.mask = narrow(mask);
  act(set);
}

Translator::Flow Translator::act(const openflow::Move& move) {
  write(move.destination, read(move.source));
  return Flow::Continue;
}

Translator::Flow Translator::act(const openflow::StackPush& push) {
  if (stack_.size() * sizeof(StackEntry) >= kMaxStackBytes) {
    fail(TranslationError::StackTooDeep, "resubmits yielded over 64 kB of stack");
    return Flow::StopList;
  }
  stack_.push_back({read(push.source), push.source.bits});
  return Flow::Continue;
}

Translator::Flow Translator::act(const openflow::StackPop& pop) {
  if (stack_.empty()) {
    note(NoteKind::Warning, "attempting to pop from an empty stack. On flow with cookie {:#x}",
         rule_cookie_);
    return Flow::Continue;
  }
  const StackEntry entry = stack_.back();
  stack_.pop_back();
  write(pop.destination, entry.value & ones(pop.destination.bits));
  return Flow::Continue;
}

Translator::Flow Translator::act(const openflow::Resubmit& resubmit) {
  const OfPort port =
      resubmit.in_port == openflow::kPortInPort ? in_port() : OfPort(resubmit.in_port);
  const std::uint8_t table = resubmit.table == openflow::kCurrentTable ? table_ : resubmit.table;
  run_table(table, port, MissBehaviour::Drop);
  return Flow::Continue;
}

Translator::Flow Translator::act(const openflow::GotoTable& go) {
  run_table(go.table, in_port(), MissBehaviour::MaySendToController);
  return Flow::Continue;
}

Translator::Flow Translator::act(const openflow::ClearActions&) {
  action_set_.clear();
  return Flow::Continue;
}

Translator::Flow Translator::act(const openflow::WriteActions& write) {
  action_set_.insert(action_set_.end(), write.actions.begin(), write.actions.end());
  return Flow::Continue;
}

Translator::Flow Translator::act(const openflow::WriteMetadata& write) {
  const std::uint64_t old = number(StorageId::Metadata);
  set_number(StorageId::Metadata, (old & ~write.mask) | (write.value & write.mask));
  return Flow::Continue;
}

Translator::Flow Translator::act(const openflow::DecTtlControllers& dec) {
  return dec_ttl(dec.controllers);
}

Translator::Flow Translator::dec_ttl(const std::vector<std::uint16_t>& controllers) {
  if (!is_ip()) return Flow::Continue;
  look_at(StorageId::NwTtl);
  const std::uint64_t ttl = number(StorageId::NwTtl);
  if (ttl > 1) {
    set_number(StorageId::NwTtl, ttl - 1);
    return Flow::Continue;
  }
  for (const std::uint16_t controller : controllers) {
    send_to_controller(openflow::PacketInReason::InvalidTtl, 0xffff, controller);
  }
  note(NoteKind::Warning, "IPv{} decrement TTL exception", eth_type() == 0x0800 ? 4 : 6);
  return Flow::StopList;
}

void Translator::act_on_vlan(const Basic& basic) {
  const std::uint64_t tci = number(StorageId::VlanTci);
  const bool has_tag = (tci & kVlanPresentBit) != 0;
  switch (basic.op) {
    case BasicOp::SetVlanVid:
      if (!has_tag) {
        look_at(StorageId::VlanTci, kVlanPresentBit);
        return;
      }
      [[fallthrough]];
    case BasicOp::ModVlanVid:
      look_at(StorageId::VlanTci, kVlanVidBits | kVlanPresentBit);
      set_number(StorageId::VlanTci,
                 (tci & kVlanPcpBits) | (basic.value & kVlanVidBits) | kVlanPresentBit);
      break;
    case BasicOp::SetVlanPcp:
      if (!has_tag) {
        look_at(StorageId::VlanTci, kVlanPresentBit);
        return;
      }
      [[fallthrough]];
    case BasicOp::ModVlanPcp:
      look_at(StorageId::VlanTci, kVlanPcpBits | kVlanPresentBit);
      set_number(StorageId::VlanTci, (tci & kVlanVidBits) | basic.value << 13 | kVlanPresentBit);
      break;
    case BasicOp::StripVlan:
    case BasicOp::PopVlan:
      look_at(StorageId::VlanTci, kVlanPresentBit);
      look_at(StorageId::Vlan2Tci);
      set_number(StorageId::VlanTci, number(StorageId::Vlan2Tci));
      set_number(StorageId::VlanTpid, number(StorageId::Vlan2Tpid));
      set_number(StorageId::Vlan2Tci, 0);
      set_number(StorageId::Vlan2Tpid, 0);
      return;
    case BasicOp::PushVlan:
      look_at(StorageId::VlanTci);
      set_number(StorageId::Vlan2Tci, tci);
      set_number(StorageId::Vlan2Tpid, number(StorageId::VlanTpid));
      set_number(StorageId::VlanTci, tci | kVlanPresentBit);  // a new tag has the old one's values
      set_number(StorageId::VlanTpid, basic.value);
      return;
    default: return;
  }
  if (number(StorageId::VlanTpid) == 0) set_number(StorageId::VlanTpid, 0x8100);
}

void Translator::act_on_ip(const Basic& basic) {
  const bool is_v4 = eth_type() == 0x0800;
  const auto put = [this](StorageId id, std::uint64_t value) {
    look_at(id);
    set_number(id, value);
  };
  switch (basic.op) {
    case BasicOp::ModIpSrc:
      if (is_v4) put(StorageId::NwSrc, basic.value);
      return;
    case BasicOp::ModIpDst:
      if (is_v4) put(StorageId::NwDst, basic.value);
      return;
    case BasicOp::ModTos:
      if (!is_ip()) return;
      look_at(StorageId::NwTos, 0xfc);
      set_number(StorageId::NwTos, (number(StorageId::NwTos) & 3) | (basic.value & 0xfc));
      return;
    case BasicOp::ModEcn:
      if (!is_ip()) return;
      look_at(StorageId::NwTos, 3);
      set_number(StorageId::NwTos, (number(StorageId::NwTos) & 0xfc) | (basic.value & 3));
      return;
    case BasicOp::ModTtl:
      if (is_ip()) put(StorageId::NwTtl, basic.value);
      return;
    default: return;
  }
}

void Translator::act_on_ports(const Basic& basic) {
  if (!is_ip() || (number(StorageId::NwFrag) & 2) != 0) return;
  look_at(StorageId::NwProto);
  const std::uint64_t proto = number(StorageId::NwProto);
  if (proto != 6 && proto != 17 && proto != 132) return;
  const StorageId id = basic.op == BasicOp::ModTpSrc ? StorageId::TpSrc : StorageId::TpDst;
  look_at(id);
  set_number(id, basic.value);
}

Translator::Flow Translator::act(const Basic& basic) {
  switch (basic.op) {
    case BasicOp::ModVlanVid:
    case BasicOp::SetVlanVid:
    case BasicOp::ModVlanPcp:
    case BasicOp::SetVlanPcp:
    case BasicOp::StripVlan:
    case BasicOp::PopVlan:
    case BasicOp::PushVlan: act_on_vlan(basic); return Flow::Continue;
    case BasicOp::ModEthSrc:
      look_at(StorageId::EthSrc);
      set_number(StorageId::EthSrc, basic.value);
      return Flow::Continue;
    case BasicOp::ModEthDst:
      look_at(StorageId::EthDst);
      set_number(StorageId::EthDst, basic.value);
      return Flow::Continue;
    case BasicOp::ModIpSrc:
    case BasicOp::ModIpDst:
    case BasicOp::ModTos:
    case BasicOp::ModEcn:
    case BasicOp::ModTtl: act_on_ip(basic); return Flow::Continue;
    case BasicOp::ModTpSrc:
    case BasicOp::ModTpDst: act_on_ports(basic); return Flow::Continue;
    case BasicOp::DecTtl: return dec_ttl({0});
    case BasicOp::SetTunnel:
    case BasicOp::SetTunnel64: set_number(StorageId::TunId, basic.value); return Flow::Continue;
    case BasicOp::Exit: exited_ = true; return Flow::StopList;
    case BasicOp::SetQueue: set_queue(basic.value); return Flow::Continue;
    case BasicOp::PopQueue: pop_queue(); return Flow::Continue;
    case BasicOp::Group: run_group(std::uint32_t(basic.value)); return Flow::Continue;
    case BasicOp::SetMplsLabel:
    case BasicOp::SetMplsTc:
    case BasicOp::SetMplsTtl:
    case BasicOp::DecMplsTtl:
    case BasicOp::PushMpls:
    case BasicOp::PopMpls:
    case BasicOp::Meter:
    case BasicOp::CtClear:
    case BasicOp::DecNshTtl: return Flow::Continue;  // refused when the flow is made
  }
  return Flow::Continue;
}

}  // namespace ovs::vswitch

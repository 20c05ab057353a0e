#include "datapath/pipeline/program.h"
#include "flow/match/netlink.h"

namespace ovs::datapath {

using flow::Action;
using flow::ActionType;
using flow::StorageId;

Text action_name(ActionType type) {
  switch (type) {
    case ActionType::Unspec: return "unspecified";
    case ActionType::Output: return "output";
    case ActionType::Userspace: return "userspace";
    case ActionType::Set: return "set";
    case ActionType::PushVlan: return "push_vlan";
    case ActionType::PopVlan: return "pop_vlan";
    case ActionType::Sample: return "sample";
    case ActionType::Recirc: return "recirc";
    case ActionType::Hash: return "hash";
    case ActionType::PushMpls: return "push_mpls";
    case ActionType::PopMpls: return "pop_mpls";
    case ActionType::SetMasked: return "set_masked";
    case ActionType::Ct: return "ct";
    case ActionType::Trunc: return "trunc";
    case ActionType::PushEth: return "push_eth";
    case ActionType::PopEth: return "pop_eth";
    case ActionType::CtClear: return "ct_clear";
    case ActionType::PushNsh: return "push_nsh";
    case ActionType::PopNsh: return "pop_nsh";
    case ActionType::Meter: return "meter";
    case ActionType::Clone: return "clone";
    case ActionType::CheckPktLen: return "check_pkt_len";
    case ActionType::AddMpls: return "add_mpls";
    case ActionType::DecTtl: return "dec_ttl";
    case ActionType::Drop: return "drop";
    case ActionType::Psample: return "psample";
    case ActionType::TunnelPush: return "tnl_push";
    case ActionType::TunnelPop: return "tnl_pop";
    case ActionType::LbOutput: return "lb_output";
  }
  return "unknown";
}

flow::TunnelMetadata tunnel_of(const flow::FlowKey& key) {
  flow::TunnelMetadata tunnel;
  tunnel.id = flow::load_stored<StorageId::TunId>(key);
  tunnel.src = std::uint32_t(flow::load_stored<StorageId::TunSrc>(key));
  tunnel.dst = std::uint32_t(flow::load_stored<StorageId::TunDst>(key));
  tunnel.ipv6_src =
      load<Array<std::uint8_t, 16>>(key.bytes() + flow::storage(StorageId::TunIpv6Src).offset());
  tunnel.ipv6_dst =
      load<Array<std::uint8_t, 16>>(key.bytes() + flow::storage(StorageId::TunIpv6Dst).offset());
  tunnel.flags = std::uint16_t(flow::load_stored<StorageId::TunFlags>(key));
  tunnel.tos = std::uint8_t(flow::load_stored<StorageId::TunTos>(key));
  tunnel.ttl = std::uint8_t(flow::load_stored<StorageId::TunTtl>(key));
  tunnel.tp_src = std::uint16_t(flow::load_stored<StorageId::TunTpSrc>(key));
  tunnel.tp_dst = std::uint16_t(flow::load_stored<StorageId::TunTpDst>(key));
  return tunnel;
}

namespace {

// Counts on a first run, writes on a second.
class Emitter {
 public:
  Emitter() = default;
  Emitter(Span<Instruction> code, Span<std::uint64_t> operands)
      : code_(code), operands_(operands) {}

  Instruction* emit(Op op, std::uint32_t number = 0) {
    const std::size_t at = code_count_++;
    if (at >= code_.count()) return &ignored_;
    code_[at] = Instruction{.op = op, .number = number, .operand = std::uint32_t(operand_size())};
    return &code_[at];
  }
  template <class T>
  void emit_with(Op op, const T& operand) {
    emit(op);
    add_operand(&operand, sizeof operand);
  }
  // Behind the last operand, without a gap if that one's size is a multiple of eight.
  void add_operand(const void* bytes, std::size_t size) {
    const std::size_t words = (size + 7) / 8;
    if (operand_count_ + words <= operands_.count() && size != 0) {
      __builtin_memcpy(operands_.data() + operand_count_, bytes, size);
    }
    operand_count_ += words;
  }
  std::size_t code_count() const { return code_count_; }
  std::size_t operand_count() const { return operand_count_; }

 private:
  std::size_t operand_size() const { return operand_count_ * 8; }

  Span<Instruction> code_;
  Span<std::uint64_t> operands_;
  std::size_t code_count_ = 0, operand_count_ = 0;
  Instruction ignored_{};
};

struct Set {
  flow::FieldSet fields;

  template <StorageId Id, class T>
  void take(Masked<T>& into) const {
    constexpr flow::Storage row = flow::storage(Id);
    static_assert(sizeof(T) == row.size);
    into.value = load<T>(fields.value.bytes() + row.offset());
    into.mask = load<T>(fields.mask.bytes() + row.offset());
  }
  template <StorageId Id>
  bool touches() const {
    constexpr flow::Storage row = flow::storage(Id);
    for (std::size_t i = 0; i < row.size; ++i) {
      if (fields.mask.bytes()[row.offset() + i] != 0) return true;
    }
    return false;
  }
};

void emit_ethernet(Emitter& emitter, const Set& set) {
  EthernetSet operand;
  Masked<Array<std::uint8_t, 6>> dst, src;
  set.take<StorageId::EthDst>(dst);
  set.take<StorageId::EthSrc>(src);
  auto& [value, mask] = operand.addresses;
  store(value.items, dst.value), store(value.items + 6, src.value);
  store(mask.items, dst.mask), store(mask.items + 6, src.mask);
  emitter.emit_with(Op::SetEthernet, operand);
}

void emit_ipv4(Emitter& emitter, const Set& set) {
  Ipv4Set operand;
  set.take<StorageId::NwSrc>(operand.src);
  set.take<StorageId::NwDst>(operand.dst);
  set.take<StorageId::NwTos>(operand.tos);
  set.take<StorageId::NwTtl>(operand.ttl);
  emitter.emit_with(Op::SetIpv4, operand);
}

void emit_ipv6(Emitter& emitter, const Set& set) {
  Ipv6Set operand;
  set.take<StorageId::Ipv6Src>(operand.src);
  set.take<StorageId::Ipv6Dst>(operand.dst);
  set.take<StorageId::Ipv6Label>(operand.label);
  set.take<StorageId::NwTos>(operand.tclass);
  set.take<StorageId::NwTtl>(operand.hop_limit);
  const Be32 label_bits(0x000fffff);
  operand.label.mask &= load<std::uint32_t>(&label_bits);
  emitter.emit_with(Op::SetIpv6, operand);
}

void emit_ports(Emitter& emitter, Op op, const Set& set) {
  Masked<std::uint16_t> src, dst;
  set.take<StorageId::TpSrc>(src);
  set.take<StorageId::TpDst>(dst);
  PortsSet operand;
  operand.ports.value = std::uint32_t{dst.value} << 16 | src.value;
  operand.ports.mask = std::uint32_t{dst.mask} << 16 | src.mask;
  emitter.emit_with(op, operand);
}

// A key keeps type and code as numbers of 16 bits, in network order: the bytes that count are the
// second ones.
void emit_icmp(Emitter& emitter, Op op, const Set& set) {
  Masked<std::uint16_t> type, code;
  set.take<StorageId::TpSrc>(type);
  set.take<StorageId::TpDst>(code);
  IcmpSet operand;
  operand.type_and_code.value = std::uint16_t(type.value >> 8 | (code.value & 0xff00));
  operand.type_and_code.mask = std::uint16_t(type.mask >> 8 | (code.mask & 0xff00));
  emitter.emit_with(op, operand);
}

void emit_arp(Emitter& emitter, const Set& set) {
  ArpSet operand;
  Masked<std::uint8_t> op;  // of the two bytes on the wire, a key keeps the second
  set.take<StorageId::NwProto>(op);
  operand.op = {std::uint16_t(op.value << 8), std::uint16_t(op.mask << 8)};
  set.take<StorageId::NwSrc>(operand.spa);
  set.take<StorageId::NwDst>(operand.tpa);
  set.take<StorageId::HwSrc>(operand.sha);
  set.take<StorageId::HwDst>(operand.tha);
  emitter.emit_with(Op::SetArp, operand);
}

void emit_nd(Emitter& emitter, const Set& set) {
  NdSet operand;
  set.take<StorageId::NdTarget>(operand.target);
  set.take<StorageId::HwSrc>(operand.sll);
  set.take<StorageId::HwDst>(operand.tll);
  emitter.emit_with(Op::SetNd, operand);
}

template <StorageId Id>
void emit_number(Emitter& emitter, Op op, const Set& set) {
  Masked<std::uint32_t> operand;
  operand.value = std::uint32_t(flow::load_stored<Id>(set.fields.value));
  operand.mask = std::uint32_t(flow::load_stored<Id>(set.fields.mask));
  emitter.emit_with(op, operand);
}

// Null when it is done, else the reason why not.
Text emit_fields(Emitter& emitter, wire::KeyAttr header, const Set& set, flow::SetForm form) {
  const bool masked = form == flow::SetForm::Masked;
  switch (header) {
    case wire::KeyAttr::Priority:
      emit_number<StorageId::SkbPriority>(emitter, Op::SetPriority, set);
      return "";
    case wire::KeyAttr::SkbMark:
      emit_number<StorageId::PktMark>(emitter, Op::SetMark, set);
      return "";
    case wire::KeyAttr::Ethernet: emit_ethernet(emitter, set); return "";
    case wire::KeyAttr::Ipv4:
    case wire::KeyAttr::Ipv6:
      if (masked && set.touches<StorageId::NwProto>()) return "set: the IP protocol cannot be set";
      if (masked && set.touches<StorageId::NwFrag>())
        return "set: the fragment state cannot be set";
      header == wire::KeyAttr::Ipv4 ? emit_ipv4(emitter, set) : emit_ipv6(emitter, set);
      return "";
    case wire::KeyAttr::Tcp: emit_ports(emitter, Op::SetTcp, set); return "";
    case wire::KeyAttr::Udp: emit_ports(emitter, Op::SetUdp, set); return "";
    case wire::KeyAttr::Sctp: emit_ports(emitter, Op::SetSctp, set); return "";
    case wire::KeyAttr::Icmp: emit_icmp(emitter, Op::SetIcmp, set); return "";
    case wire::KeyAttr::Icmpv6: emit_icmp(emitter, Op::SetIcmpv6, set); return "";
    case wire::KeyAttr::Arp: emit_arp(emitter, set); return "";
    case wire::KeyAttr::Nd: emit_nd(emitter, set); return "";
    case wire::KeyAttr::Tunnel:
      if (masked) return "set_masked: a tunnel can only be set whole";
      emitter.emit_with(Op::SetTunnel, tunnel_of(set.fields.value));
      return "";
    case wire::KeyAttr::Mpls: return "set(mpls): not supported yet";
    case wire::KeyAttr::Nsh: return "set(nsh): not supported yet";
    case wire::KeyAttr::CtMark:
    case wire::KeyAttr::CtLabels: return "set(ct_mark, ct_label): not supported yet";
    case wire::KeyAttr::Unspec:
    case wire::KeyAttr::Encap:
    case wire::KeyAttr::InPort:
    case wire::KeyAttr::Vlan:
    case wire::KeyAttr::EtherType:
    case wire::KeyAttr::TcpFlags:
    case wire::KeyAttr::DpHash:
    case wire::KeyAttr::RecircId:
    case wire::KeyAttr::CtState:
    case wire::KeyAttr::CtZone:
    case wire::KeyAttr::CtOrigTupleIpv4:
    case wire::KeyAttr::CtOrigTupleIpv6:
    case wire::KeyAttr::PacketType:
    case wire::KeyAttr::NdExtensions: return "set: this field cannot be set";
  }
  return "set: unknown field";
}

Text refuse_later(ActionType type) {
  switch (type) {
    case ActionType::PushMpls: return "push_mpls: not supported yet";
    case ActionType::PopMpls: return "pop_mpls: not supported yet";
    case ActionType::Ct: return "ct: not supported yet";
    case ActionType::CtClear: return "ct_clear: not supported yet";
    case ActionType::PushEth: return "push_eth: not supported yet";
    case ActionType::PopEth: return "pop_eth: not supported yet";
    case ActionType::PushNsh: return "push_nsh: not supported yet";
    case ActionType::PopNsh: return "pop_nsh: not supported yet";
    case ActionType::Meter: return "meter: not supported yet";
    case ActionType::CheckPktLen: return "check_pkt_len: not supported yet";
    case ActionType::AddMpls: return "add_mpls: not supported yet";
    case ActionType::DecTtl: return "dec_ttl: not supported yet";
    case ActionType::Psample: return "psample: not supported yet";
    case ActionType::TunnelPush: return "tnl_push: not supported yet";
    case ActionType::TunnelPop: return "tnl_pop: not supported yet";
    case ActionType::LbOutput: return "lb_output: not supported yet";
    case ActionType::Unspec:
    case ActionType::Output:
    case ActionType::Userspace:
    case ActionType::Set:
    case ActionType::PushVlan:
    case ActionType::PopVlan:
    case ActionType::Sample:
    case ActionType::Recirc:
    case ActionType::Hash:
    case ActionType::SetMasked:
    case ActionType::Trunc:
    case ActionType::Clone:
    case ActionType::Drop: break;
  }
  return "unknown action";
}

class Compiler {
 public:
  explicit Compiler(Emitter& emitter, Bytes outermost) : emitter_(emitter), outermost_(outermost) {}

  // Without recursion: a list within a list is a level of a small stack.
  Result<void, CompileRefusal> run(const flow::ActionList& list) {
    levels_[0] = {list.begin(), list.end()};
    for (unsigned depth = 1; depth > 0;) {
      Level& level = levels_[depth - 1];
      if (!(level.next != level.end)) {
        if (--depth > 0) emitter_.emit(Op::End);
        continue;
      }
      const Action action = *level.next;
      ++level.next;
      const bool last = depth == 1 && !(level.next != level.end);
      if (emitter_.code_count() >= kMaxInstructions)
        return refuse(action, Error::Full, "too many actions");
      const Bytes nested = nested_of(action);
      if (is_nest(action)) {
        if (depth == kMaxNesting) return refuse(action, Error::Full, "actions nested too deeply");
        const flow::ActionList inner = flow::ActionList::nested(nested);
        emitter_.emit(Op::Begin,
                      action.type == ActionType::Sample ? action.sample.probability : ~0u);
        levels_[depth++] = {inner.begin(), inner.end()};
        continue;
      }
      OVS_TRY(one(action, last ? Last::Yes : Last::No));
    }
    return kOk;
  }

 private:
  struct Level {
    flow::ActionList::Iterator next = flow::ActionList().begin();
    flow::ActionList::Iterator end = flow::ActionList().end();
  };

  static bool is_nest(const Action& action) {
    return action.type == ActionType::Clone || action.type == ActionType::Sample;
  }
  static Bytes nested_of(const Action& action) {
    return action.type == ActionType::Sample ? action.sample.actions : action.payload;
  }
  CompileRefusal refuse(const Action& action, Error error, Text reason) const {
    const std::ptrdiff_t at = action.payload.data() - outermost_.data();
    const bool inside =
        at >= std::ptrdiff_t(wire::kAttributeHeader) && std::size_t(at) <= outermost_.count();
    return {.error = error,
            .offset = inside ? std::uint32_t(at - std::ptrdiff_t(wire::kAttributeHeader)) : 0,
            .type = std::uint16_t(action.type),
            .reason = reason};
  }

  Result<void, CompileRefusal> one(const Action& action, Last last) {
    switch (action.type) {
      case ActionType::Output: emitter_.emit(Op::Output, action.number)->last = last; return kOk;
      case ActionType::Userspace: userspace(action.userspace); return kOk;
      case ActionType::Set: return set(action, flow::SetForm::Whole);
      case ActionType::SetMasked: return set(action, flow::SetForm::Masked);
      case ActionType::PushVlan: return push_vlan(action);
      case ActionType::PopVlan: emitter_.emit(Op::PopVlan); return kOk;
      case ActionType::Recirc: emitter_.emit(Op::Recirc, action.number); return kOk;
      case ActionType::Trunc:
        if (action.number < 14)
          return refuse(action, Error::Range, "trunc: at least 14 bytes must remain");
        emitter_.emit(Op::Trunc, action.number);
        return kOk;
      case ActionType::Hash: emitter_.emit(Op::Hash, action.hash.basis); return kOk;
      case ActionType::Drop: return kOk;
      case ActionType::Unspec:
      case ActionType::Sample:
      case ActionType::Clone:
      case ActionType::PushMpls:
      case ActionType::PopMpls:
      case ActionType::Ct:
      case ActionType::PushEth:
      case ActionType::PopEth:
      case ActionType::CtClear:
      case ActionType::PushNsh:
      case ActionType::PopNsh:
      case ActionType::Meter:
      case ActionType::CheckPktLen:
      case ActionType::AddMpls:
      case ActionType::DecTtl:
      case ActionType::Psample:
      case ActionType::TunnelPush:
      case ActionType::TunnelPop:
      case ActionType::LbOutput: break;
    }
    return refuse(action, Error::Unsupported, refuse_later(action.type));
  }

  void userspace(const flow::UserspaceAction& action) {
    UserspaceOperand operand;
    operand.pid = action.pid;
    operand.userdata_size = std::uint32_t(action.userdata.count());
    operand.has_userdata = action.has_userdata;
    operand.with_actions = action.with_actions;
    operand.has_tunnel_port = bool(action.egress_tunnel_port);
    operand.tunnel_port = action.egress_tunnel_port.value_or(0);
    static_assert(sizeof operand % 8 == 0);
    emitter_.emit_with(Op::Userspace, operand);
    emitter_.add_operand(action.userdata.data(), action.userdata.count());
  }

  Result<void, CompileRefusal> push_vlan(const Action& action) {
    const std::uint16_t tpid = action.push_vlan.tpid.host();
    if (tpid != 0x8100 && tpid != 0x88a8) {
      return refuse(action, Error::Invalid, "push_vlan: the TPID is neither 0x8100 nor 0x88a8");
    }
    // 0x1000 says that there is a tag; on the wire that bit is the CFI.
    const Be16 tci(std::uint16_t(action.push_vlan.tci.host() & ~flow::kVlanPresent));
    emitter_.emit(Op::PushVlan, std::uint32_t{load<std::uint16_t>(&tci)} << 16 |
                                    load<std::uint16_t>(&action.push_vlan.tpid));
    return kOk;
  }

  Result<void, CompileRefusal> set(const Action& action, flow::SetForm form) {
    const auto attributes = wire::Attributes::parse(action.payload);
    if (!attributes || attributes->empty())
      return refuse(action, Error::Malformed, "set: no field");
    auto fields = flow::parse_set(action.payload, form);
    if (!fields) return refuse(action, fields.error().error, fields.error().reason);
    const wire::KeyAttr header{(*attributes->begin()).type};
    const Text reason = emit_fields(emitter_, header, Set{*fields}, form);
    if (!reason.empty()) return refuse(action, Error::Unsupported, reason);
    return kOk;
  }

  Emitter& emitter_;
  Bytes outermost_;
  Level levels_[kMaxNesting];
};

}  // namespace

Result<Owned<Program>, CompileRefusal> compile(Bytes actions) {
  const auto list = flow::ActionList::parse(actions);
  if (!list) {
    const flow::ActionRefusal& why = list.error();
    return CompileRefusal{why.error, why.offset, why.type, why.reason};
  }
  const auto no_memory = CompileRefusal{Error::NoMemory, 0, 0, "no memory"};
  Emitter sizes;
  OVS_TRY(Compiler(sizes, actions).run(*list));
  auto code = try_make_array<Instruction>(sizes.code_count(), Program::kTag);
  if (!code) return no_memory;
  auto operands = try_make_array<std::uint64_t>(sizes.operand_count(), Program::kTag);
  if (!operands) return no_memory;
  Emitter emitter(code->span(), operands->span());
  OVS_TRY(Compiler(emitter, actions).run(*list));
  auto program = try_make<Program>(std::move(*code), std::move(*operands));
  if (!program) return no_memory;
  return std::move(*program);
}

}  // namespace ovs::datapath

#include "flow/action/action.h"

#include "flow/action/wire_forms.h"

namespace ovs::flow {
namespace {

using wire::Attribute;
using wire::Attributes;
using Done = Result<void>;

Result<std::uint32_t> padded_u16(const Attribute& attribute) {
  OVS_TRY(const Be16 value, attribute.as<Be16>());
  return std::uint32_t{value.host()};
}

Result<std::uint16_t> u16_of(const Maybe<Attribute>& attribute) {
  if (!attribute) return Error::Malformed;
  return attribute->u16();
}

Done decode_userspace(Bytes payload, UserspaceAction& to) {
  OVS_TRY(const Attributes parts, Attributes::parse(payload));
  bool has_pid = false;
  for (const Attribute part : parts) {
    switch (wire::UserspaceAttr(part.type)) {
      case wire::UserspaceAttr::Pid: {
        OVS_TRY(to.pid, part.u32());
        has_pid = true;
        break;
      }
      case wire::UserspaceAttr::Userdata: to.userdata = part.payload, to.has_userdata = true; break;
      case wire::UserspaceAttr::EgressTunPort: {
        OVS_TRY(const std::uint32_t port, part.u32());
        to.egress_tunnel_port = port;
        break;
      }
      case wire::UserspaceAttr::Actions: to.with_actions = true; break;
      default: return Error::Unsupported;
    }
  }
  if (!has_pid) return Error::Malformed;
  return kOk;
}

Done decode_sample(Bytes payload, SampleAction& to) {
  OVS_TRY(const auto parts, wire::AttributeTable<3>::parse(payload));
  if (!parts.has(wire::SampleAttr::Probability) || !parts.has(wire::SampleAttr::Actions))
    return Error::Malformed;
  OVS_TRY(to.probability, parts[wire::SampleAttr::Probability]->u32());
  to.actions = parts[wire::SampleAttr::Actions]->payload;
  return kOk;
}

Done decode_check_length(Bytes payload, CheckLengthAction& to) {
  OVS_TRY(const auto parts, wire::AttributeTable<3>::parse(payload));
  OVS_TRY(to.length, u16_of(parts[wire::CheckPktLenAttr::PktLen]));
  if (const auto& greater = parts[wire::CheckPktLenAttr::Greater]) to.greater = greater->payload;
  if (const auto& less = parts[wire::CheckPktLenAttr::LessEqual]) to.less_equal = less->payload;
  return kOk;
}

Done decode_psample(Bytes payload, PsampleAction& to) {
  constexpr std::size_t max_cookie = 16;
  OVS_TRY(const auto parts, wire::AttributeTable<2>::parse(payload));
  if (!parts.has(wire::PsampleAttr::Group)) return Error::Malformed;
  OVS_TRY(to.group, parts[wire::PsampleAttr::Group]->u32());
  if (const auto& cookie = parts[wire::PsampleAttr::Cookie]) to.cookie = cookie->payload;
  if (to.cookie.count() > max_cookie) return Error::Malformed;
  return kOk;
}

Done decode_nat_part(const Attribute& part, NatAction& to) {
  switch (wire::NatAttr(part.type)) {
    case wire::NatAttr::Src: to.source = true; return kOk;
    case wire::NatAttr::Dst: to.destination = true; return kOk;
    case wire::NatAttr::IpMin: to.ip_min = part.payload; return kOk;
    case wire::NatAttr::IpMax: to.ip_max = part.payload; return kOk;
    case wire::NatAttr::ProtoMin: {
      OVS_TRY(to.port_min, part.u16());
      return kOk;
    }
    case wire::NatAttr::ProtoMax: {
      OVS_TRY(to.port_max, part.u16());
      return kOk;
    }
    case wire::NatAttr::Persistent: to.persistent = true; return kOk;
    case wire::NatAttr::ProtoHash: to.hash = true; return kOk;
    case wire::NatAttr::ProtoRandom: to.random = true; return kOk;
  }
  return Error::Unsupported;
}

bool is_address(Bytes bytes) {
  return bytes.empty() || bytes.count() == 4 || bytes.count() == 16;
}

Done decode_nat(Bytes payload, NatAction& to) {
  OVS_TRY(const Attributes parts, Attributes::parse(payload));
  for (const Attribute part : parts) {
    OVS_TRY(decode_nat_part(part, to));
  }
  return is_address(to.ip_min) && is_address(to.ip_max) ? Done(kOk) : Done(Error::Malformed);
}

Done decode_ct_part(const Attribute& part, CtAction& to) {
  constexpr std::size_t mark_size = 8, labels_size = 32;
  switch (wire::CtAttr(part.type)) {
    case wire::CtAttr::Commit: to.commit = true; return kOk;
    case wire::CtAttr::ForceCommit: to.force_commit = true; return kOk;
    case wire::CtAttr::Zone: {
      OVS_TRY(to.zone, part.u16());
      return kOk;
    }
    case wire::CtAttr::Mark:
      to.mark = part.payload;
      return part.payload.count() == mark_size ? Done(kOk) : Done(Error::Malformed);
    case wire::CtAttr::Labels:
      to.labels = part.payload;
      return part.payload.count() == labels_size ? Done(kOk) : Done(Error::Malformed);
    case wire::CtAttr::Helper: {
      OVS_TRY(to.helper, part.string());
      return kOk;
    }
    case wire::CtAttr::Timeout: {
      OVS_TRY(to.timeout, part.string());
      return kOk;
    }
    case wire::CtAttr::EventMask: {
      OVS_TRY(const std::uint32_t mask, part.u32());
      to.event_mask = mask;
      return kOk;
    }
    case wire::CtAttr::Nat: to.has_nat = true; return decode_nat(part.payload, to.nat);
  }
  return Error::Unsupported;
}

Done decode_ct(Bytes payload, CtAction& to) {
  OVS_TRY(const Attributes parts, Attributes::parse(payload));
  for (const Attribute part : parts) {
    OVS_TRY(decode_ct_part(part, to));
  }
  return kOk;
}

Done decode_mpls(const Attribute& attribute, Action& action) {
  if (action.type == ActionType::AddMpls) {
    OVS_TRY(const auto form, attribute.as<AddMplsForm>());
    action.add_mpls = {form.lse, form.ethertype, form.flags};
    return kOk;
  }
  OVS_TRY(const auto form, attribute.as<PushMplsForm>());
  action.push_mpls = {form.lse, form.ethertype};
  return kOk;
}

Done decode_push_eth(const Attribute& attribute, PushEthAction& to) {
  OVS_TRY(to, attribute.as<PushEthAction>());
  return kOk;
}
static_assert(sizeof(PushEthAction) == 12);

Done decode_number(const Attribute& attribute, Action& action) {
  OVS_TRY(action.number, attribute.u32());
  return kOk;
}

Done decode_set(const Attribute& attribute) {
  // What is inside is checked where it is decoded: match/netlink.h.
  OVS_TRY(const Attributes nested, Attributes::parse(attribute.payload));
  return nested.empty() ? Done(Error::Malformed) : Done(kOk);
}

Done decode(const Attribute& attribute, Action& action) {
  action.type = ActionType(attribute.type);
  action.payload = attribute.payload;
  switch (action.type) {
    case ActionType::Unspec: return Error::Invalid;
    case ActionType::Output:
    case ActionType::Recirc:
    case ActionType::Trunc:
    case ActionType::Meter:
    case ActionType::Drop:
    case ActionType::TunnelPop:
    case ActionType::LbOutput: return decode_number(attribute, action);
    case ActionType::Userspace: return decode_userspace(attribute.payload, action.userspace);
    case ActionType::Set:
    case ActionType::SetMasked: return decode_set(attribute);
    case ActionType::PushVlan: {
      OVS_TRY(const auto form, attribute.as<PushVlanForm>());
      action.push_vlan = {form.tpid, form.tci};
      return kOk;
    }
    case ActionType::Hash: {
      OVS_TRY(const auto form, attribute.as<HashForm>());
      action.hash = {form.algorithm, form.basis};
      return kOk;
    }
    case ActionType::PopMpls: {
      OVS_TRY(action.number, padded_u16(attribute));
      return kOk;
    }
    case ActionType::PopVlan:
    case ActionType::PopEth:
    case ActionType::CtClear:
    case ActionType::PopNsh: return attribute.payload.empty() ? Done(kOk) : Done(Error::Malformed);
    case ActionType::Sample: return decode_sample(attribute.payload, action.sample);
    case ActionType::PushMpls:
    case ActionType::AddMpls: return decode_mpls(attribute, action);
    case ActionType::PushEth: return decode_push_eth(attribute, action.push_eth);
    case ActionType::Ct: return decode_ct(attribute.payload, action.ct);
    case ActionType::CheckPktLen:
      return decode_check_length(attribute.payload, action.check_length);
    case ActionType::Psample: return decode_psample(attribute.payload, action.psample);
    case ActionType::Clone:
    case ActionType::DecTtl:
    case ActionType::PushNsh:
    case ActionType::TunnelPush: return kOk;
  }
  return Error::Unsupported;
}

// The lists inside an action, at most two.
struct NestedLists {
  Bytes lists[2];
  unsigned count = 0;
};
NestedLists nested_lists(const Action& action) {
  if (action.type == ActionType::Clone) return {{action.payload, {}}, 1};
  if (action.type == ActionType::Sample) return {{action.sample.actions, {}}, 1};
  if (action.type == ActionType::CheckPktLen) {
    return {{action.check_length.greater, action.check_length.less_equal}, 2};
  }
  return {};
}

Text reason_of(Error error) {
  if (error == Error::Unsupported) return "unknown action, or part of one";
  if (error == Error::Truncated) return "an action leaves its list";
  if (error == Error::Range) return "actions are nested too deep";
  return "an action of a wrong form";
}

ActionRefusal refuse(Error error, const std::uint8_t* at, Bytes whole, std::uint16_t type) {
  const Text reason =
      error == Error::Range ? Text("actions are nested too deep") : reason_of(error);
  return {error, std::uint32_t(at - whole.data()), type, reason};
}

// The lists that are still to be checked: their attributes are known to lie within them. A stack of
// its own, because a kernel's is small. Depth is bounded by kMaxActionNesting, and so is the number
// of lists: two for each level.
class Pending {
 public:
  Done push(Bytes list, unsigned depth) {
    OVS_TRY(const Attributes attributes, Attributes::parse(list));
    return put_back(attributes.bytes(), depth);
  }
  Done put_back(Bytes checked, unsigned depth) {
    if (checked.empty()) return kOk;
    if (depth > kMaxActionNesting || count_ == kMax) return Error::Range;
    items_[count_++] = {checked, depth};
    return kOk;
  }
  bool empty() const { return count_ == 0; }
  struct Item {
    Bytes list;
    unsigned depth;
  };
  Item pop() { return items_[--count_]; }

 private:
  static constexpr unsigned kMax = 2 * kMaxActionNesting + 2;
  Item items_[kMax];
  unsigned count_ = 0;
};

// Checks the head of a pending list, and puts back what follows it and what is inside it.
Result<void, ActionRefusal> check_one(Pending& pending, Bytes whole) {
  const Pending::Item item = pending.pop();
  const Attribute attribute = *Attributes::Iterator(item.list);
  Action action;
  if (const Done done = decode(attribute, action); !done) {
    return refuse(done.error(), item.list.data(), whole, attribute.type);
  }
  const std::size_t size = wire::attribute_size(attribute.payload.count());
  Done pushed = pending.put_back(
      item.list.from(size < item.list.count() ? size : item.list.count()), item.depth);
  const NestedLists inside = nested_lists(action);
  for (unsigned i = 0; i < inside.count && pushed; ++i)
    pushed = pending.push(inside.lists[i], item.depth + 1);
  if (!pushed) return refuse(pushed.error(), item.list.data(), whole, attribute.type);
  return kOk;
}

}  // namespace

Result<ActionList, ActionRefusal> ActionList::parse(Bytes netlink) {
  Pending pending;
  if (const Done done = pending.push(netlink, 0); !done)
    return refuse(done.error(), netlink.data(), netlink, 0);
  while (!pending.empty()) {
    OVS_TRY(check_one(pending, netlink));
  }
  return nested(netlink);
}

ActionList ActionList::nested(Bytes netlink) {
  const auto list = Attributes::parse(netlink);
  OVS_ASSERT(list.ok());
  return ActionList(*list);
}

Action ActionList::Iterator::operator*() const {
  Action action;
  const Done done = decode(*at_, action);
  OVS_ASSERT(done.ok());
  return action;
}

}  // namespace ovs::flow

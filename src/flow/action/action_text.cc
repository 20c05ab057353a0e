#include "flow/action/action_text.h"

#include "flow/action/cookie.h"
#include "flow/action/slow_reasons_text.h"
#include "flow/field/value_text.h"
#include "flow/match/netlink_parts.h"
#include "flow/match/odp_text.h"
#include "wire/packet/ethernet.h"

namespace ovs::flow {
namespace {

std::string number(std::uint64_t value) {
  return std::to_string(value);
}

std::string hex_bytes(Bytes bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += padded_hex_text(byte, 2).substr(2);
  return text;
}

std::string mac(const Array<std::uint8_t, 6>& bytes) {
  return mac_text(FieldValue::of(Bytes(bytes)));
}

std::string percent_text(std::uint32_t probability) {
  // Tenths of a percent, rounded.
  const std::uint64_t tenths = (std::uint64_t{probability} * 1000 + 0x7fffffff) / 0xffffffff;
  return number(tenths / 10) + '.' + number(tenths % 10) + '%';
}

std::string tci_text(std::uint16_t tci) {
  const std::string text = "vid=" + number(tci & 0xfff) + ",pcp=" + number(tci >> 13);
  return (tci & 0x1000) != 0 ? text : text + ",cfi=0";
}

std::string lse_text(std::uint32_t lse) {
  return "label=" + number(lse >> 12) + ",tc=" + number(lse >> 9 & 7) +
         ",ttl=" + number(lse & 0xff) + ",bos=" + number(lse >> 8 & 1);
}

std::string type_text(Be16 type) {
  return ",eth_type=" + hex_text(type.host());
}

class Printer {
 public:
  explicit Printer(const PortNames* ports) : ports_(ports) {}

  std::string list(const ActionList& actions) const {
    if (actions.empty()) return "drop";
    std::string text;
    for (const Action& action : actions) {
      if (!text.empty()) text += ',';
      text += one(action);
    }
    return text;
  }

 private:
  std::string nested(Bytes netlink) const { return list(ActionList::nested(netlink)); }

  std::string port(std::uint32_t port_number) const {
    if (ports_ != nullptr) {
      if (const auto name = ports_->name(port_number)) return *name;
    }
    return number(port_number);
  }

  std::string one(const Action& action) const {
    switch (action.type) {
      case ActionType::Output: return port(action.number);
      case ActionType::Userspace: return userspace(action.userspace);
      case ActionType::Set: return set(action.payload, SetForm::Whole);
      case ActionType::SetMasked: return set(action.payload, SetForm::Masked);
      case ActionType::PushVlan: return push_vlan(action.push_vlan);
      case ActionType::PopVlan: return "pop_vlan";
      case ActionType::Sample: return sample(action.sample);
      case ActionType::Recirc: return "recirc(" + sharp_hex_text(action.number) + ')';
      case ActionType::Hash: return hash(action.hash);
      case ActionType::PushMpls:
        return "push_mpls(" + lse_text(action.push_mpls.lse.host()) +
               type_text(action.push_mpls.ethertype) + ')';
      case ActionType::PopMpls: return "pop_mpls(eth_type=" + hex_text(action.number) + ')';
      case ActionType::AddMpls:
        return "add_mpls(" + lse_text(action.add_mpls.lse.host()) +
               type_text(action.add_mpls.ethertype) + ')';
      case ActionType::Ct: return ct(action.ct);
      case ActionType::CtClear: return "ct_clear";
      case ActionType::Trunc: return "trunc(" + number(action.number) + ')';
      case ActionType::PushEth:
        return "push_eth(src=" + mac(action.push_eth.src) + ",dst=" + mac(action.push_eth.dst) +
               ')';
      case ActionType::PopEth: return "pop_eth";
      case ActionType::PopNsh: return "pop_nsh()";
      case ActionType::Meter: return "meter(" + number(action.number) + ')';
      case ActionType::Clone: return "clone(" + nested(action.payload) + ')';
      case ActionType::CheckPktLen: return check_length(action.check_length);
      case ActionType::DecTtl: return dec_ttl(action.payload);
      case ActionType::Drop: return "drop";
      case ActionType::Psample: return psample(action.psample);
      case ActionType::TunnelPop: return "tnl_pop(" + port(action.number) + ')';
      case ActionType::LbOutput: return "lb_output(" + number(action.number) + ')';
      case ActionType::PushNsh:
      case ActionType::TunnelPush:
      case ActionType::Unspec: break;
    }
    return "action" + number(unsigned(action.type)) + '(' + hex_bytes(action.payload) + ')';
  }

  // As it came, even where it asks for what cannot be set.
  static std::string set(Bytes nested_key, SetForm form) {
    const auto attributes = wire::Attributes::parse(nested_key);
    const wire::Attribute key = *attributes->begin();
    const auto id = wire::KeyAttr(key.type);
    const OdpAttr* attr = find_odp_attr(id);
    FlowKey value;
    FlowMask mask;
    const bool masked = form == SetForm::Masked;
    const bool well_formed = attr != nullptr && id != wire::KeyAttr::Tunnel &&
                             key.payload.count() == attr->size * (masked ? 2u : 1u);
    if (id == wire::KeyAttr::Tunnel && take_tunnel(key.payload, ValueKind::Value, value)) {
      return "set(" + format_odp_set(value, mask, id) + ')';
    }
    if (!well_formed ||
        !take_members(*attr, key.payload.first(attr->size), ValueKind::Value, value)) {
      return "set(key" + number(key.type) + '(' + hex_bytes(key.payload) + "))";
    }
    std::vector<std::uint8_t> ones(attr->size, 0xff);
    const Bytes bits = masked ? key.payload.from(attr->size) : Bytes(ones);
    if (!take_members(*attr, bits, ValueKind::Mask, mask)) return "set(bad mask)";
    return "set(" + format_odp_set(value, mask, id) + ')';
  }
  static std::string push_vlan(const PushVlanAction& action) {
    const std::uint16_t tpid = action.tpid.host();
    const std::string kind =
        tpid == wire::kEtherTypeVlan ? "" : "tpid=" + padded_hex_text(tpid, 4) + ',';
    return "push_vlan(" + kind + tci_text(action.tci.host()) + ')';
  }
  static std::string hash(const HashAction& action) {
    if (action.algorithm > 1)
      return "hash(Unknown hash algorithm(" + number(action.algorithm) + "))";
    return (action.algorithm == 0 ? "hash(l4(" : "hash(sym_l4(") + number(action.basis) + "))";
  }
  std::string sample(const SampleAction& action) const {
    return "sample(sample=" + percent_text(action.probability) + ",actions(" +
           nested(action.actions) + "))";
  }
  std::string check_length(const CheckLengthAction& action) const {
    return "check_pkt_len(size=" + number(action.length) + ",gt(" + nested(action.greater) +
           "),le(" + nested(action.less_equal) + "))";
  }
  std::string dec_ttl(Bytes payload) const {
    const auto parts = wire::Attributes::parse(payload);
    const auto inner = parts ? parts->find(wire::DecTtlAttr::Action) : Maybe<wire::Attribute>();
    const auto actions = ActionList::parse(inner ? inner->payload : Bytes());
    return "dec_ttl(le_1(" + (actions ? list(*actions) : std::string()) + "))";
  }
  static std::string psample(const PsampleAction& action) {
    const std::string text = "psample(group=" + number(action.group);
    if (action.cookie.empty()) return text + ')';
    return text + ",cookie=0x" + hex_bytes(action.cookie) + ')';
  }

  std::string userspace(const UserspaceAction& action) const {
    std::string text = "userspace(pid=" + number(action.pid);
    if (action.has_userdata) text += ',' + userdata(action.userdata);
    if (action.with_actions) text += ",actions";
    if (action.egress_tunnel_port) text += ",tunnel_out_port=" + port(*action.egress_tunnel_port);
    return text + ')';
  }
  std::string userdata(Bytes bytes) const {
    const Maybe<UserCookie> cookie = parse_cookie(bytes);
    const CookieType type = cookie ? CookieType(cookie->type) : CookieType::Unspec;
    switch (type) {
      case CookieType::Unspec: break;
      case CookieType::Sflow: return sflow(cookie->as<SflowCookie>());
      case CookieType::SlowPath:
        return "slow_path(" +
               flags_text(kSlowReasonNames, cookie->as<SlowPathCookie>().reason, ',') + ')';
      case CookieType::FlowSample: return flow_sample(cookie->as<FlowSampleCookie>());
      case CookieType::Ipfix:
        return "ipfix(output_port=" + port(cookie->as<IpfixCookie>().output_port) + ')';
      case CookieType::Controller: return controller(cookie->as<ControllerCookie>());
    }
    return "userdata(" + hex_bytes(bytes) + ')';
  }
  static std::string sflow(const SflowCookie& cookie) {
    const std::uint16_t tci = cookie.vlan_tci.host();
    return "sFlow(vid=" + number(tci & 0xfff) + ",pcp=" + number(tci >> 13) +
           ",output=" + number(cookie.output) + ')';
  }
  std::string flow_sample(const FlowSampleCookie& cookie) const {
    constexpr const char* directions[] = {"", ",ingress", ",egress"};
    return "flow_sample(probability=" + number(cookie.probability) +
           ",collector_set_id=" + number(cookie.collector_set_id) +
           ",obs_domain_id=" + number(cookie.observation_domain) +
           ",obs_point_id=" + number(cookie.observation_point) +
           ",output_port=" + port(cookie.output_port) +
           (cookie.direction < 3 ? directions[cookie.direction] : "") + ')';
  }
  static std::string controller(const ControllerCookie& cookie) {
    return "controller(reason=" + number(cookie.reason) +
           ",dont_send=" + number(cookie.dont_send != 0) +
           ",continuation=" + number(cookie.continuation != 0) +
           ",recirc_id=" + number(cookie.recirc_id) +
           ",rule_cookie=" + sharp_hex_text(cookie.rule_cookie.host()) +
           ",controller_id=" + number(cookie.controller_id) + ",max_len=" + number(cookie.max_len) +
           ')';
  }

  static std::string ct(const CtAction& action) {
    std::string text;
    if (action.commit) text += "commit,";
    if (action.force_commit) text += "force_commit,";
    if (action.zone != 0) text += "zone=" + number(action.zone) + ',';
    if (!action.mark.empty()) {
      text += "mark=" + sharp_hex_text(load<std::uint32_t>(action.mark.data())) + '/' +
              sharp_hex_text(load<std::uint32_t>(action.mark.data() + 4)) + ',';
    }
    if (!action.labels.empty()) {
      text += "label=" + hex_text(FieldValue::of(action.labels.first(16))) + '/' +
              hex_text(FieldValue::of(action.labels.from(16))) + ',';
    }
    if (!action.helper.empty()) text += "helper=" + std::string(action.helper) + ',';
    if (!action.timeout.empty()) text += "timeout=" + std::string(action.timeout) + ',';
    if (action.has_nat) text += nat(action.nat);
    if (text.empty()) return "ct";
    if (text.back() == ',') text.pop_back();
    return "ct(" + text + ')';
  }
  static std::string address(Bytes bytes, bool bracketed) {
    const FieldValue value = FieldValue::of(bytes);
    if (bytes.count() == 4) return ipv4_text(value);
    return bracketed ? '[' + ipv6_text(value) + ']' : ipv6_text(value);
  }
  static std::string nat(const NatAction& action) {
    if (!action.source && !action.destination) return "nat";
    std::string text = action.source ? "nat(src" : "nat(dst";
    const bool ports = action.port_min != 0;
    if (!action.ip_min.empty()) text += '=' + address(action.ip_min, ports);
    const bool range =
        !action.ip_max.empty() && !(FieldValue::of(action.ip_max) == FieldValue::of(action.ip_min));
    if (range) text += '-' + address(action.ip_max, ports);
    if (ports) text += ':' + number(action.port_min);
    if (ports && action.port_max > action.port_min) text += '-' + number(action.port_max);
    if (action.persistent) text += ",persistent";
    if (action.hash) text += ",hash";
    if (action.random) text += ",random";
    return text + ')';
  }

  const PortNames* ports_;
};

constexpr FlagName kSlowReasons[] = {
    {kSlowCfm, "cfm"},   {kSlowBfd, "bfd"},       {kSlowLacp, "lacp"},  {kSlowStp, "stp"},
    {kSlowLldp, "lldp"}, {kSlowAction, "action"}, {kSlowMatch, "match"}};

}  // namespace

const FlagNames kSlowReasonNames{kSlowReasons, sizeof kSlowReasons / sizeof kSlowReasons[0], 0x7f};

std::string format_actions(const ActionList& actions, const PortNames* ports) {
  return Printer(ports).list(actions);
}

}  // namespace ovs::flow

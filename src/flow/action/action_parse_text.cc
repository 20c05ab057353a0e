// The reading half of action_text.h.
#include <algorithm>
#include <charconv>

#include "base/text/hex.h"
#include "flow/action/action_text.h"
#include "flow/action/cookie.h"
#include "flow/action/slow_reasons_text.h"
#include "flow/field/item_text.h"
#include "flow/match/netlink_parts.h"
#include "flow/match/odp_text.h"
#include "wire/packet/ethernet.h"

namespace ovs::flow {
namespace {

using Done = Result<void, TextError>;
using Bytevector = std::vector<std::uint8_t>;

TextError error(std::string_view where, std::string_view what) {
  return TextError{std::string(where) + ": " + std::string(what)};
}

std::optional<std::uint64_t> parse_unsigned(std::string_view text, std::uint64_t limit) {
  const auto value = parse_number(text);
  if (!value || value->high() != 0 || value->low() > limit) return {};
  return value->low();
}

// The parts "name=number" of an item's arguments, looked up by name; all must be known, the rest is
// zero.
class Numbers {
 public:
  struct Known {
    std::string_view name;
    std::uint64_t limit;
    std::uint64_t value = 0;
  };
  static std::optional<TextError> parse(std::string_view arguments, Known* known,
                                        std::size_t count) {
    ItemScanner scanner(arguments);
    for (TextItem item; scanner.next(item);) {
      Known* row =
          std::find_if(known, known + count, [&](const Known& k) { return k.name == item.name; });
      if (row == known + count) return error(item.all, "unknown part");
      const auto value = parse_unsigned(item.arguments, row->limit);
      if (!value) return error(item.all, "bad number");
      row->value = *value;
    }
    if (scanner.failed()) return error(arguments, "brackets do not match");
    return {};
  }
};

class Parser {
 public:
  Parser(const PortNames* ports, wire::Writer& writer) : ports_(ports), writer_(writer) {}

  Done list(std::string_view text, unsigned depth) {
    if (depth > kMaxActionNesting) return error(text, "actions are nested too deep");
    ItemScanner scanner(text);
    TextItem item;
    bool any = false, dropped = false;
    while (scanner.next(item)) {
      // "drop" alone is the empty list.
      dropped |= item.all == "drop";
      any |= item.all != "drop";
      if (item.all == "drop") continue;
      OVS_TRY(one(item, depth));
    }
    if (scanner.failed()) return error(text, "brackets do not match");
    if (any && dropped) put_drop(writer_, 0);
    return kOk;
  }

 private:
  using Handler = Done (Parser::*)(const TextItem&, unsigned depth);
  struct Named {
    std::string_view name;
    Handler handler;
  };
  static const Named kHandlers[];

  Done one(const TextItem& item, unsigned depth);

  std::optional<std::uint32_t> port(std::string_view text) const {
    if (const auto number = parse_unsigned(text, 0xffffffff)) return std::uint32_t(*number);
    return ports_ == nullptr ? std::nullopt : ports_->number(text);
  }

  Done number(const TextItem& item, unsigned) {
    struct Row {
      std::string_view name;
      ActionType type;
    };
    constexpr Row rows[] = {{"recirc", ActionType::Recirc},
                            {"trunc", ActionType::Trunc},
                            {"meter", ActionType::Meter},
                            {"lb_output", ActionType::LbOutput},
                            {"tnl_pop", ActionType::TunnelPop}};
    const auto value = parse_unsigned(item.arguments, 0xffffffff);
    if (!value) return error(item.all, "bad number");
    for (const Row& row : rows) {
      if (row.name == item.name) writer_.put_u32(row.type, std::uint32_t(*value));
    }
    return kOk;
  }
  Done flag(const TextItem& item, unsigned) {
    struct Row {
      std::string_view name;
      ActionType type;
    };
    constexpr Row rows[] = {{"pop_vlan", ActionType::PopVlan},
                            {"pop_eth", ActionType::PopEth},
                            {"ct_clear", ActionType::CtClear},
                            {"pop_nsh", ActionType::PopNsh}};
    for (const Row& row : rows) {
      if (row.name == item.name) writer_.put_flag(row.type);
    }
    return kOk;
  }
  Done clone(const TextItem& item, unsigned depth) {
    const auto nest = begin_clone(writer_);
    OVS_TRY(list(item.arguments, depth + 1));
    end_clone(writer_, nest);
    return kOk;
  }
  Done sample(const TextItem& item, unsigned depth);
  Done check_length(const TextItem& item, unsigned depth);
  Done set(const TextItem& item, unsigned depth);
  Done push_vlan(const TextItem& item, unsigned depth);
  Done push_eth(const TextItem& item, unsigned depth);
  Done mpls(const TextItem& item, unsigned depth);
  Done hash(const TextItem& item, unsigned depth);
  Done psample(const TextItem& item, unsigned depth);
  Done userspace(const TextItem& item, unsigned depth);
  Done userdata(const TextItem& item, UserspaceAction& action, Bytevector& storage);
  Done controller(std::string_view arguments, UserCookie& cookie);
  Done flow_sample(std::string_view arguments, UserCookie& cookie);
  Done sflow(std::string_view arguments, UserCookie& cookie);

  const PortNames* ports_;
  wire::Writer& writer_;
};

constexpr Parser::Named Parser::kHandlers[] = {
    {"recirc", &Parser::number},     {"trunc", &Parser::number},
    {"meter", &Parser::number},      {"lb_output", &Parser::number},
    {"tnl_pop", &Parser::number},    {"pop_vlan", &Parser::flag},
    {"pop_eth", &Parser::flag},      {"ct_clear", &Parser::flag},
    {"pop_nsh", &Parser::flag},      {"clone", &Parser::clone},
    {"sample", &Parser::sample},     {"check_pkt_len", &Parser::check_length},
    {"set", &Parser::set},           {"push_vlan", &Parser::push_vlan},
    {"push_eth", &Parser::push_eth}, {"push_mpls", &Parser::mpls},
    {"pop_mpls", &Parser::mpls},     {"hash", &Parser::hash},
    {"psample", &Parser::psample},   {"userspace", &Parser::userspace},
};

Done Parser::one(const TextItem& item, unsigned depth) {
  if (!item.has_brackets && !item.has_value) {
    if (const auto number = port(item.all)) {
      put_output(writer_, *number);
      return kOk;
    }
  }
  for (const Named& row : kHandlers) {
    if (row.name == item.name) return (this->*row.handler)(item, depth);
  }
  for (const std::string_view known : {"ct", "push_nsh", "tnl_push", "dec_ttl", "add_mpls"}) {
    if (known == item.name) return error(item.name, "not supported yet");
  }
  return error(item.all, "unknown action");
}

Done Parser::sample(const TextItem& item, unsigned depth) {
  ItemScanner scanner(item.arguments);
  TextItem share, actions;
  if (!scanner.next(share) || share.name != "sample" || !scanner.next(actions) ||
      actions.name != "actions" || share.arguments.empty() || share.arguments.back() != '%') {
    return error(item.all, "bad sample");
  }
  const auto halves = split_at(share.arguments.substr(0, share.arguments.size() - 1), '.');
  const std::string_view whole =
      halves ? halves->first : share.arguments.substr(0, share.arguments.size() - 1);
  const auto percent = parse_unsigned(whole, 100);
  const std::string fraction = std::string(halves ? halves->second.substr(0, 6) : "") + "000000";
  std::uint32_t millionths = 0;
  std::from_chars(fraction.data(), fraction.data() + 6, millionths);
  if (!percent || *percent * 1000000 + millionths > 100000000)
    return error(share.all, "bad probability");
  const std::uint64_t parts = *percent * 1000000 + millionths;
  const SampleNest nest =
      begin_sample(writer_, std::uint32_t((parts * 0xffffffff + 50000000) / 100000000));
  OVS_TRY(list(actions.arguments, depth + 1));
  end_sample(writer_, nest);
  return kOk;
}

Done Parser::check_length(const TextItem& item, unsigned depth) {
  ItemScanner scanner(item.arguments);
  TextItem size, greater, less;
  if (!scanner.next(size) || !scanner.next(greater) || !scanner.next(less) || size.name != "size" ||
      greater.name != "gt" || less.name != "le") {
    return error(item.all, "bad check_pkt_len");
  }
  const auto length = parse_unsigned(size.arguments, 0xffff);
  if (!length) return error(size.all, "bad number");
  const auto outer = writer_.begin_nest(ActionType::CheckPktLen);
  writer_.put_u16(wire::CheckPktLenAttr::PktLen, std::uint16_t(*length));
  const auto gt = writer_.begin_nest(wire::CheckPktLenAttr::Greater);
  OVS_TRY(list(greater.arguments, depth + 1));
  writer_.end_nest(gt);
  const auto le = writer_.begin_nest(wire::CheckPktLenAttr::LessEqual);
  OVS_TRY(list(less.arguments, depth + 1));
  writer_.end_nest(le);
  writer_.end_nest(outer);
  return kOk;
}

// Values, then masks unless they are all ones, of one attribute; as given: what cannot be set is
// the datapath's to refuse.
Done Parser::set(const TextItem& item, unsigned) {
  OVS_TRY(const OdpSet set, parse_odp_set(item.arguments));
  if (set.attr == wire::KeyAttr::Tunnel) {
    put_set_tunnel(writer_, set.value);
    return kOk;
  }
  const OdpAttr& attr = *find_odp_attr(set.attr);
  Bytevector payload(attr.size * 2u);
  const MutableBytes both(payload);
  fill_members(attr, both.first(attr.size), ValueKind::Value, set.value);
  fill_members(attr, both.from(attr.size), ValueKind::Mask, set.mask);
  // Not every bit of an attribute is of a member: IPv6's label has twelve more.
  FlowMask all;
  std::fill_n(all.bytes(), sizeof all, std::uint8_t{0xff});
  Bytevector exact(attr.size);
  fill_members(attr, MutableBytes(exact), ValueKind::Mask, all);
  const bool whole = std::equal(exact.begin(), exact.end(), payload.begin() + attr.size);
  const auto nest = writer_.begin_nest(whole ? ActionType::Set : ActionType::SetMasked);
  writer_.put(set.attr, Bytes(payload).first(whole ? attr.size : payload.size()));
  writer_.end_nest(nest);
  return kOk;
}

Done Parser::push_vlan(const TextItem& item, unsigned) {
  Numbers::Known parts[] = {
      {"tpid", 0xffff, wire::kEtherTypeVlan}, {"vid", 0xfff}, {"pcp", 7}, {"cfi", 1, 1}};
  if (auto bad = Numbers::parse(item.arguments, parts, 4)) return *bad;
  const auto tci = std::uint16_t(parts[1].value | parts[2].value << 13 | parts[3].value << 12);
  put_push_vlan(writer_, Be16(std::uint16_t(parts[0].value)), Be16(tci));
  return kOk;
}

Done Parser::push_eth(const TextItem& item, unsigned) {
  PushEthAction action{};
  ItemScanner scanner(item.arguments);
  for (TextItem part; scanner.next(part);) {
    const auto mac = parse_mac(part.arguments);
    if (!mac || (part.name != "src" && part.name != "dst"))
      return error(part.all, "bad part of push_eth");
    Array<std::uint8_t, 6>& to = part.name == "src" ? action.src : action.dst;
    std::copy_n(mac->wire(6).data(), 6, to.data());
  }
  put_push_eth(writer_, action);
  return kOk;
}

Done Parser::mpls(const TextItem& item, unsigned) {
  Numbers::Known parts[] = {
      {"label", 0xfffff}, {"tc", 7}, {"ttl", 255}, {"bos", 1}, {"eth_type", 0xffff}};
  if (auto bad = Numbers::parse(item.arguments, parts, 5)) return *bad;
  const Be16 type(std::uint16_t(parts[4].value));
  if (item.name == "pop_mpls") {
    put_pop_mpls(writer_, type);
    return kOk;
  }
  const std::uint64_t lse =
      parts[0].value << 12 | parts[1].value << 9 | parts[3].value << 8 | parts[2].value;
  put_push_mpls(writer_, {Be32(std::uint32_t(lse)), type});
  return kOk;
}

Done Parser::hash(const TextItem& item, unsigned) {
  ItemScanner scanner(item.arguments);
  TextItem kind;
  if (!scanner.next(kind) || (kind.name != "l4" && kind.name != "sym_l4"))
    return error(item.all, "bad hash");
  const auto basis = parse_unsigned(kind.arguments, 0xffffffff);
  if (!basis) return error(item.all, "bad number");
  put_hash(writer_, {kind.name == "l4" ? 0u : 1u, std::uint32_t(*basis)});
  return kOk;
}

Done Parser::psample(const TextItem& item, unsigned) {
  const auto nest = writer_.begin_nest(ActionType::Psample);
  ItemScanner scanner(item.arguments);
  for (TextItem part; scanner.next(part);) {
    const auto group = parse_unsigned(part.arguments, 0xffffffff);
    const bool hex = part.arguments.substr(0, 2) == "0x";
    const auto cookie = parse_hex<Bytevector>(part.arguments.substr(hex ? 2 : 0), Blanks::Refuse);
    if (part.name == "group" && group) {
      writer_.put_u32(wire::PsampleAttr::Group, std::uint32_t(*group));
    } else if (part.name == "cookie" && hex && cookie) {
      writer_.put(wire::PsampleAttr::Cookie, Bytes(*cookie));
    } else {
      return error(part.all, "bad part of psample");
    }
  }
  writer_.end_nest(nest);
  return kOk;
}

Done Parser::controller(std::string_view arguments, UserCookie& cookie) {
  Numbers::Known parts[] = {{"reason", 0xffff},
                            {"dont_send", 1},
                            {"continuation", 1},
                            {"recirc_id", 0xffffffff},
                            {"rule_cookie", ~std::uint64_t{0}},
                            {"controller_id", 0xffff},
                            {"max_len", 0xffff}};
  if (auto bad = Numbers::parse(arguments, parts, 7)) return *bad;
  ControllerCookie body;
  body.reason = std::uint16_t(parts[0].value);
  body.dont_send = std::uint8_t(parts[1].value);
  body.continuation = std::uint8_t(parts[2].value);
  body.recirc_id = std::uint32_t(parts[3].value);
  body.rule_cookie = Be64(parts[4].value);
  body.controller_id = std::uint16_t(parts[5].value);
  body.max_len = std::uint16_t(parts[6].value);
  cookie = UserCookie::of(CookieType::Controller, body);
  return kOk;
}

Done Parser::sflow(std::string_view arguments, UserCookie& cookie) {
  Numbers::Known parts[] = {{"vid", 0xfff}, {"pcp", 7}, {"output", 0xffffffff}};
  if (auto bad = Numbers::parse(arguments, parts, 3)) return *bad;
  SflowCookie body;
  const std::uint64_t tci = parts[0].value | parts[1].value << 13;
  body.vlan_tci = Be16(std::uint16_t(tci != 0 ? tci | 0x1000 : 0));
  body.output = std::uint32_t(parts[2].value);
  cookie = UserCookie::of(CookieType::Sflow, body);
  return kOk;
}

Done Parser::flow_sample(std::string_view arguments, UserCookie& cookie) {
  FlowSampleCookie body;
  for (const std::string_view direction : {",ingress", ",egress"}) {
    if (arguments.size() < direction.size() ||
        arguments.substr(arguments.size() - direction.size()) != direction) {
      continue;
    }
    body.direction = direction == ",ingress" ? 1 : 2;
    arguments.remove_suffix(direction.size());
  }
  Numbers::Known parts[] = {{"probability", 0xffff},
                            {"collector_set_id", 0xffffffff},
                            {"obs_domain_id", 0xffffffff},
                            {"obs_point_id", 0xffffffff},
                            {"output_port", 0xffffffff}};
  if (auto bad = Numbers::parse(arguments, parts, 5)) return *bad;
  body.probability = std::uint16_t(parts[0].value);
  body.collector_set_id = std::uint32_t(parts[1].value);
  body.observation_domain = std::uint32_t(parts[2].value);
  body.observation_point = std::uint32_t(parts[3].value);
  body.output_port = std::uint32_t(parts[4].value);
  cookie = UserCookie::of(CookieType::FlowSample, body);
  return kOk;
}

Done Parser::userdata(const TextItem& item, UserspaceAction& action, Bytevector& storage) {
  constexpr std::size_t least = 8;  // what old kernels insist on
  UserCookie cookie;
  if (item.name == "userdata") {
    const auto bytes = parse_hex<Bytevector>(item.arguments, Blanks::Refuse);
    if (!bytes) return error(item.all, "bad hexadecimal digits");
    storage = *bytes;
    storage.resize(std::max(storage.size(), least));
    action.userdata = storage, action.has_userdata = true;
    return kOk;
  }
  if (item.name == "slow_path") {
    std::string reasons(item.arguments);
    std::replace(reasons.begin(), reasons.end(), ',', '|');
    const auto flags = parse_flags(kSlowReasonNames, reasons.empty() ? "0" : reasons);
    if (!flags) return error(item.all, "unknown reason");
    cookie = UserCookie::of(CookieType::SlowPath, SlowPathCookie{0, flags->flags});
  } else if (item.name == "controller") {
    OVS_TRY(controller(item.arguments, cookie));
  } else if (item.name == "sFlow") {
    OVS_TRY(sflow(item.arguments, cookie));
  } else if (item.name == "flow_sample") {
    OVS_TRY(flow_sample(item.arguments, cookie));
  } else if (item.name == "ipfix") {
    Numbers::Known parts[] = {{"output_port", 0xffffffff}};
    if (auto bad = Numbers::parse(item.arguments, parts, 1)) return *bad;
    cookie = UserCookie::of(CookieType::Ipfix, IpfixCookie{std::uint32_t(parts[0].value)});
  } else {
    return error(item.all, "unknown part of userspace");
  }
  storage.resize(sizeof cookie);
  store(storage.data(), cookie);
  action.userdata = storage, action.has_userdata = true;
  return kOk;
}

Done Parser::userspace(const TextItem& item, unsigned) {
  UserspaceAction action;
  Bytevector storage;
  // Without any, upstream's parser too sends a cookie of zeros.
  storage.resize(kUserCookieSize);
  action.userdata = storage, action.has_userdata = true;
  bool has_pid = false;
  ItemScanner scanner(item.arguments);
  for (TextItem part; scanner.next(part);) {
    if (part.name == "pid" && part.has_value) {
      const auto pid = parse_unsigned(part.arguments, 0xffffffff);
      if (!pid) return error(part.all, "bad number");
      action.pid = std::uint32_t(*pid), has_pid = true;
    } else if (part.all == "actions") {
      action.with_actions = true;
    } else if (part.name == "tunnel_out_port" && part.has_value) {
      const auto out = port(part.arguments);
      if (!out) return error(part.all, "unknown port");
      action.egress_tunnel_port = *out;
    } else {
      OVS_TRY(userdata(part, action, storage));
    }
  }
  if (scanner.failed() || !has_pid) return error(item.all, "bad userspace action");
  put_userspace(writer_, action);
  return kOk;
}

}  // namespace

Result<std::vector<std::uint8_t>, TextError> parse_actions(std::string_view text,
                                                           const PortNames* ports) {
  Bytevector bytes;
  wire::ContainerRoom room(bytes);
  wire::Writer writer(room);
  OVS_TRY(Parser(ports, writer).list(text, 0));
  bytes.resize(writer.size());
  return bytes;
}

}  // namespace ovs::flow

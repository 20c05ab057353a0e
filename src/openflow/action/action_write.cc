#include <bit>

#include "openflow/action/action_wire.h"
#include "openflow/action/basic.h"
#include "openflow/action/extension.h"

namespace ovs::openflow {
namespace {

using flow::FieldId;
using flow::FieldValue;
using enum Version;
using Wide = unsigned __int128;

constexpr std::uint16_t kVendorAction = 0xffff;
constexpr std::uint16_t kVidPresent = 0x1000;

// An action: its header, what `body` writes, zeros to a multiple of eight, its length.
template <class F>
void put(Out& out, std::uint32_t vendor, std::uint16_t type, F body) {
  Out action(out.string(), out.version());
  if (vendor == kOpenVendor) {
    action.be(type);
    action.pad(2);
  } else {
    action.be(kVendorAction);
    action.pad(2);
    action.be(vendor);
    action.be(type);
  }
  body(action);
  action.pad_to(8);
  action.patch(2, action.offset());
}
template <class F>
void put_nx(Out& out, std::uint16_t type, F body) {
  put(out, kNiciraVendor, type, body);
}
template <class T>
void put_described(Out& out, std::uint16_t type, const T& value) {
  put_nx(out, type, [&](Out& action) { describe(action, value); });
}

void write_number(Out& out, std::uint64_t value, std::uint8_t width) {
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) out.be(std::uint8_t(value >> shift));
}

void write_set_field(Out& out, const SetField& set);

void write_encoded(Out& out, const BasicEncoding& encoding, std::uint64_t value) {
  put(out, encoding.vendor, encoding.type, [&](Out& action) {
    if (encoding.width == 4 || encoding.width == 8) action.pad_to(encoding.width);
    write_number(action, value, encoding.width);
    if (encoding.width == 6) action.pad(6);
  });
}

void write_as_field(Out& out, FieldId id, std::uint64_t value) {
  SetField set{};
  set.field = id;
  set.value = FieldValue::of(value);
  set.mask = flow::Match::exact_mask(id);
  write_set_field(out, set);
}

// The field that a port action writes depends on the match, which is not known here; TCP's and
// UDP's numbers differ only in name, so the standard action is written while there is one.
void write_basic(Out& out, const Basic& basic);

// 1.1 and later add a tag explicitly.
void write_vlan(Out& out, const Basic& basic, BasicOp as) {
  if (!basic.flow_has_vlan) write_basic(out, {BasicOp::PushVlan, 0x8100, false});
  write_basic(out, {as, basic.value, true});
}

bool write_elsewhere(Out& out, const Basic& basic) {
  const Version version = out.version();
  switch (basic.op) {
    case BasicOp::SetTunnel:
      if (basic.value <= 0xffffffff) return false;
      write_basic(out, {BasicOp::SetTunnel64, basic.value, false});
      return true;
    case BasicOp::ModVlanVid:
      if (version == V10) return false;
      write_vlan(out, basic, BasicOp::SetVlanVid);
      return true;
    case BasicOp::ModVlanPcp:
      if (version == V10) return false;
      write_vlan(out, basic, BasicOp::SetVlanPcp);
      return true;
    case BasicOp::SetVlanVid:
      if (version == V11) return false;
      if (version == V10) {
        write_basic(out, {BasicOp::ModVlanVid, basic.value, false});
      } else {
        write_as_field(out, FieldId::VlanVid, basic.value | kVidPresent);
      }
      return true;
    case BasicOp::SetVlanPcp:
      if (version != V10) return false;
      write_basic(out, {BasicOp::ModVlanPcp, basic.value, false});
      return true;
    case BasicOp::StripVlan:
      if (version == V10) return false;
      write_basic(out, {BasicOp::PopVlan, 0, false});
      return true;
    case BasicOp::PopVlan:
      if (version != V10) return false;
      write_basic(out, {BasicOp::StripVlan, 0, false});
      return true;
    case BasicOp::ModTos:
      if (version < V12) return false;
      write_as_field(out, FieldId::IpDscp, basic.value >> 2);
      return true;
    default: return false;
  }
}

void write_basic(Out& out, const Basic& basic) {
  if (write_elsewhere(out, basic)) return;
  const BasicRow& found = row(basic.op);
  const BasicEncoding* encoding = encoding_in(found, out.version());
  if (encoding != nullptr && (out.version() <= found.last_written || !found.field)) {
    return write_encoded(out, *encoding, basic.value);
  }
  if (found.field) write_as_field(out, *found.field, basic.value);
}

Wide wide(const FieldValue& value) {
  return Wide{value.high()} << 64 | value.low();
}
unsigned trailing_zeros(Wide value) {
  const auto low = std::uint64_t(value);
  return low != 0 ? unsigned(std::countr_zero(low))
                  : 64 + unsigned(std::countr_zero(std::uint64_t(value >> 64)));
}

// Each run of ones of the mask, in pieces of at most 64 bits, from the lowest.
template <class F>
void for_each_run(const FieldValue& mask, F take) {
  constexpr unsigned kMost = 64;
  Wide rest = wide(mask);
  while (rest != 0) {
    const unsigned first = trailing_zeros(rest);
    const Wide upper = ~(rest >> first);
    unsigned count = upper == 0 ? 128 : trailing_zeros(upper);
    count = std::min({count, 128 - first, kMost});
    take(first, count);
    const Wide ones = (Wide{1} << count) - 1;
    rest &= ~(ones << first);
  }
}

void write_loads(Out& out, const SetField& set) {
  const flow::OxmId number = oxm_id(set.field, OxmStyle::Nxm);
  if (set.form == SetField::Form::Load2 || number.oxm_class == 0xffff) {
    return put_nx(out, 33, [&](Out& action) {
      action.pad(6);
      write_oxm_entry(action, set.field, set.value, set.mask, OxmStyle::Nxm);
    });
  }
  for_each_run(set.mask, [&](unsigned first, unsigned count) {
    put_nx(out, 7, [&](Out& action) {
      first_and_count(action, {set.field, std::uint16_t(first), std::uint16_t(count)});
      field_header(action, set.field);
      const Wide ones = (Wide{1} << count) - 1;
      action.be(std::uint64_t(wide(set.value) >> first & ones));
    });
  });
}

struct Legacy {
  FieldId field;
  BasicOp op;
};
constexpr Legacy kLegacy[] = {
    {FieldId::EthSrc, BasicOp::ModEthSrc}, {FieldId::EthDst, BasicOp::ModEthDst},
    {FieldId::IpSrc, BasicOp::ModIpSrc},   {FieldId::IpDst, BasicOp::ModIpDst},
    {FieldId::TcpSrc, BasicOp::ModTpSrc},  {FieldId::UdpSrc, BasicOp::ModTpSrc},
    {FieldId::TcpDst, BasicOp::ModTpDst},  {FieldId::UdpDst, BasicOp::ModTpDst},
};

void write_legacy_vlan(Out& out, const SetField& set) {
  const auto value = std::uint16_t(set.value.low());
  const bool pcp = set.field == FieldId::VlanPcp;
  if (out.version() == V10) {
    if (!pcp && set.field == FieldId::VlanTci && (value & kVidPresent) == 0) {
      return write_basic(out, {BasicOp::StripVlan, 0, false});
    }
    return write_basic(out, {pcp ? BasicOp::ModVlanPcp : BasicOp::ModVlanVid,
                             pcp ? value : std::uint64_t(value & 0xfff), false});
  }
  write_basic(out, {pcp ? BasicOp::SetVlanPcp : BasicOp::SetVlanVid,
                    pcp ? value : std::uint64_t(value & 0xfff), false});
}

// Versions 1.0 and 1.1 have an action of its own for some fields.
void write_legacy(Out& out, const SetField& set) {
  for (const Legacy& legacy : kLegacy) {
    if (legacy.field == set.field) return write_basic(out, {legacy.op, set.value.low(), false});
  }
  if (set.field == FieldId::VlanVid || set.field == FieldId::VlanPcp) {
    return write_legacy_vlan(out, set);
  }
  if (set.field == FieldId::IpDscp) {
    return write_basic(out, {BasicOp::ModTos, set.value.low() << 2, false});
  }
  if (set.field == FieldId::NwEcn && out.version() == V11) {
    return write_basic(out, {BasicOp::ModEcn, set.value.low(), false});
  }
  write_loads(out, set);
}

void write_set_field(Out& out, const SetField& set) {
  const Version version = out.version();
  const bool whole = set.mask == flow::Match::exact_mask(set.field);
  if (version < V15) {
    if (set.form != SetField::Form::SetField || !whole) return write_loads(out, set);
    if (version < V12) return write_legacy(out, set);
  }
  put(out, kOpenVendor, 25, [&](Out& action) {
    write_oxm_entry(action, set.field, set.value, set.mask, oxm_style(version));
  });
}

void write_output(Out& out, const Output& output) {
  put(out, kOpenVendor, 0, [&](Out& action) {
    action.port(output.port);
    action.be(output.max_length);
    if (out.version() != V10) action.pad(6);
  });
}

void write_enqueue(Out& out, const Enqueue& enqueue) {
  if (out.version() != V10) {
    write_basic(out, {BasicOp::SetQueue, enqueue.queue, false});
    write_output(out, {enqueue.port, 0});
    return write_basic(out, {BasicOp::PopQueue, 0, false});
  }
  put(out, kOpenVendor, 11, [&](Out& action) {
    action.be(enqueue.port);
    action.pad(6);
    action.be(enqueue.queue);
  });
}

void write_output_reg(Out& out, const OutputReg& output) {
  if (oxm_id(output.source.field, OxmStyle::Nxm).oxm_class != 0xffff) {
    return put_described(out, 15, output);
  }
  put_nx(out, 32, [&](Out& action) {
    first_and_count(action, output.source);
    action.be(output.max_length);
    field_header(action, output.source.field);
    action.pad(action.remaining_of(24));
  });
}

template <class T>
void put_property(Out& out, std::uint16_t type, const T& value) {
  out.be(type);
  out.be(std::uint16_t(4 + sizeof value));
  out.be(value);
  out.pad_to(8);
}

void write_controller(Out& out, const Controller& c) {
  const bool plain = !c.has_userdata && !c.pause && c.provider_meter == 0xffffffff;
  if (plain) {
    return put_nx(out, 20, [&](Out& action) {
      action.be(c.max_length);
      action.be(c.controller_id);
      action.be(c.reason);
      action.pad(1);
    });
  }
  put_nx(out, 37, [&](Out& action) {
    action.pad(6);
    if (c.max_length != 0xffff) put_property(action, 0, c.max_length);
    if (c.controller_id != 0) put_property(action, 1, c.controller_id);
    if (c.reason != PacketInReason::Action) put_property(action, 2, c.reason);
    if (c.has_userdata && !c.userdata.empty()) {
      action.be(std::uint16_t(3));
      action.be(std::uint16_t(4 + c.userdata.size()));
      action.rest_to(c.userdata);
      action.pad_to(8);
    }
    if (c.pause) {
      action.be(std::uint16_t(4));
      action.be(std::uint16_t(4));
      action.pad_to(8);
    }
    if (c.provider_meter != 0xffffffff) put_property(action, 5, c.provider_meter);
  });
}

void write_move(Out& out, const Move& move) {
  const bool onf = move.onf && out.version() >= V13;
  if (out.version() < V15 && !onf) return put_described(out, 6, move);
  const bool standard = out.version() >= V15;
  put(out, standard ? kOpenVendor : kOnfVendor, standard ? 28 : 3200, [&](Out& action) {
    if (!standard) action.pad(2);
    action.be(move.source.bits);
    action.be(move.source.first_bit);
    action.be(move.destination.first_bit);
    action.pad(2);
    for (const FieldId id : {move.source.field, move.destination.field}) {
      write_oxm_header(action, id, oxm_style(out.version()), flow::field(id).width, false);
    }
  });
}

void write_encap(Out& out, const Encap& m) {
  constexpr std::uint16_t kNshProperties = 4;
  put_nx(out, 46, [&](Out& action) {
    action.be(m.header_size);
    action.be(m.packet_type);
    for (const EncapProperty& property : m.properties) {
      const bool tlv = property.kind == EncapProperty::Kind::Tlv;
      const std::size_t padded = (property.data.size() + 7) / 8 * 8;
      action.be(kNshProperties);
      action.be(property.kind);
      action.be(std::uint8_t(tlv ? 8 + padded : 5));
      if (tlv) {
        action.be(property.tlv_class);
        action.be(property.tlv_type);
        action.be(std::uint8_t(property.data.size()));
        action.rest_to(property.data);
      } else {
        action.be(property.md_type);
      }
      action.pad_to(8);
    }
  });
}

void write_decap(Out& out, const Decap& m) {
  put_nx(out, 47, [&](Out& action) {
    action.pad(2);
    action.be(m.packet_type);
  });
}

void write_resubmit(Out& out, const Resubmit& resubmit) {
  const bool ct = resubmit.form == Resubmit::Form::TableCt;
  if (!ct && resubmit.table == kCurrentTable && resubmit.form == Resubmit::Form::Port) {
    return put_nx(out, 1, [&](Out& action) { action.be(resubmit.in_port); });
  }
  put_nx(out, ct ? 44 : 14, [&](Out& action) {
    action.be(resubmit.in_port);
    action.be(resubmit.table);
    action.pad(3);
  });
}

void write_learn_spec(Out& out, const LearnSpec& spec) {
  const std::uint16_t header = std::uint16_t(spec.bits | unsigned(spec.destination_kind) << 11 |
                                             (spec.source ? 0u : 1u << 13));
  out.be(header);
  if (spec.source) {
    field_header(out, spec.source->field);
    out.be(spec.source->first_bit);
  } else {
    const std::size_t size = (spec.bits + 15u) / 16 * 2;
    if (size > 16) out.pad(size - 16);
    out.bytes(spec.immediate.wire(std::min<std::size_t>(size, 16)));
  }
  if (spec.destination_kind == LearnSpec::Destination::Output) return;
  field_header(out, spec.destination.field);
  out.be(spec.destination.first_bit);
}

void write_learn(Out& out, const Learn& m) {
  const bool second = m.limit != 0 || m.write_result;
  put_nx(out, second ? 45 : 16, [&](Out& action) {
    action.be(m.idle_timeout);
    action.be(m.hard_timeout);
    action.be(m.priority);
    action.be(m.cookie);
    action.be(std::uint16_t((m.send_flow_removed ? 1 : 0) | (m.delete_learned ? 2 : 0) |
                            (m.write_result ? 4 : 0)));
    action.be(m.table);
    action.pad(1);
    action.be(m.fin_idle_timeout);
    action.be(m.fin_hard_timeout);
    if (second) {
      action.be(m.limit);
      action.be(m.result ? m.result->first_bit : std::uint16_t{0});
      action.pad(2);
      if (m.result) field_header(action, m.result->field);
    }
    for (const LearnSpec& spec : m.specs) write_learn_spec(action, spec);
  });
}

void write_ct(Out& out, const Ct& ct) {
  put_nx(out, 35, [&](Out& action) {
    action.be(std::uint16_t((ct.commit ? 1 : 0) | (ct.force ? 2 : 0)));
    if (ct.zone_source) {
      field_header(action, ct.zone_source->field);
      first_and_count(action, *ct.zone_source);
    } else {
      action.pad(4);
      action.be(ct.zone);
    }
    action.be(ct.recirculation_table);
    action.pad(3);
    action.be(ct.helper);
    write_actions(action, ct.actions);
  });
}

void write_nat(Out& out, const Nat& nat) {
  const bool last = !nat.last_address.is_zero();
  std::uint16_t present = 0;
  if (nat.family == 4) present |= last ? 3 : 1;
  if (nat.family == 6) present |= last ? 12 : 4;
  if (nat.first_port != 0) present |= 0x10;
  if (nat.last_port != 0) present |= 0x20;
  const std::size_t width = nat.family == 4 ? 4 : 16;
  put_nx(out, 36, [&](Out& action) {
    action.pad(2);
    action.be(nat.flags);
    action.be(present);
    if (nat.family != 0) action.bytes(nat.first_address.wire(width));
    if (nat.family != 0 && last) action.bytes(nat.last_address.wire(width));
    if (present & 0x10) action.be(nat.first_port);
    if (present & 0x20) action.be(nat.last_port);
  });
}

void write_metadata10(Out& out, const WriteMetadata& write) {
  put_nx(out, 22, [&](Out& action) {
    action.pad(6);
    action.be(write.value);
    action.be(write.mask);
  });
}

void write_action(Out& out, const Action& action) {
  std::visit(Overloaded{
                 [&](const Basic& m) { write_basic(out, m); },
                 [&](const Output& m) { write_output(out, m); },
                 [&](const OutputReg& m) { write_output_reg(out, m); },
                 [&](const OutputTrunc& m) { put_described(out, 39, m); },
                 [&](const Enqueue& m) { write_enqueue(out, m); },
                 [&](const Controller& m) { write_controller(out, m); },
                 [&](const SetField& m) { write_set_field(out, m); },
                 [&](const Move& m) { write_move(out, m); },
                 [&](const StackPush& m) { put_described(out, 27, m); },
                 [&](const StackPop& m) { put_described(out, 28, m); },
                 [&](const Resubmit& m) { write_resubmit(out, m); },
                 [&](const DecTtlControllers& m) { put_described(out, 21, m); },
                 [&](const Note& m) { put_described(out, 8, m); },
                 [&](const Conjunction& m) { put_described(out, 34, m); },
                 [&](const FinTimeout& m) { put_described(out, 19, m); },
                 [&](const CheckPacketLarger& m) { put_described(out, 49, m); },
                 [&](const Multipath& m) { put_described(out, 10, m); },
                 [&](const Bundle& m) { put_described(out, m.destination ? 13 : 12, m); },
                 [&](const Learn& m) { write_learn(out, m); },
                 [&](const Sample& m) {
                   constexpr std::uint16_t kTypes[] = {29, 38, 41, 51};
                   put_described(out, kTypes[(m.form - 1) & 3], m);
                 },
                 [&](const Clone& m) {
                   put_nx(out, 42, [&](Out& nested) {
                     nested.pad(6);
                     write_actions(nested, m.actions);
                   });
                 },
                 [&](const Nat& m) { write_nat(out, m); },
                 [&](const Ct& m) { write_ct(out, m); },
                 [&](const Encap& m) { write_encap(out, m); },
                 [&](const Decap& m) { write_decap(out, m); },
                 [&](const WriteMetadata& m) { write_metadata10(out, m); },
                 [&](const GotoTable& m) {
                   write_resubmit(out, {kPortInPort, m.table, Resubmit::Form::Table});
                 },
                 [](const ClearActions&) {},
                 [](const WriteActions&) {},
             },
             action.value);
}

template <class F>
void put_instruction(Out& out, std::uint16_t type, F body) {
  Out instruction(out.string(), out.version());
  instruction.be(type);
  instruction.pad(2);
  body(instruction);
  instruction.patch(2, instruction.offset());
}

bool is_meter(const Action& action) {
  const Basic* basic = action.as<Basic>();
  return basic != nullptr && basic->op == BasicOp::Meter;
}

void write_instruction(Out& out, const Action& action) {
  if (action.as<ClearActions>()) {
    put_instruction(out, 5, [](Out& i) { i.pad(4); });
  } else if (const auto* write = action.as<WriteActions>()) {
    if (write->actions.empty()) return;  // says nothing
    put_instruction(out, 3, [&](Out& i) {
      i.pad(4);
      write_actions(i, write->actions);
    });
  } else if (const auto* metadata = action.as<WriteMetadata>()) {
    put_instruction(out, 2, [&](Out& i) {
      i.pad(4);
      i.be(metadata->value);
      i.be(metadata->mask);
    });
  } else if (const auto* go = action.as<GotoTable>()) {
    put_instruction(out, 1, [&](Out& i) {
      i.be(go->table);
      i.pad(3);
    });
  } else if (is_meter(action)) {
    put_instruction(out, 6, [&](Out& i) { i.be(std::uint32_t(action.as<Basic>()->value)); });
  }
}

}  // namespace

bool is_instruction(const Action& action) {
  return action.as<ClearActions>() || action.as<WriteActions>() || action.as<WriteMetadata>() ||
         action.as<GotoTable>();
}

void write_actions(Out& out, const Actions& actions) {
  for (const Action& action : actions) write_action(out, action);
}

void write_instructions(Out& out, const Actions& actions) {
  if (out.version() == V10) return write_actions(out, actions);
  const bool meters = out.version() == V13 || out.version() == V14;
  std::string apply;
  Out list(apply, out.version());
  for (const Action& action : actions) {
    if (meters && is_meter(action)) {
      write_instruction(out, action);
    } else if (!is_instruction(action)) {
      write_action(list, action);
    }
  }
  if (!apply.empty()) {
    put_instruction(out, 4, [&](Out& i) {
      i.pad(4);
      i.string() += apply;
    });
  }
  for (const Action& action : actions) {
    if (is_instruction(action)) write_instruction(out, action);
  }
}

}  // namespace ovs::openflow

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "flow/field/value_text.h"
#include "openflow/action/action_wire.h"
#include "openflow/action/basic.h"
#include "openflow/action/extension.h"
#include "openflow/action/verify.h"
#include "openflow/text/hex_dump.h"

namespace ovs::openflow {
namespace {

using flow::FieldId;
using flow::FieldValue;
using enum Version;

constexpr std::uint16_t kVendorAction = 0xffff;

// One action's header.
struct ActionHeader {
  std::uint32_t vendor = kOpenVendor;
  std::uint16_t type = 0, length = 0;
};

// Reads what is behind the header; `in` is the whole action.
using Reader = void (*)(In& in, Actions& out, int depth);
struct ReaderRow {
  std::uint32_t vendor;
  Version first, last;
  std::uint16_t type;
  Reader read;
};

template <class T>
void read_as(In& in, Actions& out, int) {
  T value{};
  describe(in, value);
  if (in.ok()) out.push_back(std::move(value));
}

// Ports that may exist, and the reserved ones that packets can go to.
void check_output_port(In& in, OfPort port) {
  const bool fine = port < kPortMax || (port >= kPortInPort && port != kPortNone);
  if (!fine) in.fail(OfError::OFPBAC_BAD_OUT_PORT);
}

void read_output10(In& in, Actions& out, int) {
  Output output;
  in.be(output.port);
  in.be(output.max_length);
  check_output_port(in, output.port);
  out.push_back(output);
}

void read_output11(In& in, Actions& out, int) {
  Output output;
  in.wide_port(output.port);
  in.be(output.max_length);
  in.pad(6);
  check_output_port(in, output.port);
  out.push_back(output);
}

void read_enqueue(In& in, Actions& out, int) {
  Enqueue enqueue;
  in.be(enqueue.port);
  in.pad(6);
  in.be(enqueue.queue);
  const bool fine =
      enqueue.port < kPortMax || enqueue.port == kPortInPort || enqueue.port == kPortLocal;
  if (!fine) in.fail(OfError::OFPBAC_BAD_OUT_PORT);
  out.push_back(enqueue);
}

void add_set_field(In& in, const Result<OxmEntry, OfError>& entry, SetField::Form form,
                   Actions& out) {
  if (!entry) {
    switch (entry.error()) {
      case OfError::OFPBMC_BAD_MASK: return in.fail(OfError::OFPBAC_BAD_SET_MASK);
      case OfError::OFPBMC_BAD_FIELD: return in.fail(OfError::OFPBAC_BAD_SET_TYPE);
      case OfError::OFPBMC_BAD_LEN: return in.fail(OfError::OFPBAC_BAD_SET_LEN);
      default: return in.fail(entry.error());
    }
  }
  if (entry->header.field == nullptr) return in.fail(OfError::OFPBAC_BAD_SET_TYPE);
  if (!entry->header.field->writable()) return in.fail(OfError::OFPBAC_BAD_SET_ARGUMENT);
  SetField set{};
  set.field = entry->header.field->id;
  set.value = entry->value;
  set.mask = entry->mask;
  set.form = form;
  out.push_back(set);
}

void read_set_field(In& in, Actions& out, int) {
  const Result<OxmEntry, OfError> entry = read_oxm_entry(in);
  if (entry && entry->header.masked && in.version() < V15) {
    return in.fail(OfError::OFPBAC_BAD_SET_MASK);
  }
  add_set_field(in, entry, SetField::Form::SetField, out);
}

void read_load2(In& in, Actions& out, int) {
  in.zeros(6, OfError::NXBRC_MUST_BE_ZERO);
  add_set_field(in, read_oxm_entry(in), SetField::Form::Load2, out);
}

FieldValue shifted(std::uint64_t value, unsigned by) {
  FieldValue result;
  const unsigned __int128 wide = static_cast<unsigned __int128>(value) << by;
  for (unsigned i = 0; i < 16; ++i) result.bytes.items[15 - i] = std::uint8_t(wide >> 8 * i);
  return result;
}

void read_load(In& in, Actions& out, int) {
  Subfield bits{};
  first_and_count(in, bits);
  field_header(in, bits.field);
  const auto value = in.read<std::uint64_t>();
  check_written(in, bits);
  if (!in.ok()) return;
  if (bits.bits < 64 && value >> bits.bits != 0) return in.fail(OfError::OFPBAC_BAD_ARGUMENT);
  SetField set{};
  set.field = bits.field;
  set.value = shifted(value, bits.first_bit);
  const std::uint64_t ones = bits.bits == 64 ? ~0ull : (1ull << bits.bits) - 1;
  set.mask = shifted(ones, bits.first_bit);
  set.form = SetField::Form::Load;
  out.push_back(set);
}

void read_copy_field(In& in, Actions& out, int) {
  Move move{};
  describe_move(in, move, 2);
  out.push_back(move);
}

// The ONF's extension has two bytes more before the numbers.
void read_onf_copy_field(In& in, Actions& out, int) {
  Move move{};
  in.pad(2);
  describe_move(in, move, 2);
  move.onf = true;
  out.push_back(move);
}

void read_resubmit(In& in, Actions& out, int) {
  Resubmit resubmit;
  resubmit.form = Resubmit::Form::Port;
  in.be(resubmit.in_port);
  out.push_back(resubmit);
}
template <Resubmit::Form F>
void read_resubmit_table(In& in, Actions& out, int) {
  Resubmit resubmit;
  resubmit.form = F;
  in.be(resubmit.in_port);
  in.be(resubmit.table);
  in.zeros(3, OfError::OFPBAC_BAD_ARGUMENT);
  out.push_back(resubmit);
}

void read_output_reg2(In& in, Actions& out, int) {
  OutputReg output{};
  first_and_count(in, output.source);
  in.be(output.max_length);
  field_header(in, output.source.field);
  in.pad(in.remaining_of(24));
  check_bits(in, output.source);
  out.push_back(output);
}

void read_controller(In& in, Actions& out, int) {
  Controller controller;
  in.be(controller.max_length);
  in.be(controller.controller_id);
  in.be(controller.reason);
  in.zeros(1, OfError::NXBRC_MUST_BE_ZERO);
  out.push_back(std::move(controller));
}

void read_controller_property(In& in, std::uint16_t type, Controller& controller) {
  switch (type) {
    case 0: return in.be(controller.max_length);
    case 1: return in.be(controller.controller_id);
    case 2: return in.be(controller.reason);
    case 3: controller.has_userdata = true; return in.rest_to(controller.userdata);
    case 4: controller.pause = true; return;
    case 5: return in.be(controller.provider_meter);
    default: return in.fail(OfError::OFPBPC_BAD_TYPE);
  }
}

void read_controller2(In& in, Actions& out, int) {
  in.zeros(6, OfError::NXBRC_MUST_BE_ZERO);
  Controller controller;
  while (in.remaining() >= 4) {
    const auto type = in.read<std::uint16_t>();
    const auto length = in.read<std::uint16_t>();
    if (length < 4) return in.fail(OfError::OFPBPC_BAD_LEN);
    In property = in.part(length - 4u);
    read_controller_property(property, type, controller);
    in.absorb(property);
    in.pad(std::min<std::size_t>((8 - length % 8) % 8, in.remaining()));
  }
  out.push_back(std::move(controller));
}

void read_bundle(In& in, Actions& out, int) {
  Bundle bundle;
  describe(in, bundle);
  out.push_back(std::move(bundle));
}
void read_bundle_load(In& in, Actions& out, int) {
  Bundle bundle;
  bundle.destination = Subfield{};
  describe(in, bundle);
  out.push_back(std::move(bundle));
}

template <std::uint8_t F>
void read_sample(In& in, Actions& out, int) {
  Sample sample;
  sample.form = F;
  describe(in, sample);
  if (sample.probability == 0) in.fail(OfError::OFPBAC_BAD_ARGUMENT);
  if (sample.direction > Sample::Direction::Egress) in.fail(OfError::OFPBAC_BAD_ARGUMENT);
  out.push_back(sample);
}

void verify(In& in, const Actions& actions, ActionsContext context, OuterAction outer) {
  if (!in.ok()) return;
  const auto verified = verify_actions(actions, context, outer, in.version());
  if (verified.ok()) return;
  remark(in.remarks(), "ofp_actions", Remark::Level::Warn, verified.error().text);
  in.fail(verified.error().error);
}

Actions read_list(In& in, int depth);

void read_clone(In& in, Actions& out, int depth) {
  in.zeros(6, OfError::NXBRC_MUST_BE_ZERO);
  In nested = in.part(in.remaining());
  Clone clone{read_list(nested, depth + 1)};
  verify(nested, clone.actions, ActionsContext::List, OuterAction::Clone);
  in.absorb(nested);
  out.push_back(std::move(clone));
}

LearnSpec read_learn_spec(In& in, std::uint16_t header) {
  LearnSpec spec;
  spec.bits = header & 0x7ff;
  const unsigned destination = header >> 11 & 3;
  if (destination > 2) in.fail(OfError::OFPBAC_BAD_ARGUMENT);
  spec.destination_kind = LearnSpec::Destination(destination);
  const bool immediate = (header & 1 << 13) != 0;
  if (immediate) {
    const std::size_t size = (spec.bits + 15u) / 16 * 2;
    const Bytes value = in.take(size);
    spec.immediate = FieldValue::of(value.count() > 16 ? value.from(value.count() - 16) : value);
  } else {
    Subfield source{};
    field_header(in, source.field);
    in.be(source.first_bit);
    source.bits = spec.bits;
    check_bits(in, source);
    spec.source = source;
  }
  if (spec.destination_kind == LearnSpec::Destination::Output) return spec;
  field_header(in, spec.destination.field);
  in.be(spec.destination.first_bit);
  spec.destination.bits = spec.bits;
  if (spec.destination_kind == LearnSpec::Destination::Load) {
    check_written(in, spec.destination);
  } else {
    check_bits(in, spec.destination);
  }
  return spec;
}

constexpr std::uint16_t kLearnSendRemoved = 1, kLearnDelete = 2, kLearnWriteResult = 4;

void read_learn_start(In& in, Learn& learn, std::uint16_t known_flags) {
  in.be(learn.idle_timeout);
  in.be(learn.hard_timeout);
  in.be(learn.priority);
  in.be(learn.cookie);
  const auto flags = in.read<std::uint16_t>();
  in.be(learn.table);
  in.pad(1);
  in.be(learn.fin_idle_timeout);
  in.be(learn.fin_hard_timeout);
  if (flags & ~known_flags || learn.table == 0xff) in.fail(OfError::OFPBAC_BAD_ARGUMENT);
  learn.send_flow_removed = flags & kLearnSendRemoved;
  learn.delete_learned = flags & kLearnDelete;
  learn.write_result = flags & kLearnWriteResult;
}

void read_learn_specs(In& in, Learn& learn, Actions& out) {
  while (in.remaining() >= 2) {
    const auto header = in.read<std::uint16_t>();
    if (header == 0) break;
    learn.specs.push_back(read_learn_spec(in, header));
  }
  in.zeros(in.remaining(), OfError::OFPBAC_BAD_ARGUMENT);
  out.push_back(std::move(learn));
}

void read_learn(In& in, Actions& out, int) {
  Learn learn;
  read_learn_start(in, learn, kLearnSendRemoved | kLearnDelete);
  read_learn_specs(in, learn, out);
}

void read_learn2(In& in, Actions& out, int) {
  Learn learn;
  read_learn_start(in, learn, kLearnSendRemoved | kLearnDelete | kLearnWriteResult);
  in.be(learn.limit);
  const auto first_bit = in.read<std::uint16_t>();
  in.zeros(2, OfError::NXBRC_MUST_BE_ZERO);
  if (learn.write_result) {
    Subfield result{};
    field_header(in, result.field);
    result.first_bit = first_bit;
    result.bits = 1;
    check_written(in, result);
    learn.result = result;
  }
  read_learn_specs(in, learn, out);
}

void read_ct(In& in, Actions& out, int depth) {
  Ct ct;
  const auto flags = in.read<std::uint16_t>();
  ct.commit = flags & 1;
  ct.force = flags & 2;
  const Bytes rest = in.rest();
  const bool immediate = rest.count() < 4 || load<Be32>(rest.data()).host() == 0;
  if (immediate) {
    in.pad(4);
    in.be(ct.zone);
  } else {
    Subfield zone{};
    field_header(in, zone.field);
    first_and_count(in, zone);
    check_bits(in, zone);
    if (in.ok() && zone.bits != 16) in.fail(OfError::OFPBAC_BAD_SET_LEN);
    ct.zone_source = zone;
  }
  in.be(ct.recirculation_table);
  in.zeros(3, OfError::NXBRC_MUST_BE_ZERO);
  in.be(ct.helper);
  if (ct.force && !ct.commit) in.fail(OfError::OFPBAC_BAD_ARGUMENT);
  In nested = in.part(in.remaining());
  ct.actions = read_list(nested, depth + 1);
  verify(nested, ct.actions, ActionsContext::List, OuterAction::Ct);
  in.absorb(nested);
  out.push_back(std::move(ct));
}

void read_nat(In& in, Actions& out, int) {
  Nat nat;
  in.zeros(2, OfError::NXBRC_MUST_BE_ZERO);
  in.be(nat.flags);
  const auto present = in.read<std::uint16_t>();
  if ((present & 0x03) && (present & 0x0c)) in.fail(OfError::OFPBAC_BAD_ARGUMENT);
  const std::size_t width = present & 0x03 ? 4 : 16;
  if (present & 0x05) {
    nat.family = width == 4 ? 4 : 6;
    nat.first_address = FieldValue::of(in.take(width));
  }
  if (present & 0x0a) nat.last_address = FieldValue::of(in.take(width));
  if (present & 0x10) in.be(nat.first_port);
  if (present & 0x20) in.be(nat.last_port);
  out.push_back(nat);
}

constexpr std::uint16_t kNshProperties = 4;

EncapProperty read_encap_property(In& in, std::uint8_t type) {
  EncapProperty property;
  property.kind = EncapProperty::Kind(type);
  if (property.kind == EncapProperty::Kind::MdType) {
    in.be(property.md_type);
    in.take(std::min<std::size_t>(3, in.remaining()));
  } else if (property.kind == EncapProperty::Kind::Tlv) {
    in.be(property.tlv_class);
    in.be(property.tlv_type);
    const auto size = in.read<std::uint8_t>();
    const Bytes data = in.take(size);
    property.data.assign(data.begin(), data.end());
    in.take(std::min<std::size_t>((8 - size % 8) % 8, in.remaining()));
  } else {
    in.fail(OfError::NXBAC_UNKNOWN_ED_PROP);
  }
  if (in.ok() && !in.at_end()) in.fail(OfError::NXBAC_BAD_ED_PROP);
  return property;
}

void read_encap(In& in, Actions& out, int) {
  Encap encap;
  in.be(encap.header_size);
  in.be(encap.packet_type);
  const bool known = encap.packet_type == kPacketEthernet || encap.packet_type == kPacketNsh ||
                     encap.packet_type == kPacketMpls || encap.packet_type == kPacketMplsMulticast;
  if (!known) in.fail(OfError::NXBAC_BAD_HEADER_TYPE);
  while (in.ok() && in.remaining() >= 4) {
    const auto property_class = in.read<std::uint16_t>();
    const auto type = in.read<std::uint8_t>();
    const auto length = in.read<std::uint8_t>();
    if (length < 4) return in.fail(OfError::OFPBAC_BAD_LEN);
    if (property_class != kNshProperties) return in.fail(OfError::NXBAC_UNKNOWN_ED_PROP);
    In property = in.over(in.take(length - 4u), OfError::NXBAC_BAD_ED_PROP);
    encap.properties.push_back(read_encap_property(property, type));
    in.absorb(property);
    if (in.ok()) in.take(std::min<std::size_t>((8 - length % 8) % 8, in.remaining()));
  }
  out.push_back(std::move(encap));
}

void read_decap(In& in, Actions& out, int) {
  Decap decap;
  in.pad(2);
  in.be(decap.packet_type);
  if (!in.at_end()) in.fail(OfError::NXBAC_UNKNOWN_ED_PROP);
  out.push_back(decap);
}

void read_write_metadata(In& in, Actions& out, int) {
  WriteMetadata write;
  in.zeros(6, OfError::NXBRC_MUST_BE_ZERO);
  in.be(write.value);
  in.be(write.mask);
  out.push_back(write);
}

// What goes behind the last byte of these may be anything: their data goes to the end.
constexpr ReaderRow kRows[] = {
    {kOpenVendor, V10, V10, 0, read_output10},
    {kOpenVendor, V11, V15, 0, read_output11},
    {kOpenVendor, V10, V10, 11, read_enqueue},
    {kOpenVendor, V12, V15, 25, read_set_field},
    {kOpenVendor, V15, V15, 28, read_copy_field},
    {kOnfVendor, V13, V14, 3200, read_onf_copy_field},
    {kNiciraVendor, V10, V15, 1, read_resubmit},
    {kNiciraVendor, V10, V14, 6, read_as<Move>},
    {kNiciraVendor, V10, V14, 7, read_load},
    {kNiciraVendor, V10, V15, 8, read_as<Note>},
    {kNiciraVendor, V10, V15, 10, read_as<Multipath>},
    {kNiciraVendor, V10, V15, 12, read_bundle},
    {kNiciraVendor, V10, V15, 13, read_bundle_load},
    {kNiciraVendor, V10, V15, 14, read_resubmit_table<Resubmit::Form::Table>},
    {kNiciraVendor, V10, V15, 15, read_as<OutputReg>},
    {kNiciraVendor, V10, V15, 16, read_learn},
    {kNiciraVendor, V10, V15, 19, read_as<FinTimeout>},
    {kNiciraVendor, V10, V15, 20, read_controller},
    {kNiciraVendor, V10, V15, 21, read_as<DecTtlControllers>},
    {kNiciraVendor, V10, V15, 22, read_write_metadata},
    {kNiciraVendor, V10, V15, 27, read_as<StackPush>},
    {kNiciraVendor, V10, V15, 28, read_as<StackPop>},
    {kNiciraVendor, V10, V15, 29, read_sample<1>},
    {kNiciraVendor, V10, V15, 32, read_output_reg2},
    {kNiciraVendor, V10, V14, 33, read_load2},
    {kNiciraVendor, V10, V15, 34, read_as<Conjunction>},
    {kNiciraVendor, V10, V15, 35, read_ct},
    {kNiciraVendor, V10, V15, 36, read_nat},
    {kNiciraVendor, V10, V15, 37, read_controller2},
    {kNiciraVendor, V10, V15, 38, read_sample<2>},
    {kNiciraVendor, V10, V15, 39, read_as<OutputTrunc>},
    {kNiciraVendor, V10, V15, 41, read_sample<3>},
    {kNiciraVendor, V10, V15, 42, read_clone},
    {kNiciraVendor, V10, V15, 44, read_resubmit_table<Resubmit::Form::TableCt>},
    {kNiciraVendor, V10, V15, 45, read_learn2},
    {kNiciraVendor, V13, V15, 46, read_encap},
    {kNiciraVendor, V13, V15, 47, read_decap},
    {kNiciraVendor, V10, V15, 49, read_as<CheckPacketLarger>},
    {kNiciraVendor, V10, V15, 51, read_sample<4>},
};

const ReaderRow* find_reader(const ActionHeader& header, Version version) {
  for (const ReaderRow& candidate : kRows) {
    if (candidate.vendor == header.vendor && candidate.type == header.type &&
        candidate.first <= version && version <= candidate.last) {
      return &candidate;
    }
  }
  return nullptr;
}

std::uint64_t read_number(In& in, std::uint8_t width) {
  std::uint64_t number = 0;
  for (const std::uint8_t byte : in.take(width)) number = number << 8 | byte;
  return number;
}

void check_basic(In& in, const BasicRow& row, std::uint64_t value) {
  if (value > row.limit) return in.fail(OfError::OFPBAC_BAD_ARGUMENT);
  if (row.op == BasicOp::ModTos && (value & 3) != 0) return in.fail(OfError::OFPBAC_BAD_ARGUMENT);
  if (row.op == BasicOp::PushVlan && value != 0x8100 && value != 0x88a8) {
    return in.fail(OfError::OFPBAC_BAD_ARGUMENT);
  }
  if (row.op == BasicOp::PushMpls && value != 0x8847 && value != 0x8848) {
    return in.fail(OfError::OFPBAC_BAD_ARGUMENT);
  }
}

// Numbers of four and eight bytes are aligned to their size.
void read_basic(In& in, const BasicRow& row, const BasicEncoding& encoding, Actions& out) {
  if (encoding.width == 4 || encoding.width == 8) in.pad_to(encoding.width);
  Basic basic{row.op, read_number(in, encoding.width), false};
  check_basic(in, row, basic.value);
  out.push_back(basic);
}

void read_body(In& in, const ActionHeader& header, Actions& out, int depth) {
  const BasicEncoding* encoding = nullptr;
  if (const BasicRow* basic = find_basic(header.vendor, header.type, in.version(), &encoding)) {
    read_basic(in, *basic, *encoding, out);
    in.pad(in.remaining_of(encoding->width == 6 ? 16 : 8));
  } else if (const ReaderRow* found = find_reader(header, in.version())) {
    found->read(in, out, depth);
  } else if (header.vendor == kOpenVendor) {
    return in.fail(OfError::OFPBAC_BAD_TYPE);
  } else if (header.vendor == kNiciraVendor || header.vendor == kOnfVendor) {
    return in.fail(OfError::OFPBAC_BAD_VENDOR_TYPE);
  } else {
    return in.fail(OfError::OFPBAC_BAD_VENDOR);
  }
  in.pad_to(8);
  if (!in.at_end()) in.fail(OfError::OFPBAC_BAD_LEN);
}

void read_action(In& in, Actions& out, int depth) {
  ActionHeader header;
  const Bytes start = in.rest();
  if (start.count() < 4) return in.fail(OfError::OFPBAC_BAD_LEN);
  header.length = load<Be16>(start.data() + 2).host();
  if (header.length < 8 || header.length % 8 != 0 || header.length > start.count()) {
    return in.fail(OfError::OFPBAC_BAD_LEN);
  }
  In action = in.over(start.first(header.length), OfError::OFPBAC_BAD_LEN);
  action.be(header.type);
  action.pad(2);
  if (header.type == kVendorAction) {
    action.be(header.vendor);
    action.be(header.type);
  }
  read_body(action, header, out, depth);
  in.absorb(action);
  if (in.ok()) in.pad(header.length);
}

// Instructions as 1.1 and later have them.
enum class InstructionType : std::uint16_t {
  GotoTable = 1,
  WriteMetadata,
  WriteActions,
  ApplyActions,
  ClearActions,
  Meter,
};
constexpr std::uint16_t kVendorInstruction = 0xffff;

struct Instructions {
  std::optional<Basic> meter;
  std::optional<Actions> apply;
  std::optional<ClearActions> clear;
  std::optional<WriteActions> write;
  std::optional<WriteMetadata> metadata;
  std::optional<GotoTable> go;
};

template <class T>
void once(In& in, std::optional<T>& slot, T value) {
  if (slot) return in.fail(OfError::OFPBIC_DUP_INST);
  slot = std::move(value);
}

Actions nested_actions(In& in) {
  in.pad(4);
  In nested = in.part(in.remaining());
  Actions actions = read_list(nested, 0);
  in.absorb(nested);
  return actions;
}

void log_bad_action(const In& in, Bytes whole, std::size_t offset) {
  if (in.remarks() == nullptr) return;
  std::string text = fmt::format("bad action at offset {} ({}):\n", flow::sharp_hex_text(offset),
                                 error_name(in.error()));
  text += hex_dump(whole, Characters::No);
  // Logs mark the middle of a line even where it ends there.
  text.pop_back();
  if (whole.count() % 16 == 8) text += '-';
  remark(in.remarks(), "ofp_actions", Remark::Level::Warn, std::move(text));
}

Actions read_list(In& in, int depth) {
  const Bytes whole = in.rest();
  Actions actions;
  if (depth > kMaxActionDepth) in.fail(OfError::OFPBAC_TOO_MANY);
  if (in.remaining() % 8 != 0) in.fail(OfError::OFPBRC_BAD_LEN);
  while (in.ok() && !in.at_end()) {
    const std::size_t offset = whole.count() - in.remaining();
    read_action(in, actions, depth);
    if (!in.ok()) log_bad_action(in, whole, offset);
  }
  return actions;
}

void read_instruction(In& in, std::uint16_t type, Instructions& all) {
  switch (type) {
    case std::uint16_t(InstructionType::GotoTable): {
      GotoTable go;
      in.be(go.table);
      in.pad(3);
      return once(in, all.go, go);
    }
    case std::uint16_t(InstructionType::WriteMetadata): {
      WriteMetadata write;
      in.pad(4);
      in.be(write.value);
      in.be(write.mask);
      return once(in, all.metadata, write);
    }
    case std::uint16_t(InstructionType::WriteActions):
      return once(in, all.write, WriteActions{nested_actions(in)});
    case std::uint16_t(InstructionType::ApplyActions):
      return once(in, all.apply, nested_actions(in));
    case std::uint16_t(InstructionType::ClearActions):
      in.pad(4);
      return once(in, all.clear, ClearActions{});
    case std::uint16_t(InstructionType::Meter): {
      if (in.version() < V13 || in.version() > V14) return in.fail(OfError::OFPBIC_UNKNOWN_INST);
      return once(in, all.meter, Basic{BasicOp::Meter, in.read<std::uint32_t>(), false});
    }
    case kVendorInstruction: return in.fail(OfError::OFPBIC_BAD_EXPERIMENTER);
    default: return in.fail(OfError::OFPBIC_UNKNOWN_INST);
  }
}

Actions in_order(Instructions&& all) {
  Actions actions;
  if (all.meter) actions.push_back(*all.meter);
  if (all.apply) {
    for (Action& action : *all.apply) actions.push_back(std::move(action));
  }
  if (all.clear) actions.push_back(*all.clear);
  if (all.write) actions.push_back(std::move(*all.write));
  if (all.metadata) actions.push_back(*all.metadata);
  if (all.go) actions.push_back(*all.go);
  return actions;
}

}  // namespace

FieldId read_field_header(In& in, OfError unknown) {
  const Result<OxmHeader, OfError> header = read_oxm_header(in);
  if (!header) {
    in.fail(header.error());
  } else if (header->field == nullptr) {
    in.fail(unknown);
  } else if (header->masked) {
    in.fail(OfError::OFPBMC_BAD_MASK);
  }
  return in.ok() ? header->field->id : FieldId{};
}

Actions read_actions(In& in) {
  Actions actions = read_list(in, 0);
  verify(in, actions, ActionsContext::List, OuterAction::None);
  return actions;
}

Actions read_instructions(In& in) {
  if (in.version() == V10) {
    Actions actions = read_list(in, 0);
    verify(in, actions, ActionsContext::Instructions, OuterAction::None);
    return actions;
  }
  if (in.remaining() % 8 != 0) {
    remark(in.remarks(), "ofp_actions", Remark::Level::Warn,
           fmt::format("OpenFlow message instructions length {} is not a multiple of 8",
                       in.remaining()));
    in.fail(OfError::OFPBIC_BAD_LEN);
  }
  Instructions all;
  while (in.ok() && !in.at_end()) {
    if (in.remaining() < 8) {
      in.fail(OfError::OFPBIC_BAD_LEN);
      break;
    }
    const auto type = in.read<std::uint16_t>();
    const auto length = in.read<std::uint16_t>();
    if (length < 8 || length % 8 != 0 || length - 4u > in.remaining()) {
      in.fail(OfError::OFPBIC_BAD_LEN);
      break;
    }
    In body = in.over(in.take(length - 4u), OfError::OFPBIC_BAD_LEN);
    read_instruction(body, type, all);
    if (body.ok() && !body.at_end()) body.fail(OfError::OFPBIC_BAD_LEN);
    in.absorb(body);
  }
  Actions actions = in_order(std::move(all));
  verify(in, actions, ActionsContext::Instructions, OuterAction::None);
  return actions;
}

}  // namespace ovs::openflow

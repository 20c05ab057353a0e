// OpenFlow's actions and instructions, of every version and extension, as values: what a flow says
// to do. Their wire forms are in action_wire.h, their texts in action_text.h; running them is for
// the switch. Instructions stand at the end of a list, in their order of execution.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "flow/field/field.h"
#include "flow/field/value.h"
#include "flow/match/match.h"
#include "openflow/core/port.h"
#include "openflow/core/version.h"

namespace ovs::openflow {

struct Action;
using Actions = std::vector<Action>;

// Some bits of a field; bit 0 is the least significant.
struct Subfield {
  flow::FieldId field;
  std::uint16_t first_bit, bits;
  bool operator==(const Subfield&) const = default;
  bool is_whole() const { return first_bit == 0 && bits == flow::field(field).bits(); }
};

// What needs at most one number to be said. basic_rows() has a row for each.
enum class BasicOp : std::uint8_t {
  ModVlanVid,  // adds a tag if there is none
  SetVlanVid,  // only to a packet that has a tag
  ModVlanPcp,
  SetVlanPcp,
  StripVlan,
  PopVlan,
  PushVlan,  // an Ethernet type
  ModEthSrc,
  ModEthDst,
  ModIpSrc,
  ModIpDst,
  ModTos,  // with the bits of ECN zero
  ModEcn,
  ModTtl,
  ModTpSrc,
  ModTpDst,
  SetMplsLabel,
  SetMplsTc,
  SetMplsTtl,
  DecMplsTtl,
  PushMpls,
  PopMpls,
  DecTtl,
  SetQueue,
  PopQueue,
  Group,
  Meter,
  SetTunnel,
  SetTunnel64,
  Exit,
  CtClear,
  DecNshTtl,
};
struct Basic {
  BasicOp op;
  std::uint64_t value = 0;
  bool flow_has_vlan = false;  // of the VLAN ones: the match says that there is a tag
  bool operator==(const Basic&) const = default;
};

struct Output {
  OfPort port = kPortNone;
  std::uint16_t max_length = 0;  // how much of the packet a controller gets
  bool operator==(const Output&) const = default;
};
struct OutputReg {
  Subfield source;
  std::uint16_t max_length = 0xffff;
  bool operator==(const OutputReg&) const = default;
};
struct OutputTrunc {
  OfPort port = kPortNone;
  std::uint32_t max_length = 0;
  bool operator==(const OutputTrunc&) const = default;
};
struct Enqueue {
  OfPort port = kPortNone;
  std::uint32_t queue = 0;
  bool operator==(const Enqueue&) const = default;
};

// Why a controller gets a packet.
enum class PacketInReason : std::uint8_t {
  NoMatch,
  Action,
  InvalidTtl,
  ActionSet,
  Group,
  PacketOut,
  ExplicitMiss,
  ImplicitMiss,
};
inline constexpr std::uint32_t kNoMeter = 0;
struct Controller {
  std::uint16_t max_length = 0xffff;
  std::uint16_t controller_id = 0;
  PacketInReason reason = PacketInReason::Action;
  bool pause = false;
  bool has_userdata = false;
  std::vector<std::uint8_t> userdata;
  std::uint32_t provider_meter = 0xffffffff;  // none
  bool operator==(const Controller&) const = default;
};

struct SetField {
  // How it was said: the switch does the same, texts and encodings differ.
  enum class Form : std::uint8_t { SetField, Load, Load2 };
  flow::FieldId field;
  flow::FieldValue value, mask;
  Form form = Form::SetField;
  bool flow_has_vlan = false;
  bool operator==(const SetField&) const = default;
};
struct Move {
  Subfield source, destination;
  bool onf = false;  // versions 1.3 and 1.4: said in the ONF's words
  bool operator==(const Move&) const = default;
};
struct StackPush {
  Subfield source;
  bool operator==(const StackPush&) const = default;
};
struct StackPop {
  Subfield destination;
  bool operator==(const StackPop&) const = default;
};

inline constexpr std::uint8_t kCurrentTable = 0xff;
struct Resubmit {
  enum class Form : std::uint8_t { Port, Table, TableCt };
  OfPort in_port = kPortInPort;
  std::uint8_t table = kCurrentTable;
  Form form = Form::Table;  // Port: no table was named
  bool operator==(const Resubmit&) const = default;
};
struct DecTtlControllers {
  std::vector<std::uint16_t> controllers;
  bool operator==(const DecTtlControllers&) const = default;
};
struct Note {
  std::vector<std::uint8_t> data;
  bool operator==(const Note&) const = default;
};
struct Conjunction {
  std::uint32_t id = 0;
  std::uint8_t clause = 0, clauses = 0;  // clause counts from 0
  bool operator==(const Conjunction&) const = default;
};
struct FinTimeout {
  std::uint16_t idle_timeout = 0, hard_timeout = 0;
  bool operator==(const FinTimeout&) const = default;
};
struct CheckPacketLarger {
  Subfield destination;
  std::uint16_t length = 0;
  bool operator==(const CheckPacketLarger&) const = default;
};

enum class HashFields : std::uint8_t {
  EthSrc,
  SymmetricL4,
  SymmetricL3L4,
  SymmetricL3L4Udp,
  NwSrc,
  NwDst,
  SymmetricL3,
};
enum class MultipathAlgorithm : std::uint8_t { ModuloN, HashThreshold, Hrw, IterHash };
struct Multipath {
  HashFields fields = HashFields::EthSrc;
  std::uint16_t basis = 0;
  MultipathAlgorithm algorithm = MultipathAlgorithm::ModuloN;
  std::uint16_t max_link = 0;  // one less than how many links
  std::uint32_t argument = 0;
  Subfield destination;
  bool operator==(const Multipath&) const = default;
};
enum class BundleAlgorithm : std::uint8_t { ActiveBackup, Hrw };
struct Bundle {
  BundleAlgorithm algorithm = BundleAlgorithm::ActiveBackup;
  HashFields fields = HashFields::EthSrc;
  std::uint16_t basis = 0;
  std::vector<OfPort> members;
  std::optional<Subfield> destination;  // none: outputs there
  bool operator==(const Bundle&) const = default;
};

struct LearnSpec {
  enum class Destination : std::uint8_t { Match, Load, Output };
  Destination destination_kind = Destination::Match;
  std::uint16_t bits = 0;
  std::optional<Subfield> source;  // none: `immediate`
  flow::FieldValue immediate;      // right-aligned
  Subfield destination{};          // unless Output
  bool operator==(const LearnSpec&) const = default;
};
struct Learn {
  std::uint16_t idle_timeout = 0, hard_timeout = 0;
  std::uint16_t fin_idle_timeout = 0, fin_hard_timeout = 0;
  std::uint16_t priority = 32768;
  std::uint8_t table = 1;
  std::uint64_t cookie = 0;
  bool send_flow_removed = false, delete_learned = false, write_result = false;
  std::uint32_t limit = 0;
  std::optional<Subfield> result;  // where write_result writes
  std::vector<LearnSpec> specs;
  bool operator==(const Learn&) const = default;
};

struct Sample {
  enum class Direction : std::uint8_t { Default, Ingress, Egress };
  std::uint16_t probability = 0;
  std::uint32_t collector_set = 0, domain = 0, point = 0;
  std::optional<Subfield> domain_source, point_source;
  OfPort sampling_port = kPortNone;
  Direction direction = Direction::Default;
  std::uint8_t form = 1;  // NXAST_SAMPLE 1, 2, 3; 4 where a source is a field
  bool operator==(const Sample&) const = default;
};

struct Clone {
  Actions actions;
  bool operator==(const Clone&) const;
};
struct Nat {
  std::uint16_t flags = 0;  // kNat…
  std::uint8_t family = 0;  // 0 none, 4, 6
  flow::FieldValue first_address, last_address;
  std::uint16_t first_port = 0, last_port = 0;
  bool operator==(const Nat&) const = default;
};
inline constexpr std::uint16_t kNatSource = 1, kNatDestination = 2, kNatPersistent = 4,
                               kNatHash = 8, kNatRandom = 16;
inline constexpr std::uint8_t kNoRecirculation = 0xff;
struct Ct {
  bool commit = false, force = false;
  std::optional<Subfield> zone_source;
  std::uint16_t zone = 0;
  std::uint8_t recirculation_table = kNoRecirculation;
  std::uint16_t helper = 0;  // 21 FTP, 69 TFTP
  Actions actions;           // Nat, and writes of ct_mark and ct_label
  bool operator==(const Ct&) const;
};

// Packet types: a name space in the upper half, a type in the lower.
inline constexpr std::uint32_t kPacketEthernet = 0, kPacketNsh = 0x1894f, kPacketMpls = 0x18847,
                               kPacketMplsMulticast = 0x18848, kPacketNextProtocol = 0xfffe;
struct EncapProperty {  // of NSH
  enum class Kind : std::uint8_t { MdType = 1, Tlv = 2 };
  Kind kind = Kind::MdType;
  std::uint8_t md_type = 1;
  std::uint16_t tlv_class = 0;
  std::uint8_t tlv_type = 0;
  std::vector<std::uint8_t> data;
  bool operator==(const EncapProperty&) const = default;
};
struct Encap {
  std::uint32_t packet_type = kPacketEthernet;
  std::uint16_t header_size = 0;  // 0: not said
  std::vector<EncapProperty> properties;
  bool operator==(const Encap&) const = default;
};
struct Decap {
  std::uint32_t packet_type = kPacketNextProtocol;
  bool operator==(const Decap&) const = default;
};

// Instructions.
struct ClearActions {
  bool operator==(const ClearActions&) const = default;
};
struct WriteActions {
  Actions actions;
  bool operator==(const WriteActions&) const;
};
struct WriteMetadata {
  std::uint64_t value = 0, mask = ~std::uint64_t{0};
  bool operator==(const WriteMetadata&) const = default;
};
struct GotoTable {
  std::uint8_t table = 0;
  bool operator==(const GotoTable&) const = default;
};

struct Action {
  using Value =
      std::variant<Basic, Output, OutputReg, OutputTrunc, Enqueue, Controller, SetField, Move,
                   StackPush, StackPop, Resubmit, DecTtlControllers, Note, Conjunction, FinTimeout,
                   CheckPacketLarger, Multipath, Bundle, Learn, Sample, Clone, Nat, Ct, Encap,
                   Decap, ClearActions, WriteActions, WriteMetadata, GotoTable>;
  Value value;

  template <class T>
  Action(T&& v) : value(std::forward<T>(v)) {}
  Action(const Action&) = default;
  Action(Action&&) = default;
  Action(Action&) = default;
  Action& operator=(const Action&) = default;
  Action& operator=(Action&&) = default;
  bool operator==(const Action&) const = default;

  template <class T>
  const T* as() const {
    return std::get_if<T>(&value);
  }
};

inline bool Clone::operator==(const Clone& other) const {
  return actions == other.actions;
}
inline bool Ct::operator==(const Ct& o) const {
  return commit == o.commit && force == o.force && zone_source == o.zone_source && zone == o.zone &&
         recirculation_table == o.recirculation_table && helper == o.helper && actions == o.actions;
}
inline bool WriteActions::operator==(const WriteActions& other) const {
  return actions == other.actions;
}

// How deep actions may contain actions.
inline constexpr int kMaxActionDepth = 8;

template <class... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <class... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace ovs::openflow

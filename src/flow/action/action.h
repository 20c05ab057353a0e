// The datapath's action list. It is kept as its netlink form, and read through this view: one
// decoded Action at a time, nested lists as lists. Knows the form of every action; whether an
// engine can run one is the engine's to say.
#pragma once
#include "base/bytes/big.h"
#include "flow/match/key.h"
#include "wire/netlink/attribute.h"
#include "wire/netlink/families.h"

namespace ovs::flow {

using ActionType = wire::ActionAttr;

struct UserspaceAction {
  std::uint32_t pid = 0;
  Bytes userdata;  // empty if there is none
  bool has_userdata = false;
  bool with_actions = false;  // the upcall carries the flow's actions
  Maybe<std::uint32_t>
      egress_tunnel_port;  // the upcall carries the tunnel key that this port would use
};
struct PushVlanAction {
  Be16 tpid, tci;  // 0x1000 of the TCI is set
};
struct HashAction {
  std::uint32_t algorithm = 0, basis = 0;  // algorithm: 0 L4, 1 symmetric L4
};
struct SampleAction {
  std::uint32_t probability = 0;  // of 2^32 - 1
  Bytes actions;
};
struct PushMplsAction {
  Be32 lse;
  Be16 ethertype;
};
struct AddMplsAction {
  Be32 lse;
  Be16 ethertype;
  std::uint16_t flags = 0;  // 1: the entry goes in front of L3, not of the Ethernet header
};
struct PushEthAction {
  Array<std::uint8_t, 6> src, dst;
};
struct NatAction {
  bool source = false, destination = false, persistent = false, hash = false, random = false;
  Bytes ip_min, ip_max;  // 4 or 16 bytes, or none
  std::uint16_t port_min = 0, port_max = 0;
};
struct CtAction {
  bool commit = false, force_commit = false, has_nat = false;
  std::uint16_t zone = 0;
  Bytes mark;    // value and mask, 8 bytes, or none
  Bytes labels;  // value and mask, 32 bytes, or none
  Text helper, timeout;
  Maybe<std::uint32_t> event_mask;
  NatAction nat;
};
struct CheckLengthAction {
  std::uint16_t length = 0;
  Bytes greater, less_equal;  // action lists
};
struct PsampleAction {
  std::uint32_t group = 0;
  Bytes cookie;
};

// One action. `type` tells which member says more; an action without one has its argument in
// `number`, or none.
struct Action {
  ActionType type = ActionType::Unspec;
  std::uint32_t number = 0;  // Output: port; Recirc: id; Trunc: length; Meter: id; PopMpls:
                             // EtherType; Drop: reason; TunnelPop: port; LbOutput: bond
  Bytes payload;  // as it came; Set, SetMasked: the nested key attribute; Clone: actions; DecTtl:
                  // actions at 0
  UserspaceAction userspace;
  PushVlanAction push_vlan;
  HashAction hash;
  SampleAction sample;
  PushMplsAction push_mpls;
  AddMplsAction add_mpls;
  PushEthAction push_eth;
  CtAction ct;
  CheckLengthAction check_length;
  PsampleAction psample;
};

inline constexpr unsigned kMaxActionNesting = 16;

// Where and why a list is not one.
struct ActionRefusal {
  Error error = Error::Malformed;
  std::uint32_t offset = 0;  // of the action, from the beginning of the outermost list
  std::uint16_t type = 0;
  Text reason;  // static
};

class ActionList {
 public:
  class Iterator {
   public:
    explicit Iterator(wire::Attributes::Iterator at) : at_(at) {}
    Action operator*() const;
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator!=(const Iterator& other) const { return at_ != other.at_; }

   private:
    wire::Attributes::Iterator at_;
  };

  ActionList() = default;
  // Checks the form of every action, nested ones too, so that walking cannot fail.
  static Result<ActionList, ActionRefusal> parse(Bytes netlink);
  // A nested list of a list that parse() has taken.
  static ActionList nested(Bytes netlink);

  Iterator begin() const { return Iterator(list_.begin()); }
  Iterator end() const { return Iterator(list_.end()); }
  bool empty() const { return list_.empty(); }  // an empty list drops
  Bytes bytes() const { return list_.bytes(); }

 private:
  explicit ActionList(wire::Attributes list) : list_(list) {}
  wire::Attributes list_;
};

// Writers, one an action. Nested lists: begin_…, write the inner actions, end_….
void put_output(wire::Writer& writer, std::uint32_t port);
void put_userspace(wire::Writer& writer, const UserspaceAction& action);
void put_push_vlan(wire::Writer& writer, Be16 tpid, Be16 tci);
void put_pop_vlan(wire::Writer& writer);
void put_recirc(wire::Writer& writer, std::uint32_t recirc_id);
void put_hash(wire::Writer& writer, const HashAction& action);
void put_trunc(wire::Writer& writer, std::uint32_t max_length);
void put_meter(wire::Writer& writer, std::uint32_t meter_id);
void put_drop(wire::Writer& writer, std::uint32_t reason);
void put_push_mpls(wire::Writer& writer, const PushMplsAction& action);
void put_pop_mpls(wire::Writer& writer, Be16 ethertype);
void put_push_eth(wire::Writer& writer, const PushEthAction& action);
void put_pop_eth(wire::Writer& writer);
void put_ct_clear(wire::Writer& writer);
// set(tunnel(...)): the tunnel fields of `key`.
void put_set_tunnel(wire::Writer& writer, const FlowKey& key);
// Set and masked set of packet fields: put_set_actions in match/netlink.h.

struct SampleNest {
  wire::Writer::Nest outer, inner;
};
SampleNest begin_sample(wire::Writer& writer, std::uint32_t probability);
void end_sample(wire::Writer& writer, SampleNest nest);
wire::Writer::Nest begin_clone(wire::Writer& writer);
void end_clone(wire::Writer& writer, wire::Writer::Nest nest);

}  // namespace ovs::flow

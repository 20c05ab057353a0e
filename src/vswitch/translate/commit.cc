// Headers that actions changed become datapath actions just before a packet leaves, and only then:
// a change that nobody sees costs nothing, and two changes of one header are one action.
#include "flow/match/netlink.h"
#include "vswitch/translate/translator.h"

namespace ovs::vswitch {

namespace {

// What one set action writes, for packets of one kind.
struct SetGroup {
  std::uint16_t eth_type;  // 0: any
  StorageId members[6];
  unsigned count;
};
constexpr SetGroup kSetGroups[] = {
    {0, {StorageId::EthSrc, StorageId::EthDst}, 2},
    {0x0800, {StorageId::NwSrc, StorageId::NwDst, StorageId::NwTos, StorageId::NwTtl}, 4},
    {0x86dd,
     {StorageId::Ipv6Src, StorageId::Ipv6Dst, StorageId::Ipv6Label, StorageId::NwTos,
      StorageId::NwTtl},
     5},
    {0x0806,
     {StorageId::NwSrc, StorageId::NwDst, StorageId::NwProto, StorageId::HwSrc, StorageId::HwDst},
     5},
    {0x86dd, {StorageId::NdTarget, StorageId::HwSrc, StorageId::HwDst}, 3},
    {0x0800, {StorageId::TpSrc, StorageId::TpDst}, 2},
    {0x86dd, {StorageId::TpSrc, StorageId::TpDst}, 2},
    {0, {StorageId::SkbPriority}, 1},
    {0, {StorageId::PktMark}, 1},
};

flow::FlowMask group_mask(const SetGroup& group) {
  flow::MatchMask mask;
  for (unsigned i = 0; i < group.count; ++i) mark(mask, group.members[i]);
  return mask.flow;
}

}  // namespace

void Translator::commit() {
  flow::FieldSet set;
  set.value = key_.flow;
  for (const SetGroup& group : kSetGroups) {
    if (group.eth_type != 0 && group.eth_type != eth_type()) continue;
    const flow::FlowMask members = group_mask(group);
    if (key_.flow.equals_under(base_, members)) continue;
    // What is written in IP's header or behind it is summed by the protocol's rules.
    if (group.eth_type != 0 && is_ip()) look_at(StorageId::NwProto);
    // All that is known of the header is written, as it makes the action say what the packet has.
    flow::FlowMask written = result_.wildcards.flow.under(members);
    for (unsigned i = 0; i < flow::kFlowWords; ++i) {
      written.words[i] |= (key_.flow.words[i] ^ base_.words[i]) & members.words[i];
    }
    set.mask = set.mask.united(written);
    for (unsigned i = 0; i < flow::kFlowWords; ++i) {
      base_.words[i] =
          (base_.words[i] & ~members.words[i]) | (key_.flow.words[i] & members.words[i]);
    }
  }
  if (!set.mask.is_zero()) flow::put_set_actions(writer_, set, key_.flow);
  commit_vlans();
}

void Translator::commit_vlans() {
  constexpr StorageId kTci[] = {StorageId::VlanTci, StorageId::Vlan2Tci};
  constexpr StorageId kTpid[] = {StorageId::VlanTpid, StorageId::Vlan2Tpid};
  flow::MatchKey base{base_, {}};
  const auto depth = [&](const flow::MatchKey& key) {
    return unsigned(stored(key, kTci[0]) != 0) + unsigned(stored(key, kTci[1]) != 0);
  };
  const auto same = [&](unsigned base_at, unsigned key_at) {
    const auto tpid = [&](const flow::MatchKey& key, unsigned at) {
      const std::uint64_t type = stored(key, kTpid[at]);
      return type == 0 ? 0x8100 : type;
    };
    return stored(base, kTci[base_at]) == number(kTci[key_at]) &&
           tpid(base, base_at) == tpid(key_, key_at);
  };
  // Tags that stay are the innermost ones.
  unsigned have = depth(base), want = depth(key_), stay = 0;
  while (stay < have && stay < want && same(have - 1 - stay, want - 1 - stay)) ++stay;
  for (; have > stay; --have) {
    look_at(StorageId::VlanTci);
    flow::put_pop_vlan(writer_);
  }
  for (unsigned at = want - stay; at-- > 0;) {
    const std::uint64_t tpid = number(kTpid[at]);
    flow::put_push_vlan(writer_, Be16(std::uint16_t(tpid == 0 ? 0x8100 : tpid)),
                        Be16(std::uint16_t(number(kTci[at]))));
  }
  for (unsigned at = 0; at < 2; ++at) {
    set_stored(base, kTci[at], number(kTci[at]));
    set_stored(base, kTpid[at], number(kTpid[at]));
  }
  base_ = base.flow;
}

}  // namespace ovs::vswitch

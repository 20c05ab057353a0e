#include "openflow/action/basic.h"

#include <iterator>

namespace ovs::openflow {
namespace {

using enum Version;
using flow::FieldId;
constexpr std::uint32_t kOpen = kOpenVendor, kNx = kNiciraVendor;
constexpr std::uint64_t kAny8 = 0xff, kAny16 = 0xffff, kAny32 = 0xffffffff, kAny64 = ~0ull,
                        kAny48 = 0xffffffffffffull;

constexpr BasicRow make(BasicOp op, std::string_view name, Argument argument, std::uint64_t limit,
                        std::optional<FieldId> field, Version last_written, BasicEncoding first,
                        BasicEncoding second = {}, std::string_view alias = {}) {
  return {op,
          name,
          alias,
          argument,
          limit,
          field,
          last_written,
          {first, second},
          std::uint8_t(second.width != 0 || second.type != 0 ? 2 : 1)};
}

// clang-format off
constexpr BasicRow kRows[] = {
    make(BasicOp::ModVlanVid, "mod_vlan_vid", Argument::Decimal, 0xfff, FieldId::VlanVid, V10, {kOpen, V10, V10, 1, 2}),
    make(BasicOp::SetVlanVid, "set_vlan_vid", Argument::Decimal, 0xfff, FieldId::VlanVid, V11, {kOpen, V11, V15, 1, 2}),
    make(BasicOp::ModVlanPcp, "mod_vlan_pcp", Argument::Decimal, 7, FieldId::VlanPcp, V10, {kOpen, V10, V10, 2, 1}),
    make(BasicOp::SetVlanPcp, "set_vlan_pcp", Argument::Decimal, 7, FieldId::VlanPcp, V11, {kOpen, V11, V15, 2, 1}),
    make(BasicOp::StripVlan, "strip_vlan", Argument::None, 0, {}, V15, {kOpen, V10, V10, 3, 0}),
    make(BasicOp::PopVlan, "pop_vlan", Argument::None, 0, {}, V15, {kOpen, V11, V15, 18, 0}),
    make(BasicOp::PushVlan, "push_vlan", Argument::EthType, kAny16, {}, V15, {kOpen, V11, V15, 17, 2}),
    make(BasicOp::ModEthSrc, "mod_dl_src", Argument::Mac, kAny48, FieldId::EthSrc, V11, {kOpen, V10, V10, 4, 6}, {kOpen, V11, V15, 3, 6}),
    make(BasicOp::ModEthDst, "mod_dl_dst", Argument::Mac, kAny48, FieldId::EthDst, V11, {kOpen, V10, V10, 5, 6}, {kOpen, V11, V15, 4, 6}),
    make(BasicOp::ModIpSrc, "mod_nw_src", Argument::Ipv4, kAny32, FieldId::IpSrc, V11, {kOpen, V10, V10, 6, 4}, {kOpen, V11, V15, 5, 4}),
    make(BasicOp::ModIpDst, "mod_nw_dst", Argument::Ipv4, kAny32, FieldId::IpDst, V11, {kOpen, V10, V10, 7, 4}, {kOpen, V11, V15, 6, 4}),
    make(BasicOp::ModTos, "mod_nw_tos", Argument::Decimal, kAny8, FieldId::IpDscp, V11, {kOpen, V10, V10, 8, 1}, {kOpen, V11, V15, 7, 1}),
    make(BasicOp::ModEcn, "mod_nw_ecn", Argument::Decimal, 3, FieldId::NwEcn, V11, {kOpen, V11, V15, 8, 1}),
    make(BasicOp::ModTtl, "mod_nw_ttl", Argument::Decimal, kAny8, FieldId::NwTtl, V15, {kOpen, V11, V15, 23, 1}, {}, "set_nw_ttl"),
    make(BasicOp::ModTpSrc, "mod_tp_src", Argument::Decimal, kAny16, FieldId::TcpSrc, V11, {kOpen, V10, V15, 9, 2}),
    make(BasicOp::ModTpDst, "mod_tp_dst", Argument::Decimal, kAny16, FieldId::TcpDst, V11, {kOpen, V10, V15, 10, 2}),
    make(BasicOp::SetMplsLabel, "set_mpls_label", Argument::Decimal, 0xfffff, {}, V11, {kNx, V10, V10, 30, 4}, {kOpen, V11, V15, 13, 4}),
    make(BasicOp::SetMplsTc, "set_mpls_tc", Argument::Decimal, 7, {}, V11, {kNx, V10, V10, 31, 1}, {kOpen, V11, V15, 14, 1}),
    make(BasicOp::SetMplsTtl, "set_mpls_ttl", Argument::Decimal, kAny8, {}, V15, {kNx, V10, V10, 25, 1}, {kOpen, V11, V15, 15, 1}),
    make(BasicOp::DecMplsTtl, "dec_mpls_ttl", Argument::None, 0, {}, V15, {kNx, V10, V10, 26, 0}, {kOpen, V11, V15, 16, 0}),
    make(BasicOp::PushMpls, "push_mpls", Argument::EthType, kAny16, {}, V15, {kNx, V10, V10, 23, 2}, {kOpen, V11, V15, 19, 2}),
    make(BasicOp::PopMpls, "pop_mpls", Argument::EthType, kAny16, {}, V15, {kNx, V10, V10, 24, 2}, {kOpen, V11, V15, 20, 2}),
    make(BasicOp::DecTtl, "dec_ttl", Argument::None, 0, {}, V15, {kNx, V10, V10, 18, 0}, {kOpen, V11, V15, 24, 0}),
    make(BasicOp::SetQueue, "set_queue", Argument::Decimal, kAny32, {}, V15, {kNx, V10, V10, 4, 4}, {kOpen, V11, V15, 21, 4}),
    make(BasicOp::PopQueue, "pop_queue", Argument::None, 0, {}, V15, {kNx, V10, V15, 5, 0}),
    make(BasicOp::Group, "group", Argument::Group, kAny32, {}, V15, {kNx, V10, V10, 40, 4}, {kOpen, V11, V15, 22, 4}),
    make(BasicOp::Meter, "meter", Argument::Decimal, kAny32, {}, V15, {kOpen, V15, V15, 29, 4}),
    make(BasicOp::SetTunnel, "set_tunnel", Argument::Hex, kAny64, {}, V15, {kNx, V10, V15, 2, 4}),
    make(BasicOp::SetTunnel64, "set_tunnel64", Argument::Hex, kAny64, {}, V15, {kNx, V10, V15, 9, 8}),
    make(BasicOp::Exit, "exit", Argument::None, 0, {}, V15, {kNx, V10, V15, 17, 0}),
    make(BasicOp::CtClear, "ct_clear", Argument::None, 0, {}, V15, {kNx, V10, V15, 43, 0}),
    make(BasicOp::DecNshTtl, "dec_nsh_ttl", Argument::None, 0, {}, V15, {kNx, V13, V15, 48, 0}),
};
// clang-format on

constexpr bool rows_are_sound() {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (std::size_t(kRows[i].op) != i) return false;
  }
  return true;
}
static_assert(rows_are_sound());

bool is_in(const BasicEncoding& encoding, Version version) {
  return encoding.first <= version && version <= encoding.last;
}

}  // namespace

Span<const BasicRow> basic_rows() {
  return kRows;
}

const BasicRow& row(BasicOp op) {
  return kRows[std::size_t(op)];
}

const BasicRow* find_basic(std::string_view name) {
  for (const BasicRow& candidate : kRows) {
    if (candidate.name == name || (!candidate.alias.empty() && candidate.alias == name)) {
      return &candidate;
    }
  }
  return nullptr;
}

const BasicRow* find_basic(std::uint32_t vendor, std::uint16_t type, Version version,
                           const BasicEncoding** encoding) {
  for (const BasicRow& candidate : kRows) {
    const BasicEncoding* own = encoding_in(candidate, version);
    if (own == nullptr || own->vendor != vendor || own->type != type) continue;
    *encoding = own;
    return &candidate;
  }
  return nullptr;
}

const BasicEncoding* encoding_in(const BasicRow& found, Version version) {
  for (std::size_t i = 0; i < found.encoding_count; ++i) {
    if (is_in(found.encodings[i], version)) return &found.encodings[i];
  }
  return nullptr;
}

}  // namespace ovs::openflow

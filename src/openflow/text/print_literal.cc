#include "openflow/text/print_literal.h"

#include <fmt/format.h>

#include "base/bytes/address.h"
#include "flow/match/match_text.h"
#include "openflow/core/archive.h"
#include "openflow/match/oxm_text.h"

namespace ovs::openflow {
namespace {

// Version 1.0's wildcards.
constexpr std::uint32_t kInPort = 1u << 0, kVlan = 1u << 1, kEthSrc = 1u << 2, kEthDst = 1u << 3,
                        kEthType = 1u << 4, kProtocol = 1u << 5, kTpSrc = 1u << 6, kTpDst = 1u << 7,
                        kVlanPcp = 1u << 20, kTos = 1u << 21;
constexpr unsigned kIpSrcShift = 8, kIpDstShift = 14, kIpBits = 0x3f;

struct Match10 {
  std::uint32_t wildcards = 0;
  OfPort in_port = 0;
  MacAddress eth_src{}, eth_dst{};
  std::uint16_t vlan = 0, eth_type = 0, tp_src = 0, tp_dst = 0;
  std::uint8_t vlan_pcp = 0, tos = 0, protocol = 0;
  std::uint32_t ip_src = 0, ip_dst = 0;
};

Match10 read_match(In& in) {
  Match10 m;
  in.be(m.wildcards);
  in.be(m.in_port);
  in.raw(m.eth_src.bytes);
  in.raw(m.eth_dst.bytes);
  in.be(m.vlan);
  in.be(m.vlan_pcp);
  in.pad(1);
  in.be(m.eth_type);
  in.be(m.tos);
  in.be(m.protocol);
  in.pad(2);
  in.be(m.ip_src);
  in.be(m.ip_dst);
  in.be(m.tp_src);
  in.be(m.tp_dst);
  return m;
}

struct Shorthand {
  std::uint16_t eth_type;
  int protocol;  // -1: any
  const char* name;
};
constexpr Shorthand kShorthands[] = {
    {0x0800, 1, "icmp"},   {0x0800, 6, "tcp"},   {0x0800, 17, "udp"},
    {0x0800, 132, "sctp"}, {0x0800, -1, "ip"},   {0x0806, -1, "arp"},
    {0x8035, -1, "rarp"},  {0x8847, -1, "mpls"}, {0x8848, -1, "mplsm"}};

class LiteralText {
 public:
  explicit LiteralText(const Match10& m) : m_(m) {}

  std::string text() {
    const Shorthand* shorthand = find_shorthand();
    if (shorthand != nullptr) text_ += std::string(shorthand->name) + ",";
    put("in_port", kInPort, flow::format_port(m_.in_port, nullptr));
    put("dl_vlan", kVlan, fmt::format("{}", m_.vlan));
    put("dl_vlan_pcp", kVlanPcp, fmt::format("{}", m_.vlan_pcp));
    put("dl_src", kEthSrc, mac(m_.eth_src));
    put("dl_dst", kEthDst, mac(m_.eth_dst));
    if (shorthand == nullptr) put("dl_type", kEthType, fmt::format("0x{:04x}", m_.eth_type));
    put_address("nw_src", m_.ip_src, m_.wildcards >> kIpSrcShift & kIpBits);
    put_address("nw_dst", m_.ip_dst, m_.wildcards >> kIpDstShift & kIpBits);
    const bool says_protocol = shorthand != nullptr && shorthand->protocol >= 0;
    const bool arp = m_.eth_type == 0x0806 || m_.eth_type == 0x8035;
    if (!says_protocol) {
      put(arp ? "arp_op" : "nw_proto", kProtocol, fmt::format("{}", m_.protocol));
    }
    put("nw_tos", kTos, fmt::format("{}", m_.tos));
    const bool icmp = m_.protocol == 1;
    put(icmp ? "icmp_type" : "tp_src", kTpSrc, fmt::format("{}", m_.tp_src));
    put(icmp ? "icmp_code" : "tp_dst", kTpDst, fmt::format("{}", m_.tp_dst));
    text_.pop_back();
    return text_;
  }

 private:
  const Shorthand* find_shorthand() const {
    if (m_.wildcards & kEthType) return nullptr;
    for (const Shorthand& row : kShorthands) {
      if (row.eth_type != m_.eth_type) continue;
      const bool protocol = (m_.wildcards & kProtocol) == 0 && row.protocol == m_.protocol;
      if (row.protocol < 0 || protocol) return &row;
    }
    return nullptr;
  }
  static std::string mac(const MacAddress& address) {
    return flow::mac_text(flow::FieldValue::of(Bytes(address.bytes)));
  }
  void put(const char* name, std::uint32_t wildcard, const std::string& value) {
    text_ += fmt::format("{}={},", name, m_.wildcards & wildcard ? "*" : value);
  }
  void put_address(const char* name, std::uint32_t address, unsigned wild_bits) {
    if (wild_bits >= 32) {
      text_ += fmt::format("{}=*,", name);
      return;
    }
    text_ += fmt::format("{}={}.{}.{}.{}", name, address >> 24, address >> 16 & 0xff,
                         address >> 8 & 0xff, address & 0xff);
    text_ += wild_bits == 0 ? "," : fmt::format("/{},", 32 - wild_bits);
  }

  const Match10& m_;
  std::string text_;
};

}  // namespace

std::optional<std::string> literal_match(const Envelope& flow_mod) {
  In in(flow_mod.body, flow_mod.version, OfError::OFPBRC_BAD_LEN);
  if (flow_mod.encoding == Encoding::Ofpt10FlowMod) {
    const Match10 match = read_match(in);
    return LiteralText(match).text();
  }
  if (flow_mod.encoding != Encoding::NxtFlowMod) return std::nullopt;
  constexpr std::size_t kLengthAt = 24, kPadding = 6;
  in.pad(kLengthAt);
  const auto length = in.read<std::uint16_t>();
  in.pad(kPadding);
  const std::string text = format_oxm_list(in.take(length), OxmStyle::Nxm);
  return text.empty() ? "<any>" : text;
}

}  // namespace ovs::openflow

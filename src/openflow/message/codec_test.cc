// Messages to bytes and back, in every version that has them.
#include "openflow/message/codec.h"

#include <doctest/doctest.h>

#include "openflow/text/flow_text.h"
#include "openflow/text/print.h"

namespace ovs::openflow {
namespace {

Bytes bytes_of(const std::string& text) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

std::string printed(const std::string& message) {
  return print_message(bytes_of(message));
}

constexpr OfError kAllErrors[] = {
#define OVS_OF_ERROR(name, ...) OfError::name,
#include "openflow/core/error_rows.h"
#undef OVS_OF_ERROR
};

constexpr Protocol kProtocols[] = {Protocol::Of10TableId, Protocol::NxmTableId, Protocol::Of11,
                                   Protocol::Of12,        Protocol::Of13,       Protocol::Of14,
                                   Protocol::Of15};

FlowMod flow(std::string_view text, Protocols& usable) {
  auto mod = parse_flow_mod(text, FlowCommand::Add, {}, usable);
  REQUIRE_MESSAGE(mod.ok(), (mod.ok() ? "" : mod.error().message));
  return std::move(mod).value();
}

const char* const kFlows[] = {
    "table=1,actions=drop",
    "table=2,priority=7,tcp,nw_src=10.0.0.0/8,tp_dst=80,actions=output:2",
    "table=1,dl_vlan=5,actions=strip_vlan,output:1",
    "table=1,icmp,icmp_type=8,icmp_code=0,actions=output:LOCAL",
    "table=1,arp,arp_spa=1.2.3.4,actions=resubmit(,3),CONTROLLER:128",
    "table=1,in_port=3,actions=mod_dl_src:02:00:00:00:00:01,output:1",
    "table=1,ip,actions=mod_nw_dst:1.2.3.4,dec_ttl,goto_table:5",
    "table=1,cookie=0x17,idle_timeout=5,hard_timeout=9,send_flow_rem,actions=NORMAL",
    "table=1,actions=learn(table=3,priority=2,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_"
    "PORT[])",
    "table=1,actions=clone(output:1,output:2),conjunction(3,1/2)",
    "table=1,actions=multipath(eth_src,50,modulo_n,4,0,NXM_NX_REG0[]),bundle(eth_src,0,hrw,ofport,"
    "members:1,2)",
    "table=1,actions=sample(probability=9,collector_set_id=1,obs_domain_id=NXM_OF_IN_PORT[],"
    "obs_point_id=7)",
    "table=1,actions=encap(nsh(md_type=1)),decap(packet_type(ns=0,type=0))",
    "table=1,tcp,actions=ct(commit,table=4,zone=5,nat(src=10.0.0.1-10.0.0.9:1000-2000,random))",
};

}  // namespace

TEST_CASE("Codec: A flow-mod says the same behind every protocol that can carry it") {
  for (const char* text : kFlows) {
    Protocols usable = kAllProtocols;
    const FlowMod mod = flow(text, usable);
    for (const Protocol protocol : kProtocols) {
      if ((bit(protocol) & usable) == 0) continue;
      CAPTURE(text);
      CAPTURE(protocol_name(protocol));
      const std::string bytes = encode_flow_mod(mod, protocol, 9);
      const auto message = decode(bytes_of(bytes), TableIds::Present);
      REQUIRE(message.ok());
      const FlowMod* again = message->as<FlowMod>();
      REQUIRE(again != nullptr);
      CHECK(again->match == mod.match);
      CHECK(again->table == mod.table);
      CHECK(again->new_cookie == mod.new_cookie);
      CHECK(again->idle_timeout == mod.idle_timeout);
      CHECK(again->flags == mod.flags);
      CHECK(encode_flow_mod(*again, protocol, 9) == bytes);
    }
  }
}

TEST_CASE("Codec: What a flow-mod is cut down to is an error, never a flow") {
  Protocols usable = kAllProtocols;
  const FlowMod mod = flow(kFlows[1], usable);
  for (const Protocol protocol : kProtocols) {
    const std::string bytes = encode_flow_mod(mod, protocol, 9);
    for (std::size_t size = kHeaderSize; size < bytes.size(); ++size) {
      std::string cut = bytes.substr(0, size);
      store(cut.data() + 2, Be16{std::uint16_t(size)});
      const auto message = decode(bytes_of(cut), TableIds::Present);
      const bool whole = message.ok() && message->as<FlowMod>() != nullptr &&
                         !message->as<FlowMod>()->actions.empty();
      CHECK_FALSE(whole);
    }
  }
}

TEST_CASE("Codec: Long replies are parts that are messages of their own") {
  FlowStatsReply reply;
  FlowStats one;
  one.priority = 5;
  one.packets = one.bytes = 1;
  reply.flows.assign(3000, one);
  for (const Version version : kVersions) {
    const std::string all = encode_parts(make_message(Kind::FlowStatsReply, version, 3, reply));
    std::size_t flows = 0, parts = 0, at = 0;
    bool more = true;
    while (at < all.size()) {
      REQUIRE(more);
      const auto size = message_size(bytes_of(all).from(at));
      REQUIRE((size.ok() && *size > 0));
      const auto part = decode(bytes_of(all).part(at, *size));
      REQUIRE(part.ok());
      flows += part->as<FlowStatsReply>()->flows.size();
      more = part->more;
      at += *size;
      ++parts;
    }
    CHECK_FALSE(more);
    CHECK(flows == 3000);
    CHECK(parts > 1);
  }
}

TEST_CASE("Codec: Errors have each version's own numbers") {
  for (const OfError error : kAllErrors) {
    for (const Version version : kVersions) {
      const auto code = encode_error(error, version);
      if (!code) continue;
      const auto back = decode_error(*code, version);
      REQUIRE(back.has_value());
      CHECK(encode_error(*back, version) == code);
    }
  }
}

TEST_CASE("Codec: An error quotes the request that it refuses") {
  const std::string hello = encode_hello(bit(Version::V13), 0x12345678);
  CHECK(printed(encode_error(OfError::OFPBRC_BAD_TYPE, bytes_of(hello))) ==
        "OFPT_ERROR (OF1.3) (xid=0x12345678): OFPBRC_BAD_TYPE\n"
        "OFPT_HELLO (OF1.3) (xid=0x12345678):\n version bitmap: 0x04\n");
}

TEST_CASE("Codec: Hello names versions only where its header does not") {
  CHECK(encode_hello(kAllVersions, 1).size() == kHeaderSize);
  const std::string sparse = encode_hello(bit(Version::V10) | bit(Version::V13), 1);
  const auto message = decode(bytes_of(sparse));
  REQUIRE(message.ok());
  CHECK(message->as<Hello>()->versions == (bit(Version::V10) | bit(Version::V13)));
}

TEST_CASE("Codec: Statistics of ports keep their counters") {
  PortStats stats;
  stats.port = 3;
  stats.rx_packets = 7;
  stats.tx_bytes = 9;
  for (const Version version : kVersions) {
    const Message message = make_message(Kind::PortStatsReply, version, 1, PortStatsReply{{stats}});
    const auto back = decode(bytes_of(encode(message)));
    REQUIRE(back.ok());
    REQUIRE(back->as<PortStatsReply>()->ports.size() == 1);
    CHECK(back->as<PortStatsReply>()->ports[0].port == 3);
    CHECK(back->as<PortStatsReply>()->ports[0].rx_packets == 7);
    CHECK(back->as<PortStatsReply>()->ports[0].tx_bytes == 9);
  }
}

TEST_CASE("Codec: A packet-in keeps packet, port and cookie in the formats that have them") {
  PacketIn in;
  in.packet = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14};
  in.total_length = 14;
  in.metadata.set(flow::FieldId::InPort, 3);
  in.cookie = 0x55;
  for (const Encoding encoding :
       {Encoding::Ofpt10PacketIn, Encoding::Ofpt11PacketIn, Encoding::Ofpt12PacketIn,
        Encoding::Ofpt13PacketIn, Encoding::NxtPacketIn, Encoding::NxtPacketIn2}) {
    const Message message{encoding, row(encoding).first, 1, false, in};
    const auto back = decode(bytes_of(encode(message)));
    REQUIRE(back.ok());
    const PacketIn* again = back->as<PacketIn>();
    CHECK(again->packet == in.packet);
    CHECK(again->metadata == in.metadata);
    if (again->cookie) CHECK(*again->cookie == 0x55);
  }
}

}  // namespace ovs::openflow

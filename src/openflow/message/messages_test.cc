// Meters, flow monitors, asynchronous messages and extensions: what is encoded is decoded again and
// says the same, in every version that has it.
#include <doctest/doctest.h>

#include "openflow/text/meter_text.h"
#include "openflow/text/print.h"

namespace ovs::openflow {
namespace {

Bytes bytes_of(const std::string& text) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

// Decodes what it encodes, to the same bytes, and gives the text behind the title.
std::string said(Kind kind, Version version, Body body) {
  CAPTURE(version_number(version));
  const std::string bytes = encode(make_message(kind, version, 5, std::move(body)));
  const auto message = decode(bytes_of(bytes));
  REQUIRE(message.ok());
  CHECK(encode(*message) == bytes);
  const std::string text = print_message(bytes_of(bytes));
  return text.substr(text.find("):") + 2);
}

void expect_no_crash_when_cut(Kind kind, Version version, Body body) {
  const std::string bytes = encode(make_message(kind, version, 5, std::move(body)));
  for (std::size_t size = kHeaderSize; size < bytes.size(); ++size) {
    std::string cut = bytes.substr(0, size);
    store(cut.data() + 2, Be16{std::uint16_t(size)});
    CHECK_FALSE(print_message(bytes_of(cut)).empty());
  }
}

MeterMod meter(std::string_view text) {
  const auto mod = parse_meter_mod(text, MeterCommand::Add);
  REQUIRE_MESSAGE(mod.ok(), (mod.ok() ? "" : mod.error().message));
  return *mod;
}
std::string refusal(std::string_view text) {
  const auto mod = parse_meter_mod(text, MeterCommand::Add);
  return mod.ok() ? "accepted" : mod.error().message;
}

constexpr Version kNewer[] = {Version::V13, Version::V14, Version::V15};
constexpr const char* kMeter =
    "meter=3 kbps burst stats bands=type=drop rate=1000 burst_size=5 type=dscp_remark rate=500 "
    "burst_size=5 prec_level=2";

FlowMonitor monitor() {
  FlowMonitor m;
  m.id = 7;
  m.flags = kMonitorInitial | kMonitorAdd | kMonitorOwn;
  m.out_port = 3;
  m.table = 2;
  m.match.set(flow::FieldId::InPort, 1);
  return m;
}

FlowUpdate update(FlowEvent event) {
  FlowUpdate m;
  m.event = event;
  m.priority = 9;
  m.table = 4;
  m.cookie = 0x55;
  m.idle_timeout = 6;
  m.match.set(flow::FieldId::InPort, 1);
  m.actions.push_back(Output{2, 0});
  return m;
}

}  // namespace

TEST_CASE("Meters: Changes, configurations, statistics and features keep what they say") {
  const MeterMod mod = meter(kMeter);
  MeterStats stats;
  stats.id = 3;
  stats.flows = 1;
  stats.bands = {{4, 5}};
  for (const Version version : kNewer) {
    CHECK(said(Kind::MeterMod, version, mod) ==
          " ADD meter=3 kbps burst stats bands=\ntype=drop rate=1000 burst_size=5\n"
          "type=dscp_remark rate=500 burst_size=5 prec_level=2\n");
    CHECK(said(Kind::MeterConfigStatsReply, version, MeterConfigReply{{mod.meter}}).size() > 50);
    CHECK(said(Kind::MeterStatsReply, version, MeterStatsReply{{stats, stats}}) ==
          "\nmeter:3 flow_count:1 packet_in_count:0 byte_in_count:0 duration:0s bands:\n"
          "0: packet_count:4 byte_count:5\n"
          "\nmeter:3 flow_count:1 packet_in_count:0 byte_in_count:0 duration:0s bands:\n"
          "0: packet_count:4 byte_count:5\n");
    CHECK(said(Kind::MeterFeaturesStatsReply, version, MeterFeatures{9, 2, 3, 4, 5}) ==
          "\nmax_meter:9 max_bands:4 max_color:5\nband_types: drop\ncapabilities: kbps pktps\n");
  }
  expect_no_crash_when_cut(Kind::MeterMod, Version::V13, mod);
  expect_no_crash_when_cut(Kind::MeterStatsReply, Version::V13, MeterStatsReply{{stats}});
}

TEST_CASE("Meters: Texts that make no meter say why") {
  CHECK(refusal("meter=1 kbps") == "must specify bands");
  CHECK(refusal("kbps bands=type=drop rate=1") == "must specify 'meter'");
  CHECK(refusal("meter=1 bands=type=drop rate=1") == "meter must specify either 'kbps' or 'pktps'");
  CHECK(refusal("meter=1 kbps bands=rate=1") == "band must start with the 'type' keyword");
  CHECK(refusal("meter=1 kbps bands=type=drop") == "band must have 'rate'");
  CHECK(refusal("meter=1 kbps burst bands=type=drop rate=1") ==
        "band must have 'burst_size' when 'burst' flag is set");
}

TEST_CASE("Forwarded requests carry the request whole") {
  GroupMod group;
  group.id = 4;
  for (const Version version : kVersions) {
    CHECK(said(Kind::RequestForward, version, RequestForward{8, group}) ==
          " reason=group_mod\n ADD group_id=4,type=all\n");
  }
  CHECK(said(Kind::RequestForward, Version::V14, RequestForward{8, meter(kMeter)}).substr(0, 30) ==
        " reason=meter_mod ADD meter=3 ");
}

TEST_CASE("Flow monitors: Requests and updates say the same in every version") {
  for (const Version version : kVersions) {
    CHECK(said(Kind::FlowMonitorStatsRequest, version, FlowMonitorRequest{{monitor()}}) ==
          "\n id=7 flags=initial,add,own out_port=3 table=2 in_port=1\n");
    FlowMonitorReply reply{{update(FlowEvent::Added), update(FlowEvent::Deleted)}};
    reply.updates[1].reason = FlowRemovedReason::Delete;
    reply.updates[1].actions.clear();
    CHECK(said(Kind::FlowMonitorStatsReply, version, reply) ==
          "\n event=ADDED table=4 idle_timeout=6 cookie=0x55 in_port=1 actions=output:2\n"
          " event=DELETED reason=delete table=4 idle_timeout=6 cookie=0x55 in_port=1\n");
    expect_no_crash_when_cut(Kind::FlowMonitorStatsReply, version, reply);
  }
  CHECK(said(Kind::FlowMonitorCancel, Version::V10, MonitorCancel{7}) == " id=7\n");
}

TEST_CASE("Asynchronous configuration: What a change leaves out stays as it was") {
  AsyncConfig before, change;
  before.packet_in[0] = 1;
  before.port_status[1] = 2;
  change.packet_in[0] = 3;
  change.said = 1u << 1;  // packet-ins of primaries
  const std::string bytes = encode(make_message(Kind::SetAsyncConfig, Version::V14, 5, change));
  const auto message = decode(bytes_of(bytes));
  REQUIRE(message.ok());
  const AsyncConfig after = applied(before, *message->as<AsyncConfig>());
  CHECK(after.packet_in[0] == 3);
  CHECK(after.port_status[1] == 2);
}

TEST_CASE("Tables: What they can do and how they are set says the same in every version") {
  TableFeatures table;
  table.table = 2;
  table.name = "classifier";
  table.max_entries = 10;
  table.flows.instructions = 0x3e;
  table.flows.next.set(3).set(4).set(5);
  table.flows.write.actions = table.flows.apply.actions = 1;
  table.miss = table.flows;
  for (const flow::FieldId id : {flow::FieldId::EthSrc, flow::FieldId::EthDst}) {
    table.match.set(std::size_t(id));
    table.wildcard.set(std::size_t(id));
  }
  TableDesc desc;
  desc.table = 1;
  desc.config = kVacancyEvents;
  desc.vacancy = Vacancy{20, 30, 70};
  for (const Version version : kNewer) {
    const std::string text =
        said(Kind::TableFeaturesStatsReply, version, TableFeaturesMessage{{table}});
    CHECK(text.find("next tables: 3-5\n") != std::string::npos);
    CHECK(text.find("exact match or wildcard: eth_{src,dst}\n") != std::string::npos);
    expect_no_crash_when_cut(Kind::TableFeaturesStatsReply, version, TableFeaturesMessage{{table}});
    if (version == Version::V13) continue;
    CHECK(said(Kind::TableDescReply, version, TableDescReply{{desc}}) ==
          "\n  table 1:\n   eviction=off eviction_flags=(default)\n"
          "   vacancy=on vacancy_down=20% vacancy_up=30% vacancy=70%\n");
    CHECK(said(Kind::TableStatus, version, TableStatus{3, desc}).substr(0, 33) ==
          " reason=VACANCY_DOWN\ntable_desc:-");
  }
}

TEST_CASE("Extensions: Option maps, IPFIX and connections to forget keep what they say") {
  CtFlush flush;
  flush.protocol = 17;
  flush.family = 4;
  flush.original.source = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 1};
  flush.original.source_port = 53;
  flush.zone = 5;
  flush.mark = 1;
  flush.mark_mask = 0xff;
  IpfixStats stats;
  stats.total_flows = 3;
  for (const Version version : kVersions) {
    CHECK(said(Kind::TlvTableMod, version, TlvTableMod{TlvCommand::Add, {{0xffff, 1, 4, 2}}}) ==
          "\n ADD mapping table:\n  class  type  length  match field\n"
          " ------  ----  ------  --------------\n 0xffff   0x1       4  tun_metadata2\n");
    CHECK(said(Kind::TlvTableReply, version, TlvTableReply{256, 64, {{0xffff, 1, 4, 2}}})
              .find("allocated option space=4") != std::string::npos);
    CHECK(said(Kind::IpfixBridgeStatsReply, version, IpfixBridgeReply{stats}).substr(0, 24) ==
          "\n  bridge ipfix: flows=3");
    CHECK(said(Kind::IpfixFlowStatsReply, version, IpfixFlowReply{{stats, stats}}).substr(0, 7) ==
          " 2 ids\n");
    CHECK(said(Kind::CtFlush, version, flush) ==
          " zone=5 mark=0x1/0xff 'ct_nw_src=10.0.0.1,ct_nw_dst=::,ct_tp_src=53,ct_tp_dst=0,"
          "ct_nw_proto=17' 'ct_nw_src=::,ct_nw_dst=::,ct_tp_src=0,ct_tp_dst=0'\n");
  }
  expect_no_crash_when_cut(Kind::CtFlush, Version::V10, flush);
}

}  // namespace ovs::openflow

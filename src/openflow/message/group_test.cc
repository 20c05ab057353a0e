// Groups: their text, their bytes in every version, what is refused.
#include <doctest/doctest.h>

#include "openflow/text/group_text.h"
#include "openflow/text/print.h"

namespace ovs::openflow {
namespace {

Bytes bytes_of(const std::string& text) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

GroupMod group(std::string_view text, GroupCommand command = GroupCommand::Add) {
  Protocols usable = kAllProtocols;
  auto mod = parse_group_mod(text, command, {}, usable);
  REQUIRE_MESSAGE(mod.ok(), (mod.ok() ? "" : mod.error().message));
  return std::move(mod).value();
}

std::string refusal(std::string_view text, GroupCommand command = GroupCommand::Add) {
  Protocols usable = kAllProtocols;
  const auto mod = parse_group_mod(text, command, {}, usable);
  return mod.ok() ? "accepted" : mod.error().message;
}

const char* const kGroups[] = {
    "group_id=1,type=all,bucket=actions=output:1,bucket=actions=output:2,output:3",
    "group_id=2,type=select,bucket=weight:7,actions=output:1,bucket=actions=drop",
    "group_id=3,type=indirect,bucket=actions=output:1",
    "group_id=4,type=ff,bucket=watch_port:1,actions=output:1,bucket=watch_group:2,actions=output:2",
};
const char* const kNewerGroups[] = {
    "group_id=5,type=select,selection_method=dp_hash,selection_method_param=9,bucket=bucket_id:4,"
    "actions=output:1",
    "group_id=6,type=select,selection_method=hash,fields(ip_dst=255.255.255.0,nw_proto),"
    "bucket=bucket_id:0,actions=output:1",
};

void expect_round_trip(const GroupMod& mod, Version version) {
  CAPTURE(version_number(version));
  const std::string bytes = encode(make_message(Kind::GroupMod, version, 7, mod));
  const auto message = decode(bytes_of(bytes));
  REQUIRE(message.ok());
  const GroupMod* again = message->as<GroupMod>();
  REQUIRE(again != nullptr);
  CHECK(again->command == mod.command);
  CHECK(again->type == mod.type);
  CHECK(again->id == mod.id);
  CHECK(again->properties == mod.properties);
  REQUIRE(again->buckets.size() == mod.buckets.size());
  for (std::size_t i = 0; i < mod.buckets.size(); ++i) {
    CHECK(again->buckets[i].actions == mod.buckets[i].actions);
    CHECK(again->buckets[i].weight == mod.buckets[i].weight);
    CHECK(again->buckets[i].watch_port == mod.buckets[i].watch_port);
    CHECK(again->buckets[i].watch_group == mod.buckets[i].watch_group);
  }
  CHECK(encode(*message) == bytes);
}

std::string error_of(const GroupMod& mod, Version version) {
  const auto message = decode(bytes_of(encode(make_message(Kind::GroupMod, version, 7, mod))));
  return message.ok() ? "accepted" : std::string(error_name(message.error().error));
}

}  // namespace

TEST_CASE("Groups: A change says the same in every version") {
  for (const Version version : kVersions) {
    for (const char* text : kGroups) expect_round_trip(group(text), version);
  }
  for (const Version version : {Version::V10, Version::V15}) {
    for (const char* text : kNewerGroups) expect_round_trip(group(text), version);
  }
}

TEST_CASE("Groups: What a change is cut down to is an error or a smaller change") {
  const std::string bytes =
      encode(make_message(Kind::GroupMod, Version::V15, 7, group(kNewerGroups[1])));
  for (std::size_t size = kHeaderSize; size < bytes.size(); ++size) {
    std::string cut = bytes.substr(0, size);
    store(cut.data() + 2, Be16{std::uint16_t(size)});
    const auto message = decode(bytes_of(cut));
    if (message.ok()) CHECK(message->as<GroupMod>()->properties.method.empty());
  }
}

TEST_CASE("Groups: Buckets without numbers get the ones that are free") {
  const GroupMod mod = group("group_id=1,type=all,bucket=output:1,bucket=bucket_id:0,output:2");
  const auto message = decode(bytes_of(encode(make_message(Kind::GroupMod, Version::V15, 7, mod))));
  REQUIRE(message.ok());
  CHECK(message->as<GroupMod>()->buckets[0].id == 1);
  CHECK(message->as<GroupMod>()->buckets[1].id == 0);
}

TEST_CASE("Groups: Texts that make no group say why") {
  CHECK(refusal("type=all") == "must specify a group_id");
  CHECK(refusal("group_id=1") == "must specify a type");
  CHECK(refusal("group_id=1,type=x") == "invalid group type x");
  CHECK(refusal("group_id=1,type=all,bucket=weight:1,output:1") ==
        "Only select groups can have bucket weights.");
  CHECK(refusal("group_id=1,type=indirect,bucket=output:1,bucket=output:2") ==
        "Indirect groups can have at most one bucket.");
  CHECK(refusal("group_id=1,type=ff,bucket=output:1") ==
        "fast failover bucket requires watch_port or watch_group");
  CHECK(refusal("group_id=1,bucket=output:1", GroupCommand::Delete) == "bucket is not needed");
  CHECK(refusal("group_id=1", GroupCommand::InsertBucket) == "must specify a command bucket id");
}

TEST_CASE("Groups: What a switch must refuse has its error") {
  GroupMod mod = group(kGroups[0]);
  mod.buckets[0].weight = 3;
  CHECK(error_of(mod, Version::V13) == "OFPGMFC_INVALID_GROUP");
  mod.buckets[0].weight = 0;
  mod.buckets[0].watch_port = 4;
  CHECK(error_of(mod, Version::V13) == "OFPGMFC_WATCH_UNSUPPORTED");
  mod.type = GroupType(9);
  CHECK(error_of(mod, Version::V13) == "OFPGMFC_BAD_TYPE");
  mod.type = GroupType::Select;
  mod.command = GroupCommand(77);
  CHECK(error_of(mod, Version::V13) == "OFPGMFC_BAD_COMMAND");
  CHECK(error_of(group("group_id=all", GroupCommand::Delete), Version::V11) == "accepted");
}

TEST_CASE("Groups: Descriptions, statistics and features keep what they say") {
  const GroupMod mod = group(kGroups[1]);
  GroupStats stats;
  stats.id = 2;
  stats.packets = 5;
  stats.bytes = 500;
  stats.duration_s = stats.duration_ns = 1;
  stats.buckets = {{3, 300}, {2, 200}};
  GroupFeatures features;
  features.types = 0xf;
  features.max_groups[1] = 9;
  features.actions[1] = action_set_of(1, Version::V13);
  for (const Version version : kVersions) {
    GroupDescReply desc;
    desc.groups.assign(3, {mod.id, mod.type, mod.buckets, mod.properties});
    const auto groups =
        decode(bytes_of(encode(make_message(Kind::GroupDescStatsReply, version, 1, desc))));
    REQUIRE(groups.ok());
    REQUIRE(groups->as<GroupDescReply>()->groups.size() == 3);
    CHECK(groups->as<GroupDescReply>()->groups[2].buckets[0].weight == 7);
    const auto counted = decode(bytes_of(
        encode(make_message(Kind::GroupStatsReply, version, 1, GroupStatsReply{{stats, stats}}))));
    REQUIRE(counted.ok());
    REQUIRE(counted->as<GroupStatsReply>()->groups.size() == 2);
    CHECK(counted->as<GroupStatsReply>()->groups[1].buckets[1].bytes == 200);
    const auto told =
        decode(bytes_of(encode(make_message(Kind::GroupFeaturesStatsReply, version, 1, features))));
    REQUIRE(told.ok());
    CHECK(told->as<GroupFeatures>()->max_groups[1] == 9);
    CHECK(format_action_set(told->as<GroupFeatures>()->actions[1]) == "output");
  }
}

TEST_CASE("Groups: A group prints as ovs-ofctl prints it") {
  const GroupMod mod = group(kGroups[1]);
  CHECK(format_group_mod(mod, Version::V13) ==
        "ADD group_id=2,type=select,bucket=weight:7,actions=output:1,bucket=actions=drop");
  CHECK(format_group_mod(group(kNewerGroups[1]), Version::V15) ==
        "ADD group_id=6,type=select,selection_method=hash,fields(ip_dst=255.255.255.0,nw_proto),"
        "bucket=bucket_id:0,actions=output:1");
}

}  // namespace ovs::openflow

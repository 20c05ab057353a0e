// What controllers ask about groups.
#include "vswitch/ofproto/request.h"

namespace ovs::vswitch {

using openflow::Kind;
using openflow::OfError;

namespace {

openflow::GroupStats stats_of(const Ofproto::Impl& owner, const Group& group) {
  openflow::GroupStats stats;
  stats.id = group.id;
  stats.ref_count = owner.tables.count_of_group(group.id);
  stats.packets = group.count->packets;
  stats.bytes = group.count->bytes;
  const std::uint64_t age_ms = owner.now_ms() - group.created_ms;
  stats.duration_s = std::uint32_t(age_ms / 1000);
  stats.duration_ns = std::uint32_t(age_ms % 1000 * 1'000'000);
  for (const Group::Bucket& bucket : group.buckets) {
    stats.buckets.push_back({bucket.count->packets, bucket.count->bytes});
  }
  return stats;
}

// Calls `visit` with each group that the request asks about.
template <class F>
void for_each_asked(const Request& request, F&& visit) {
  const auto* asked = request.message.as<openflow::IdRequest>();
  const std::uint32_t id = asked == nullptr ? openflow::kGroupAll : asked->id;
  for (const auto& [number, group] : request.owner.groups.table()->groups) {
    if (id == openflow::kGroupAll || id == number) visit(*group);
  }
}

}  // namespace

Result<void, OfError> check_groups(const openflow::Actions& actions, const Groups& groups) {
  for (const openflow::Action& action : actions) {
    const auto* basic = action.as<openflow::Basic>();
    if (basic != nullptr && basic->op == openflow::BasicOp::Group &&
        !groups.contains(std::uint32_t(basic->value))) {
      return OfError::OFPBAC_BAD_OUT_GROUP;
    }
    if (const auto* write = action.as<openflow::WriteActions>()) {
      OVS_TRY(check_groups(write->actions, groups));
    }
  }
  return kOk;
}

void group_mod(const Request& request) {
  const auto& mod = request.body<openflow::GroupMod>();
  Ofproto::Impl& owner = request.owner;
  for (const openflow::Bucket& bucket : mod.buckets) {
    const auto checked = check_actions(bucket.actions, openflow::kAllTables);
    if (!checked.ok()) return request.refuse(checked.error());
  }
  std::vector<std::uint32_t> removed;
  const auto done = owner.groups.apply(mod, owner.now_ms(), removed);
  if (!done.ok()) return request.refuse(done.error());
  owner.is_changed = true;
  std::vector<RemovedRule> rules;
  for (const std::uint32_t id : removed) owner.tables.remove_group(id, rules);
  owner.tell_removed(rules);
}

void group_stats(const Request& request) {
  openflow::GroupStatsReply reply;
  for_each_asked(
      request, [&](const Group& group) { reply.groups.push_back(stats_of(request.owner, group)); });
  request.reply(Kind::GroupStatsReply, std::move(reply));
}

void group_desc(const Request& request) {
  openflow::GroupDescReply reply;
  for_each_asked(request, [&](const Group& group) {
    openflow::GroupDesc told{group.id, group.type, {}, group.properties};
    for (const Group::Bucket& bucket : group.buckets) told.buckets.push_back(bucket.does);
    reply.groups.push_back(std::move(told));
  });
  request.reply(Kind::GroupDescStatsReply, std::move(reply));
}

void group_features(const Request& request) {
  openflow::GroupFeatures reply;
  reply.types = (1u << openflow::kGroupTypeCount) - 1;
  reply.capabilities = openflow::kSelectWeight | openflow::kSelectLiveness | openflow::kChaining;
  for (std::size_t type = 0; type < openflow::kGroupTypeCount; ++type) {
    reply.max_groups[type] = openflow::kGroupMax;
    reply.actions[type] = ~openflow::ActionSet{0};
  }
  request.reply(Kind::GroupFeaturesStatsReply, reply);
}

}  // namespace ovs::vswitch

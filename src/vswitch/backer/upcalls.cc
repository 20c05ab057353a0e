#include "vswitch/backer/upcalls.h"

#include "vswitch/dpif/ufid.h"
#include "vswitch/translate/stored.h"

namespace ovs::vswitch {

namespace {

constexpr std::uint64_t kTogetherMs = 20;

void count(std::atomic<std::uint64_t>& counter) {
  counter.fetch_add(1, std::memory_order_relaxed);
}

void raise_to(std::atomic<std::size_t>& maximum, std::size_t value) {
  std::size_t seen = maximum.load(std::memory_order_relaxed);
  while (seen < value && !maximum.compare_exchange_weak(seen, value)) {
  }
}

Megaflow make_megaflow(const flow::FlowKey& key, BackerState::Translated done,
                       std::uint64_t now_ms) {
  Translation& translation = done.translation;
  Megaflow flow;
  flow.mask = datapath_mask(translation.wildcards, key);
  flow.key = key;
  flow.ufid = ufid_of(key, flow.mask);
  flow.actions = std::move(translation.actions);
  flow.began = done.began;
  flow.cells = translation.dependencies.compact();
  flow.effects = std::move(translation.effects);
  flow.frozen = std::move(translation.frozen);
  flow.created_ms = now_ms;
  return flow;
}

}  // namespace

void UpcallHandler::handle(std::vector<Upcall>& upcalls) {
  for (Upcall& upcall : upcalls) {
    switch (upcall.reason) {
      case UpcallReason::Miss: take_miss(upcall); break;
      case UpcallReason::Action: take_action(upcall); break;
    }
  }
}

void UpcallHandler::take_miss(Upcall& upcall) {
  count(state_.counts.misses);
  const std::uint64_t now = state_.now_ms();
  auto done = state_.translate_key(upcall.key);
  if (!done) {
    count(state_.counts.unknown_port);
    state_.info("received packet on unassociated datapath port {}",
                flow::load_stored<flow::StorageId::InPort>(upcall.key));
    return;
  }
  if (!done->translation.actions.empty()) {
    state_.execute(upcall.packet, upcall.key, done->translation.actions);
  }
  Megaflow flow = make_megaflow(upcall.key, std::move(*done), now);
  state_.megaflows.with(flow.ufid, [&](MegaflowTable::Shard& shard) {
    const Installed installed = install(shard, flow);
    // Afterwards: what the packet teaches must not make its own megaflow stale before it is there.
    flow.effects.apply({1, upcall.packet.size(), now, 0});
    if (installed == Installed::Yes) shard.insert(std::move(flow));
  });
  raise_to(state_.max_flows, state_.megaflows.count());
}

UpcallHandler::Installed UpcallHandler::install(MegaflowTable::Shard& shard, Megaflow& flow) {
  if (Megaflow* known = shard.find(flow.ufid); known != nullptr) {
    put_back(*known);
    return Installed::No;
  }
  if (state_.megaflows.count() >= state_.flow_limit.load(std::memory_order_relaxed)) {
    count(state_.counts.refused);
    return Installed::No;
  }
  // Whoever made it stale looks at this shard after us, or has done so before.
  if (state_.is_stale(flow.began, flow.cells)) {
    count(state_.counts.stale);
    return Installed::No;
  }
  const auto put =
      state_.dpif.flow_put({FlowPutMode::Create, flow.ufid, flow.key, flow.mask, flow.actions});
  if (!put.ok()) {
    count(state_.counts.refused);
    if (put.error().code != Error::Exists) {
      state_.warn("{}: failed to put flow: {}", state_.dpif.full_name(), put.error().text);
    }
    return Installed::No;
  }
  count(state_.counts.installed);
  flow.dump = state_.dump_number.load(std::memory_order_relaxed) + 1;  // one under way may miss it
  return Installed::Yes;
}

// A miss of a flow that is there is one of several packets that came together; long afterwards it
// says that somebody has taken the flow from the datapath.
void UpcallHandler::put_back(Megaflow& flow) {
  const std::uint64_t now = state_.now_ms();
  if (now < flow.created_ms + kTogetherMs) return;
  flow.created_ms = now;
  const auto put =
      state_.dpif.flow_put({FlowPutMode::Create, flow.ufid, flow.key, flow.mask, flow.actions});
  if (!put.ok()) return;  // it is there, and the packet came long ago
  flow.seen = {};
  flow.dump = state_.dump_number.load(std::memory_order_relaxed) + 1;
  count(state_.counts.installed);
}

void UpcallHandler::take_action(Upcall& upcall) {
  const auto cookie = decode_cookie(upcall.userdata);
  if (!cookie) return;
  switch (cookie->kind) {
    case CookieKind::SlowPath: take_miss(upcall); return;
    case CookieKind::Controller: {
      const auto state = state_.frozen.find(cookie->recirc_id);
      if (!state || cookie->dont_send) return;
      sink_({*cookie, *state, upcall.key, std::move(upcall.packet)});
      return;
    }
  }
}

}  // namespace ovs::vswitch

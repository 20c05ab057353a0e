#include "vswitch/backer/backer.h"

#include <algorithm>

#include "flow/match/netlink.h"
#include "vswitch/dpif/ufid.h"
#include "vswitch/translate/stored.h"

namespace ovs::vswitch {

using flow::StorageId;

namespace {

constexpr std::uint64_t kSoonMs = 5;  // between two rounds that changes ask for
constexpr std::uint32_t kMinFlowLimit = 1000;

}  // namespace

flow::FlowMask datapath_mask(const flow::MatchMask& wildcards, const flow::FlowKey& key) {
  flow::MatchMask mask = wildcards;
  // A key's outer EtherType is always matched, and tells a packet with a tag from one without.
  const flow::MatchKey packet{key, {}};
  if (stored(packet, StorageId::VlanTci) == 0) {
    mark(mask, StorageId::VlanTci);
  } else {
    mark(mask, StorageId::VlanTci, kVlanPresentBit);
  }
  return mask.flow;
}

Backer::Backer(std::unique_ptr<Dpif> dpif, daemon::Loop& loop, daemon::LogModule log)
    : dpif_(std::move(dpif)),
      loop_(loop),
      log_(log),
      view_(new_shared<SwitchView>()),
      round_(loop, [this] { revalidate(); }) {
  view_->places = new_shared<PlaceTable>();
  dpif_->set_upcall_handler([this](std::vector<Upcall>& upcalls) { take_upcalls(upcalls); });
  round_.set_after(settings_.max_revalidator_ms);
}

Backer::~Backer() {
  dpif_->set_upcall_handler({});
}

void Backer::publish(Shared<SwitchView> view, PendingStamps changed) {
  view_ = std::move(view);
  if (!changed.empty()) is_unsettled_ = true;
  changed.touch_all(stamps_);
  revalidate_soon();
}

void Backer::revalidate_soon() {
  round_.set_after(kSoonMs);
}

void Backer::take_upcalls(std::vector<Upcall>& upcalls) {
  for (Upcall& upcall : upcalls) {
    switch (upcall.reason) {
      case UpcallReason::Miss: take_miss(upcall); break;
      case UpcallReason::Action: take_action(upcall); break;
    }
  }
}

Translation Backer::translate_key(const PortPlace& place, const flow::FlowKey& key, std::uint64_t) {
  TranslationRequest request;
  request.view = view_.raw();
  request.bridge = place.bridge;
  request.key = pipeline_key(key, place.port->number);
  request.frozen = &frozen_;
  request.upcall_pid =
      dpif_->upcall_pid(DpPort(std::uint32_t(flow::load_stored<flow::StorageId::InPort>(key))));
  Translation translation = translate(request);
  if (wildcards_ == Wildcards::Off) translation.wildcards.flow = flow::exact_mask_of(key);
  return translation;
}

void Backer::take_miss(Upcall& upcall) {
  ++counts_.misses;
  const std::uint64_t now = loop_.now_ms();
  const StampTime began = stamps_.now();
  const PortPlace place = find_ingress(*view_, upcall.key);
  if (!place) {
    ++counts_.unknown_port;
    log_.info(limit_, "received packet on unassociated datapath port {}",
              flow::load_stored<flow::StorageId::InPort>(upcall.key));
    return;
  }
  Translation translation = translate_key(place, upcall.key, 1);
  translation.effects.apply({1, upcall.packet.size(), now, 0});
  if (!translation.actions.empty()) execute(upcall.packet, upcall.key, translation.actions);
  install(upcall.key, translation, began, now);
}

void Backer::install(const flow::FlowKey& key, Translation& translation, StampTime began,
                     std::uint64_t now_ms) {
  if (megaflows_.size() >= flow_limit_) {
    ++counts_.refused;
    return;
  }
  Megaflow flow;
  flow.mask = datapath_mask(translation.wildcards, key);
  flow.key = key;
  flow.ufid = ufid_of(key, flow.mask);
  if (megaflows_.contains(flow.ufid)) return;  // packets of one flow that came together
  flow.actions = std::move(translation.actions);
  flow.began = began;
  flow.cells = translation.dependencies.compact();
  flow.effects = std::move(translation.effects);
  flow.created_ms = now_ms;
  FlowPut put;
  put.ufid = flow.ufid;
  put.key = flow.key;
  put.mask = flow.mask;
  put.actions = flow.actions;
  const auto done = dpif_->flow_put(put);
  if (!done.ok()) {
    ++counts_.refused;
    if (done.error().code != Error::Exists) {
      log_.warn(limit_, "{}: failed to put flow: {}", dpif_->full_name(), done.error().text);
    }
    return;
  }
  ++counts_.installed;
  flow.dump = dump_number_ + 1;  // a dump under way may not have it
  megaflows_.emplace(flow.ufid, std::move(flow));
  max_flows_ = std::max(max_flows_, megaflows_.size());
}

void Backer::take_action(Upcall& upcall) {
  const auto cookie = decode_cookie(upcall.userdata);
  if (!cookie) return;
  switch (cookie->kind) {
    case CookieKind::SlowPath: take_miss(upcall); return;
    case CookieKind::Controller: {
      const auto state = frozen_.find(cookie->recirc_id);
      if (!state || cookie->dont_send || !controller_sink_) return;
      controller_sink_({*cookie, *state, upcall.key, upcall.packet});
      return;
    }
  }
}

void Backer::execute(Bytes packet, const flow::FlowKey& key, Bytes actions) {
  ++counts_.executed;
  const auto done = dpif_->execute({packet, &key, actions});
  if (!done.ok()) {
    log_.warn(limit_, "{}: execute failed: {}", dpif_->full_name(), done.error().text);
  }
}

void Backer::replay(Megaflow& flow, const DpifFlowStats& stats) {
  if (stats.packets <= flow.seen.packets) return;
  const Traffic more{stats.packets - flow.seen.packets, stats.bytes - flow.seen.bytes,
                     stats.used_ms, stats.tcp_flags};
  flow.seen = stats;
  flow.effects.apply(more);
}

Backer::Verdict Backer::translate_again(Megaflow& flow) {
  const StampTime began = stamps_.now();
  const PortPlace place = find_ingress(*view_, flow.key);
  if (!place) return Verdict::Delete;
  Translation translation = translate_key(place, flow.key, 0);
  if (datapath_mask(translation.wildcards, flow.key) != flow.mask) return Verdict::Delete;
  flow.began = began;
  flow.cells = translation.dependencies.compact();
  flow.effects = std::move(translation.effects);
  if (translation.actions == flow.actions) return Verdict::Keep;
  flow.actions = std::move(translation.actions);
  return Verdict::Modify;
}

Backer::Verdict Backer::judge(Megaflow& flow, std::uint64_t now_ms, std::uint64_t max_idle_ms) {
  if (flow.used_ms() + max_idle_ms < now_ms) return Verdict::Delete;
  if (!stamps_.changed_since(flow.began, flow.cells)) return Verdict::Keep;
  return translate_again(flow);
}

void Backer::remove(const Ufid& ufid, const flow::FlowKey& key) {
  const auto last = dpif_->flow_del(ufid, key);
  const auto at = megaflows_.find(ufid);
  if (at == megaflows_.end()) return;
  if (last.ok()) replay(at->second, *last);
  megaflows_.erase(at);
}

void Backer::revalidate() {
  const std::uint64_t now = loop_.now_ms();
  round_.set_after(settings_.max_revalidator_ms);
  if (is_paused_) return;
  is_unsettled_ = false;
  ++dump_number_;
  const std::uint64_t max_idle_ms = megaflows_.size() > flow_limit_ ? 100 : settings_.max_idle_ms;
  struct Change {
    Verdict verdict;
    Ufid ufid;
    flow::FlowKey key;
  };
  std::vector<Change> changes;
  std::size_t dumped = 0;
  (void)dpif_->flow_dump([&](DpifFlow& flow) {
    ++dumped;
    const auto at = megaflows_.find(flow.ufid);
    if (at == megaflows_.end()) {
      changes.push_back({Verdict::Delete, flow.ufid, flow.key});  // of an earlier life of ours
      return;
    }
    at->second.dump = dump_number_;
    replay(at->second, flow.stats);
    const Verdict verdict = judge(at->second, now, max_idle_ms);
    if (verdict != Verdict::Keep) changes.push_back({verdict, flow.ufid, flow.key});
  });
  for (const Change& change : changes) carry_out(change.verdict, change.ufid, change.key);
  std::erase_if(megaflows_, [&](const auto& each) { return each.second.dump < dump_number_; });
  average_flows_ = (average_flows_ + dumped) / 2;
  adjust_limit(loop_.now_ms() - now);
  if (round_hook_) round_hook_(now);
}

void Backer::carry_out(Verdict verdict, const Ufid& ufid, const flow::FlowKey& key) {
  const auto at = megaflows_.find(ufid);
  switch (verdict) {
    case Verdict::Keep: return;
    case Verdict::Modify:
      if (at != megaflows_.end()) {
        const Megaflow& flow = at->second;
        const FlowPut put{FlowPutMode::Modify, ufid, flow.key, flow.mask, flow.actions};
        if (dpif_->flow_put(put).ok()) return;
      }
      [[fallthrough]];
    case Verdict::Delete: remove(ufid, key); return;
  }
}

void Backer::settle() {
  if (is_paused_ || !std::exchange(is_unsettled_, false)) return;
  const std::uint64_t deadline = loop_.now_ms() + kMaxSettleMs;
  std::vector<Ufid> stale;
  for (const auto& [ufid, flow] : megaflows_) {
    if (stamps_.changed_since(flow.began, flow.cells)) stale.push_back(ufid);
  }
  for (const Ufid& ufid : stale) {
    if (loop_.now_ms() > deadline) return;
    refresh(ufid);
  }
}

// Packets until now belong to the old translation.
void Backer::refresh(const Ufid& ufid) {
  Megaflow& flow = megaflows_.find(ufid)->second;
  const auto found = dpif_->flow_find(ufid, flow.key);
  if (!found.ok()) {
    megaflows_.erase(ufid);
    return;
  }
  replay(flow, found->stats);
  const flow::FlowKey key = flow.key;
  carry_out(translate_again(flow), ufid, key);
}

// So many flows as a round of a second can look after.
void Backer::adjust_limit(std::uint64_t took_ms) {
  dump_ms_ = std::max<std::uint64_t>(took_ms, 1);
  if (took_ms > 2000) {
    flow_limit_ = std::uint32_t(flow_limit_ / (took_ms / 1000));
  } else if (took_ms > 1300) {
    flow_limit_ = flow_limit_ * 3 / 4;
  } else if (took_ms < 1000 && flow_limit_ < megaflows_.size() * 1000 / dump_ms_) {
    flow_limit_ += 1000;
  }
  flow_limit_ =
      std::clamp(flow_limit_, kMinFlowLimit, std::max(settings_.flow_limit, kMinFlowLimit));
}

void Backer::purge() {
  std::vector<std::pair<Ufid, flow::FlowKey>> all;
  for (const auto& [ufid, flow] : megaflows_) all.emplace_back(ufid, flow.key);
  for (const auto& [ufid, key] : all) remove(ufid, key);
}

void Backer::set_wildcards(Wildcards wildcards) {
  wildcards_ = wildcards;
  purge();
}

DpifResult<DpPort> Backer::tunnel_vport(const std::string& type, std::uint16_t udp_port) {
  for (TunnelVport& vport : tunnels_) {
    if (vport.type != type || vport.udp_port != udp_port) continue;
    ++vport.users;
    return vport.port;
  }
  DpifPortSpec spec;
  spec.type = type;
  spec.udp_port = udp_port;
  spec.name = type == "gre"      ? "gre_sys"
              : type == "geneve" ? "genev_sys_" + std::to_string(udp_port)
                                 : type + "_sys_" + std::to_string(udp_port);
  auto port = dpif_->port_add(spec);
  if (!port.ok() && port.error().code == Error::Exists) {
    const auto old = dpif_->port_by_name(spec.name);  // of an earlier life of ours
    if (old.ok()) port = old->number;
  }
  if (port.ok()) tunnels_.push_back({type, udp_port, *port, 1});
  return port;
}

void Backer::release_tunnel_vport(DpPort port) {
  const auto at = std::find_if(tunnels_.begin(), tunnels_.end(),
                               [&](const TunnelVport& vport) { return vport.port == port; });
  if (at == tunnels_.end() || --at->users > 0) return;
  (void)dpif_->port_del(port);
  tunnels_.erase(at);
}

}  // namespace ovs::vswitch

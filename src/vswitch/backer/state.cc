#include "vswitch/backer/state.h"

#include "flow/match/netlink.h"

namespace ovs::vswitch {

BackerState::BackerState(Dpif& datapath, const platform::Clock& time, daemon::LogModule log)
    : dpif(datapath), clock_(time), log_(log) {
  auto view = new_shared<SwitchView>();
  view->places = new_shared<PlaceTable>();
  publish(std::move(view), {});
}

// Whoever translated has ended by now, so that a grace period is only other datapaths' readers.
BackerState::~BackerState() {
  retired_.drain(Passive::here());
}

Owned<BackerState::Published> BackerState::boxed(Shared<SwitchView> view) {
  auto box = try_make<Published>(std::move(view));
  OVS_ASSERT(box.ok());  // hosted: a program without memory ends
  return std::move(box).value();
}

void BackerState::publish(Shared<SwitchView> view, PendingStamps changed) {
  retired_.take(published_.publish(boxed(std::move(view))));
  changed.touch_all(stamps);
}

std::optional<BackerState::Translated> BackerState::translate_key(const flow::FlowKey& key) {
  Translated result;
  result.began = stamps.now();
  const RcuReader reader;
  const SwitchView& seen = view(reader);
  const PortPlace place = find_ingress(seen, key);
  if (!place) return std::nullopt;
  TranslationRequest request;
  request.view = &seen;
  request.bridge = place.bridge;
  request.key = pipeline_key(key, place.port->number);
  request.frozen = &frozen;
  request.upcall_pid =
      dpif.upcall_pid(DpPort(std::uint32_t(flow::load_stored<flow::StorageId::InPort>(key))));
  result.translation = translate(request);
  if (wildcards.load(std::memory_order_relaxed) == Wildcards::Off) {
    result.translation.wildcards.flow = flow::exact_mask_of(key);
  }
  return result;
}

void BackerState::execute(Bytes packet, const flow::FlowKey& key, Bytes actions) {
  counts.executed.fetch_add(1, std::memory_order_relaxed);
  const auto done = dpif.execute({packet, &key, actions});
  if (!done.ok()) warn("{}: execute failed: {}", dpif.full_name(), done.error().text);
}

}  // namespace ovs::vswitch

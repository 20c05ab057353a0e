#include "vswitch/ofproto/switches.h"

#include <algorithm>

#include "vswitch/ofproto/ofproto_impl.h"
#include "vswitch/ofproto/switches_impl.h"

namespace ovs::vswitch {

Switches::Impl::Impl(SwitchEnvironment given)
    : environment(std::move(given)), commit_timer(environment.loop, [this] { commit(); }) {}

Switches::Impl::~Impl() = default;

void Switches::Impl::commit_soon() {
  if (!commit_timer.is_set()) commit_timer.set_after(0);
}

void Switches::Impl::commit() {
  commit_timer.cancel();
  const bool shape_changed = std::exchange(bridges_changed, false);
  for (const auto& backer : backers) commit(*backer, shape_changed);
}

void Switches::Impl::commit(Backer& backer, bool shape_changed) {
  bool is_changed = false, ports_changed = false;
  for (const auto& ofproto : ofprotos) {
    const Ofproto::Impl& impl = ofproto->impl();
    if (&impl.backer != &backer) continue;
    is_changed = is_changed || impl.is_changed || impl.tables.has_changes();
    ports_changed = ports_changed || !impl.port_table;
  }
  if (!is_changed && !shape_changed) return;
  auto view = new_shared<SwitchView>();
  PendingStamps changed;
  for (const auto& ofproto : ofprotos) {
    Ofproto::Impl& impl = ofproto->impl();
    if (&impl.backer != &backer) continue;
    impl.is_changed = false;
    changed.take(impl.tables.take_changes());
    changed.take(impl.groups.take_changes());
    changed.take(std::exchange(impl.changes, {}));
    view->bridges.push_back(impl.make_view());
  }
  if (shape_changed) changed.add(StampKind::Global, 0);
  view->places = ports_changed || shape_changed ? make_places(*view) : backer.view()->places;
  backer.publish(std::move(view), std::move(changed));
}

Shared<PlaceTable> Switches::Impl::make_places(const SwitchView& view) {
  auto places = new_shared<PlaceTable>();
  for (std::size_t i = 0; i < view.bridges.size(); ++i) {
    for (const Shared<PortView>& port : view.bridges[i]->ports->ports) {
      const PlaceTable::Place place{i, port};
      const auto number = std::uint32_t(port->datapath_port);
      if (port->is_patch()) {
        places->patches.emplace(port->name, place);
      } else if (port->tunnel) {
        places->tunnels[number].push_back(place);
      } else {
        places->by_datapath_port.emplace(number, place);
      }
    }
  }
  return places;
}

Ofproto::Impl* Switches::Impl::find(std::uint64_t id) {
  for (const auto& ofproto : ofprotos) {
    if (ofproto->impl().id == id) return &ofproto->impl();
  }
  return nullptr;
}

void Switches::Impl::refresh_link(Backer& backer, const std::string& port_name) {
  for (const auto& ofproto : ofprotos) {
    Ofproto::Impl& impl = ofproto->impl();
    const Port* port = &impl.backer == &backer ? impl.find(port_name) : nullptr;
    if (port != nullptr) impl.refresh_link(*impl.find(port->number));
  }
}

void Switches::Impl::run_timeouts(Backer& backer, std::uint64_t now_ms) {
  for (const auto& ofproto : ofprotos) {
    if (&ofproto->impl().backer == &backer) ofproto->impl().run_timeouts(now_ms);
  }
}

Switches::Switches(SwitchEnvironment environment)
    : impl_(std::make_unique<Impl>(std::move(environment))) {}

Switches::~Switches() = default;

Backer& Switches::add_datapath(std::unique_ptr<Dpif> dpif) {
  Impl& impl = *impl_;
  impl.backers.push_back(
      std::make_unique<Backer>(std::move(dpif), impl.environment.loop, impl.environment.log));
  Backer& backer = *impl.backers.back();
  backer.configure(impl.settings);
  backer.set_controller_sink([&impl](const ControllerPacket& packet) {
    Ofproto::Impl* bridge = impl.find(packet.cookie.bridge);
    if (bridge != nullptr) bridge->send_packet_in(packet);
  });
  backer.set_round_hook(
      [&impl, &backer](std::uint64_t now_ms) { impl.run_timeouts(backer, now_ms); });
  backer.set_settled_hook([&impl, &backer](std::uint64_t ticket) {
    for (const auto& ofproto : impl.ofprotos) {
      if (&ofproto->impl().backer == &backer) ofproto->impl().connections.release(ticket);
    }
  });
  backer.dpif().set_port_event_handler([&impl, &backer](PortEvent event, const DpifPort& port) {
    if (event != PortEvent::Deleted) impl.refresh_link(backer, port.name);
  });
  return backer;
}

Backer* Switches::find_datapath(std::string_view type) {
  for (const auto& backer : impl_->backers) {
    if (backer->dpif().type() == type) return backer.get();
  }
  return nullptr;
}

void Switches::remove_datapath(Backer& backer) {
  std::erase_if(impl_->backers, [&](const auto& each) { return each.get() == &backer; });
}

Dpif& Switches::dpif(Backer& backer) {
  return backer.dpif();
}

void Switches::configure(const BackerSettings& settings) {
  impl_->settings = settings;
  for (const auto& backer : impl_->backers) backer->configure(settings);
}

Ofproto& Switches::add(std::string name, Backer& backer, std::uint64_t datapath_id) {
  auto made = std::make_unique<Ofproto::Impl>(std::move(name), backer, impl_->environment, *impl_,
                                              ++impl_->last_id, datapath_id);
  impl_->ofprotos.push_back(std::make_unique<Ofproto>(std::move(made)));
  impl_->bridges_changed = true;
  impl_->commit_soon();
  return *impl_->ofprotos.back();
}

void Switches::remove(Ofproto& ofproto) {
  std::erase_if(impl_->ofprotos, [&](const auto& each) { return each.get() == &ofproto; });
  impl_->bridges_changed = true;
  impl_->commit_soon();
}

Ofproto* Switches::find(std::string_view name) {
  for (const auto& ofproto : impl_->ofprotos) {
    if (ofproto->name() == name) return ofproto.get();
  }
  return nullptr;
}

std::vector<Ofproto*> Switches::all() {
  std::vector<Ofproto*> list;
  for (const auto& ofproto : impl_->ofprotos) list.push_back(ofproto.get());
  std::sort(list.begin(), list.end(),
            [](const Ofproto* a, const Ofproto* b) { return a->name() < b->name(); });
  return list;
}

void Switches::commit() {
  impl_->commit();
}

}  // namespace ovs::vswitch

#include "vswitch/ofproto/ofproto.h"

#include "vswitch/ofproto/ofproto_impl.h"

namespace ovs::vswitch {

Ofproto::Impl::Impl(std::string bridge_name, Backer& over, const SwitchEnvironment& given,
                    Publisher& publishes, std::uint64_t own_id, std::uint64_t dpid)
    : name(std::move(bridge_name)),
      id(own_id),
      datapath_id(dpid),
      backer(over),
      environment(given),
      publisher(publishes),
      log(given.log.module("ofproto")),
      tables(own_id),
      groups(own_id),
      macs(new_shared<MacTable>(own_id, over.stamps())),
      table_counters(new_shared<TableCounters>()),
      connections(*this, {given.loop, given.network, given.log.module("rconn")}, name) {
  description.software = given.version;
  connections.listen(given.run_directory);
  apply_fail_mode();
}

Ofproto::Impl::~Impl() {
  for (auto& [number, port] : ports) detach(port);
}

void Ofproto::Impl::mark_changed() {
  is_changed = true;
  publisher.commit_soon();
}

// Without a controller a standalone switch is a learning one.
void Ofproto::Impl::apply_fail_mode() {
  const bool wants = fail_mode == FailMode::Standalone && !connections.has_controllers();
  if (wants == has_own_normal) return;
  has_own_normal = wants;
  if (wants) {
    tables.add_own(0, flow::Match(), 0, {openflow::Output{openflow::kPortNormal, 0}}, now_ms());
  } else {
    tables.remove_own(0, flow::Match(), 0);
  }
  mark_changed();
}

// A standalone switch whose controllers have long been silent goes on as a learning one, whatever
// its flows say.
void Ofproto::Impl::run_fail_open(std::uint64_t now) {
  constexpr int kFailOpenPriority = 0xf0f0f0;
  const bool wants = fail_mode == FailMode::Standalone && connections.have_failed(now);
  if (wants == is_fail_open) return;
  is_fail_open = wants;
  if (wants) {
    log.warn("{}: could not reach any controller, falling back to standalone switch", name);
    tables.add_own(0, flow::Match(), kFailOpenPriority,
                   {openflow::Output{openflow::kPortNormal, 0}}, now);
  } else {
    log.warn("{}: leaving fail-open mode", name);
    tables.remove_own(0, flow::Match(), kFailOpenPriority);
  }
  mark_changed();
}

void Ofproto::Impl::run_timeouts(std::uint64_t now) {
  run_fail_open(now);
  macs->expire(now);
  std::vector<RemovedRule> removed;
  tables.expire(now, removed);
  if (removed.empty()) return;
  tell_removed(removed);
  mark_changed();
}

Shared<BridgeView> Ofproto::Impl::make_view() {
  if (!port_table) port_table = make_port_table();
  auto view = new_shared<BridgeView>();
  view->id = id;
  view->name = name;
  view->tables = tables.tables();
  view->groups = groups.table();
  view->ports = port_table;
  view->macs = macs;
  view->table_counters = table_counters;
  view->fragments = config.fragments;
  view->on_miss = connections.wants_misses() ? MissPolicy::SendToController : MissPolicy::Drop;
  return view;
}

Ofproto::Ofproto(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Ofproto::~Ofproto() = default;

const std::string& Ofproto::name() const {
  return impl_->name;
}
std::uint64_t Ofproto::datapath_id() const {
  return impl_->datapath_id;
}
void Ofproto::set_datapath_id(std::uint64_t id) {
  impl_->datapath_id = id;
}

OfprotoResult<OfPort> Ofproto::add_port(const PortSettings& settings) {
  return impl_->add_port(settings);
}
OfprotoResult<void> Ofproto::remove_port(OfPort port) {
  return impl_->remove_port(port);
}
OfprotoResult<void> Ofproto::update_port(OfPort port, const PortSettings& settings) {
  return impl_->update_port(port, settings);
}

void Ofproto::set_link(OfPort number, const LinkSettings& link) {
  Port* port = impl_->find(number);
  if (port != nullptr) impl_->set_link(*port, link);
}

std::optional<OfPort> Ofproto::find_port(std::string_view port) const {
  const Port* found = impl_->find(port);
  if (found == nullptr) return std::nullopt;
  return found->number;
}

std::optional<DpPort> Ofproto::datapath_port(OfPort number) const {
  const Port* port = impl_->find(number);
  if (port == nullptr || port->datapath_port == kNoDpPort) return std::nullopt;
  return port->datapath_port;
}

OfprotoResult<DpifPortStats> Ofproto::port_stats(OfPort number) const {
  const Port* port = impl_->find(number);
  if (port == nullptr) return OfprotoError{"no such port"};
  return impl_->port_stats(*port);
}

std::optional<OfPort> Ofproto::free_port_number() const {
  return impl_->free_number();
}

void Ofproto::avoid_port_number(OfPort port) {
  impl_->released_ms[std::uint16_t(port)] = impl_->now_ms();
}

void Ofproto::set_bundle(const BundleSettings& settings) {
  for (BundleSettings& bundle : impl_->bundles) {
    if (bundle.name != settings.name) continue;
    if (bundle == settings) return;
    bundle = settings;
    impl_->ports_changed();
    return;
  }
  impl_->bundles.push_back(settings);
  impl_->ports_changed();
}

void Ofproto::remove_bundle(std::string_view bundle) {
  if (std::erase_if(impl_->bundles, [&](const auto& each) { return each.name == bundle; }) > 0) {
    impl_->ports_changed();
  }
}

void Ofproto::set_controllers(const std::vector<ControllerSettings>& controllers) {
  impl_->connections.set_controllers(controllers);
  impl_->apply_fail_mode();
}

std::vector<ControllerStatus> Ofproto::controllers() const {
  return impl_->connections.status();
}

void Ofproto::set_fail_mode(FailMode mode) {
  impl_->fail_mode = mode;
  impl_->apply_fail_mode();
}

void Ofproto::set_protocols(std::uint32_t versions) {
  impl_->versions = versions == 0 ? openflow::kAllVersions : versions;
  impl_->connections.set_versions(impl_->versions);
}

void Ofproto::set_description(const SwitchDescription& description) {
  impl_->description = description;
}

void Ofproto::set_mac_table(const MacTableSettings& settings) {
  impl_->macs->configure(settings);
}

void Ofproto::flush_flows() {
  std::vector<RemovedRule> removed;
  impl_->tables.flush(removed);
  impl_->groups.clear();
  impl_->has_own_normal = false;
  impl_->apply_fail_mode();
  impl_->mark_changed();
}

}  // namespace ovs::vswitch

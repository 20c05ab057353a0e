#include "tools/ovs-vswitchd/datapaths.h"

#include <fmt/format.h>

#include <cstdlib>
#include <random>

namespace ovs::vswitchd {

using vswitch::DatapathIdentity;
using vswitch::Dpif;
using vswitch::DpifError;
using vswitch::DpifResult;
using vswitch::NetlinkDpif;

namespace {

std::uint64_t random_secret() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

}  // namespace

Datapaths::Datapaths(daemon::Program& program, Dummies dummies, bool use_system_routes)
    : program_(program), dummies_(dummies), use_system_routes_(use_system_routes), links_(program) {
  routes_.set_change_handler([this] { ports_changed(); });
  program_.clock().on_change([this] {
    for (userdp::DummyDatapath* datapath : this->dummies()) datapath->run();
  });
}

Datapaths::~Datapaths() = default;

bool Datapaths::is_dummy(const std::string& type) const {
  switch (dummies_) {
    case Dummies::None: return false;
    case Dummies::Dummy: return type == "dummy";
    case Dummies::System: return type == "dummy" || type == "system";
    case Dummies::Override: return true;
  }
  return false;
}

std::vector<std::string> Datapaths::types() const {
  std::vector<std::string> types = {"netdev", "system"};
  if (has_dummies()) types.insert(types.begin(), "dummy");
  return types;
}

DpifResult<std::unique_ptr<Dpif>> Datapaths::open(const std::string& type,
                                                  std::function<void()> came) {
  if (is_dummy(type)) return open_dummy(type);
  if (type == "netdev") return open_netdev();
  if (type == "system") return open_system(std::move(came));
  return DpifError{Error::Invalid, fmt::format("unknown datapath type '{}'", type)};
}

vswitch::PortTraits Datapaths::dummy_ports() const {
  return dummies_ == Dummies::Override ? vswitch::kOverriddenPorts : vswitch::kDummyPorts;
}

DpifResult<std::unique_ptr<Dpif>> Datapaths::open_system(std::function<void()> came) {
  const char* const path = std::getenv("OVS_DEVICE");
  if (path == nullptr || *path == '\0') {
    return DpifError{Error::Unsupported,
                     "datapath type system: not supported yet on this host without a device "
                     "(OVS_DEVICE); use datapath_type=netdev"};
  }
  if (system_ == nullptr) {
    platform::NetConfig* net = nullptr;
    if (use_system_routes_) {
      OVS_TRY(net, net_config());
    }
    system_ = std::make_unique<SystemDatapath>(program_, path, net);
  }
  return system_->open(std::move(came));
}

DpifResult<std::unique_ptr<Dpif>> Datapaths::open_dummy(const std::string& type) {
  const std::string name = "ovs-" + type;
  auto& datapath = dummy_datapaths_[type];
  if (datapath == nullptr) {
    auto created = userdp::DummyDatapath::create(name, program_.clock());
    if (!created) return vswitch::dpif_error(created.error());
    datapath = std::move(created).value();
    datapath->set_waiting_handler(
        [this, made = datapath.get()] { program_.loop().post([made] { made->deliver(); }); });
  }
  auto dpif = NetlinkDpif::open(datapath->device(), program_.loop(),
                                {type, name, dummy_ports(), vswitch::Threading::Stepped,
                                 program_.log().module("dpif_netdev")});
  if (!dpif) return std::move(dpif).error();
  std::unique_ptr<Dpif> opened = std::move(dpif).value();
  OVS_TRY(auto feed, vswitch::RouteFeed::start(routes_, *opened, datapath->device(),
                                               program_.loop(), program_.log()));
  dummy_feeds_.push_back(std::move(feed));
  return opened;
}

DpifResult<platform::NetConfig*> Datapaths::net_config() {
  if (!net_) {
    auto created = platform::SystemNetConfig::create();
    if (!created) return DpifError{Error::Io, "cannot read the host's network configuration"};
    net_ = std::move(created).value();
  }
  return static_cast<platform::NetConfig*>(net_.raw());
}

DpifResult<std::unique_ptr<Dpif>> Datapaths::open_netdev() {
  if (netdev_ == nullptr) {
    userdp::UserDatapathConfig config;
    config.secret = random_secret();
    auto created = userdp::UserDatapath::create(config, program_.clock(), frame_ports_);
    if (!created) return vswitch::dpif_error(created.error());
    netdev_ = std::move(created).value();
  }
  auto dpif = NetlinkDpif::open(netdev_->device(), program_.loop(),
                                {"netdev",
                                 "ovs-netdev",
                                 {},
                                 vswitch::Threading::Threaded,
                                 program_.log().module("dpif_netdev")});
  if (!dpif) return std::move(dpif).error();
  std::unique_ptr<Dpif> opened = std::move(dpif).value();
  if (!use_system_routes_) return opened;
  OVS_TRY(platform::NetConfig* const net, net_config());
  OVS_TRY(auto feed, vswitch::RouteFeed::start(*net, *opened, netdev_->device(), program_.loop(),
                                               program_.log()));
  feeds_.push_back(std::move(feed));
  return opened;
}

void Datapaths::ports_changed() {
  for (auto& feed : feeds_) feed->ports_changed();
  if (system_ != nullptr) system_->ports_changed();
  if (!routes_.has_addresses()) return;
  for (auto& feed : dummy_feeds_) feed->ports_changed();
}

void Datapaths::configure_device(const std::string& device, const DummyLinks::Options& options) {
  if (options.empty()) return links_.forget(device);
  if (userdp::DummyDatapath* const datapath = dummy_of(device)) {
    links_.configure(*datapath, device, options);
  }
}

void Datapaths::stop_feeds() {
  routes_.set_change_handler({});
  feeds_.clear();
  dummy_feeds_.clear();
  if (system_ != nullptr) system_->stop();
}

userdp::DummyDatapath* Datapaths::dummy_of(std::string_view device) {
  for (userdp::DummyDatapath* datapath : dummies()) {
    if (datapath->state(device)) return datapath;
  }
  return nullptr;
}

std::vector<userdp::DummyDatapath*> Datapaths::dummies() {
  std::vector<userdp::DummyDatapath*> all;
  for (auto& [type, datapath] : dummy_datapaths_) all.push_back(datapath.get());
  for (auto& [name, made] : created_) {
    if (made.dummy != nullptr) all.push_back(made.dummy.get());
  }
  return all;
}

DpifResult<Datapaths::Created> Datapaths::make(const std::string& type, const std::string& name) {
  Created made;
  platform::Device* device = nullptr;
  DatapathIdentity identity{type, name, {}};
  if (is_dummy(type)) {
    auto dummy = userdp::DummyDatapath::create(name, program_.clock());
    if (!dummy) return vswitch::dpif_error(dummy.error());
    made.dummy = std::move(dummy).value();
    device = &made.dummy->device();
    identity.ports = dummy_ports();
    identity.threading = vswitch::Threading::Stepped;
  } else if (type == "netdev") {
    userdp::UserDatapathConfig config;
    config.name = name;
    config.secret = random_secret();
    auto netdev = userdp::UserDatapath::create(config, program_.clock(), frame_ports_);
    if (!netdev) return vswitch::dpif_error(netdev.error());
    made.netdev = std::move(netdev).value();
    device = &made.netdev->device();
  } else {
    return DpifError{Error::Unsupported,
                     fmt::format("a further datapath of type {}: not supported yet", type)};
  }
  OVS_TRY(made.dpif, NetlinkDpif::open(*device, program_.loop(), std::move(identity)));
  OVS_TRY(made.dpif->port_add({name, "internal", vswitch::DpPort{0}, 0}));
  return made;
}

DpifResult<Dpif*> Datapaths::create(const std::string& type, const std::string& name) {
  const std::string full_name = type + "@" + name;
  if (created_.count(full_name) != 0) return DpifError{Error::Exists, "the datapath exists"};
  OVS_TRY(Created made, make(type, name));
  return static_cast<Dpif*>(created_.emplace(full_name, std::move(made)).first->second.dpif.get());
}

DpifResult<void> Datapaths::destroy(const std::string& type, const std::string& name) {
  if (created_.erase(type + "@" + name) != 0) return kOk;
  return DpifError{Error::Busy, "the datapath is used by bridges"};
}

std::vector<Dpif*> Datapaths::created() {
  std::vector<Dpif*> all;
  for (auto& [name, made] : created_) all.push_back(made.dpif.get());
  return all;
}

}  // namespace ovs::vswitchd

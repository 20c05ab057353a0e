#include "tools/ovs-vswitchd/datapaths.h"

#include <fmt/format.h>

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
    : program_(program), dummies_(dummies), use_system_routes_(use_system_routes) {
  program_.clock().on_change([this] {
    for (auto& [type, datapath] : dummy_datapaths_) datapath->run();
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

DpifResult<std::unique_ptr<Dpif>> Datapaths::open(const std::string& type) {
  if (is_dummy(type)) return open_dummy(type);
  if (type == "netdev") return open_netdev();
  if (type == "system") {
    return DpifError{
        Error::Unsupported,
        "datapath type system: not supported yet on this host; use datapath_type=netdev"};
  }
  return DpifError{Error::Invalid, fmt::format("unknown datapath type '{}'", type)};
}

DpifResult<std::unique_ptr<Dpif>> Datapaths::open_dummy(const std::string& type) {
  const std::string name = "ovs-" + type;
  auto& datapath = dummy_datapaths_[type];
  if (datapath == nullptr) {
    auto created = userdp::DummyDatapath::create(name, program_.clock());
    if (!created) return vswitch::dpif_error(created.error());
    datapath = std::move(created).value();
  }
  auto dpif = NetlinkDpif::open(
      datapath->device(), program_.loop(),
      {type, name,
       dummies_ == Dummies::Override ? vswitch::kOverriddenPorts : vswitch::kDummyPorts});
  if (!dpif) return std::move(dpif).error();
  return std::unique_ptr<Dpif>(std::move(dpif).value());
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
  auto dpif = NetlinkDpif::open(netdev_->device(), program_.loop(), {"netdev", "ovs-netdev", {}});
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
}

userdp::DummyDatapath* Datapaths::dummy_of(std::string_view device) {
  for (auto& [type, datapath] : dummy_datapaths_) {
    if (datapath->state(device)) return datapath.get();
  }
  return nullptr;
}

std::vector<userdp::DummyDatapath*> Datapaths::dummies() {
  std::vector<userdp::DummyDatapath*> all;
  for (auto& [type, datapath] : dummy_datapaths_) all.push_back(datapath.get());
  return all;
}

}  // namespace ovs::vswitchd

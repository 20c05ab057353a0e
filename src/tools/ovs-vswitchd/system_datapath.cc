#include "tools/ovs-vswitchd/system_datapath.h"

#include <fmt/format.h>

#include "vswitch/dpif/datapath_list.h"

namespace ovs::vswitchd {

using vswitch::Dpif;
using vswitch::DpifError;
using vswitch::DpifResult;
using vswitch::NetlinkDpif;

namespace {

constexpr std::uint64_t kLookAgainMs = 500;

}  // namespace

SystemDatapath::SystemDatapath(daemon::Program& program, std::string path, platform::NetConfig* net)
    : program_(program),
      net_(net),
      log_(program.log().module("dpif")),
      device_(std::move(path)),
      timer_(program.loop(), [this] { look(); }) {}

// A host has one datapath; whatever it is called is the system's.
DpifResult<std::string> SystemDatapath::datapath_name() {
  OVS_TRY(const auto names, vswitch::list_datapaths(device_));
  if (!names.empty()) return names.front();
  return DpifError{Error::NotFound, "the device has no datapath"};
}

DpifResult<std::unique_ptr<Dpif>> SystemDatapath::open(std::function<void()> came) {
  came_ = std::move(came);
  timer_.set_after(kLookAgainMs);
  auto name = datapath_name();
  if (!name) {
    return DpifError{name.error().code, fmt::format("{}: no host answers yet ({}), waiting for it",
                                                    device_.path(), name.error().text)};
  }
  OVS_TRY(auto dpif, NetlinkDpif::open(device_, program_.loop(),
                                       {"system",
                                        std::move(name).value(),
                                        {},
                                        vswitch::Threading::Threaded,
                                        program_.log().module("dpif")}));
  timer_.cancel();
  dpif->set_lost_handler([this] { lose(); });
  dpif_ = dpif.get();
  start_feed();
  return std::unique_ptr<Dpif>(std::move(dpif));
}

void SystemDatapath::start_feed() {
  feed_.reset();
  if (net_ == nullptr) return;
  auto feed = vswitch::RouteFeed::start(*net_, *dpif_, device_, program_.loop(), program_.log());
  if (feed) {
    feed_ = std::move(feed).value();
  } else {
    log_.warn("{}: routes are not fed ({})", dpif_->full_name(), feed.error().text);
  }
}

void SystemDatapath::ports_changed() {
  if (feed_ != nullptr) feed_->ports_changed();
}

void SystemDatapath::stop() {
  timer_.cancel();
  feed_.reset();
  dpif_ = nullptr;
}

void SystemDatapath::lose() {
  if (dpif_ == nullptr || timer_.is_set()) return;
  log_.warn("{}: the device's host has gone, waiting for it", dpif_->full_name());
  feed_.reset();
  timer_.set_after(kLookAgainMs);
}

void SystemDatapath::look() {
  if (!datapath_name()) return timer_.set_after(kLookAgainMs);
  if (dpif_ != nullptr) return reopen();
  if (came_) came_();
}

void SystemDatapath::reopen() {
  const auto done = dpif_->reopen();
  if (done) {
    log_.info("{}: the device's host is back", dpif_->full_name());
  } else if (done.error().code == Error::Closed) {
    return timer_.set_after(kLookAgainMs);
  } else {
    log_.warn("{}: the device's host is back, with less than before ({})", dpif_->full_name(),
              done.error().text);
  }
  start_feed();
}

}  // namespace ovs::vswitchd

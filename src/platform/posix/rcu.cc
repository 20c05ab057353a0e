// RCU for hosted programs: QSBR, nothing added.
#include "platform/api/rcu.h"

#include "platform/posix/qsbr.h"

namespace ovs {
namespace qsbr = platform::qsbr;

RcuReader::RcuReader() noexcept {
  qsbr::enter();
}
RcuReader::~RcuReader() {
  qsbr::leave();
}

RcuOnline::RcuOnline() noexcept {
  qsbr::go_online();
}
RcuOnline::~RcuOnline() {
  qsbr::go_offline();
}

void rcu_quiescent() noexcept {
  qsbr::quiescent();
}

RcuOffline::RcuOffline() noexcept : was_online_(qsbr::is_online()) {
  if (was_online_) qsbr::go_offline();
}
RcuOffline::~RcuOffline() {
  if (was_online_) qsbr::go_online();
}

GracePeriod rcu_start_grace_period() noexcept {
  return GracePeriod{qsbr::start_epoch()};
}
bool rcu_is_over(GracePeriod period) noexcept {
  return qsbr::is_over(std::uint64_t(period));
}

void synchronize(Passive) noexcept {
  qsbr::wait_until_over(qsbr::start_epoch());
}

}  // namespace ovs

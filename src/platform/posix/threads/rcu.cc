// Grace periods for hosted programs: QSBR, nothing added.
#include "platform/api/rcu.h"

#include "platform/posix/threads/qsbr.h"

namespace ovs {
namespace qsbr = platform::qsbr;

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

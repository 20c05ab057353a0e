#include "platform/fake/rcu.h"

#include "platform/api/rcu.h"
#include "platform/posix/threads/qsbr.h"

namespace ovs {
namespace {

// The process's, like the readers themselves.
constinit Atomic<std::uint64_t> last_started{0};
constinit Atomic<std::uint64_t> last_released{0};

void raise_to(Atomic<std::uint64_t>& value, std::uint64_t wanted) {
  std::uint64_t seen = value.load(Order::Relaxed);
  while (seen < wanted && !value.compare_exchange(seen, wanted, Order::AcquireRelease)) {
  }
}

}  // namespace

namespace qsbr = platform::qsbr;

namespace platform {

void advance_rcu() {
  raise_to(last_released, last_started.load(Order::Acquire));
}

}  // namespace platform

GracePeriod rcu_start_grace_period() noexcept {
  const std::uint64_t epoch = qsbr::start_epoch();
  raise_to(last_started, epoch);
  return GracePeriod{epoch};
}

bool rcu_is_over(GracePeriod period) noexcept {
  const auto epoch = std::uint64_t(period);
  return epoch <= last_released.load(Order::Acquire) && qsbr::is_over(epoch);
}

void synchronize(Passive) noexcept {
  const auto epoch = std::uint64_t(rcu_start_grace_period());
  raise_to(last_released, epoch);
  qsbr::wait_until_over(epoch);
}

}  // namespace ovs

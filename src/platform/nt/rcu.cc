// RCU in the kernel: a reader is at DISPATCH_LEVEL, a grace period is a DPC on every processor.
#include "platform/api/rcu.h"

#include "platform/nt/machine.h"

namespace ovs {
namespace nt = platform::nt;

namespace {
constexpr KIRQL kNotRaised = 0xff;
}

// Acquiring a lock that nobody else has is how a driver raises without reading cr8.
RcuReader::RcuReader(At at) noexcept
    : saved_level_(at == At::Dispatch ? kNotRaised : KeAcquireSpinLockRaiseToDpc(&state_)) {}

RcuReader::~RcuReader() {
  if (saved_level_ != kNotRaised) KeReleaseSpinLock(&state_, saved_level_);
}

RcuOnline::RcuOnline() noexcept = default;
RcuOnline::~RcuOnline() = default;
void rcu_quiescent() noexcept {}
RcuOffline::RcuOffline() noexcept = default;
RcuOffline::~RcuOffline() = default;

GracePeriod rcu_start_grace_period() noexcept {
  return GracePeriod{nt::machine->start_period()};
}

bool rcu_is_over(GracePeriod period) noexcept {
  return nt::machine->is_over(std::uint64_t(period));
}

void synchronize(Passive passive) noexcept {
  nt::machine->wait(nt::machine->start_period(), passive);
}

}  // namespace ovs

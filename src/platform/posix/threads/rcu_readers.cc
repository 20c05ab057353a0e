// The readers' side of RCU, which is the same in programs and in tests.
#include "platform/api/rcu.h"
#include "platform/posix/threads/qsbr.h"

namespace ovs {
namespace qsbr = platform::qsbr;

RcuReader::RcuReader(At) noexcept {
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

}  // namespace ovs

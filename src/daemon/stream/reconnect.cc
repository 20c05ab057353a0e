// Transitions of the reconnect state machine. Back-off doubles from 1 s to its maximum, and starts
// over once a connection has lived as long as the back-off before it.
#include "daemon/stream/reconnect.h"

#include <algorithm>

namespace ovs::daemon {
namespace {

constexpr std::uint64_t kMinBackoffMs = 1000;
constexpr std::uint64_t kMinProbeMs = 1000;

}  // namespace

void Reconnect::set_max_backoff(std::uint64_t ms) {
  max_backoff_ms_ = std::max(ms, kMinBackoffMs);
  backoff_ms_ = std::min(backoff_ms_, max_backoff_ms_);
}

void Reconnect::set_probe_interval(std::uint64_t ms) {
  probe_interval_ms_ = ms == 0 ? 0 : std::max(ms, kMinProbeMs);
}

void Reconnect::enter(State state, std::uint64_t now_ms) {
  const bool was_connected = is_connected();
  state_ = state;
  state_since_ms_ = now_ms;
  if (is_connected() == was_connected) return;
  ++sequence_;
  (was_connected ? last_disconnected_ms_ : last_connected_ms_) = now_ms;
}

void Reconnect::enable(std::uint64_t now_ms) {
  if (state_ != State::Void || !may_try_again()) return;
  backoff_ms_ = 0;
  enter(State::Backoff, now_ms);
}

void Reconnect::disable(std::uint64_t now_ms) {
  if (state_ != State::Void) enter(State::Void, now_ms);
}

void Reconnect::force_reconnect(std::uint64_t now_ms) {
  if (state_ == State::Connecting || is_connected()) enter(State::Reconnecting, now_ms);
}

void Reconnect::connecting(std::uint64_t now_ms) {
  if (max_tries_ && *max_tries_ > 0) max_tries_ = *max_tries_ - 1;
  enter(State::Connecting, now_ms);
}

void Reconnect::connected(std::uint64_t now_ms) {
  enter(State::Active, now_ms);
  last_activity_ms_ = now_ms;
}

void Reconnect::connect_failed(std::uint64_t now_ms) {
  disconnected(now_ms);
}

void Reconnect::disconnected(std::uint64_t now_ms) {
  if (state_ == State::Void || state_ == State::Backoff) return;
  if (is_connected() && last_activity_ms_ - last_connected_ms_ >= backoff_ms_) backoff_ms_ = 0;
  if (state_ == State::Reconnecting) backoff_ms_ = 0;
  const bool at_once = state_ == State::Reconnecting;
  if (!may_try_again()) return enter(State::Void, now_ms);
  const bool is_free = free_tries_ > 1;
  if (is_free) --free_tries_;
  if (!at_once && !is_free)
    backoff_ms_ = std::clamp(backoff_ms_ * 2, kMinBackoffMs, max_backoff_ms_);
  enter(State::Backoff, now_ms);
}

void Reconnect::activity(std::uint64_t now_ms) {
  if (state_ == State::Idle) enter(State::Active, now_ms);
  last_activity_ms_ = now_ms;
}

Maybe<std::uint64_t> Reconnect::deadline_ms() const {
  switch (state_) {
    case State::Void:
    case State::Listening: return kNone;
    case State::Backoff: return state_since_ms_ + backoff_ms_;
    case State::Connecting: return state_since_ms_ + std::max(kMinBackoffMs, backoff_ms_);
    case State::Active:
      if (probe_interval_ms_ == 0) return kNone;
      return std::max(last_activity_ms_, state_since_ms_) + probe_interval_ms_;
    case State::Idle:
      if (probe_interval_ms_ == 0) return kNone;
      return state_since_ms_ + probe_interval_ms_;
    case State::Reconnecting: return state_since_ms_;
  }
  return kNone;
}

Reconnect::Action Reconnect::run(std::uint64_t now_ms) const {
  const Maybe<std::uint64_t> deadline = deadline_ms();
  if (!deadline || now_ms < *deadline) return Action::None;
  switch (state_) {
    case State::Void:
    case State::Listening: return Action::None;
    case State::Backoff: return Action::Connect;
    case State::Active: return Action::Probe;
    case State::Connecting:
    case State::Idle:
    case State::Reconnecting: return Action::Disconnect;
  }
  return Action::None;
}

std::string_view reconnect_state_name(Reconnect::State state) {
  switch (state) {
    case Reconnect::State::Void: return "VOID";
    case Reconnect::State::Backoff: return "BACKOFF";
    case Reconnect::State::Connecting: return "CONNECTING";
    case Reconnect::State::Active: return "ACTIVE";
    case Reconnect::State::Idle: return "IDLE";
    case Reconnect::State::Reconnecting: return "RECONNECT";
    case Reconnect::State::Listening: return "LISTENING";
  }
  return "";
}

}  // namespace ovs::daemon

// When to connect, when to give up, when to probe: the state machine of one reconnecting
// connection, in plain numbers. Knows no sockets and no clock: the caller says what happened and
// when (milliseconds of Clock::now_ms()).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/core/maybe.h"

namespace ovs::daemon {

class Reconnect {
 public:
  enum class State : std::uint8_t {
    Void,
    Backoff,
    Connecting,
    Active,
    Idle,
    Reconnecting,
    Listening
  };
  enum class Action : std::uint8_t { None, Connect, Disconnect, Probe };

  explicit Reconnect(std::uint64_t now_ms) : state_since_ms_(now_ms), created_ms_(now_ms) {}

  void set_max_backoff(std::uint64_t ms);
  void set_probe_interval(std::uint64_t ms);  // 0: none
  void set_max_tries(Maybe<unsigned> tries) { max_tries_ = tries; }
  // The first attempts, one per remote of a list, come without waiting between them.
  void set_free_tries(unsigned tries) { free_tries_ = tries; }
  std::uint64_t probe_interval_ms() const { return probe_interval_ms_; }

  void enable(std::uint64_t now_ms);           // from Void: connect at once
  void disable(std::uint64_t now_ms);          // to Void
  void force_reconnect(std::uint64_t now_ms);  // drop what there is and connect again

  void connecting(std::uint64_t now_ms);
  void connected(std::uint64_t now_ms);
  void connect_failed(std::uint64_t now_ms);
  void disconnected(std::uint64_t now_ms);
  void activity(std::uint64_t now_ms);  // bytes came in
  void probed(std::uint64_t now_ms) { enter(State::Idle, now_ms); }

  // What is due now, and when to ask again if nothing happens before.
  Action run(std::uint64_t now_ms) const;
  Maybe<std::uint64_t> deadline_ms() const;

  State state() const { return state_; }
  bool is_connected() const { return state_ == State::Active || state_ == State::Idle; }
  std::uint64_t backoff_ms() const { return backoff_ms_; }
  std::uint64_t last_connected_ms() const { return last_connected_ms_; }        // 0: never
  std::uint64_t last_disconnected_ms() const { return last_disconnected_ms_; }  // 0: never
  // Rises with every connection made or lost.
  unsigned sequence() const { return sequence_; }

 private:
  void enter(State state, std::uint64_t now_ms);
  void back_off(std::uint64_t now_ms);
  bool may_try_again() const { return !max_tries_ || *max_tries_ > 0; }

  State state_ = State::Void;
  std::uint64_t state_since_ms_;
  std::uint64_t created_ms_;
  std::uint64_t backoff_ms_ = 0;
  std::uint64_t max_backoff_ms_ = 8000;
  std::uint64_t probe_interval_ms_ = 5000;
  std::uint64_t last_activity_ms_ = 0;
  std::uint64_t last_connected_ms_ = 0;
  std::uint64_t last_disconnected_ms_ = 0;
  Maybe<unsigned> max_tries_;
  unsigned free_tries_ = 0;
  unsigned sequence_ = 0;
};

std::string_view reconnect_state_name(Reconnect::State state);  // "ACTIVE", "BACKOFF"

}  // namespace ovs::daemon

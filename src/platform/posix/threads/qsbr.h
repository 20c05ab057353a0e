// Quiescent-state based reclamation among the threads of one process: what the hosted RCU backends
// are made of. Each thread publishes the last epoch it has seen, or that it is off line; an epoch
// is over when nobody is behind it.
#pragma once
#include <cstdint>

#include "platform/api/passive.h"

namespace ovs::platform::qsbr {

void enter() noexcept;
void leave() noexcept;
unsigned readers_held() noexcept;

void go_online() noexcept;
void go_offline() noexcept;
bool is_online() noexcept;
void quiescent() noexcept;

std::uint64_t start_epoch() noexcept;
bool is_over(std::uint64_t epoch) noexcept;
void wait_until_over(std::uint64_t epoch) noexcept;

}  // namespace ovs::platform::qsbr

// What the calling thread holds: lock ranks and RCU readers. lock.cc and qsbr.cc keep it,
// Passive::here() asks it.
#pragma once
#include <cstdint>

#include "platform/api/lock.h"

namespace ovs::platform {

enum class MayWait : bool { No, Yes };

// Panics unless `rank` is above everything held.
void note_acquired(LockRank rank, MayWait may_wait);
void note_released(LockRank rank);
// Locks taken by SpinLock.
unsigned spin_locks_held();

}  // namespace ovs::platform

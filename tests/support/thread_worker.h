// The worker that programs have, for tests of libraries that may not choose a backend.
#pragma once
#include "platform/posix/threads/worker.h"

namespace ovs::tests {

using platform::ThreadWorker;

}  // namespace ovs::tests

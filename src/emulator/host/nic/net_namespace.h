// Doing something inside another network namespace: what is opened there stays there, and works
// from any thread. Called for the NICs of emulated hosts.
#pragma once
#include <string>
#include <string_view>

#include "base/core/function_ref.h"
#include "base/core/result.h"
#include "platform/api/os_error.h"

namespace ovs::emulator {

// Runs `work` on a thread that is in the namespace `name`: one that `ip netns` lists, a path, or,
// where it is empty, the caller's own. An error says that the namespace could not be entered; then
// `work` did not run.
Result<void, platform::OsError> in_namespace(std::string_view name, FunctionRef<void()> work);

}  // namespace ovs::emulator

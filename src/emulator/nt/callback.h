// How the host calls a driver: on a kernel stack, which is three pages deep and ends at a guard
// page; level and locks are afterwards what they were. Calls that a driver's call leads to go on
// on the same stack, below.
#pragma once
#include <type_traits>
#include <utility>

#include "base/core/function_ref.h"
#include "emulator/nt/call.h"

namespace ovs::emulator {

// A call into the driver, by the name that reports give it. Checks on return that level and locks
// are as before (86, 87) and the stack kept to its budget (91).
void run_callback(const char* name, FunctionRef<void()> body);

// `name` is the handler's type as the documentation calls it: "FilterAttach".
template <class R, class... Params, class... Args>
R call_driver(const char* name, R(NTAPI* function)(Params...), Args&&... args) {
  if constexpr (std::is_void_v<R>) {
    run_callback(name, [&] { function(static_cast<Params>(args)...); });
  } else {
    R result{};
    run_callback(name, [&] { result = function(static_cast<Params>(args)...); });
    return result;
  }
}

// The most bytes of kernel stack that any callback has used so far.
std::size_t deepest_stack();

}  // namespace ovs::emulator

// What happens when a driver does what Windows' rules forbid: one report, and the end of the
// process. Rules are numbered as docs/reference/emulator-contract.md has them. Called by every
// part of the emulated host that checks something.
#pragma once
#include <functional>
#include <string>
#include <string_view>

namespace ovs::emulator {

// With this a process ends after a violation, and with no other meaning.
inline constexpr int kViolationExit = 70;
// What is no rule of the contract: the driver stopped the machine by itself, or all threads wait
// for each other.
inline constexpr int kBugCheck = 0;

// Prints rule, text (what was done, and to which objects), the calls under way, level, processor,
// thread and locks held; ends the process. Any thread, any level, any lock.
[[noreturn]] void violate(int rule, const std::string& text);

// From now on a violation ends the process by abort(), where whoever wants to keep what led there
// catches it.
void end_violations_by_abort();

// For tests: runs `fn` in a process of its own. Empty if that ended by violating `rule` with a
// report that contains `words`; else says what happened instead. Make the Kernel inside `fn`:
// a forked process has the thread that forked alone.
std::string expect_violation(int rule, const std::function<void()>& fn,
                             std::string_view words = {});

}  // namespace ovs::emulator

#include "emulator/nt/violation.h"

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "emulator/nt/schedule/locks.h"
#include "emulator/nt/schedule/thread.h"
#include "emulator/nt/text.h"

namespace ovs::emulator {
namespace {

std::atomic<bool> ends_by_abort{false};

std::string head_of(int rule) {
  return rule == kBugCheck ? std::string("bug check") : "violation of rule " + std::to_string(rule);
}

std::string report_of(int rule, const std::string& text) {
  std::string report = head_of(rule) + ": " + text + "\n";
  if (!Thread::is_known()) return report;
  const Thread& thread = Thread::current();
  report += "  call: " + describe_calls(thread) + "\n";
  report += std::string("  level: ") + level_text(thread.level);
  report += ", processor " + std::to_string(thread.processor);
  report += ", thread " + std::to_string(thread.number) + " (" + thread.name + ")\n";
  report += "  locks held: " + describe_locks(thread) + "\n";
  return report;
}

std::string read_all(int descriptor) {
  std::string text;
  char room[4096];
  for (ssize_t got; (got = read(descriptor, room, sizeof room)) > 0;) text.append(room, got);
  return text;
}

// In the child: its report goes to the parent.
[[noreturn]] void run_apart(int report_to, const std::function<void()>& fn) {
  dup2(report_to, STDERR_FILENO);
  close(report_to);
  fn();
  _exit(EXIT_SUCCESS);
}

std::string end_text(int status) {
  if (WIFSIGNALED(status)) return "ended by signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) == EXIT_SUCCESS) return "no violation was found";
  return "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

void violate(int rule, const std::string& text) {
  // One report: the first thread's.
  static std::atomic_flag has_reported = ATOMIC_FLAG_INIT;
  if (has_reported.test_and_set()) {
    for (;;) pause();
  }
  const std::string report = report_of(rule, text);
  (void)!write(STDERR_FILENO, report.data(), report.size());
  if (ends_by_abort) std::abort();
  _exit(kViolationExit);
}

void end_violations_by_abort() {
  ends_by_abort = true;
}

std::string expect_violation(int rule, const std::function<void()>& fn, std::string_view words) {
  std::fflush(nullptr);
  int ends[2];
  if (pipe(ends) != 0) return "no pipe is to be had";
  const pid_t child = fork();
  if (child < 0) return "no process is to be had";
  if (child == 0) {
    close(ends[0]);
    run_apart(ends[1], fn);
  }
  close(ends[1]);
  const std::string report = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != kViolationExit)
    return end_text(status) + (report.empty() ? "" : "; it said: " + report);
  if (report.find(head_of(rule) + ": ") == std::string::npos) return "it said: " + report;
  if (report.find(words) == std::string::npos)
    return "it did not say '" + std::string(words) + "' but: " + report;
  return {};
}

}  // namespace ovs::emulator

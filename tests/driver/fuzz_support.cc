#include "tests/driver/fuzz_support.h"

#include <cstdio>
#include <cstdlib>

#include "emulator/nt/violation.h"
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

namespace ovs::tests {

namespace {

void end_by(const doctest::AssertData& failed) {
  if ((failed.m_at & doctest::assertType::is_warn) != 0) return;
  std::fprintf(stderr, "%s:%d: %s\n  is: %s\n", failed.m_file, failed.m_line, failed.m_expr,
               failed.m_decomp.c_str());
  std::abort();
}

}  // namespace

void fail_by_abort() {
  static doctest::Context context;
  context.setAsDefaultForAssertsOutOfTestCases();
  context.setAssertHandler(end_by);
  emulator::end_violations_by_abort();
}

void demand(bool holds, const std::string& what) {
  if (holds) return;
  std::fprintf(stderr, "does not add up: %s\n", what.c_str());
  std::abort();
}

}  // namespace ovs::tests

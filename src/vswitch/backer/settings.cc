#include "vswitch/backer/settings.h"

#include <algorithm>

namespace ovs::vswitch {

// A quarter of the processors revalidates and the rest handles, unless one of the two is said.
ThreadCounts thread_counts(const BackerSettings& settings, unsigned processors) {
  const unsigned all = std::max(processors, 2u);
  const auto rest_of = [&](unsigned taken) { return all > taken ? all - taken : 1; };
  ThreadCounts counts{settings.handler_threads, settings.revalidator_threads};
  if (counts.revalidators == 0) {
    counts.revalidators = counts.handlers == 0 ? all / 4 + 1 : rest_of(counts.handlers);
  }
  if (counts.handlers == 0) counts.handlers = rest_of(counts.revalidators);
  counts.handlers = std::min(counts.handlers, ThreadCounts::kMaxThreads);
  counts.revalidators = std::min(counts.revalidators, ThreadCounts::kMaxThreads);
  return counts;
}

}  // namespace ovs::vswitch

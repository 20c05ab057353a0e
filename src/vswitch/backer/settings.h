// What the bridge tells all datapaths about their megaflows.
#pragma once
#include <cstdint>

namespace ovs::vswitch {

struct BackerSettings {
  std::uint32_t flow_limit = 200'000;
  std::uint64_t max_idle_ms = 10'000;
  std::uint64_t max_revalidator_ms = 500;
  unsigned handler_threads = 0, revalidator_threads = 0;  // 0: as many as the processors ask for
  bool operator==(const BackerSettings&) const = default;
};

// How many threads a datapath gets; of each kind at least one, at most kMaxThreads.
struct ThreadCounts {
  static constexpr unsigned kMaxThreads = 64;
  unsigned handlers = 1, revalidators = 1;
  bool operator==(const ThreadCounts&) const = default;
};
ThreadCounts thread_counts(const BackerSettings& settings, unsigned processors);

}  // namespace ovs::vswitch

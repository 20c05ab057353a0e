// Seeds of churn.h. Each batch of them runs in a process of its own, so that a violation, a crash
// or a deadlock names its seed and how to see it again.
//   OVS_SEEDS=COUNT or FIRST+COUNT   OVS_JOBS=N processes   OVS_SECONDS=N of the threaded form
#include <doctest/doctest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <new>

#include "tests/driver/churn.h"

namespace ovs::tests {
namespace {

constexpr unsigned kSteps = 20, kThreadedSteps = 40;
constexpr std::uint64_t kBatch = 25, kDefaultSeeds = 40, kDefaultSeconds = 3;
constexpr unsigned kMaxJobs = 16;
constexpr unsigned kSecondsOfASeed = 120;  // then it hangs

// What parent and children share.
struct Shared {
  Tally tally;
  std::atomic<std::uint64_t> seeds_done{0};
  std::array<std::atomic<std::uint64_t>, kMaxJobs> seed_of_job{};
};

class SharedMemory {
 public:
  SharedMemory() {
    void* const room =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    REQUIRE(room != MAP_FAILED);
    shared_ = new (room) Shared;
  }
  SharedMemory(const SharedMemory&) = delete;
  ~SharedMemory() { munmap(shared_, sizeof(Shared)); }
  Shared& operator*() { return *shared_; }

 private:
  Shared* shared_;
};

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* const text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

struct Seeds {
  std::uint64_t first = 1, count = kDefaultSeeds;
};
Seeds asked_seeds() {
  Seeds seeds;
  const char* const text = std::getenv("OVS_SEEDS");
  if (text == nullptr) return seeds;
  char* end = nullptr;
  seeds.count = std::strtoull(text, &end, 10);
  if (*end == '+') {
    seeds.first = seeds.count;
    seeds.count = std::strtoull(end + 1, nullptr, 10);
  }
  return seeds;
}

void run_seed(std::uint64_t seed, Scheduling scheduling, unsigned job, Shared& shared) {
  shared.seed_of_job[job] = seed;
  alarm(kSecondsOfASeed);
  churn(seed, scheduling, scheduling == Scheduling::Seeded ? kSteps : kThreadedSteps, shared.tally);
  ++shared.seeds_done;
}

// Where one thread runs at a time, handing over is twice as fast on one processor.
void stay_on_one_processor(unsigned job) {
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return;
  unsigned skip = (unsigned(getppid()) + job) % unsigned(CPU_COUNT(&allowed));
  for (unsigned processor = 0; processor < CPU_SETSIZE; ++processor) {
    if (!CPU_ISSET(processor, &allowed) || skip-- != 0) continue;
    CPU_ZERO(&allowed);
    CPU_SET(processor, &allowed);
    sched_setaffinity(0, sizeof allowed, &allowed);
    return;
  }
}

// `work` in a process of its own.
template <class Work>
pid_t start(Work work) {
  std::fflush(nullptr);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child != 0) return child;
  work();
  std::exit(EXIT_SUCCESS);
}

// Waits for one of them; what is wrong with it, if anything.
std::string end_of_one(std::map<pid_t, unsigned>& jobs, Shared& shared) {
  int status = 0;
  const pid_t child = wait(&status);
  const auto found = jobs.find(child);
  REQUIRE(found != jobs.end());
  const unsigned job = found->second;
  jobs.erase(found);
  if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS) return {};
  const std::string seed = std::to_string(shared.seed_of_job[job]);
  std::string how = "exit status " + std::to_string(WEXITSTATUS(status));
  if (WIFSIGNALED(status)) how = "signal " + std::to_string(WTERMSIG(status));
  return "seed " + seed + ": " + how + "; again: OVS_SEEDS=" + seed + "+1 driver_churn_test";
}

// All seeds, in batches, until one fails.
std::string run_seeds(const Seeds& seeds, Shared& shared) {
  const auto job_count = unsigned(std::min<std::uint64_t>(number_of("OVS_JOBS", 1), kMaxJobs));
  std::map<pid_t, unsigned> jobs;
  std::string failure;
  std::uint64_t next = seeds.first;
  const std::uint64_t end = seeds.first + seeds.count;
  for (unsigned job = 0; next < end && failure.empty(); ++job) {
    if (jobs.size() == job_count) {
      failure = end_of_one(jobs, shared);
      continue;
    }
    const std::uint64_t first = next, last = std::min(next + kBatch, end);
    next = last;
    jobs[start([&] {
      stay_on_one_processor(job);
      for (std::uint64_t seed = first; seed < last; ++seed) {
        run_seed(seed, Scheduling::Seeded, job % kMaxJobs, shared);
      }
    })] = job % kMaxJobs;
  }
  while (!jobs.empty()) {
    const std::string one = end_of_one(jobs, shared);
    if (failure.empty()) failure = one;
  }
  return failure;
}

// Every kind of event at least so often in a hundred seeds: none is left out by the dice.
void check_events(const Tally& tally, std::uint64_t seeds) {
  constexpr std::uint64_t kLeastOf100 = 20;
  constexpr std::uint64_t kFewSeeds = 20;  // such as one that is looked at again
  for (unsigned i = 0; i < unsigned(Event::kCount); ++i) {
    const std::uint64_t count = tally.counts[i];
    const std::string text = text_of(Event(i));
    std::printf("  %10llu %s\n", static_cast<unsigned long long>(count), text.c_str());
    if (seeds < kFewSeeds) continue;
    CAPTURE(text);
    CHECK(100 * count >= kLeastOf100 * seeds);
  }
}

TEST_CASE("Churn: whatever happens at once, by any seed, breaks no rule and leaves nothing") {
  SharedMemory memory;
  Shared& shared = *memory;
  const Seeds seeds = asked_seeds();
  const auto began = std::chrono::steady_clock::now();
  CHECK(run_seeds(seeds, shared) == "");
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  std::printf("%llu seeds in %.1f s\n", static_cast<unsigned long long>(shared.seeds_done),
              took.count());
  check_events(shared.tally, shared.seeds_done);
}

TEST_CASE("Churn: the same with real threads for some seconds") {
  SharedMemory memory;
  Shared& shared = *memory;
  const auto end = std::chrono::steady_clock::now() +
                   std::chrono::seconds(number_of("OVS_SECONDS", kDefaultSeconds));
  std::map<pid_t, unsigned> jobs;
  jobs[start([&] {
    for (std::uint64_t seed = 1; std::chrono::steady_clock::now() < end; ++seed) {
      run_seed(seed, Scheduling::Threads, 0, shared);
    }
  })] = 0;
  CHECK(end_of_one(jobs, shared) == "");
  CHECK(shared.seeds_done > 0);
}

}  // namespace
}  // namespace ovs::tests

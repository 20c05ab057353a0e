// What a packet costs the engine, in ticks of the time-stamp counter, minimum and median of several
// runs, on one pinned processor. Prints "NAME MIN MEDIAN" a line; bench/run makes the table. With
// an argument, the one case of that name.
#include <cstdio>
#include <cstring>

#include "bench/engine/bare_engine.h"

using namespace ovs::bench;

namespace {

void print(const char* name, const Ticks& ticks) {
  std::printf("%s %.1f %.1f\n", name, ticks.least, ticks.median);
  std::fflush(stdout);
}

template <class OneRun>
std::vector<double> runs_of(OneRun run) {
  std::vector<double> runs;
  for (unsigned i = 0; i < kRuns; ++i) runs.push_back(run());
  return runs;
}

}  // namespace

int main(int argc, char** argv) {
  pin_to_first_processor();
  if (argc == 1) {
    BareEngine engine(kCases[1]);
    print("floor", ticks_of(runs_of([&] { return engine.run_floor(); })));
  }
  for (const Case& each : kCases) {
    if (argc != 1 && std::strcmp(argv[1], each.name) != 0) continue;
    BareEngine engine(each);
    print(each.name, ticks_of(runs_of([&] { return engine.run(); })));
  }
  return 0;
}

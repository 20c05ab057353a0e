// What a packet costs between two NICs through the driver, beside what it costs the engine alone:
// the same cases, in one process, on one pinned processor, in turns, so that what disturbs one
// disturbs the other. Arguments: the driver's images (with a slash in their names), and, to have
// one alone, a case's name and a row's. Prints "WHAT NAME MIN MEDIAN MAX" a line, the engine's
// ("engine.IMAGE") before the row that ran beside it; bench/run makes the table.
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>

#include "bench/driver/bench_host.h"

using namespace ovs::bench;

namespace {

void print(const std::string& what, const char* name, const Ticks& ticks) {
  std::printf("%s %s %.1f %.1f %.1f\n", what.c_str(), name, ticks.least, ticks.median, ticks.most);
  std::fflush(stdout);
}

struct Row {
  const char* name;
  Between between;
};
constexpr Row kRows[] = {{"shell", Between::PlainPackets},
                         {"guest", Between::PlainGuestPackets},
                         {"host", Between::Switch},
                         {"judged", Between::Judges}};

// "/a/b/clang/openvswitch.sys" is "sys".
std::string kind_of(const std::string& image) {
  return image.substr(image.rfind('.') + 1);
}

// Each run comes after one that is not counted and finds the caches as it left them.
void measure_in_turns(const Case& which, const std::string& image, const Row& row) {
  BareEngine engine(which);
  BenchHost host(image, row.between, which);
  std::vector<double> alone, through;
  for (unsigned i = 0; i < host.runs(); ++i) {
    engine.run();
    alone.push_back(engine.run());
    host.run();
    through.push_back(host.run());
  }
  print("engine." + kind_of(image), which.name, ticks_of(alone));
  print(row.name + ("." + kind_of(image)), which.name, ticks_of(through));
}

void measure(const Case& which, const std::vector<std::string>& images, const char* only) {
  for (const std::string& image : images) {
    for (const Row& row : kRows) {
      if (only == nullptr || std::strcmp(only, row.name) == 0) measure_in_turns(which, image, row);
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  pin_to_first_processor();
  std::vector<std::string> images;
  const char* only_case = nullptr;
  const char* only_row = nullptr;
  for (int i = 1; i < argc; ++i) {
    const bool is_row = std::any_of(std::begin(kRows), std::end(kRows), [&](const Row& row) {
      return std::strcmp(row.name, argv[i]) == 0;
    });
    if (std::strchr(argv[i], '/') != nullptr) {
      images.emplace_back(argv[i]);
    } else {
      (is_row ? only_row : only_case) = argv[i];
    }
  }
  for (const Case& each : kCases) {
    if (only_case == nullptr || std::strcmp(only_case, each.name) == 0)
      measure(each, images, only_row);
  }
  return 0;
}

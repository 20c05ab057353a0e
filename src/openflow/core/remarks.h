// What a codec or parser wants said in a log that is not an error: collected, because libraries
// here hold no log. The program that asked writes them.
#pragma once
#include <string>
#include <vector>

namespace ovs::openflow {

struct Remark {
  enum class Level : unsigned char { Warn, Info };
  const char* module;  // "ofp_match"
  Level level;
  std::string text;
};
using Remarks = std::vector<Remark>;

inline void remark(Remarks* remarks, const char* module, Remark::Level level, std::string text) {
  if (remarks != nullptr) remarks->push_back({module, level, std::move(text)});
}

}  // namespace ovs::openflow

// cat("row ", uuid_text, " of ", 3): messages made of pieces. Integers are decimal, everything else
// is a string.
#pragma once
#include <concepts>
#include <string>
#include <string_view>

namespace ovs::ovsdb {

inline void cat_onto(std::string& out, std::string_view text) {
  out += text;
}
inline void cat_onto(std::string& out, char c) {
  out += c;
}
template <std::integral I>
requires(!std::same_as<I, char> && !std::same_as<I, bool>) void cat_onto(std::string& out,
                                                                         I number) {
  out += std::to_string(number);
}

template <class... Pieces>
std::string cat(const Pieces&... pieces) {
  std::string out;
  (cat_onto(out, pieces), ...);
  return out;
}

}  // namespace ovs::ovsdb

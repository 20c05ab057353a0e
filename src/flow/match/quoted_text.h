// Names that stand in quotes in a flow's text, because they hold blanks, commas or parentheses:
// output:"vEthernet (external)". Hosted; for match_text.cc and whoever splits texts of flows.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace ovs::flow {

// In quotes if it could be taken for something else.
std::string quoted_name(std::string_view name);
// Without its quotes, if it has some.
std::string unquoted(std::string_view text);

// The size, quotes included, of the quoted name that begins at `at`: where a word or a value may
// begin. 0 if none begins there, or nothing closes it: then a quote is a character like others.
std::size_t quoted_size(std::string_view text, std::size_t at);
// The first of `chars` that is in no quoted name; npos if there is none.
std::size_t find_unquoted(std::string_view text, std::string_view chars);

}  // namespace ovs::flow

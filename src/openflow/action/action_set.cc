#include "openflow/action/action_set.h"

#include <iterator>
#include <string_view>

namespace ovs::openflow {
namespace {

constexpr int kNone = -1;

// The number of each in versions 1.0, 1.1, and 1.2 and later.
struct Row {
  std::string_view name;
  int numbers[3];
};
constexpr Row kRows[] = {
    {"output", {0, 0, 0}},
    {"group", {kNone, 22, 22}},
    {"enqueue", {11, kNone, kNone}},
    {"set_field", {kNone, kNone, 25}},
    {"set_vlan_vid", {1, 1, kNone}},
    {"set_vlan_pcp", {2, 2, kNone}},
    {"strip_vlan", {3, 18, 18}},
    {"push_vlan", {kNone, 17, 17}},
    {"mod_dl_src", {4, 3, kNone}},
    {"mod_dl_dst", {5, 4, kNone}},
    {"mod_nw_src", {6, 5, kNone}},
    {"mod_nw_dst", {7, 6, kNone}},
    {"mod_nw_tos", {8, 7, kNone}},
    {"mod_nw_ecn", {kNone, 8, kNone}},
    {"mod_nw_ttl", {kNone, 23, 23}},
    {"mod_tp_src", {9, 9, kNone}},
    {"mod_tp_dst", {10, 10, kNone}},
    {"dec_ttl", {kNone, 24, 24}},
    {"set_mpls_label", {kNone, 13, kNone}},
    {"set_mpls_tc", {kNone, 14, kNone}},
    {"set_mpls_ttl", {kNone, 15, 15}},
    {"dec_mpls_ttl", {kNone, 16, 16}},
    {"push_mpls", {kNone, 19, 19}},
    {"pop_mpls", {kNone, 20, 20}},
    {"set_queue", {kNone, 21, 21}},
};
static_assert(std::size(kRows) <= 32);

int number_in(const Row& row, Version version) {
  return row.numbers[version == Version::V10 ? 0 : version == Version::V11 ? 1 : 2];
}

}  // namespace

ActionSet action_set_of(std::uint32_t bitmap, Version version) {
  ActionSet set = 0;
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    const int number = number_in(kRows[i], version);
    if (number != kNone && (bitmap >> number & 1)) set |= 1u << i;
  }
  return set;
}

std::uint32_t action_bitmap(ActionSet set, Version version) {
  std::uint32_t bitmap = 0;
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    const int number = number_in(kRows[i], version);
    if (number != kNone && (set >> i & 1)) bitmap |= 1u << number;
  }
  return bitmap;
}

std::string format_action_set(ActionSet set) {
  std::string text;
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if ((set >> i & 1) == 0) continue;
    if (!text.empty()) text += ' ';
    text += kRows[i].name;
  }
  return text;
}

}  // namespace ovs::openflow

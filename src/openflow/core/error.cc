#include "openflow/core/error.h"

#include <iterator>

namespace ovs::openflow {
namespace {

constexpr std::uint32_t kOpen = kOpenVendor, kNicira = kNiciraVendor, kOnf = kOnfVendor;
using enum Version;

struct Encoding {
  std::uint32_t vendor;
  Version first, last;
  std::uint16_t type, code;
};
inline constexpr std::size_t kMaxEncodings = 4;
struct Row {
  std::string_view name;
  Encoding encodings[kMaxEncodings];  // a type and code of zero under vendor zero appear only first
  std::size_t count;
};
template <std::size_t N>
constexpr Row row(std::string_view name, const Encoding (&encodings)[N]) {
  Row result{name, {}, N};
  for (std::size_t i = 0; i < N; ++i) result.encodings[i] = encodings[i];
  return result;
}

constexpr Row kRows[] = {
#define OVS_OF_ERROR(name, ...) row(#name, {__VA_ARGS__}),
#include "openflow/core/error_rows.h"
#undef OVS_OF_ERROR
};

}  // namespace

std::string_view error_name(OfError error) {
  return kRows[std::size_t(error)].name;
}

std::optional<OfError> find_error(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    if (kRows[i].name == name) return OfError(i);
  }
  return std::nullopt;
}

std::optional<ErrorCode> encode_error(OfError error, Version version) {
  const Row& row = kRows[std::size_t(error)];
  for (std::size_t i = 0; i < row.count; ++i) {
    const Encoding& e = row.encodings[i];
    if (e.first <= version && version <= e.last) return ErrorCode{e.vendor, e.type, e.code};
  }
  return std::nullopt;
}

std::optional<OfError> decode_error(const ErrorCode& code, Version version) {
  for (std::size_t i = 0; i < std::size(kRows); ++i) {
    const std::optional<ErrorCode> own = encode_error(OfError(i), version);
    if (own && *own == code) return OfError(i);
  }
  return std::nullopt;
}

}  // namespace ovs::openflow

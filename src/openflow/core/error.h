// OpenFlow's errors by name, whatever a version calls them in numbers. The rows are in
// error_rows.h; nothing here knows messages.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/core/result.h"
#include "openflow/core/version.h"

namespace ovs::openflow {

enum class OfError : std::uint8_t {
#define OVS_OF_ERROR(name, ...) name,
#include "openflow/core/error_rows.h"
#undef OVS_OF_ERROR
};

inline constexpr std::uint32_t kOpenVendor = 0, kNiciraVendor = 0x00002320, kOnfVendor = 0x4f4e4600,
                               kIntelVendor = 0x0000aa01, kNetronomeVendor = 0x0000154d;

// The numbers that carry an error in one version. `type` is kExperimenterType for errors that only
// their vendor numbers, in `code`.
struct ErrorCode {
  std::uint32_t vendor;
  std::uint16_t type, code;
  bool operator==(const ErrorCode&) const = default;
};
inline constexpr std::uint16_t kExperimenterType = 0xffff;
// The error type under which versions 1.0 and 1.1 carry Nicira's errors.
inline constexpr std::uint16_t kNiciraErrorType = 0xb0c2;

std::string_view error_name(OfError error);  // "OFPBRC_BAD_LEN"
std::optional<OfError> find_error(std::string_view name);
std::optional<ErrorCode> encode_error(OfError error, Version version);
std::optional<OfError> decode_error(const ErrorCode& code, Version version);

}  // namespace ovs::openflow

// SHA-1 (RFC 3174), as the checksum of log records. Not for security.
#pragma once
#include <string>
#include <string_view>

namespace ovs::ovsdb {

std::string sha1_hex(std::string_view bytes);  // 40 digits in lower case

}  // namespace ovs::ovsdb

// What a userspace action says to us when its packet comes back: the userdata of an upcall. Ours
// alone; a datapath carries it without looking.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes/span.h"

namespace ovs::vswitch {

enum class CookieKind : std::uint8_t { SlowPath = 1, Controller = 2 };

struct Cookie {
  CookieKind kind = CookieKind::SlowPath;
  bool dont_send = false;  // the packet was sent to the controller when it was translated
  bool has_continuation = false;
  std::uint8_t reason = 0;  // PacketInReason, or SlowReason
  std::uint16_t controller_id = 0;
  std::uint16_t max_length = 0xffff;
  std::uint16_t in_port = 0;    // OpenFlow's number
  std::uint32_t recirc_id = 0;  // the frozen state that tells the rest
  std::uint64_t rule_cookie = 0;
  std::uint64_t bridge = 0;
  bool operator==(const Cookie&) const = default;
};

std::vector<std::uint8_t> encode(const Cookie& cookie);
std::optional<Cookie> decode_cookie(Bytes userdata);

}  // namespace ovs::vswitch

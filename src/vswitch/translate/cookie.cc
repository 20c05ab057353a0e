#include "vswitch/translate/cookie.h"

#include "base/bytes/big.h"

namespace ovs::vswitch {

namespace {

// The numbers of a cookie, in this order, each in host order: the datapath is on this machine.
struct Layout {
  std::uint8_t kind, flags, reason, pad;
  std::uint16_t controller_id, max_length, in_port, pad2;
  std::uint32_t recirc_id;
  std::uint64_t rule_cookie, bridge;
};
static_assert(sizeof(Layout) == 32);
constexpr std::uint8_t kDontSend = 1, kContinuation = 2;

}  // namespace

std::vector<std::uint8_t> encode(const Cookie& cookie) {
  const Layout layout{std::uint8_t(cookie.kind),
                      std::uint8_t((cookie.dont_send ? kDontSend : 0) |
                                   (cookie.has_continuation ? kContinuation : 0)),
                      cookie.reason,
                      0,
                      cookie.controller_id,
                      cookie.max_length,
                      cookie.in_port,
                      0,
                      cookie.recirc_id,
                      cookie.rule_cookie,
                      cookie.bridge};
  std::vector<std::uint8_t> bytes(sizeof layout);
  store(bytes.data(), layout);
  return bytes;
}

std::optional<Cookie> decode_cookie(Bytes userdata) {
  if (userdata.count() != sizeof(Layout)) return std::nullopt;
  const auto layout = load<Layout>(userdata.data());
  if (layout.kind != std::uint8_t(CookieKind::SlowPath) &&
      layout.kind != std::uint8_t(CookieKind::Controller)) {
    return std::nullopt;
  }
  Cookie cookie;
  cookie.kind = CookieKind(layout.kind);
  cookie.dont_send = (layout.flags & kDontSend) != 0;
  cookie.has_continuation = (layout.flags & kContinuation) != 0;
  cookie.reason = layout.reason;
  cookie.controller_id = layout.controller_id;
  cookie.max_length = layout.max_length;
  cookie.in_port = layout.in_port;
  cookie.recirc_id = layout.recirc_id;
  cookie.rule_cookie = layout.rule_cookie;
  cookie.bridge = layout.bridge;
  return cookie;
}

}  // namespace ovs::vswitch

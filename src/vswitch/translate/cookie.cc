#include "vswitch/translate/cookie.h"

#include "flow/action/cookie.h"

namespace ovs::vswitch {

std::vector<std::uint8_t> encode(const Cookie& cookie) {
  flow::UserCookie user;
  switch (cookie.kind) {
    case CookieKind::SlowPath: {
      flow::SlowPathCookie body;
      body.reason = cookie.reason;
      user = flow::UserCookie::of(flow::CookieType::SlowPath, body);
      break;
    }
    case CookieKind::Controller: {
      flow::ControllerCookie body;
      body.dont_send = cookie.dont_send;
      body.continuation = cookie.has_continuation;
      body.reason = cookie.reason;
      body.recirc_id = cookie.recirc_id;
      body.rule_cookie = Be64(cookie.rule_cookie);
      body.controller_id = cookie.controller_id;
      body.max_len = cookie.max_length;
      user = flow::UserCookie::of(flow::CookieType::Controller, body);
      break;
    }
  }
  user.of_in_port = cookie.in_port;
  store(user.bridge_uuid.data(), cookie.bridge);
  std::vector<std::uint8_t> bytes(sizeof user);
  store(bytes.data(), user);
  return bytes;
}

std::optional<Cookie> decode_cookie(Bytes userdata) {
  const auto user = flow::parse_cookie(userdata);
  if (!user) return std::nullopt;
  Cookie cookie;
  cookie.in_port = std::uint16_t(user->of_in_port);
  cookie.bridge = load<std::uint64_t>(user->bridge_uuid.data());
  if (user->type == std::uint16_t(flow::CookieType::SlowPath)) {
    cookie.kind = CookieKind::SlowPath;
    cookie.reason = std::uint8_t(user->as<flow::SlowPathCookie>().reason);
    return cookie;
  }
  if (user->type != std::uint16_t(flow::CookieType::Controller)) return std::nullopt;
  const auto body = user->as<flow::ControllerCookie>();
  cookie.kind = CookieKind::Controller;
  cookie.dont_send = body.dont_send != 0;
  cookie.has_continuation = body.continuation != 0;
  cookie.reason = std::uint8_t(body.reason);
  cookie.recirc_id = body.recirc_id;
  cookie.rule_cookie = body.rule_cookie.host();
  cookie.controller_id = body.controller_id;
  cookie.max_length = body.max_len;
  return cookie;
}

}  // namespace ovs::vswitch

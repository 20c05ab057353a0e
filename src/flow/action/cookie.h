// What a userspace action carries back to the daemon that installed it. The layout is the daemon's
// own affair; it is the one that other Open vSwitch tools know, so that they can print it.
// Datapaths do not look inside.
#pragma once
#include "base/bytes/big.h"
#include "base/bytes/span.h"
#include "base/containers/array.h"
#include "base/core/maybe.h"

namespace ovs::flow {

enum class CookieType : std::uint16_t {
  Unspec = 0,
  Sflow = 1,
  SlowPath = 2,
  FlowSample = 3,
  Ipfix = 4,
  Controller = 5,
};

// Why a flow's packets all go to the daemon; bits.
inline constexpr std::uint32_t kSlowCfm = 1, kSlowBfd = 2, kSlowLacp = 4, kSlowStp = 8,
                               kSlowLldp = 16, kSlowAction = 32, kSlowMatch = 64;

struct SflowCookie {
  Be16 vlan_tci;
  std::uint16_t pad = 0;
  std::uint32_t output = 0;
};
struct SlowPathCookie {
  std::uint32_t pad = 0;
  std::uint32_t reason = 0;
};
struct FlowSampleCookie {
  std::uint16_t probability = 0, pad = 0;
  std::uint32_t collector_set_id = 0, observation_domain = 0, observation_point = 0,
                output_port = 0, direction = 0;
};
struct IpfixCookie {
  std::uint32_t output_port = 0;
};
struct ControllerCookie {
  std::uint8_t dont_send = 0, continuation = 0;
  std::uint16_t reason = 0;
  std::uint32_t recirc_id = 0;
  Be64 rule_cookie;
  std::uint16_t controller_id = 0, max_len = 0;
};

struct UserCookie {
  std::uint16_t type = 0, pad = 0;
  std::uint32_t of_in_port = 0xffff;  // OFPP_NONE
  Array<std::uint8_t, 16> bridge_uuid = {};
  Array<std::uint8_t, 24> body = {};

  template <class Body>
  static UserCookie of(CookieType type, const Body& body) {
    static_assert(sizeof(Body) <= 24);
    UserCookie cookie;
    cookie.type = std::uint16_t(type);
    store(cookie.body.data(), body);
    return cookie;
  }
  template <class Body>
  Body as() const {
    static_assert(sizeof(Body) <= 24);
    return load<Body>(body.data());
  }
};
inline constexpr std::size_t kUserCookieSize = 48;
static_assert(sizeof(UserCookie) == kUserCookieSize && sizeof(ControllerCookie) == 20);

// Nothing if the userdata has another size.
inline Maybe<UserCookie> parse_cookie(Bytes userdata) {
  if (userdata.count() != kUserCookieSize) return kNone;
  return load<UserCookie>(userdata.data());
}

}  // namespace ovs::flow

#include "tools/ovs-vswitchd/dummy_commands.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "base/text/hex.h"
#include "flow/match/compose.h"
#include "flow/match/odp_text.h"
#include "vswitch/router/route_commands.h"

namespace ovs::vswitchd {
namespace {

using daemon::ControlCall;

struct FrameError {
  std::string text;
};

// A frame of `length` bytes; 0: with the usual payload.
Result<std::vector<std::uint8_t>, FrameError> make_frame(const std::string& text,
                                                         std::size_t length) {
  auto bytes = parse_hex<std::vector<std::uint8_t>>(text, Blanks::Skip);
  if (bytes && !bytes->empty()) return std::move(bytes).value();
  const auto parsed = flow::parse_odp(text);
  if (!parsed) return FrameError{"bad packet or flow syntax: " + parsed.error().message};
  std::array<std::uint8_t, flow::kComposedMaximum> room;
  auto size = flow::compose(parsed->key, length == 0 ? flow::kComposedPayload : 0, room);
  if (size && length > *size) size = flow::compose(parsed->key, length - *size, room);
  if (!size) return FrameError{"the flow describes no packet that fits"};
  return std::vector<std::uint8_t>(room.begin(), room.begin() + std::ptrdiff_t(*size));
}

void receive(ControlCall& call, Datapaths& datapaths) {
  const auto& words = call.arguments();
  userdp::DummyDatapath* datapath = datapaths.dummy_of(words[1]);
  if (datapath == nullptr) {
    call.reply_error("no such dummy netdev");
    return;
  }
  std::size_t next = 2;
  if (next + 1 < words.size() && words[next] == "--qid") next += 2;
  for (; next < words.size(); ++next) {
    const std::string& text = words[next];
    std::size_t length = 0;
    if (next + 2 < words.size() && words[next + 1] == "--len") {
      const std::string& number = words[next + 2];
      std::from_chars(number.data(), number.data() + number.size(), length);
      next += 2;
    }
    const auto frame = make_frame(text, length);
    if (!frame) {
      call.reply_error(frame.error().text);
      return;
    }
    datapaths.links().receive(*datapath, words[1], *frame);
  }
  call.reply("");
}

void set_admin_state(ControlCall& call, Datapaths& datapaths) {
  const std::string& state = call.arguments().back();
  if (state != "up" && state != "down") {
    call.reply_error("Invalid Admin State");
    return;
  }
  if (call.arguments().size() == 3) {
    userdp::DummyDatapath* datapath = datapaths.dummy_of(call.argument(1));
    if (datapath == nullptr) {
      call.reply_error("Unknown Dummy Interface");
      return;
    }
    (void)datapath->set_up(call.argument(1), state == "up");
  } else {
    for (userdp::DummyDatapath* datapath : datapaths.dummies()) {
      for (const std::string& name : datapath->device_names()) {
        (void)datapath->set_up(name, state == "up");
      }
    }
  }
  call.reply("OK");
}

std::string connection_text(const DummyLinks& links, const std::string& device) {
  const char* state = "unknown";
  switch (links.state(device)) {
    case DummyLinks::State::Unknown: break;
    case DummyLinks::State::Disconnected: state = "disconnected"; break;
    case DummyLinks::State::Connected: state = "connected"; break;
  }
  return fmt::format("{}: {}\n", device, state);
}

void show_connections(ControlCall& call, Datapaths& datapaths) {
  if (call.arguments().size() > 1) {
    if (datapaths.dummy_of(call.argument(1)) == nullptr) {
      return call.reply_error("Unknown Dummy Interface");
    }
    return call.reply(connection_text(datapaths.links(), call.argument(1)));
  }
  std::string text;
  for (userdp::DummyDatapath* datapath : datapaths.dummies()) {
    for (const std::string& name : datapath->device_names()) {
      text += connection_text(datapaths.links(), name);
    }
  }
  call.reply(text);
}

enum class Family : bool { V4, V6 };

void set_address(ControlCall& call, Datapaths& datapaths, Family family) {
  const auto network = vswitch::parse_network(call.argument(2));
  if (datapaths.dummy_of(call.argument(1)) == nullptr) {
    return call.reply_error("Unknown Dummy Interface");
  }
  if (!network || network->address.is_ipv4() != (family == Family::V4)) {
    return call.reply_error("Invalid parameters");
  }
  datapaths.routes().add_device_address(call.argument(1), network->address, network->prefix_length);
  call.reply("OK");
}

}  // namespace

void add_dummy_commands(daemon::ControlServer& server, Datapaths& datapaths) {
  server.add("netdev-dummy/receive", "name [--qid queue_id] packet|flow [--len packet_len]", 2,
             daemon::ControlServer::kAnyNumber,
             [&datapaths](ControlCall call) { receive(call, datapaths); });
  server.add("netdev-dummy/set-admin-state", "[netdev] up|down", 1, 2,
             [&datapaths](ControlCall call) { set_admin_state(call, datapaths); });
  const auto add_address = [&](const char* name, const char* usage, Family family) {
    server.add(name, usage, 2, 2,
               [&datapaths, family](ControlCall call) { set_address(call, datapaths, family); });
  };
  add_address("netdev-dummy/ip4addr", "[netdev] ipaddr/mask-prefix-len", Family::V4);
  add_address("netdev-dummy/ip6addr", "[netdev] ip6addr", Family::V6);
  server.add("netdev-dummy/conn-state", "[netdev]", 0, 1,
             [&datapaths](ControlCall call) { show_connections(call, datapaths); });
  server.add("dpif-dummy/change-port-number", "dp port new-number", 3, 3,
             [](ControlCall call) { call.reply_error(call.argument(0) + ": not supported yet"); });
}

}  // namespace ovs::vswitchd

#include <fmt/format.h>

#include "base/text/parse.h"
#include "vswitch/bridge/config.h"

namespace ovs::vswitch {

using ovsdb::Datum;

namespace {

constexpr std::string_view kTunnelTypes[] = {"gre", "vxlan", "geneve"};

std::optional<std::uint64_t> parse_number(std::string_view text) {
  const auto parsed = parse_u64(text);
  return parsed ? std::optional<std::uint64_t>(*parsed) : std::nullopt;
}

// One end of the tunnel: an address, "flow", or nothing.
void read_endpoint(const Datum& options, const char* name, std::optional<std::uint32_t>& address,
                   bool& by_flow, std::string& error) {
  const std::string_view text = options.text_of(name);
  if (text.empty()) return;
  if (text == "flow") {
    by_flow = true;
    return;
  }
  const auto parsed = parse_ipv4(text);
  if (parsed) {
    address = parsed->bits.host();
  } else if (text.find(':') != std::string_view::npos) {
    error = fmt::format("IPv6 address '{}' in '{}': not supported yet", text, name);
  } else {
    error = fmt::format("bad '{}' address '{}'", name, text);
  }
}

void read_key(const Datum& options, const char* name, std::optional<std::uint64_t>& key,
              bool& by_flow, std::string& error) {
  std::string_view text = options.text_of(name);
  if (text.empty()) text = options.text_of("key");
  key = std::nullopt;
  if (text.empty()) return;
  if (text == "flow") {
    by_flow = true;
    return;
  }
  key = parse_number(text);
  if (!key) error = fmt::format("bad {} '{}'", name, text);
}

void read_tos(std::string_view text, TunnelSettings& tunnel, std::string& error) {
  if (text == "inherit") {
    tunnel.tos_inherit = true;
  } else if (!text.empty()) {
    const auto tos = parse_number(text);
    if (tos && *tos < 256) {
      tunnel.tos = std::uint8_t(*tos);
    } else {
      error = fmt::format("bad TOS '{}'", text);
    }
  }
}

void read_ttl(std::string_view text, TunnelSettings& tunnel, std::string& error) {
  if (text == "inherit") {
    tunnel.ttl_inherit = true;
  } else if (!text.empty()) {
    const auto ttl = parse_number(text);
    if (ttl && *ttl < 256) {
      tunnel.ttl = std::uint8_t(*ttl);
    } else {
      error = fmt::format("bad TTL '{}'", text);
    }
  }
}

}  // namespace

bool is_tunnel_type(std::string_view type) {
  for (const std::string_view tunnel : kTunnelTypes) {
    if (type == tunnel) return true;
  }
  return false;
}

TunnelSettings read_tunnel_options(std::string_view type, const Datum& options,
                                   std::string& error) {
  TunnelSettings tunnel;
  if (options.empty()) {
    error = fmt::format("{} type requires valid 'remote_ip' argument", type);
    return tunnel;
  }
  read_endpoint(options, "remote_ip", tunnel.remote_ip, tunnel.remote_by_flow, error);
  read_endpoint(options, "local_ip", tunnel.local_ip, tunnel.local_by_flow, error);
  read_key(options, "in_key", tunnel.in_key, tunnel.in_key_by_flow, error);
  read_key(options, "out_key", tunnel.out_key, tunnel.out_key_by_flow, error);
  read_tos(options.text_of("tos"), tunnel, error);
  read_ttl(options.text_of("ttl"), tunnel, error);
  tunnel.dont_fragment = options.text_of("df_default", "true") == "true";
  tunnel.checksum = options.text_of("csum") == "true";
  const std::string_view port = options.text_of("dst_port");
  if (!port.empty()) {
    const auto number = parse_number(port);
    if (number && *number > 0 && *number < 65536) {
      tunnel.udp_port = std::uint16_t(*number);
    } else {
      error = fmt::format("bad dst_port '{}'", port);
    }
  }
  if (error.empty() && !tunnel.remote_ip && !tunnel.remote_by_flow) {
    error = fmt::format("{} type requires valid 'remote_ip' argument", type);
  }
  if (error.empty() && tunnel.local_by_flow && !tunnel.remote_by_flow) {
    error = fmt::format("{} type requires 'remote_ip=flow' with 'local_ip=flow'", type);
  }
  return tunnel;
}

}  // namespace ovs::vswitch

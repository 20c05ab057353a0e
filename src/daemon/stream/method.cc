// Parsing of connection methods, and what can be told from their names alone.
#include "daemon/stream/method.h"

#include <cerrno>
#include <charconv>

#include "base/core/maybe.h"
#include "daemon/stream/stream.h"

namespace ovs::daemon {
namespace {

struct MethodName {
  std::string_view prefix;
  MethodKind kind;
};
constexpr MethodName kMethods[] = {
    {"tcp:", MethodKind::Tcp},         {"ssl:", MethodKind::Ssl},
    {"unix:", MethodKind::Unix},       {"ptcp:", MethodKind::PassiveTcp},
    {"pssl:", MethodKind::PassiveSsl}, {"punix:", MethodKind::PassiveUnix}};

const MethodName* find_name(std::string_view method) {
  for (const MethodName& name : kMethods) {
    if (method.starts_with(name.prefix)) return &name;
  }
  return nullptr;
}

bool is_passive(MethodKind kind) {
  switch (kind) {
    case MethodKind::Tcp:
    case MethodKind::Ssl:
    case MethodKind::Unix: return false;
    case MethodKind::PassiveTcp:
    case MethodKind::PassiveSsl:
    case MethodKind::PassiveUnix: return true;
  }
  return false;
}

Maybe<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || stop != end) return kNone;
  return port;
}

IoError bad(std::string_view text, std::string_view why) {
  return IoError{EINVAL, std::string(text) + ": " + std::string(why)};
}

std::string unbracketed(std::string_view host) {
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return std::string(host);
}

// "HOST[:PORT]", where an IPv6 HOST stands in brackets.
Result<void, IoError> parse_active(std::string_view text, std::string_view rest, Method& method) {
  const std::size_t bracket = rest.starts_with('[') ? rest.find(']') : 0;
  if (bracket == rest.npos) return bad(text, "bracket is not closed");
  const std::size_t colon = rest.find(':', bracket);
  const std::string_view host = rest.substr(0, colon);
  if (host.empty()) return bad(text, "host name must be specified");
  method.host = unbracketed(host);
  if (colon == rest.npos) return kOk;
  const Maybe<std::uint16_t> port = parse_port(rest.substr(colon + 1));
  if (!port || *port == 0) return bad(text, "bad port number");
  method.port = *port;
  return kOk;
}

// "[PORT][:IP]".
Result<void, IoError> parse_passive(std::string_view text, std::string_view rest, Method& method) {
  const std::size_t colon = rest.find(':');
  const std::string_view port_text = rest.substr(0, colon);
  if (!port_text.empty()) {
    const Maybe<std::uint16_t> port = parse_port(port_text);
    if (!port) return bad(text, "bad port number");
    method.port = *port;
  }
  if (colon != rest.npos) method.host = unbracketed(rest.substr(colon + 1));
  return kOk;
}

}  // namespace

Result<Method, IoError> parse_method(std::string_view text, std::uint16_t default_port) {
  const MethodName* name = find_name(text);
  if (name == nullptr) return IoError{EAFNOSUPPORT, ""};
  const std::string_view rest = text.substr(name->prefix.size());
  Method method{.kind = name->kind, .host = "", .port = default_port, .path = ""};
  if (name->kind == MethodKind::Unix || name->kind == MethodKind::PassiveUnix) {
    method.path = rest;
  } else if (is_passive(name->kind)) {
    OVS_TRY(parse_passive(text, rest, method));
  } else {
    OVS_TRY(parse_active(text, rest, method));
  }
  return method;
}

std::string absolute_path(std::string_view directory, std::string_view path) {
  if (path.starts_with('/') || directory.empty()) return std::string(path);
  return std::string(directory) + "/" + std::string(path);
}

bool is_passive_method(std::string_view method) {
  const MethodName* name = find_name(method);
  return name != nullptr && is_passive(name->kind);
}

bool is_active_method(std::string_view method) {
  const MethodName* name = find_name(method);
  return name != nullptr && !is_passive(name->kind);
}

bool method_needs_probes(std::string_view method) {
  const MethodName* name = find_name(method);
  return name != nullptr && name->kind != MethodKind::Unix && name->kind != MethodKind::PassiveUnix;
}

}  // namespace ovs::daemon

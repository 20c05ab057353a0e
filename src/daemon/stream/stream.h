// Byte streams between programs: what a Stream, a Listener and a Network are, whoever carries the
// bytes (the system's sockets, or memory in tests). Knows no message formats. Everything belongs to
// the loop's thread.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes/span.h"
#include "base/core/result.h"
#include "daemon/stream/io_error.h"

namespace ovs::daemon {

using SharedBytes = std::shared_ptr<const std::string>;

struct StreamCounters {
  std::uint64_t read_bytes = 0;
  std::uint64_t written_bytes = 0;  // accepted by the system
};

// A connected byte stream. Destroying it closes it: no handler runs afterwards, and what was queued
// is lost unless flushed; it may be destroyed inside any of its own handlers.
class Stream {
 public:
  struct Handlers {
    std::function<void(std::string_view bytes)> on_read;  // up to 64 kB, valid during the call
    std::function<void(const IoError&)> on_close;  // once; nothing is read or written afterwards
    std::function<void()> on_drained;              // may be empty: the queue has become empty
  };
  enum class Reading : bool { Paused, Active };

  virtual ~Stream() = default;

  // Begins to read. Until then bytes wait in the system.
  virtual void start(Handlers handlers) = 0;
  virtual void set_reading(Reading reading) = 0;
  // Queues bytes; what one turn of the loop queues leaves in one gathered write. The caller bounds
  // the queue by looking at queued_bytes(). A shared block is written to many streams without being
  // copied.
  virtual void write(std::string bytes) = 0;
  virtual void write(SharedBytes bytes) = 0;
  virtual std::size_t queued_bytes() const = 0;
  virtual const StreamCounters& counters() const = 0;

  // "tcp:10.0.0.1:6640" when we connected, "tcp:10.0.0.2:41234" (the peer) or "unix#3" when it was
  // accepted.
  virtual const std::string& name() const = 0;
};

// Accepts streams until it is destroyed.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual const std::string& name() const = 0;  // "ptcp:6640:127.0.0.1" with the port in use
  virtual std::uint16_t port() const = 0;       // 0 for punix:
};

using AcceptHandler = std::function<void(std::unique_ptr<Stream>)>;
using ConnectHandler = std::function<void(Result<std::unique_ptr<Stream>, IoError>)>;

// A connection attempt under way; destroying it abandons the attempt.
class Connecting {
 public:
  virtual ~Connecting() = default;
};

// Differentiated services code point for sockets, OVSDB's and OpenFlow's default.
inline constexpr std::uint8_t kDefaultDscp = 48;

// Files and choices for ssl: and pssl:. Empty: not given.
struct TlsSettings {
  std::string private_key, certificate;  // PEM files
  std::string ca_cert;                // PEM file of who signs peers' certificates; "none": anybody
  bool bootstrap_ca_cert = false;     // if that file is absent, the first server fills it
  std::string peer_ca_cert;           // PEM file of certificates that peers are shown too
  std::string protocols;              // "TLSv1.2,TLSv1.3", "TLSv1.3+"
  std::string ciphers, ciphersuites;  // of TLS 1.2, of TLS 1.3, as OpenSSL lists them
  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

class Network {
 public:
  virtual ~Network() = default;
  // For connections to come.
  virtual void set_tls(const TlsSettings&) {}
  // A passive method: "ptcp:PORT[:IP]", "pssl:PORT[:IP]", "punix:PATH".
  virtual Result<std::unique_ptr<Listener>, IoError> listen(std::string_view method,
                                                            AcceptHandler accept,
                                                            std::uint8_t dscp = kDefaultDscp) = 0;
  // An active method: "tcp:HOST:PORT", "ssl:HOST:PORT", "unix:PATH". The handler runs once, never
  // inside connect().
  virtual std::unique_ptr<Connecting> connect(std::string_view method, ConnectHandler done,
                                              std::uint8_t dscp = kDefaultDscp) = 0;
};

bool is_passive_method(std::string_view method);  // ptcp:, pssl:, punix:
bool is_active_method(std::string_view method);   // tcp:, ssl:, unix:
// tcp and ssl connections are probed by default, unix ones are not.
bool method_needs_probes(std::string_view method);

}  // namespace ovs::daemon

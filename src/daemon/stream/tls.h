// TLS over streams of any kind: what a network needs for ssl: and pssl:. Both sides prove who they
// are by certificates that one authority has signed. OpenSSL is inside and stays there.
#pragma once
#include <memory>
#include <string>

#include "daemon/log/log.h"
#include "daemon/run/loop.h"
#include "daemon/stream/stream.h"

namespace ovs::daemon {

class Tls {
 public:
  Tls(Loop& loop, Log& log);
  ~Tls();
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;

  // For streams to come. What is wrong is logged; then, and before it is called, there is no TLS.
  void configure(const TlsSettings& settings);

  // The server's end over a stream that was accepted; null, and logged, if there is no TLS. Bytes
  // that are written before the peers have agreed wait for that.
  std::unique_ptr<Stream> serve(std::unique_ptr<Stream> plain);
  // The client's end; `done` is called, never inside connect(), once the peers have agreed or not.
  std::unique_ptr<Connecting> connect(std::unique_ptr<Stream> plain, std::string name,
                                      ConnectHandler done);

  struct Context;

 private:
  Loop& loop_;
  LogModule log_;
  TlsSettings settings_;
  std::shared_ptr<Context> context_;
};

}  // namespace ovs::daemon

// The OpenSSL context of a Tls, and what it is made from. Only for .cc files of stream/.
#pragma once
#include <memory>
#include <string>

#include "daemon/stream/tls.h"

struct ssl_ctx_st;
struct ssl_st;

namespace ovs::daemon {

struct Tls::Context {
  ~Context();
  ssl_ctx_st* ctx = nullptr;
  std::string bootstrap_file;  // to be filled with the authority of the first server; or empty
};

// Null if the settings cannot be used, which is logged.
std::shared_ptr<Tls::Context> make_tls_context(const TlsSettings& settings, LogModule log);
// Writes the certificate at the root of what the peer has shown into `file`. Logged either way.
void bootstrap_authority(ssl_st* ssl, const std::string& file, LogModule log);
// OpenSSL's oldest error, and forgets all.
std::string tls_error_text();

}  // namespace ovs::daemon

// See tls_context.h.
#include "daemon/stream/tls_context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

namespace ovs::daemon {
namespace {

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using OpenFile = std::unique_ptr<std::FILE, FileCloser>;

struct Protocols {
  int least = TLS1_2_VERSION;
  int most = 0;  // any
};

// "TLSv1.2" or "TLSv1.3", at the beginning of `text`, which it is taken from; 0 if it is neither.
int take_version(std::string_view& text) {
  constexpr struct {
    std::string_view name;
    int version;
  } kVersions[] = {{"TLSv1.2", TLS1_2_VERSION}, {"TLSv1.3", TLS1_3_VERSION}};
  for (const auto& each : kVersions) {
    if (!text.starts_with(each.name)) continue;
    text.remove_prefix(each.name.size());
    return each.version;
  }
  return 0;
}

// "A", "A+", "A-B", or versions separated by commas or blanks.
std::optional<Protocols> parse_protocols(std::string_view text) {
  const int first = take_version(text);
  if (first == 0) return std::nullopt;
  if (text == "+") return Protocols{first, 0};
  Protocols out{first, first};
  const bool is_range = text.starts_with('-');
  for (bool more = !text.empty(); more; more = !is_range && !text.empty()) {
    if (text[0] != ',' && text[0] != ' ' && !is_range) return std::nullopt;
    text.remove_prefix(1);
    const int next = take_version(text);
    if (next == 0) return std::nullopt;
    out.least = std::min(out.least, next);
    out.most = std::max(out.most, next);
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

std::string_view version_name(int version) {
  return version == TLS1_2_VERSION ? "TLSv1.2" : "TLSv1.3";
}

void set_protocols(SSL_CTX* ctx, const std::string& text, LogModule log) {
  Protocols protocols;
  if (!text.empty()) {
    if (const auto parsed = parse_protocols(text)) {
      protocols = *parsed;
    } else {
      log.err("{}: SSL/TLS protocol not recognized", text);
    }
  }
  if (protocols.most == 0) {
    log.dbg("Enabled protocol range: {} or later", version_name(protocols.least));
  } else {
    log.dbg("Enabled protocol range: {} - {}", version_name(protocols.least),
            version_name(protocols.most));
  }
  SSL_CTX_set_min_proto_version(ctx, protocols.least);
  SSL_CTX_set_max_proto_version(ctx, protocols.most);
}

// Certificates that are shown beside our own, so that peers can learn who signed it.
bool add_chain(SSL_CTX* ctx, const std::string& path) {
  const OpenFile file(std::fopen(path.c_str(), "r"));
  if (!file) return false;
  while (X509* certificate = PEM_read_X509(file.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add_extra_chain_cert(ctx, certificate) != 1) X509_free(certificate);
  }
  ERR_clear_error();  // how the file's end shows
  return true;
}

// False: "<name> must be configured" or what OpenSSL says was logged.
bool set_identity(SSL_CTX* ctx, const TlsSettings& settings, LogModule log) {
  if (settings.private_key.empty()) {
    log.err("Private key must be configured to use SSL/TLS");
    return false;
  }
  if (settings.certificate.empty()) {
    log.err("Certificate must be configured to use SSL/TLS");
    return false;
  }
  if (SSL_CTX_use_PrivateKey_file(ctx, settings.private_key.c_str(), SSL_FILETYPE_PEM) != 1) {
    log.err("SSL_use_PrivateKey_file: {}", tls_error_text());
    return false;
  }
  if (SSL_CTX_use_certificate_chain_file(ctx, settings.certificate.c_str()) != 1) {
    log.err("SSL_use_certificate_file: {}", tls_error_text());
    return false;
  }
  if (settings.peer_ca_cert.empty() || add_chain(ctx, settings.peer_ca_cert)) return true;
  log.err("failed to read certificates of {}", settings.peer_ca_cert);
  return false;
}

bool set_authority(Tls::Context& context, const TlsSettings& settings, LogModule log) {
  if (settings.ca_cert.empty()) {
    log.err("CA certificate must be configured to use SSL/TLS");
    return false;
  }
  if (settings.ca_cert == "none") {
    log.warn("Peer certificate validation disabled (this is a security risk)");
    return true;
  }
  std::error_code unknown;
  if (settings.bootstrap_ca_cert && !std::filesystem::exists(settings.ca_cert, unknown)) {
    context.bootstrap_file = settings.ca_cert;
    return true;
  }
  if (SSL_CTX_load_verify_file(context.ctx, settings.ca_cert.c_str()) != 1) {
    log.err("failed to load CA certificates of {}: {}", settings.ca_cert, tls_error_text());
    return false;
  }
  SSL_CTX_set_verify(context.ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  return true;
}

}  // namespace

Tls::Context::~Context() {
  SSL_CTX_free(ctx);
}

std::string tls_error_text() {
  char text[256] = "unknown error";
  if (const unsigned long code = ERR_get_error(); code != 0) {
    ERR_error_string_n(code, text, sizeof text);
  }
  ERR_clear_error();
  return text;
}

std::shared_ptr<Tls::Context> make_tls_context(const TlsSettings& settings, LogModule log) {
  auto context = std::make_shared<Tls::Context>();
  context->ctx = SSL_CTX_new(TLS_method());
  if (context->ctx == nullptr) return nullptr;
  set_protocols(context->ctx, settings.protocols, log);
  const std::string& ciphers = settings.ciphers;
  if (!ciphers.empty() && SSL_CTX_set_cipher_list(context->ctx, ciphers.c_str()) != 1) {
    log.err("SSL_CTX_set_cipher_list: {}", tls_error_text());
  }
  const std::string& suites = settings.ciphersuites;
  if (!suites.empty() && SSL_CTX_set_ciphersuites(context->ctx, suites.c_str()) != 1) {
    log.err("SSL_CTX_set_ciphersuites: {}", tls_error_text());
  }
  if (!set_identity(context->ctx, settings, log)) return nullptr;
  if (!set_authority(*context, settings, log)) return nullptr;
  return context;
}

void bootstrap_authority(ssl_st* ssl, const std::string& file, LogModule log) {
  STACK_OF(X509)* chain = SSL_get_peer_cert_chain(ssl);
  const int count = chain == nullptr ? 0 : sk_X509_num(chain);
  X509* root = count == 0 ? nullptr : sk_X509_value(chain, count - 1);
  if (root == nullptr) {
    return log.err("could not bootstrap CA cert: no certificate presented by peer");
  }
  if (X509_check_issued(root, root) != X509_V_OK) {
    return log.err("could not bootstrap CA cert: obtained certificate is not self-signed");
  }
  const OpenFile out(std::fopen(file.c_str(), "wx"));
  if (!out || PEM_write_X509(out.get(), root) != 1) {
    return log.err("could not bootstrap CA cert: creating {} failed", file);
  }
  log.info("successfully bootstrapped CA cert to {}", file);
}

}  // namespace ovs::daemon

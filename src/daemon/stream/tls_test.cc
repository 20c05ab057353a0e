// TLS between two ends in memory, with keys and certificates made for the test.
#include "daemon/stream/tls.h"

#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdlib>
#include <filesystem>
#include <string>

#include "daemon/log/memory_log_output.h"
#include "daemon/stream/memory_network.h"
#include "platform/fake/virtual_clock.h"

namespace ovs::daemon {
namespace {

// A folder with key.pem and cert.pem, which has signed itself and so is its own authority.
class Identity {
 public:
  Identity() {
    char name[] = "/tmp/tls_test.XXXXXX";
    folder_ = mkdtemp(name);
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_sign(certificate, key, EVP_sha256());
    write(key_file(), [&](std::FILE* file) {
      PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
    write(certificate_file(), [&](std::FILE* file) { PEM_write_X509(file, certificate); });
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Identity() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::string key_file() const { return folder_ + "/key.pem"; }
  std::string certificate_file() const { return folder_ + "/cert.pem"; }
  std::string file(const char* name) const { return folder_ + "/" + name; }
  TlsSettings settings() const {
    TlsSettings out;
    out.private_key = key_file();
    out.certificate = certificate_file();
    out.ca_cert = certificate_file();
    return out;
  }

 private:
  template <class Fill>
  static void write(const std::string& path, Fill fill) {
    std::FILE* file = std::fopen(path.c_str(), "w");
    REQUIRE(file != nullptr);
    fill(file);
    std::fclose(file);
  }
  std::string folder_;
};

struct Fixture {
  platform::VirtualClock clock;
  MemoryLogOutput output;
  Log log{clock, output, "test", 1};
  Loop loop{clock};
  MemoryNetwork network{loop};
  Tls server_tls{loop, log}, client_tls{loop, log};
  std::unique_ptr<Listener> listener = std::move(
      *network.listen("ptcp:1", [this](std::unique_ptr<Stream> plain) { accept(plain); }));
  std::unique_ptr<Stream> server, client;
  std::unique_ptr<Connecting> attempt;
  std::string at_server, at_client, failure;

  void accept(std::unique_ptr<Stream>& plain) {
    server = server_tls.serve(std::move(plain));
    if (!server) return;
    server->start({.on_read = [this](std::string_view bytes) { at_server += bytes; },
                   .on_close = [this](const IoError& error) { at_server += error.text(); },
                   .on_drained = nullptr});
  }
  void connect() {
    std::unique_ptr<Stream> plain;
    const auto plain_attempt =
        network.connect("tcp:1", [&](auto stream) { plain = std::move(*stream); });
    loop.drain();
    attempt = client_tls.connect(std::move(plain), "ssl:1", [this](auto stream) {
      if (!stream.ok()) {
        failure = stream.error().text();
        return;
      }
      client = std::move(*stream);
      client->start({.on_read = [this](std::string_view bytes) { at_client += bytes; },
                     .on_close = [this](const IoError& error) { at_client += error.text(); },
                     .on_drained = nullptr});
    });
    CHECK(client == nullptr);
    loop.drain();
  }
};

TEST_CASE_FIXTURE(Fixture,
                  "Tls: two that trust one authority exchange bytes, which nobody can read") {
  const Identity us;
  server_tls.configure(us.settings());
  client_tls.configure(us.settings());
  connect();
  REQUIRE(client != nullptr);
  CHECK(client->name() == "ssl:1");
  const std::string long_text(200'000, 'x');
  client->write(std::string("hello"));
  server->write(long_text);
  loop.drain();
  CHECK(at_server == "hello");
  CHECK(at_client == long_text);
  CHECK(client->counters().read_bytes == long_text.size());
  CHECK(client->queued_bytes() == 0);
}

TEST_CASE_FIXTURE(Fixture, "Tls: what is written before the peers agree arrives after") {
  const Identity us;
  server_tls.configure(us.settings());
  client_tls.configure(us.settings());
  listener.reset();
  listener = std::move(*network.listen("ptcp:1", [this](std::unique_ptr<Stream> plain) {
    accept(plain);
    server->write(std::string("early"));
    CHECK(server->queued_bytes() == 5);
  }));
  connect();
  CHECK(at_client == "early");
}

TEST_CASE_FIXTURE(Fixture, "Tls: who is not known is refused, by either side") {
  const Identity us, stranger;
  server_tls.configure(us.settings());
  client_tls.configure(stranger.settings());
  connect();
  CHECK(failure == "Protocol error");
  CHECK(at_server == "Protocol error");
  CHECK(output.console.find("certificate verify failed") != std::string::npos);
}

TEST_CASE_FIXTURE(Fixture, "Tls: protocols without a common version do not agree") {
  const Identity us;
  TlsSettings old = us.settings(), young = us.settings();
  old.protocols = "TLSv1.2";
  young.protocols = "TLSv1.3+";
  server_tls.configure(young);
  client_tls.configure(old);
  connect();
  CHECK(failure == "Protocol error");
}

TEST_CASE_FIXTURE(Fixture,
                  "Tls: without its files there is none, and the log says what is missing") {
  const Identity us;
  TlsSettings settings = us.settings();
  settings.certificate.clear();
  server_tls.configure(settings);
  CHECK(output.console.find("Certificate must be configured") != std::string::npos);
  connect();
  CHECK(server == nullptr);
  CHECK(failure == "Protocol not available");
}

TEST_CASE_FIXTURE(Fixture, "Tls: an orderly end is an end of file") {
  const Identity us;
  server_tls.configure(us.settings());
  client_tls.configure(us.settings());
  connect();
  client->write(std::string("bye"));
  client.reset();
  loop.drain();
  CHECK(at_server == "byeEnd of file");
}

TEST_CASE_FIXTURE(Fixture, "Tls: a paused end reads nothing until it is active again") {
  const Identity us;
  server_tls.configure(us.settings());
  client_tls.configure(us.settings());
  connect();
  server->set_reading(Stream::Reading::Paused);
  client->write(std::string("x"));
  loop.drain();
  CHECK(at_server == "");
  server->set_reading(Stream::Reading::Active);
  loop.drain();
  CHECK(at_server == "x");
}

TEST_CASE_FIXTURE(
    Fixture, "Tls: the first server may fill an absent authority's file, the next is held to it") {
  const Identity us, stranger;
  server_tls.configure(us.settings());
  TlsSettings trusting = us.settings();
  trusting.ca_cert = us.file("learned.pem");
  trusting.bootstrap_ca_cert = true;
  client_tls.configure(trusting);
  connect();
  CHECK(failure == "Protocol error");  // this one was not verified
  CHECK(output.console.find("successfully bootstrapped CA cert") != std::string::npos);
  failure.clear();
  connect();
  CHECK(failure == "");
  CHECK(client != nullptr);
  client.reset();
  server_tls.configure(stranger.settings());
  connect();
  CHECK(failure == "Protocol error");
}

TEST_CASE_FIXTURE(Fixture, "Tls: garbage instead of a handshake ends the connection") {
  const Identity us;
  server_tls.configure(us.settings());
  std::unique_ptr<Stream> plain;
  const auto plain_attempt =
      network.connect("tcp:1", [&](auto stream) { plain = std::move(*stream); });
  loop.drain();
  plain->start({.on_read = [](std::string_view) {},
                .on_close = [](const IoError&) {},
                .on_drained = nullptr});
  plain->write(std::string("GET / HTTP/1.0\r\n\r\n"));
  loop.drain();
  CHECK(at_server == "Protocol error");
}

}  // namespace
}  // namespace ovs::daemon

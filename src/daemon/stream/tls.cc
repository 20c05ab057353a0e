// TLS by OpenSSL over memory: bytes of the plain stream go into one buffer of it, what it wants to
// send is taken from the other. The handle (TlsStream) and what callbacks hold (Core) are apart, as
// in socket_stream.cc.
#include "daemon/stream/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <cerrno>

#include "daemon/stream/tls_context.h"
#include "daemon/stream/write_queue.h"

namespace ovs::daemon {
namespace {

constexpr std::size_t kChunk = 16384;  // the most that a record of TLS carries

struct SslDeleter {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

// "tcp:1.2.3.4:5" is "ssl:1.2.3.4:5".
std::string tls_name(const std::string& plain) {
  const std::size_t colon = plain.find(':');
  return colon == plain.npos ? plain : "ssl" + plain.substr(colon);
}

struct Core : std::enable_shared_from_this<Core> {
  Core(Loop& the_loop, LogModule the_log, std::shared_ptr<Tls::Context> the_context,
       std::unique_ptr<Stream> plain, std::string the_name)
      : loop(the_loop),
        log(the_log),
        context(std::move(the_context)),
        inner(std::move(plain)),
        name(std::move(the_name)),
        ssl(SSL_new(context->ctx)),
        from_peer(BIO_new(BIO_s_mem())),
        to_peer(BIO_new(BIO_s_mem())) {
    SSL_set_bio(ssl.get(), from_peer, to_peer);
  }

  void begin();
  void received(std::string_view bytes);
  void advance();
  bool handshake();
  void agreed();
  void read_plain();
  void write_plain(std::string_view bytes);
  void flush();
  void fail(IoError error);
  void fail_by_tls(const char* call, int returned);
  void want_advance();
  void abandon();

  Loop& loop;
  LogModule log;
  LogLimit limit{5, 5};
  std::shared_ptr<Tls::Context> context;
  std::unique_ptr<Stream> inner;  // null once it has failed
  std::string name;
  std::unique_ptr<SSL, SslDeleter> ssl;
  BIO* from_peer;  // of ssl
  BIO* to_peer;    // of ssl
  Stream::Handlers handlers;
  std::function<void(IoError)> on_agreed;  // of a client; number 0: they have
  StreamCounters counters;
  WriteQueue waiting;  // for the handshake
  bool is_agreed = false;
  bool is_reading = false;
};

void Core::begin() {
  inner->start({.on_read = [this](std::string_view bytes) { received(bytes); },
                .on_close = [this](const IoError& error) { fail(error); },
                .on_drained =
                    [this] {
                      const auto self = shared_from_this();
                      if (waiting.empty() && handlers.on_drained) handlers.on_drained();
                    }});
  want_advance();
}

// Never inside the call that makes it possible.
void Core::want_advance() {
  loop.post([weak = weak_from_this()] {
    if (const auto self = weak.lock()) self->advance();
  });
}

void Core::received(std::string_view bytes) {
  const auto self = shared_from_this();
  BIO_write(from_peer, bytes.data(), int(bytes.size()));
  advance();
}

void Core::advance() {
  const auto self = shared_from_this();
  if (!inner) return;
  if (!is_agreed && !handshake()) return;
  if (inner) read_plain();
  if (inner) flush();
}

bool Core::handshake() {
  ERR_clear_error();
  const int done = SSL_do_handshake(ssl.get());
  if (done != 1 && SSL_get_error(ssl.get(), done) != SSL_ERROR_WANT_READ) {
    flush();  // the peer is told why
    fail_by_tls(SSL_is_server(ssl.get()) ? "SSL_accept" : "SSL_connect", done);
    return false;
  }
  flush();
  if (done == 1) agreed();
  return done == 1;
}

void Core::agreed() {
  is_agreed = true;
  inner->set_reading(is_reading ? Stream::Reading::Active : Stream::Reading::Paused);
  if (!context->bootstrap_file.empty() && !SSL_is_server(ssl.get())) {
    // Nobody has been verified; the next connection will be.
    bootstrap_authority(ssl.get(), context->bootstrap_file, log);
    return fail(IoError{EPROTO, ""});
  }
  for (; !waiting.empty(); waiting.pop(waiting.block(0).size())) write_plain(waiting.block(0));
  if (on_agreed) std::exchange(on_agreed, nullptr)(IoError{});
}

void Core::read_plain() {
  char buffer[kChunk];
  while (inner && is_reading) {
    ERR_clear_error();
    const int count = SSL_read(ssl.get(), buffer, sizeof buffer);
    if (count <= 0) return fail_by_tls("SSL_read", count);
    counters.read_bytes += std::size_t(count);
    if (handlers.on_read) handlers.on_read(std::string_view(buffer, std::size_t(count)));
  }
}

void Core::write_plain(std::string_view bytes) {
  ERR_clear_error();
  // Into memory: all of it at once.
  const int count = SSL_write(ssl.get(), bytes.data(), int(bytes.size()));
  if (count > 0) counters.written_bytes += std::size_t(count);
}

void Core::flush() {
  char* bytes = nullptr;
  const long count = BIO_get_mem_data(to_peer, &bytes);
  if (count <= 0) return;
  inner->write(std::string(bytes, std::size_t(count)));
  (void)BIO_reset(to_peer);
}

// What a call that returned `returned` means; nothing, if it only wants more bytes.
void Core::fail_by_tls(const char* call, int returned) {
  switch (SSL_get_error(ssl.get(), returned)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE: return;
    case SSL_ERROR_ZERO_RETURN: return fail(IoError{IoError::kEndOfFile, ""});
  }
  log.warn(limit, "{}: {}", call, tls_error_text());
  fail(IoError{EPROTO, ""});
}

void Core::fail(IoError error) {
  const auto self = shared_from_this();
  if (!inner) return;
  inner.reset();
  if (on_agreed) return std::exchange(on_agreed, nullptr)(error);
  const auto on_close = std::move(handlers.on_close);
  if (on_close) on_close(error);
}

void Core::abandon() {
  handlers = {};
  on_agreed = nullptr;
  if (inner && is_agreed) {
    SSL_shutdown(ssl.get());
    flush();
  }
  inner.reset();
}

class TlsStream final : public Stream {
 public:
  explicit TlsStream(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  ~TlsStream() override { core_->abandon(); }

  void start(Handlers handlers) override {
    core_->handlers = std::move(handlers);
    set_reading(Reading::Active);
  }
  void set_reading(Reading reading) override {
    core_->is_reading = reading == Reading::Active;
    // Before they agree, both must hear each other.
    if (core_->inner && core_->is_agreed) core_->inner->set_reading(reading);
    if (core_->is_reading) core_->want_advance();
  }
  void write(std::string bytes) override { write(std::make_shared<std::string>(std::move(bytes))); }
  void write(SharedBytes bytes) override {
    if (!core_->inner || bytes->empty()) return;
    if (!core_->is_agreed) return core_->waiting.push(std::move(bytes));
    core_->write_plain(*bytes);
    core_->flush();
  }
  std::size_t queued_bytes() const override {
    return core_->waiting.size() + (core_->inner ? core_->inner->queued_bytes() : 0);
  }
  const StreamCounters& counters() const override { return core_->counters; }
  const std::string& name() const override { return core_->name; }

 private:
  std::shared_ptr<Core> core_;
};

class Agreeing final : public Connecting {
 public:
  explicit Agreeing(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  ~Agreeing() override {
    if (core_->on_agreed) core_->abandon();
  }

 private:
  std::shared_ptr<Core> core_;
};

// An attempt that has failed already.
struct Refused final : Connecting {
  Refused(Loop& loop, ConnectHandler done)
      : handler(std::make_shared<ConnectHandler>(std::move(done))) {
    loop.post([shared = handler] {
      if (*shared) std::exchange(*shared, nullptr)(IoError{ENOPROTOOPT, ""});
    });
  }
  ~Refused() override { *handler = nullptr; }
  std::shared_ptr<ConnectHandler> handler;
};

}  // namespace

Tls::Tls(Loop& loop, Log& log) : loop_(loop), log_(log.module("stream_ssl")) {}
Tls::~Tls() = default;

void Tls::configure(const TlsSettings& settings) {
  if (settings == settings_ && context_) return;
  settings_ = settings;
  context_ = make_tls_context(settings, log_);
}

std::unique_ptr<Stream> Tls::serve(std::unique_ptr<Stream> plain) {
  if (!context_) {
    log_.err("{}: refused, because SSL/TLS is not configured", plain->name());
    return nullptr;
  }
  std::string name = tls_name(plain->name());
  auto core = std::make_shared<Core>(loop_, log_, context_, std::move(plain), std::move(name));
  SSL_set_accept_state(core->ssl.get());
  core->begin();
  return std::make_unique<TlsStream>(std::move(core));
}

std::unique_ptr<Connecting> Tls::connect(std::unique_ptr<Stream> plain, std::string name,
                                         ConnectHandler done) {
  // An authority that was learned from the first server is used from now on.
  if (context_ && !context_->bootstrap_file.empty()) context_ = make_tls_context(settings_, log_);
  if (!context_) {
    log_.err("{}: SSL/TLS is not configured", name);
    return std::make_unique<Refused>(loop_, std::move(done));
  }
  auto core = std::make_shared<Core>(loop_, log_, context_, std::move(plain), std::move(name));
  SSL_set_connect_state(core->ssl.get());
  core->on_agreed = [raw = core.get(), done = std::move(done)](const IoError& error) {
    if (error.number != 0) return done(error);
    std::unique_ptr<Stream> stream = std::make_unique<TlsStream>(raw->shared_from_this());
    done(std::move(stream));
  };
  core->begin();
  return std::make_unique<Agreeing>(std::move(core));
}

}  // namespace ovs::daemon

// Commands that print what a switch sends for as long as they run: monitor, which others steer over
// its control socket, and snoop.
#include <fmt/format.h>

#include <cstdio>
#include <ctime>

#include "base/text/hex.h"
#include "tools/ovs-ofctl/exchange.h"

namespace ovs::tools::ofctl {
namespace {

using namespace openflow;

// One watched connection on the program's own loop.
class Monitor {
 public:
  explicit Monitor(Call& call) : call_(call), program_(call.program) {}

  // What is sent once the versions are agreed.
  using Greeting = std::function<std::string(Version, std::uint32_t& xid)>;

  int run(const std::string& method, VersionBitmap versions, Greeting greeting) {
    versions_ = versions;
    greeting_ = std::move(greeting);
    if (auto started = program_.start(); !started.ok()) return call_.fail(started.error().text);
    add_commands();
    connecting_ = program_.network().connect(
        method, [this, method](Result<std::unique_ptr<daemon::Stream>, daemon::IoError> stream) {
          if (!stream.ok()) {
            return stop(fmt::format("connecting to {} ({})", method, stream.error().text()));
          }
          begin(std::move(stream).value());
        });
    const int status = program_.run();
    return status;
  }

 private:
  void begin(std::unique_ptr<daemon::Stream> stream) {
    stream_ = std::move(stream);
    stream_->start({[this](std::string_view bytes) { on_read(bytes); },
                    [this](const daemon::IoError& error) { on_close(error); },
                    {}});
    stream_->write(encode_hello(versions_, ++xid_));
  }

  void stop(const std::string& why) {
    call_.fail(why);
    program_.exit(1);
  }

  void on_close(const daemon::IoError& error) {
    if (error.is_end_of_file()) return program_.exit(0);
    stop(fmt::format("vconn_recv failed ({})", error.text()));
  }

  void on_read(std::string_view bytes) {
    input_.append(bytes);
    std::size_t used = 0;
    while (!blocked_) {
      const auto size = message_size(bytes_of(std::string_view(input_).substr(used)));
      if (!size.ok()) return stop("vconn_recv failed (Protocol error)");
      if (*size == 0) break;
      take(input_.substr(used, *size));
      used += *size;
    }
    input_.erase(0, used);
    std::fflush(output_);
    std::fflush(stderr);
  }

  void take(std::string message) {
    const auto envelope = peek_envelope(bytes_of(message));
    if (!agreed_) return agree(message);
    if (envelope.ok() && kind_of(envelope->encoding) == Kind::EchoRequest) {
      message[1] = 3;
      stream_->write(std::move(message));
      return;
    }
    if (envelope.ok() && kind_of(envelope->encoding) == Kind::BarrierReply &&
        finish_barrier(envelope->xid)) {
      return;
    }
    // What a watch finds at first is its command's output.
    if (envelope.ok() && kind_of(envelope->encoding) == Kind::FlowMonitorStatsReply &&
        envelope->xid != 0) {
      put(print_message(bytes_of(message), {call_.options.verbosity + 1}));
      std::fflush(stdout);
      return;
    }
    show(message);
    if (envelope.ok() && kind_of(envelope->encoding) == Kind::PacketIn) resume(message);
  }

  void agree(const std::string& message) {
    const auto hello = decode(bytes_of(message));
    if (!hello.ok() || hello->as<Hello>() == nullptr) {
      return stop("received something other than a hello");
    }
    const VersionBitmap both = versions_ & hello->as<Hello>()->versions & kAllVersions;
    if (both == 0) return stop("version negotiation failed (Protocol error)");
    for (const Version version : kVersions) {
      if (both & bit(version)) version_ = version;
    }
    agreed_ = true;
    const std::string greeting = greeting_(version_, xid_);
    if (!greeting.empty()) stream_->write(greeting);
    // Whoever detached us may go on once the switch has what we asked it.
    ready_barrier_ = ++xid_;
    stream_->write(encode(make_message(Kind::BarrierRequest, version_, ready_barrier_, Empty{})));
  }

  bool finish_barrier(std::uint32_t xid) {
    if (xid == ready_barrier_ && !ready_) {
      ready_ = true;
      program_.ready();
      return true;
    }
    if (!barrier_ || xid != barrier_xid_) return false;
    barrier_->reply("");
    barrier_.reset();
    return false;
  }

  void show(const std::string& message) {
    PrintOptions options;
    options.verbosity = call_.options.verbosity + 2;
    if (call_.options.timestamp) print_time();
    Remarks remarks;
    options.remarks = &remarks;
    const std::string text = print_message(bytes_of(message), options);
    call_.log(remarks);
    std::fwrite(text.data(), 1, text.size(), output_);
    std::fflush(output_);
  }

  void print_time() {
    const std::uint64_t ms = program_.clock().wall_ms();
    const std::time_t seconds = std::time_t(ms / 1000);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::fputs(fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}: ", parts.tm_year + 1900,
                           parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                           parts.tm_sec, ms % 1000)
                   .c_str(),
               output_);
  }

  // A packet that a pausing action stopped goes on when it has been seen.
  void resume(const std::string& message) {
    const auto decoded = decode(bytes_of(message));
    const PacketIn* packet = decoded.ok() ? decoded->as<PacketIn>() : nullptr;
    if (packet == nullptr || !packet->has_continuation) return;
    Message reply{Encoding::NxtResume, version_, ++xid_, false, Resume{*packet}};
    stream_->write(encode(reply));
  }

  // --- what others ask over the control socket ---

  void add_commands() {
    daemon::ControlServer& control = program_.control();
    const auto add = [&](const char* name, const char* usage, unsigned least, unsigned most,
                         void (Monitor::*command)(daemon::ControlCall)) {
      control.add(name, usage, least, most,
                  [this, command](daemon::ControlCall c) { (this->*command)(std::move(c)); });
    };
    add("ofctl/send", "OFMSG...", 1, daemon::ControlServer::kAnyNumber, &Monitor::send);
    add("ofctl/packet-out", "\"in_port=<port> packet=<hex data> actions=...\"", 1, 1,
        &Monitor::packet_out);
    add("ofctl/barrier", "", 0, 0, &Monitor::barrier);
    add("ofctl/set-output-file", "FILE", 1, 1, &Monitor::set_output_file);
    add("ofctl/block", "", 0, 0, &Monitor::block);
    add("ofctl/unblock", "", 0, 0, &Monitor::unblock);
  }

  void send(daemon::ControlCall call) {
    std::string report;
    bool refused = false;
    for (std::size_t i = 1; i < call.arguments().size() && !refused; ++i) {
      const auto bytes = parse_hex<ByteString>(call.argument(i), Blanks::Skip);
      if (!bytes || bytes->size() < kHeaderSize) {
        report += "bad hex";
        refused = true;
        break;
      }
      const std::string message(bytes->begin(), bytes->end());
      std::fputs("send: ", stderr);
      const std::string text = print_message(bytes_of(message), {call_.options.verbosity + 1});
      std::fwrite(text.data(), 1, text.size(), stderr);
      if (stream_) stream_->write(message);
      report += "sent\n";
    }
    std::fflush(stderr);
    if (refused) return call.reply_error(report);
    call.reply(report);
  }

  void packet_out(daemon::ControlCall call) {
    Protocols usable = kAllProtocols;
    const auto out = parse_packet_out(call.argument(1), {}, usable);
    if (!out.ok()) return call.reply_error(out.error().message);
    const std::string message = encode(make_message(Kind::PacketOut, version_, ++xid_, Body(*out)));
    std::fputs("send: ", stderr);
    const std::string text = print_message(bytes_of(message), {call_.options.verbosity + 1});
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
    if (stream_) stream_->write(message);
    call.reply("");
  }

  void barrier(daemon::ControlCall call) {
    if (barrier_) return call.reply_error("already waiting for barrier reply");
    if (!stream_ || !agreed_) return call.reply_error("not connected");
    barrier_ = std::make_unique<daemon::ControlCall>(std::move(call));
    barrier_xid_ = ++xid_;
    stream_->write(encode(make_message(Kind::BarrierRequest, version_, barrier_xid_, Empty{})));
  }

  void set_output_file(daemon::ControlCall call) {
    std::FILE* file = std::fopen(call.argument(1).c_str(), "w");
    if (file == nullptr) return call.reply_error("open failed");
    std::fflush(stderr);
    if (owned_ != nullptr) std::fclose(owned_);
    owned_ = file;
    output_ = file;
    // Standard error follows, as what was sent is written there.
    std::fflush(stdout);
    if (std::freopen(call.argument(1).c_str(), "a", stderr) != nullptr) {
      std::setvbuf(stderr, nullptr, _IONBF, 0);
      output_ = stderr;
    }
    call.reply("");
  }

  void block(daemon::ControlCall call) {
    if (blocked_) return call.reply("already blocking");
    blocked_ = true;
    if (stream_) stream_->set_reading(daemon::Stream::Reading::Paused);
    call.reply("");
  }
  void unblock(daemon::ControlCall call) {
    if (!blocked_) return call.reply("already unblocked");
    blocked_ = false;
    if (stream_) stream_->set_reading(daemon::Stream::Reading::Active);
    on_read("");
    call.reply("");
  }

  Call& call_;
  daemon::Program& program_;
  VersionBitmap versions_ = 0;
  Version version_ = Version::V10;
  Greeting greeting_;
  std::unique_ptr<daemon::Connecting> connecting_;
  std::unique_ptr<daemon::Stream> stream_;
  std::string input_;
  std::FILE* output_ = stderr;
  std::FILE* owned_ = nullptr;
  std::unique_ptr<daemon::ControlCall> barrier_;
  std::uint32_t barrier_xid_ = 0, ready_barrier_ = 0, xid_ = 0;
  bool agreed_ = false, ready_ = false, blocked_ = false;
};

struct MonitorWords {
  std::vector<FlowMonitor> watches;
  int miss_send_length = -1;
  bool invalid_ttl = false;
  bool resume = false;
};

Result<MonitorWords, Failure> parse_words(Call& call) {
  MonitorWords words;
  for (std::size_t i = 2; i < call.count(); ++i) {
    const std::string& word = call.word(i);
    const auto length = parse_unsigned(word);
    if (length && *length <= 0xffff) {
      words.miss_send_length = int(*length);
    } else if (word == "invalid_ttl") {
      words.invalid_ttl = true;
    } else if (word == "resume") {
      words.resume = true;
    } else if (word.starts_with("watch:")) {
      const LazyPorts ports(call);
      auto watch = parse_flow_monitor(std::string_view(word).substr(6), {&ports, nullptr, nullptr});
      if (!watch.ok()) return Failure{watch.error().message};
      watch->id = std::uint32_t(words.watches.size());
      words.watches.push_back(std::move(watch).value());
    } else {
      return Failure{fmt::format("{}: unsupported \"monitor\" argument", word)};
    }
  }
  return words;
}

std::string format_request(const Options& options, Version version, std::uint32_t& xid) {
  const int wanted = options.packet_in_format >= 0 ? options.packet_in_format
                     : version == Version::V10     ? 1
                                                   : 0;
  if (wanted == 0) return {};
  return encode(make_message(Kind::SetPacketInFormat, version, ++xid,
                             SetPacketInFormat{PacketInFormat(wanted)}));
}

int monitor(Call& call) {
  const auto words = parse_words(call);
  if (!words.ok()) return call.fail(words.error().text);
  const auto method = method_of(call, call.word(1), Connection::Socket::Management);
  if (!method.ok()) return call.fail(method.error().text);
  Monitor watched(call);
  return watched.run(*method, call.options.versions, [&](Version version, std::uint32_t& xid) {
    std::string out;
    if (words->miss_send_length >= 0 || words->invalid_ttl) {
      SwitchConfig config;
      config.miss_send_length = std::uint16_t(std::max(words->miss_send_length, 0));
      if (words->invalid_ttl) config.invalid_ttl_to_controller = true;
      out += encode(make_message(Kind::SetConfig, version, ++xid, config));
    }
    for (const FlowMonitor& watch : words->watches) {
      const std::string request = encode(
          make_message(Kind::FlowMonitorStatsRequest, version, ++xid, FlowMonitorRequest{{watch}}));
      if (call.options.verbosity > 0) {
        put(print_message(bytes_of(request), {call.options.verbosity + 2}));
      }
      out += request;
    }
    return out + format_request(call.options, version, xid);
  });
}

int snoop(Call& call) {
  const auto method = method_of(call, call.word(1), Connection::Socket::Snoop);
  if (!method.ok()) return call.fail(method.error().text);
  Monitor watched(call);
  return watched.run(*method, call.options.versions,
                     [](Version, std::uint32_t&) { return std::string(); });
}

constexpr Command kCommands[] = {
    {"monitor", "switch [misslen] [invalid_ttl] [watch:[...]]", 1, 4, monitor},
    {"snoop", "switch", 1, 1, snoop},
};

}  // namespace

Span<const Command> monitor_commands() {
  return kCommands;
}

}  // namespace ovs::tools::ofctl

// A process that hosts a datapath and lends its device over a socket, as an emulated host does:
// what tests of ovs-dpctl and of ovs-vswitchd's type "system" drive. Its devices exist in memory.
// Its own commands: host/receive (frames that come in on a device), host/sent (frames that went
// out), host/counts (of the server), host/device (takes the socket away, gives it back).
#include <fmt/format.h>

#include <charconv>
#include <map>
#include <optional>

#include "daemon/device/device_server.h"
#include "daemon/run/program.h"
#include "tools/common/system.h"
#include "userdp/dummy_datapath.h"

namespace {

using namespace ovs;
using daemon::ControlCall;

constexpr std::size_t kMaxSent = 1000;  // then the oldest are forgotten

std::string hex_of(Bytes bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) text += fmt::format("{:02x}", byte);
  return text;
}

std::optional<std::vector<std::uint8_t>> parse_hex(std::string_view text) {
  std::vector<std::uint8_t> bytes(text.size() / 2);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const char* const digits = text.data() + 2 * i;
    if (std::from_chars(digits, digits + 2, bytes[i], 16).ptr != digits + 2) return std::nullopt;
  }
  if (text.size() % 2 != 0) return std::nullopt;
  return bytes;
}

class Host {
 public:
  Host(daemon::Program& program, std::string path, userdp::DummyDatapath& datapath)
      : program_(program), path_(std::move(path)), datapath_(datapath) {
    daemon::ControlServer& control = program.control();
    control.add("host/receive", "DEVICE HEX...", 2, daemon::ControlServer::kAnyNumber,
                [this](ControlCall call) { receive(call); });
    control.add("host/sent", "DEVICE", 1, 1, [this](ControlCall call) { sent(call); });
    control.add("host/counts", "", 0, 0, [this](ControlCall call) { counts(call); });
    control.add("host/device", "up|down", 1, 1, [this](ControlCall call) { set_device(call); });
    program.clock().on_change([this] { datapath_.run(); });
  }

  Result<void, daemon::IoError> listen() {
    OVS_TRY(server_, daemon::DeviceServer::listen(datapath_.device(), program_.loop(),
                                                  program_.log(), path_));
    return kOk;
  }
  // A device of this name is there, and what goes out through it is remembered.
  void add_device(const std::string& name) {
    datapath_.add_device(name);
    (void)datapath_.set_listener(name, [this, name](Bytes frame) {
      auto& frames = sent_[name];
      if (frames.size() == kMaxSent) frames.erase(frames.begin());
      frames.push_back(hex_of(frame));
    });
  }

 private:
  void receive(ControlCall& call) {
    for (std::size_t i = 2; i < call.arguments().size(); ++i) {
      const auto frame = parse_hex(call.argument(i));
      if (!frame) return call.reply_error("a frame is an even number of hexadecimal digits");
      if (!datapath_.receive(call.argument(1), *frame)) return call.reply_error("no such device");
    }
    call.reply("");
  }
  void sent(ControlCall& call) {
    std::string text;
    for (const std::string& frame : sent_[call.argument(1)]) text += frame + "\n";
    sent_.erase(call.argument(1));
    call.reply(text);
  }
  void counts(ControlCall& call) {
    if (server_ == nullptr) return call.reply_error("the device is down");
    const daemon::DeviceServerCounts& counts = server_->counts();
    call.reply(fmt::format("connections:{} accepted:{} requests:{} bad_frames:{} vanished:{}\n",
                           server_->connection_count(), counts.accepted, counts.requests,
                           counts.bad_frames, counts.vanished));
  }
  void set_device(ControlCall& call) {
    if (call.argument(1) == "down") {
      server_.reset();
    } else if (const auto listening = listen(); !listening) {
      return call.reply_error(listening.error().text());
    }
    call.reply("");
  }

  daemon::Program& program_;
  std::string path_;
  userdp::DummyDatapath& datapath_;
  std::map<std::string, std::vector<std::string>> sent_;
  std::unique_ptr<daemon::DeviceServer> server_;
};

}  // namespace

int main(int argc, char** argv) {
  tools::System system;
  daemon::Program program(system.parts(), argv[0]);
  program.add_log_options();
  program.add_daemon_options();
  const auto operands =
      program.parse(argc, argv, "usage: test-device-host [OPTION]... SOCKET DEVICE...\n");
  if (!operands.ok()) return operands.error();
  if (operands->empty()) return program.fail("the socket's path is missing");
  const auto started = program.start();
  if (!started.ok()) return program.fail(started.error().text);
  const auto datapath = userdp::DummyDatapath::create("ovs-system", program.clock());
  if (!datapath.ok()) return program.fail("no memory for a datapath");
  Host host(program, operands->front(), **datapath);
  for (std::size_t i = 1; i < operands->size(); ++i) host.add_device((*operands)[i]);
  const auto listening = host.listen();
  if (!listening.ok()) return program.fail(listening.error().text());
  program.ready();
  return program.run();
}

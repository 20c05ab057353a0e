#include "tools/hvemu/host.h"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <optional>

#include "daemon/control/client.h"
#include "daemon/device/device_server.h"
#include "emulator/host/command/control.h"
#include "emulator/host/emulated_host.h"
#include "emulator/host/nic/linux_nic.h"
#include "tools/hvemu/client.h"

namespace ovs::hvemu {

namespace {

constexpr std::string_view kUsage =
    R"(hvemu host: one emulated Windows host, until it is told to end
usage: hvemu host --dir D [OPTION]...

  --dir D              its folder: D/hvemu.ctl is where commands go, D/device
                       what OVS_DEVICE of the daemons names; made if it is not
                       there (default: $HVEMU_DIR)
  --driver=PATH|none   the driver: openvswitch.sys, or openvswitch.so of the
                       same sources (default: none)
  --ndis=6.N           the host's NDIS: 6.30 (Server 2012) to 6.85
                       (default: 6.85)
  --processors=N       how many it has (default: 2)
  --without-detectors  believe the driver: no rule is looked at, and a TCP
                       stream goes faster. Levels, locks, who owns a packet,
                       pool that is overrun, what is left behind: nothing of
                       it is found; a driver that errs goes on, or crashes
  --seed=N             what Windows leaves open goes by chance: completions that
                       come late, requests that pend, frames in pieces
  --fail-allocation=N  the driver's N-th request for memory fails, from its
                       start on; 0 is the first
  --detach             run in the background
  --no-chdir           stay in this directory when detaching
  --pidfile[=FILE]     write the process id
  --log-file[=FILE]    log to a file
  -v, --verbose[=SPEC] log levels
  -h, --help           this text
  -V, --version        the version

The namespace in which it runs is the management OS's. A driver that breaks a
rule of Windows' ends the process with a report on standard error, status 70.
)";

constexpr unsigned kMostProcessors = 64;

struct Options {
  std::string folder = default_folder();
  std::string driver = "none";
  std::string ndis = "6.85";
  unsigned processors = 2;
  bool without_detectors = false;
  std::string seed, fail_allocation;
};

using Failure = daemon::ProgramError;

void add_options(daemon::Program& program, Options& options) {
  program.add_log_options();
  program.add_daemon_options();
  daemon::CommandLine& line = program.options();
  line.text("dir", 0, options.folder);
  line.text("driver", 0, options.driver);
  line.text("ndis", 0, options.ndis);
  line.positive("processors", 0, options.processors);
  line.flag("without-detectors", 0, options.without_detectors);
  line.text("seed", 0, options.seed);
  line.text("fail-allocation", 0, options.fail_allocation);
}

// Nothing where nothing was given.
Result<std::optional<std::uint32_t>, Failure> number_of(const char* option,
                                                        const std::string& text) {
  if (text.empty()) return std::optional<std::uint32_t>();
  std::uint32_t number = 0;
  const char* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  if (read.ec != std::errc() || read.ptr != end)
    return Failure{fmt::format("--{}={}: it is a number from 0 to 4294967295", option, text)};
  return std::optional<std::uint32_t>(number);
}

Result<emulator::HostConfig, Failure> config_of(const Options& options) {
  emulator::HostConfig config;
  config.name = options.folder;
  const std::string& ndis = options.ndis;
  const auto end = ndis.data() + ndis.size();
  const bool is_six = ndis.starts_with("6.") && ndis.size() > 2;
  if (!is_six || std::from_chars(ndis.data() + 2, end, config.ndis_minor).ptr != end ||
      !emulator::is_ndis_level(config.ndis_minor)) {
    return Failure{
        fmt::format("--ndis={}: it is 6.30, 6.40, 6.50, 6.60, 6.80, 6.82 or 6.85", ndis)};
  }
  if (options.processors > kMostProcessors)
    return Failure{fmt::format("--processors: at most {}", kMostProcessors)};
  config.processors = options.processors;
  config.has_detectors = !options.without_detectors;
  OVS_TRY(const auto seed, number_of("seed", options.seed));
  OVS_TRY(const auto fail_nth, number_of("fail-allocation", options.fail_allocation));
  if (seed) config.seed = *seed;
  if (fail_nth) config.fail_nth = *fail_nth;
  if (options.driver == "none") return config;
  std::error_code error;
  config.driver = std::filesystem::absolute(options.driver, error).string();
  if (!std::filesystem::is_regular_file(config.driver, error))
    return Failure{fmt::format("--driver={}: there is no such file", options.driver)};
  return config;
}

// The host's folder, and what this process put into it.
class Folder {
 public:
  static Result<std::unique_ptr<Folder>, Failure> open(const std::string& given) {
    if (given.empty()) return Failure{"--dir is required: the folder of the host"};
    std::error_code error;
    const std::string path = std::filesystem::absolute(given, error).lexically_normal().string();
    const bool is_made = std::filesystem::create_directories(path, error);
    if (error) return Failure{fmt::format("{}: {}", given, error.message())};
    if (daemon::ControlClient::connect(control_path(path), 1000))
      return Failure{fmt::format("{}: another host is running there", path)};
    std::filesystem::remove(control_path(path), error);  // of one that was killed
    return std::unique_ptr<Folder>(new Folder(path, is_made));
  }
  ~Folder() {
    std::error_code not_there;
    std::filesystem::remove(control_path(path_), not_there);
    if (is_made_) std::filesystem::remove(path_, not_there);  // only when it is empty
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }

 private:
  Folder(std::string path, bool is_made) : path_(std::move(path)), is_made_(is_made) {}
  std::string path_;
  bool is_made_;
};

Result<void, Failure> serve(daemon::Program& program, emulator::EmulatedHost& host,
                            const Folder& folder, int& status) {
  const emulator::HostControl control(host.machine(), program.control(), program.loop());
  const std::string path = folder.path() + "/device";
  auto device = daemon::DeviceServer::listen(host.device(), program.loop(), program.log(), path);
  if (!device) return Failure{fmt::format("{}: {}", path, device.error().text())};
  const auto& log = program.log().module("hvemu");
  log.info("{}: the host is up", folder.path());
  program.ready();
  status = program.run();
  log.info("{}: the host goes down", folder.path());
  return kOk;
}

Result<void, Failure> run(daemon::Program& program, const Options& options, int& status) {
  OVS_TRY(const auto folder, Folder::open(options.folder));
  Options absolute = options;
  absolute.folder = folder->path();
  OVS_TRY(const emulator::HostConfig config, config_of(absolute));
  program.set_control_path(control_path(folder->path()));
  program.keep_output();  // a report of what the driver did wrong is worth reading
  OVS_TRY(program.start());
  emulator::LinuxNics nics;
  const auto log = program.log().module("hvemu");
  auto host = emulator::EmulatedHost::start(
      config, nics, [log](const std::string& line) { log.info("{}", line); });
  if (!host) return Failure{host.error().text};
  return serve(program, **host, *folder, status);
}

}  // namespace

int run_host(daemon::Program& program, int argc, char** argv) {
  Options options;
  add_options(program, options);
  const auto operands = program.parse(argc, argv, kUsage);
  if (!operands) return operands.error();
  if (!operands->empty())
    return program.fail("host: there is no place for \"" + operands->front() + "\"");
  int status = 0;
  const auto done = run(program, options, status);
  return done ? status : program.fail(done.error().text);
}

}  // namespace ovs::hvemu

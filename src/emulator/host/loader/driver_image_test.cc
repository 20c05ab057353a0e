// The driver's images, each through the loader, from DriverEntry to unload, over the emulated
// kernel and NDIS: whatever rule an image breaks on the way ends the test.
#include "emulator/host/loader/driver_image.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "emulator/ndis/ndis.h"
#include "emulator/nt/driver.h"
#include "emulator/nt/io/devices.h"
#include "emulator/nt/kernel.h"

namespace ovs::emulator {
namespace {

constexpr const char* kDeviceName = "\\Device\\OpenvSwitchDevice";

// Those that were built: cross compilers are not everywhere.
std::vector<std::string> images() {
  std::vector<std::string> found;
  for (const char* name : {"openvswitch.so", "clang/openvswitch.sys", "mingw/openvswitch.sys"}) {
    const std::string path = std::string(DRIVER_FOLDER "/") + name;
    if (std::filesystem::exists(path)) found.push_back(path);
  }
  REQUIRE(!found.empty());
  return found;
}

struct Host {
  explicit Host(const KernelConfig& config = {}) : kernel(config) {
    kernel.add_functions(imports);
    ndis = Ndis::start(kernel, imports, {});
  }
  std::unique_ptr<DriverImage> load(const std::string& path) {
    auto image = load_driver(path, imports);
    INFO(path);
    INFO((image ? "" : image.error().text));
    REQUIRE(image.ok());
    kernel.describe_addresses([raw = image->get()](const void* at) { return raw->describe(at); });
    return std::move(*image);
  }
  Kernel kernel;
  ImportTable imports;
  std::unique_ptr<Ndis> ndis;
};

// A host with an image that has started.
struct Running {
  explicit Running(const std::string& path, const KernelConfig& config = {})
      : host(config), image(host.load(path)), driver(*image) {
    REQUIRE(driver.status() == STATUS_SUCCESS);
  }
  Host host;
  const std::unique_ptr<DriverImage> image;
  StartedDriver driver;
};

KernelConfig seeded(std::uint64_t seed) {
  KernelConfig config;
  config.seed = seed;
  return config;
}

TEST_CASE(
    "DriverImage: each image registers its filter and its device, and leaves nothing when it is "
    "unloaded") {
  for (const std::string& path : images()) {
    CAPTURE(path);
    Running running(path);
    CHECK(running.host.kernel.live_objects().count("filter driver") == 1);
    CHECK(find_device(kDeviceName) != nullptr);
    CHECK(find_device("\\DosDevices\\OpenvSwitchDevice") == find_device(kDeviceName));
    running.driver.unload();
    CHECK(running.host.kernel.live_objects().list() == "");
    CHECK(find_device(kDeviceName) == nullptr);
  }
}

TEST_CASE("DriverImage: each image loads and unloads in whatever order its threads run") {
  for (const std::string& path : images()) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      CAPTURE(path);
      CAPTURE(seed);
      Running running(path, seeded(seed));
      running.host.kernel.sleep_ms(5000);
      running.driver.unload();
    }
  }
}

TEST_CASE("DriverImage: each image overruns no pool block, and uses none that is freed") {
  KernelConfig config = seeded(1);
  config.guarded_pool = true;
  for (const std::string& path : images()) {
    CAPTURE(path);
    Running(path, config).driver.unload();
  }
}

TEST_CASE("DriverImage: a control that is none, or too short, is refused") {
  for (const std::string& path : images()) {
    CAPTURE(path);
    Running running(path);
    {
      auto file = FileHandle::open(find_device(kDeviceName));
      REQUIRE(file.ok());
      CHECK((*file)->control(0xafc88400, {}, 0).status == STATUS_BUFFER_TOO_SMALL);
      CHECK((*file)->control(0xafc8841a, {}, 0).status == STATUS_INVALID_DEVICE_REQUEST);
    }
    running.driver.unload();
  }
}

TEST_CASE("DriverImage: each version of NDIS from 6.30 on is registered with, and no older one") {
  for (const UINT version : {0x0006001eu, 0x00060028u, 0x00060032u, 0x0006003cu, 0x00060050u,
                             0x00060052u, 0x00060055u, 0x00060059u}) {
    CAPTURE(version);
    KernelConfig config;
    config.ndis = version;
    config.windows = 0x0602;
    Running(images().front(), config).driver.unload();
  }
  KernelConfig config;
  config.ndis = 0x00060014;
  Host old(config);
  const auto image = old.load(images().front());
  CHECK(StartedDriver(*image).status() == STATUS_NOT_SUPPORTED);
}

TEST_CASE("90 DriverImage: whichever call fails, a driver that does not load leaves nothing") {
  const auto path = images().front();
  for (int nth = 0;; ++nth) {
    CAPTURE(nth);
    Host host(seeded(1));
    const auto image = host.load(path);
    host.kernel.failures().fail_nth(nth);
    StartedDriver driver(*image);
    const bool is_every_one_visited = !host.kernel.failures().has_failed();
    if (driver.status() == STATUS_SUCCESS) driver.unload();
    if (!is_every_one_visited) continue;
    CHECK(nth > 10);
    break;
  }
}

TEST_CASE("DriverImage: two loads of a file are two drivers, of which one has the device") {
  for (const std::string& path : images()) {
    CAPTURE(path);
    Host host;
    const auto first = host.load(path);
    const auto second = host.load(path);
    CHECK(first->base() != second->base());
    StartedDriver one(*first);
    CHECK(one.status() == STATUS_SUCCESS);
    one.unload();
    StartedDriver other(*second);
    CHECK(other.status() == STATUS_SUCCESS);
    other.unload();
  }
}

TEST_CASE("1 Image load: a function that the kernel lacks is named, and the driver not loaded") {
  for (const std::string& path : images()) {
    CAPTURE(path);
    KernelConfig config;
    config.windows = 0x0601;
    Host older(config);
    const auto too_old = load_driver(path, older.imports);
    REQUIRE(!too_old.ok());
    const std::string& text = too_old.error().text;
    CAPTURE(text);
    const bool is_named = text.find("KeQuerySystemTimePrecise") != std::string::npos ||
                          text.find("NdisFGetOptionalSwitchHandlers") != std::string::npos;
    CHECK(is_named);
  }
  Host host;
  host.imports.remove("NDIS.SYS", "NdisRegisterDeviceEx");
  const auto image = load_driver(images().front(), host.imports);
  REQUIRE(!image.ok());
  CHECK(image.error().text.find("NdisRegisterDeviceEx") != std::string::npos);
}

TEST_CASE("DriverImage: an address is described by the image that it is in") {
  Host host;
  const auto image = host.load(images().front());
  const auto* inside = static_cast<const char*>(image->base()) + 0x10;
  CHECK(image->describe(inside) == "openvswitch.so+0x10");
  CHECK(image->describe(&host).empty());
}

}  // namespace
}  // namespace ovs::emulator

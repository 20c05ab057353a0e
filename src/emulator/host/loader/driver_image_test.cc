// The driver's images, each through the loader, from DriverEntry to unload.
#include <doctest/doctest.h>

#include <filesystem>

#include "emulator/host/loader/tiny_kernel_test.h"

namespace ovs::emulator::test {
namespace {

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

std::unique_ptr<DriverImage> load(const std::string& path, const ImportTable& imports) {
  auto image = load_driver(path, imports);
  INFO(path);
  INFO((image ? "" : image.error().text));
  REQUIRE(image.ok());
  return std::move(*image);
}

void check_empty(const TinyKernel& kernel) {
  CHECK(kernel.pool_blocks == 0);
  CHECK(kernel.threads == 0);
  CHECK(kernel.filters.empty());
  CHECK(kernel.devices.empty());
}

TEST_CASE(
    "DriverImage: each image registers its filter and its device, and leaves nothing when it is "
    "unloaded") {
  for (const std::string& path : images()) {
    CAPTURE(path);
    TinyKernel kernel;
    const auto image = load(path, kernel.imports);
    LoadedDriver driver(*image);
    REQUIRE(driver.status == STATUS_SUCCESS);
    REQUIRE(kernel.filters.size() == 1);
    REQUIRE(kernel.devices.size() == 1);
    CHECK(kernel.filters[0]->how.MinorNdisVersion == 85);
    CHECK(kernel.filters[0]->how.Header.Revision == NDIS_FILTER_CHARACTERISTICS_REVISION_3);
    CHECK(kernel.devices[0]->name == "\\Device\\OpenvSwitchDevice");
    CHECK(kernel.devices[0]->access == "D:P(A;;GA;;;SY)(A;;GA;;;BA)");
    driver.unload();
    check_empty(kernel);
  }
}

TEST_CASE("DriverImage: what is no switch, or no request, is refused") {
  for (const std::string& path : images()) {
    CAPTURE(path);
    TinyKernel kernel;
    const auto image = load(path, kernel.imports);
    LoadedDriver driver(*image);
    REQUIRE(driver.status == STATUS_SUCCESS);
    const Filter& filter = *kernel.filters.at(0);
    NDIS_FILTER_ATTACH_PARAMETERS parameters = {};
    parameters.MiniportMediaType = NDIS_MEDIUM(1);  // token ring
    CHECK(filter.how.AttachHandler(nullptr, filter.context, &parameters) ==
          NDIS_STATUS_INVALID_PARAMETER);
    Device& device = *kernel.devices.at(0);
    CHECK(ask(device, IRP_MJ_CREATE, 0) == STATUS_SUCCESS);
    CHECK(ask(device, IRP_MJ_DEVICE_CONTROL, 0xafc88400) == STATUS_BUFFER_TOO_SMALL);
    CHECK(ask(device, IRP_MJ_DEVICE_CONTROL, 0xafc8841a) == STATUS_INVALID_DEVICE_REQUEST);
    CHECK(ask(device, IRP_MJ_CLEANUP, 0) == STATUS_SUCCESS);
    CHECK(ask(device, IRP_MJ_CLOSE, 0) == STATUS_SUCCESS);
    driver.unload();
  }
}

TEST_CASE("DriverImage: the version of NDIS decides what is registered") {
  struct Row {
    UINT version;
    UCHAR minor, revision;
  };
  for (const Row& row : {Row{0x0006001e, 30, 2}, Row{0x0006003c, 60, 2}, Row{0x00060050, 80, 3},
                         Row{0x00060059, 85, 3}}) {
    CAPTURE(row.version);
    TinyKernel kernel;
    kernel.ndis_version = row.version;
    const auto image = load(images().front(), kernel.imports);
    LoadedDriver driver(*image);
    REQUIRE(driver.status == STATUS_SUCCESS);
    CHECK(kernel.filters[0]->how.MinorNdisVersion == row.minor);
    CHECK(kernel.filters[0]->how.Header.Revision == row.revision);
    driver.unload();
  }
  TinyKernel old;
  old.ndis_version = 0x00060014;
  const auto image = load(images().front(), old.imports);
  CHECK(LoadedDriver(*image).status == STATUS_NOT_SUPPORTED);
  check_empty(old);
}

TEST_CASE("DriverImage: whichever allocation fails, a driver that does not load leaves nothing") {
  const auto path = images().front();
  for (int nth = 0;; ++nth) {
    CAPTURE(nth);
    TinyKernel kernel;
    const auto image = load(path, kernel.imports);
    kernel.fail_allocation = nth;
    LoadedDriver driver(*image);
    if (driver.status == STATUS_SUCCESS) {
      REQUIRE(nth > 0);
      driver.unload();
      break;
    }
    CHECK(driver.status == STATUS_INSUFFICIENT_RESOURCES);
    check_empty(kernel);
  }
}

TEST_CASE("DriverImage: two loads of a file are two drivers") {
  for (const std::string& path : images()) {
    CAPTURE(path);
    TinyKernel kernel;
    const auto first = load(path, kernel.imports);
    const auto second = load(path, kernel.imports);
    CHECK(first->base() != second->base());
    LoadedDriver one(*first), other(*second);
    REQUIRE(one.status == STATUS_SUCCESS);
    REQUIRE(other.status == STATUS_SUCCESS);
    CHECK(kernel.filters.size() == 2);
    one.unload();
    CHECK(kernel.filters.size() == 1);
    other.unload();
    check_empty(kernel);
  }
}

TEST_CASE("1 Image load: a function that the kernel lacks is named, and the driver not loaded") {
  for (const std::string& path : images()) {
    CAPTURE(path);
    TinyKernel kernel;
    kernel.imports.remove("NDIS.SYS", "NdisRegisterDeviceEx");
    const auto image = load_driver(path, kernel.imports);
    REQUIRE(!image.ok());
    CHECK(image.error().text.find("NdisRegisterDeviceEx") != std::string::npos);
  }
}

TEST_CASE("DriverImage: an address is described by the image that it is in") {
  TinyKernel kernel;
  const auto path = images().front();
  const auto image = load(path, kernel.imports);
  const auto* inside = static_cast<const char*>(image->base()) + 0x10;
  CHECK(image->describe(inside) == "openvswitch.so+0x10");
  CHECK(image->describe(&kernel).empty());
}

}  // namespace
}  // namespace ovs::emulator::test

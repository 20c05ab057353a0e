// NdisFRegisterFilterDriver and NdisFDeregisterFilterDriver.
#include "emulator/ndis/module/filter_driver.h"

#include <algorithm>
#include <cstring>

#include "emulator/ndis/imports.h"
#include "emulator/ndis/module/module.h"
#include "emulator/ndis/module/stack.h"

namespace ovs::emulator {
namespace {

constexpr const char* kLiveKind = "filter driver";
constexpr UCHAR kFirstMinor = 30;
constexpr UCHAR kFirstMinorOfRevision3 = 80;

char16_t lower(char16_t c) {
  return c >= u'A' && c <= u'Z' ? static_cast<char16_t>(c + 32) : c;
}

bool fits_version(const NDIS_FILTER_DRIVER_CHARACTERISTICS& how) {
  const bool is_third = how.MinorNdisVersion >= kFirstMinorOfRevision3;
  const UCHAR revision =
      is_third ? NDIS_FILTER_CHARACTERISTICS_REVISION_3 : NDIS_FILTER_CHARACTERISTICS_REVISION_2;
  const USHORT size = is_third ? NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_3
                               : NDIS_SIZEOF_FILTER_DRIVER_CHARACTERISTICS_REVISION_2;
  return how.Header.Type == NDIS_OBJECT_TYPE_FILTER_DRIVER_CHARACTERISTICS &&
         how.Header.Revision == revision && how.Header.Size == size;
}

NDIS_STATUS check_characteristics(const NdisImpl& ndis,
                                  const NDIS_FILTER_DRIVER_CHARACTERISTICS& how) {
  if (how.MajorNdisVersion != 6 || how.MinorNdisVersion < kFirstMinor ||
      how.MinorNdisVersion > ndis.minor()) {
    return NDIS_STATUS_BAD_VERSION;
  }
  if (!fits_version(how)) return NDIS_STATUS_BAD_CHARACTERISTICS;
  if (how.AttachHandler == nullptr || how.DetachHandler == nullptr ||
      how.RestartHandler == nullptr || how.PauseHandler == nullptr) {
    return NDIS_STATUS_BAD_CHARACTERISTICS;
  }
  return NDIS_STATUS_SUCCESS;
}

// Whoever hands something on hears of its end.
void check_receivers(const NDIS_FILTER_DRIVER_CHARACTERISTICS& how) {
  if (how.SendNetBufferListsHandler != nullptr &&
      how.SendNetBufferListsCompleteHandler == nullptr) {
    violate(3, "a send handler without a send-complete handler");
  }
  if (how.ReceiveNetBufferListsHandler != nullptr && how.ReturnNetBufferListsHandler == nullptr) {
    violate(3, "a receive handler without a return handler");
  }
  if (how.OidRequestHandler != nullptr && how.OidRequestCompleteHandler == nullptr) {
    violate(3, "a request handler without a request-complete handler");
  }
}

void check_names(const NdisImpl& ndis, const FilterDriver& driver) {
  const auto compare = [](const char* what, const std::u16string& is,
                          const std::u16string& wanted) {
    if (equal_without_case(is, wanted)) return;
    violate(5,
            std::string(what) + " is \"" + narrow(is) + "\", the INF's \"" + narrow(wanted) + "\"");
  };
  compare("the unique name", driver.unique_name, ndis.config().unique_name);
  compare("the service name", driver.service_name, ndis.config().service_name);
}

std::vector<Stack*> stacks_of(NdisImpl& ndis) {
  const std::lock_guard lock(ndis.mutex);
  return ndis.stacks;
}

NDIS_STATUS register_filter_driver(PDRIVER_OBJECT object, NDIS_HANDLE context,
                                   PNDIS_FILTER_DRIVER_CHARACTERISTICS how, PNDIS_HANDLE handle) {
  NdisImpl& ndis = NdisImpl::current();
  if (object == nullptr) violate(2, "NdisFRegisterFilterDriver: no driver object");
  const NDIS_STATUS refusal = check_characteristics(ndis, *how);
  if (refusal != NDIS_STATUS_SUCCESS) return refusal;
  check_receivers(*how);
  auto* driver = new FilterDriver(object, context, *how);
  check_names(ndis, *driver);
  if (fails_now()) {
    delete driver;
    return NDIS_STATUS_RESOURCES;
  }
  *handle = kPoisonHandle;
  ndis.kernel().live_objects().add(kLiveKind, driver, narrow(driver->friendly_name));
  ndis.configure([&] {
    {
      const std::lock_guard lock(ndis.mutex);
      ndis.drivers.push_back(driver);
    }
    for (Stack* stack : stacks_of(ndis)) stack->driver_came(*driver);
  });
  *handle = driver;
  return NDIS_STATUS_SUCCESS;
}

void deregister_filter_driver(NDIS_HANDLE handle) {
  NdisImpl& ndis = NdisImpl::current();
  check_handle(handle, "NdisFDeregisterFilterDriver");
  auto* driver = static_cast<FilterDriver*>(handle);
  if (driver->magic != FilterDriver::kMagic) {
    violate(8, "NdisFDeregisterFilterDriver: the handle is not a filter driver's");
  }
  ndis.configure([&] {
    for (Stack* stack : stacks_of(ndis)) stack->driver_goes(*driver);
    const std::lock_guard lock(ndis.mutex);
    std::erase(ndis.drivers, driver);
  });
  ndis.kernel().live_objects().remove(kLiveKind, driver);
  delete driver;
}

}  // namespace

FilterDriver::FilterDriver(DRIVER_OBJECT* driver, NDIS_HANDLE driver_context,
                           const NDIS_FILTER_DRIVER_CHARACTERISTICS& characteristics)
    : object(driver),
      context(driver_context),
      friendly_name(text_of(characteristics.FriendlyName)),
      unique_name(text_of(characteristics.UniqueName)),
      service_name(text_of(characteristics.ServiceName)) {
  std::memcpy(static_cast<void*>(&how), &characteristics, characteristics.Header.Size);
}

std::u16string text_of(const UNICODE_STRING& text) {
  return std::u16string(text.Buffer, text.Buffer + text.Length / sizeof(WCHAR));
}
// For names that are ASCII; others are for reports alone.
std::string narrow(const std::u16string& text) {
  std::string narrowed;
  for (const char16_t c : text) narrowed += c < 0x80 ? static_cast<char>(c) : '?';
  return narrowed;
}
bool equal_without_case(const std::u16string& a, const std::u16string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char16_t x, char16_t y) { return lower(x) == lower(y); });
}

void check_handle(NDIS_HANDLE handle, const char* call) {
  if (handle == nullptr || handle == kPoisonHandle) {
    violate(4, std::string(call) + ": the handle is not written yet: " + hex(handle));
  }
  NdisImpl& ndis = NdisImpl::current();
  const std::lock_guard lock(ndis.mutex);
  if (std::find(ndis.drivers.begin(), ndis.drivers.end(), handle) != ndis.drivers.end()) return;
  for (const auto& module : ndis.modules) {
    if (module.get() != handle) continue;
    if (module->state() != ModuleState::Detached) return;
    violate(17, std::string(call) + ": the handle of a module that is detached");
  }
  violate(4, std::string(call) + ": " + hex(handle) + " is no handle of NDIS");
}

void add_registration_functions(Exports& exports) {
  OVS_NDIS_EXPORT(exports, register_filter_driver, NdisFRegisterFilterDriver, kPassive,
                  SpinLocks::None);
  OVS_NDIS_EXPORT(exports, deregister_filter_driver, NdisFDeregisterFilterDriver, kPassive,
                  SpinLocks::None);
}

}  // namespace ovs::emulator

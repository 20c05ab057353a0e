// A filter driver as it registered itself.
#pragma once
#include <string>

#include "emulator/sdk/ndis.h"

namespace ovs::emulator {

class FilterDriver {
 public:
  static constexpr std::uint64_t kMagic = 0x7265'7669'7264'6635;

  FilterDriver(DRIVER_OBJECT* driver, NDIS_HANDLE driver_context,
               const NDIS_FILTER_DRIVER_CHARACTERISTICS& characteristics);

  const std::uint64_t magic = kMagic;
  DRIVER_OBJECT* const object;
  const NDIS_HANDLE context;
  // Handlers that its revision does not have are null; its strings are copies.
  NDIS_FILTER_DRIVER_CHARACTERISTICS how = {};
  std::u16string friendly_name, unique_name, service_name;
};

std::u16string text_of(const UNICODE_STRING& text);
std::string narrow(const std::u16string& text);
bool equal_without_case(const std::u16string& a, const std::u16string& b);

}  // namespace ovs::emulator

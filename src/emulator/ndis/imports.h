// What the functions that a driver imports of ndis.sys are written with.
#pragma once
#include <type_traits>

#include "emulator/ndis/report.h"
#include "emulator/nt/call.h"
#include "emulator/nt/callback.h"
#include "emulator/nt/kernel.h"

namespace ovs::emulator {

// `function` under the name that NDIS exports it by, if it is of the declared type.
#define OVS_NDIS_EXPORT(exports, function, name, ...)                                     \
  static_assert(std::is_same_v<decltype(&Exported<function>::entry), decltype(&::name)>); \
  (exports).template add<function>(#name, __VA_ARGS__)

}  // namespace ovs::emulator

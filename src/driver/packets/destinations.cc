#include "driver/packets/destinations.h"

namespace ovs::driver {
namespace {

std::uint32_t free_count(PNET_BUFFER_LIST list) {
  return NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list)->NumAvailableDestinations;
}

// The array, with room for `count` more; null: there is no memory for them.
PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY array_for(const SwitchModule& module,
                                                    PNET_BUFFER_LIST list, std::uint32_t count) {
  const NDIS_SWITCH_OPTIONAL_HANDLERS& handlers = module.handlers();
  const std::uint32_t free = free_count(list);
  PNDIS_SWITCH_FORWARDING_DESTINATION_ARRAY array = nullptr;
  if (free >= count) {
    handlers.GetNetBufferListDestinations(module.context(), list, &array);
    return array;
  }
  const NDIS_STATUS status =
      handlers.GrowNetBufferListDestinations(module.context(), list, count - free, &array);
  return status == NDIS_STATUS_SUCCESS ? array : nullptr;
}

}  // namespace

bool commit_many_destinations(const SwitchModule& module, PNET_BUFFER_LIST list,
                              Span<const Target> targets) {
  const NDIS_SWITCH_OPTIONAL_HANDLERS& handlers = module.handlers();
  const auto count = std::uint32_t(targets.count());
  const auto array = array_for(module, list, count);
  if (array == nullptr) return false;
  std::uint32_t at = array->NumDestinations;
  for (const Target& target : targets) {
    *NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, at++) = destination_of(target);
  }
  return handlers.UpdateNetBufferListDestinations(module.context(), list, count, array) ==
         NDIS_STATUS_SUCCESS;
}

bool commit_exits(const SwitchModule& module, PNET_BUFFER_LIST list, const Burst& burst,
                  std::uint64_t exits) {
  const NDIS_SWITCH_OPTIONAL_HANDLERS& handlers = module.handlers();
  std::uint32_t count = 0;
  for (std::uint64_t rest = exits; rest != 0; rest &= rest - 1) ++count;
  const auto array = array_for(module, list, count);
  if (array == nullptr) return false;
  auto* at = reinterpret_cast<std::uint8_t*>(
      NDIS_SWITCH_PORT_DESTINATION_AT_ARRAY_INDEX(array, array->NumDestinations));
  for (std::uint64_t rest = exits; rest != 0; rest &= rest - 1) {
    const Exit& exit = burst.exits[__builtin_ctzll(rest)];
    *reinterpret_cast<PNDIS_SWITCH_PORT_DESTINATION>(at) = exit.destination;
    at += array->ElementSize;
  }
  return handlers.UpdateNetBufferListDestinations(module.context(), list, count, array) ==
         NDIS_STATUS_SUCCESS;
}

}  // namespace ovs::driver

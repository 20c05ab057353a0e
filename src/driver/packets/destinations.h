// Destinations of a list, committed by the switch's functions.
#pragma once
#include "driver/extension/switch_module.h"
#include "driver/packets/burst.h"

namespace ovs::driver {

// The list has a forwarding context and no destination yet; there is at least one target, each
// connected. False: something had run out, and the list has none still.
bool commit_many_destinations(const SwitchModule& module, PNET_BUFFER_LIST list,
                              Span<const Target> targets);
// The same for the exits of a burst that are in `exits`, which is not 0.
bool commit_exits(const SwitchModule& module, PNET_BUFFER_LIST list, const Burst& burst,
                  std::uint64_t exits);
inline bool commit_destinations(const SwitchModule& module, PNET_BUFFER_LIST list,
                                Span<const Target> targets) {
  const auto& detail = *NET_BUFFER_LIST_SWITCH_FORWARDING_DETAIL(list);
  if (targets.count() != 1 || detail.NumAvailableDestinations == 0)
    return commit_many_destinations(module, list, targets);
  NDIS_SWITCH_PORT_DESTINATION destination = destination_of(targets[0]);
  return module.handlers().AddNetBufferListDestination(module.context(), list, &destination) ==
         NDIS_STATUS_SUCCESS;
}

}  // namespace ovs::driver

// What the files of Machine share. For this folder.
#pragma once
#include <type_traits>
#include <utility>

#include "emulator/host/machine/machine.h"

namespace ovs::emulator {

// A switch's refusal, in its words.
template <class T>
CommandResult<T> translated(SwitchResult<T> result) {
  if (!result) return CommandError{result.error().text};
  if constexpr (std::is_void_v<T>) {
    return kOk;
  } else {
    return std::move(result).value();
  }
}

inline std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

PhysicalNicSpec physical_spec(HostNic& nic);
// Its frames go into the switch that has it.
CommandResult<void> start_physical(MachineSwitch& of, MachineUplink& uplink);

}  // namespace ovs::emulator

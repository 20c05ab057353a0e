#include "emulator/ndis/filter_module.h"

namespace ovs::emulator {

const char* text_of(ModuleState state) {
  switch (state) {
    case ModuleState::Attaching: return "Attaching";
    case ModuleState::Paused: return "Paused";
    case ModuleState::Restarting: return "Restarting";
    case ModuleState::Running: return "Running";
    case ModuleState::Pausing: return "Pausing";
    case ModuleState::Detaching: return "Detaching";
    case ModuleState::Detached: return "Detached";
  }
  return "unknown";
}

}  // namespace ovs::emulator

// What fails on demand.
#include "emulator/host/command/command_parts.h"

namespace ovs::emulator {

namespace {

constexpr std::uint64_t kMostRequests = 1'000'000'000;

CommandResult<FaultDoor*> faults_of(Machine& machine) {
  if (machine.faults() == nullptr) return CommandError{"nothing fails on demand here"};
  return machine.faults();
}

Answer fault_answer(const FaultDoor& faults) {
  Record record;
  record.emplace_back("Nth", faults.nth() < 0 ? wire::Json() : wire::Json(faults.nth()));
  record.emplace_back("Asked", faults.asked());
  record.emplace_back("Failed", faults.has_failed());
  Answer answer;
  answer.records.push_back(std::move(record));
  return answer;
}

CommandResult<Answer> set(Machine& machine, const Arguments& arguments) {
  OVS_TRY(FaultDoor* const faults, faults_of(machine));
  if (arguments.has("nth") == arguments.flag("none")) return CommandError{"give --nth, or --none"};
  if (arguments.number("nth") > kMostRequests) return CommandError{"--nth is from 0 to 1000000000"};
  faults->fail_nth(arguments.flag("none") ? -1 : std::int64_t(arguments.number("nth")));
  return fault_answer(*faults);
}

CommandResult<Answer> show(Machine& machine, const Arguments&) {
  OVS_TRY(FaultDoor* const faults, faults_of(machine));
  return fault_answer(*faults);
}

}  // namespace

std::vector<HostCommand> fault_commands() {
  return {
      {{"set-allocationfailure",
        "lets one of the driver's requests for memory fail",
        {{"nth", "N", ParameterKind::Number, 0, Need::Optional, "which from now on; 0: the next"},
         {"none", "", ParameterKind::Boolean, kNamedOnly, Need::Optional, "none fails"}}},
       set},
      {{"get-allocationfailure",
        "shows how many requests there were since, and whether that one came and failed",
        {}},
       show},
  };
}

}  // namespace ovs::emulator

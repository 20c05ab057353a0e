// A stack of NDIS with room for one filter module: a switch's, or (to see a driver refuse it) an
// ordinary adapter's. Filter drivers are attached to the stacks that want them. Called by the
// switch, and by tests in its place.
#pragma once
#include <memory>
#include <string>

#include "emulator/ndis/filter_module.h"

namespace ovs::emulator {

class Ndis;

enum class StackKind : bool { Switch, Adapter };
struct StackConfig {
  StackKind kind = StackKind::Switch;
  std::string miniport_name = "\\DEVICE\\{00000000-0000-0000-0000-000000000000}";
  std::string miniport_instance = "Hyper-V Virtual Ethernet Adapter";
  NET_IFINDEX if_index = 1;
  ULONG64 net_luid = 0;
};

class FilterStack {
 public:
  FilterStack() = default;
  FilterStack(const FilterStack&) = delete;
  FilterStack& operator=(const FilterStack&) = delete;
  // Nothing is attached.
  virtual ~FilterStack() = default;

  // A driver of this unique name ("{1A7F...}", any case) belongs in the stack: attached now if it
  // is registered, or when it registers. Afterwards the module is Paused, or there is none because
  // the driver refused: the status. PASSIVE_LEVEL.
  virtual NDIS_STATUS enable(const std::string& unique_name) = 0;
  // Pauses and detaches what is attached, and wants it no more. PASSIVE_LEVEL.
  virtual void disable() = 0;
  // Null while nothing is attached.
  virtual FilterModule* module() = 0;
  // Whether a driver that registers is restarted at once: the stack is up. True from the start.
  virtual void set_running(bool is_running) = 0;
  virtual const StackConfig& config() const = 0;
};

// `edge` outlives the stack.
std::unique_ptr<FilterStack> make_stack(Ndis& ndis, Edge& edge, StackConfig config);

}  // namespace ovs::emulator

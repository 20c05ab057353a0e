#include "emulator/ndis/module/stack.h"

#include <algorithm>

#include "emulator/ndis/module/filter_driver.h"
#include "emulator/ndis/module/module.h"

namespace ovs::emulator {

std::unique_ptr<FilterStack> make_stack(Ndis& ndis, Edge& edge, StackConfig config) {
  return std::make_unique<Stack>(static_cast<NdisImpl&>(ndis), edge, std::move(config));
}

Stack::Stack(NdisImpl& ndis, Edge& edge, StackConfig config)
    : ndis_(ndis), edge_(edge), config_(std::move(config)) {
  const std::lock_guard lock(ndis_.mutex);
  ndis_.stacks.push_back(this);
}

Stack::~Stack() {
  const std::lock_guard lock(ndis_.mutex);
  std::erase(ndis_.stacks, this);
}

FilterModule* Stack::module() {
  return module_;
}

bool Stack::wants(const FilterDriver& driver) const {
  return !wanted_.empty() && equal_without_case(wanted_, driver.unique_name);
}

NDIS_STATUS Stack::enable(const std::string& unique_name) {
  NDIS_STATUS status = NDIS_STATUS_SUCCESS;
  ndis_.configure([&] {
    wanted_.assign(unique_name.begin(), unique_name.end());
    FilterDriver* driver = nullptr;
    {
      const std::lock_guard lock(ndis_.mutex);
      for (FilterDriver* each : ndis_.drivers) {
        if (wants(*each)) driver = each;
      }
    }
    if (driver != nullptr && module_ == nullptr) status = attach(*driver);
  });
  return status;
}

void Stack::disable() {
  ndis_.configure([&] {
    detach();
    wanted_.clear();
  });
}

void Stack::driver_came(FilterDriver& driver) {
  if (!wants(driver) || module_ != nullptr) return;
  if (attach(driver) == NDIS_STATUS_SUCCESS && is_running_) module_->restart();
}

void Stack::driver_goes(FilterDriver& driver) {
  if (module_ != nullptr && module_->is_driver(driver)) detach();
}

NDIS_STATUS Stack::attach(FilterDriver& driver) {
  Module* module = nullptr;
  {
    const std::lock_guard lock(ndis_.mutex);
    ndis_.modules.push_back(std::make_unique<Module>(ndis_, *this, driver));
    module = ndis_.modules.back().get();
  }
  const NDIS_STATUS status = module->attach();
  if (status == NDIS_STATUS_SUCCESS) module_ = module;
  return status;
}

void Stack::detach() {
  if (module_ == nullptr) return;
  if (module_->state() == ModuleState::Running) module_->pause();
  Module* const module = module_;
  module_ = nullptr;
  module->detach();
}

}  // namespace ovs::emulator

// A filter stack in full.
#pragma once
#include <string>
#include <vector>

#include "emulator/ndis/filter_stack.h"
#include "emulator/ndis/ndis_impl.h"

namespace ovs::emulator {

class Stack final : public FilterStack {
 public:
  Stack(NdisImpl& ndis, Edge& edge, StackConfig config);
  ~Stack() override;

  NDIS_STATUS enable(const std::string& unique_name) override;
  void disable() override;
  FilterModule* module() override;
  void set_running(bool is_running) override { is_running_ = is_running; }
  const StackConfig& config() const override { return config_; }

  Edge& edge() { return edge_; }
  // A driver has registered, which is told before it knows its handle: attach and restart, where
  // this stack wants it.
  void driver_came(FilterDriver& driver);
  void driver_goes(FilterDriver& driver);

 private:
  NDIS_STATUS attach(FilterDriver& driver);
  void detach();
  bool wants(const FilterDriver& driver) const;

  NdisImpl& ndis_;
  Edge& edge_;
  const StackConfig config_;
  std::u16string wanted_;  // a unique name; empty: none
  bool is_running_ = true;
  Module* module_ = nullptr;
};

}  // namespace ovs::emulator

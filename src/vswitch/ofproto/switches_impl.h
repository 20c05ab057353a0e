// Inside Switches: owners of everything, and the maker of views. The commands (commands.cc,
// trace_command.cc) see this too.
#pragma once
#include "vswitch/ofproto/ofproto_impl.h"
#include "vswitch/ofproto/switches.h"

namespace ovs::vswitch {

struct Switches::Impl final : Publisher {
  explicit Impl(SwitchEnvironment given);
  ~Impl();

  void commit() override;
  void commit_soon() override;
  void commit(Backer& backer, bool shape_changed);
  static Shared<PlaceTable> make_places(const SwitchView& view);
  Ofproto::Impl* find(std::uint64_t id);
  void refresh_link(Backer& backer, const std::string& port_name);
  void run_timeouts(Backer& backer, std::uint64_t now_ms);

  SwitchEnvironment environment;
  BackerSettings settings;
  std::vector<std::unique_ptr<Backer>> backers;
  std::vector<std::unique_ptr<Ofproto>> ofprotos;  // behind the backers: they use them
  std::uint64_t last_id = 0;
  bool bridges_changed = false;
  daemon::Timer commit_timer;
};

}  // namespace ovs::vswitch

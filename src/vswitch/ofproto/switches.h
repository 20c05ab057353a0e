// All OpenFlow switches of a daemon and the datapaths under them: what bridge/ and the program
// hold. Owns them. Control thread only.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vswitch/backer/settings.h"
#include "vswitch/dpif/dpif.h"
#include "vswitch/ofproto/ofproto.h"

namespace ovs::daemon {
class Log;
class Loop;
class Network;
}  // namespace ovs::daemon

namespace ovs::vswitch {

class Backer;

// What the program gives; all outlive the switches.
struct SwitchEnvironment {
  daemon::Loop& loop;
  daemon::Log& log;
  daemon::Network& network;
  std::string run_directory;  // where BR.mgmt and BR.snoop are
  std::string version;        // "3.7.1"
};

class Switches {
 public:
  explicit Switches(SwitchEnvironment environment);
  ~Switches();
  Switches(const Switches&) = delete;
  Switches& operator=(const Switches&) = delete;

  // The datapath that bridges of `dpif->type()` share. Given once a type; adopts what flows there
  // are as stale.
  Backer& add_datapath(std::unique_ptr<Dpif> dpif);
  Backer* find_datapath(std::string_view type);
  // Without bridges only.
  void remove_datapath(Backer& backer);
  Dpif& dpif(Backer& backer);
  void configure(const BackerSettings& settings);

  // A bridge without ports, listening on BR.mgmt and BR.snoop.
  Ofproto& add(std::string name, Backer& backer, std::uint64_t datapath_id);
  void remove(Ofproto& ofproto);  // and its ports in the datapath
  Ofproto* find(std::string_view name);
  std::vector<Ofproto*> all();  // by name

  // What was changed since the last call is seen by packets from now on. Also done at the end of
  // each turn of the loop.
  void commit();

  struct Impl;
  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ovs::vswitch

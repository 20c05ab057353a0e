// One OpenFlow switch: its ports, bundles, flow tables and connections, as the bridge configures
// it. Made by Switches. Packets are translated elsewhere (translate/), over immutable views that
// this publishes. Control thread only.
#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "vswitch/connmgr/settings.h"
#include "vswitch/dpif/dpif.h"
#include "vswitch/tables/settings.h"

namespace ovs::vswitch {

struct OfprotoError {
  std::string text;
};
template <class T>
using OfprotoResult = Result<T, OfprotoError>;

class Ofproto {
 public:
  struct Impl;
  explicit Ofproto(std::unique_ptr<Impl> impl);
  ~Ofproto();
  Ofproto(const Ofproto&) = delete;
  Ofproto& operator=(const Ofproto&) = delete;

  const std::string& name() const;
  std::uint64_t datapath_id() const;
  void set_datapath_id(std::uint64_t id);

  // Adds the port to the datapath if need be (a tunnel joins the vport of its type and UDP port; a
  // patch port has none).
  OfprotoResult<OfPort> add_port(const PortSettings& settings);
  OfprotoResult<void> remove_port(OfPort port);
  // What of a port may change in place: tunnel, peer, link. The name and the type may not.
  OfprotoResult<void> update_port(OfPort port, const PortSettings& settings);
  void set_link(OfPort port, const LinkSettings& link);
  std::optional<OfPort> find_port(std::string_view name) const;
  std::optional<DpPort> datapath_port(OfPort port) const;
  OfprotoResult<DpifPortStats> port_stats(OfPort port) const;
  // A number that is free now, as add_port() would choose it.
  std::optional<OfPort> free_port_number() const;
  // `port` was used lately: not chosen again for an hour unless asked for.
  void avoid_port_number(OfPort port);

  void set_bundle(const BundleSettings& settings);
  void remove_bundle(std::string_view name);

  void set_controllers(const std::vector<ControllerSettings>& controllers);
  std::vector<ControllerStatus> controllers() const;
  void set_fail_mode(FailMode mode);
  void set_protocols(std::uint32_t versions);  // bit 1 << wire version; 0: all
  void set_description(const SwitchDescription& description);
  void set_mac_table(const MacTableSettings& settings);
  void flush_flows();  // all of OpenFlow's, as a change of fail mode asks

  Impl& impl() { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace ovs::vswitch

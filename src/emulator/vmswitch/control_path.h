// The switch's requests to its extension and their other end: the upper edge issues a request, the
// lower edge, when the extension has passed it on, does what it says to the model. Without an
// extension the one follows the other. Also answers what the extension asks by itself.
#pragma once
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "emulator/ndis/filter_module.h"
#include "emulator/nt/text.h"
#include "emulator/vmswitch/oid_buffer.h"

namespace ovs::emulator {

// What the extension may do with a request.
enum class Handling : std::uint8_t {
  Create,   // pass on or veto: 27, 30, 39
  Passed,   // pass on, always: 29
  Policy,   // pass on or veto: 31
  Foreign,  // pass on: it is not the extension's to answer: 32
  Answered  // by whoever knows, else passed on: 33, 34
};

// A request on its way through the extension.
struct Issue {
  NDIS_REQUEST_TYPE type = NdisRequestSetInformation;
  NDIS_OID oid = 0;
  OidBuffer* buffer = nullptr;
  Handling handling = Handling::Passed;
  bool may_be_vetoed = true;                // Create: of the port's own NIC
  bool follows_refusal = false;             // Create: the lower edge refused the same before (28)
  bool is_next = false;                     // Create: of a NIC where another was before (48)
  std::function<NDIS_STATUS()> below = {};  // the lower edge's part
  // --- set on the way
  unsigned cancellers = 0;  // that are telling the extension; it lives until they have
  bool has_reached_below = false;
  bool is_refused = false;  // Create: by the lower edge, as refuse_next_creation() asked
  NDIS_STATUS status_below = 0;
  UINT written = 0, needed = 0;  // queries and methods
};

class ControlPath {
 public:
  ControlPath(SwitchModel& model, UINT ndis_version);

  const Layouts& layouts() const { return layouts_; }
  // Null: requests go straight to the lower edge. Changed while none is under way.
  void set_module(FilterModule* module) { module_ = module; }

  // --- the upper edge; PASSIVE_LEVEL, one at a time
  NDIS_STATUS issue(Issue& issue);
  NDIS_STATUS create_port(std::unique_ptr<SwitchPort> port, bool was_refused);
  NDIS_STATUS update_port(PortId port, const std::string& friendly_name);
  NDIS_STATUS tear_down_port(PortId port);
  NDIS_STATUS delete_port(PortId port);
  NDIS_STATUS create_nic(std::unique_ptr<SwitchNic> nic);
  NDIS_STATUS connect_nic(NicAddress address);
  NDIS_STATUS update_nic(NicAddress address, const NicSpec& spec);
  NDIS_STATUS disconnect_nic(NicAddress address);
  NDIS_STATUS delete_nic(NicAddress address);
  // Adds, updates, or, when the policy is none, deletes.
  NDIS_STATUS set_policy(PortId port, PropertyKind kind, const PortPolicies& policies);
  // Asks for what belongs to other extensions, as management does (rule 32).
  void poll(PortId port);
  // Whoever issued what the extension has gives it up. From any thread. How many there were.
  std::size_t cancel_all();
  // The lower edge refuses the next creation, once. What was refused comes again by its number.
  void refuse_next_creation() { refuses_next_ = true; }
  std::optional<PortId> take_refused_port() { return std::exchange(refused_port_, std::nullopt); }

  // --- the lower edge
  NDIS_STATUS answer(FilterModule& module, NDIS_OID_REQUEST& request);
  // The module begins, or has ended, its restart: what it asked in between is judged.
  void restart_begins();
  void restart_ends();

 private:
  NDIS_STATUS issue_lie(Issue& issue);
  NDIS_STATUS issue_as_it_is(Issue& issue);
  void judge(const Issue& issue, NDIS_STATUS status) const;
  void judge_create(const Issue& issue, NDIS_STATUS status) const;
  NDIS_STATUS reach_below(Issue& issue);
  NDIS_STATUS issue_port(NDIS_OID oid, PortId port, std::function<NDIS_STATUS()> below);
  NDIS_STATUS issue_nic(NDIS_OID oid, NicAddress address, std::function<NDIS_STATUS()> below);
  NDIS_STATUS change_policy(NDIS_OID oid, PortId port, PropertyKind kind,
                            const PortPolicies& policies);
  NDIS_STATUS delete_policy(PortId port, PropertyKind kind);
  void forbid_reference(const SwitchPort& port, const char* oid) const;

  NDIS_STATUS answer_own(FilterModule& module, NDIS_OID_REQUEST& request);
  NDIS_STATUS answer_truly(NDIS_OID_REQUEST& request);
  void lie_in(NDIS_OID_REQUEST& request);
  NDIS_STATUS answer_parameters(NDIS_OID_REQUEST& request);
  NDIS_STATUS answer_ports(NDIS_OID_REQUEST& request);
  NDIS_STATUS answer_nics(NDIS_OID_REQUEST& request);
  NDIS_STATUS answer_properties(NDIS_OID_REQUEST& request);
  bool is_too_short(NDIS_OID_REQUEST& request, std::size_t needed);
  bool refuses_array(NDIS_OID_REQUEST& request, std::size_t needed);

  SwitchModel& model_;
  const Layouts layouts_;
  FilterModule* module_ = nullptr;
  bool refuses_next_ = false;
  std::optional<PortId> refused_port_;
  std::optional<NicAddress> refused_nic_;
  std::mutex mutex_;  // of what follows
  std::vector<Issue*> under_way_;
  std::uint32_t grown_[2] = {};    // answers that asked for more room: ports, NICs
  std::uint32_t refused_[2] = {};  // consecutive answers "too short"
};

const char* oid_name(NDIS_OID oid);

}  // namespace ovs::emulator

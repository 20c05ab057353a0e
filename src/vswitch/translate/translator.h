// One translation under way. Its parts: tables and resubmits (translator.cc), actions (actions.cc),
// groups (groups.cc), ports (output.cc), NORMAL (normal.cc), datapath actions for changed headers
// (commit.cc), tunnels (tunnel.cc). Used by translate() alone.
#pragma once
#include <fmt/core.h>

#include "flow/action/action.h"
#include "openflow/message/body.h"
#include "vswitch/translate/stored.h"
#include "vswitch/translate/translation.h"

namespace ovs::vswitch {

using flow::FieldId;
using flow::FieldValue;
using flow::StorageId;

class Translator {
 public:
  explicit Translator(const TranslationRequest& request);
  Translation run() &&;

 private:
  enum class MissBehaviour : std::uint8_t { Drop, MaySendToController };
  enum class FloodScope : std::uint8_t { Flood, All };
  // A tag as NORMAL sees it, between the modes of two bundles.
  struct Tag {
    std::uint16_t vlan = 0, pcp = 0;
  };

  // translator.cc
  void look_at_always();
  void finish();
  void run_bridge();
  void run_table(std::uint8_t table, OfPort in_port, MissBehaviour on_miss);
  const Rule* look_up(std::uint8_t table, OfPort in_port);
  void run_rule(const Rule* rule, MissBehaviour on_miss);
  void run_action_set();
  bool may_go_deeper();
  bool is_stopped() const { return exited_ || result_.error != TranslationError::None; }
  void fail(TranslationError error, std::string_view text);

  // actions.cc
  void run_actions(const openflow::Actions& actions);
  enum class Flow : bool { Continue, StopList };
  Flow run_action(const openflow::Action& action);
  Flow act(const openflow::Basic& basic);
  Flow act(const openflow::Output& output);
  Flow act(const openflow::OutputReg& output);
  Flow act(const openflow::OutputTrunc& output);
  Flow act(const openflow::Enqueue& enqueue);
  Flow act(const openflow::Controller& controller);
  Flow act(const openflow::SetField& set);
  Flow act(const openflow::Move& move);
  Flow act(const openflow::StackPush& push);
  Flow act(const openflow::StackPop& pop);
  Flow act(const openflow::Resubmit& resubmit);
  Flow act(const openflow::DecTtlControllers& dec);
  Flow act(const openflow::ClearActions&);
  Flow act(const openflow::WriteActions& write);
  Flow act(const openflow::WriteMetadata& write);
  Flow act(const openflow::GotoTable& go);
  template <class T>
  Flow act(const T&) {
    return Flow::Continue;  // notes; what cannot run is refused when the flow is made
  }
  Flow dec_ttl(const std::vector<std::uint16_t>& controllers);
  void set_queue(std::uint64_t queue);
  void pop_queue();
  void act_on_ports(const openflow::Basic& basic);
  void act_on_ip(const openflow::Basic& basic);
  void act_on_vlan(const openflow::Basic& basic);
  void look_at_bits(FieldId id, const FieldValue& bits);
  unsigned __int128 read(const openflow::Subfield& source);
  void write(const openflow::Subfield& destination, unsigned __int128 value);
  void send_to_controller(openflow::PacketInReason reason, std::uint16_t max_length,
                          std::uint16_t controller_id);

  // output.cc
  void output(OfPort port, std::uint16_t max_length);
  void compose_output(const PortView& port);
  void compose_patch(const PortView& port);
  void flood(FloodScope scope);
  void set_stored_bytes(StorageId id, const flow::MatchKey& from);
  OfPort in_port() const;
  void set_in_port(OfPort port);

  // groups.cc
  void run_group(std::uint32_t id);
  void run_bucket(const Group::Bucket& bucket);
  const Group* find_group(std::uint32_t id);
  const Group::Bucket* choose_bucket(const Group& group);
  const Group::Bucket* select_bucket(const Group& group);
  bool is_live(const openflow::Bucket& bucket, unsigned depth);
  std::uint64_t connection_hash();
  std::uint64_t fields_hash(const openflow::GroupProperties& properties);

  // normal.cc
  void normal();
  bool admits(const BundleView& bundle, std::uint16_t vlan);
  bool is_gratuitous_arp();
  void learn_source(const BundleView& bundle, const PortView& port, std::uint16_t vlan,
                    bool gratuitous);
  void normal_flood(const BundleView& in, const Tag& tag);
  void output_normal(const BundleView& out, const Tag& tag);

  // commit.cc
  void commit();
  void commit_vlans();

  // tunnel.cc
  bool prepare_tunnel(const PortView& port);
  void look_at_tunnel();

  // The packet's numbers now; and bits of the packet as it came that count from now on.
  std::uint64_t number(StorageId id) const { return stored(key_, id); }
  void set_number(StorageId id, std::uint64_t value) { set_stored(key_, id, value); }
  void look_at(StorageId id) { mark(result_.wildcards, id); }
  void look_at(StorageId id, std::uint64_t bits) { mark(result_.wildcards, id, bits); }
  MacAddress mac(StorageId id) const { return stored_mac(key_, id); }
  std::uint16_t eth_type() const { return std::uint16_t(number(StorageId::EthType)); }
  bool is_ip() const { return eth_type() == 0x0800 || eth_type() == 0x86dd; }

  template <class... Args>
  void note(NoteKind kind, fmt::format_string<Args...> format, Args&&... args) {
    if (request_.listener == nullptr) return;
    request_.listener->note(kind, fmt::format(format, std::forward<Args>(args)...));
  }

  const TranslationRequest& request_;
  Translation result_;
  flow::MatchKey key_;  // the packet as actions have changed it
  flow::FlowKey base_;  // the packet as the datapath actions so far have changed it
  const BridgeView* bridge_;
  std::vector<std::uint8_t> bytes_;
  wire::ContainerRoom<std::vector<std::uint8_t>> room_{bytes_};
  wire::Writer writer_{room_};

  struct StackEntry {
    unsigned __int128 value;
    std::uint16_t bits;
  };
  std::vector<StackEntry> stack_;
  openflow::Actions action_set_;
  std::uint8_t table_ = 0;
  std::uint64_t rule_cookie_ = ~std::uint64_t{0};
  unsigned depth_ = 0, resubmits_ = 0;
  bool exited_ = false;
  bool in_action_set_ = false;
};

}  // namespace ovs::vswitch

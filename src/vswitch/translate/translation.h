// What a switch does with one packet, and so with every packet that agrees with it in the bits that
// were looked at: datapath actions, the mask of those bits, side effects to replay, and what all of
// it depends on. Reads an immutable view alone; any thread. Called for upcalls, revalidation,
// packet-outs and ofproto/trace alike.
#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "openflow/action/action.h"
#include "vswitch/tables/stamps.h"
#include "vswitch/tables/view.h"
#include "vswitch/translate/effects.h"
#include "vswitch/translate/frozen.h"
#include "vswitch/translate/listener.h"

namespace ovs::vswitch {

// A loop of resubmits or patch ports must not become a loop in the switch.
inline constexpr unsigned kMaxTranslationDepth = 64;
inline constexpr unsigned kMaxResubmits = 4096;
inline constexpr std::size_t kMaxActionBytes = 64 * 1024 - 1024;
inline constexpr std::size_t kMaxStackBytes = 64 * 1024;

enum class TranslationError : std::uint8_t {
  None,
  TooDeep,
  TooManyResubmits,
  StackTooDeep,
  ActionsTooLong,
};
// "Recursion too deep". Static.
std::string_view translation_error_text(TranslationError error);

// Whether packets sent to controllers are to be sent when the datapath hands them up.
enum class Sending : bool { No, Yes };

struct TranslationRequest {
  const SwitchView* view = nullptr;
  const BridgeView* bridge = nullptr;
  flow::MatchKey key;                          // OfInPort says where the packet came in
  const openflow::Actions* actions = nullptr;  // of a packet-out; none: the tables
  FrozenStates* frozen = nullptr;
  std::uint32_t upcall_pid = 0;
  Sending sending = Sending::Yes;
  TranslationListener* listener = nullptr;
};

struct Translation {
  std::vector<std::uint8_t> actions;  // netlink; empty: drop
  flow::MatchMask wildcards;  // bits that were looked at; the pipeline's part is not for datapaths
  flow::MatchKey final_key;
  Effects effects;
  Dependencies dependencies;
  std::vector<FrozenRef> frozen;  // states that the actions name
  TranslationError error = TranslationError::None;
};

Translation translate(const TranslationRequest& request);

// Where a packet with these metadata came in; nothing if no port of ours took it.
PortPlace find_ingress(const SwitchView& view, const flow::FlowKey& key);
// The key that tables see of it.
flow::MatchKey pipeline_key(const flow::FlowKey& key, OfPort in_port);

}  // namespace ovs::vswitch

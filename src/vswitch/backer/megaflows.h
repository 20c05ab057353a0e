// The megaflows that a backer has put into its datapath, with what is needed to keep them right:
// what each depends on, the side effects to replay, the statistics that were already replayed. One
// thread at a time.
#pragma once
#include <unordered_map>

#include "vswitch/translate/translation.h"

namespace ovs::vswitch {

struct Megaflow {
  Ufid ufid;
  flow::FlowKey key;
  flow::FlowMask mask;
  std::vector<std::uint8_t> actions;
  StampTime began = 0;               // of the translation
  std::vector<std::uint16_t> cells;  // what it read
  Effects effects;
  DpifFlowStats seen;  // replayed so far
  std::uint64_t created_ms = 0;
  std::uint64_t dump = 0;  // the number of the last dump that had it

  std::uint64_t used_ms() const { return seen.used_ms > created_ms ? seen.used_ms : created_ms; }
};

// The mask that a datapath is given for a translation of `key`.
flow::FlowMask datapath_mask(const flow::MatchMask& wildcards, const flow::FlowKey& key);

}  // namespace ovs::vswitch

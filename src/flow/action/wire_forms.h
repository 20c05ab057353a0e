// The fixed payloads of datapath actions, as Linux's structures have them. For action.cc and
// action_put.cc.
#pragma once
#include "base/bytes/big.h"

namespace ovs::flow {

struct HashForm {
  std::uint32_t algorithm, basis;
};
struct PushVlanForm {
  Be16 tpid, tci;
};
struct PushMplsForm {
  Be32 lse;
  Be16 ethertype;
  std::uint16_t pad;
};
struct AddMplsForm {
  Be32 lse;
  Be16 ethertype;
  std::uint16_t flags;
};

}  // namespace ovs::flow

// The names of the reasons for which a flow's packets go to the daemon; hosted.
#pragma once
#include "flow/field/value_text.h"

namespace ovs::flow {

extern const FlagNames kSlowReasonNames;

}  // namespace ovs::flow

// RCU that advances when told. Readers are tracked as in a hosted program; but a grace period that
// has started is not over before advance_rcu(), so that a test decides when retired objects go.
#pragma once

namespace ovs::platform {

// Lets every grace period started so far end, as soon as its readers have. synchronize() does the
// same for its own.
void advance_rcu();

}  // namespace ovs::platform

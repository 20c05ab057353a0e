// Settings of the database that ask for what the switch does not do yet, so that whoever makes one
// is told instead of nothing happening. A row goes from the table in unsupported.cc when its
// feature comes.
#pragma once
#include <string>
#include <vector>

#include "ovsdb/client/replica.h"

namespace ovs::vswitch {

// What the row asks for in vain: "mirrors", "bfd:enable". Empty for most rows.
std::vector<std::string> unsupported_settings(const ovsdb::ReplicaRow& row);

}  // namespace ovs::vswitch

// The Open_vSwitch schema as a Schema, made from vswitch_table.h.
#pragma once
#include "ovsdb/schema/schema.h"

namespace ovs::ovsdb::vswitch {

Schema make_schema();
// The text of vswitch.ovsschema.
std::string schema_file_text();

}  // namespace ovs::ovsdb::vswitch

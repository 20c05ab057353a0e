// The schema of the _Server database, in which a server describes the databases it has.
#pragma once
#include "ovsdb/schema/schema.h"

namespace ovs::ovsdb {

Schema server_schema();

}  // namespace ovs::ovsdb

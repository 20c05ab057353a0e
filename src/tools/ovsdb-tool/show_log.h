// The text of "ovsdb-tool show-log".
#pragma once
#include <string>

#include "ovsdb/engine/log_file.h"

namespace ovs::tools {

// Prints each record of the log. `verbosity`: 1 names changed rows, 2 and more shows their columns.
ovsdb::DbResult<void> show_log(ovsdb::LogFile& log, int verbosity);

}  // namespace ovs::tools

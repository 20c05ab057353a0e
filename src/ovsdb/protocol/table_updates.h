// Another server's updates, as monitor_cond_since brings them, made here.
#pragma once
#include <set>
#include <string>

#include "ovsdb/engine/transaction.h"

namespace ovs::ovsdb {

// By table's name; those of a backup that stay as they are.
using TableNames = std::set<std::string, std::less<>>;

// The changes that `updates` tells of.
DbResult<void> apply_updates(Transaction& transaction, const Json& updates);
// The rows that `updates` tells of, and no others, in all tables but those `excluded`.
DbResult<void> replace_rows(Transaction& transaction, const Json& updates,
                            const TableNames& excluded);

}  // namespace ovs::ovsdb

// See hosted_database.h.
#include "ovsdb/protocol/hosted_database.h"

#include <algorithm>

namespace ovs::ovsdb {

DbResult<void> HostedDatabase::commit(Transaction& transaction, std::uint64_t wall_ms,
                                      RecordForm form) {
  OVS_TRY(transaction.prepare());
  if (transaction.is_empty()) return kOk;
  OVS_TRY(storage_.commit(transaction, wall_ms, form));
  const std::vector<CommitListener*> listeners = listeners_;  // they may come and go meanwhile
  for (CommitListener* listener : listeners) {
    listener->on_commit(transaction.changes(), database().generation());
  }
  return kOk;
}

void HostedDatabase::remove_listener(CommitListener& listener) {
  std::erase(listeners_, &listener);
}

std::shared_ptr<MonitorGroup> HostedDatabase::group(MonitorSpec spec) {
  std::erase_if(groups_, [](const auto& each) { return each.second.expired(); });
  const std::string key = spec.key(database());
  if (auto present = groups_[key].lock()) return present;
  auto made = std::make_shared<MonitorGroup>(std::move(spec));
  groups_[key] = made;
  return made;
}

}  // namespace ovs::ovsdb

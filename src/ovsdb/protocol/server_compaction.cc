// How a Server rewrites files: on request, and when a failed sync has left one that is not trusted.
// The writing is another thread's; commits go on.
#include <algorithm>

#include "ovsdb/data/cat.h"
#include "ovsdb/protocol/server.h"

namespace ovs::ovsdb {
namespace {

constexpr std::uint64_t kRecoveryIntervalMs = 5000;

}  // namespace

// One that is under way. What the thread has is `work`.
struct Server::Compaction {
  std::unique_ptr<Storage::Compaction> work;
  DbError error;  // of the writing
  Background::Task* task = nullptr;
  std::vector<std::function<void(const DbError&)>> done;
};

void Server::begin_compaction(HostedDatabase& db, std::string_view comment,
                              std::function<void(const DbError&)> done) {
  if (const auto at = compactions_.find(&db); at != compactions_.end()) {
    return at->second->done.push_back(std::move(done));
  }
  auto begun = db.storage().begin_compaction(comment, environment_.clock.wall_ms());
  if (!begun) return done(begun.error());
  auto compaction = std::make_shared<Compaction>();
  compaction->work = std::move(*begun);
  compaction->done.push_back(std::move(done));
  compactions_.emplace(&db, compaction);
  compaction->task = &rewrites_.run(
      [compaction] {
        auto written = compaction->work->write();
        if (!written) compaction->error = std::move(written).error();
      },
      [this, compaction, &db] {
        compactions_.erase(&db);
        if (compaction->error) {
          db.storage().abandon(*compaction->work);
        } else if (auto finished = db.storage().finish(*compaction->work); !finished) {
          compaction->error = std::move(finished).error();
        }
        watch_trust(db);
        for (const auto& each : compaction->done) each(compaction->error);
      });
}

void Server::abandon_compaction(HostedDatabase& db) {
  const auto at = compactions_.find(&db);
  if (at == compactions_.end()) return;
  const auto compaction = at->second;
  compactions_.erase(at);
  rewrites_.cancel(*compaction->task);
  db.storage().abandon(*compaction->work);
  for (const auto& each : compaction->done) each(DbError::general("the compaction was abandoned"));
}

void Server::compact(std::string_view name, Compacted done) {
  if (name.starts_with('_')) return done("cannot compact built-in databases");
  std::vector<HostedDatabase*> wanted;
  for (const auto& [each, db] : databases_) {
    if (each[0] != '_' && db->storage().has_file() && (name.empty() || each == name)) {
      wanted.push_back(db.get());
    }
  }
  if (wanted.empty()) {
    return done(name.empty() || find(name) != nullptr ? "" : "no database by that name");
  }
  struct All {
    std::size_t left;
    std::string errors;
    Compacted done;
  };
  auto all = std::make_shared<All>(All{wanted.size(), "", std::move(done)});
  for (HostedDatabase* db : wanted) {
    log_.info("compacting {} database by user request", db->name());
    begin_compaction(*db, "compacting database online", [all](const DbError& error) {
      if (error) all->errors += cat(error.to_text(), '\n');
      if (--all->left == 0) all->done(all->errors);
    });
  }
}

void Server::watch_trust(HostedDatabase& db) {
  if (db.storage().is_trusted() || recovery_timer_->is_set()) return;
  recovery_timer_->set_after(kRecoveryIntervalMs);
}

// Rewrites files that are not trusted from what is in memory, which includes what was written last.
void Server::recover() {
  for (const auto& [name, db] : databases_) {
    if (db->storage().is_trusted()) continue;
    begin_compaction(
        *db, "recovered from a failed fsync", [this, db = db.get()](const DbError& error) {
          if (!error) {
            log_.info("{}: rewritten after a failed fsync; commits are taken again", db->file());
          } else if (!db->storage().is_trusted()) {
            log_.err("{}: still no commits to {}", error.to_text(), db->name());
          }
        });
    watch_trust(*db);
  }
}

}  // namespace ovs::ovsdb

// Files in memory, with the promise of stable storage made visible: what was not synced is lost by
// crash().
#pragma once
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "platform/api/clock.h"
#include "platform/api/file.h"

namespace ovs::platform {

class MemoryFiles final : public Files {
 public:
  explicit MemoryFiles(const Clock& clock) : clock_(clock) {}

  Result<Boxed<File>, OsError> open(Text path, OpenMode mode) override;
  Result<FileInfo, OsError> info(Text path) override;
  Result<void, OsError> rename(Text from, Text to) override;
  Result<void, OsError> remove(Text path) override;
  Result<void, OsError> sync_directory(Text path) override;
  Result<void, OsError> make_directory(Text path) override;
  Result<void, OsError> list(Text directory, FunctionRef<void(Text)> each) override;
  Result<void, OsError> read_link(Text path, FunctionRef<void(Text)> target) override;
  Result<Boxed<FileLock>, OsError> lock(Text path) override;

  // The machine loses power: contents go back to the last sync() of each file, names to the last
  // sync_directory(). Open files and locks are of no use afterwards.
  void crash();
  // The nth write from now, counted from 0, writes half of its bytes and fails with ENOSPC;
  // negative: none.
  void fail_write(int nth) { write_to_fail_ = nth; }
  // The nth sync of a file or directory fails with EIO. As on Linux, later syncs of that file
  // succeed without making durable what this one did not.
  void fail_sync(int nth) { sync_to_fail_ = nth; }

  struct Node;

 private:
  friend class MemoryFile;
  using Names = std::map<std::string, std::shared_ptr<Node>>;
  bool is_directory(const std::string& path) const;
  bool write_fails() { return write_to_fail_ >= 0 && write_to_fail_-- == 0; }
  bool sync_fails() { return sync_to_fail_ >= 0 && sync_to_fail_-- == 0; }

  const Clock& clock_;
  Names names_;
  Names durable_names_;
  std::set<std::string> directories_;
  std::set<std::string> locked_;
  std::uint64_t next_id_ = 1;
  int write_to_fail_ = -1;
  int sync_to_fail_ = -1;
};

}  // namespace ovs::platform

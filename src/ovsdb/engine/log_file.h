// The file of a standalone database: records of JSON, each behind a header with its length and
// SHA-1. Knows nothing of what the records say (log_record.h does). What follows the last good
// record is overwritten by the next write. Once a sync has failed nobody knows what the disk has,
// and a later sync that succeeds proves nothing: until replace() has written all anew, nothing is
// taken.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ovsdb/data/error.h"
#include "platform/api/file.h"

namespace ovs::ovsdb {

// A file beside a log that is to take its place. Filled by one thread at a time, which need not be
// the log's.
class LogSuccessor {
 public:
  DbResult<void> write(std::string_view json_text);
  DbResult<void> sync();
  std::uint64_t size() const { return size_; }

 private:
  friend class LogFile;
  LogSuccessor(Boxed<platform::File> file, std::string path, std::uint64_t since)
      : file_(std::move(file)), path_(std::move(path)), since_(since) {}
  DbResult<void> append(Bytes bytes);

  Boxed<platform::File> file_;
  std::string path_;
  std::uint64_t since_;  // the log's end when this was begun: it has what was written before
  std::uint64_t size_ = 0;
};

enum class LogMode : std::uint8_t { Read, ReadWrite, CreateNew };

class LogFile {
 public:
  static constexpr std::string_view kStandalone = "JSON";
  static constexpr std::string_view kClustered = "CLUSTER";

  // Reads the whole into memory and locks it unless it is only read. `magics` are those that may be
  // found.
  static DbResult<std::unique_ptr<LogFile>> open(platform::Files& files, std::string path,
                                                 LogMode mode, bool clustered_too = false);

  const std::string& path() const { return path_; }
  std::string_view magic() const { return magic_; }
  // Of a new file: what its records begin with.
  void set_magic(std::string_view magic) { magic_ = magic; }
  // The next record; none at the end. After an error there are no more.
  DbResult<std::optional<Json>> read();
  // The record just read made no sense: the next write begins where it does.
  void unread() { end_ = previous_; }
  // Frees what read() kept, once no more is to be read.
  void finish_reading();

  // Appends a record; after a failure the file ends where it did.
  DbResult<void> write(std::string_view json_text);
  DbResult<void> sync();
  // Whether writes are taken: no sync has failed since the file was opened or replaced.
  bool is_trusted() const { return sync_error_ == 0; }
  // To be filled with what this file's records amount to, while this one goes on. One at a time.
  DbResult<std::unique_ptr<LogSuccessor>> begin_successor();
  // Adds what has been written here since, and puts the successor in place of this file; the lock
  // stays. After a failure this file is what it was, unless only the new name could not be made
  // durable.
  DbResult<void> succeed(LogSuccessor& successor);
  void abandon(const LogSuccessor& successor) { (void)files_.remove(successor.path_); }
  std::uint64_t size() const { return end_; }

  static std::string record_text(std::string_view magic, std::string_view json_text);

 private:
  explicit LogFile(platform::Files& files, std::string path)
      : files_(files), path_(std::move(path)) {}
  DbResult<void> open_files(LogMode mode, bool clustered_too);
  DbResult<void> identify(bool clustered_too);
  DbError untrusted() const;
  DbResult<void> copy_rest(LogSuccessor& successor);
  DbError record_error(std::string_view what, std::uint64_t offset, std::size_t length) const;

  platform::Files& files_;
  std::string path_;       // as given, for messages
  std::string real_path_;  // with symbolic links followed
  std::string magic_ = "JSON";
  Boxed<platform::FileLock> lock_;
  Boxed<platform::File> file_;
  std::string content_;  // until finish_reading()
  std::uint64_t end_ = 0;
  std::uint64_t previous_ = 0;
  bool broken_ = false;     // a bad record was met
  bool truncated_ = false;  // what lay behind end_ is gone
  int sync_error_ = 0;      // of the sync that failed; 0: none
};

}  // namespace ovs::ovsdb

// The machine's files.
#pragma once
#include "platform/api/file.h"

namespace ovs::platform {

class SystemFiles final : public Files {
 public:
  Result<Boxed<File>, OsError> open(Text path, OpenMode mode) override;
  Result<FileInfo, OsError> info(Text path) override;
  Result<void, OsError> rename(Text from, Text to) override;
  Result<void, OsError> remove(Text path) override;
  Result<void, OsError> sync_directory(Text path) override;
  Result<void, OsError> make_directory(Text path) override;
  Result<void, OsError> list(Text directory, FunctionRef<void(Text)> each) override;
  Result<void, OsError> read_link(Text path, FunctionRef<void(Text)> target) override;
  Result<Boxed<FileLock>, OsError> lock(Text path) override;
};

}  // namespace ovs::platform

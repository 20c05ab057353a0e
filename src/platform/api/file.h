// Files of hosted programs, as something a program is given: platform/posix has the real ones,
// platform/fake keeps them in memory. Paths are UTF-8. Blocking; not for freestanding code.
#pragma once
#include <cstdint>

#include "base/bytes/span.h"
#include "base/core/boxed.h"
#include "base/core/function_ref.h"
#include "base/core/result.h"
#include "platform/api/os_error.h"

namespace ovs::platform {

enum class OpenMode : std::uint8_t {
  Read,       // must exist
  ReadWrite,  // must exist
  Create,     // read and write; made if absent
  CreateNew,  // read and write; Error::Exists if it exists
  Truncate,   // read and write; made if absent, emptied if not
};

enum class FileKind : std::uint8_t { Regular, Directory, Socket, Other };

struct FileInfo {
  FileKind kind = FileKind::Other;
  std::uint64_t size = 0;
  std::uint64_t modified_ms = 0;  // since 1970-01-01 UTC
  std::uint64_t device = 0;       // (device, id) is the same for two names of one file
  std::uint64_t id = 0;
};

class File {
 public:
  // How many bytes were read; fewer than asked for only at the end.
  virtual Result<std::size_t, OsError> read_at(std::uint64_t offset, MutableBytes into) = 0;
  // All of them, or an error; a part may then have been written.
  virtual Result<void, OsError> write_at(std::uint64_t offset, Bytes bytes) = 0;
  // At the end, wherever that is by now.
  virtual Result<void, OsError> append(Bytes bytes) = 0;
  virtual Result<void, OsError> truncate(std::uint64_t size) = 0;
  // Returns when data and size are on stable storage.
  virtual Result<void, OsError> sync() = 0;
  virtual Result<FileInfo, OsError> info() const = 0;

 protected:
  ~File() = default;
};

// Held while it lives.
class FileLock {
 protected:
  ~FileLock() = default;
};

class Files {
 public:
  // New files get mode 0644 less the umask.
  virtual Result<Boxed<File>, OsError> open(Text path, OpenMode mode) = 0;
  virtual Result<FileInfo, OsError> info(Text path) = 0;
  // Replaces `to` atomically.
  virtual Result<void, OsError> rename(Text from, Text to) = 0;
  virtual Result<void, OsError> remove(Text path) = 0;
  // Of the directory itself: makes renames and removals in it durable.
  virtual Result<void, OsError> sync_directory(Text path) = 0;
  virtual Result<void, OsError> make_directory(Text path) = 0;
  // Each name, without path and without "." and "..", in no order.
  virtual Result<void, OsError> list(Text directory, FunctionRef<void(Text)> each) = 0;
  // Follows a symbolic link by one step; Error::Invalid if `path` is none.
  virtual Result<void, OsError> read_link(Text path, FunctionRef<void(Text)> target) = 0;
  // An exclusive lock on a file made for the purpose; Error::Busy if another process or FileLock
  // holds it. The file stays.
  virtual Result<Boxed<FileLock>, OsError> lock(Text path) = 0;

 protected:
  ~Files() = default;
};

// Appends the whole file to `into`, a std::string or std::vector of bytes.
template <class Container>
Result<void, OsError> read_all(File& file, Container& into) {
  constexpr std::size_t kChunk = 65536;
  const std::size_t before = into.size();
  for (std::size_t got = 0;;) {
    into.resize(before + got + kChunk);
    auto* room = reinterpret_cast<std::uint8_t*>(into.data()) + before + got;
    auto read = file.read_at(got, MutableBytes(room, kChunk));
    if (read.ok()) got += *read;
    if (read.ok() && *read == kChunk) continue;
    into.resize(before + got);
    if (!read.ok()) return read.error();
    return kOk;
  }
}
template <class Container>
Result<void, OsError> read_all(Files& files, Text path, Container& into) {
  OVS_TRY(const auto file, files.open(path, OpenMode::Read));
  return read_all(*file, into);
}

// The bytes of a text, for write_at and append.
inline Bytes bytes_of(Text text) {
  return Bytes(reinterpret_cast<const std::uint8_t*>(text.data()), text.size());
}

}  // namespace ovs::platform

#include "platform/posix/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <climits>
#include <cstdio>
#include <cstring>
#include <string>

#include "platform/posix/boxed.h"
#include "platform/posix/descriptor.h"
#include "platform/posix/os_error.h"

namespace ovs::platform {
namespace {

constexpr mode_t kNewFileMode = 0644;
constexpr mode_t kNewDirectoryMode = 0755;

int open_flags(OpenMode mode) {
  switch (mode) {
    case OpenMode::Read: return O_RDONLY;
    case OpenMode::ReadWrite: return O_RDWR;
    case OpenMode::Create: return O_RDWR | O_CREAT;
    case OpenMode::CreateNew: return O_RDWR | O_CREAT | O_EXCL;
    case OpenMode::Truncate: return O_RDWR | O_CREAT | O_TRUNC;
  }
  return O_RDONLY;
}

FileKind kind_of(mode_t mode) {
  if (S_ISREG(mode)) return FileKind::Regular;
  if (S_ISDIR(mode)) return FileKind::Directory;
  if (S_ISSOCK(mode)) return FileKind::Socket;
  return FileKind::Other;
}

FileInfo info_of(const struct stat& status) {
  FileInfo info;
  info.kind = kind_of(status.st_mode);
  info.size = std::uint64_t(status.st_size);
  info.modified_ms = std::uint64_t(status.st_mtim.tv_sec) * 1000 +
                     std::uint64_t(status.st_mtim.tv_nsec) / 1'000'000;
  info.device = status.st_dev;
  info.id = status.st_ino;
  return info;
}

Result<Descriptor, OsError> open_descriptor(Text path, int flags) {
  const std::string name(path);
  const int number =
      retry_interrupted([&] { return ::open(name.c_str(), flags | O_CLOEXEC, kNewFileMode); });
  if (number < 0) return last_os_error();
  return Descriptor(number);
}

class SystemFile final : public File {
 public:
  explicit SystemFile(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  Result<std::size_t, OsError> read_at(std::uint64_t offset, MutableBytes into) override {
    std::size_t got = 0;
    while (got < into.count()) {
      const ssize_t more = retry_interrupted([&] {
        return pread(descriptor_.number(), into.data() + got, into.count() - got,
                     off_t(offset + got));
      });
      if (more < 0) return last_os_error();
      if (more == 0) break;
      got += std::size_t(more);
    }
    return got;
  }

  Result<void, OsError> write_at(std::uint64_t offset, Bytes bytes) override {
    while (!bytes.empty()) {
      const ssize_t put = retry_interrupted(
          [&] { return pwrite(descriptor_.number(), bytes.data(), bytes.count(), off_t(offset)); });
      if (put < 0) return last_os_error();
      offset += std::uint64_t(put);
      bytes = bytes.from(std::size_t(put));
    }
    return kOk;
  }

  Result<void, OsError> append(Bytes bytes) override {
    OVS_TRY(const FileInfo now, info());
    return write_at(now.size, bytes);
  }

  Result<void, OsError> truncate(std::uint64_t size) override {
    return os_check(
        retry_interrupted([&] { return ftruncate(descriptor_.number(), off_t(size)); }));
  }

  Result<void, OsError> sync() override {
    return os_check(retry_interrupted([&] { return fsync(descriptor_.number()); }));
  }

  Result<FileInfo, OsError> info() const override {
    struct stat status = {};
    OVS_TRY(os_check(fstat(descriptor_.number(), &status)));
    return info_of(status);
  }

 private:
  Descriptor descriptor_;
};

// Closing its descriptor releases the lock.
class SystemFileLock final : public FileLock {
 public:
  explicit SystemFileLock(Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

 private:
  Descriptor descriptor_;
};

struct Directory {
  explicit Directory(DIR* opened) : stream(opened) {}
  Directory(const Directory&) = delete;
  ~Directory() {
    if (stream != nullptr) closedir(stream);
  }
  DIR* stream;
};

}  // namespace

Result<Boxed<File>, OsError> SystemFiles::open(Text path, OpenMode mode) {
  OVS_TRY(auto descriptor, open_descriptor(path, open_flags(mode)));
  return make_boxed<File, SystemFile>(std::move(descriptor));
}

Result<FileInfo, OsError> SystemFiles::info(Text path) {
  struct stat status = {};
  OVS_TRY(os_check(stat(std::string(path).c_str(), &status)));
  return info_of(status);
}

Result<void, OsError> SystemFiles::rename(Text from, Text to) {
  return os_check(::rename(std::string(from).c_str(), std::string(to).c_str()));
}

Result<void, OsError> SystemFiles::remove(Text path) {
  return os_check(::remove(std::string(path).c_str()));
}

Result<void, OsError> SystemFiles::sync_directory(Text path) {
  OVS_TRY(const auto descriptor, open_descriptor(path, O_RDONLY | O_DIRECTORY));
  return os_check(retry_interrupted([&] { return fsync(descriptor.number()); }));
}

Result<void, OsError> SystemFiles::make_directory(Text path) {
  return os_check(mkdir(std::string(path).c_str(), kNewDirectoryMode));
}

Result<void, OsError> SystemFiles::list(Text directory, FunctionRef<void(Text)> each) {
  const Directory opened(opendir(std::string(directory).c_str()));
  if (opened.stream == nullptr) return last_os_error();
  for (;;) {
    errno = 0;
    const dirent* entry = readdir(opened.stream);
    if (entry == nullptr) break;
    const Text name = entry->d_name;
    if (name == "." || name == "..") continue;
    each(name);
  }
  if (errno != 0) return last_os_error();
  return kOk;
}

Result<void, OsError> SystemFiles::read_link(Text path, FunctionRef<void(Text)> target) {
  char room[PATH_MAX];
  const ssize_t size = readlink(std::string(path).c_str(), room, sizeof room);
  if (size < 0) return last_os_error();
  target(Text(room, std::size_t(size)));
  return kOk;
}

// Locks of the open file description conflict with each other within a process, and with other
// programs' POSIX locks.
Result<Boxed<FileLock>, OsError> SystemFiles::lock(Text path) {
  OVS_TRY(auto descriptor, open_descriptor(path, O_RDWR | O_CREAT));
  struct flock whole = {};
  whole.l_type = F_WRLCK;
  whole.l_whence = SEEK_SET;
  if (fcntl(descriptor.number(), F_OFD_SETLK, &whole) == 0) {
    return make_boxed<FileLock, SystemFileLock>(std::move(descriptor));
  }
  const bool held = errno == EAGAIN || errno == EACCES;
  if (held) return OsError{Error::Busy, EAGAIN};
  return last_os_error();
}

}  // namespace ovs::platform

#include "platform/fake/memory_files.h"

#include <algorithm>
#include <cerrno>

#include "platform/posix/boxed.h"
#include "platform/posix/os_error.h"

namespace ovs::platform {

struct MemoryFiles::Node {
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint8_t> durable;
  std::uint64_t id = 0;
  std::uint64_t modified_ms = 0;
  bool lost_writes = false;  // a sync has failed
};

class MemoryFile final : public File {
 public:
  MemoryFile(MemoryFiles& files, std::shared_ptr<MemoryFiles::Node> node, OpenMode mode)
      : files_(files), node_(std::move(node)), mode_(mode) {}

  Result<std::size_t, OsError> read_at(std::uint64_t offset, MutableBytes into) override {
    const auto& bytes = node_->bytes;
    if (offset >= bytes.size()) return std::size_t{0};
    const std::size_t size = std::min(into.count(), bytes.size() - std::size_t(offset));
    std::copy_n(bytes.begin() + std::ptrdiff_t(offset), size, into.begin());
    return size;
  }

  Result<void, OsError> write_at(std::uint64_t offset, Bytes bytes) override {
    if (mode_ == OpenMode::Read) return os_error_of(EBADF);
    const bool fails = files_.write_fails();
    if (fails) bytes = bytes.first(bytes.count() / 2);
    const std::size_t end = std::size_t(offset) + bytes.count();
    if (node_->bytes.size() < end) node_->bytes.resize(end);
    std::copy(bytes.begin(), bytes.end(), node_->bytes.begin() + std::ptrdiff_t(offset));
    node_->modified_ms = files_.clock_.wall_ms();
    if (fails) return os_error_of(ENOSPC);
    return kOk;
  }

  Result<void, OsError> append(Bytes bytes) override {
    return write_at(node_->bytes.size(), bytes);
  }

  Result<void, OsError> truncate(std::uint64_t size) override {
    if (mode_ == OpenMode::Read) return os_error_of(EINVAL);
    node_->bytes.resize(std::size_t(size));
    return kOk;
  }

  Result<void, OsError> sync() override {
    if (files_.sync_fails()) {
      node_->lost_writes = true;
      return os_error_of(EIO);
    }
    if (!node_->lost_writes) node_->durable = node_->bytes;
    return kOk;
  }

  Result<FileInfo, OsError> info() const override {
    FileInfo info;
    info.kind = FileKind::Regular;
    info.size = node_->bytes.size();
    info.modified_ms = node_->modified_ms;
    info.id = node_->id;
    return info;
  }

 private:
  MemoryFiles& files_;
  std::shared_ptr<MemoryFiles::Node> node_;
  OpenMode mode_;
};

namespace {

class MemoryFileLock final : public FileLock {
 public:
  MemoryFileLock(std::set<std::string>& locked, std::string path)
      : locked_(locked), path_(std::move(path)) {}
  ~MemoryFileLock() { locked_.erase(path_); }

 private:
  std::set<std::string>& locked_;
  std::string path_;
};

// "/a/b" is in "/a", "b" in "".
std::string directory_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string without_slash(Text path) {
  std::string text(path);
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text == "/" || text == "." ? std::string() : text;
}

}  // namespace

bool MemoryFiles::is_directory(const std::string& path) const {
  return path.empty() || directories_.contains(path);
}

Result<Boxed<File>, OsError> MemoryFiles::open(Text path, OpenMode mode) {
  const std::string name(path);
  if (is_directory(without_slash(path))) return os_error_of(EISDIR);
  auto found = names_.find(name);
  const bool creates = mode != OpenMode::Read && mode != OpenMode::ReadWrite;
  if (found == names_.end()) {
    if (!creates || !is_directory(directory_of(name))) return os_error_of(ENOENT);
    found = names_.emplace(name, std::make_shared<Node>()).first;
    found->second->id = next_id_++;
    found->second->modified_ms = clock_.wall_ms();
  } else if (mode == OpenMode::CreateNew) {
    return os_error_of(EEXIST);
  }
  if (mode == OpenMode::Truncate) found->second->bytes.clear();
  return make_boxed<File, MemoryFile>(*this, found->second, mode);
}

Result<FileInfo, OsError> MemoryFiles::info(Text path) {
  if (is_directory(without_slash(path))) {
    FileInfo info;
    info.kind = FileKind::Directory;
    return info;
  }
  OVS_TRY(const auto file, open(path, OpenMode::Read));
  return file->info();
}

Result<void, OsError> MemoryFiles::rename(Text from, Text to) {
  const auto found = names_.find(std::string(from));
  const std::string target(to);
  if (found == names_.end() || !is_directory(directory_of(target))) return os_error_of(ENOENT);
  const auto node = found->second;
  names_.erase(found);
  names_[target] = node;
  return kOk;
}

Result<void, OsError> MemoryFiles::remove(Text path) {
  if (names_.erase(std::string(path)) == 0) return os_error_of(ENOENT);
  return kOk;
}

Result<void, OsError> MemoryFiles::sync_directory(Text path) {
  const std::string directory = without_slash(path);
  if (!is_directory(directory)) return os_error_of(ENOENT);
  if (sync_fails()) return os_error_of(EIO);
  std::erase_if(durable_names_,
                [&](const auto& entry) { return directory_of(entry.first) == directory; });
  for (const auto& entry : names_) {
    if (directory_of(entry.first) == directory) durable_names_.insert(entry);
  }
  return kOk;
}

Result<void, OsError> MemoryFiles::make_directory(Text path) {
  const std::string name = without_slash(path);
  if (is_directory(name) || names_.contains(name)) return os_error_of(EEXIST);
  if (!is_directory(directory_of(name))) return os_error_of(ENOENT);
  directories_.insert(name);
  return kOk;
}

Result<void, OsError> MemoryFiles::list(Text directory, FunctionRef<void(Text)> each) {
  const std::string wanted = without_slash(directory);
  if (!is_directory(wanted)) return os_error_of(ENOENT);
  const std::size_t skip = wanted.empty() ? 0 : wanted.size() + 1;
  for (const auto& entry : names_) {
    if (directory_of(entry.first) == wanted) each(Text(entry.first).from(skip));
  }
  for (const std::string& inner : directories_) {
    if (directory_of(inner) == wanted) each(Text(inner).from(skip));
  }
  return kOk;
}

Result<void, OsError> MemoryFiles::read_link(Text path, FunctionRef<void(Text)>) {
  OVS_TRY(info(path));
  return os_error_of(EINVAL);  // there are no symbolic links here
}

Result<Boxed<FileLock>, OsError> MemoryFiles::lock(Text path) {
  OVS_TRY(open(path, OpenMode::Create));
  if (!locked_.insert(std::string(path)).second) return OsError{Error::Busy, EAGAIN};
  return make_boxed<FileLock, MemoryFileLock>(locked_, std::string(path));
}

void MemoryFiles::crash() {
  names_ = durable_names_;
  for (auto& entry : names_) entry.second->bytes = entry.second->durable;
}

}  // namespace ovs::platform

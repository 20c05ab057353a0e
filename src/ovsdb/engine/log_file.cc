// See log_file.h.
#include "ovsdb/engine/log_file.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>

#include "ovsdb/data/cat.h"
#include "ovsdb/engine/sha1.h"
#include "wire/json/parse.h"

namespace ovs::ovsdb {
namespace {

constexpr std::size_t kMaxHeader = 127;
constexpr int kMaxLinks = 10;

struct Header {
  std::string_view magic;
  std::size_t length = 0;
  std::string_view sha1;
  std::size_t size = 0;  // of the line with its end
};

// "OVSDB <magic> <length> <sha1>\n" at the start of `text`.
bool parse_header(std::string_view text, Header& out) {
  const std::size_t newline = text.substr(0, kMaxHeader).find('\n');
  if (newline == text.npos) return false;
  std::string_view line = text.substr(0, newline);
  if (!line.starts_with("OVSDB ")) return false;
  line.remove_prefix(6);
  const std::size_t space = line.find(' ');
  if (space == line.npos) return false;
  out.magic = line.substr(0, space);
  line.remove_prefix(space + 1);
  const auto done = std::from_chars(line.data(), line.data() + line.size(), out.length);
  if (done.ec != std::errc() || out.length == 0) return false;
  line.remove_prefix(static_cast<std::size_t>(done.ptr - line.data()));
  if (line.size() != 41 || line[0] != ' ') return false;
  out.sha1 = line.substr(1);
  out.size = newline + 1;
  return true;
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, std::min(text.find('\n'), kMaxHeader));
}

std::string directory_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == path.npos) return ".";
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string_view file_name_of(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

// The path of another file in the same directory.
std::string beside(std::string_view path, std::string_view name) {
  const std::size_t slash = path.rfind('/');
  return cat(slash == path.npos ? "" : path.substr(0, slash + 1), name);
}

// Where the file really is, so that its lock and its successor lie beside it and not beside a link.
std::string follow_links(platform::Files& files, std::string path) {
  for (int i = 0; i < kMaxLinks; ++i) {
    std::string target;
    const auto read =
        files.read_link(path, [&](Text text) { target = std::string(text.data(), text.size()); });
    if (!read.ok()) break;
    path = target.starts_with('/') ? target : beside(path, target);
  }
  return path;
}

// A daemon leaves the directory that a relative path is meant from, and replaces the file later.
std::string absolute(std::string path) {
  std::error_code unknown;
  const std::filesystem::path whole = std::filesystem::absolute(path, unknown);
  return unknown ? path : whole.string();
}

platform::OpenMode open_mode(LogMode mode) {
  switch (mode) {
    case LogMode::Read: return platform::OpenMode::Read;
    case LogMode::ReadWrite: return platform::OpenMode::ReadWrite;
    case LogMode::CreateNew: return platform::OpenMode::CreateNew;
  }
  return platform::OpenMode::Read;
}

}  // namespace

DbResult<std::unique_ptr<LogFile>> LogFile::open(platform::Files& files, std::string path,
                                                 LogMode mode, bool clustered_too) {
  std::unique_ptr<LogFile> log(new LogFile(files, std::move(path)));
  OVS_TRY(log->open_files(mode, clustered_too));
  return log;
}

DbResult<void> LogFile::open_files(LogMode mode, bool clustered_too) {
  real_path_ = absolute(follow_links(files_, path_));
  if (mode != LogMode::Read) {
    const std::string lock_path = beside(real_path_, cat('.', file_name_of(real_path_), ".~lock~"));
    auto lock = files_.lock(lock_path);
    if (!lock.ok())
      return DbError::io(lock.error().number, cat(path_, ": failed to lock lockfile"));
    lock_ = std::move(lock).value();
  }
  auto file = files_.open(real_path_, open_mode(mode));
  if (!file.ok()) {
    const std::string_view what = mode == LogMode::CreateNew ? ": create failed" : ": open failed";
    return DbError::io(file.error().number, cat(path_, what));
  }
  file_ = std::move(file).value();
  if (auto read = platform::read_all(*file_, content_); !read.ok()) {
    return DbError::io(read.error().number, cat(path_, ": read error"));
  }
  if (mode != LogMode::Read && content_.empty()) {
    (void)files_.sync_directory(directory_of(real_path_));
  }
  return identify(clustered_too);
}

DbResult<void> LogFile::identify(bool clustered_too) {
  if (content_.empty()) {
    if (clustered_too) return DbError::general(cat(path_, ": cannot identify file type"));
    return kOk;
  }
  Header header;
  if (!parse_header(content_, header)) {
    return DbError::general(cat(path_, ": unexpected file format"));
  }
  magic_ = header.magic;
  if (magic_ == kStandalone || (clustered_too && magic_ == kClustered)) return kOk;
  return DbError::general(cat(path_, ": cannot identify file type"));
}

DbError LogFile::record_error(std::string_view what, std::uint64_t offset,
                              std::size_t length) const {
  return DbError::syntax(cat(path_, ": ", length, " bytes starting at offset ", offset, ' ', what));
}

DbResult<std::optional<Json>> LogFile::read() {
  if (broken_ || end_ == content_.size()) return std::optional<Json>();
  broken_ = true;  // until the record proves good
  const std::string_view rest = std::string_view(content_).substr(end_);
  Header header;
  if (!parse_header(rest, header) || header.magic != magic_) {
    return DbError::syntax(
        cat(path_, ": parse error at offset ", end_, " in header line \"", first_line(rest), '"'));
  }
  const std::uint64_t offset = end_ + header.size;
  const std::string_view data = rest.substr(header.size, header.length);
  if (data.size() < header.length) {
    return DbError::io(
        0, cat(path_, ": error reading ", header.length, " bytes starting at offset ", offset));
  }
  const std::string sha1 = sha1_hex(data);
  if (sha1 != header.sha1) {
    return record_error(cat("have SHA-1 hash ", sha1, " but should have hash ", header.sha1),
                        offset, header.length);
  }
  auto json = wire::parse_json(data);
  if (!json) {
    return record_error(cat("are not valid JSON (", json.error().text, ")"), offset, header.length);
  }
  if (!json->is_object()) return record_error("are not a JSON object", offset, header.length);
  broken_ = false;
  previous_ = end_;
  end_ = offset + header.length;
  return std::optional<Json>(std::move(*json));
}

void LogFile::finish_reading() {
  std::string().swap(content_);
  broken_ = true;
}

std::string LogFile::record_text(std::string_view magic, std::string_view json_text) {
  std::string data(json_text);
  data += '\n';
  std::string record = cat("OVSDB ", magic, ' ', data.size(), ' ', sha1_hex(data), '\n');
  record += data;
  return record;
}

DbResult<void> LogFile::write(std::string_view json_text) {
  finish_reading();
  if (!is_trusted()) return untrusted();
  if (!truncated_) {
    if (auto cut = file_->truncate(end_); !cut.ok()) {
      return DbError::io(cut.error().number, cat(path_, ": cannot truncate to length ", end_));
    }
    truncated_ = true;
  }
  const std::string record = record_text(magic_, json_text);
  auto written = file_->write_at(end_, platform::bytes_of(record));
  if (!written.ok()) {
    truncated_ = false;  // a part may be there: cut it off before the next record
    return DbError::io(written.error().number, cat(path_, ": write failed"));
  }
  end_ += record.size();
  return kOk;
}

DbError LogFile::untrusted() const {
  return DbError::io(sync_error_, cat(path_,
                                      ": refused because an earlier fsync failed; the file must be "
                                      "rewritten (compacted) first"));
}

DbResult<void> LogFile::sync() {
  if (!is_trusted()) return untrusted();
  auto synced = file_->sync();
  if (synced.ok()) return kOk;
  sync_error_ = synced.error().number;
  return DbError::io(sync_error_, cat(path_, ": fsync failed"));
}

DbResult<void> LogSuccessor::append(Bytes bytes) {
  auto written = file_->write_at(size_, bytes);
  if (!written.ok()) return DbError::io(written.error().number, cat(path_, ": write failed"));
  size_ += bytes.count();
  return kOk;
}

DbResult<void> LogSuccessor::write(std::string_view json_text) {
  return append(platform::bytes_of(LogFile::record_text(LogFile::kStandalone, json_text)));
}

DbResult<void> LogSuccessor::sync() {
  auto synced = file_->sync();
  if (synced.ok()) return kOk;
  return DbError::io(synced.error().number, cat(path_, ": fsync failed"));
}

DbResult<std::unique_ptr<LogSuccessor>> LogFile::begin_successor() {
  std::string path = cat(real_path_, ".tmp");
  auto file = files_.open(path, platform::OpenMode::Truncate);
  if (!file.ok()) return DbError::io(file.error().number, cat(path, ": create failed"));
  return std::unique_ptr<LogSuccessor>(
      new LogSuccessor(std::move(file).value(), std::move(path), end_));
}

DbResult<void> LogFile::copy_rest(LogSuccessor& successor) {
  if (successor.since_ == end_) return kOk;
  if (!is_trusted()) return untrusted();  // what is read back may not be what was written
  std::vector<std::uint8_t> buffer(64 * 1024);
  for (std::uint64_t at = successor.since_; at < end_;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end_ - at));
    auto read = file_->read_at(at, MutableBytes(buffer.data(), want));
    if (!read.ok()) return DbError::io(read.error().number, cat(path_, ": read failed"));
    if (*read == 0) return DbError::io(0, cat(path_, ": read failed"));
    OVS_TRY(successor.append(Bytes(buffer.data(), *read)));
    at += *read;
  }
  return successor.sync();
}

DbResult<void> LogFile::succeed(LogSuccessor& successor) {
  auto copied = copy_rest(successor);
  if (!copied) {
    abandon(successor);
    return copied;
  }
  if (auto renamed = files_.rename(successor.path_, real_path_); !renamed.ok()) {
    abandon(successor);
    return DbError::io(renamed.error().number,
                       cat("failed to rename \"", successor.path_, "\" to \"", real_path_, '"'));
  }
  finish_reading();
  file_ = std::move(successor.file_);
  end_ = successor.size_;
  truncated_ = true;
  sync_error_ = 0;
  auto named = files_.sync_directory(directory_of(real_path_));
  if (named.ok()) return kOk;
  sync_error_ = named.error().number;  // after a crash the name may lead to the old file
  return DbError::io(sync_error_, cat(path_, ": fsync of its directory failed"));
}

}  // namespace ovs::ovsdb

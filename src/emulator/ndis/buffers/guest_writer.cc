#include "emulator/ndis/buffers/guest_writer.h"

namespace ovs::emulator {
namespace {

std::atomic<std::size_t> rewritten{0};

}  // namespace

void GuestWriter::start() {
  if (left_ != 0) watch_all(this);
}

void GuestWriter::stop() {
  watch_all(nullptr);
}

void GuestWriter::note_access() {
  if (--left_ != 0) return;
  stop();
  for (const Piece& piece : bytes_) {
    for (std::byte& byte : piece) byte = ~byte;
  }
  ++rewritten;
}

std::size_t GuestWriter::rewritten_count() {
  return rewritten;
}

void GuestWriter::watch_all(AccessWatcher* watcher) {
  for (const Piece& piece : memory_) {
    if (!piece.empty()) watch(piece.data(), watcher);
  }
}

}  // namespace ovs::emulator

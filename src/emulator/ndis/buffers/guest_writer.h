// The guest whose memory a packet lies in, and who rewrites some of it while a driver has the
// packet: between two of the driver's instructions, at a moment that a test chooses. Made by
// net_buffers.cc.
#pragma once
#include <atomic>
#include <span>
#include <utility>
#include <vector>

#include "emulator/ndis/buffers/guarded_memory.h"

namespace ovs::emulator {

class GuestWriter final : public AccessWatcher {
 public:
  using Piece = std::span<std::byte>;

  // Inverts `bytes` after the `after`th access to any of `memory`, each of which is guarded.
  GuestWriter(std::vector<Piece> memory, std::vector<Piece> bytes, std::uint32_t after)
      : memory_(std::move(memory)), bytes_(std::move(bytes)), left_(after) {}

  // Only in between, accesses are counted.
  void start();
  void stop();
  void note_access() override;
  static std::size_t rewritten_count();

 private:
  void watch_all(AccessWatcher* watcher);

  std::vector<Piece> memory_, bytes_;
  std::atomic<std::uint32_t> left_;  // accesses; 0: it has been rewritten
};

}  // namespace ovs::emulator

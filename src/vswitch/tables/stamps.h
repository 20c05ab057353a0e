// Why a translation may no longer hold. Whatever a translation reads has a cell (by a hash of what
// was read), and whoever changes that touches the cell. A translation remembers its cells and when
// it began: it holds while none of them has been touched since. Cells are shared by hash, so a
// stale answer may be wrong and a fresh one never is. Any thread.
#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace ovs::vswitch {

using StampTime = std::uint64_t;

// A number that names what was read. `kind` keeps unlike things apart.
enum class StampKind : std::uint8_t { Stage, TableShape, Prefix, Mac, Port, Bridge, Group, Global };
constexpr std::uint64_t stamp_of(StampKind kind, std::uint64_t a, std::uint64_t b = 0) {
  std::uint64_t mixed =
      (a + 0x9e3779b97f4a7c15 * (std::uint64_t(kind) + 1)) ^ (b * 0xc2b2ae3d27d4eb4f);
  mixed = (mixed ^ mixed >> 32) * 0xd6e8feb86659fd93;
  return mixed ^ mixed >> 29;
}

// The cells that one translation read, each once or a few times.
class Dependencies {
 public:
  void add(std::uint64_t stamp);
  void add(StampKind kind, std::uint64_t a, std::uint64_t b = 0) { add(stamp_of(kind, a, b)); }
  void clear() { cells_.clear(); }
  // Sorted, each cell once.
  std::vector<std::uint16_t> compact() const;

 private:
  friend class Stamps;
  std::vector<std::uint16_t> cells_;
};

class Stamps {
 public:
  Stamps() : cells_(std::make_unique<std::atomic<StampTime>[]>(kCells)) {}

  // Ask before anything is read.
  StampTime now() const { return time_.load(std::memory_order_acquire); }
  // Call after the change can be seen.
  void touch(std::uint64_t stamp);
  void touch(StampKind kind, std::uint64_t a, std::uint64_t b = 0) { touch(stamp_of(kind, a, b)); }
  // Whether something among `cells` has changed since `began`.
  bool changed_since(StampTime began, const std::vector<std::uint16_t>& cells) const;

  static constexpr std::size_t kCells = 65536;
  static std::uint16_t cell_of(std::uint64_t stamp) { return std::uint16_t(stamp); }

 private:
  std::atomic<StampTime> time_{1};
  std::unique_ptr<std::atomic<StampTime>[]> cells_;
};

// Touches that wait until the change can be seen: made while tables are edited, done when they are
// published.
class PendingStamps {
 public:
  void add(StampKind kind, std::uint64_t a, std::uint64_t b = 0) {
    stamps_.push_back(stamp_of(kind, a, b));
  }
  void take(PendingStamps other) {
    stamps_.insert(stamps_.end(), other.stamps_.begin(), other.stamps_.end());
  }
  void touch_all(Stamps& stamps);
  bool empty() const { return stamps_.empty(); }

 private:
  std::vector<std::uint64_t> stamps_;
};

}  // namespace ovs::vswitch

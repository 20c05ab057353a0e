#include "vswitch/tables/stamps.h"

#include <algorithm>

namespace ovs::vswitch {

void Dependencies::add(std::uint64_t stamp) {
  const std::uint16_t cell = Stamps::cell_of(stamp);
  if (cells_.empty() || cells_.back() != cell) cells_.push_back(cell);
}

std::vector<std::uint16_t> Dependencies::compact() const {
  std::vector<std::uint16_t> cells = cells_;
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  cells.shrink_to_fit();
  return cells;
}

void Stamps::touch(std::uint64_t stamp) {
  const StampTime time = time_.fetch_add(1, std::memory_order_acq_rel) + 1;
  std::atomic<StampTime>& cell = cells_[cell_of(stamp)];
  StampTime seen = cell.load(std::memory_order_relaxed);
  while (seen < time && !cell.compare_exchange_weak(seen, time, std::memory_order_acq_rel)) {
  }
}

bool Stamps::changed_since(StampTime began, const std::vector<std::uint16_t>& cells) const {
  if (now() == began) return false;
  for (const std::uint16_t cell : cells) {
    if (cells_[cell].load(std::memory_order_acquire) > began) return true;
  }
  return false;
}

void PendingStamps::touch_all(Stamps& stamps) {
  for (const std::uint64_t stamp : stamps_) stamps.touch(stamp);
  stamps_.clear();
}

}  // namespace ovs::vswitch

// Bytes that wait to be written: blocks, owned or shared, and how far the first one has gone. Used
// by both kinds of streams.
#pragma once
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "daemon/stream/stream.h"

namespace ovs::daemon {

class WriteQueue {
 public:
  void push(std::string bytes) {
    if (bytes.empty()) return;
    // Small writes of one turn are joined here, because a block each would cost more than the copy.
    if (bytes.size() <= kJoin && joinable_ != nullptr && joinable_->size() < kJoinedLimit) {
      size_ += bytes.size();
      joinable_->append(bytes);
      return;
    }
    auto block = std::make_shared<std::string>(std::move(bytes));
    std::string* last = block.get();
    push(SharedBytes(std::move(block)));
    joinable_ = last;
  }
  void push(SharedBytes bytes) {
    if (bytes->empty()) return;
    size_ += bytes->size();
    joinable_ = nullptr;
    blocks_.push_back(std::move(bytes));
  }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t block_count() const { return blocks_.size(); }
  // The unwritten bytes of a block.
  std::string_view block(std::size_t index) const {
    const std::string_view all = *blocks_[index];
    return index == 0 ? all.substr(done_) : all;
  }

  // `count` bytes have gone.
  void pop(std::size_t count) {
    size_ -= count;
    done_ += count;
    while (!blocks_.empty() && done_ >= blocks_.front()->size()) {
      done_ -= blocks_.front()->size();
      if (joinable_ == blocks_.front().get()) joinable_ = nullptr;
      blocks_.pop_front();
    }
  }
  void clear() { *this = WriteQueue(); }

 private:
  static constexpr std::size_t kJoin = 4096;
  static constexpr std::size_t kJoinedLimit = 65536;

  std::deque<SharedBytes> blocks_;
  std::string* joinable_ = nullptr;  // the last block, if it is ours alone
  std::size_t done_ = 0;             // of the first block
  std::size_t size_ = 0;
};

}  // namespace ovs::daemon

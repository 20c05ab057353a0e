// Sole ownership of a file descriptor.
#pragma once
#include <unistd.h>

#include <utility>

namespace ovs::platform {

class Descriptor {
 public:
  constexpr Descriptor() = default;
  constexpr explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) close_and_take(other.release());
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close_and_take(-1); }

  explicit operator bool() const { return number_ >= 0; }
  int number() const { return number_; }
  int release() { return std::exchange(number_, -1); }

 private:
  void close_and_take(int next) {
    const int old = std::exchange(number_, next);
    if (old >= 0) close(old);
  }

  int number_ = -1;
};

}  // namespace ovs::platform

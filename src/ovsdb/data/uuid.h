// UUIDs as values, their text, and a source of random ones.
#pragma once
#include <compare>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace ovs::ovsdb {

struct Uuid {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  static constexpr std::size_t kTextSize = 36;
  constexpr bool is_zero() const { return (high | low) == 0; }
  friend constexpr auto operator<=>(const Uuid&, const Uuid&) = default;

  // Exactly 36 characters of "8-4-4-4-12", any case.
  static bool parse(std::string_view text, Uuid& out);
  void write(char* out) const;  // 36 characters, no terminator
  std::string text() const;
};

struct UuidHash {
  std::size_t operator()(const Uuid& uuid) const {
    return static_cast<std::size_t>(uuid.high ^ (uuid.low * 0x9e3779b97f4a7c15u));
  }
};

// Random (version 4) UUIDs. The seed decides the sequence.
class UuidSource {
 public:
  UuidSource();  // seeded by the operating system
  explicit UuidSource(std::uint64_t seed);
  Uuid next();
  std::uint64_t random();

 private:
  std::uint64_t state_[2];
};

}  // namespace ovs::ovsdb

// The value of a column: a sorted set of atoms, or a sorted map of pairs; a scalar is a set of one.
// Sixteen bytes, shared when copied, never changed in place. Knows its atoms' types, not their
// constraints (type.h).
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "ovsdb/data/atom.h"

namespace ovs::ovsdb {

class Datum {
 public:
  // No value at all (nor types); what a default-made variable holds.
  Datum() noexcept { body_.integer = 0; }
  static Datum empty(AtomType key, AtomType value = AtomType::Void);
  static Datum scalar(const Atom& atom);
  static Datum scalar(std::string_view text) { return scalar(Atom(text)); }
  static Datum scalar(const char* text) { return scalar(Atom(text)); }
  static Datum scalar(std::int64_t number) { return scalar(Atom(number)); }
  static Datum scalar(bool boolean) { return scalar(Atom(boolean)); }
  static Datum scalar(const Uuid& uuid) { return scalar(Atom(uuid)); }

  Datum(const Datum& other) noexcept;
  Datum(Datum&& other) noexcept : head_(other.head_), body_(other.body_) { other.head_ = Head(); }
  Datum& operator=(Datum other) noexcept {
    std::swap(head_, other.head_);
    std::swap(body_, other.body_);
    return *this;
  }
  ~Datum() {
    if (head_.form >= Form::Long) release();
  }

  std::size_t count() const { return head_.count; }
  bool empty() const { return head_.count == 0; }
  AtomType key_type() const { return head_.key; }
  AtomType value_type() const { return head_.value; }
  bool is_map() const { return head_.value != AtomType::Void; }
  Atom key(std::size_t index) const;
  Atom value(std::size_t index) const;  // of a map

  static constexpr std::size_t kNone = SIZE_MAX;
  std::size_t find(const Atom& key) const;  // its index, or kNone
  bool contains(const Atom& key) const { return find(key) != kNone; }
  // In a map of strings: the value of `key`, or `otherwise`.
  std::string_view text_of(std::string_view key, std::string_view otherwise = "") const;

  // Whether every element (pair) of this is in `other`; whether none is.
  bool is_subset_of(const Datum& other) const;
  bool is_disjoint_from(const Datum& other) const;

  // A total order: by count, then keys, then values.
  static int compare(const Datum& a, const Datum& b);
  friend bool operator==(const Datum& a, const Datum& b) { return compare(a, b) == 0; }
  std::size_t hash() const;

 private:
  friend class DatumBuilder;
  enum class Form : std::uint8_t { None, Plain, Short, Long, Block };  // >= Long owns memory
  struct Head {
    std::uint32_t count = 0;
    Form form = Form::None;
    AtomType key = AtomType::Void;
    AtomType value = AtomType::Void;
    std::uint8_t size = 0;  // of a Short string
  };
  struct LongText;
  struct Block;
  union Slot;
  void release() noexcept;
  static Atom read(const Slot& slot, AtomType type);
  static void write(Slot& slot, const Atom& atom);
  static Block* make_block(std::size_t slots);

  Head head_;
  union {
    std::int64_t integer;
    double real;
    bool boolean;
    char small[8];
    LongText* text;
    Block* block;
  } body_;
};
static_assert(sizeof(Datum) == 16);

// Collects atoms in any order. The strings they view must live until build().
class DatumBuilder {
 public:
  explicit DatumBuilder(AtomType key, AtomType value = AtomType::Void) : key_(key), value_(value) {}

  void add(const Atom& key, const Atom& value = Atom()) { pairs_.push_back({key, value}); }
  void add_all(const Datum& datum);
  std::size_t count() const { return pairs_.size(); }
  // Sorts; of pairs with one key only the first added stays. How many were dropped.
  std::size_t sort_unique();
  // After sort_unique(), or when added in order without duplicates.
  Datum build() const;

 private:
  struct Pair {
    Atom key, value;
  };
  AtomType key_, value_;
  std::vector<Pair> pairs_;
};

// a with b's keys that it lacks.
Datum datum_union(const Datum& a, const Datum& b);
// a without what is in b: of sets the keys; of maps the pairs, or by key alone if b is a set.
Datum datum_subtract(const Datum& a, const Datum& b);
// What turns `from` into `to`, as update2 and the log carry it: of sets the keys in one only; of
// maps the removed pairs, the added pairs, and the new pairs of changed keys; of a scalar, the new
// value.
enum class DiffOf : bool { Collection, Scalar };
Datum datum_diff(const Datum& from, const Datum& to, DiffOf what);
// The inverse: `from` with the difference applied.
Datum datum_apply_diff(const Datum& from, const Datum& diff, DiffOf what);

}  // namespace ovs::ovsdb

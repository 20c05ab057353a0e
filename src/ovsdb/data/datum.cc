// How a Datum is stored: nothing for an empty one, in place for a number or a short string, else a
// shared block.
#include "ovsdb/data/datum.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>

namespace ovs::ovsdb {

struct Datum::LongText {
  std::atomic<std::uint32_t> users;
  std::uint32_t size;
  char text[];
};

// One atom inside a block. Strings of up to 12 bytes lie in place.
union Datum::Slot {
  static constexpr std::uint32_t kInPlace = 12;
  std::int64_t integer;
  double real;
  bool boolean;
  Uuid uuid;
  struct {
    std::uint32_t size;
    char text[kInPlace];
  } small;
  struct {
    std::uint32_t size;
    LongText* text;
  } large;
};

struct Datum::Block {
  std::atomic<std::uint32_t> users;
  std::uint32_t slots;
  Slot slot[];
};

namespace {

template <class T>
T* allocate(std::size_t size) {
  void* memory = std::malloc(size);
  OVS_ASSERT(memory != nullptr);
  return static_cast<T*>(memory);
}

template <class Shared>
Shared* make_text(std::string_view text) {
  auto* made = allocate<Shared>(sizeof(Shared) + text.size());
  new (&made->users) std::atomic<std::uint32_t>(1);
  made->size = static_cast<std::uint32_t>(text.size());
  std::memcpy(made->text, text.data(), text.size());
  return made;
}

template <class Shared>
bool drop_user(Shared* shared) {
  return shared->users.fetch_sub(1, std::memory_order_acq_rel) == 1;
}

}  // namespace

Datum Datum::empty(AtomType key, AtomType value) {
  Datum datum;
  datum.head_.key = key;
  datum.head_.value = value;
  datum.head_.form = Form::Plain;
  return datum;
}

Datum Datum::scalar(const Atom& atom) {
  Datum datum = empty(atom.type());
  datum.head_.count = 1;
  switch (atom.type()) {
    case AtomType::Void: break;
    case AtomType::Integer: datum.body_.integer = atom.integer(); break;
    case AtomType::Real: datum.body_.real = atom.real(); break;
    case AtomType::Boolean: datum.body_.boolean = atom.boolean(); break;
    case AtomType::String: {
      const std::string_view text = atom.string();
      if (text.size() <= sizeof datum.body_.small) {
        datum.head_.form = Form::Short;
        datum.head_.size = static_cast<std::uint8_t>(text.size());
        if (!text.empty()) std::memcpy(datum.body_.small, text.data(), text.size());
        break;
      }
      datum.body_.text = make_text<LongText>(text);
      datum.head_.form = Form::Long;
      break;
    }
    case AtomType::Uuid:
      datum.body_.block = make_block(1);
      write(datum.body_.block->slot[0], atom);
      datum.head_.form = Form::Block;
      break;
  }
  return datum;
}

Datum::Datum(const Datum& other) noexcept : head_(other.head_), body_(other.body_) {
  if (head_.form == Form::Long) body_.text->users.fetch_add(1, std::memory_order_relaxed);
  if (head_.form == Form::Block) body_.block->users.fetch_add(1, std::memory_order_relaxed);
}

Datum::Block* Datum::make_block(std::size_t slots) {
  auto* block = allocate<Block>(sizeof(Block) + slots * sizeof(Slot));
  new (&block->users) std::atomic<std::uint32_t>(1);
  block->slots = static_cast<std::uint32_t>(slots);
  return block;
}

void Datum::release() noexcept {
  if (head_.form == Form::Long) {
    if (drop_user(body_.text)) std::free(body_.text);
    return;
  }
  Block* block = body_.block;
  if (!drop_user(block)) return;
  for (std::uint32_t i = 0; i < block->slots; ++i) {
    const AtomType type = i < head_.count ? head_.key : head_.value;
    if (type != AtomType::String || block->slot[i].small.size <= Slot::kInPlace) continue;
    if (drop_user(block->slot[i].large.text)) std::free(block->slot[i].large.text);
  }
  std::free(block);
}

void Datum::write(Slot& slot, const Atom& atom) {
  switch (atom.type()) {
    case AtomType::Void: return;
    case AtomType::Integer: slot.integer = atom.integer(); return;
    case AtomType::Real: slot.real = atom.real(); return;
    case AtomType::Boolean: slot.boolean = atom.boolean(); return;
    case AtomType::Uuid: slot.uuid = atom.uuid(); return;
    case AtomType::String: break;
  }
  const std::string_view text = atom.string();
  slot.small.size = static_cast<std::uint32_t>(text.size());
  if (text.size() > Slot::kInPlace) {
    slot.large.text = make_text<LongText>(text);
  } else if (!text.empty()) {
    std::memcpy(slot.small.text, text.data(), text.size());
  }
}

Atom Datum::read(const Slot& slot, AtomType type) {
  switch (type) {
    case AtomType::Void: return Atom();
    case AtomType::Integer: return Atom(slot.integer);
    case AtomType::Real: return Atom(slot.real);
    case AtomType::Boolean: return Atom(slot.boolean);
    case AtomType::Uuid: return Atom(slot.uuid);
    case AtomType::String: break;
  }
  const std::uint32_t size = slot.small.size;
  const char* text = size <= Slot::kInPlace ? slot.small.text : slot.large.text->text;
  return Atom(std::string_view(text, size));
}

Atom Datum::key(std::size_t index) const {
  OVS_ASSERT(index < head_.count);
  switch (head_.form) {
    case Form::None: break;
    case Form::Plain:
      if (head_.key == AtomType::Integer) return Atom(body_.integer);
      if (head_.key == AtomType::Real) return Atom(body_.real);
      return Atom(body_.boolean);
    case Form::Short: return Atom(std::string_view(body_.small, head_.size));
    case Form::Long: return Atom(std::string_view(body_.text->text, body_.text->size));
    case Form::Block: return read(body_.block->slot[index], head_.key);
  }
  return Atom();
}

Atom Datum::value(std::size_t index) const {
  OVS_ASSERT(index < head_.count && is_map());
  return read(body_.block->slot[head_.count + index], head_.value);
}

std::size_t Datum::find(const Atom& wanted) const {
  std::size_t low = 0, high = count();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const int order = Atom::compare(key(middle), wanted);
    if (order == 0) return middle;
    if (order < 0) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return kNone;
}

std::string_view Datum::text_of(std::string_view wanted, std::string_view otherwise) const {
  if (empty()) return otherwise;
  const std::size_t at = find(Atom(wanted));
  if (at == kNone) return otherwise;
  // A string of a block lies in memory that this datum keeps.
  const Slot& slot = body_.block->slot[head_.count + at];
  const std::uint32_t size = slot.small.size;
  return {size <= Slot::kInPlace ? slot.small.text : slot.large.text->text, size};
}

bool Datum::is_subset_of(const Datum& other) const {
  for (std::size_t i = 0; i < count(); ++i) {
    const std::size_t at = other.find(key(i));
    if (at == kNone || (is_map() && !(value(i) == other.value(at)))) return false;
  }
  return true;
}

bool Datum::is_disjoint_from(const Datum& other) const {
  for (std::size_t i = 0; i < count(); ++i) {
    const std::size_t at = other.find(key(i));
    if (at != kNone && (!is_map() || value(i) == other.value(at))) return false;
  }
  return true;
}

int Datum::compare(const Datum& a, const Datum& b) {
  if (a.count() != b.count()) return a.count() < b.count() ? -1 : 1;
  if (a.head_.form == Form::Block && b.head_.form == Form::Block &&
      a.body_.block == b.body_.block) {
    return 0;
  }
  for (std::size_t i = 0; i < a.count(); ++i) {
    if (const int order = Atom::compare(a.key(i), b.key(i))) return order;
  }
  if (!a.is_map() || !b.is_map()) return 0;
  for (std::size_t i = 0; i < a.count(); ++i) {
    if (const int order = Atom::compare(a.value(i), b.value(i))) return order;
  }
  return 0;
}

std::size_t Datum::hash() const {
  std::size_t hash = count();
  for (std::size_t i = 0; i < count(); ++i) {
    hash = hash * 31 + key(i).hash();
    if (is_map()) hash = hash * 31 + value(i).hash();
  }
  return hash;
}

void DatumBuilder::add_all(const Datum& datum) {
  pairs_.reserve(pairs_.size() + datum.count());
  for (std::size_t i = 0; i < datum.count(); ++i) {
    add(datum.key(i), datum.is_map() ? datum.value(i) : Atom());
  }
}

std::size_t DatumBuilder::sort_unique() {
  const auto before = [](const Pair& a, const Pair& b) { return a.key < b.key; };
  const auto equal = [](const Pair& a, const Pair& b) { return a.key == b.key; };
  if (!std::is_sorted(pairs_.begin(), pairs_.end(), before)) {
    std::stable_sort(pairs_.begin(), pairs_.end(), before);
  }
  const std::size_t count = pairs_.size();
  pairs_.erase(std::unique(pairs_.begin(), pairs_.end(), equal), pairs_.end());
  return count - pairs_.size();
}

Datum DatumBuilder::build() const {
  if (pairs_.empty()) return Datum::empty(key_, value_);
  if (pairs_.size() == 1 && value_ == AtomType::Void) return Datum::scalar(pairs_[0].key);
  Datum datum = Datum::empty(key_, value_);
  const std::size_t count = pairs_.size();
  datum.body_.block = Datum::make_block(value_ == AtomType::Void ? count : 2 * count);
  datum.head_.form = Datum::Form::Block;
  datum.head_.count = static_cast<std::uint32_t>(count);
  for (std::size_t i = 0; i < count; ++i) {
    Datum::write(datum.body_.block->slot[i], pairs_[i].key);
    if (value_ != AtomType::Void) Datum::write(datum.body_.block->slot[count + i], pairs_[i].value);
  }
  return datum;
}

namespace {

Atom value_at(const Datum& datum, std::size_t index) {
  return datum.is_map() ? datum.value(index) : Atom();
}

// Walks two sorted datums together: each key with its index in a and in b, kNone where it is
// absent.
template <class Visit>
void merge(const Datum& a, const Datum& b, Visit visit) {
  std::size_t i = 0, j = 0;
  while (i < a.count() || j < b.count()) {
    int order = i == a.count() ? 1 : j == b.count() ? -1 : Atom::compare(a.key(i), b.key(j));
    visit(order <= 0 ? i : Datum::kNone, order >= 0 ? j : Datum::kNone);
    i += order <= 0;
    j += order >= 0;
  }
}

}  // namespace

Datum datum_union(const Datum& a, const Datum& b) {
  DatumBuilder out(a.key_type(), a.value_type());
  merge(a, b, [&](std::size_t i, std::size_t j) {
    if (i != Datum::kNone) {
      out.add(a.key(i), value_at(a, i));
    } else {
      out.add(b.key(j), value_at(b, j));
    }
  });
  return out.build();
}

Datum datum_subtract(const Datum& a, const Datum& b) {
  DatumBuilder out(a.key_type(), a.value_type());
  merge(a, b, [&](std::size_t i, std::size_t j) {
    if (i == Datum::kNone) return;
    const bool same = j != Datum::kNone && (!a.is_map() || !b.is_map() || a.value(i) == b.value(j));
    if (!same) out.add(a.key(i), value_at(a, i));
  });
  return out.build();
}

Datum datum_diff(const Datum& from, const Datum& to, DiffOf what) {
  if (what == DiffOf::Scalar) return to;
  DatumBuilder out(to.key_type(), to.value_type());
  merge(from, to, [&](std::size_t i, std::size_t j) {
    if (j == Datum::kNone) {
      out.add(from.key(i), value_at(from, i));
    } else if (i == Datum::kNone || (to.is_map() && !(from.value(i) == to.value(j)))) {
      out.add(to.key(j), value_at(to, j));
    }
  });
  return out.build();
}

Datum datum_apply_diff(const Datum& from, const Datum& diff, DiffOf what) {
  if (what == DiffOf::Scalar) return diff;
  DatumBuilder out(from.key_type(), from.value_type());
  merge(from, diff, [&](std::size_t i, std::size_t j) {
    if (j == Datum::kNone) {
      out.add(from.key(i), value_at(from, i));
    } else if (i == Datum::kNone || (from.is_map() && !(from.value(i) == diff.value(j)))) {
      out.add(diff.key(j), value_at(diff, j));
    }
  });
  return out.build();
}

}  // namespace ovs::ovsdb

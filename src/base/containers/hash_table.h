// A chained hash table through its elements, over buckets that the caller provides: insertion and
// removal cannot fail. It owns neither. Not for concurrent readers; the caller hashes
// (base/bytes/hash.h) and compares.
#pragma once
#include <cstddef>
#include <cstdint>

#include "base/bytes/span.h"
#include "base/core/assert.h"

namespace ovs {

template <class Tag = void>
class HashLink {
 public:
  HashLink() = default;
  HashLink(const HashLink&) = delete;
  HashLink& operator=(const HashLink&) = delete;
  ~HashLink() { OVS_ASSERT(!linked_); }

  bool is_linked() const { return linked_; }
  std::uint64_t hash() const { return hash_; }

 private:
  template <class T, class U>
  friend class HashTable;

  HashLink* next_ = nullptr;
  std::uint64_t hash_ = 0;
  bool linked_ = false;
};

template <class T, class Tag = void>
class HashTable {
  using Link = HashLink<Tag>;

 public:
  using Bucket = Link*;

  // `buckets`: a power of two of nulls, which live as long as the table.
  explicit HashTable(Span<Bucket> buckets) : buckets_(buckets) {
    OVS_ASSERT(is_power_of_two(buckets.count()));
  }
  HashTable(const HashTable&) = delete;
  HashTable& operator=(const HashTable&) = delete;
  ~HashTable() { OVS_ASSERT(count_ == 0); }

  std::size_t count() const { return count_; }
  bool empty() const { return count_ == 0; }
  // More elements than buckets: time for rehash() into twice as many.
  bool is_crowded() const { return count_ > buckets_.count(); }

  void insert(T& element, std::uint64_t hash) {
    Link& link = element;
    OVS_ASSERT(!link.linked_);
    link.hash_ = hash;
    link.linked_ = true;
    push(link);
    ++count_;
  }
  void remove(T& element) {
    Link& link = element;
    OVS_ASSERT(link.linked_);
    Link** at = &bucket_of(link.hash_);
    while (*at != &link) {
      OVS_ASSERT(*at != nullptr);
      at = &(*at)->next_;
    }
    *at = link.next_;
    link.next_ = nullptr;
    link.linked_ = false;
    --count_;
  }
  // The element of this hash for which `equal(const T&)` holds, or null.
  template <class Equal>
  T* find(std::uint64_t hash, Equal equal) const {
    for (Link* link = bucket_of(hash); link != nullptr; link = link->next_) {
      T& element = *static_cast<T*>(link);
      if (link->hash_ == hash && equal(static_cast<const T&>(element))) return &element;
    }
    return nullptr;
  }
  // `visit(T&)` may remove the element it is given, no other.
  template <class Visit>
  void for_each(Visit visit) const {
    for (Link* link : buckets_) {
      while (link != nullptr) {
        Link* next = link->next_;
        visit(*static_cast<T*>(link));
        link = next;
      }
    }
  }
  // Moves everything to other buckets, and returns the old ones for their owner to free.
  Span<Bucket> rehash(Span<Bucket> buckets) {
    OVS_ASSERT(is_power_of_two(buckets.count()));
    Span<Bucket> old = buckets_;
    buckets_ = buckets;
    for (Link*& head : old) {
      while (head != nullptr) {
        Link& link = *head;
        head = link.next_;
        push(link);
      }
    }
    return old;
  }

 private:
  Link*& bucket_of(std::uint64_t hash) const { return buckets_[hash & (buckets_.count() - 1)]; }
  void push(Link& link) {
    Link*& head = bucket_of(link.hash_);
    link.next_ = head;
    head = &link;
  }

  // std::has_single_bit may become a library call that kernels do not have.
  static constexpr bool is_power_of_two(std::size_t n) { return n != 0 && (n & (n - 1)) == 0; }

  Span<Bucket> buckets_;
  std::size_t count_ = 0;
};

}  // namespace ovs

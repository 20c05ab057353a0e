// A doubly linked list through its elements: insertion and removal cannot fail and cost no memory.
// The list owns nothing. An element joins by deriving from ListLink<Tag>; one Tag for each list it
// may be in at the same time.
#pragma once
#include <cstddef>
#include <utility>

#include "base/core/assert.h"

namespace ovs {

template <class Tag = void>
class ListLink {
 public:
  ListLink() = default;
  ListLink(const ListLink&) = delete;
  ListLink& operator=(const ListLink&) = delete;
  ~ListLink() { OVS_ASSERT(!is_linked()); }

  bool is_linked() const { return next_ != nullptr; }
  // Leaves whichever list it is in.
  void unlink() {
    OVS_ASSERT(is_linked());
    previous_->next_ = next_;
    next_->previous_ = previous_;
    next_ = previous_ = nullptr;
  }

 private:
  template <class T, class U>
  friend class List;

  ListLink* next_ = nullptr;
  ListLink* previous_ = nullptr;
};

template <class T, class Tag = void>
class List {
  using Link = ListLink<Tag>;

 public:
  class Iterator {
   public:
    explicit Iterator(Link* at) : at_(at) {}
    T& operator*() const { return *static_cast<T*>(at_); }
    T* operator->() const { return static_cast<T*>(at_); }
    Iterator& operator++() {
      at_ = at_->next_;
      return *this;
    }
    bool operator==(const Iterator&) const = default;

   private:
    Link* at_;
  };

  List() { head_.next_ = head_.previous_ = &head_; }
  List(List&& other) noexcept : List() { take_all(other); }
  List& operator=(List&&) = delete;
  List(const List&) = delete;
  // A list that dies with elements would leave them pointing at it.
  ~List() {
    OVS_ASSERT(empty());
    head_.next_ = head_.previous_ = nullptr;
  }

  bool empty() const { return head_.next_ == &head_; }
  T& first() const {
    OVS_ASSERT(!empty());
    return *static_cast<T*>(head_.next_);
  }
  T& last() const {
    OVS_ASSERT(!empty());
    return *static_cast<T*>(head_.previous_);
  }
  void push_back(T& element) { insert_between(element, head_.previous_, &head_); }
  void push_front(T& element) { insert_between(element, &head_, head_.next_); }
  // `before` is in this list.
  void insert_before(T& before, T& element) {
    Link& link = before;
    insert_between(element, link.previous_, &link);
  }
  void remove(T& element) { static_cast<Link&>(element).unlink(); }
  // The first element, no longer in the list; null when there is none.
  T* take_first() {
    if (empty()) return nullptr;
    T& element = first();
    remove(element);
    return &element;
  }
  // Appends all of `other`, which becomes empty.
  void take_all(List& other) {
    if (other.empty()) return;
    Link* from = std::exchange(other.head_.next_, &other.head_);
    Link* to = std::exchange(other.head_.previous_, &other.head_);
    from->previous_ = head_.previous_;
    head_.previous_->next_ = from;
    to->next_ = &head_;
    head_.previous_ = to;
  }
  // Walks the list.
  std::size_t count() const {
    std::size_t elements = 0;
    for (auto at = begin(); at != end(); ++at) ++elements;
    return elements;
  }

  Iterator begin() const { return Iterator(head_.next_); }
  Iterator end() const { return Iterator(const_cast<Link*>(&head_)); }

 private:
  static void insert_between(T& element, Link* previous, Link* next) {
    Link& link = element;
    OVS_ASSERT(!link.is_linked());
    link.previous_ = previous;
    link.next_ = next;
    previous->next_ = &link;
    next->previous_ = &link;
  }

  mutable Link head_;
};

}  // namespace ovs

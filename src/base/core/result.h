// Failure as a value. Result<T> holds a T or an Error; Result<T, E> a T or whatever explains the
// failure better.
#pragma once
#include <concepts>
#include <type_traits>
#include <utility>

#include "base/core/assert.h"
#include "base/core/error.h"
#include "base/core/placement.h"

namespace ovs {

// A T or an E. Two forms, because clang 14 does not choose between special members by constraint.
template <class T, class E,
          bool Trivial = std::is_trivially_copyable_v<T>&& std::is_trivially_copyable_v<E>>
struct ResultStorage {
  constexpr ResultStorage(std::true_type, T&& value) : value_(std::move(value)), ok_(true) {}
  constexpr ResultStorage(std::false_type, E&& error) : error_(std::move(error)), ok_(false) {}

  union {
    T value_;
    E error_;
  };
  bool ok_;
};

template <class T, class E>
struct ResultStorage<T, E, false> {
  ResultStorage(std::true_type, T&& value) : value_(std::move(value)), ok_(true) {}
  ResultStorage(std::false_type, E&& error) : error_(std::move(error)), ok_(false) {}
  ResultStorage(ResultStorage&& other) noexcept : ok_(other.ok_) { take(other); }
  ResultStorage& operator=(ResultStorage&& other) noexcept {
    if (this == &other) return *this;
    clear();
    ok_ = other.ok_;
    take(other);
    return *this;
  }
  ~ResultStorage() { clear(); }

  void take(ResultStorage& other) {
    if (ok_) {
      construct_at<T>(&value_, std::move(other.value_));
    } else {
      construct_at<E>(&error_, std::move(other.error_));
    }
  }
  void clear() {
    if (ok_) {
      value_.~T();
    } else {
      error_.~E();
    }
  }

  union {
    T value_;
    E error_;
  };
  bool ok_;
};

template <class T, class E = Error>
class [[nodiscard]] Result : ResultStorage<T, E> {
  using Storage = ResultStorage<T, E>;

 public:
  constexpr Result(T value) : Storage(std::true_type{}, std::move(value)) {}
  constexpr Result(E error) : Storage(std::false_type{}, std::move(error)) {}
  // A byte where an explanation is expected: E says what it makes of it.
  constexpr Result(Error error) requires(!std::same_as<E, Error> && std::convertible_to<Error, E> &&
                                         !std::same_as<T, Error>)
      : Storage(std::false_type{}, E(error)) {}
  template <class U>
  requires(std::convertible_to<U&&, T> && !std::same_as<std::remove_cvref_t<U>, T> &&
           !std::same_as<std::remove_cvref_t<U>, E> &&
           !std::same_as<std::remove_cvref_t<U>, Result>) constexpr Result(U&& value)
      : Storage(std::true_type{}, T(std::forward<U>(value))) {}

  constexpr explicit operator bool() const { return this->ok_; }
  constexpr bool ok() const { return this->ok_; }

  constexpr T& value() & {
    OVS_ASSERT(this->ok_);
    return this->value_;
  }
  constexpr const T& value() const& {
    OVS_ASSERT(this->ok_);
    return this->value_;
  }
  constexpr T&& value() && {
    OVS_ASSERT(this->ok_);
    return std::move(this->value_);
  }
  constexpr T value_or(T otherwise) const& {
    return this->ok_ ? this->value_ : std::move(otherwise);
  }
  constexpr T& operator*() & { return value(); }
  constexpr const T& operator*() const& { return value(); }
  constexpr T&& operator*() && { return std::move(*this).value(); }
  constexpr T* operator->() { return &value(); }
  constexpr const T* operator->() const { return &value(); }

  constexpr const E& error() const& {
    OVS_ASSERT(!this->ok_);
    return this->error_;
  }
  constexpr E&& error() && {
    OVS_ASSERT(!this->ok_);
    return std::move(this->error_);
  }
};

template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  constexpr Result() : error_{}, ok_(true) {}
  constexpr Result(E error) : error_(std::move(error)), ok_(false) {}
  constexpr Result(Error error) requires(!std::same_as<E, Error> && std::convertible_to<Error, E>)
      : error_(error), ok_(false) {}

  constexpr explicit operator bool() const { return ok_; }
  constexpr bool ok() const { return ok_; }
  constexpr const E& error() const& {
    OVS_ASSERT(!ok_);
    return error_;
  }
  constexpr E&& error() && {
    OVS_ASSERT(!ok_);
    return std::move(error_);
  }

 private:
  E error_;
  bool ok_;
};

// The success of an operation that yields nothing: `return kOk;`
inline constexpr struct Ok {
  template <class E>
  constexpr operator Result<void, E>() const {
    return Result<void, E>();
  }
} kOk;

}  // namespace ovs

// OVS_TRY(auto x, f());  declares x from f()'s value, or returns f()'s error from the enclosing
// function. OVS_TRY(f());          the same for a Result<void>.
#define OVS_TRY(...) OVS_TRY_PICK_(__VA_ARGS__, V, V, V, V, V, V, V, E, _)(__VA_ARGS__)
#define OVS_TRY_PICK_(a, b, c, d, e, f, g, h, form, ...) OVS_TRY_FORM_(form)
#define OVS_TRY_FORM_(form) OVS_TRY_##form##_
#define OVS_TRY_E_(...)                                   \
  if (auto try_result = (__VA_ARGS__); try_result.ok()) { \
  } else                                                  \
    return std::move(try_result).error()
#define OVS_TRY_V_(declaration, ...) \
  OVS_TRY_NAMED_(OVS_TRY_NAME_(__LINE__), declaration, __VA_ARGS__)
#define OVS_TRY_NAMED_(name, declaration, ...) OVS_TRY_NAMED2_(name, declaration, __VA_ARGS__)
#define OVS_TRY_NAMED2_(name, declaration, ...)   \
  auto name = (__VA_ARGS__);                      \
  if (!name.ok()) return std::move(name).error(); \
  declaration = std::move(name).value()
#define OVS_TRY_NAME_(line) OVS_TRY_NAME2_(line)
#define OVS_TRY_NAME2_(line) try_result_##line

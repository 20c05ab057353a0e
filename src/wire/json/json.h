// A JSON value as OVSDB and unixctl exchange it: integers are 64 bits and exact, other numbers are
// doubles, strings are bytes. Values are moved; clone() copies. Text forms are in parse.h and
// write.h; nothing here knows JSON-RPC.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace ovs::wire {

class Json;
class JsonObject;
using JsonArray = std::vector<Json>;

class Json {
 public:
  enum class Kind : std::uint8_t { Null, Boolean, Integer, Real, String, Array, Object };

  Json() noexcept : kind_(Kind::Null) { body_.integer = 0; }
  Json(decltype(nullptr)) noexcept : Json() {}
  template <std::same_as<bool> B>
  Json(B value) noexcept : kind_(Kind::Boolean) {
    body_.integer = value;
  }
  template <std::integral I>
  requires(!std::same_as<I, bool>) Json(I value)
  noexcept : kind_(Kind::Integer) { body_.integer = static_cast<std::int64_t>(value); }
  Json(double value) noexcept : kind_(Kind::Real) { body_.real = value; }
  Json(std::string_view text);
  Json(const std::string& text) : Json(std::string_view(text)) {}
  Json(const char* text) : Json(std::string_view(text)) {}
  Json(JsonArray array);
  Json(JsonObject object);

  Json(Json&& other) noexcept : kind_(other.kind_), size_(other.size_), body_(other.body_) {
    other.kind_ = Kind::Null;
  }
  Json& operator=(Json&& other) noexcept {
    if (this == &other) return *this;
    if (owns_memory()) release();
    kind_ = other.kind_;
    size_ = other.size_;
    body_ = other.body_;
    other.kind_ = Kind::Null;
    return *this;
  }
  Json(const Json&) = delete;
  Json& operator=(const Json&) = delete;
  ~Json() {
    if (owns_memory()) release();
  }

  // An array of the given elements: Json::array("set", std::move(members)).
  template <class... Elements>
  static Json array(Elements&&... elements);
  // An object of the given names and values: Json::object("id", 1, "method", "echo").
  template <class... NamesAndValues>
  static Json object(NamesAndValues&&... names_and_values);
  static Json empty_array();
  static Json empty_object();

  Json clone() const;
  Kind kind() const { return kind_; }
  bool is_null() const { return kind_ == Kind::Null; }
  bool is_boolean() const { return kind_ == Kind::Boolean; }
  bool is_integer() const { return kind_ == Kind::Integer; }
  bool is_real() const { return kind_ == Kind::Real; }
  bool is_number() const { return is_integer() || is_real(); }
  bool is_string() const { return kind_ == Kind::String; }
  bool is_array() const { return kind_ == Kind::Array; }
  bool is_object() const { return kind_ == Kind::Object; }
  bool is_string(std::string_view text) const { return is_string() && string() == text; }

  // The value; each asserts the kind.
  bool boolean() const;
  std::int64_t integer() const;
  double real() const;  // of an integer too
  std::string_view string() const;
  const JsonArray& elements() const;
  JsonArray& elements();
  const JsonObject& members() const;
  JsonObject& members();

  // The member of that name; null if this is not an object or has none.
  const Json* find(std::string_view name) const;
  Json* find(std::string_view name);

  // Deep equality; the order of members does not matter, and 1 is not 1.0.
  friend bool operator==(const Json& a, const Json& b);

 private:
  static constexpr std::size_t kSmall = 8;
  bool owns_memory() const {
    return kind_ >= Kind::Array || (kind_ == Kind::String && size_ > kSmall);
  }
  void release() noexcept;

  Kind kind_;
  std::uint32_t size_ = 0;  // of a string
  union {
    std::int64_t integer;
    double real;
    char small[kSmall];
    char* text;
    JsonArray* array;
    JsonObject* object;
  } body_;
};
static_assert(sizeof(Json) == 16);

// The members of an object, in the order they were added. Names are unique.
class JsonObject {
 public:
  struct Member {
    std::string name;
    Json value;
  };

  std::size_t count() const { return members_.size(); }
  bool empty() const { return members_.empty(); }
  auto begin() const { return members_.begin(); }
  auto end() const { return members_.end(); }
  auto begin() { return members_.begin(); }
  auto end() { return members_.end(); }

  // Null if there is none. Objects of many members are searched through an index made on first use,
  // so a first find() is not safe beside another on the same object.
  const Json* find(std::string_view name) const;
  Json* find(std::string_view name);
  // Adds or replaces.
  void set(std::string_view name, Json value);
  // Adds a member that is known to be absent.
  void append(std::string_view name, Json value);
  // Takes the member out; Null if there is none.
  Json take(std::string_view name);
  void reserve(std::size_t count) { members_.reserve(count); }
  // Of members added twice, the last stays. For a parser that only appends.
  void drop_duplicates();
  // Indices of the members in the order of their names.
  std::vector<std::uint32_t> sorted() const;

 private:
  static constexpr std::size_t kLinear = 12;
  std::vector<Member> members_;
  mutable std::vector<std::uint32_t>
      index_;  // sorted by name; empty or stale when its size differs
};

template <class... Elements>
Json Json::array(Elements&&... elements) {
  JsonArray array;
  array.reserve(sizeof...(elements));
  (array.emplace_back(std::forward<Elements>(elements)), ...);
  return Json(std::move(array));
}

namespace json_detail {
inline void add(JsonObject&) {}
template <class Value, class... More>
void add(JsonObject& object, std::string_view name, Value&& value, More&&... more) {
  object.append(name, Json(std::forward<Value>(value)));
  add(object, std::forward<More>(more)...);
}
}  // namespace json_detail

template <class... NamesAndValues>
Json Json::object(NamesAndValues&&... names_and_values) {
  JsonObject object;
  object.reserve(sizeof...(names_and_values) / 2);
  json_detail::add(object, std::forward<NamesAndValues>(names_and_values)...);
  return Json(std::move(object));
}

}  // namespace ovs::wire

// Values and objects of json.h.
#include "wire/json/json.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "base/core/assert.h"

namespace ovs::wire {

Json::Json(std::string_view text)
    : kind_(Kind::String), size_(static_cast<std::uint32_t>(text.size())) {
  OVS_ASSERT(text.size() <= UINT32_MAX);
  if (size_ <= kSmall) {
    body_.integer = 0;
    if (size_ > 0) std::memcpy(body_.small, text.data(), size_);
    return;
  }
  body_.text = static_cast<char*>(std::malloc(size_));
  OVS_ASSERT(body_.text != nullptr);
  std::memcpy(body_.text, text.data(), size_);
}

Json::Json(JsonArray array) : kind_(Kind::Array) {
  body_.array = new JsonArray(std::move(array));
}
Json::Json(JsonObject object) : kind_(Kind::Object) {
  body_.object = new JsonObject(std::move(object));
}
Json Json::empty_array() {
  return Json(JsonArray());
}
Json Json::empty_object() {
  return Json(JsonObject());
}

void Json::release() noexcept {
  if (kind_ == Kind::String) std::free(body_.text);
  if (kind_ == Kind::Array) delete body_.array;
  if (kind_ == Kind::Object) delete body_.object;
}

Json Json::clone() const {
  if (kind_ == Kind::String) return Json(string());
  if (kind_ == Kind::Array) {
    JsonArray copy;
    copy.reserve(body_.array->size());
    for (const Json& element : *body_.array) copy.push_back(element.clone());
    return Json(std::move(copy));
  }
  if (kind_ == Kind::Object) {
    JsonObject copy;
    copy.reserve(body_.object->count());
    for (const JsonObject::Member& member : *body_.object) {
      copy.append(member.name, member.value.clone());
    }
    return Json(std::move(copy));
  }
  Json copy;
  copy.kind_ = kind_;
  copy.body_ = body_;
  return copy;
}

bool Json::boolean() const {
  OVS_ASSERT(is_boolean());
  return body_.integer != 0;
}

std::int64_t Json::integer() const {
  OVS_ASSERT(is_integer());
  return body_.integer;
}

double Json::real() const {
  if (is_integer()) return static_cast<double>(body_.integer);
  OVS_ASSERT(is_real());
  return body_.real;
}

std::string_view Json::string() const {
  OVS_ASSERT(is_string());
  return {size_ <= kSmall ? body_.small : body_.text, size_};
}

const JsonArray& Json::elements() const {
  OVS_ASSERT(is_array());
  return *body_.array;
}

JsonArray& Json::elements() {
  OVS_ASSERT(is_array());
  return *body_.array;
}

const JsonObject& Json::members() const {
  OVS_ASSERT(is_object());
  return *body_.object;
}

JsonObject& Json::members() {
  OVS_ASSERT(is_object());
  return *body_.object;
}

const Json* Json::find(std::string_view name) const {
  return is_object() ? body_.object->find(name) : nullptr;
}

Json* Json::find(std::string_view name) {
  return is_object() ? body_.object->find(name) : nullptr;
}

namespace {

bool same_members(const JsonObject& a, const JsonObject& b) {
  if (a.count() != b.count()) return false;
  for (const JsonObject::Member& member : a) {
    const Json* other = b.find(member.name);
    if (other == nullptr || !(member.value == *other)) return false;
  }
  return true;
}

}  // namespace

bool operator==(const Json& a, const Json& b) {
  if (a.kind_ != b.kind_) return false;
  switch (a.kind_) {
    case Json::Kind::Null: return true;
    case Json::Kind::Boolean:
    case Json::Kind::Integer: return a.body_.integer == b.body_.integer;
    case Json::Kind::Real: return a.body_.real == b.body_.real;
    case Json::Kind::String: return a.string() == b.string();
    case Json::Kind::Array: return *a.body_.array == *b.body_.array;
    case Json::Kind::Object: return same_members(*a.body_.object, *b.body_.object);
  }
  return false;
}

std::vector<std::uint32_t> JsonObject::sorted() const {
  std::vector<std::uint32_t> order(members_.size());
  for (std::uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    return members_[a].name < members_[b].name;
  });
  return order;
}

const Json* JsonObject::find(std::string_view name) const {
  if (members_.size() <= kLinear) {
    for (const Member& member : members_) {
      if (member.name == name) return &member.value;
    }
    return nullptr;
  }
  if (index_.size() != members_.size()) index_ = sorted();
  auto at = std::lower_bound(
      index_.begin(), index_.end(), name,
      [this](std::uint32_t index, std::string_view key) { return members_[index].name < key; });
  if (at == index_.end() || members_[*at].name != name) return nullptr;
  return &members_[*at].value;
}

Json* JsonObject::find(std::string_view name) {
  return const_cast<Json*>(static_cast<const JsonObject*>(this)->find(name));
}

void JsonObject::set(std::string_view name, Json value) {
  if (Json* present = find(name)) {
    *present = std::move(value);
  } else {
    append(name, std::move(value));
  }
}

void JsonObject::append(std::string_view name, Json value) {
  members_.push_back({std::string(name), std::move(value)});
}

Json JsonObject::take(std::string_view name) {
  Json* present = find(name);
  if (present == nullptr) return Json();
  Json value = std::move(*present);
  const auto* member = reinterpret_cast<const Member*>(reinterpret_cast<const char*>(present) -
                                                       offsetof(Member, value));
  members_.erase(members_.begin() + (member - members_.data()));
  index_.clear();
  return value;
}

void JsonObject::drop_duplicates() {
  if (members_.size() < 2) return;
  std::vector<std::uint32_t> order = sorted();  // stable: the last of equals is the last added
  std::vector<bool> drop(members_.size());
  bool any = false;
  for (std::size_t i = 1; i < order.size(); ++i) {
    if (members_[order[i - 1]].name != members_[order[i]].name) continue;
    drop[order[i - 1]] = true;
    any = true;
  }
  if (!any) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < members_.size(); ++i) {
    if (drop[i]) continue;
    if (kept != i) members_[kept] = std::move(members_[i]);
    ++kept;
  }
  members_.resize(kept);
  index_.clear();
}

}  // namespace ovs::wire

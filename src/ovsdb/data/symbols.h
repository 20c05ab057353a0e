// Names that stand for rows not inserted yet: "uuid-name" in transactions, "@name" on command
// lines. A name has its UUID from its first mention on.
#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "ovsdb/data/uuid.h"

namespace ovs::ovsdb {

struct Symbol {
  Uuid uuid;
  bool created = false;     // a row was inserted under the name
  bool strong_ref = false;  // mentioned where a strong reference belongs
  bool weak_ref = false;
};

class Symbols {
 public:
  explicit Symbols(UuidSource& uuids) : uuids_(uuids) {}
  Symbol& of(std::string_view name) {
    auto at = symbols_.find(name);
    if (at != symbols_.end()) return at->second;
    return symbols_.emplace(std::string(name), Symbol{uuids_.next()}).first->second;
  }
  const Symbol* find(std::string_view name) const {
    auto at = symbols_.find(name);
    return at == symbols_.end() ? nullptr : &at->second;
  }
  auto begin() const { return symbols_.begin(); }
  auto end() const { return symbols_.end(); }

 private:
  UuidSource& uuids_;
  std::map<std::string, Symbol, std::less<>> symbols_;
};

}  // namespace ovs::ovsdb

// Texts that are lists of items: "name", "name(arguments)", "name=value", separated by commas or
// white space, with brackets that nest. Hosted; datapath keys and actions are such lists.
#pragma once
#include <string_view>

namespace ovs::flow {

struct TextItem {
  std::string_view name;       // what stands before '(' or '='
  std::string_view arguments;  // between the brackets, or behind '='
  std::string_view all;        // the item as it stands
  bool has_brackets = false;
  bool has_value = false;
};

class ItemScanner {
 public:
  explicit ItemScanner(std::string_view text) : rest_(text) {}

  // The next item; false at the end, or if brackets do not match: then failed() tells.
  bool next(TextItem& item);
  bool failed() const { return failed_; }

 private:
  std::string_view rest_;
  bool failed_ = false;
};

}  // namespace ovs::flow

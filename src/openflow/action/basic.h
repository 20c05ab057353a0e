// The actions that say at most one number, as rows: their names, how the number is written, and how
// each version encodes them.
#pragma once
#include <optional>
#include <string_view>

#include "base/bytes/span.h"
#include "openflow/action/action.h"
#include "openflow/core/error.h"

namespace ovs::openflow {

enum class Argument : std::uint8_t { None, Decimal, Hex, Mac, Ipv4, Group, EthType };

// Where a version has the action: as an action of this type, with the number in so many bytes.
struct BasicEncoding {
  std::uint32_t vendor;
  Version first, last;
  std::uint16_t type;
  std::uint8_t width;
};

struct BasicRow {
  BasicOp op;
  std::string_view name;   // as it is printed
  std::string_view alias;  // another that is accepted
  Argument argument;
  std::uint64_t limit;                 // the largest number allowed
  std::optional<flow::FieldId> field;  // what it writes, for versions that only have set_field
  Version last_written;                // after it, set_field is written instead
  BasicEncoding encodings[2];
  std::uint8_t encoding_count;
};

Span<const BasicRow> basic_rows();
const BasicRow& row(BasicOp op);
const BasicRow* find_basic(std::string_view name);
const BasicRow* find_basic(std::uint32_t vendor, std::uint16_t type, Version version,
                           const BasicEncoding** encoding);
const BasicEncoding* encoding_in(const BasicRow& row, Version version);

}  // namespace ovs::openflow
